"""
From a standing to rows: what a turn writes, in the order that its locks ask for.

Balances first, whose accounts are locked; then the head, which everybody needs, last of all
locks; then the facts, which are only inserted, and what is kept beside them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from attrs import frozen
from sqlalchemy import Table, bindparam, update

from ..accounts import Account
from ..entries import Entry
from ..model import AccountId, EntryId, Position
from ..operations import AdoptPolicy, VoidId
from ..standing import Standing
from . import tables as t
from .account_states import encode_account
from .codec import encode_private
from .loading import Balances
from .protocol import Private
from .query import LEDGER, Insertion, Places, Query, Row
from .rows import Running, stored_entry
from .seen import HEAD

# ---------------------------------------------------------------- statements

ADOPT: Final = (
    update(t.ledger)
    .where(t.ledger.c.ledger == LEDGER)
    .values(
        # as far on as the head has come beyond where it was thought to come
        policy_position=HEAD.scalar_subquery()
        - bindparam("last")
        + bindparam("adopted")
    )
)


# ---------------------------------------------------------------- the rows


@frozen(kw_only=True)
class Writer:
    """
    Makes the questions that write what a standing has taken in.

    Args:
        ledger: The ledger's number.
        insert: Writes rows, as the database likes it.
        places: Where the entries are thought to come to stand.
    """

    ledger: int
    insert: Insertion
    places: Places

    def _rows(
        self, table: Table, rows: Sequence[Row], *, replace: bool = False
    ) -> list[Query]:
        """Return the question that writes *rows*, unless there are none."""
        return [self.insert(table, rows, replace, self.places)] if rows else []

    def _row(self, table: Table, values: Mapping[str, Any]) -> Row:
        return (
            self.ledger,
            *(values[c.name] for c in table.columns if c.name != "ledger"),
        )

    def accounts(
        self, known: Mapping[AccountId, Account], standing: Standing
    ) -> list[Query]:
        """Write the accounts that are new, or changed."""
        changed = [
            self._row(t.account_state, encode_account(account))
            for id, account in standing.accounts.items()
            if (before := known.get(id)) is not account and before != account
        ]
        return self._rows(t.account_state, changed, replace=True)

    def balances(self, known: Mapping[Any, int], after: Balances) -> list[Query]:
        """Write the balances that moved: those whose number of postings did."""
        rows = [
            (self.ledger, account, unit, balance.free, balance.held, seq)
            # in order: of accounts that are new no other lock keeps others away
            for (account, unit), (balance, seq) in sorted(after.items())
            if known.get((account, unit)) != seq
        ]
        return self._rows(t.balance, rows, replace=True)

    def facts(
        self,
        entries: Sequence[Entry],
        standing: Standing,
        running: Running,
    ) -> list[Query]:
        """Write the entries, with all that indexes them."""
        places = {
            entry.id: place
            for place, entry in enumerate(entries, start=self.places.before + 1)
        }

        def position_of(id: EntryId) -> int:
            return places[id] if id in places else standing.known[id][0]

        rows: list[Row] = []
        legs: list[Row] = []
        for entry in entries:
            place = Position(places[entry.id])
            stored = stored_entry(
                entry,
                place,
                root=standing.roots[entry.id],
                counts=standing.in_effect(entry),
                legs=standing.moved[entry.id],
                position_of=position_of,
                running=running,
            )
            rows.append((self.ledger, *stored[:-1]))
            for line, leg in enumerate(stored.postings):
                legs.append((self.ledger, place, line, *leg))
        voided = [
            (self.ledger, e.operation.voided, places[e.id])
            for e in entries
            if isinstance(e.operation, VoidId)
        ]
        adopted = [
            places[e.id] for e in entries if isinstance(e.operation, AdoptPolicy)
        ]
        return [
            # legs first, so that the guard on the entry sees all of them
            *self._rows(t.posting, legs),
            *self._rows(t.entry, rows),
            *self._rows(t.taken_id, voided),
            *([self._adopted(max(adopted))] if adopted else []),
        ]

    def _adopted(self, place: int) -> Query:
        """Say where the policy stands that was adopted last."""
        values = {"in_ledger": self.ledger, "adopted": place, "last": self.places.last}
        return Query(ADOPT, values)

    def privates(self, privates: Mapping[EntryId, Private]) -> list[Query]:
        """Write private details."""
        rows = [
            (self.ledger, id, p.salt, encode_private(p.values))
            for id, p in privates.items()
        ]
        return self._rows(t.private, rows)
