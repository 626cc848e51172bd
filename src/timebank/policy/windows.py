"""
Windows: stretches of days that measures and limits look at.
"""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta
from typing import Final

from attrs import frozen

CALENDAR: Final = ("day", "week", "month", "quarter", "half-year", "year")
_MONTHS: Final = {"month": 1, "quarter": 3, "half-year": 6, "year": 12}
_ROLLING: Final = re.compile(r"last ([1-9]\d{0,3}) (day|week|month|year)s?")
KINDS: Final = (*CALENDAR, "last N days|weeks|months|years", "lifetime")


@frozen
class Window:
    """
    A stretch of days around a day.

    Args:
        text: ``day week month quarter half-year year`` (of the calendar; weeks begin on
            Monday), ``last N days|weeks|months|years`` (rolling), or ``lifetime``.
    """

    text: str

    @property
    def rolling(self) -> bool:
        """Whether the window ends with the day that is asked about."""
        return self.text.startswith("last ")

    def span(self, day: date) -> tuple[date | None, date | None]:
        """
        Return the first and last day, both counted; *None* is an open end.

        ``last 30 days`` begins 29 days before *day*; ``last 2 years`` the day after the
        same day two years ago, where 31 falls back to the month's last day.
        """
        if self.text == "lifetime":
            return None, None
        if self.text == "day":
            return day, day
        if self.text == "week":
            first = day - timedelta(days=day.weekday())
            return first, first + timedelta(days=6)
        if rolling := _ROLLING.fullmatch(self.text):
            return _rolling_start(day, int(rolling[1]), rolling[2]), day
        months = _MONTHS[self.text]
        first = date(day.year, (day.month - 1) // months * months + 1, 1)
        return first, months_later(first, months) - timedelta(days=1)

    def reach(self, day: date) -> tuple[date | None, date | None]:
        """
        Return the days that any window holding *day* can look at.

        A rolling window reaches as far behind *day* as before it: a back-dated record
        is tested on every later day whose window holds it.
        """
        first, last = self.span(day)
        if not self.rolling or first is None:
            return first, last
        return first, day + (day - first)


LIFETIME: Final = Window("lifetime")


def window(text: str) -> Window:
    """
    Read a window.

    Raises:
        ValueError: If it is not one; the message lists those there are.
    """
    if text in CALENDAR or text == "lifetime" or _ROLLING.fullmatch(text):
        return Window(text)
    raise ValueError(f"{text!r} is no window; there are: {', '.join(KINDS)}")


def is_window(text: str) -> bool:
    """Return whether *text* names a window."""
    return text in CALENDAR or text == "lifetime" or bool(_ROLLING.fullmatch(text))


def months_later(day: date, months: int) -> date:
    """Return the same day *months* later (or, negative, earlier); 31 falls back."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def _rolling_start(day: date, number: int, unit: str) -> date:
    if unit == "day":
        return day - timedelta(days=number - 1)
    if unit == "week":
        return day - timedelta(days=7 * number - 1)
    months = number * (12 if unit == "year" else 1)
    return months_later(day, -months) + timedelta(days=1)
