"""
Shifts: when services took place, so that hours count once.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from .operations import RecordService

Shift = tuple[int, int]
"""First minute and the minute after the last, counted from a fixed day."""

MINUTES_A_DAY: Final = 24 * 60


def shift_of(service: RecordService, day: date) -> Shift | None:
    """Return when a service took place, or *None* where its time of day is not known."""
    if service.starts_at is None:
        return None
    start = day.toordinal() * MINUTES_A_DAY + service.starts_at
    return start, start + service.minutes


def near(shift: Shift, day: date) -> bool:
    """
    Return whether *shift* could overlap one that begins on *day*.

    A service lasts a day at most, so it began on the day before or ends on the day after.
    """
    midnight = day.toordinal() * MINUTES_A_DAY
    return shift[0] < midnight + 2 * MINUTES_A_DAY and midnight < shift[1]
