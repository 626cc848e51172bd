"""
The tables of units: what is counted, and the lots it is kept in.
"""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen


class Ending(StrEnum):
    """The stretch of the calendar at whose end a lot expires."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


@frozen(kw_only=True)
class Expiry:
    """
    When a lot's last day is.

    Args:
        after: So many days, weeks, months or years after the day it was earned for:
            credits of 10 May with ``2 years`` can be used until 9 May.
        end_of: Or the end of the month, quarter or year it was earned in …
        plus: … and so many more after that (``end_of = "year", plus = "1 year"``).
    """

    after: str | None = None
    end_of: Ending | None = None
    plus: str | None = None


@frozen(kw_only=True)
class LotRule:
    """That a unit is kept in lots; without *expires* they never expire."""

    expires: Expiry | None = None


@frozen(kw_only=True)
class UnitRule:
    """What is counted: parts in one, whether it is only a record, and its lots."""

    scale: int = 1
    record: bool = False
    lots: LotRule | None = None
