"""
Windows: stretches of days that measures and limits look at.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from attrs import frozen

from ..texts import Text
from .calendar import Calendar
from .days import day_of_year, days_later, month_end, months_later

CALENDAR: Final = ("day", "week", "month", "quarter", "half-year", "year")
PROGRAMME_YEAR: Final = "programme year"
TO_DATE: Final = "to date"
_PERIODS: Final = (*CALENDAR, PROGRAMME_YEAR)
_DAYS: Final = {"day": 1, "week": 7}
_MONTHS: Final = {"month": 1, "quarter": 3, "half-year": 6, "year": 12}
_ROLLING: Final = re.compile(r"last ([1-9]\d{0,3}) (day|week|month|year)s?")
_FIXED: Final = re.compile(r"(\d{4}-\d\d-\d\d)\.\.(\d{4}-\d\d-\d\d)")
KINDS: Final = (
    *_PERIODS,
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
class Window:
    """
    A stretch of days around a day.

    Args:
        text: ``day week month quarter half-year year`` (of the calendar), ``programme
            year``, ``previous`` any of these, ``last N days|weeks|months|years``
            (rolling), ``since LADDER`` (from the day on which the level now held was
            given), two days with ``..`` between them, ``to date`` (all until the day that is
            asked about), or ``lifetime`` (what counts for later days too).
    """

    text: str

    @property
    def rolling(self) -> bool:
        """Whether the window ends with the day that is asked about."""
        return self.text.startswith("last ") or self.text == TO_DATE

    @property
    def previous(self) -> bool:
        """Whether the window is over before the day that is asked about."""
        return self.text.startswith("previous ")

    @property
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
        if rolling := _ROLLING.fullmatch(self.text):
            return _rolling_start(day, int(rolling[1]), rolling[2]), day
        if fixed := _FIXED.fullmatch(self.text):
            return date.fromisoformat(fixed[1]), date.fromisoformat(fixed[2])
        if not self.previous:
            return _period(self.text, day, calendar)
        period = self.text.removeprefix("previous ")
        first, _ = _period(period, day, calendar)
        return _period(period, days_later(first, -1), calendar)

    def reach(self, day: date, calendar: Calendar) -> Span:
        """
        Return the days that any window holding *day* can look at.

        A rolling window reaches from where the one that ends on *day* begins to the last
        day whose window still holds *day*: a back-dated record is tested on every later
        day that sees it.
        """
        first, last = self.span(day, calendar)
        if rolling := _ROLLING.fullmatch(self.text):
            last = _rolling_end(day, int(rolling[1]), rolling[2])
        return first, None if self.text == TO_DATE else last


LIFETIME: Final = Window("lifetime")


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


def is_window(text: str) -> bool:
    """Return whether *text* names a window."""
    return (
        text in ("lifetime", TO_DATE)
        or text.removeprefix("previous ") in _PERIODS
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


def _period(period: str, day: date, calendar: Calendar) -> tuple[date, date]:
    """Return the first and last day of the *period* that holds *day*."""
    if period == "day":
        return day, day
    if period == "week":
        first = days_later(day, -((day.weekday() - calendar.week_starts.number) % 7))
        return first, days_later(first, 6)
    if period == PROGRAMME_YEAR:
        first = calendar.year_start(day)
        after = day_of_year(first.year + 1, calendar.year_starts)
        return min(first, day), days_later(after, -1) if after > day else date.max
    months = _MONTHS[period]
    first = date(day.year, (day.month - 1) // months * months + 1, 1)
    return first, month_end(months_later(first, months - 1))


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
