"""
The calendar and windows: whether their days are days and their ladders are there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ...texts import Text
from ..calendar import WEEKEND, weekday_of
from ..hints import Mistake
from ..rules import Policy
from ..windows import Window
from .values import LADDER, check_name, check_once

_FIRST: Final = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
_NOT_EVERY_YEAR: Final = ("02-29", "02-30", "02-31", "04-31", "06-31", "09-31", "11-31")


def calendar(policy: Policy) -> Iterator[Mistake]:
    """Find what is wrong with the calendar."""
    found = policy.calendar
    start = found.year_starts
    if not _FIRST.fullmatch(start) or start in _NOT_EVERY_YEAR:
        yield (
            "calendar.year_starts",
            Text(
                "is a day of every year, such as '04-01'; found {start!r}",
                "须为每年都有的日期，如 '04-01'；现为 {start!r}",
                start=start,
            ),
        )
    for key in ("holidays", "workdays"):
        days = [day.isoformat() for day in getattr(found, key)]
        yield from check_once(days, f"calendar.{key}")
    for day in found.workdays:
        if day in found.holidays:
            yield (
                "calendar.workdays",
                Text(
                    "{day} is among the holidays too", "{day} 同时也列为假日", day=day
                ),
            )
        elif weekday_of(day) not in WEEKEND:
            yield (
                "calendar.workdays",
                Text(
                    "{day} is no weekend and is worked anyway",
                    "{day} 不是周末，本来就上班",
                    day=day,
                ),
            )


def check_window(window: Window, place: str, policy: Policy) -> Iterator[Mistake]:
    """Find a window that begins with a level which nobody is given on a day."""
    if window.since is None:
        return
    yield from check_name(window.since, policy.ladders, place, LADDER)
    ladder = policy.ladders.get(window.since)
    if ladder is not None and not ladder.stored:
        yield (
            place,
            Text(
                "the levels of {ladder!r} come by themselves, so on no day: a window "
                "begins with a ladder that has moves, or is applied for",
                "{ladder!r} 的等级自动产生，没有取得日：期间只能从有变动规则或须申请的等级体系起算",
                ladder=window.since,
            ),
        )
