"""
Words that examples are written in, whatever they do: days and steps, and names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any, Final

from ..policy.days import months_later
from ..policy.hints import as_written, nearest
from ..policy.rules import Policy
from ..texts import Text


def unit_named(name: object, policy: Policy) -> str:
    """
    Return *name*, which must be a unit of *policy*.

    Raises:
        ValueError: If it is none.
    """
    if name not in policy.units:
        raise ValueError(none_of(UNIT, str(name), policy.units))
    return str(name)


# ---------------------------------------------------------------- when, and how often

REPEAT_MAX: Final = 1000

_STEP: Final = re.compile(r"(?P<count>[1-9]\d{0,3}) (?P<unit>day|week|month|year)s?")


def read_times(value: object) -> int:
    """Return how often something is done: *value*, a whole number from 1."""
    if type(value) is not int or not 1 <= value <= REPEAT_MAX:
        raise ValueError(
            Text(
                "repeat is a whole number, 1 to {most}, found {found}",
                "repeat 须为 1 至 {most} 的整数，现为 {found}",
                most=REPEAT_MAX,
                found=as_written(value),
            )
        )
    return value


def read_step(value: object) -> Callable[[date], date]:
    """Return the way from one day to the next: a number of days, weeks, months, years."""
    if value is None:
        return lambda day: day
    if not isinstance(value, str) or not (found := _STEP.fullmatch(value)):
        raise ValueError(
            Text(
                "step is a number of days, weeks, months or years such as '1 month', "
                "found {found}",
                "step 须为若干天、周、月或年，如 '1 month'，现为 {found}",
                found=as_written(value),
            )
        )
    count, unit = int(found["count"]), found["unit"]
    if unit in ("day", "week"):
        return lambda day: day + timedelta(days=count * (7 if unit == "week" else 1))
    return lambda day: months_later(day, count * (12 if unit == "year" else 1))


def read_day(value: object) -> date:
    """Return the day that *value* writes, as a date or as text."""
    if isinstance(value, str):
        return date.fromisoformat(value)
    if type(value) is date:
        return value
    raise TypeError(
        Text(
            "day is a day such as 2024-01-31, found {found}",
            "day 须为日期，如 2024-01-31，现为 {found}",
            found=as_written(value),
        )
    )


# ---------------------------------------------------------------- names

UNIT: Final = Text("unit", "单位")
LEVEL: Final = Text("level", "等级")
VALUE: Final = Text("value", "值")
LADDER: Final = Text("ladder", "阶梯")
FLAG: Final = Text("flag", "提示")


def flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield what *table* holds by dotted name, undoing TOML's tables within tables."""
    for key, value in table.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            yield from flat(value, f"{name}.")
        else:
            yield name, value


def none_of(what: Text, name: str, known: Iterable[str]) -> Text:
    """Say that the policy has no *what* of that name, and which is nearest."""
    return Text(
        "the policy has no {what} {name!r}; {hint}",
        "政策没有{what} {name!r}；{hint}",
        what=what,
        name=name,
        hint=like(name, known),
    )


def like(name: str, known: Iterable[str]) -> Text:
    """Suggest the nearest of *known*, as examples quote words."""
    hint = nearest(str(name), known)
    return Text(hint.replace("`", "'"), hint.zh.replace("`", "'"))
