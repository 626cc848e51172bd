"""
What entries move: each posting with the entry and day it counts for, and its labels.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import repeat
from typing import NamedTuple, Protocol

from .claims import Placed
from .entries import Entry
from .labels import Labels, labelled, said
from .model import AccountId, AccountKind, EntryId, Position, Posting
from .operations import CancelOrder, Operation, asked_of


class Leg(NamedTuple):
    """
    A posting with the entry it counts for, where that stands, its day, and its labels.

    It has none where no measure looks at it.
    """

    posting: Posting
    origin: EntryId
    at: Position
    day: date
    labels: Labels | None


class _Counts(NamedTuple):
    """The entry that a leg counts for, where that stands, its day, and what it says."""

    origin: EntryId
    at: Position
    day: date
    about: Labels


class Books(Protocol):
    """What is known of entries and accounts."""

    head: int
    known: dict[EntryId, Placed]

    def counted(self, id: EntryId) -> Entry | None:
        """Return entry *id* as it counts, or *None* where it does not."""
        ...

    def said(self, operation: Operation) -> Labels:
        """Return what *operation* says of its legs."""
        ...

    def kind_of(self, account: AccountId) -> AccountKind | None:
        """Return the kind of *account*, where that is known."""
        ...


def legs_of(entry: Entry, books: Books) -> tuple[Leg, ...]:
    """
    Return the postings of *entry*, each with the entry and day it counts for.

    Args:
        entry: It, as it counts.
        books: The books up to it.
    """
    postings = entry.postings
    if not postings:
        return ()
    known = books.known.get(entry.id)
    # what was not taken in yet comes next
    position = Position(books.head + 1) if known is None else known[0]
    if entry.target is None:  # all count for itself
        told = labelled(postings, books.said(asked_of(entry.operation)), books.kind_of)
        id, day = entry.id, entry.effective_on
        return tuple(
            map(Leg, postings, repeat(id), repeat(position), repeat(day), told)
        )
    at, target = books.known[entry.target]
    own, undone = _counts_for(entry, position, books), _counts_for(target, at, books)
    several = [(p, (undone if p.undoes else own)(p)) for p in postings]
    together: dict[tuple[bool, _Counts], list[Posting]] = {}
    for posting, counted in several:
        together.setdefault((posting.undoes, counted), []).append(posting)
    labels = {
        (undoes, counted): iter(labelled(moved, counted.about, books.kind_of))
        for (undoes, counted), moved in together.items()
    }
    return tuple(
        Leg(
            posting,
            counted.origin,
            counted.at,
            counted.day,
            next(labels[posting.undoes, counted]),
        )
        for posting, counted in several
    )


def _counts_for(
    entry: Entry, position: Position, books: Books
) -> Callable[[Posting], _Counts]:
    """
    Return what tells for which entry an own leg of *entry* counts.

    What a cancellation gives back counts for the order, so that a cancelled order
    never uses up a limit; what it costs, by rules of its own, counts for itself.
    """
    id, asked = entry.id, entry.asked
    itself = _Counts(id, position, entry.effective_on, books.said(asked))
    if not isinstance(asked, CancelOrder):
        return lambda _: itself
    at, order = books.known[asked.order]
    counted = books.counted(order.id) or order
    back = {posting.rule for posting in counted.own_postings}
    placed = _Counts(order.id, at, order.effective_on, said(order.asked))
    return lambda posting: placed if posting.rule in back else itself
