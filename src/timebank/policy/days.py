"""
Arithmetic with days, within the years that a calendar has.
"""

from __future__ import annotations

import calendar
import re
from datetime import date
from enum import StrEnum
from typing import Final


def days_later(day: date, days: int) -> date:
    """Return the day so many *days* later (or, negative, earlier), within the calendar."""
    ordinal = min(max(day.toordinal() + days, 1), date.max.toordinal())
    return date.fromordinal(ordinal)


def months_later(day: date, months: int) -> date:
    """
    Return the same day *months* later (or, negative, earlier), within the calendar.

    31 falls back to the month's last day.
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year < date.min.year:
        return date.min
    if year > date.max.year:
        return date.max
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def month_end(day: date) -> date:
    """Return the last day of *day*'s month."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def months_between(first: date, last: date) -> int:
    """Return how many months are full from *first* to *last*; 0 where *last* is before."""
    months = (last.year - first.year) * 12 + last.month - first.month
    if months > 0 and months_later(first, months) > last:
        months -= 1
    return max(0, months)


class Tenure(StrEnum):
    """What the time between two days is counted in, by full ones."""

    DAYS = "days"
    MONTHS = "months"
    YEARS = "years"


def elapsed(since: date, until: date, unit: Tenure) -> int:
    """Return how many full days, months or years have passed from one day to another."""
    if unit is Tenure.DAYS:
        return max(0, (until - since).days)
    months = months_between(since, until)
    return months // 12 if unit is Tenure.YEARS else months


def day_of_year(year: int, text: str) -> date:
    """
    Return the day *text* (``04-01``) of *year*; within the calendar.

    29 February falls back to the month's last day.
    """
    year = min(max(year, date.min.year), date.max.year)
    month, day = int(text[:2]), int(text[3:])
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))


_DAY_OF_YEAR: Final = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
_LEAP_YEAR: Final = 2000


def is_day_of_year(text: str) -> bool:
    """Return whether *text* is a day that some year has: ``04-01``, ``02-29``."""
    found = _DAY_OF_YEAR.fullmatch(text)
    return (
        found is not None
        and int(found[2]) <= calendar.monthrange(_LEAP_YEAR, int(found[1]))[1]
    )


def stretch_later(day: date, stretch: str, times: int = 1) -> date:
    """
    Return the day a *stretch* of time later: ``30 days``, ``2 weeks``, ``1 year``.

    So many *times*; earlier where that is below nothing.
    """
    number, _, unit = stretch.partition(" ")
    unit, count = unit.rstrip("s"), int(number) * times
    if unit in ("day", "week"):
        return days_later(day, count * (7 if unit == "week" else 1))
    return months_later(day, count * (12 if unit == "year" else 1))
