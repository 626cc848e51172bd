"""
The table of the calendar: where years and weeks begin, and on which days people work.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Final

from attrs import field, frozen

from .days import days_later
from .expressions import FactNeeded


class Weekday(StrEnum):
    """A day of the week, by its first three letters."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"

    @property
    def number(self) -> int:
        """Its number as dates count it, from 0 for Monday."""
        return list(Weekday).index(self)


def weekday_of(day: date) -> Weekday:
    """Return the day of the week of *day*."""
    return list(Weekday)[day.weekday()]


WEEKEND: Final = frozenset({Weekday.SAT, Weekday.SUN})


class DayOfYear(str):
    """A day that every year has, by month and day: ``04-01``."""

    __slots__ = ()


MINUTES_A_DAY: Final = 24 * 60


@frozen
class Hours:
    """
    A stretch of every day, which may pass midnight.

    Args:
        first: The minute of the day it begins with.
        end: The minute before which it ends.
    """

    first: int
    end: int

    def within(self, begins: int, ends: int) -> int:
        """Return how many of the minutes from *begins* to *ends* of a day lie in it."""
        length = (self.end - self.first - 1) % MINUTES_A_DAY + 1
        days = range(-1, ends // MINUTES_A_DAY + 1)
        starts = (self.first + day * MINUTES_A_DAY for day in days)
        return sum(max(0, min(ends, s + length) - max(begins, s)) for s in starts)


@frozen(kw_only=True)
class Calendar:
    """
    Where years and weeks begin, and on which days people work.

    Args:
        year_starts: The first day of the ``programme year``, one that every year has.
        week_starts: The first day of a ``week``: ``mon`` ``tue`` ``wed`` ``thu``
            ``fri`` ``sat`` ``sun``.
        terms: The first days of the terms in a year: ``["09-01", "02-01"]``. By default
            none.
        counted_from: The first day of a period such as ``2 years`` or ``3 weeks``, from
            which those before and after it are counted. By default none.
        holidays: Days on which nobody works, whatever day of the week.
        workdays: Days of a weekend that are worked instead.
        hours: Stretches of every day, by a name: ``night = ["22:00", "06:00"]``. By
            default none.
    """

    year_starts: DayOfYear = DayOfYear("01-01")  # noqa: RUF009 - it is a text
    week_starts: Weekday = Weekday.MON
    terms: tuple[DayOfYear, ...] = ()
    counted_from: date | None = None
    holidays: tuple[date, ...] = ()
    workdays: tuple[date, ...] = ()
    hours: Mapping[str, Hours] = field(factory=dict, hash=False)

    def is_working(self, day: date) -> bool:
        """Return whether people work on *day*."""
        if day in self.workdays:
            return True
        return weekday_of(day) not in WEEKEND and day not in self.holidays

    def type_of(self, day: date) -> str:
        """
        Return what *day* is, of a year that is listed: a workday, holiday or weekend.

        Raises:
            FactNeeded: If the policy lists holidays and none of that year: its list has not
                been brought up to date.
        """
        if self.works_on(day):
            return "workday"
        return "holiday" if day in self.holidays else "weekend"

    def works_on(self, day: date) -> bool:
        """
        Return whether people work on *day*, of a year that is listed.

        Raises:
            FactNeeded: If the policy lists holidays and none of that year: its list has not
                been brought up to date.
        """
        listed = {each.year for each in (*self.holidays, *self.workdays)}
        if listed and day.year not in listed:
            raise FactNeeded(f"calendar.holidays {day.year}")
        return self.is_working(day)

    def working_days_later(self, day: date, days: int) -> date:
        """
        Return the last of so many working *days*, counted from the day after *day*.

        What was published on a Friday for five working days ends with the next Friday, if
        none of the days between is a holiday.

        Raises:
            FactNeeded: If the policy lists holidays and none of a year that is counted
                through.
        """
        left, last = days, day
        while left > 0 and last < date.max:
            last = days_later(last, 1)
            left -= self.works_on(last)
        return last


PLAIN: Final = Calendar()
"""The calendar of a policy that says nothing of it."""
