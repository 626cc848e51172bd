"""
The table of the calendar: where years and weeks begin, and on which days people work.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Final

from attrs import frozen

from .days import day_of_year, days_later
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


@frozen(kw_only=True)
class Calendar:
    """
    Where years and weeks begin, and on which days people work.

    Args:
        year_starts: The first day of the ``programme year``, one that every year has.
        week_starts: The first day of a ``week``: ``mon`` ``tue`` ``wed`` ``thu``
            ``fri`` ``sat`` ``sun``.
        holidays: Days on which nobody works, whatever day of the week.
        workdays: Days of a weekend that are worked instead.
    """

    year_starts: str = "01-01"
    week_starts: Weekday = Weekday.MON
    holidays: tuple[date, ...] = ()
    workdays: tuple[date, ...] = ()

    def year_start(self, day: date) -> date:
        """Return the first day of the programme's year that holds *day*."""
        start = day_of_year(day.year, self.year_starts)
        if start <= day:
            return start
        return day_of_year(day.year - 1, self.year_starts)

    def is_working(self, day: date) -> bool:
        """Return whether people work on *day*."""
        if day in self.workdays:
            return True
        return weekday_of(day) not in WEEKEND and day not in self.holidays

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
