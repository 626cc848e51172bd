"""
The tables of measures: figures from an account's history.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property
from typing import Final

from attrs import frozen

from ..texts import Text
from .days import Tenure
from .expressions import Formula
from .filters import EVERYTHING, Filter, Side
from .windows import LIFETIME, Window


class MeasureKind(StrEnum):
    """How a measure counts."""

    SUM = "sum"
    COUNT = "count"
    DAYS = "days"
    STREAK = "streak"
    BALANCE = "balance"
    AVAILABLE = "available"
    TENURE = "tenure"
    FORMULA = "formula"


AMOUNTS: Final = frozenset(
    {
        MeasureKind.SUM,
        MeasureKind.STREAK,
        MeasureKind.BALANCE,
        MeasureKind.AVAILABLE,
    }
)
"""Measures that are amounts of a unit."""

HISTORICAL: Final = frozenset(
    {MeasureKind.SUM, MeasureKind.COUNT, MeasureKind.DAYS, MeasureKind.STREAK}
)
"""Measures that look at history, through a window and a filter."""


COUNTED: Final = HISTORICAL - {MeasureKind.STREAK}
"""Measures that a limit adds up in every window it looks at; of others it sees one figure."""


@frozen(kw_only=True)
class Measure:
    """
    A figure of an account; exactly one of the first eight is given.

    Args:
        sum: What came in of a unit less what went out.
        count: How often a rule moved a unit, in entries that still stand.
        days: On how many different days a unit moved.
        streak: How much of a unit since the last entry in one of `broken_by`, by effective
            day and then position.
        balance: What is there of a unit now, held credits included.
        available: What is there of a unit now, without what is held.
        tenure: How many full ``"days"``, ``"months"`` or ``"years"`` since a day.
        formula: A figure made of other measures.
        since: For a tenure: the day it counts from, ``opened`` or a date that is kept
            with the account.
        broken_by: For a streak: the units that break it, one or more.
        where: A filter: the labels of the movements that are looked at. By default all.
        same: Labels in which movements agree with the operation that asks, one or more.
            By default none.
        side: What came ``"in"``, what went ``"out"``, or the one less the other.
        window: Which days.
        text: What people call it.
    """

    sum: str | None = None
    count: str | None = None
    days: str | None = None
    streak: str | None = None
    balance: str | None = None
    available: str | None = None
    tenure: Tenure | None = None
    formula: Formula | None = None
    since: str = "opened"
    broken_by: tuple[str, ...] = ()
    where: Filter = EVERYTHING
    same: tuple[str, ...] = ()
    side: Side = Side.NET
    window: Window = LIFETIME
    text: Text | None = None

    # a measure is read once, and looked at for every entry that it limits

    @cached_property
    def kinds(self) -> tuple[MeasureKind, ...]:
        """Those of the eight that are given: one, where the policy is sound."""
        return tuple(k for k in MeasureKind if getattr(self, k) is not None)

    @cached_property
    def kind(self) -> MeasureKind:
        """Which of the eight it is."""
        return self.kinds[0]

    @cached_property
    def unit(self) -> str | None:
        """The unit it looks at, where it looks at one."""
        if self.kind in (MeasureKind.TENURE, MeasureKind.FORMULA):
            return None
        return str(getattr(self, self.kind))

    @cached_property
    def counts(self) -> bool:
        """Whether it is a number of times, days or months, and no amount."""
        return self.kind in (MeasureKind.COUNT, MeasureKind.DAYS, MeasureKind.TENURE)

    @cached_property
    def sums_all(self) -> bool:
        """Whether it is all that ever came in of a unit, less what went out."""
        return self.sum is not None and self == Measure(sum=self.sum, text=self.text)
