"""
What a transaction goes through: a connection of the driver's, from a pool or of a host.

SQLAlchemy's own connection around it is made where something is streamed or looked up,
which few transactions do.  Nor is a connection given back to the pool between two of them:
to make the one, and to lend and take back the other, takes longer than to begin and to
commit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from attrs import define, field
from sqlalchemy import Connection, Engine, PoolProxiedConnection

from .. import forks
from ..errors import StoreForked
from ..texts import Text
from .known import Known

if TYPE_CHECKING:
    from .query import Stream


@define(eq=False)
class Link:
    """
    What a transaction goes through.

    Args:
        engine: What the connection is one to.
        streams: What is read through it, to the end or not.
    """

    engine: Engine
    _lent: PoolProxiedConnection
    _connection: Connection | None = None
    streams: list[Stream] = field(factory=list, init=False)
    _forks: int = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._forks = forks.passed

    @classmethod
    def of(cls, connection: Connection) -> Link:
        """Return what goes through SQLAlchemy's *connection*, and the host's."""
        return cls(connection.engine, connection.connection, connection)

    @property
    def is_inherited(self) -> bool:
        """Whether it is the parent's, which forked this process out of the transaction."""
        return self._forks != forks.passed

    @property
    def lent(self) -> PoolProxiedConnection:
        """
        The driver's connection, as a pool lends it.

        Raises:
            StoreForked: If it is the parent's.
        """
        self.make_sure()
        return self._lent

    def make_sure(self) -> None:
        """
        Make sure that it is this process's own.

        Raises:
            StoreForked: If it is the parent's.
        """
        if self.is_inherited:
            where = self.engine.url.database
            raise StoreForked(where or Text("the database", "数据库"))

    @property
    def connection(self) -> Connection:
        """SQLAlchemy's own connection; it is never closed from here."""
        lent = self.lent
        if self._connection is None:
            self._connection = Connection(self.engine, lent)
        return self._connection

    def end(self) -> None:
        """Let go of what was not read to its end; the database keeps it open till then."""
        for stream in self.streams:
            if not self.is_inherited:
                stream.close()

    def invalidate(self, error: BaseException) -> None:
        """Have the pool make another connection, since this one is lost."""
        if self._connection is None:
            self.lent.invalidate(error)
        else:
            self._connection.invalidate(error)


_left: Final[list[Link]] = []
"""
What is the parent's and was in use: never closed here, nor undone by a pool that misses it.
"""


@define(eq=False)
class AtHand:
    """
    Connections of a pool, of which one is kept at hand between transactions.

    Args:
        engine: Whose pool it is.
        is_there: Whether one that was kept is still of use.
        known: What was learned over them, until they are let go of.
    """

    engine: Engine
    is_there: Callable[[PoolProxiedConnection], bool]
    known: Known = field(factory=Known, init=False)
    _kept: list[PoolProxiedConnection] = field(factory=list, init=False)

    def __attrs_post_init__(self) -> None:
        """Leave a child that is forked no connection of this process."""
        forks.watch(self)

    def before_fork(self) -> None:
        """Close all that nobody has now, and keep the pool, for what is given back yet."""
        kept, self._kept = self._kept, []
        for lent in kept:
            lent.invalidate()
        self.engine.pool.dispose()

    def after_fork(self) -> None:
        """Leave those that the parent has alone, and make others."""
        self._kept = []
        self.engine.dispose(close=False)

    def take(self) -> PoolProxiedConnection:
        """Take a connection, which nobody else has until it is given back."""
        try:
            kept = self._kept.pop()
        except IndexError:
            return self.engine.raw_connection()
        if self.is_there(kept):
            return kept
        kept.invalidate()
        return self.engine.raw_connection()

    def give_back(self, lent: PoolProxiedConnection) -> None:
        """Give back a connection on which nothing is under way."""
        if lent.is_valid and not self._kept:
            self._kept.append(lent)
        else:
            lent.close()

    def give_up(self, link: Link) -> None:
        """Give back a connection after an error; the pool undoes what is under way."""
        if link.is_inherited:
            _left.append(link)
        else:
            link.lent.close()

    def let_go(self) -> None:
        """Close all that nobody has now, and forget what was learned over them."""
        self.known.forget()
        # at once, since others take from it meanwhile
        kept, self._kept = self._kept, []
        for lent in kept:
            lent.close()
        self.engine.dispose()
