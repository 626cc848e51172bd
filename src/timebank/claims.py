"""
Claims: operations that wait for a procedure, and how they come to count.

A claim is an entry without postings.  The entry that settles it carries them, and they
count as the claim's own: for its day, under its id.  What a procedure asks is the policy's;
here is only what the journal says by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from attrs import evolve

from .entries import Entry
from .model import Effect, EntryId, Position
from .operations import OnClaim

Placed = tuple[Position, Entry]
"""An entry and where it stands."""


def claim_acted_on(entry: Entry) -> EntryId | None:
    """Return the claim that *entry* confirms, objects to, withdraws or settles."""
    # whatever names a claim acts on it: a third of what it takes to look at its kind
    claim: EntryId | None = getattr(entry.operation, "claim", None)
    return claim


def is_claim(entry: Entry) -> bool:
    """Return whether *entry* is an operation that waits."""
    return entry.waits and claim_acted_on(entry) is None


def ends_claim(entry: Entry) -> bool:
    """Return whether the claim that *entry* acts on waits no more: settled or void."""
    return entry.settles or any(f.effect is Effect.VOIDS for f in entry.findings)


def is_voided(id: EntryId, members: Iterable[Placed]) -> bool:
    """Return whether *id* is a claim that will never count, by its thread's *members*."""
    return any(
        claim_acted_on(entry) == id and ends_claim(entry) and not entry.settles
        for _, entry in members
    )


def in_effect(entry: Entry, claim: Entry | None) -> Entry | None:
    """
    Return *entry* as it counts, or *None* where it counts in nothing.

    Args:
        entry: Any entry.
        claim: The claim that it acts on, where it acts on one: settled, that counts.
    """
    if not isinstance(entry.operation, OnClaim):
        return None if entry.waits else entry
    if claim is None or not entry.settles:
        return None
    return evolve(claim, postings=entry.postings, findings=entry.findings)


def counting(members: Iterable[Placed]) -> Iterator[Placed]:
    """Yield the entries of a thread as they count, each where it began to."""
    claims: dict[EntryId, Entry] = {}
    for position, entry in members:
        if is_claim(entry):
            claims[entry.id] = entry
        acted_on = claim_acted_on(entry)
        counts = in_effect(entry, claims.get(acted_on) if acted_on else None)
        if counts is not None:
            yield position, counts
