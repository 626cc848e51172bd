"""
A standing that forgets: for whoever goes through a whole journal, however long it is.

Accounts, balances and policies are few and stay.  Entries, threads, histories, lots and
times of day are forgotten when more of them is kept than fits; what is asked for and is
not there is read again, as it stood before the entry that is next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from attrs import define, evolve

from .claims import claim_acted_on
from .entries import Entry
from .history import History
from .model import EntryId, Position
from .scope import Needs
from .standing import Standing

KEPT_MAX: Final = 10_000
"""How many entries and movements are kept before they are forgotten."""

Past = Callable[[Needs, Position], Standing]
"""Reads what needs name of the entries up to a position."""


@define
class Memory:
    """
    What brings back to a standing what it has forgotten.

    Args:
        past: Reads it.
        most: How many entries and movements are kept.
    """

    past: Past
    most: int = KEPT_MAX
    _movements: int = 0

    def begin(self) -> Standing:
        """Return the standing before the first entry."""
        return Standing(scope=_nothing_yet(), recall=self.recall)

    def recall(self, standing: Standing, needs: Needs) -> None:
        """Bring back what *needs* names."""
        # what will be asked for next is mostly later, and nothing later has happened yet
        series = {evolve(each, last=None) for each in needs.series}
        part = self.past(evolve(needs, series=series), Position(standing.head))
        standing.known |= part.known
        standing.voided |= part.voided
        standing.roots |= part.roots
        standing.threads |= part.threads
        standing.claims |= part.claims
        standing.spans |= part.spans
        for key in part.spans:
            standing.history[key] = part.history.get(key, History())
            self._movements += len(standing.history[key])
        for key in needs.lots:
            standing.lots[key] = part.lots.get(key, {})
            self._movements += len(standing.lots[key])
        for lot in needs.lot_uses:
            standing.lot_uses[lot] = part.lot_uses.get(lot, {})
            self._movements += len(standing.lot_uses[lot])
        for provider, _ in needs.shifts:
            near = part.shifts.get(provider, {})
            standing.shifts.setdefault(provider, {}).update(near)
        if standing.scope is not None:
            standing.scope.add(needs)

    def take(self, standing: Standing, entry: Entry, position: Position) -> None:
        """Have *standing* take in *entry*, which stands at *position*."""
        for id in acted_on(entry):
            standing.thread(id)  # which is recalled with it
        standing.apply(entry, position)
        self.tidy(standing)

    def keeps(self, standing: Standing, id: EntryId) -> bool:
        """Return whether *standing* has been asked about the entry *id*, or took it in."""
        scope = standing.scope
        return id in standing.known or (
            scope is not None and (id in scope.ids or id in scope.threads)
        )

    def tidy(self, standing: Standing) -> None:
        """Forget all that can be read again, where more is kept than fits."""
        if len(standing.known) + self._movements <= self.most:
            return
        standing.scope = _nothing_yet()
        for kept in (
            *(standing.known, standing.voided, standing.roots, standing.threads),
            *(standing.claims, standing.history, standing.spans),
            *(standing.lots, standing.lot_uses, standing.shifts),
        ):
            kept.clear()
        self._movements = 0


def _nothing_yet() -> Needs:
    return Needs(append_accounts=True)


def acted_on(entry: Entry) -> Iterator[EntryId]:
    """Yield the entries that must be there before *entry* is taken in."""
    claim = claim_acted_on(entry)
    yield from (id for id in (entry.target, claim) if id is not None)
