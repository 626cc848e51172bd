"""
How formulas and conditions are written: values of a TOML file in, expressions out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from enum import StrEnum
from fractions import Fraction
from functools import partial
from itertools import islice
from typing import Any, Final, TypeVar

from ..model import exact
from ..texts import Text
from . import shapes
from .conditions import Away, Comparison, Condition, Operand, Test
from .days import Tenure
from .expressions import (
    Constant,
    Direction,
    Elapsed,
    Formula,
    Lookup,
    Named,
    Step,
    Steps,
    Verb,
)
from .hints import NOTHING, as_written, each, unknown_key, unlike

_E = TypeVar("_E", bound=StrEnum)


def read_text(value: object, _: object = None) -> str:
    """Return *value*, which must be text."""
    if not isinstance(value, str):
        raise TypeError(
            Text(
                "text in quotes is wanted, found {found}",
                "须为引号中的文字，现为 {found}",
                found=as_written(value),
            )
        )
    return value


def read_choice(value: object, kind: type[_E]) -> _E:
    """Return *value* as one of *kind*'s words."""
    known = [str(member) for member in kind]
    if value not in known:
        raise ValueError(unlike(value, known))
    return kind(value)


_NUMBER_LIKE: Final = re.compile(r"[-\d]")


def read_formula(value: Any, _: Any = None) -> Formula:  # noqa: ANN401
    """Return the formula that *value* writes: a number, a name, a look-up or steps."""
    if isinstance(value, str) and not _NUMBER_LIKE.match(value):
        return Named(value)
    if isinstance(value, list):
        return _steps(each((str(i), partial(_step, s)) for i, s in enumerate(value)))
    if isinstance(value, dict):
        if ELAPSED[0] in value:
            return _elapsed(value)
        return _lookup(value) if "by" in value else _steps([_step(value)])
    return Constant(exact(value))


ELAPSED: Final = ("since", "until", "in")
"""Keys of a formula that says how much time has passed."""


def _elapsed(table: Mapping[str, Any]) -> Elapsed:
    if not {"since", "in"} <= set(table) <= set(ELAPSED):
        raise ValueError(
            Text(
                'time that has passed is {{ since = "placed", in = "days" }}, and `until` '
                "says to which other day, found {found}",
                '经过的时间写作 {{ since = "placed", in = "days" }}，可用 `until` '
                "写明截至哪一日，现为 {found}",
                found=", ".join(table),
            )
        )
    until = read_text(table.get("until", "day"))
    return Elapsed(read_text(table["since"]), until, read_choice(table["in"], Tenure))


def _lookup(table: Mapping[str, Any]) -> Lookup:
    choices = {k: read_formula(v) for k, v in table.items() if k not in ("by", "else")}
    if not choices:
        raise ValueError(
            Text(
                "a look-up needs a figure for at least one choice",
                "查表至少须有一个选项的数值",
            )
        )
    otherwise = read_formula(table["else"]) if "else" in table else None
    return Lookup(read_text(table["by"]), choices, otherwise)


def _steps(steps: list[Step]) -> Steps:
    if not steps or steps[0].verb is not Verb.OF:
        raise ValueError(
            Text(
                'a formula begins with { of = … }, such as [{ of = "time" }]',
                '公式以 { of = … } 开头，如 [{ of = "time" }]',
            )
        )
    return Steps(tuple(steps))


STEP_WITH: Final[Mapping[Verb, str]] = {
    Verb.EVERY: "gives",
    Verb.ROUND: "to",
    Verb.USE: "with",
}
FUNCTION: Final = re.compile(r"[^\s@]+@[1-9]\d*")
"""A function of the host's, with its version: ``lunar_night@1``."""


def _step(table: object) -> Step:
    if not isinstance(table, dict):
        raise TypeError(
            Text(
                "a step is a table such as {{ times = 2 }}, found {found}",
                "步骤为一个表，如 {{ times = 2 }}，现为 {found}",
                found=as_written(table),
            )
        )
    verbs = [verb for verb in Verb if verb in table]
    if len(verbs) != 1:
        raise ValueError(
            Text(
                "a step has one of {verbs}; found {found}",
                "步骤须为其中一个：{verbs}；现为 {found}",
                verbs=", ".join(Verb),
                found=", ".join(table) or NOTHING,
            )
        )
    verb = verbs[0]
    expected = {str(verb), STEP_WITH.get(verb, str(verb))}
    if set(table) != expected and (verb is not Verb.USE or set(table) - expected):
        raise ValueError(
            Text(
                "a step {verb} has {expected}; found {found}",
                "步骤 {verb} 须有 {expected}；现为 {found}",
                verb=verb,
                expected=", ".join(sorted(expected)),
                found=", ".join(table),
            )
        )
    value = table[verb]
    match verb:
        case Verb.OF:
            several = value if isinstance(value, list) else [value]
            return Step(verb=verb, operands=tuple(read_formula(v) for v in several))
        case Verb.EVERY:
            return Step(
                verb=verb,
                operands=(read_formula(value),),
                gives=read_formula(table["gives"]),
            )
        case Verb.BANDS:
            return Step(verb=verb, bands=_bands(value))
        case Verb.ROUND:
            to = exact(table["to"])
            if to <= 0:
                raise ValueError(
                    Text(
                        "rounding is to more than 0, found {found!r}",
                        "取整的单位须大于 0，现为 {found!r}",
                        found=table["to"],
                    )
                )
            return Step(
                verb=verb,
                operands=(Constant(to),),
                direction=read_choice(value, Direction),
            )
        case Verb.USE:
            return _use(value, table.get("with", {}))
        case _:
            return Step(verb=verb, operands=(read_formula(value),))


def _use(name: Any, given: Any) -> Step:  # noqa: ANN401
    if not FUNCTION.fullmatch(read_text(name)):
        raise ValueError(
            Text(
                "a function is called by its name and version, such as lunar_night@1; "
                "found {found}",
                "函数须写明名称和版本，如 lunar_night@1；现为 {found}",
                found=as_written(name),
            )
        )
    if not isinstance(given, dict):
        raise TypeError(
            Text(
                "`with` names what the function is given, as a table; found {found}",
                "`with` 为一个表，写明提供给函数的各项，现为 {found}",
                found=as_written(given),
            )
        )
    read = each((f"with.{key}", partial(read_formula, v)) for key, v in given.items())
    return Step(verb=Verb.USE, function=name, given=dict(zip(given, read, strict=True)))


def _bands(value: object) -> tuple[tuple[Fraction, Fraction], ...]:
    pairs = value if isinstance(value, list) else []
    if not pairs or any(not isinstance(p, list) or len(p) != 2 for p in pairs):  # noqa: PLR2004
        raise ValueError(
            Text(
                "bands are pairs [from, gives], such as [[10, 1000]], found {found}",
                "各档为成对的 [起点, 给予]，如 [[10, 1000]]，现为 {found}",
                found=as_written(value),
            )
        )
    return tuple((exact(start), exact(gives)) for start, gives in pairs)


def read_condition(table: object, _: object = None) -> Condition:
    """Return the condition that *table* writes."""
    if not isinstance(table, dict):
        raise TypeError(
            Text(
                "a condition is a table such as {{ star = {{ min = 1 }} }}, found {found}",
                "条件为一个表，如 {{ star = {{ min = 1 }} }}，现为 {found}",
                found=as_written(table),
            )
        )
    flat = dict(unnested(table))
    inner = {key: flat.pop(key, []) for key in ("all", "any", "not")}
    for key in ("all", "any"):
        if not isinstance(inner[key], list):
            raise TypeError(
                Text(
                    "`{key}` holds a list of conditions, and no value can be called so",
                    "`{key}` 须为条件的列表，也不能用作值的名称",
                    key=key,
                )
            )
    if not isinstance(inner["not"], list):
        inner["not"] = [inner["not"]]
    parts: list[tuple[str, Callable[[], Any]]] = [
        (name, partial(_test, name, wanted)) for name, wanted in flat.items()
    ]
    parts += [
        (f"{key}.{index}", partial(read_condition, one))
        for key, conditions in inner.items()
        for index, one in enumerate(conditions)
    ]
    read = iter(each(parts))
    return Condition(
        tests=tuple(islice(read, len(flat))),
        all=tuple(islice(read, len(inner["all"]))),
        any=tuple(islice(read, len(inner["any"]))),
        negated=tuple(read),
    )


def unnested(table: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Undo TOML's nesting of ``provider.age = …`` into tables within tables."""
    for name, wanted in table.items():
        tests = isinstance(wanted, dict) and not set(wanted) <= set(Comparison)
        role, _, beyond = name.partition(".")
        # beyond a role only tables lead on: anything else is a misspelt test
        if beyond and tests:
            tests = all(isinstance(inner, dict) for inner in wanted.values())
        if role in shapes.ROLES and tests:
            yield from unnested({f"{name}.{inner}": t for inner, t in wanted.items()})
        else:
            yield name, wanted


def _test(name: str, wanted: object) -> Test:
    if not isinstance(wanted, dict):
        return Test(name, (_comparison(Comparison.IS, wanted),))
    if not wanted:
        raise ValueError(
            Text(
                "a test is one of {known}; found none",
                "判断须为其中一个：{known}；现在没有",
                known=", ".join(Comparison),
            )
        )
    read = each((key, partial(_comparison, key, v)) for key, v in wanted.items())
    return Test(name, tuple(read))


_SEVERAL: Final = (Comparison.IS, Comparison.IS_NOT)


def _comparison(key: str, value: object) -> tuple[Comparison, tuple[Operand, ...]]:
    if key not in set(Comparison):
        raise ValueError(unknown_key(key, list(Comparison)))
    comparison = Comparison(key)
    if comparison is Comparison.WITHIN:
        return comparison, _yearly(value)
    # a list of steps is one formula, any other list several words
    steps = isinstance(value, list) and any(isinstance(each, dict) for each in value)
    several = value if isinstance(value, list) and not steps else [value]
    if not several:
        raise ValueError(
            Text(
                "an empty list leaves nothing to compare with",
                "空列表无可比较",
            )
        )
    if comparison is Comparison.KNOWN and not isinstance(value, bool):
        raise ValueError(
            Text(
                "known is true or false, found {found}",
                "known 须为 true 或 false，现为 {found}",
                found=as_written(value),
            )
        )
    if len(several) > 1 and comparison not in _SEVERAL:
        raise ValueError(
            Text(
                "{comparison} compares with one figure, found {found}",
                "{comparison} 只与一个数比较，现有 {found} 个",
                comparison=comparison,
                found=len(several),
            )
        )
    return comparison, tuple(_operand(v) for v in several)


AWAY: Final[Mapping[str, int]] = {"ago": -1, "ahead": 1}
"""How a day so long before or after another is written, and which way that is."""

_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")


def _operand(value: Any) -> Operand:  # noqa: ANN401
    if type(value) in (bool, date):
        return value  # type: ignore[no-any-return]  # just tested
    if isinstance(value, dict) and not AWAY.keys().isdisjoint(value):
        return _away(value)
    if isinstance(value, str) and _NUMBER_LIKE.match(value):
        try:
            return (
                date.fromisoformat(value)
                if _DAY.fullmatch(value)
                else Constant(exact(value))
            )
        except ValueError:
            return Named(value)  # a choice or level such as "60+"
    return read_formula(value)


def _away(table: Mapping[str, Any]) -> Away:
    words = [word for word in AWAY if word in table]
    if len(words) != 1 or not set(table) <= {*words, "from"}:
        raise ValueError(
            Text(
                'a day away is {{ ago = "3 years" }} or {{ ahead = "30 days" }}, and '
                "`from` says from which other day, found {found}",
                '相隔的日期写作 {{ ago = "3 years" }} 或 {{ ahead = "30 days" }}，'
                "可用 `from` 写明自哪一日起算，现为 {found}",
                found=", ".join(table),
            )
        )
    origin = read_text(table.get("from", "day"))
    return Away(read_text(table[words[0]]), AWAY[words[0]], origin)


_DAY_OF_YEAR: Final = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")


def _yearly(value: object) -> tuple[Operand, ...]:
    days = value if isinstance(value, list) else []
    if [bool(_DAY_OF_YEAR.fullmatch(str(d))) for d in days] != [True, True]:
        raise ValueError(
            Text(
                'within wants two days of the year, ["04-01", "05-31"], found {found}',
                'within 须为一年中的两天，如 ["04-01", "05-31"]，现为 {found}',
                found=as_written(value),
            )
        )
    return tuple(Named(d) for d in days)
