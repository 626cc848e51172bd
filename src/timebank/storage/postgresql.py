"""
PostgreSQL: its connections, its round trips, and what its errors mean.

A turn asks everything at once: the driver sends the locks and all that is read in one
round trip, each statement of the moment at which its turn comes, so what is read after a
lock was granted is no older than the lock.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, partial
from operator import attrgetter
from typing import Any, Final

from psycopg import Connection as Driver
from psycopg import (
    Error,
    InterfaceError,
    OperationalError,
    connect,
)
from psycopg.conninfo import conninfo_to_dict
from psycopg.errors import NotNullViolation
from sqlalchemy import (
    Connection,
    Engine,
    ExceptionContext,
    PoolProxiedConnection,
    Table,
    TextClause,
    create_engine,
    event,
    text,
)
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from ..errors import (
    BadUrl,
    NoRight,
    Overtaken,
    ServerTooOld,
    StorageError,
    StoreBusy,
    StoreDamaged,
    StoreFull,
    StoreReadOnly,
    StoreUnreachable,
)
from ..texts import Text
from . import schema
from . import tables as t
from .adapter import Adapter, View
from .database import Database
from .guards.postgresql import SERVER_MIN
from .hosts import in_database_of
from .links import AtHand, Link
from .query import Places, Query, Row, Rows, Stream, insert_into
from .sql import SqlStore
from .trips import (
    BEGIN,
    BEGIN_TO_READ,
    COMMIT,
    OWN,
    PLAN_ONCE,
    PLAN_ONCE_HERE,
    Talk,
    in_no_transaction,
    in_one_trip,
)

STREAM: Final = 1000
"""How many rows a stream fetches at a time."""

POOL_SECONDS: Final = 30.0
"""How long to wait for a connection of this process's own."""

# ---------------------------------------------------------------- many rows at once


_POSITIONS: Final = ("position", "origin")
"""Columns that hold positions of entries."""


def insertion_of_json(table: Table, rows: Sequence[Row], places: Places) -> Query:
    """
    Return what writes *rows* in one statement, all of them as one parameter.

    They are lists: with the names of its columns in each, they take this process three
    times as long and the server twice.  An array a column takes the driver a quarter longer
    than that, for one row and for thousands, and the server too.
    """
    values = {
        "rows": _JSON(rows),
        "in_ledger": places.ledger,
        "before": places.before,
        "last": places.last,
    }
    return Query(_insert_json(table), values)


@cache
def _insert_json(table: Table) -> TextClause:
    columns = ", ".join(
        (_AS_FAR_ON if column.name in _POSITIONS else "{value}").format(
            value=f"CAST(one ->> {at} AS {_KINDS[column.type.python_type]})"
        )
        for at, column in enumerate(table.columns)
    )
    source = f"SELECT {columns} FROM jsonb_array_elements(CAST(:rows AS jsonb)) AS one"  # noqa: S608 - our own columns
    return text(insert_into(table, source))


_KINDS: Final[Mapping[type, str]] = {int: "BIGINT", str: "TEXT", bytes: "BYTEA"}
_HEAD: Final = f"(SELECT position FROM {t.head.name} WHERE ledger = :in_ledger)"  # noqa: S608 - our own table
# as far on as the head has come beyond where it was thought to come
_AS_FAR_ON: Final = (
    f"CASE WHEN {{value}} > :before THEN {{value}} - :last + {_HEAD} ELSE {{value}} END"
)


def _in_hexadecimal(value: bytes) -> str:
    return f"\\x{value.hex()}"


_JSON: Final = json.JSONEncoder(
    separators=(",", ":"), ensure_ascii=False, default=_in_hexadecimal
).encode


# ---------------------------------------------------------------- plans

ANALYZE: Final = Query(text(f"ANALYZE (SKIP_LOCKED) {t.entry.name}"))
"""
Has the server look at the entries, and plan anew whatever every connection asks of them.

A plan that was made while the books were small reads all of a ledger for each key, since
all of it is one page.  The server looks by itself a minute later, if it is let; to verify
4 000 entries that were recorded meanwhile took 62 seconds, and takes 0.2.  It goes on where
somebody has the table locked, and where it is another role's it only warns.  Other tables
it is left to find: of one that was looked at while it was empty it thinks that it stays so.
"""

# ---------------------------------------------------------------- errors

_LOST: Final = ("08", "57P01", "57P02", "57P03", "25P03", "25P04", "57P05")
_AGAIN: Final = ("40001", "40P01")
_WAITED: Final = ("55P03", "57014", "53300")
_FULL: Final = ("53100",)
_NO_ROOM: Final = "Check free disk space."
"""What a server that speaks English also says where only a limit on files stands in its way."""
_READ_ONLY: Final = ("25006",)
_NO_RIGHT: Final = ("42501",)
_POOLED: Final = ("26000", "42P05")
"""A statement was prepared on another connection than the one it is used on."""


@contextmanager
def translated() -> Iterator[None]:
    """Turn the driver's errors into ours; refusals are never among them."""
    try:
        yield
    except THEIRS as error:
        raise _ours(error) from error


THEIRS: Final = (DBAPIError, Error, PoolExhausted)
"""The errors of the engine."""


def _ours(error: DBAPIError | Error | PoolExhausted) -> StorageError:
    if isinstance(error, PoolExhausted):
        # every connection is in use, by readers that were never read to their end
        return StoreBusy(POOL_SECONDS)
    return _translation(error)


def _translation(error: DBAPIError | Error) -> StorageError:
    cause = error.orig if isinstance(error, DBAPIError) else error
    state = str(getattr(cause, "sqlstate", None) or "")
    # the server's own sentence, without the statement that it was about
    said = cause.diag.message_primary if isinstance(cause, Error) else None
    detail = " ".join((said or str(cause)).split())
    if state.startswith(_LOST) or (
        not state and isinstance(cause, OperationalError | InterfaceError)
    ):
        return StoreUnreachable(detail)
    if state.startswith(_AGAIN) or _has_stopped(cause):
        return Overtaken(detail)
    if state.startswith(_WAITED):
        return StoreBusy(0.0, detail)
    if isinstance(cause, Error) and cause.diag.message_hint == _NO_ROOM:
        return StoreFull(detail)
    for states, kind in (
        (_FULL, StoreFull),
        (_READ_ONLY, StoreReadOnly),
        (_NO_RIGHT, NoRight),
    ):
        if state.startswith(states):
            return kind(detail)
    if state.startswith(_POOLED):
        detail += (
            ": a pooler between here and the server has to know prepared statements "
            "(PgBouncer: max_prepared_statements), or to pool by session"
        )
    return StoreDamaged(detail)


def _has_stopped(cause: object) -> bool:
    """Return whether the head was to go nowhere: see `seen.unless_changed`."""
    return isinstance(cause, NotNullViolation) and (
        cause.diag.table_name == t.head.name
    )


# ---------------------------------------------------------------- opening


def open_postgresql(
    url: str,
    *,
    create: bool = False,
    profile: schema.Profile = schema.Profile.GUARDED,
) -> SqlStore:
    """
    Return the store in a PostgreSQL database.

    Args:
        url: As libpq takes it: ``postgresql://ROLE@HOST:PORT/DATABASE``, several hosts
            with commas between them, and options after a question mark.
        create: Whether to make the tables where there are none.
        profile: With what they are made.

    Raises:
        BadUrl: If it cannot be understood.
        StoreUnreachable: If nothing answers there.
        SchemaUnknown: If another version of timebank wrote it, or none did.
        ServerTooOld: If the server lacks what the guards need.
        NoRight: If the role may not use the tables, or may not make them.
    """
    engine = connecting(url)
    at_hand = AtHand(engine, is_there=_is_there)
    adapter = Adapter(
        alone=False,
        commit=(COMMIT,),
        grown=(ANALYZE,),
        fetch=in_one_trip,
        stream=_stream,
        glance=partial(_glanced, at_hand),
        insert=insertion_of_json,
        begun=partial(_begun, at_hand),
        known=at_hand.known,
        let_go=at_hand.let_go,
        translated=translated,
        missing_guards=schema.missing_guards,
        joinable=in_database_of(engine),
        write_first=lambda _: None,
    )
    store = SqlStore(adapter)
    try:
        _prepare(at_hand, url, create=create, profile=profile)
    except BaseException:
        store.close()
        raise
    return store


def _stream(link: Link, query: Query) -> Stream:
    """Ask through a cursor of the server's."""
    several = {"yield_per": STREAM}
    statement: Any = query.statement
    return link.connection.execute(statement, query.values, execution_options=several)


def connecting(url: str) -> Engine:
    """
    Return an engine whose connections go to *url*, which libpq reads.

    Raises:
        BadUrl: If libpq cannot read it.
    """
    plain = url.replace("postgresql+psycopg://", "postgresql://", 1)
    try:
        hosts = str(conninfo_to_dict(plain).get("host") or "").split(",")
    except Error as error:
        # what libpq cannot read it quotes, and that may be a piece of the password
        said = re.sub(r'"[^"]*"', "…", " ".join(str(error).split()))
        raise BadUrl(url, said) from None
    if any("@" in host and not host.startswith(("/", "@")) for host in hosts):
        # no host has such a name: it is a piece of the password, and would be told
        raise BadUrl(
            url,
            Text(
                "write an @ in a password as %40, or use ~/.pgpass",
                "密码中的 @ 请写作 %40，或使用 ~/.pgpass",
            ),
        )
    options: dict[str, Any] = {
        "fallback_application_name": "timebank",
        # whatever the environment says: names are written in every script
        "client_encoding": "UTF8",
        # which spares the driver what it asks and sets before every statement
        "autocommit": True,
    }
    engine = create_engine(
        "postgresql+psycopg://",
        creator=partial(connect, plain, **options),
        pool_timeout=POOL_SECONDS,
        hide_parameters=True,  # they may be a person's, and errors end up in logs
    )
    event.listen(engine, "connect", _talk_to)
    event.listen(engine, "before_cursor_execute", _begin_if_needed)
    event.listen(engine, "checkout", _still_there)
    event.listen(engine, "handle_error", _close_lost)
    return engine


def postgresql_database(url: str) -> Database:
    """
    Return the PostgreSQL database at *url*, whatever is in it.

    Raises:
        BadUrl: If it cannot be understood.
        StoreUnreachable: If nothing answers there.
    """
    at_hand = AtHand(connecting(url), is_there=_is_there)
    try:
        _server(at_hand.engine)
    except BaseException:
        at_hand.let_go()
        raise
    begin = _way_in(at_hand)
    return Database(
        kind=at_hand.engine.dialect.name,
        reading=begin,
        writing=begin,
        close=at_hand.let_go,
    )


def _prepare(
    at_hand: AtHand, url: str, *, create: bool, profile: schema.Profile
) -> None:
    server, begin = _server(at_hand.engine), _way_in(at_hand)
    with begin() as connection:
        there = schema.found(connection)
        encoding = connection.scalar(text("SHOW server_encoding"))
    if there is None and create and encoding != "UTF8":
        raise BadUrl(
            url,
            Text(
                "its encoding is {encoding}, which cannot hold every name: CREATE DATABASE "
                "… ENCODING 'UTF8' TEMPLATE template0 makes one that can",
                "其编码为 {encoding}，无法保存所有姓名：请以 CREATE DATABASE "
                "… ENCODING 'UTF8' TEMPLATE template0 新建",
                encoding=encoding,
            ),
        )
    if (there.profile if there else profile) is schema.Profile.GUARDED:
        new_enough(server)
    schema.prepare(reading=begin, writing=begin, create=create, profile=profile)


def new_enough(server: int) -> None:
    """
    Do nothing if guards can be made on a server of that version.

    Raises:
        ServerTooOld: If they cannot.
    """
    if server < SERVER_MIN:
        found, wanted = (
            f"PostgreSQL {number // 10000}" for number in (server, SERVER_MIN)
        )
        raise ServerTooOld(found, wanted)


def _server(engine: Engine) -> int:
    """Return the version of the server that answers, as it numbers itself."""
    try:
        with translated(), engine.connect() as connection:
            driver = connection.connection.driver_connection
            return int(driver.info.server_version) if driver else 0
    except StoreUnreachable as error:
        # libpq has no code for why, only the server's words in the server's language
        raise StoreUnreachable(
            error.detail,
            Text(
                "check the host, the role and its password, and that the database exists "
                "(psql connects with the same URL), or open it again once the server is up",
                "请核对主机、角色及其密码，并确认数据库存在（psql 可用同一 URL 连接），"
                "或待服务器启动后再打开",
            ),
        ) from error


def _talk_to(driver: Driver, record: Any) -> None:  # noqa: ANN401 - SQLAlchemy's own
    driver.prepare_threshold = None  # what is prepared here, `Talk` knows
    record.info[OWN] = Talk(driver, first=_planning_once(driver))


def _planning_once(driver: Driver) -> Sequence[str]:
    """
    Have statements planned once; return what every transaction has to begin with for that.

    A pooler gives out numbers of its own for the processes that answer, so where the
    process is the one that the connection was made to, the connection is ours alone.
    """
    try:
        driver.execute(PLAN_ONCE_HERE)  # in no transaction: heard and forgotten
    except OperationalError:
        raise
    except Error:
        return ()  # what speaks as PostgreSQL may not know the settings
    found = driver.execute("SELECT pg_backend_pid()").fetchone()
    if found != (driver.info.backend_pid,):
        return (PLAN_ONCE_HERE,)
    driver.execute(PLAN_ONCE)
    return ()


def _begin_if_needed(connection: Connection, *_: Any) -> None:  # noqa: ANN401
    talk: Talk = connection.info[OWN]
    talk.begin_if_needed()


def _close_lost(context: ExceptionContext) -> None:
    """Close the cursor of a connection that is lost, which SQLAlchemy leaves as it is."""
    asking = context.execution_context
    if asking is not None and asking.cursor is not None:
        asking.cursor.close()


def _still_there(_: Driver, record: Any, *__: Any) -> None:  # noqa: ANN401 - SQLAlchemy's own
    """Have the pool give another connection for one that the server has ended meanwhile."""
    try:
        record.info[OWN].listen()
    except Error as error:
        raise DisconnectionError(str(error)) from error


def _is_there(lent: PoolProxiedConnection) -> bool:
    """Return whether the server has not ended a connection meanwhile."""
    try:
        lent.info[OWN].listen()
    except Error:
        return False
    return True


def _glanced(at_hand: AtHand, queries: Sequence[Query]) -> list[Rows]:
    try:
        return in_no_transaction(at_hand, queries)
    except THEIRS as error:
        raise _told(at_hand, error) from error


def _told(at_hand: AtHand, error: DBAPIError | Error | PoolExhausted) -> StorageError:
    """Return our error for theirs, and start afresh where the server was lost."""
    ours = _ours(error)
    if isinstance(ours, StoreUnreachable):
        # every connection may be dead, and what answers next another server
        at_hand.let_go()
    return ours


@contextmanager
def _begun(
    at_hand: AtHand, view: Callable[[Link], View], *, write: bool
) -> Iterator[View]:
    """
    Begin a transaction, with what is asked first.

    By the driver: through SQLAlchemy beginning and committing take twice as long.
    """
    try:
        lent = at_hand.take()
        talk: Talk = lent.info[OWN]
        talk.begin = BEGIN if write else BEGIN_TO_READ
        link = Link(at_hand.engine, lent)
        try:
            try:
                yield view(link)
            finally:
                talk.begin = BEGIN  # once it is given back, another may begin with it
                link.end()
            link.make_sure()
            if not talk.is_idle:  # unless what was asked last has done it
                talk.driver.commit()
        except BaseException as error:
            if not talk.driver.closed:
                at_hand.give_up(link)
            elif lent.is_valid:  # unless whoever asked has said so already
                lent.invalidate(error)
            raise
        at_hand.give_back(lent)
    except THEIRS as error:
        raise _told(at_hand, error) from error


def _way_in(at_hand: AtHand) -> schema.Begin:
    """Return what begins a transaction that may change anything."""
    return partial(_begun, at_hand, attrgetter("connection"), write=True)
