"""
Transactions that somebody else began: which of them can be joined, and which cannot.

A host's connection is set up as the host likes it.  What would silently break the promise
that its rows and our entries become true together is refused here, with the remedy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakSet

from sqlalchemy import Connection, Engine, PoolProxiedConnection
from sqlalchemy.exc import (
    InvalidRequestError,
    PendingRollbackError,
    ProgrammingError,
    SQLAlchemyError,
)

from ..errors import CannotJoin, RetryTransaction
from ..forks import file_at
from ..texts import Text
from . import tables as t

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

Check = Callable[[Connection], None]
"""Refuses a connection whose transaction cannot be joined; asked before every use."""

ANOTHER: Final = Text(
    "give the connection or session that the platform's own row goes through",
    "请给出平台自己写入数据所用的连接或会话",
)


def connection_of(host: Connection | Session) -> Connection:
    """
    Return the connection of *host*, with a session's transaction begun.

    Raises:
        CannotJoin: If it is no connection or session, or a session that has failed.
    """
    if isinstance(host, Connection):
        return host
    kind = type(host).__name__
    if hasattr(host, "run_sync"):
        raise CannotJoin(
            Text("{kind} is asynchronous", "{kind} 是异步的", kind=kind),
            Text(
                "await bank.within_async(…) instead",
                "请改用 await bank.within_async(…)",
            ),
        )
    if not callable(getattr(host, "connection", None)):
        raise CannotJoin(_no_host(kind), ANOTHER)
    try:
        connection = host.connection()
    except PendingRollbackError as error:
        raise failed() from error
    except InvalidRequestError as error:
        raise CannotJoin(
            Text(
                "the session has no connection to give ({error})",
                "会话没有可用的连接（{error}）",
                error=error,
            ),
            ANOTHER,
        ) from error
    if not isinstance(connection, Connection):
        raise CannotJoin(_no_host(kind), ANOTHER)
    return connection


def _no_host(kind: str) -> Text:
    return Text(
        "{kind} is no SQLAlchemy connection or session",
        "{kind} 不是 SQLAlchemy 连接或会话",
        kind=kind,
    )


def failed() -> CannotJoin:
    """Return what is said of a transaction in which something of the host's went wrong."""
    return CannotJoin(
        Text(
            "the transaction has failed: a statement before this one met an error",
            "该事务已失败：此前有语句出错",
        ),
        Text(
            "roll it back, to a savepoint before that statement or altogether",
            "请回滚到该语句之前的保存点，或全部回滚",
        ),
    )


def not_begun() -> CannotJoin:
    """Return what is said of a connection on which every statement commits by itself."""
    return CannotJoin(
        Text(
            "the connection commits every statement by itself (autocommit)",
            "该连接逐条自动提交（autocommit）",
        ),
        Text(
            "begin a transaction, without isolation_level='AUTOCOMMIT'",
            "请开始一个事务，勿用 isolation_level='AUTOCOMMIT'",
        ),
    )


def usable(connection: Connection, dialect: str) -> Any:  # noqa: ANN401 - any driver's
    """
    Return the driver's own connection below *connection*.

    Raises:
        CannotJoin: If it is closed, or a connection to another kind of database.
        RetryTransaction: If it was lost.
    """
    found = connection.dialect.name
    if found != dialect:
        raise CannotJoin(
            Text(
                "the connection is one to {found}, the books are in {dialect}",
                "该连接通往 {found}，而账本在 {dialect} 中",
                found=found,
                dialect=dialect,
            ),
            ANOTHER,
        )
    if connection.closed:
        raise CannotJoin(
            Text("the connection is closed", "该连接已关闭"),
            Text(
                "call within() again, in the transaction that is open",
                "请在打开的事务中重新调用 within()",
            ),
        )
    if connection.invalidated and connection.in_transaction():
        raise RetryTransaction("the host's connection was lost")
    if connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT":
        raise not_begun()
    if not connection.in_transaction():
        # so that its commit commits what does not go through SQLAlchemy
        connection.begin()
    return driver_of(connection.connection)


def driver_of(lent: PoolProxiedConnection) -> Any:  # noqa: ANN401 - any driver's
    """Return the driver's own connection below *lent*, whoever lent it."""
    driver = lent.driver_connection
    return getattr(driver, "lent_to_timebank", driver)


@contextmanager
def undone_unless_whole(connection: Connection) -> Iterator[None]:
    """
    Undo what is done inside if it fails, and let go of what it locked.

    A host that goes on after an error of ours, and commits, commits no part of a turn.
    """
    connection.exec_driver_sql("SAVEPOINT timebank")
    try:
        yield
    except BaseException:
        # a connection that is lost has undone it, too
        with suppress(SQLAlchemyError):
            connection.exec_driver_sql("ROLLBACK TO SAVEPOINT timebank")
            connection.exec_driver_sql("RELEASE SAVEPOINT timebank")
        raise
    connection.exec_driver_sql("RELEASE SAVEPOINT timebank")


# ---------------------------------------------------------------- SQLite


def in_file(path: Path, make_sure: Callable[[], None]) -> Check:
    """
    Return what refuses a connection that books in a file cannot join.

    Args:
        path: What the file is called.
        make_sure: Raises what is to be raised where another is called so by now.
    """

    def joinable(connection: Connection) -> None:
        driver = usable(connection, "sqlite")
        make_sure()
        # asked first, because it also has SQLAlchemy begin what it is set up to begin
        opened = connection.exec_driver_sql("PRAGMA database_list").all()[0][2]
        if not opened or file_at(opened) != file_at(path):
            there = opened or "a database in memory"
            raise CannotJoin(
                Text(
                    "the connection is one to {there}, the books are in {path}",
                    "该连接通往 {there}，而账本在 {path} 中",
                    there=there,
                    path=path,
                ),
                ANOTHER,
            )
        # aiosqlite keeps the connection of the standard library inside its own
        driver = getattr(driver, "_conn", driver)
        autocommit = getattr(driver, "autocommit", None)  # new in Python 3.12
        late = driver.isolation_level is not None and autocommit not in (True, False)
        if late and connection.in_nested_transaction():
            raise CannotJoin(
                Text(
                    "Python's sqlite3, as it is set up, may commit this savepoint when "
                    "it is released, whatever becomes of the transaction",
                    "按目前的设置，Python 的 sqlite3 可能在释放保存点时即行提交，"
                    "而不论事务结果如何",
                ),
                Text(
                    "have the engine begin transactions itself (docs/how-to/embed.md)",
                    "请让引擎自行开始事务（docs/how-to/embed.md）",
                ),
            )
        if not (driver.in_transaction or late):
            raise not_begun()

    return joinable


# ---------------------------------------------------------------- PostgreSQL

# a database that was restored elsewhere from a dump is another; a standby that was
# promoted is not; and every schema may have tables of these names
_TABLES: Final = f"to_regclass('{t.ledger.name}')::oid"
WHERE: Final = (
    (
        f"SELECT system_identifier, current_database(), {_TABLES} "  # noqa: S608 - ours
        "FROM pg_control_system()"
    ),
    # engines that only speak as PostgreSQL does
    f"SELECT 0, current_database(), {_TABLES}",
)


def in_database_of(engine: Engine) -> Check:
    """Return what refuses a connection that the books of *engine*'s database cannot join."""
    asked: WeakSet[object] = WeakSet()  # transactions that were found to be there

    @cache
    def ours() -> tuple[str, tuple[Any, ...]]:
        for question in WHERE[:-1]:
            with suppress(ProgrammingError), engine.connect() as connection:
                return question, _answer(connection, question)
        with engine.connect() as connection:
            return WHERE[-1], _answer(connection, WHERE[-1])

    def joinable(connection: Connection) -> None:
        driver = usable(connection, "postgresql")
        if connection.dialect.driver != "psycopg":
            raise CannotJoin(
                Text(
                    "the connection speaks through {driver}",
                    "该连接使用驱动 {driver}",
                    driver=connection.dialect.driver,
                ),
                Text(
                    "make its engine of postgresql+psycopg://…, which serves "
                    "asynchronous programs too",
                    "请用 postgresql+psycopg://… 建立引擎，异步程序也可使用",
                ),
            )
        status = driver.info.transaction_status.name
        if status == "INERROR":
            raise failed()
        if driver.autocommit and status == "IDLE":
            raise not_begun()
        transaction = connection.get_transaction()
        if transaction not in asked:
            question, (*here, tables) = ours()
            *there, found = _answer(connection, question)
            if there != here:
                raise CannotJoin(
                    Text(
                        "the connection is one to another database than {name!r}, in "
                        "which the books are",
                        "该连接通往另一数据库，而账本在 {name!r} 中",
                        name=here[1],
                    ),
                    ANOTHER,
                )
            if found != tables:
                raise CannotJoin(
                    Text(
                        "its search_path leads to other tables than those of the books",
                        "其 search_path 指向账本以外的表",
                    ),
                    Text(
                        "have it name the schema of the books",
                        "请在其中写明账本所在的 schema",
                    ),
                )
            asked.add(transaction)

    return joinable


def _answer(connection: Connection, question: str) -> tuple[Any, ...]:
    return tuple(connection.exec_driver_sql(question).one())
