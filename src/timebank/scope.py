"""
What a decision may read, as a value: said before anything is read.

`policy.needs` says it, a store loads it, and the standing refuses to answer anything else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from fractions import Fraction
from itertools import chain
from types import MappingProxyType
from typing import Final

from attrs import define, evolve, field, frozen

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

    @property
    def beside_accounts(self) -> Needs:
        """The same without accounts and balances."""
        return evolve(self, accounts=frozenset(), append_accounts=False)


NOTHING: Final = Needs()


@define
class Wanted:
    """What several decisions may read, as it is found, on its way to `Needs`; or have read."""

    accounts: set[AccountId] = field(factory=set)
    series: set[Series] = field(factory=set)
    ids: set[EntryId] = field(factory=set)
    threads: set[EntryId] = field(factory=set)
    lots: set[tuple[AccountId, str]] = field(factory=set)
    lot_uses: set[EntryId] = field(factory=set)
    uses_of_lots: bool = False
    shifts: set[tuple[AccountId, date]] = field(factory=set)
    append_accounts: bool = False
    asked: set[AccountId] = field(factory=set)

    def add(self, needs: Needs | Wanted) -> None:
        """Want all that *needs* names, too."""
        self.accounts |= needs.accounts
        self.series |= needs.series
        self.ids |= needs.ids
        self.threads |= needs.threads
        self.lots |= needs.lots
        self.lot_uses |= needs.lot_uses
        self.uses_of_lots |= needs.uses_of_lots
        self.shifts |= needs.shifts
        self.append_accounts |= needs.append_accounts
        self.asked |= needs.asked

    @property
    def needs(self) -> Needs:
        """What was found."""
        return Needs(
            accounts=frozenset(self.accounts),
            series=frozenset(self.series),
            ids=frozenset(self.ids),
            threads=frozenset(self.threads),
            lots=frozenset(self.lots),
            lot_uses=frozenset(self.lot_uses),
            uses_of_lots=self.uses_of_lots,
            shifts=frozenset(self.shifts),
            append_accounts=self.append_accounts,
            asked=frozenset(self.asked),
        )


def union(needs: Iterable[Needs | Wanted]) -> Needs:
    """Return the needs of several operations together, as a batch has them."""
    several = iter(needs)
    first = next(several, NOTHING)
    second = next(several, None)
    if second is None:
        return first.needs if isinstance(first, Wanted) else first
    wanted = Wanted()
    for each in chain((first, second), several):
        wanted.add(each)
    return wanted.needs


# ---------------------------------------------------------------- functions of the host's

HostFunction = Callable[..., int | Fraction]
"""Makes another figure of one, from that and the values it is given, and nothing else."""

Functions = Mapping[str, HostFunction]
"""Functions that the host gives, by name and version: ``lunar_night@1``."""

NO_FUNCTIONS: Final[Functions] = MappingProxyType({})
