"""
From entries taken in to rows: what a turn writes, in the order that its locks ask for.

Balances first, whose accounts are locked; then the head, which everybody needs, last of all
locks; then the facts, which are only inserted, and what is kept beside them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Table, bindparam, update

from ..model import AccountId, EntryId
from ..operations import AdoptPolicy, VoidId
from ..standing import Taken
from . import tables as t
from .account_states import encode_account
from .codec import encode_private
from .protocol import Private
from .query import LEDGER, Insertion, Places, Query, Row
from .rows import stored_entry
from .seen import HEAD

ROWS_MAX: Final = 10_000
"""
How many rows one statement writes.

PostgreSQL takes them as one value, of 256 MB at most.
"""

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


def written(
    several: Sequence[Taken],
    privates: Mapping[EntryId, Private],
    insert: Insertion,
    places: Places,
) -> tuple[list[Query], list[Query]]:
    """
    Return what writes entries that were taken in: before the head is taken, and after.

    Args:
        several: The entries, in order.
        privates: Private details, by entry.
        insert: Writes rows, as the database likes it.
        places: Where the entries are thought to come to stand.
    """
    ledger = places.ledger
    entries: list[Row] = []
    legs: list[Row] = []
    voided: list[Row] = []
    adopted: list[Query] = []
    balances: dict[tuple[AccountId, str], Row] = {}
    accounts: dict[AccountId, Row] = {}
    for taken in several:
        stored, operation = stored_entry(taken), taken.entry.operation
        place = stored.position
        entries.append((ledger, *stored[:-1]))
        for leg in stored.postings:
            legs.append((ledger, place, *leg))
            if leg.seq is not None:
                key = leg.account, leg.unit
                balances[key] = ledger, *key, leg.free_after, leg.held_after, leg.seq
        if taken.account is not None:
            row = ledger, *encode_account(taken.account)
            accounts[taken.account.id] = row
        if type(operation) is VoidId:
            voided.append((ledger, operation.voided, place))
        elif type(operation) is AdoptPolicy:
            values = {"in_ledger": ledger, "adopted": place, "last": places.last}
            adopted = [Query(ADOPT, values)]
    details = [
        (ledger, id, each.salt, encode_private(each.values))
        for id, each in privates.items()
    ]

    # in order: of accounts that are new no other lock keeps others away
    moved = sorted(balances.values())
    others: tuple[tuple[Table, list[Row]], ...] = (
        # legs first, so that the guard on the entry sees all of them
        (t.posting, legs),
        (t.entry, entries),
        (t.taken_id, voided),
        (t.account_state, [*accounts.values()]),
        (t.private, details),
    )

    def into(table: Table, rows: list[Row]) -> list[Query]:
        parts = (rows[at : at + ROWS_MAX] for at in range(0, len(rows), ROWS_MAX))
        return [insert(table, part, places) for part in parts]

    return into(t.balance, moved), [
        *(query for table, rows in others for query in into(table, rows)),
        *adopted,
    ]
