"""
How the values of a policy are written, each kind in its own way, and strictly.

A table is read key by key, as its class says (`converter`); what is here is read as a
whole: a number, a day, a span, a split.  Formulas and conditions have a grammar.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final, TypeAlias

import attrs

from ..model import exact
from ..texts import Language, Text, as_text
from . import ladders, rules
from .calendar import MINUTES_A_DAY, DayOfYear, Hours
from .conditions import Condition
from .days import is_day_of_year
from .expressions import Formula
from .filter_grammar import read_filter
from .filters import Filter
from .grammar import read_choice, read_condition, read_formula, read_text
from .hints import NOTHING, as_written, nearest, unknown_key
from .procedures import EACH, Need, Span, span
from .rankings import ALL, NONE, Ties
from .splits import Split
from .windows import PERIODS, Every, Window, is_period, is_window, window


def _whole(value: object, _: object) -> int:
    if type(value) is not int:
        raise TypeError(
            Text(
                "a whole number is wanted, found {found}",
                "须为整数，现为 {found}",
                found=as_written(value),
            )
        )
    return value


def _yes_no(value: object, _: object) -> bool:
    if type(value) is not bool:
        raise TypeError(
            Text(
                "true or false is wanted, found {found}",
                "须为 true 或 false，现为 {found}",
                found=as_written(value),
            )
        )
    return value


_ISO_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")


def _day(value: object, _: object) -> date:
    if type(value) is date:
        return value
    if isinstance(value, str) and _ISO_DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            text = Text(
                "{found} is no day: {why}",
                "{found} 不是日期（{why}）",
                found=value,
                why=error,
            )
            raise ValueError(text) from None
    raise TypeError(
        Text(
            "a day such as 2019-08-27 is wanted, found {found}",
            "须为日期，如 2019-08-27，现为 {found}",
            found=as_written(value),
        )
    )


def _day_or_open(value: object, _: object) -> date | None:
    return None if value in ("", None) else _day(value, date)


def _fraction(value: Any, _: Any) -> Fraction:  # noqa: ANN401
    return exact(value)


def _window(value: object, _: object) -> Window:
    return window(read_text(value))


def _one_or_more(value: object, _: object) -> tuple[str, ...]:
    several = value if isinstance(value, list) else [value]
    return tuple(read_text(v) for v in several)


_TIME: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|(24):(00)")


def _day_of_year(value: object, _: object) -> DayOfYear:
    if isinstance(value, str) and is_day_of_year(value) and value != "02-29":
        return DayOfYear(value)
    raise ValueError(
        Text(
            "is a day of every year, such as '04-01'; found {found}",
            "须为每年都有的日期，如 '04-01'；现为 {found}",
            found=as_written(value),
        )
    )


def _every(value: object, _: object) -> Every | None:
    if value is None:
        return None
    if isinstance(value, str) and is_period(value):
        return Every(value)
    known = [*PERIODS, "2 weeks", "3 months", "2 years"]
    raise ValueError(
        Text(
            "no period {found}; {hint}",
            "没有期间 {found}；{hint}",
            found=as_written(value),
            hint=nearest(str(value), known),
        )
    )


def _hours(value: object, _: object) -> Hours:
    both = value if isinstance(value, list) else []
    found = [_TIME.fullmatch(text) for text in both if isinstance(text, str)]
    at = [int(t[1] or t[3]) * 60 + int(t[2] or t[4]) for t in found if t]
    if len(at) == len(both) == 2 and at[0] not in (at[1], MINUTES_A_DAY):  # noqa: PLR2004
        return Hours(at[0], at[1])
    raise ValueError(
        Text(
            'hours of the day go from one time to another, ["22:00", "06:00"]; '
            "found {found}",
            '一天中的时段须写明起止时刻，如 ["22:00", "06:00"]；现为 {found}',
            found=as_written(value),
        )
    )


def _span(value: object, _: object) -> Span:
    found = span(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError(
            Text(
                'a span is days or working days, such as "10 days" or '
                '"5 working days"; found {found}',
                '期限写作天数或工作日数，如 "10 days"、"5 working days"；现为 {found}',
                found=as_written(value),
            )
        )
    return found


def _need(value: object, _: object) -> Need:
    if value == EACH:
        return EACH
    if type(value) is not int:
        raise TypeError(
            Text(
                'need is a whole number, or "each" for one of every role; '
                "found {found}",
                'need 为整数，或 "each"（每个角色各一人）；现为 {found}',
                found=as_written(value),
            )
        )
    return value


_EXCESS: Final = ("to", "as")


def _split(value: object, _: object = None) -> Split:
    if not isinstance(value, dict):
        return Split.whole(read_text(value))
    if not value:
        raise ValueError(Text("names nobody", "未指明任何账户"))
    return Split(tuple((word, exact(share)) for word, share in value.items()))


def _term(value: object, _: object) -> ladders.Term:
    several = _one_or_more(value, None)
    shortest, longest = several[0], several[-1]
    ends = None
    if len(several) in (1, 2) and all(is_window(f"last {s}") for s in several):
        ends = ladders.Term(shortest, longest).ends(date(2024, 1, 1))
    if ends is None or ends[0] > ends[1]:
        raise ValueError(
            Text(
                "a term is a time such as '1 year', or the shortest and the longest, "
                "['1 year', '3 years'], found {found}",
                "期限应为时长，如 '1 year'，或最短与最长 ['1 year', '3 years']，现为 {found}",
                found=as_written(value),
            )
        )
    return ladders.Term(shortest, longest)


def _ties(value: object, _: object) -> Ties:
    if value in (ALL, NONE):
        return Ties(kept=value == ALL)
    if isinstance(value, list) and value:
        return Ties(by=tuple(read_text(v) for v in value))
    raise ValueError(
        Text(
            'ties are "all", "none" or a list of values, found {found}',
            'ties 为 "all"、"none" 或一组值，现为 {found}',
            found=as_written(value),
        )
    )


def _excess(value: object, _: object) -> rules.Excess:
    if isinstance(value, dict) and value and not set(value) - set(_EXCESS):
        to, unit = value.get("to"), value.get("as")
        return rules.Excess(
            rules.ExcessKind.DIVERT,
            None if to is None else _split(to),
            None if unit is None else read_text(unit),
        )
    if value in ("refuse", "drop"):
        return rules.Excess(rules.ExcessKind(value))
    raise ValueError(
        Text(
            'excess is "refuse", "drop" or {{ to = "pool:…", as = UNIT }} '
            "(one of these or both), found {found}",
            'excess 为 "refuse"、"drop" 或 {{ to = "pool:…", as = UNIT }}'
            "（二者至少其一），现为 {found}",
            found=as_written(value),
        )
    )


_FACT_TYPES: Final = [kind for kind in rules.FactType if kind != "choice"]


def _name(value: Any, _: Any) -> Text:  # noqa: ANN401
    """Return what people call something: in one language for all, or in each."""
    both = isinstance(value, dict) and set(value) == set(Language)
    if isinstance(value, str) or (
        both and all(isinstance(each, str) for each in value.values())
    ):
        return as_text(value)
    raise ValueError(
        Text(
            'it is text in quotes, or {{ en = "…", zh = "…" }}, found {found}',
            '须为引号中的文字，或 {{ en = "…", zh = "…" }}，现为 {found}',
            found=as_written(value),
        )
    )


def _fact_rule(value: Any, _: Any) -> rules.FactRule:  # noqa: ANN401
    if isinstance(value, dict):
        kind = _fact_rule(value.get("type"), None)
        known = ("type", "default", "kept", "text")
        if unknown := [key for key in value if key not in known]:
            raise ValueError(unknown_key(unknown[0], known))
        kept = _yes_no(value.get("kept", False), bool)
        text = _name(value["text"], Text) if "text" in value else None
        return attrs.evolve(kind, default=value.get("default"), kept=kept, text=text)
    if isinstance(value, list):
        choices = tuple(read_text(v) for v in value)
        return rules.FactRule(type=rules.FactType.CHOICE, choices=choices)
    if value in _FACT_TYPES:
        return rules.FactRule(type=rules.FactType(value))
    raise ValueError(
        Text(
            'a fact is "number", "yes-no", "date", "account" or a list of choices, '
            "found {found}",
            '情况为 "number"、"yes-no"、"date"、"account" 或选项的列表，现为 {found}',
            found=NOTHING if value is None else as_written(value),
        )
    )


Reader: TypeAlias = Callable[[Any, Any], Any]
"""From a value of a file, and the kind that is wanted, to what it says."""

WRITTEN: Final[tuple[tuple[type[Any], Reader], ...]] = (
    (Text, _name),
    (str, read_text),
    (int, _whole),
    (bool, _yes_no),
    (StrEnum, read_choice),
    (date, _day),
    (Fraction, _fraction),
    (Window, _window),
    (Condition, read_condition),
    (ladders.Term, _term),
    (Ties, _ties),
    (Filter, read_filter),
    (Hours, _hours),
    (DayOfYear, _day_of_year),
    (Every, _every),
    (rules.Excess, _excess),
    (Split, _split),
    (rules.FactRule, _fact_rule),
)
"""Kinds of values that are written in ways of their own, and how each is read."""

ANNOTATED: Final[tuple[tuple[Any, Reader], ...]] = (
    (Formula, read_formula),
    (Formula | None, read_formula),
    (date | None, _day_or_open),
    (tuple[str, ...], _one_or_more),
    (Span | None, _span),
    (Every | None, _every),
    (Need, _need),
)
"""The same where no class tells the kind, but what a field is annotated with."""
