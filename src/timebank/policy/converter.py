"""
From the tables of a file to the classes of `rules`, and what is wrong there, by its place.

How each kind of value may be written; which tables and keys there are is told by the
classes.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from enum import StrEnum
from fractions import Fraction
from functools import cache, partial
from types import NoneType
from typing import Any, Final, get_args, get_origin

import attrs
from cattrs import Converter
from cattrs.errors import (
    BaseValidationError,
    ClassValidationError,
    ForbiddenExtraKeysError,
    IterableValidationError,
)
from cattrs.gen import make_dict_structure_fn, override

from ..model import exact
from ..texts import Language, Text, as_text
from . import ladders, rules
from .calendar import MINUTES_A_DAY, DayOfYear, Hours
from .conditions import Condition
from .days import is_day_of_year
from .expressions import Formula
from .figures import written_out
from .filter_grammar import read_filter
from .filters import Filter
from .grammar import (
    read_choice,
    read_condition,
    read_formula,
    read_text,
    unnested,
)
from .hints import (
    NOTHING,
    Mistake,
    Several,
    as_written,
    each,
    nearest,
    text_of,
    unknown_key,
)
from .keys import GATHERED, is_table, known_keys
from .procedures import EACH, Need, Span, span
from .rankings import ALL, NONE, Ties
from .splits import Split
from .windows import PERIODS, Every, Window, is_period, is_window, window


def structured(
    tables: Mapping[str, Any], source: Mapping[str, str]
) -> rules.Policy | list[Mistake]:
    """
    Return the policy that *tables* are, or every mistake with its place.

    Args:
        tables: What the file holds.
        source: What the reader adds: the text, and its hash.
    """
    try:
        return written_out(_converter.structure({**tables, **source}, rules.Policy))
    except BaseValidationError as error:
        return list(_places(error, ()))


# ---------------------------------------------------------------- scalars, strictly


def _whole(value: Any, _: Any) -> int:  # noqa: ANN401
    if type(value) is not int:
        raise TypeError(
            Text(
                "a whole number is wanted, found {found}",
                "须为整数，现为 {found}",
                found=as_written(value),
            )
        )
    return value


def _yes_no(value: Any, _: Any) -> bool:  # noqa: ANN401
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


def _day(value: Any, _: Any) -> date:  # noqa: ANN401
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


def _day_or_open(value: Any, _: Any) -> date | None:  # noqa: ANN401
    return None if value in ("", None) else _day(value, date)


def _fraction(value: Any, _: Any) -> Fraction:  # noqa: ANN401
    return exact(value)


def _window(value: Any, _: Any) -> Window:  # noqa: ANN401
    return window(read_text(value))


def _one_or_more(value: Any, _: Any) -> tuple[str, ...]:  # noqa: ANN401
    several = value if isinstance(value, list) else [value]
    return tuple(read_text(v) for v in several)


_TIME: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|(24):(00)")


def _day_of_year(value: Any, _: Any) -> DayOfYear:  # noqa: ANN401
    if isinstance(value, str) and is_day_of_year(value) and value != "02-29":
        return DayOfYear(value)
    raise ValueError(
        Text(
            "is a day of every year, such as '04-01'; found {found}",
            "须为每年都有的日期，如 '04-01'；现为 {found}",
            found=as_written(value),
        )
    )


def _every(value: Any, _: Any) -> Every | None:  # noqa: ANN401
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


def _hours(value: Any, _: Any) -> Hours:  # noqa: ANN401
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


def _span(value: Any, _: Any) -> Span:  # noqa: ANN401
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


def _need(value: Any, _: Any) -> Need:  # noqa: ANN401
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


def _split(value: Any, _: Any = None) -> Split:  # noqa: ANN401
    if not isinstance(value, dict):
        return Split.whole(read_text(value))
    if not value:
        raise ValueError(Text("names nobody", "未指明任何账户"))
    return Split(tuple((word, exact(share)) for word, share in value.items()))


def _term(value: Any, _: Any) -> ladders.Term:  # noqa: ANN401
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


def _ties(value: Any, _: Any) -> Ties:  # noqa: ANN401
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


def _excess(value: Any, _: Any) -> rules.Excess:  # noqa: ANN401
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
        extra = {k: v for k, v in value.items() if k != "type"}
        if unknown := [k for k in extra if k not in ("default", "kept", "text")]:
            known = ["type", "default", "kept", "text"]
            raise ValueError(unknown_key(unknown[0], known))
        kept = _yes_no(extra.get("kept", False), bool)
        text = _name(extra["text"], Text) if "text" in extra else None
        return attrs.evolve(kind, default=extra.get("default"), kept=kept, text=text)
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


def _gathering(
    cls: type[Any], rest: str, fits: Callable[[str, Any], bool]
) -> Callable[[Any, Any], Any]:
    """
    Return a reader of *cls* that gathers the file's further keys in its field *rest*.

    A class's own figures stand beside its other keys, as do a kind's bounds by unit; what
    does not fit there is a key misspelt.
    """
    known = known_keys(cls)
    structure = _table(cls)

    def read(value: Any, kind: Any) -> Any:  # noqa: ANN401
        if not isinstance(value, dict):
            return structure(value, kind)
        own = {k: v for k, v in value.items() if k not in known}
        gathered = {k: v for k, v in own.items() if fits(k, v)}
        table = {k: v for k, v in value.items() if k in known} | {rest: gathered}
        unknown = [(k, partial(_refuse, unknown_key(k, known))) for k in own]
        wrong = [(k, refuse) for k, refuse in unknown if k not in gathered]
        return each([("", partial(structure, table, kind)), *wrong])[0]

    return read


def _refuse(text: Text) -> None:
    raise ValueError(text)


def _is_own_figure(key: str, value: Any) -> bool:  # noqa: ANN401
    """Return whether *key* may be a class's own: a number, and no slip of the pen."""
    slip = difflib.get_close_matches(key, known_keys(rules.ClassRule), cutoff=0.75)
    return isinstance(value, int | str) and not slip


def _is_bounds(_: str, value: Any) -> bool:  # noqa: ANN401
    return isinstance(value, dict)


# ---------------------------------------------------------------- the converter

_converter = Converter(forbid_extra_keys=True, detailed_validation=True)


def _structurer(cls: type[Any]) -> Callable[..., Any]:
    renamed: dict[str, Any] = {
        a.name: override(rename=a.name.rstrip("_"))
        for a in attrs.fields(cls)
        if a.name.endswith("_")
    }
    return make_dict_structure_fn(
        cls,
        _converter,
        _cattrs_forbid_extra_keys=True,
        _cattrs_detailed_validation=True,
        **renamed,
    )


def _table(cls: type[Any]) -> Callable[[Any, Any], Any]:
    structure = _structurer(cls)

    def read(value: Any, kind: Any) -> Any:  # noqa: ANN401
        if not isinstance(value, dict):
            raise TypeError(
                Text(
                    "a table is wanted, found {found}",
                    "须为一个表，现为 {found}",
                    found=as_written(value),
                )
            )
        return structure(value, kind)

    return read


_converter.register_structure_hook_factory(attrs.has, _table)


def _rung(value: Any, kind: Any) -> ladders.Rung:  # noqa: ANN401
    """Read a level; a word is one that asks nothing."""
    if isinstance(value, str):
        return ladders.Rung(name=value)
    rung: ladders.Rung = _table(ladders.Rung)(value, kind)
    return rung


_converter.register_structure_hook(ladders.Rung, _rung)
_WRITTEN: Final = (
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

_GATHERING: Final = (
    (rules.ClassRule, GATHERED[rules.ClassRule], _is_own_figure),
    (rules.KindRule, GATHERED[rules.KindRule], _is_bounds),
)
"""Tables whose further keys are gathered in one field, and which those are."""

for kind, hook in _WRITTEN:
    _converter.register_structure_hook(kind, hook)
_converter.register_structure_hook_func(
    lambda t: t in (Formula, Formula | None), read_formula
)
_converter.register_structure_hook_func(lambda t: t == (date | None), _day_or_open)
_converter.register_structure_hook_func(lambda t: t == tuple[str, ...], _one_or_more)
_converter.register_structure_hook_func(lambda t: t == (Span | None), _span)
_converter.register_structure_hook_func(lambda t: t == (Every | None), _every)
_converter.register_structure_hook_func(lambda t: t == Need, _need)
for cls, rest, fits in _GATHERING:
    _converter.register_structure_hook(cls, _gathering(cls, rest, fits))


# ---------------------------------------------------------------- tables and values


def table_at(kind: Any, key: str) -> Any | None:  # noqa: ANN401 - a class, or a mapping of them
    """
    Return which kind of table stands at *key* of a table of *kind*.

    *None* where a value does, which is read as a whole: a number, a list, a formula.
    """
    if get_origin(kind) is Mapping:
        inner = get_args(kind)[1]
    elif kind is Condition:
        return None
    else:
        fields = attrs.fields(attrs.resolve_types(kind))
        types = {a.name.rstrip("_"): a.type for a in fields}
        gathered = [types[rest] for cls, rest, _ in _GATHERING if cls is kind]
        inner = types.get(key) or (get_args(gathered[0])[1] if gathered else None)
    several = [each for each in get_args(inner) if each is not NoneType]
    if NoneType in get_args(inner) and len(several) == 1:
        (inner,) = several
    return inner if _is_table(inner) else None


def _is_table(kind: Any) -> bool:  # noqa: ANN401
    if kind is Condition or get_origin(kind) is Mapping:
        return True
    read = [each for each, _ in _WRITTEN]
    return attrs.has(kind) and is_table(kind) and kind not in read


@cache
def _tables() -> frozenset[Any]:
    """Return every class of the language that is a table, and no value."""
    found: set[Any] = set()
    ahead: list[Any] = [rules.Policy]
    while ahead:
        kind = ahead.pop()
        if get_origin(kind) is Mapping:
            ahead += [t for t in [table_at(kind, "")] if t is not None]
        elif kind not in found and kind is not Condition:
            found.add(kind)
            keys = [*known_keys(kind), ""]
            ahead += [t for key in keys if (t := table_at(kind, key)) is not None]
    return frozenset(found)


def parts_of(value: Any) -> Mapping[str, Any] | None:  # noqa: ANN401 - any of the language's
    """
    Return what a table of a policy holds, by the file's keys; *None* for a value.

    What the file leaves out is there with its default.
    """
    if isinstance(value, Condition):
        tests = {test.value: test for test in value.tests}
        several = {"all": value.all, "any": value.any, "not": value.negated}
        return {**tests, **{key: those or None for key, those in several.items()}}
    if isinstance(value, Mapping):
        return value
    if type(value) not in _tables():
        return None
    rests = [rest for cls, rest, _ in _GATHERING if cls is type(value)]
    names = [a.name for a in attrs.fields(type(value)) if a.name not in rests]
    known = set(known_keys(type(value)))
    parts = {k: getattr(value, n) for n in names if (k := n.rstrip("_")) in known}
    for rest in rests:
        parts |= getattr(value, rest)
    return parts


def flattened(kind: Any, table: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: ANN401
    """Return *table*, of *kind*, with one key for what TOML nests in another."""
    return dict(unnested(table)) if kind is Condition else table


# ---------------------------------------------------------------- mistakes and places


def _places(error: BaseException, place: tuple[str, ...]) -> Iterator[Mistake]:
    if isinstance(error, ClassValidationError):
        with_notes, without = error.group_exceptions()
        for inner, note in with_notes:
            yield from _places(inner, (*place, str(note.name).rstrip("_")))
        for inner in without:
            yield from _places(inner, place)
    elif isinstance(error, IterableValidationError):
        indexed, without = error.group_exceptions()
        for inner, index in indexed:
            yield from _places(inner, (*place, str(index.index)))
        for inner in without:
            yield from _places(inner, place)
    elif isinstance(error, ForbiddenExtraKeysError):
        for key in sorted(error.extra_fields):
            yield _dotted((*place, key)), unknown_key(key, known_keys(error.cl))
    elif isinstance(error, Several):
        for part, inner in error.found:
            yield from _places(inner, (*place, part) if part else place)
    else:
        yield _dotted(place), _plain(error)


def _dotted(place: tuple[str, ...]) -> str:
    """Return the place as the file has it, without the tables that `_gathering` made."""
    match place:
        case ("accounts", kind, "units", *rest):
            place = ("accounts", kind, *rest)
        case ("classes", name, "attributes", *rest):
            place = ("classes", name, *rest)
    return ".".join(place) or "file"


def _plain(error: BaseException) -> Text:
    if isinstance(error, KeyError):
        return Text("`{key}` is missing", "缺少 `{key}`", key=error.args[0])
    return text_of(error)
