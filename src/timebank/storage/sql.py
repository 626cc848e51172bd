"""
The one SQL store.  What differs between databases comes in as an `Adapter`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from attrs import define, evolve
from sqlalchemy import Connection, bindparam, insert, select, text

from ..errors import (
    LedgerExists,
    NoLedger,
    Overtaken,
    RetryTransaction,
    StorageError,
)
from ..model import START
from . import tables as t
from .adapter import Adapter, View
from .figures import SqlFigures
from .hosts import connection_of, undone_unless_whole
from .links import Link
from .loading import Loader
from .protocol import Glance, Settings
from .query import Query, Row
from .reading import SqlReading
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
class SqlStore:
    """
    Journals in a database that SQLAlchemy speaks to.

    Args:
        adapter: What differs between databases.
        is_own: Whether transactions are our own.  In one of a host's everything happens in
            it, and it is never committed, rolled back or retried from here.
    """

    adapter: Adapter
    is_own: bool = True

    @property
    def shares_turns(self) -> bool:
        """Whether requests that meet share a turn: in a transaction of a host's none meet."""
        return self.is_own

    def create(self, settings: Settings) -> None:
        """Make an empty ledger."""
        with self.adapter.begun(partial(self._make, settings), write=True):
            pass

    def _make(self, settings: Settings, link: Link) -> None:
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
        with self.adapter.begun(partial(self._row, ledger), write=False) as row:
            _, name, time_zone, keep_refusals = row
            return Settings(
                name=name, time_zone=time_zone, keep_refusals=bool(keep_refusals)
            )

    def ledgers(self) -> tuple[str, ...]:
        """Return the names of all ledgers, sorted."""
        with self.adapter.begun(self._names, write=False) as names:
            return names

    def _names(self, link: Link) -> tuple[str, ...]:
        rows = self.adapter.fetch(link, [Query(LEDGERS)])[0]
        return tuple(sorted(name for _, name, *_ in rows))

    def _row(self, ledger: str, link: Link) -> Row:
        rows = self.adapter.fetch(link, [Query(LEDGER_NAMED, {"called": ledger})])[0]
        if not rows:
            raise NoLedger(ledger, self._names(link))
        return rows[0]

    def turn(self, ledger: str) -> AbstractContextManager[SqlTurn]:
        """Begin a unit of work; it commits on leaving, and undoes itself after an error."""
        return self.adapter.begun(partial(self._view, SqlTurn, ledger), write=True)

    def reading(self, ledger: str) -> AbstractContextManager[SqlReading]:
        """Begin a consistent view."""
        return self.adapter.begun(partial(self._view, SqlReading, ledger), write=False)

    def glance(self, ledger: str) -> AbstractContextManager[Glance]:
        """Begin to ask for single figures, each of its own moment."""
        if not self.is_own:
            return self.reading(ledger)
        number = self.adapter.known.numbers.get(ledger)
        if number is None:
            with self.adapter.begun(
                partial(self._number, ledger), write=False
            ) as number:
                pass
        return nullcontext(SqlFigures(Loader(self.adapter.glance, number)))

    def _view(self, kind: type[R], ledger: str, link: Link) -> R:
        number = self._number(ledger, link)
        policies = self.adapter.known.policies[number]
        if not self.is_own:
            policies = evolve(policies, keeping=False)
        return kind(link, number, policies, self.adapter)

    def _number(self, ledger: str, link: Link) -> int:
        numbers = self.adapter.known.numbers
        number = numbers.get(ledger)
        if number is None:
            number = int(self._row(ledger, link)[0])
            # a host may yet roll back the ledger itself
            if self.is_own:
                numbers[ledger] = number
        return number

    def close(self) -> None:
        """Let go of connections and files; a host's stay as they are."""
        if self.is_own:
            self.adapter.let_go()

    def within(self, host: Connection | Session) -> SqlStore:
        """Return the same store inside the transaction of *host*."""
        connection = connection_of(host)
        with self.adapter.translated():
            self.adapter.joinable(connection)
        # it is the host who begins and commits
        begun = partial(_joined, self.adapter, connection)
        return SqlStore(
            evolve(self.adapter, begun=begun, commit=(), grown=()), is_own=False
        )


@contextmanager
def _joined(
    adapter: Adapter, host: Connection, view: Callable[[Link], View], *, write: bool
) -> Iterator[View]:
    """Join the transaction of *host*, and see through it what *view* makes."""
    try:
        with adapter.translated():
            adapter.joinable(host)
            if write:
                adapter.write_first(host)
            with undone_unless_whole(host) if write else nullcontext():
                link = Link.of(host)
                try:
                    yield view(link)
                finally:
                    link.end()
    except StorageError as error:
        if error.tries_max == 1:
            raise
        raise RetryTransaction(str(error)) from error
