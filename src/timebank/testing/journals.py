"""
What a ledger should hold, to hold a store against: a list of entries, and its readings.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import NamedTuple

from attrs import evolve, field, frozen

from ..balances import Balance
from ..entries import Entry
from ..model import AccountId, EntryId, Position
from ..scope import Needs
from ..standing import Standing
from ..storage.codec import encode_entry
from ..storage.protocol import Private
from . import plain


class Batch(NamedTuple):
    """
    Entries to append.

    Args:
        entries: In order.
        needs: What a turn has to load before it can append them.
        privates: Private details of some.
    """

    entries: list[Entry]
    needs: Needs
    privates: dict[EntryId, Private]


def folded(journal: Iterable[Entry]) -> Standing:
    """Return the fold of *journal*."""
    standing = Standing()
    for position, entry in enumerate(journal, start=1):
        standing.apply(entry, Position(position))
    return standing


@frozen
class Journal:
    """
    What a ledger should hold: a list.

    A value, so that what it comes to is worked out once, however often a store is held
    against it; reading a journal of thirty entries the plainest way takes milliseconds.

    Args:
        entries: In order.
        privates: Private details of some.
    """

    entries: tuple[Entry, ...] = ()
    privates: Mapping[EntryId, Private] = field(factory=dict)

    @cached_property
    def fold(self) -> Standing:
        """The fold of it."""
        return folded(self.entries)

    @cached_property
    def postings(self) -> list[plain.Counted]:
        """The postings of it."""
        return list(plain.postings(self.entries))

    @cached_property
    def balances(self) -> dict[tuple[AccountId, str], tuple[Balance, int]]:
        """The balances that are kept of it, each with the number of postings behind it."""
        return plain.balances(self.entries)

    @cached_property
    def bodies(self) -> list[tuple[int, str]]:
        """The bodies of the entries with their positions."""
        return [(place, encode_entry(entry)) for place, entry in self.placed]

    @property
    def placed(self) -> list[tuple[int, Entry]]:
        """The entries with their positions."""
        return list(enumerate(self.entries, start=1))

    def with_(self, batch: Batch) -> Journal:
        """Return it with *batch* at its end."""
        return Journal(
            (*self.entries, *batch.entries), {**self.privates, **batch.privates}
        )

    def without_private(self, id: EntryId) -> Journal:
        """Return it with the private details of entry *id* erased."""
        left = {each: kept for each, kept in self.privates.items() if each != id}
        return evolve(self, privates=left)
