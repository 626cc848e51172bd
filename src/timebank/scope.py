"""
What a decision may read, as a value: said before anything is read.

`policy.needs` says it, a store loads it, and the standing refuses to answer anything else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from fractions import Fraction
from types import MappingProxyType
from typing import Final

from attrs import frozen

from .model import AccountId, EntryId


@frozen
class Series:
    """
    History of one account in one unit over some days.

    Args:
        account: Whose.
        unit: In what.
        first: The first day, or *None* for the beginning.
        last: The last day, or *None* for no end.
    """

    account: AccountId
    unit: str
    first: date | None = None
    last: date | None = None


@frozen(kw_only=True)
class Needs:
    """
    All that a decision may read.

    Args:
        accounts: Locked, with their state and every balance.
        series: Histories that measures and limits look at.
        ids: Entry ids looked up before anything is decided.
        threads: Entries to load with all that acts on them.
        lots: (account, unit) pairs whose lots are needed.
        lot_uses: Lots of which must be known who took from them.
        uses_of_lots: Whether the same must be known of every lot that is loaded.
        shifts: (provider, day) pairs whose services with a time of day are needed.
        append_accounts: Whether the accounts kept without balances must be known.
        asked: Accounts whose facts say who else takes part; known before anything is
            locked, and looked at again once it is.
    """

    accounts: frozenset[AccountId] = frozenset()
    series: frozenset[Series] = frozenset()
    ids: frozenset[EntryId] = frozenset()
    threads: frozenset[EntryId] = frozenset()
    lots: frozenset[tuple[AccountId, str]] = frozenset()
    lot_uses: frozenset[EntryId] = frozenset()
    uses_of_lots: bool = False
    shifts: frozenset[tuple[AccountId, date]] = frozenset()
    append_accounts: bool = False
    asked: frozenset[AccountId] = frozenset()


NOTHING: Final = Needs()
"""What a decision needs that reads nothing."""


def union(needs: Iterable[Needs]) -> Needs:
    """Return the needs of several operations together, as a batch has them."""
    several = [each for each in needs if each is not NOTHING]
    if len(several) < 2:  # noqa: PLR2004 - nothing to unite
        return several[0] if several else NOTHING
    return Needs(
        accounts=frozenset().union(*[n.accounts for n in several]),
        series=frozenset().union(*[n.series for n in several]),
        ids=frozenset().union(*[n.ids for n in several]),
        threads=frozenset().union(*[n.threads for n in several]),
        lots=frozenset().union(*[n.lots for n in several]),
        lot_uses=frozenset().union(*[n.lot_uses for n in several]),
        uses_of_lots=any(n.uses_of_lots for n in several),
        shifts=frozenset().union(*[n.shifts for n in several]),
        append_accounts=any(n.append_accounts for n in several),
        asked=frozenset().union(*[n.asked for n in several]),
    )


# ---------------------------------------------------------------- functions of the host's

HostFunction = Callable[..., int | Fraction]
"""Makes another figure of one, from that and the values it is given, and nothing else."""

Functions = Mapping[str, HostFunction]
"""Functions that the host gives, by name and version: ``lunar_night@1``."""

NO_FUNCTIONS: Final[Functions] = MappingProxyType({})
