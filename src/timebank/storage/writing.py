"""
From a standing to rows: what a turn writes, in the order that its locks ask for.

First the head, which everybody needs, last of all locks; and with it a second look at what
was read without a lock.  Then the facts, which are only inserted, and what is kept beside
them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any, Final

from attrs import frozen
from sqlalchemy import Table, bindparam, literal, or_, select, union_all, update

from ..accounts import Account
from ..entries import Entry
from ..model import ISSUER, AccountId, EntryId, Mode, Position
from ..operations import AdoptPolicy, VoidId
from ..scope import Needs
from ..standing import Standing
from . import tables as t
from .account_states import decode_account, encode_account
from .codec import encode_private
from .loading import (
    ACCOUNTS_APPEND,
    ACCOUNTS_NAMED,
    Balances,
)
from .protocol import Private
from .query import LEDGER, Insertion, Query, Row, Rows, among, of
from .rows import Running, stored_entry


def _columns(table: Table, *keys: str) -> tuple[str, ...]:
    return tuple(c.name for c in table.columns if c.name not in {"ledger", *keys})


ENTRY_FIELDS: Final = _columns(t.entry)
POSTING_FIELDS: Final = _columns(t.posting, "position", "line")
_of_entry: Final = attrgetter(*ENTRY_FIELDS)
_of_posting: Final = attrgetter(*POSTING_FIELDS)

# ---------------------------------------------------------------- statements

TAKE_HEAD: Final = (
    update(t.head)
    .where(t.head.c.ledger == LEDGER)
    .values(position=t.head.c.position + bindparam("many"))
    .returning(t.head.c.position)
)
ADOPT: Final = (
    update(t.ledger)
    .where(t.ledger.c.ledger == LEDGER)
    .values(policy_position=bindparam("adopted"))
)


def _after_seen(table: Any) -> Any:  # noqa: ANN401 - a table's columns vary
    return select(literal(1).label("found")).where(
        table.c.ledger == LEDGER, table.c.position > bindparam("seen")
    )


CHANGED: Final = union_all(
    _after_seen(t.entry).where(
        or_(
            among(t.entry.c.id, "ids"),
            among(t.entry.c.root, "roots"),
            among(t.entry.c.provider, "providers"),
            # in their threads, since what undoes one may have waited
            t.entry.c.root.in_(
                of(t.entry, "root").where(among(t.entry.c.id, "services"))
            ),
        )
    ),
    _after_seen(t.taken_id).where(among(t.taken_id.c.id, "ids")),
    _after_seen(t.posting).where(
        or_(among(t.posting.c.account, "histories"), among(t.posting.c.lot, "lots"))
    ),
    select(literal(1).label("found")).where(
        t.account_state.c.ledger == LEDGER,
        among(t.account_state.c.account, "absent"),
    ),
    select(literal(1).label("found")).where(
        t.ledger.c.ledger == LEDGER,
        t.ledger.c.policy_position != bindparam("policy_position"),
    ),
).limit(1)
"""Whether anything was recorded of what a turn read without a lock, since it read it."""


# ---------------------------------------------------------------- what was read


@frozen(kw_only=True)
class Seen:
    """
    What a turn read and holds no lock on.

    Args:
        head: Where the journal ended then.
        policy_position: Where the last policy stood.
        unlocked: Accounts kept without a balance, as they were.
        all_unlocked: Whether those are all there are.
        histories: Whose history was looked at, of those.
        providers: Whose services were looked at, of those.
        services: What was found of them.
        ids: Entries looked up, found or not.
        roots: Threads.
        lots: Lots of which it was asked who used them.
        absent: Accounts that were not there.
    """

    head: int
    policy_position: int
    unlocked: Mapping[AccountId, Account]
    all_unlocked: bool
    histories: frozenset[AccountId]
    providers: frozenset[AccountId]
    services: frozenset[EntryId]
    ids: frozenset[EntryId]
    roots: frozenset[EntryId]
    lots: frozenset[EntryId]
    absent: frozenset[AccountId]


def seen(standing: Standing, needs: Needs, policy_position: int) -> Seen:
    """Return what a standing that was just loaded holds without a lock."""
    unlocked = {id: a for id, a in standing.accounts.items() if a.mode is Mode.APPEND}
    return Seen(
        head=standing.head,
        policy_position=policy_position,
        unlocked=unlocked,
        all_unlocked=needs.append_accounts,
        histories=frozenset(s.account for s in needs.series if s.account in unlocked),
        providers=frozenset(who for who, _ in needs.shifts if who in unlocked),
        services=frozenset(
            id for who in unlocked for id in standing.shifts.get(who, ())
        ),
        ids=needs.ids | needs.threads,
        roots=needs.threads | standing.threads.keys(),
        lots=frozenset(standing.lots_named()),
        absent=needs.accounts - standing.accounts.keys(),
    )


def look_again(ledger: int, seen: Seen) -> list[Query]:
    """Return what is asked behind the head, where nobody else records anything."""
    of_ledger = {"in_ledger": ledger}
    accounts = []
    if seen.all_unlocked:
        accounts.append(Query(ACCOUNTS_APPEND, of_ledger))
    elif seen.unlocked:
        named = {**of_ledger, "many": frozenset(seen.unlocked)}
        accounts.append(Query(ACCOUNTS_NAMED, named))
    values = {
        "seen": seen.head,
        "policy_position": seen.policy_position,
        "histories": seen.histories,
        "providers": seen.providers,
        "services": seen.services,
        "ids": seen.ids,
        "roots": seen.roots,
        "lots": seen.lots,
        "absent": seen.absent,
    }
    return [Query(CHANGED, {**of_ledger, **values}), *accounts]


def has_changed(seen: Seen, answers: Sequence[Rows]) -> bool:
    """Return whether the *answers* to `look_again` are others than what was seen."""
    changed, *accounts = answers
    now = {row.account: decode_account(row) for rows in accounts for row in rows}
    return bool(changed) or now != seen.unlocked


def locked_besides(needs: Needs) -> frozenset[AccountId]:
    """
    Return accounts that are locked whether or not they keep a balance.

    Whoever takes from an account in lots must be alone with it.  Those who look at its
    history need not be, but one after the other they get on, and all at once each is
    overtaken by the others.  The issuer's lots are never taken from, because it makes
    them, and its history is never looked at.
    """
    taken_from = {account for account, _ in needs.lots}
    looked_at = {series.account for series in needs.series}
    return frozenset(taken_from | looked_at) - {ISSUER}


def to_lock(standing: Standing, needs: Needs) -> set[AccountId]:
    """Return which of the accounts that *needs* names and that are there must be locked."""
    besides = locked_besides(needs)
    return {
        id
        for id in needs.accounts & standing.accounts.keys()
        if standing.is_strict(id) or id in besides
    }


# ---------------------------------------------------------------- the rows


@frozen(kw_only=True)
class Writer:
    """
    Makes the questions that write what a standing has taken in.

    Args:
        ledger: The ledger's number.
        insert: Writes rows, as the database likes it.
    """

    ledger: int
    insert: Insertion

    def _rows(
        self, table: Table, rows: Sequence[Row], *, replace: bool = False
    ) -> list[Query]:
        """Return the question that writes *rows*, unless there are none."""
        return [self.insert(table, rows, replace)] if rows else []

    def _row(self, table: Table, values: Mapping[str, Any]) -> Row:
        return (self.ledger, *(values[name] for name in _columns(table)))

    def accounts(
        self, known: Mapping[AccountId, Account], standing: Standing
    ) -> list[Query]:
        """Write the accounts that are new, or changed."""
        changed = [
            self._row(t.account_state, encode_account(account))
            for id, account in standing.accounts.items()
            if known.get(id) != account
        ]
        return self._rows(t.account_state, changed, replace=True)

    def balances(self, known: Mapping[Any, int], after: Balances) -> list[Query]:
        """Write the balances that moved: those whose number of postings did."""
        rows = [
            (self.ledger, account, unit, balance.free, balance.held, seq)
            for (account, unit), (balance, seq) in after.items()
            if known.get((account, unit)) != seq
        ]
        return self._rows(t.balance, rows, replace=True)

    def head(self, many: int) -> Query:
        """Take *many* positions; everybody else waits for the end of the turn."""
        return Query(TAKE_HEAD, {"in_ledger": self.ledger, "many": many})

    def facts(
        self,
        entries: Sequence[Entry],
        first: Position,
        standing: Standing,
        running: Running,
    ) -> list[Query]:
        """Write the entries, which stand from *first* on, with all that indexes them."""
        places = {entry.id: first + index for index, entry in enumerate(entries)}

        def position_of(id: EntryId) -> int:
            return places[id] if id in places else standing.known[id][0]

        stored = [
            stored_entry(
                entry,
                Position(places[entry.id]),
                root=standing.roots[entry.id],
                counts=standing.in_effect(entry),
                legs=standing.moved[entry.id],
                position_of=position_of,
                running=running,
            )
            for entry in entries
        ]
        voided = [
            (self.ledger, e.operation.voided, places[e.id])
            for e in entries
            if isinstance(e.operation, VoidId)
        ]
        adopted = [
            places[e.id] for e in entries if isinstance(e.operation, AdoptPolicy)
        ]
        adopt = {"in_ledger": self.ledger, "adopted": max(adopted, default=0)}
        return [
            # legs first, so that the guard on the entry sees all of them
            *self._rows(
                t.posting,
                [
                    (self.ledger, row.position, line, *_of_posting(leg))
                    for row in stored
                    for line, leg in enumerate(row.postings)
                ],
            ),
            *self._rows(t.entry, [(self.ledger, *_of_entry(row)) for row in stored]),
            *self._rows(t.taken_id, voided),
            *([Query(ADOPT, adopt)] if adopted else []),
        ]

    def privates(self, privates: Mapping[EntryId, Private]) -> list[Query]:
        """Write private details."""
        rows = [
            (self.ledger, id, p.salt, encode_private(p.values))
            for id, p in privates.items()
        ]
        return self._rows(t.private, rows)
