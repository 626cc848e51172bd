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

from attrs import define, evolve, field, fields, frozen

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


@define(kw_only=True)
class Needs:
    """
    All that one or several decisions may read.

    It grows while it is found; once it was given to a store nobody adds to it any more.

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

    @property
    def beside_accounts(self) -> Needs:
        """The same without accounts and balances."""
        return evolve(self, accounts=set(), append_accounts=False)

    def add(self, needs: Needs) -> None:
        """Need all that *needs* names, too."""
        for name in _SETS:
            getattr(self, name).update(getattr(needs, name))
        self.uses_of_lots |= needs.uses_of_lots
        self.append_accounts |= needs.append_accounts


_SETS: Final = [each.name for each in fields(Needs) if each.default is not False]


def union(needs: Iterable[Needs]) -> Needs:
    """Return the needs of several decisions together."""
    together = Needs()
    for each in needs:
        together.add(each)
    return together


# ---------------------------------------------------------------- functions of the host's

HostFunction = Callable[..., int | Fraction]
"""Makes another figure of one, from that and the values it is given, and nothing else."""

Functions = Mapping[str, HostFunction]
"""Functions that the host gives, by name and version: ``lunar_night@1``."""

NO_FUNCTIONS: Final[Functions] = MappingProxyType({})
