"""
SQLite: the file, and what its errors mean.

Several processes may write one file, in turns that `sidecar` hands out.
"""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from operator import attrgetter
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.pool import ConnectionPoolEntry

from .. import forks
from ..errors import (
    BadUrl,
    ServerTooOld,
    StoreBusy,
    StoreDamaged,
    StoreForked,
    StoreFull,
)
from ..texts import Text
from . import schema
from . import tables as t
from .adapter import Adapter, View
from .database import Database
from .guards.sqlite import missing_guards
from .hosts import in_file
from .links import AtHand, Link
from .query import (
    Fetch,
    Query,
    Rows,
    Stream,
    insertion_of_values,
    one_by_one,
    spoken,
)
from .sidecar import Sidecar, lock
from .sql import SqlStore

BUSY_SECONDS: Final = 5.0
"""How long to wait for a writer that does not take the sidecar lock."""

POOL_SECONDS: Final = 30.0
"""How long to wait for a connection of this process's own."""

LIBRARY_MIN: Final = (3, 37, 0)
"""The oldest library that knows STRICT tables."""

# ---------------------------------------------------------------- errors

# a limit on a file's size is told as an error in writing; other errors of the file are
# no want of room
_FULL: Final = ("SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHMSIZE")


_PUT_BACK: Final = Text(
    "copy the file away as it is, and put back a copy of before",
    "请将文件原样另存，并以备份恢复",
)


@contextmanager
def translated() -> Iterator[None]:
    """Turn the driver's errors into ours; refusals are never among them."""
    try:
        yield
    except THEIRS as error:
        raise _ours(error) from error


THEIRS: Final = (DBAPIError, sqlite3.Error, PoolExhausted)
"""The errors of the engine."""


def _ours(error: DBAPIError | sqlite3.Error | PoolExhausted) -> Exception:
    if isinstance(error, PoolExhausted):
        # every connection is in use, by readers that were never read to their end
        return StoreBusy(POOL_SECONDS)
    cause = error.orig if isinstance(error, DBAPIError) else error
    name = str(getattr(cause, "sqlite_errorname", ""))
    detail = str(cause)
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return StoreBusy(BUSY_SECONDS)
    if name in _FULL:
        return StoreFull(detail)
    if name.startswith("SQLITE_CORRUPT"):
        return StoreDamaged(detail, _PUT_BACK)
    return StoreDamaged(detail)


# ---------------------------------------------------------------- statements

# what the encoder is made of, which has to be set up anew for every list
_quoted: Final = json.encoder.encode_basestring_ascii


def _keys(keys: Iterable[Any]) -> str:
    """Return any number of keys as one parameter: JSON, for want of arrays."""
    said = [_quoted(key) if isinstance(key, str) else str(key) for key in sorted(keys)]
    return f"[{','.join(said)}]"


SAID: Final = spoken(sqlite_dialect(paramstyle="named"), _keys)
"""Puts a question as the driver takes it."""


# ---------------------------------------------------------------- opening


def open_sqlite(url: str, *, create: bool = False) -> SqlStore:
    """
    Return the store in a SQLite file.

    Args:
        url: ``sqlite:///path/to/file.db``.
        create: Whether to make the file and its tables where there are none.

    Raises:
        BadUrl: If it names no file, or the file is not there and is not to be made.
        ServerTooOld: If Python's SQLite library lacks what the tables need.
        SchemaUnknown: If another version of timebank wrote it, or none did.
        StoreDamaged: If it is no SQLite database.
    """
    path = _path(url, create=create)
    at_hand, sidecar = _at_hand(path), Sidecar(path)
    try:
        _prepare(at_hand, sidecar, create=create)
    except BaseException as error:
        at_hand.let_go()
        if isinstance(error, StoreDamaged):
            raise _no_books(path, error) from error
        raise
    event.listen(at_hand.engine, "do_connect", partial(_make_none, path))
    fetch = one_by_one(SAID)
    adapter = Adapter(
        alone=True,
        commit=(),
        grown=(),
        fetch=fetch,
        stream=_stream,
        glance=partial(_glanced, at_hand, fetch),
        insert=insertion_of_values,
        begun=partial(_begun, at_hand, sidecar),
        known=at_hand.known,
        let_go=at_hand.let_go,
        translated=translated,
        missing_guards=missing_guards,
        joinable=in_file(path, partial(_make_sure, sidecar.books, forks.file_at(path))),
        write_first=_write_first,
    )
    return SqlStore(adapter)


def _no_books(path: Path, error: StoreDamaged) -> StoreDamaged:
    """Return *error* with the file that could not be opened, and what to do."""
    detail = Text(
        "{path}: {detail}", "{path}：{detail}", path=path, detail=error.detail
    )
    remedy = Text(
        "name another file, or put back a copy of this one",
        "请另指文件，或以备份恢复此文件",
    )
    return StoreDamaged(detail, remedy)


def sqlite_database(url: str) -> Database:
    """
    Return the database in a SQLite file that exists, whatever is in it.

    Raises:
        BadUrl: If it names no file, or the file is not there.
        ServerTooOld: If Python's SQLite library lacks what the tables need.
    """
    path = _path(url, create=False)
    at_hand = _at_hand(path)
    reading, writing = _ways_in(at_hand, Sidecar(path))
    return Database(
        kind=at_hand.engine.dialect.name,
        reading=reading,
        writing=writing,
        close=at_hand.let_go,
    )


def _path(url: str, *, create: bool) -> Path:
    try:
        database = make_url(url).database
    except ArgumentError:
        raise BadUrl(url) from None
    if not database or database == ":memory:":
        raise BadUrl(
            url,
            Text(
                "name a file (sqlite:///books.db), or use memory:",
                "请指明文件（sqlite:///books.db），或使用 memory:",
            ),
        )
    path = Path(database).absolute()
    if not create and not path.exists():
        raise BadUrl(
            url,
            Text(
                "there is no such file; `timebank init` makes one",
                "没有这个文件；用 `timebank init` 可新建",
            ),
        )
    if path.is_dir():
        why = Text("it is a folder: name a file in it", "这是文件夹：请指明其中的文件")
        raise BadUrl(url, why)
    if not path.parent.is_dir():
        why = Text("there is no folder {p}", "没有文件夹 {p}", p=path.parent)
        raise BadUrl(url, why)
    return path


def _engine(path: Path) -> Engine:
    if sqlite3.sqlite_version_info < LIBRARY_MIN:
        wanted = ".".join(map(str, LIBRARY_MIN))
        raise ServerTooOld(f"SQLite {sqlite3.sqlite_version}", f"SQLite {wanted}")
    engine = create_engine(
        f"sqlite:///{path}",
        connect_args={"timeout": BUSY_SECONDS},
        pool_timeout=POOL_SECONDS,
        hide_parameters=True,  # they may be a person's, and errors end up in logs
    )
    event.listen(engine, "do_connect", partial(_not_inherited, path))
    event.listen(engine, "connect", partial(_on_connect, path))
    return engine


def _at_hand(path: Path) -> AtHand:
    # a connection to a file does not go away by itself
    return AtHand(_engine(path), is_there=lambda _: True)


def _not_inherited(path: Path, *_: object) -> None:
    """
    Refuse a file that another process's connection, which came with a fork, is open on.

    The library would take that one's locks for this process's own.
    """
    if forks.is_inherited(path):
        raise StoreForked(str(path))


def _on_connect(
    path: Path, connection: sqlite3.Connection, entry: ConnectionPoolEntry
) -> None:
    entry.info[_FILE] = forks.file_at(path)
    # the driver must not begin transactions of its own: DDL would commit by itself
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "foreign_keys = ON",
        "recursive_triggers = ON",
        "synchronous = FULL",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _stream(link: Link, query: Query) -> Stream:
    """Ask the driver, which gives tuples: SQLAlchemy's rows take an audit 1 µs an entry."""
    # not what `execute` returns: of a host's asynchronous driver that is no stream
    cursor: Any = link.lent.cursor()
    cursor.execute(*SAID(query))
    stream: Stream = cursor
    return stream


def _glanced(at_hand: AtHand, fetch: Fetch, queries: Sequence[Query]) -> list[Rows]:
    try:
        lent = at_hand.take()
        try:
            return fetch(Link(at_hand.engine, lent), queries)
        finally:
            at_hand.give_back(lent)
    except THEIRS as error:
        raise _ours(error) from error


@contextmanager
def _begun(
    at_hand: AtHand, sidecar: Sidecar, view: Callable[[Link], View], *, write: bool
) -> Iterator[View]:
    """
    Begin a transaction; one that writes holds the sidecar's lock meanwhile.

    By the driver: through SQLAlchemy beginning and committing take a third longer.
    """
    turn = sidecar.open() if write else None
    try:
        if turn is not None:
            lock(turn)
        lent = at_hand.take()
        driver: Any = lent.dbapi_connection
        link = Link(at_hand.engine, lent)
        try:
            if write:
                _make_sure(sidecar.books, lent.info[_FILE])
            # a reader that turned writer late would fail at once, whatever the time-out
            driver.execute("BEGIN IMMEDIATE" if write else "BEGIN")
            try:
                yield view(link)
            finally:
                link.end()
            link.make_sure()
            driver.commit()
        except BaseException:
            at_hand.give_up(link)
            raise
        at_hand.give_back(lent)
    except THEIRS as error:
        raise _ours(error) from error
    finally:
        if turn is not None:
            # as the sidecar does, and not by it, for the reasons it gives
            fcntl.flock(turn, fcntl.LOCK_UN)
            os.close(turn)


_FILE: Final = "file"
"""Where a connection keeps which file it is open on."""


def _make_sure(path: str, opened: forks.File | None) -> None:
    """
    Make sure that the file that was opened is the one that has the books' name.

    Of one that was moved away, or had another put in its place, the library writes to
    what has no name any more: recorded, and found by nobody.  To look takes 2 µs of 350.
    """
    if opened != forks.file_at(path):
        raise _another(path)


def _make_none(path: Path, *_: object) -> None:
    """Refuse to connect to a file that is gone, which would make an empty one."""
    if not path.exists():
        raise _another(path)


def _another(path: Path | str) -> StoreDamaged:
    return StoreDamaged(
        Text(
            "{path} is not the file any more that was opened; stop whatever uses it, "
            "put the books in place, and open them anew",
            "{path} 已不是打开时的文件；请停止所有使用它的程序，将账本放回原处后重新打开",
            path=path,
        )
    )


def _write_first(connection: Connection) -> None:
    """
    Take SQLite's write lock by writing nothing new.

    What a host's transaction reads before it writes may be of an earlier moment; SQLite
    then refuses this write, and the host has to begin again.
    """
    connection.exec_driver_sql(f"UPDATE {t.schema.name} SET version = version")


def _prepare(at_hand: AtHand, sidecar: Sidecar, *, create: bool) -> None:
    """
    Check the schema's version, and make the schema where that is wanted.

    A file that is not ours is left as it is.
    """
    reading, writing = _ways_in(at_hand, sidecar)
    with reading() as connection:
        there = schema.found(connection)
    if there is not None or not create:
        schema.ours(there)
    _let_readers_read(at_hand.engine, sidecar)
    schema.prepare(reading=reading, writing=writing, create=create)


def _ways_in(at_hand: AtHand, sidecar: Sidecar) -> tuple[schema.Begin, schema.Begin]:
    """Return what begins a transaction that reads, and one that may change anything."""
    begin = partial(_begun, at_hand, sidecar, attrgetter("connection"))
    return partial(begin, write=False), partial(begin, write=True)


def _let_readers_read(engine: Engine, sidecar: Sidecar) -> None:
    """Set the file to WAL, which it keeps; a reader then sees its moment, whoever writes."""
    with translated(), engine.connect() as connection:
        if connection.exec_driver_sql("PRAGMA journal_mode").scalar() != "wal":
            with sidecar():
                connection.exec_driver_sql("PRAGMA journal_mode = WAL")
