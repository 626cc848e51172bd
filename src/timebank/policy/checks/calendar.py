"""
The calendar and windows: whether their days are days and their ladders are there.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...texts import Text
from ..calendar import WEEKEND, weekday_of
from ..hints import Mistake
from ..rules import Policy
from ..windows import TERM, Every, Window
from .values import LADDER, check_name, check_once


def calendar(policy: Policy) -> Iterator[Mistake]:
    """Find what is wrong with the calendar."""
    found = policy.calendar
    yield from check_once(found.terms, "calendar.terms")
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


def check_every(every: Every | None, place: str, policy: Policy) -> Iterator[Mistake]:
    """Find periods whose first days the calendar does not say."""
    if every is not None and every.text == TERM and not policy.calendar.terms:
        yield (
            place,
            Text(
                "asks for terms, and the calendar has none: add the days on which they "
                'begin, such as calendar.terms = ["09-01", "02-01"]',
                "按学期计算，而日历未列学期：请补充各学期的首日，"
                '如 calendar.terms = ["09-01", "02-01"]',
            ),
        )
    if every is not None and every.counted and policy.calendar.counted_from is None:
        yield (
            place,
            Text(
                "counts periods of {every}, and nothing says from when: add a first day, "
                "calendar.counted_from",
                "以 {every} 为一期，而未写明自何日起算：请补充首日 calendar.counted_from",
                every=every.text,
            ),
        )


def check_window(window: Window, place: str, policy: Policy) -> Iterator[Mistake]:
    """Find a window that begins on no day that is known."""
    yield from check_every(window.every, place, policy)
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
