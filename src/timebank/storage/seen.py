"""
What a turn locks, what it reads without a lock, and how that is looked at again.

Positions are taken last.  Behind the head's lock nobody else records anything; so the
statement that moves the head looks whether anything was recorded of what the turn read
without a lock, and fails if so.  What is written with it then falls with it, and neither
waits for the client.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cache, reduce
from operator import add
from typing import Any, Final, TypedDict

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    Table,
    Text,
    Update,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    null,
    or_,
    select,
    union_all,
    update,
)

from ..model import ISSUER, AccountId, EntryId, Mode
from ..scope import Needs
from ..standing import Standing
from . import tables as t
from .query import LEDGER, Query, among, of

# ---------------------------------------------------------------- locks


def locked_besides(needs: Needs) -> set[AccountId]:
    """
    Return accounts that are locked whether or not they keep a balance.

    Whoever takes from an account in lots must be alone with it.  Those who look at its
    history need not be, but one after the other they get on, and all at once each is
    overtaken by the others.  The issuer's lots are never taken from, because it makes
    them, and its history is never looked at.
    """
    taken_from = {account for account, _ in needs.lots}
    looked_at = {series.account for series in needs.series}
    return (taken_from | looked_at) - {ISSUER}


def to_lock(
    standing: Standing,
    accounts: AbstractSet[AccountId],
    besides: AbstractSet[AccountId],
) -> set[AccountId]:
    """Return which of *accounts*, as far as they are there, must be locked."""
    return {
        id
        for id in accounts & standing.accounts.keys()
        if standing.is_strict(id) or id in besides
    }


# ---------------------------------------------------------------- what was read


class Seen(TypedDict):
    """
    What a turn read and holds no lock on.

    Args:
        head: Where the journal ended then.
        policy_position: Where the last policy stood.
        unlocked: Accounts kept without a balance.
        as_kept: What was kept of them, by `as_kept`.
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
    unlocked: set[AccountId]
    as_kept: set[str]
    all_unlocked: bool
    histories: set[AccountId]
    providers: set[AccountId]
    services: set[EntryId]
    ids: set[EntryId]
    roots: set[EntryId]
    lots: set[EntryId]
    absent: set[AccountId]


def seen(
    standing: Standing,
    needs: Needs,
    policy_position: int,
    kept: Mapping[AccountId, str],
) -> Seen:
    """Return what a standing that was just loaded holds without a lock."""
    unlocked = standing.accounts.keys() & kept.keys()
    return Seen(
        head=standing.head,
        policy_position=policy_position,
        unlocked=unlocked,
        as_kept={kept[id] for id in unlocked},
        all_unlocked=needs.append_accounts,
        histories={s.account for s in needs.series if s.account in unlocked},
        providers={who for who, _ in needs.shifts if who in unlocked},
        services={id for who in unlocked for id in standing.shifts.get(who, ())},
        ids=needs.ids | needs.threads,
        roots=needs.threads | standing.threads.keys(),
        lots=standing.lots_named(),
        absent=needs.accounts - standing.accounts.keys(),
    )


KEPT: Final = ("account", "kind", "mode", "opened_on", "closed_on", "facts", "tiers")
"""The columns of an account's state."""


def as_kept(row: Sequence[Any]) -> str:
    """Return all that is kept of an account, its columns in that order, as one text."""
    return "".join(f"{each or ''}\n" for each in row)


# ---------------------------------------------------------------- looking again

HEAD: Final = of(t.head, "position")
LOCK_HEAD: Final = HEAD.with_for_update(key_share=True)
_MOVED: Final = t.head.c.position + bindparam("many")
TAKE_HEAD: Final = (
    update(t.head)
    .where(t.head.c.ledger == LEDGER)
    .values(position=_MOVED)
    .returning(t.head.c.position)
)


def _since(table: Table, *columns: str) -> Subquery:
    """
    Return what was recorded since.

    OFFSET 0 has the server look through what is new, of which there is little, and not
    through all that an account ever had.  The order has it go by position: while the books
    are empty every index looks alike to it, and it does not choose again as they grow.
    """
    place = table.c.position
    new = of(table, "ledger", *columns).where(place > bindparam("head"))
    return new.order_by(place).offset(literal_column("0")).subquery()


_ENTRY: Final = _since(t.entry, "id", "root", "provider").c
_POSTING: Final = _since(t.posting, "account", "lot").c
_ENTRIES: Final = select(_ENTRY.ledger)
_POSTINGS: Final = select(_POSTING.ledger)
_TAKEN: Final = of(t.taken_id, "ledger").where(
    t.taken_id.c.position > bindparam("head")
)
_ACCOUNTS: Final = of(t.account_state, "ledger")
_NOT_AS_KEPT: Final = ~among(
    reduce(
        add,
        (
            func.coalesce(t.account_state.c[name], literal_column("''"))
            + literal_column("chr(10)", Text())
            for name in KEPT
        ),
    ),
    "as_kept",
)

_LOOKS: Final[Mapping[str, Sequence[tuple[Select[Any], ColumnElement[bool]]]]] = {
    "ids": (
        (_ENTRIES, among(_ENTRY.id, "ids")),
        (_TAKEN, among(t.taken_id.c.id, "ids")),
    ),
    "roots": ((_ENTRIES, among(_ENTRY.root, "roots")),),
    "providers": ((_ENTRIES, among(_ENTRY.provider, "providers")),),
    "services": (
        # in their threads, since what undoes one may have waited
        (
            _ENTRIES,
            _ENTRY.root.in_(of(t.entry, "root").where(among(t.entry.c.id, "services"))),
        ),
    ),
    "histories": ((_POSTINGS, among(_POSTING.account, "histories")),),
    "lots": ((_POSTINGS, among(_POSTING.lot, "lots")),),
    "absent": ((_ACCOUNTS, among(t.account_state.c.account, "absent")),),
    "unlocked": (
        (_ACCOUNTS, and_(among(t.account_state.c.account, "unlocked"), _NOT_AS_KEPT)),
    ),
    "all_unlocked": (
        (_ACCOUNTS, and_(t.account_state.c.mode == Mode.APPEND.value, _NOT_AS_KEPT)),
    ),
}
"""By what a turn has seen: where it is looked, and for which rows, whether that has changed."""

_ADOPTED: Final = of(t.ledger, "ledger").where(
    t.ledger.c.policy_position != bindparam("policy_position")
)


@cache
def unless_changed(seen: frozenset[str]) -> Update:
    """
    Return what moves the head, unless what a turn read has changed since.

    The head of nowhere is no head, which the table refuses.  To look for nothing costs the
    server as much as to look for something: for all of it 80 µs, for what a gift sees 25.

    Args:
        seen: What there is of `Seen`, by name.
    """
    looks: dict[Select[Any], list[ColumnElement[bool]]] = {}
    for name in sorted(seen):
        for rows, changed in _LOOKS[name]:
            looks.setdefault(rows, []).append(changed)
    found = union_all(
        *(rows.where(or_(*changed)) for rows, changed in looks.items()), _ADOPTED
    )
    moved = case(
        # nothing changes without an entry, and then nothing is looked for
        (t.head.c.position == bindparam("head"), _MOVED),
        (found.exists(), null()),
        else_=_MOVED,
    )
    return TAKE_HEAD.values(position=moved)


def take_head(ledger: int, many: int) -> list[Query]:
    """Return what takes *many* positions where nobody else can."""
    return [Query(TAKE_HEAD, {"in_ledger": ledger, "many": many})]


def take_head_again(ledger: int, many: int, seen: Seen) -> list[Query]:
    """
    Return what waits for the head and takes *many* positions, if nothing has changed.

    They are two statements: one that waits sees what was there before.
    """
    there = frozenset(name for name, keys in seen.items() if keys and name in _LOOKS)
    values = {**seen, "in_ledger": ledger, "many": many}
    return [
        Query(LOCK_HEAD, {"in_ledger": ledger}),
        Query(unless_changed(there), values),
    ]
