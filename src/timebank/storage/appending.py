"""
Taking in entries as they are: what a turn has to load, and the appending itself.

The bank decides entries in a turn and appends them there.  A copy, and the suite that
proves a store, have them already.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..entries import Entry
from ..model import AccountId, EntryId, Position
from ..operations import AdoptPolicy
from ..scope import Needs, union
from ..standing import Standing
from .protocol import Private, Turn


def needs_to_append(entries: Iterable[Entry]) -> Needs:
    """Return what a turn has to load before it can append *entries*."""
    return union(
        Needs(
            accounts=frozenset(_accounts_of(entry)),
            ids=frozenset({entry.id}),
            threads=frozenset({entry.target} if entry.target else ()),
            append_accounts=isinstance(entry.operation, AdoptPolicy),
        )
        for entry in entries
    )


def _accounts_of(entry: Entry) -> set[AccountId]:
    named = getattr(entry.operation, "account", None)
    moved = {posting.account for posting in entry.postings}
    return moved | ({named} if named else set())


def append_to(
    turn: Turn,
    standing: Standing,
    entries: Sequence[Entry],
    privates: Mapping[EntryId, Private],
) -> Position:
    """
    Append *entries* to *turn* after *standing*, which it loaded, has taken them in.

    Returns:
        The position of the first; the others follow without gaps.
    """
    for position, entry in enumerate(entries, start=standing.head + 1):
        standing.apply(entry, Position(position))
    return turn.append(entries, privates)
