"""
The tables of measures: figures from an account's history.
"""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

from .windows import LIFETIME, Window


class MeasureKind(StrEnum):
    """How a measure counts."""

    SUM = "sum"
    COUNT = "count"
    DAYS = "days"
    STREAK = "streak"
    BALANCE = "balance"


@frozen(kw_only=True)
class Measure:
    """
    A figure from history; exactly one of the first five is given, and names a unit.

    Args:
        sum: What came in less what went out.
        count: How often a rule moved it.
        days: On how many different days.
        streak: How much since the last entry in a unit of ``broken_by``, by effective
            day and then position.
        balance: What is there now, held credits included.
        broken_by: For a streak: the units that break it, one or more.
        window: Which days.
    """

    sum: str | None = None
    count: str | None = None
    days: str | None = None
    streak: str | None = None
    balance: str | None = None
    broken_by: tuple[str, ...] = ()
    window: Window = LIFETIME

    @property
    def kind(self) -> MeasureKind:
        """Which of the five it is."""
        return next(k for k in MeasureKind if getattr(self, k) is not None)

    @property
    def unit(self) -> str:
        """The unit it looks at."""
        return str(getattr(self, self.kind))
