"""
The one SQL store.  What differs between databases comes in as an `Adapter`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Final, TypeVar

from attrs import define, evolve, field, frozen
from sqlalchemy import Connection, bindparam, insert, select, text

from ..errors import (
    LedgerExists,
    NoLedger,
    Overtaken,
    RetryTransaction,
    StorageError,
    StoreUnreachable,
)
from ..model import START
from . import tables as t
from .adapter import Adapter
from .figures import SqlFigures
from .hosts import connection_of, undone_unless_whole
from .links import Link
from .loading import Loader
from .protocol import Glance, Settings
from .query import Query, Row
from .reading import Policies, SqlReading
from .turn import SqlTurn

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

R = TypeVar("R", bound=SqlReading)

LEDGERS: Final = select(
    t.ledger.c.ledger,
    t.ledger.c.name,
    t.ledger.c.time_zone,
    t.ledger.c.keep_refusals,
)

LEDGER_NAMED: Final = LEDGERS.where(t.ledger.c.name == bindparam("called"))

# somebody else may take the number, or the name, at the same moment
MAKE_LEDGER: Final = text(
    f"INSERT INTO {t.ledger.name} "  # noqa: S608 - our own table
    "(ledger, name, time_zone, keep_refusals, policy_position) "
    "VALUES (:ledger, :name, :time_zone, :keep_refusals, :policy_position) "
    "ON CONFLICT DO NOTHING RETURNING ledger"
)

MAKE_HEAD: Final = insert(t.head)


@define
class Known:
    """
    What a store has learned of ledgers, and need not ask for again.

    Args:
        numbers: By name.
        policies: By number.
    """

    numbers: dict[str, int] = field(factory=dict)
    policies: dict[int, Policies] = field(factory=dict)

    def forget(self) -> None:
        """Forget everything: what answers next may be another server, or a copy."""
        self.numbers.clear()
        self.policies.clear()


@define
class SqlStore:
    """
    Journals in a database that SQLAlchemy speaks to.

    Args:
        adapter: What differs between databases.
        host: A connection whose transaction somebody else began: everything happens in
            it, and it is never committed, rolled back or retried from here.
    """

    adapter: Adapter
    host: Connection | None = None
    _known: Known = field(factory=Known)

    @property
    def shares_turns(self) -> bool:
        """Whether requests that meet share a turn: in a transaction of a host's none meet."""
        return self.host is None

    def create(self, settings: Settings) -> None:
        """Make an empty ledger."""
        with self._transaction(write=True) as link:
            fetch = self.adapter.fetch
            rows = fetch(link, [Query(LEDGERS)])[0]
            if any(name == settings.name for _, name, *_ in rows):
                raise LedgerExists(settings.name)
            number = 1 + max((number for number, *_ in rows), default=0)
            ledger = {
                "ledger": number,
                "name": settings.name,
                "time_zone": settings.time_zone,
                "keep_refusals": int(settings.keep_refusals),
                "policy_position": START,
            }
            made = fetch(link, [Query(MAKE_LEDGER, ledger)])[0]
            if not made:
                raise Overtaken
            fetch(link, [Query(MAKE_HEAD, {"ledger": number, "position": START})])

    def settings(self, ledger: str) -> Settings:
        """Return what the ledger is set to."""
        with self._transaction() as link:
            _, name, time_zone, keep_refusals = self._row(link, ledger)
            return Settings(
                name=name, time_zone=time_zone, keep_refusals=bool(keep_refusals)
            )

    def ledgers(self) -> tuple[str, ...]:
        """Return the names of all ledgers, sorted."""
        with self._transaction() as link:
            return self._names(link)

    def _names(self, link: Link) -> tuple[str, ...]:
        rows = self.adapter.fetch(link, [Query(LEDGERS)])[0]
        return tuple(sorted(name for _, name, *_ in rows))

    def _row(self, link: Link, ledger: str) -> Row:
        rows = self.adapter.fetch(link, [Query(LEDGER_NAMED, {"called": ledger})])[0]
        if not rows:
            raise NoLedger(ledger, self._names(link))
        return rows[0]

    def turn(self, ledger: str) -> AbstractContextManager[SqlTurn]:
        """Begin a unit of work; it commits on leaving, and undoes itself after an error."""
        return self._begin(SqlTurn, ledger)

    def reading(self, ledger: str) -> AbstractContextManager[SqlReading]:
        """Begin a consistent view."""
        return self._begin(SqlReading, ledger)

    def glance(self, ledger: str) -> AbstractContextManager[Glance]:
        """Begin to ask for single figures, each of its own moment."""
        if self.host is not None:
            return self.reading(ledger)
        number = self._known.numbers.get(ledger)
        if number is None:
            with self._transaction() as link:
                number = self._number(link, ledger)
        return _Glancing(self, SqlFigures(Loader(self.adapter.glance, number)))

    @contextmanager
    def _begin(self, kind: type[R], ledger: str) -> Iterator[R]:
        with self._transaction(write=issubclass(kind, SqlTurn)) as link:
            number = self._number(link, ledger)
            policies = self._known.policies.get(number) or Policies()
            if self.host is None:
                self._known.policies[number] = policies
            else:
                policies = evolve(policies, keeping=False)
            view = kind(link, number, policies, self.adapter)
            try:
                yield view
            finally:
                view.end()

    def _number(self, link: Link, ledger: str) -> int:
        number = self._known.numbers.get(ledger)
        if number is None:
            number = int(self._row(link, ledger)[0])
            # a host may yet roll back the ledger itself
            if self.host is None:
                self._known.numbers[ledger] = number
        return number

    def close(self) -> None:
        """Let go of connections and files; a host's stay as they are."""
        if self.host is None:
            self.adapter.let_go()

    def within(self, host: Connection | Session) -> SqlStore:
        """Return the same store inside the transaction of *host*."""
        connection = connection_of(host)
        with self.adapter.translated():
            self.adapter.joinable(connection)
        # it is the host who commits
        adapter = evolve(self.adapter, commit=())
        return SqlStore(adapter, connection, self._known)

    @contextmanager
    def _transaction(self, *, write: bool = False) -> Iterator[Link]:
        if self.host is not None:
            with self._of_host(self.host, write=write) as link:
                yield link
            return
        try:
            with self.adapter.begun(write) as link:
                yield link
        except StoreUnreachable:
            self.start_afresh()
            raise

    @contextmanager
    def _of_host(self, host: Connection, *, write: bool) -> Iterator[Link]:
        try:
            with self.adapter.translated():
                self.adapter.joinable(host)
                if write:
                    self.adapter.write_first(host)
                    with undone_unless_whole(host):
                        yield Link.of(host)
                else:
                    yield Link.of(host)
        except StorageError as error:
            if error.tries_max == 1:
                raise
            raise RetryTransaction(str(error)) from error

    def start_afresh(self) -> None:
        """
        Forget what was learned of the server, and let go of it.

        Every connection of the pool may be dead, and what answers next another server.
        """
        self._known.forget()
        self.adapter.let_go()


@frozen
class _Glancing:
    """
    A time of looking at figures, without the cost of a generator.

    Args:
        store: Where.
        figures: What there is to look at.
    """

    store: SqlStore
    figures: SqlFigures

    def __enter__(self) -> Glance:
        return self.figures

    def __exit__(self, _: object, error: object, __: object) -> None:
        if isinstance(error, StoreUnreachable):
            self.store.start_afresh()
