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
from functools import reduce
from operator import add
from typing import Any, Final

from attrs import frozen
from sqlalchemy import (
    ColumnElement,
    Update,
    bindparam,
    case,
    func,
    literal,
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


# ---------------------------------------------------------------- what was read


@frozen(kw_only=True)
class Seen:
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
    unlocked: frozenset[AccountId]
    as_kept: frozenset[str]
    all_unlocked: bool
    histories: frozenset[AccountId]
    providers: frozenset[AccountId]
    services: frozenset[EntryId]
    ids: AbstractSet[EntryId]
    roots: AbstractSet[EntryId]
    lots: frozenset[EntryId]
    absent: AbstractSet[AccountId]


def seen(
    standing: Standing,
    needs: Needs,
    policy_position: int,
    kept: Mapping[AccountId, str],
) -> Seen:
    """Return what a standing that was just loaded holds without a lock."""
    unlocked = frozenset(
        id for id, a in standing.accounts.items() if a.mode is Mode.APPEND
    )
    return Seen(
        head=standing.head,
        policy_position=policy_position,
        unlocked=unlocked,
        as_kept=frozenset(kept[id] for id in unlocked),
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


def _after_seen(table: Any) -> Any:  # noqa: ANN401 - a table's columns vary
    return select(literal(1).label("found")).where(
        table.c.ledger == LEDGER, table.c.position > bindparam("seen")
    )


def _unless_changed(unlocked: ColumnElement[bool]) -> Update:
    """
    Return what moves the head, unless what a turn read has changed since.

    The head of nowhere is no head, which the table refuses.

    Args:
        unlocked: Which accounts were read without a lock.
    """
    kept = reduce(
        add, (func.coalesce(t.account_state.c[name], "") + "\n" for name in KEPT)
    )
    changed = union_all(
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
            t.account_state.c.ledger == LEDGER,
            unlocked,
            ~among(kept, "as_kept"),
        ),
        select(literal(1).label("found")).where(
            t.ledger.c.ledger == LEDGER,
            t.ledger.c.policy_position != bindparam("policy_position"),
        ),
    )
    moved = case((select(changed.subquery()).exists(), null()), else_=_MOVED)
    return TAKE_HEAD.values(position=moved)


UNLESS_CHANGED: Final = _unless_changed(among(t.account_state.c.account, "unlocked"))
UNLESS_ANY_CHANGED: Final = _unless_changed(t.account_state.c.mode == Mode.APPEND.value)


def take_head(ledger: int, many: int) -> list[Query]:
    """Return what takes *many* positions where nobody else can."""
    return [Query(TAKE_HEAD, {"in_ledger": ledger, "many": many})]


def take_head_again(ledger: int, many: int, seen: Seen) -> list[Query]:
    """
    Return what waits for the head and takes *many* positions, if nothing has changed.

    They are two statements: one that waits sees what was there before.
    """
    of_ledger = {"in_ledger": ledger}
    values = {
        "many": many,
        "seen": seen.head,
        "policy_position": seen.policy_position,
        "unlocked": seen.unlocked,
        "as_kept": seen.as_kept,
        "histories": seen.histories,
        "providers": seen.providers,
        "services": seen.services,
        "ids": seen.ids,
        "roots": seen.roots,
        "lots": seen.lots,
        "absent": seen.absent,
    }
    take = UNLESS_ANY_CHANGED if seen.all_unlocked else UNLESS_CHANGED
    return [Query(LOCK_HEAD, of_ledger), Query(take, {**of_ledger, **values})]
