"""
From entries taken in to rows: what a turn writes, in the order that its locks ask for.

Balances first, whose accounts are locked; then the head, which everybody needs, last of all
locks; then the facts, which are only inserted, and what is kept beside them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from attrs import frozen
from sqlalchemy import Table, bindparam, update

from ..model import EntryId
from ..operations import AdoptPolicy, VoidId
from ..standing import Taken
from . import tables as t
from .account_states import encode_account
from .codec import encode_private
from .protocol import Private
from .query import LEDGER, Insertion, Places, Query, Row
from .rows import stored_entry
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
    Makes the questions that write what was taken in.

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

    def accounts(self, several: Sequence[Taken]) -> list[Query]:
        """Write the accounts that are new, or changed."""
        changed = {each.account.id: each.account for each in several if each.account}
        rows = [
            self._row(t.account_state, encode_account(each))
            for each in changed.values()
        ]
        return self._rows(t.account_state, rows, replace=True)

    def balances(self, several: Sequence[Taken]) -> list[Query]:
        """Write the balances that moved."""
        left = {
            (leg.posting.account, leg.posting.unit): kept
            for taken in several
            for leg, kept in zip(taken.legs, taken.after, strict=True)
            if kept is not None
        }
        rows = [
            (self.ledger, account, unit, balance.free, balance.held, seq)
            # in order: of accounts that are new no other lock keeps others away
            for (account, unit), (balance, seq) in sorted(left.items())
        ]
        return self._rows(t.balance, rows, replace=True)

    def facts(self, several: Sequence[Taken]) -> list[Query]:
        """Write the entries, with all that indexes them."""
        rows: list[Row] = []
        legs: list[Row] = []
        voided: list[Row] = []
        adopted: list[Query] = []
        for taken in several:
            stored, operation = stored_entry(taken), taken.entry.operation
            place = stored.position
            rows.append((self.ledger, *stored[:-1]))
            for line, leg in enumerate(stored.postings):
                legs.append((self.ledger, place, line, *leg))
            if type(operation) is VoidId:
                voided.append((self.ledger, operation.voided, place))
            elif type(operation) is AdoptPolicy:
                adopted = [self._adopted(place)]
        return [
            # legs first, so that the guard on the entry sees all of them
            *self._rows(t.posting, legs),
            *self._rows(t.entry, rows),
            *self._rows(t.taken_id, voided),
            *adopted,
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
