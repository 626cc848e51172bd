"""
The one SQL store.  What differs between databases comes in as an `Adapter`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from attrs import define, field, frozen
from sqlalchemy import (
    Connection,
    Engine,
    Select,
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from ..accounts import Account
from ..entries import Entry
from ..errors import LedgerExists, NoLedger, RetryTransaction, StoreBusy
from ..model import (
    START,
    AccountId,
    Bucket,
    EntryId,
    Mode,
    Position,
)
from ..operations import TAGS, AdoptPolicy, VoidId
from ..scope import Needs
from ..standing import Adoption, Balance, Standing
from . import tables as t
from .codec import (
    decode_account,
    decode_entry,
    decode_private,
    encode_account,
    encode_private,
)
from .hosts import Check, connection_of
from .loading import (
    ACCOUNTS,
    ACCOUNTS_NAMED,
    BALANCES,
    BODIES,
    LEDGER,
    PRIVATES,
    PRIVATES_NAMED,
    STRAYS,
    Loader,
    of,
)
from .protocol import Caches, Line, Private, Settings, StoredEntry, StoredPosting
from .rows import Running, stored_entry

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

STREAM: Final = 1000
"""How many rows a stream fetches at a time."""


@frozen(kw_only=True)
class Adapter:
    """
    What differs between databases.

    Args:
        writing: Entered around every transaction that writes.
        translated: Entered around everything; turns the engine's errors into ours.
        missing_guards: Names the guards against changing facts that are not there.
        joinable: Refuses a connection whose transaction somebody else began, if the books
            cannot be kept in it.
        write_first: Makes sure, in a transaction that somebody else began, that nobody
            else writes between what is read now and its end.
    """

    writing: Callable[[], AbstractContextManager[None]]
    translated: Callable[[], AbstractContextManager[None]]
    missing_guards: Callable[[Connection], tuple[str, ...]]
    joinable: Check
    write_first: Callable[[Connection], None]


# ---------------------------------------------------------------- the store


@define
class SqlStore:
    """
    Journals in a database that SQLAlchemy speaks to.

    Args:
        engine: Where its own transactions begin.
        adapter: What differs between databases.
        host: A connection whose transaction somebody else began: everything happens in
            it, and it is never committed, rolled back or retried from here.
    """

    engine: Engine
    adapter: Adapter
    host: Connection | None = None
    _adoptions: dict[tuple[int, int], tuple[Adoption, ...]] = field(
        factory=dict, init=False
    )

    def create(self, settings: Settings) -> None:
        """Make an empty ledger."""
        with self._transaction(write=True) as connection:
            known = self._names(connection)
            if settings.name in known:
                raise LedgerExists(settings.name)
            number = connection.scalar(
                select(func.coalesce(func.max(t.ledger.c.ledger), 0) + 1)
            )
            connection.execute(
                insert(t.ledger).values(
                    ledger=number,
                    name=settings.name,
                    time_zone=settings.time_zone,
                    keep_refusals=int(settings.keep_refusals),
                    policy_position=START,
                )
            )
            connection.execute(insert(t.head).values(ledger=number, position=START))

    def settings(self, ledger: str) -> Settings:
        """Return what the ledger is set to."""
        with self._transaction() as connection:
            row = self._ledger_row(connection, ledger)
            return Settings(
                name=row.name,
                time_zone=row.time_zone,
                keep_refusals=bool(row.keep_refusals),
            )

    def ledgers(self) -> tuple[str, ...]:
        """Return the names of all ledgers, sorted."""
        with self._transaction() as connection:
            return self._names(connection)

    def _names(self, connection: Connection) -> tuple[str, ...]:
        names = connection.scalars(select(t.ledger.c.name).order_by(t.ledger.c.name))
        return tuple(names)

    def _ledger_row(self, connection: Connection, ledger: str) -> Any:  # noqa: ANN401
        row = connection.execute(
            select(t.ledger).where(t.ledger.c.name == ledger)
        ).first()
        if row is None:
            raise NoLedger(ledger, self._names(connection))
        return row

    def turn(self, ledger: str) -> AbstractContextManager[SqlTurn]:
        """Begin a unit of work; it commits on leaving, and undoes itself after an error."""
        return self._begin(ledger, write=True)

    def reading(self, ledger: str) -> AbstractContextManager[SqlTurn]:
        """Begin a consistent view."""
        return self._begin(ledger, write=False)

    @contextmanager
    def _begin(self, ledger: str, *, write: bool) -> Iterator[SqlTurn]:
        with self._transaction(write=write) as connection:
            row = self._ledger_row(connection, ledger)
            # read when asked for: an audit goes on where an adoption cannot be read
            adopted = partial(self._adopted, connection, row)
            yield SqlTurn(connection, row.ledger, adopted, self.adapter)

    def close(self) -> None:
        """Let go of connections and files; a host's stay as they are."""
        if self.host is None:
            self.engine.dispose()

    def within(self, host: Connection | Session) -> SqlStore:
        """Return the same store inside the transaction of *host*."""
        connection = connection_of(host)
        with self.adapter.translated():
            self.adapter.joinable(connection)
        return SqlStore(self.engine, self.adapter, connection)

    @contextmanager
    def _transaction(self, *, write: bool = False) -> Iterator[Connection]:
        if self.host is not None:
            try:
                with self.adapter.translated():
                    self.adapter.joinable(self.host)
                    if write:
                        self.adapter.write_first(self.host)
                    yield self.host
            except StoreBusy as error:
                raise RetryTransaction(str(error)) from error
            return
        engine = self.engine.execution_options(timebank_write=write)
        if not write:
            with self.adapter.translated(), engine.begin() as connection:
                yield connection
            return
        with (
            self.adapter.translated(),
            self.adapter.writing(),
            engine.begin() as connection,
        ):
            yield connection

    def _adopted(self, connection: Connection, row: Any) -> tuple[Adoption, ...]:  # noqa: ANN401
        """Return the policies up to the one the ledger's row names; each is read once."""
        key = row.ledger, row.policy_position
        # a host may roll back, and something else come to stand at that position
        if key not in self._adoptions or self.host is not None:
            found = connection.execute(
                BODIES.where(t.entry.c.kind == TAGS[AdoptPolicy]).order_by(
                    t.entry.c.position
                ),
                {"in_ledger": row.ledger},
            )
            standing = Standing()
            for position, body in found:
                standing.apply(decode_entry(body), position)
            self._adoptions[key] = tuple(standing.adoptions)
        return self._adoptions[key]


@define
class SqlTurn:
    """One transaction on one ledger."""

    connection: Connection
    ledger: int
    _policies: Callable[[], tuple[Adoption, ...]]
    _adapter: Adapter
    _standing: Standing = field(factory=Standing, init=False)
    _running: Running = field(init=False)
    _loader: Loader = field(init=False)
    _known_balances: Mapping[tuple[AccountId, str], int] = field(
        factory=dict, init=False
    )
    _known_accounts: Mapping[AccountId, Account] = field(factory=dict, init=False)

    @_running.default
    def _no_balances(self) -> Running:
        return Running(self._strict)

    @_loader.default
    def _over_the_connection(self) -> Loader:
        return Loader(self.connection, self.ledger)

    def _strict(self, account: AccountId) -> bool:
        found = self._standing.accounts.get(account)
        return found is not None and found.mode is Mode.STRICT

    # ------------------------------------------------------------ reading

    @property
    def head(self) -> Position:
        """The position of the last entry."""
        found = self.connection.scalar(
            select(t.head.c.position).where(t.head.c.ledger == self.ledger)
        )
        return Position(found or START)

    def adoptions(self) -> Sequence[Adoption]:
        """Return the policies adopted so far."""
        return self._policies()

    def threads(self, ids: Iterable[EntryId]) -> Standing:
        """Return a standing that holds only the threads of *ids*."""
        return self._loader.threads(frozenset(ids))

    def load(self, needs: Needs) -> Standing:
        """Return all that *needs* names."""
        standing = Standing(
            scope=needs, head=self.head, adoptions=list(self._policies())
        )
        self._standing = standing
        self._running = Running(self._strict, self._loader.fill(standing, needs))
        self._known_balances = {
            key: seq for key, (_, seq) in self._running.balances.items()
        }
        self._known_accounts = dict(standing.accounts)
        return standing

    def entries(
        self, *, after: Position = START, until: Position | None = None
    ) -> Iterator[tuple[Position, Entry]]:
        """Yield entries after a position."""
        for position, body in self.bodies(after=after, until=until):
            yield position, decode_entry(body)

    def bodies(
        self, *, after: Position = START, until: Position | None = None
    ) -> Iterator[tuple[Position, str]]:
        """Yield the bodies after a position."""
        statement = BODIES.where(t.entry.c.position > after).order_by(
            t.entry.c.position
        )
        if until is not None:
            statement = statement.where(t.entry.c.position <= until)
        for position, body in self._stream(statement):
            yield Position(position), body

    def _stream(self, statement: Select[Any]) -> Iterator[Any]:
        streaming = self.connection.execution_options(yield_per=STREAM)
        yield from streaming.execute(statement, {"in_ledger": self.ledger})

    def accounts(self) -> Iterator[Account]:
        """Yield every account."""
        rows = self._loader.rows(ACCOUNTS.order_by(t.account_state.c.account))
        yield from (decode_account(row) for row in rows)

    def balance(
        self,
        account: AccountId,
        unit: str,
        *,
        as_of: Position | None = None,
        effective_on: date | None = None,
    ) -> Balance:
        """Return a balance; as of a position it is one look into an index."""
        found = next(iter(self._loader.rows_of(ACCOUNTS_NAMED, [account])), None)
        strict = found is not None and found.mode == Mode.STRICT.value
        if effective_on is not None or not strict:
            return self._sum(account, unit, as_of, effective_on)
        if as_of is None:
            for row in self._loader.rows(
                BALANCES.where(t.balance.c.account == account, t.balance.c.unit == unit)
            ):
                return Balance(row.free, row.held)
            return Balance()
        last = (
            of(t.posting, "free_after", "held_after")
            .where(
                t.posting.c.account == account,
                t.posting.c.unit == unit,
                t.posting.c.position <= as_of,
            )
            .order_by(t.posting.c.position.desc(), t.posting.c.line.desc())
            .limit(1)
        )
        for row in self._loader.rows(last):
            return Balance(row.free_after, row.held_after)
        return Balance()

    def _sum(
        self,
        account: AccountId,
        unit: str,
        as_of: Position | None,
        effective_on: date | None,
    ) -> Balance:
        statement = (
            select(t.posting.c.bucket, func.sum(t.posting.c.amount))
            .where(
                t.posting.c.ledger == LEDGER,
                t.posting.c.account == account,
                t.posting.c.unit == unit,
            )
            .group_by(t.posting.c.bucket)
        )
        if as_of is not None:
            statement = statement.where(t.posting.c.position <= as_of)
        if effective_on is not None:
            statement = statement.where(t.posting.c.day <= effective_on.isoformat())
        sums = dict(tuple(row) for row in self._loader.rows(statement))
        return Balance(
            int(sums.get(Bucket.FREE.value, 0)), int(sums.get(Bucket.HELD.value, 0))
        )

    def statement(
        self,
        account: AccountId,
        unit: str,
        *,
        after: tuple[Position, int],
        limit: int | None,
    ) -> list[Line]:
        """Return postings of *account* in *unit*, paged by key."""
        position, line = after
        p, e = t.posting.c, t.entry.c
        statement = (
            select(
                p.position,
                p.line,
                e.id,
                e.kind,
                p.day,
                e.recorded_on,
                p.amount,
                p.bucket,
                p.rule,
                p.free_after,
                p.held_after,
            )
            .join(t.entry, and_(e.ledger == p.ledger, e.position == p.position))
            .where(
                p.ledger == LEDGER,
                p.account == account,
                p.unit == unit,
                p.position >= position,
                or_(p.position > position, p.line > line),
            )
            .order_by(p.position, p.line)
            .limit(limit)
        )
        return [
            Line(
                position=Position(row.position),
                line=row.line,
                entry=row.id,
                kind=row.kind,
                effective_on=date.fromisoformat(row.day),
                recorded_on=date.fromisoformat(row.recorded_on),
                amount=row.amount,
                bucket=Bucket(row.bucket),
                rule=row.rule,
                balance=None
                if row.free_after is None
                else Balance(row.free_after, row.held_after),
            )
            for row in self._loader.rows(statement)
        ]

    def private(self, id: EntryId) -> Private | None:
        """Return the private details of entry *id*."""
        return next((private for _, private in self.privates([id])), None)

    # ------------------------------------------------------------ writing

    def append(
        self, entries: Sequence[Entry], privates: Mapping[EntryId, Private]
    ) -> Position:
        """Add *entries*: the head last of all locks, then only inserts and the commit."""
        if not entries:
            return Position(self.head + 1)
        self._write_accounts()
        last = self.connection.scalar(
            update(t.head)
            .where(t.head.c.ledger == self.ledger)
            .values(position=t.head.c.position + len(entries))
            .returning(t.head.c.position)
        )
        first = Position(int(last or 0) - len(entries) + 1)
        self._write_entries(entries, first)
        self._write_balances()
        self._insert(
            t.private,
            [
                {"id": id, "salt": p.salt, "body": encode_private(p.values)}
                for id, p in privates.items()
            ],
        )
        return first

    def _insert(self, table: Any, rows: list[dict[str, Any]]) -> None:  # noqa: ANN401
        if rows:
            self.connection.execute(
                insert(table), [{"ledger": self.ledger, **row} for row in rows]
            )

    def _write_accounts(self) -> None:
        changed = {
            id: account
            for id, account in self._standing.accounts.items()
            if self._known_accounts.get(id) != account
        }
        new = [
            encode_account(a)
            for id, a in changed.items()
            if id not in self._known_accounts
        ]
        self._insert(t.account_state, new)
        old = [
            encode_account(a) for id, a in changed.items() if id in self._known_accounts
        ]
        self._update(t.account_state, ("account",), old)

    def _write_entries(self, entries: Sequence[Entry], first: Position) -> None:
        places = {entry.id: first + index for index, entry in enumerate(entries)}
        standing = self._standing

        def position_of(id: EntryId) -> int:
            return places[id] if id in places else standing.known[id][0]

        stored = [
            stored_entry(
                entry,
                Position(places[entry.id]),
                root=standing.roots[entry.id],
                legs=standing.legs(entry),
                position_of=position_of,
                running=self._running,
            )
            for entry in entries
        ]
        # legs first, so that the guard on the entry sees all of them
        self._insert(
            t.posting,
            [
                {"position": row.position, "line": line, **_posting_columns(posting)}
                for row in stored
                for line, posting in enumerate(row.postings)
            ],
        )
        self._insert(t.entry, [_entry_columns(row) for row in stored])
        self._insert(
            t.taken_id,
            [
                {"id": e.operation.voided, "position": places[e.id]}
                for e in entries
                if isinstance(e.operation, VoidId)
            ],
        )
        adopted = [
            places[e.id] for e in entries if isinstance(e.operation, AdoptPolicy)
        ]
        if adopted:
            self.connection.execute(
                update(t.ledger)
                .where(t.ledger.c.ledger == self.ledger)
                .values(policy_position=max(adopted))
            )

    def _write_balances(self) -> None:
        known, new, old = self._known_balances, [], []
        for key, (after, seq) in self._running.balances.items():
            account, unit = key
            row = {"account": account, "unit": unit, "seq": seq}
            row |= {"free": after.free, "held": after.held}
            if key not in known:
                new.append(row)
            elif known[key] != seq:
                old.append(row)
        self._insert(t.balance, new)
        self._update(t.balance, ("account", "unit"), old)

    def _update(
        self,
        table: Any,  # noqa: ANN401
        keys: tuple[str, ...],
        rows: list[dict[str, Any]],
    ) -> None:
        if not rows:
            return
        values = [name for name in rows[0] if name not in keys]
        statement = (
            update(table)
            .where(
                table.c.ledger == LEDGER,
                *(table.c[key] == bindparam(f"key_{key}") for key in keys),
            )
            .values({name: bindparam(f"new_{name}") for name in values})
        )
        self.connection.execute(
            statement,
            [
                {"in_ledger": self.ledger}
                | {f"key_{key}": row[key] for key in keys}
                | {f"new_{name}": row[name] for name in values}
                for row in rows
            ],
        )

    def erase(self, id: EntryId) -> bool:
        """Delete the private details of entry *id*."""
        done = self.connection.execute(
            delete(t.private).where(
                t.private.c.ledger == self.ledger, t.private.c.id == id
            )
        )
        return bool(done.rowcount)

    # ------------------------------------------------------------ auditing

    def stored(self) -> Iterator[StoredEntry]:
        """Yield every entry as it is kept."""
        columns = _ENTRY_FIELDS
        heads = self._stream(of(t.entry, *columns).order_by(t.entry.c.position))
        legs = self._stream(
            of(t.posting, "position", *_POSTING_FIELDS).order_by(
                t.posting.c.position, t.posting.c.line
            )
        )
        leg = next(legs, None)
        for row in heads:
            postings = []
            while leg is not None and leg.position <= row.position:
                if leg.position == row.position:
                    postings.append(_stored_posting(leg))
                leg = next(legs, None)
            values = {name: getattr(row, name) for name in columns}
            yield StoredEntry(postings=tuple(postings), **values)

    def privates(
        self, ids: Collection[EntryId] | None = None
    ) -> Iterator[tuple[EntryId, Private]]:
        """Yield all private details that are left, or those of *ids*."""
        rows = (
            self._stream(PRIVATES)
            if ids is None
            else self._loader.rows_of(PRIVATES_NAMED, ids)
        )
        for row in rows:
            values = decode_private(row.body)
            yield row.id, Private(salt=bytes(row.salt), values=values)

    def _policy_position(self) -> int:
        return int(
            self.connection.scalar(
                select(t.ledger.c.policy_position).where(
                    t.ledger.c.ledger == self.ledger
                )
            )
            or START
        )

    def caches(self) -> Caches:
        """Return every cache."""
        taken = self._loader.rows(of(t.taken_id, "id", "position"))
        return Caches(
            accounts={account.id: account for account in self.accounts()},
            balances={
                (row.account, row.unit): (Balance(row.free, row.held), row.seq)
                for row in self._loader.rows(BALANCES)
            },
            head=self.head,
            voided={row.id: Position(row.position) for row in taken},
            policy_position=Position(self._policy_position()),
            guards=self._adapter.missing_guards(self.connection),
            strays=tuple(Position(row.position) for row in self._loader.rows(STRAYS)),
        )


_ENTRY_FIELDS: Final = (
    "position",
    "id",
    "kind",
    "effective_on",
    "recorded_at",
    "recorded_on",
    "target",
    "root",
    "provider",
    "starts",
    "ends",
    "body",
)
_POSTING_FIELDS: Final = (
    "account",
    "unit",
    "bucket",
    "amount",
    "lot",
    "lot_expires_on",
    "rule",
    "undoes",
    "day",
    "origin",
    "seq",
    "free_after",
    "held_after",
)


def _entry_columns(row: StoredEntry) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _ENTRY_FIELDS}


def _posting_columns(posting: StoredPosting) -> dict[str, Any]:
    values = {name: getattr(posting, name) for name in _POSTING_FIELDS}
    return {**values, "undoes": int(posting.undoes)}


def _stored_posting(row: Any) -> StoredPosting:  # noqa: ANN401 - a row of the driver
    values = {name: getattr(row, name) for name in _POSTING_FIELDS}
    return StoredPosting(**{**values, "undoes": bool(row.undoes)})
