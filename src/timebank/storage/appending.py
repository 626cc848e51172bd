"""
Taking in entries as they are: what a turn has to load, and the appending itself.

The bank decides entries in a turn and appends them there.  A copy, and the suite that
proves a store, have them already.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..claims import claim_acted_on
from ..entries import Entry
from ..model import AccountId, EntryId, Position
from ..operations import AdoptPolicy
from ..scope import Needs
from ..standing import Standing
from .protocol import Private, Turn


def needs_to_append(entries: Iterable[Entry], threads: Standing | None = None) -> Needs:
    """
    Return what a turn has to load before it can append *entries*.

    Args:
        entries: In order.
        threads: Those of their targets as they stand before: a claim that one of them
            settles may change an account.
    """
    books = threads or Standing()
    several = list(entries)
    known = {
        **{id: entry for id, (_, entry) in books.known.items()},
        **{entry.id: entry for entry in several},
    }
    needs = Needs()
    for entry in several:
        needs.accounts |= _accounts_of(entry) | _accounts_claimed(entry, known)
        needs.ids.add(entry.id)
        if entry.target is not None:
            needs.threads.add(entry.target)
        needs.append_accounts |= isinstance(entry.operation, AdoptPolicy)
    return needs


def _accounts_of(entry: Entry) -> set[AccountId]:
    named = getattr(entry.operation, "account", None)
    moved = {posting.account for posting in entry.postings}
    return moved | ({named} if named else set())


def _accounts_claimed(entry: Entry, known: Mapping[EntryId, Entry]) -> set[AccountId]:
    claim = known.get(claim_acted_on(entry) or entry.id)
    return _accounts_of(claim) if claim is not None else set()


def append_to(
    turn: Turn,
    standing: Standing,
    entries: Sequence[Entry],
    privates: Mapping[EntryId, Private],
    *,
    last: bool = False,
) -> Position:
    """
    Append *entries* to *turn* after *standing*, which it loaded, has taken them in.

    Args:
        turn: A turn.
        standing: What it loaded last.
        entries: In order.
        privates: By the ids of entries.
        last: Whether the turn does nothing after it.

    Returns:
        The position of the first; the others follow without gaps.
    """
    several = [
        standing.apply(entry, Position(position))
        for position, entry in enumerate(entries, start=standing.head + 1)
    ]
    return turn.append(several, privates, last=last)
