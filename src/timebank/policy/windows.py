"""
Windows: stretches of days that measures and limits look at.
"""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta
from typing import Final

from attrs import frozen

from ..texts import Text

CALENDAR: Final = ("day", "week", "month", "quarter", "half-year", "year")
_DAYS: Final = {"day": 1, "week": 7}
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
            return first, days_later(first, 6)
        if rolling := _ROLLING.fullmatch(self.text):
            return _rolling_start(day, int(rolling[1]), rolling[2]), day
        months = _MONTHS[self.text]
        first = date(day.year, (day.month - 1) // months * months + 1, 1)
        return first, month_end(months_later(first, months - 1))

    def reach(self, day: date) -> tuple[date | None, date | None]:
        """
        Return the days that any window holding *day* can look at.

        A rolling window reaches from where the one that ends on *day* begins to the last
        day whose window still holds *day*: a back-dated record is tested on every later
        day that sees it.
        """
        first, last = self.span(day)
        if rolling := _ROLLING.fullmatch(self.text):
            last = _rolling_end(day, int(rolling[1]), rolling[2])
        return first, last


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
    return text in CALENDAR or text == "lifetime" or bool(_ROLLING.fullmatch(text))


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
