"""
The tables of units: what is counted, and the lots it is kept in.
"""

from __future__ import annotations

import math
from datetime import date
from enum import StrEnum
from fractions import Fraction

from attrs import frozen

from ..model import ISSUER
from ..texts import Text
from .windows import Every


@frozen(kw_only=True)
class Expiry:
    """
    When a lot's last day is.

    Args:
        after: So long after the day they were earned for: with ``"2 years"``, credits
            of 10 May can be used until 9 May.
        end_of: Or the end of the period they were earned in: ``month``, ``year``,
            ``term`` and the like.
        plus: So much longer after that end. By default nothing.
    """

    after: str | None = None
    end_of: Every | None = None
    plus: str | None = None


class Spend(StrEnum):
    """Which lots leave first."""

    EXPIRES = "expires"
    OLDEST = "oldest"
    NEWEST = "newest"


@frozen(kw_only=True)
class LotRule:
    """
    That a unit is kept in lots; without *expires* they never expire.

    Args:
        expires: When a lot can no longer be used. By default never.
        spend: Which lots leave first: those that expire first (and of them the oldest),
            or the ``oldest``, or the ``newest``.
        to: Where what is left of it goes then, an account that the policy names. By
            default to the issuer.
        keeps: The share of what is left that stays with who has it, in a lot without a
            last day: ``"1/2"``. By default nothing.
        pauses: Stretches of days in which no lot expires, by decree, such as
            ``[["2020-01-24", "2020-06-30"]]``: one whose last day lies there can be
            used to the end of the stretch; both ends count, and an empty end is until
            further notice. By default none.
    """

    expires: Expiry | None = None
    spend: Spend = Spend.EXPIRES
    to: str = ISSUER
    keeps: Fraction = Fraction(0)
    pauses: tuple[tuple[date, date | None], ...] = ()

    def kept_of(self, parts: int) -> int:
        """Return how much of *parts* stays when they expire, rounded down to a part."""
        return math.floor(parts * self.keeps)

    def last_use(self, expires_on: date | None) -> date | None:
        """Return the last day on which a lot can be used; *None* while it has none."""
        last = expires_on
        for first, until in sorted(self.pauses, key=lambda pause: pause[0]):
            if last is not None and first <= last and (until is None or last <= until):
                last = until
        return last


@frozen(kw_only=True)
class UnitRule:
    """
    What is counted: parts in one, whether it is only a record, and its lots.

    Args:
        scale: Parts in one: 60 for hours kept in minutes, 4 for quarter-hours; 1 to 1
            000 000.
        record: It only comes from the issuer, and is never spent, given or levied:
            hours served, meetings attended.
        lots: It is kept in lots, each the credits that one entry created.
        text: What people call it; amounts are told in it.
    """

    scale: int = 1
    record: bool = False
    lots: LotRule | None = None

    @property
    def kept(self) -> tuple[int, bool, bool]:
        """What never changes within a ledger: scale, whether a record, whether in lots."""
        return self.scale, self.record, self.lots is not None

    text: Text | None = None
