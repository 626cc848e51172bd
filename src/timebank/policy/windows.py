"""
Windows: stretches of days that measures and limits look at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cached_property, lru_cache
from typing import Final

from attrs import frozen

from ..texts import Text
from .calendar import Calendar
from .days import day_of_year, days_later, is_day_of_year, month_end, months_later

CALENDAR: Final = ("day", "week", "month", "quarter", "half-year", "year")
PROGRAMME_YEAR: Final = "programme year"
TO_DATE: Final = "to date"
TERM: Final = "term"
PERIODS: Final = (*CALENDAR, PROGRAMME_YEAR, TERM)
"""Periods by name; others are so many days, weeks, months or years."""

COUNTED: Final = r"([1-9]\d{0,3}) (day|week|month|year)s?"
_DAYS: Final = {"day": 1, "week": 7}
_MONTHS: Final = {"month": 1, "quarter": 3, "half-year": 6, "year": 12}
_COUNTED: Final = re.compile(COUNTED)
_ROLLING: Final = re.compile(f"last {COUNTED}")
_FIXED: Final = re.compile(r"(\d{4}-\d\d-\d\d)\.\.(\d{4}-\d\d-\d\d)")
_YEARLY: Final = re.compile(r"(\d\d-\d\d)\.\.(\d\d-\d\d)")
KINDS: Final = (
    *PERIODS,
    "N days|weeks|months|years",
    "09-01..01-31",
    "previous PERIOD",
    "last N days|weeks|months|years",
    "since LADDER",
    "2011-04-20..2011-08-31",
    TO_DATE,
    "lifetime",
)

Span = tuple[date | None, date | None]
"""The first and last day, both counted; *None* is an open end."""


@frozen
class Every:
    """
    Periods that follow one another without a gap.

    Args:
        text: ``day week month quarter half-year year`` (of the calendar), ``programme
            year``, ``term`` (from one of the days that the calendar says to the next), or
            so many ``days``, ``weeks``, ``months`` or ``years``, counted from the day that
            the calendar says.
    """

    text: str

    def __str__(self) -> str:
        """Return it as a file writes it."""
        return self.text

    @cached_property
    def counted(self) -> tuple[int, str] | None:
        """How many days, weeks, months or years it is, where it is so many."""
        found = _COUNTED.fullmatch(self.text)
        return (int(found[1]), found[2]) if found else None

    def span(self, day: date, calendar: Calendar) -> tuple[date, date]:
        """Return the first and last day of the period that holds *day*."""
        if self.text == "day":
            return day, day
        if self.text == "week":
            first = days_later(
                day, -((day.weekday() - calendar.week_starts.number) % 7)
            )
            return first, days_later(first, 6)
        if self.text == PROGRAMME_YEAR:
            return _between((calendar.year_starts,), day)
        if self.text == TERM:
            return _between(calendar.terms or (calendar.year_starts,), day)
        if self.counted is not None:
            return _counted(*self.counted, calendar.counted_from or FIRST, day)
        return _of_months(_MONTHS[self.text], day.year, day.month)


FIRST: Final = date(2000, 1, 1)
"""From when periods are counted where a calendar does not say it, which a check refuses."""


@frozen
class Window:
    """
    A stretch of days around a day.

    Args:
        text: A period as in `Every`, or a stretch of each year (``09-01..01-31``: the last
            one that has begun), ``previous`` any of these, ``last N
            days|weeks|months|years`` (rolling), ``since LADDER`` (from the day on which the level now held was
            given), two days with ``..`` between them, ``to date`` (all until the day that is
            asked about), or ``lifetime`` (what counts for later days too).
    """

    text: str

    # a window is read once, and looked at for every entry that it limits

    @cached_property
    def rolling(self) -> bool:
        """Whether the window ends with the day that is asked about."""
        return self.last is not None or self.text == TO_DATE

    @cached_property
    def last(self) -> tuple[int, str] | None:
        """How many days, weeks, months or years it is, where it is the last of so many."""
        found = _ROLLING.fullmatch(self.text)
        return (int(found[1]), found[2]) if found else None

    @cached_property
    def fixed(self) -> tuple[date, date] | None:
        """The days that it begins and ends with, where it is the same whoever asks."""
        found = _FIXED.fullmatch(self.text)
        days = map(date.fromisoformat, found.groups()) if found else ()
        return (*days,) or None

    @cached_property
    def previous(self) -> bool:
        """Whether the window is over before the day that is asked about."""
        return self.text.startswith("previous ")

    @cached_property
    def every(self) -> Every | None:
        """The periods of which it is one, or the previous one."""
        text = self.text.removeprefix("previous ")
        return Every(text) if is_period(text) else None

    @cached_property
    def since(self) -> str | None:
        """The ladder whose level the window begins with."""
        return self.text.removeprefix("since ") if self.text[:6] == "since " else None

    def span(self, day: date, calendar: Calendar, since: date | None = None) -> Span:
        """
        Return the days of the window that goes by *day*.

        ``last 30 days`` begins 29 days before *day*; ``last 2 years`` the day after the
        same day two years ago, where 31 falls back to the month's last day.

        Args:
            day: The day asked about.
            calendar: Where years and weeks begin.
            since: For ``since LADDER``: the day on which the level now held was given.
                Without it the window is the widest that it can be, a lifetime.
        """
        if self.text == "lifetime" or self.since is not None:
            return since, None
        if self.text == TO_DATE:
            return None, day
        if self.last is not None:
            return _rolling_start(day, *self.last), day
        if self.fixed is not None:
            return self.fixed
        first, last = self._around(day, calendar)
        if self.previous:
            return self._around(days_later(first, -1), calendar)
        return first, last

    def _around(self, day: date, calendar: Calendar) -> tuple[date, date]:
        if self.every is not None:
            return self.every.span(day, calendar)
        starts, ends = self.text.removeprefix("previous ").split("..")
        first = max(_starts((starts,), day), default=date.min)
        both = (day_of_year(year, ends) for year in (first.year, first.year + 1))
        return first, min((end for end in both if end >= first), default=date.max)

    def reach(self, day: date, calendar: Calendar) -> Span:
        """
        Return the days that any window holding *day* can look at.

        A rolling window reaches from where the one that ends on *day* begins to the last
        day whose window still holds *day*: a back-dated record is tested on every later
        day that sees it.
        """
        first, last = self.span(day, calendar)
        if self.last is not None:
            last = _rolling_end(day, *self.last)
        return first, None if self.text == TO_DATE else last


LIFETIME: Final = Window("lifetime")


@lru_cache(maxsize=1024)  # a limit is a window by the key that it stands under
def window(text: str) -> Window:
    """
    Read a window.

    Raises:
        ValueError: If it is not one; the message lists those there are.
    """
    if is_window(text):
        return Window(text)
    raise ValueError(
        Text(
            "{text!r} is no window; there are: {known}",
            "{text!r} 不是期间；现有：{known}",
            text=text,
            known=", ".join(KINDS),
        )
    )


def is_period(text: str) -> bool:
    """Return whether *text* names periods that follow one another without a gap."""
    return text in PERIODS or bool(_COUNTED.fullmatch(text))


@lru_cache(maxsize=1024)
def is_window(text: str) -> bool:
    """Return whether *text* names a window."""
    period = text.removeprefix("previous ")
    return (
        text in ("lifetime", TO_DATE)
        or is_period(period)
        or _is_yearly(period)
        or bool(_ROLLING.fullmatch(text))
        or (text.startswith("since ") and text[6:].strip() == text[6:] != "")
        or _is_fixed(text)
    )


def _is_fixed(text: str) -> bool:
    if not (fixed := _FIXED.fullmatch(text)):
        return False
    try:
        first, last = date.fromisoformat(fixed[1]), date.fromisoformat(fixed[2])
    except ValueError:
        return False
    return first <= last


def _is_yearly(text: str) -> bool:
    found = _YEARLY.fullmatch(text)
    return found is not None and all(map(is_day_of_year, found.groups()))


def _starts(days: Sequence[str], day: date) -> Iterator[date]:
    """Yield when each of *days* of the year came, in *day*'s year and before, until *day*."""
    for year in (day.year - 1, day.year):
        yield from (s for each in days if (s := day_of_year(year, each)) <= day)


def _between(days: Sequence[str], day: date) -> tuple[date, date]:
    """Return the stretch around *day* from one of *days* of the year to the next."""
    first = max(_starts(days, day), default=date.min)
    years = (first.year, first.year + 1)
    after = (day_of_year(year, each) for year in years for each in days)
    following = min((s for s in after if s > first), default=date.max)
    return first, days_later(following, -1) if following > day else date.max


@lru_cache(maxsize=256)
def _of_months(months: int, year: int, month: int) -> tuple[date, date]:
    """Return the period of so many months, from January on, that a month lies in."""
    first = date(year, (month - 1) // months * months + 1, 1)
    return first, month_end(months_later(first, months - 1))


def _counted(number: int, unit: str, origin: date, day: date) -> tuple[date, date]:
    """Return the period around *day* of those of so many units, counted from *origin*."""
    if unit in _DAYS:
        length = number * _DAYS[unit]
        first = days_later(day, -((day - origin).days % length))
        return first, days_later(first, length - 1)
    length = number * _MONTHS[unit]
    months = (day.year - origin.year) * 12 + day.month - origin.month
    if months_later(origin, months) > day:
        months -= 1
    start = months // length * length
    following = months_later(origin, start + length)
    first = months_later(origin, start)
    return first, days_later(following, -1) if following > day else date.max


def _rolling_start(day: date, number: int, unit: str) -> date:
    if unit in _DAYS:
        return days_later(day, 1 - number * _DAYS[unit])
    start = months_later(day, -number * _MONTHS[unit])
    return start if start == date.min else days_later(start, 1)


def _rolling_end(day: date, number: int, unit: str) -> date:
    """
    Return the last day whose window still holds *day*.

    It lies *number* months after the eve of *day*; where the eve ends its month, all the
    days that fall back on it see *day* too, to the end of theirs.
    """
    if unit in _DAYS:
        return days_later(day, number * _DAYS[unit] - 1)
    eve = days_later(day, -1)
    end = months_later(eve, number * _MONTHS[unit])
    return month_end(end) if eve == month_end(eve) else end
