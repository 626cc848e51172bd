"""
From rows to a standing: the queries behind `Turn.load`.

What they return must equal the fold of the journal for all that was named; a property
test holds them to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, Final

from attrs import define
from sqlalchemy import (
    BindParameter,
    Connection,
    Select,
    and_,
    bindparam,
    exists,
    func,
    select,
)

from ..entries import Entry
from ..model import AccountId, Bucket, EntryId, Lot, Mode, Position
from ..operations import TAGS, Correct, Reverse
from ..scope import Needs
from ..standing import MINUTES_A_DAY, Balance, Event, Standing, near
from . import tables as t
from .codec import decode_account, decode_entry

CHUNK: Final = 500
"""How many keys one query asks for; every engine takes so many parameters."""

LINES: Final = 10**6
"""More legs than any entry has; makes one number of a position and a line."""

_UNDOING: Final = (TAGS[Reverse], TAGS[Correct])

Balances = dict[tuple[AccountId, str], tuple[Balance, int]]
"""Balances, each with the number of postings behind it."""

# ---------------------------------------------------------------- statements

MANY: Final[BindParameter[Any]] = bindparam("many", expanding=True)
LEDGER: Final[BindParameter[Any]] = bindparam("in_ledger")


def of(table: Any, *columns: str) -> Select[Any]:  # noqa: ANN401 - a table's columns vary
    """Return a query for *columns* of one ledger."""
    return select(*(table.c[name] for name in columns)).where(table.c.ledger == LEDGER)


ACCOUNTS: Final = of(
    t.account_state,
    "account",
    "kind",
    "mode",
    "opened_on",
    "closed_on",
    "facts",
    "tiers",
)
ACCOUNTS_NAMED: Final = ACCOUNTS.where(t.account_state.c.account.in_(MANY))
ACCOUNTS_APPEND: Final = ACCOUNTS.where(t.account_state.c.mode == Mode.APPEND.value)
BALANCES: Final = of(t.balance, "account", "unit", "free", "held", "seq")
BALANCES_NAMED: Final = BALANCES.where(t.balance.c.account.in_(MANY))
BODIES: Final = of(t.entry, "position", "body")
BODIES_NAMED: Final = BODIES.where(t.entry.c.id.in_(MANY))
PRIVATES: Final = of(t.private, "id", "salt", "body")
PRIVATES_NAMED: Final = PRIVATES.where(t.private.c.id.in_(MANY))
TAKEN: Final = of(t.taken_id, "id").where(t.taken_id.c.id.in_(MANY))
THREADS: Final = BODIES.where(
    t.entry.c.root.in_(of(t.entry, "root").where(t.entry.c.id.in_(MANY)))
).order_by(t.entry.c.position)
HISTORY: Final = (
    select(
        t.posting.c.account,
        t.posting.c.day,
        t.posting.c.origin,
        t.posting.c.rule,
        func.sum(t.posting.c.amount),
    )
    .where(
        t.posting.c.ledger == LEDGER,
        t.posting.c.account.in_(MANY),
        t.posting.c.unit == bindparam("of_unit"),
        t.posting.c.day.between(bindparam("first"), bindparam("last")),
        t.posting.c.bucket == Bucket.FREE.value,
    )
    .group_by(
        t.posting.c.account, t.posting.c.day, t.posting.c.origin, t.posting.c.rule
    )
    .having(func.sum(t.posting.c.amount) != 0)
)
LOTS: Final = (
    select(
        t.posting.c.account,
        t.posting.c.lot,
        t.posting.c.lot_expires_on,
        t.posting.c.bucket,
        func.sum(t.posting.c.amount),
    )
    .where(
        t.posting.c.ledger == LEDGER,
        t.posting.c.account.in_(MANY),
        t.posting.c.unit == bindparam("of_unit"),
        t.posting.c.lot.is_not(None),
    )
    .group_by(
        t.posting.c.account,
        t.posting.c.lot,
        t.posting.c.lot_expires_on,
        t.posting.c.bucket,
    )
    # as they first came: an entry that brought several brought them in order
    .order_by(func.min(t.posting.c.position * LINES + t.posting.c.line))
)
LOT_USES: Final = (
    select(
        t.posting.c.lot, t.entry.c.id, t.posting.c.account, func.sum(t.posting.c.amount)
    )
    .join(
        t.entry,
        and_(
            t.entry.c.ledger == t.posting.c.ledger,
            t.entry.c.position == t.posting.c.origin,
        ),
    )
    .where(
        t.posting.c.ledger == LEDGER,
        t.posting.c.lot.in_(MANY),
        t.posting.c.bucket == Bucket.FREE.value,
    )
    .group_by(t.posting.c.lot, t.entry.c.id, t.posting.c.account)
    .having(func.sum(t.posting.c.amount) != 0)
)
_undo = t.entry.alias("undo")
SHIFTS: Final = of(t.entry, "provider", "id", "starts", "ends").where(
    t.entry.c.provider.in_(MANY),
    t.entry.c.starts.between(bindparam("first"), bindparam("last")),
    ~exists(
        select(_undo.c.position).where(
            _undo.c.ledger == t.entry.c.ledger,
            _undo.c.target == t.entry.c.id,
            _undo.c.kind.in_(_UNDOING),
        )
    ),
)
STRAYS: Final = (
    of(t.posting, "position")
    .where(
        ~exists(
            select(t.entry.c.position).where(
                t.entry.c.ledger == t.posting.c.ledger,
                t.entry.c.position == t.posting.c.position,
            )
        )
    )
    .distinct()
    .order_by(t.posting.c.position)
)


def chunks(keys: Iterable[str]) -> Iterator[list[str]]:
    """Yield *keys* in order, `CHUNK` at a time."""
    ordered = sorted(keys)
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]


# ---------------------------------------------------------------- the loader


@define
class Loader:
    """Reads one ledger through one transaction."""

    connection: Connection
    ledger: int

    def rows(self, statement: Select[Any], **values: Any) -> Iterator[Any]:  # noqa: ANN401
        """Yield the rows of *statement* for this ledger."""
        yield from self.connection.execute(
            statement, {"in_ledger": self.ledger, **values}
        )

    def rows_of(
        self,
        statement: Select[Any],
        keys: Iterable[str],
        **values: Any,  # noqa: ANN401
    ) -> Iterator[Any]:
        """Yield the rows of *statement* for many keys, a chunk at a time."""
        for chunk in chunks(keys):
            yield from self.rows(statement, many=chunk, **values)

    def threads(self, ids: frozenset[EntryId]) -> Standing:
        """Return a standing that holds only the threads of *ids*."""
        standing = Standing(scope=Needs(threads=ids))
        self._load_threads(standing, ids)
        return standing

    def fill(self, standing: Standing, needs: Needs) -> Balances:
        """Load all that *needs* names into *standing*; return its balances with `seq`."""
        balances = self._load_accounts(standing, needs)
        self._load_ids(standing, needs.ids)
        self._load_threads(standing, needs.threads)
        self._load_history(standing)
        self._load_lots(standing, needs)
        self._load_shifts(standing, needs)
        return balances

    def _load_accounts(self, standing: Standing, needs: Needs) -> Balances:
        balances: Balances = {}
        for row in self.rows_of(ACCOUNTS_NAMED, needs.accounts):
            standing.accounts[row.account] = decode_account(row)
        if needs.append_accounts:
            for row in self.rows(ACCOUNTS_APPEND):
                standing.accounts[row.account] = decode_account(row)
        for row in self.rows_of(BALANCES_NAMED, needs.accounts):
            key, balance = (row.account, row.unit), Balance(row.free, row.held)
            standing.balances[key] = balance
            balances[key] = balance, row.seq
        return balances

    def _load_ids(self, standing: Standing, ids: Iterable[EntryId]) -> None:
        wanted = list(ids)
        for position, body in self.rows_of(BODIES_NAMED, wanted):
            entry = decode_entry(body)
            standing.known[entry.id] = Position(position), entry
        standing.voided.update(row.id for row in self.rows_of(TAKEN, wanted))

    def _load_threads(self, standing: Standing, ids: Iterable[EntryId]) -> None:
        found: dict[int, Entry] = {}
        for position, body in self.rows_of(THREADS, ids):
            found[position] = decode_entry(body)
        for position in sorted(found):
            standing.take_thread(found[position], Position(position))

    def _load_history(self, standing: Standing) -> None:
        spans: dict[str, tuple[date, date]] = {}
        accounts: dict[str, set[str]] = {}
        for (account, unit), (first, last) in standing.spans.items():
            low, high = spans.get(unit, (first, last))
            spans[unit] = min(low, first), max(high, last)
            accounts.setdefault(unit, set()).add(account)
        for unit, (first, last) in spans.items():
            rows = self.rows_of(
                HISTORY,
                accounts[unit],
                of_unit=unit,
                first=first.isoformat(),
                last=last.isoformat(),
            )
            for account, day, origin, rule, amount in rows:
                event = Event(date.fromisoformat(day), origin, rule)
                low, high = standing.spans[account, unit]
                if low <= event.day <= high:
                    standing.history.setdefault((account, unit), {})[event] = amount

    def _load_lots(self, standing: Standing, needs: Needs) -> None:
        by_unit: dict[str, set[str]] = {}
        for account, unit in needs.lots:
            by_unit.setdefault(unit, set()).add(account)
        for unit, accounts in by_unit.items():
            rows = self.rows_of(LOTS, accounts, of_unit=unit)
            for account, lot_id, expires, bucket, amount in rows:
                lot = Lot(lot_id, date.fromisoformat(expires) if expires else None)
                lots = standing.lots.setdefault((account, unit), {})
                held = lots.get(lot, Balance())
                lots[lot] = (
                    Balance(amount, held.held)
                    if bucket == Bucket.FREE.value
                    else Balance(held.free, amount)
                )
        for lot_id, origin, account, amount in self.rows_of(
            LOT_USES, standing.lots_named()
        ):
            standing.lot_uses.setdefault(lot_id, {})[origin, account] = amount

    def _load_shifts(self, standing: Standing, needs: Needs) -> None:
        if not needs.shifts:
            return
        days = {day for _, day in needs.shifts}
        rows = self.rows_of(
            SHIFTS,
            {provider for provider, _ in needs.shifts},
            first=(min(days).toordinal() - 1) * MINUTES_A_DAY,
            last=(max(days).toordinal() + 2) * MINUTES_A_DAY,
        )
        for provider, id, starts, ends in rows:
            if any(
                near((starts, ends), day)
                for who, day in needs.shifts
                if who == provider
            ):
                standing.shifts.setdefault(provider, {})[id] = starts, ends
