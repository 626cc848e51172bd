"""
Transactions that somebody else began: which of them can be joined, and which cannot.

A host's connection is set up as the host likes it.  What would silently break the promise
that its rows and our entries become true together is refused here, with the remedy.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection
from sqlalchemy.exc import InvalidRequestError, PendingRollbackError

from ..errors import CannotJoin, RetryTransaction

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

Check = Callable[[Connection], None]
"""Refuses a connection whose transaction cannot be joined; asked before every use."""

ANOTHER: Final = (
    "give the connection or session that the platform's own row goes through"
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
            f"{kind} is asynchronous", "await bank.within_async(…) instead"
        )
    if not callable(getattr(host, "connection", None)):
        raise CannotJoin(f"{kind} is no SQLAlchemy connection or session", ANOTHER)
    try:
        connection = host.connection()
    except PendingRollbackError as error:
        raise failed() from error
    except InvalidRequestError as error:
        raise CannotJoin(
            f"the session has no connection to give ({error})", ANOTHER
        ) from error
    if not isinstance(connection, Connection):
        raise CannotJoin(f"{kind} is no SQLAlchemy connection or session", ANOTHER)
    return connection


def failed() -> CannotJoin:
    """Return what is said of a transaction in which something of the host's went wrong."""
    return CannotJoin(
        "the transaction has failed: a statement before this one met an error",
        "roll it back, to a savepoint before that statement or altogether",
    )


def not_begun() -> CannotJoin:
    """Return what is said of a connection on which every statement commits by itself."""
    return CannotJoin(
        "the connection commits every statement by itself (autocommit)",
        "begin a transaction, without isolation_level='AUTOCOMMIT'",
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
            f"the connection is one to {found}, the books are in {dialect}", ANOTHER
        )
    if connection.closed:
        raise CannotJoin(
            "the connection is closed",
            "call within() again, in the transaction that is open",
        )
    if connection.invalidated:
        raise RetryTransaction("the host's connection was lost")
    if connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT":
        raise not_begun()
    return connection.connection.driver_connection


# ---------------------------------------------------------------- SQLite


def in_file(path: Path) -> Check:
    """Return what refuses a connection that books in the file *path* cannot join."""

    def joinable(connection: Connection) -> None:
        driver = usable(connection, "sqlite")
        # asked first, because it also has SQLAlchemy begin what it is set up to begin
        opened = connection.exec_driver_sql("PRAGMA database_list").all()[0][2]
        if not (opened and Path(opened).samefile(path)):
            there = opened or "a database in memory"
            raise CannotJoin(
                f"the connection is one to {there}, the books are in {path}", ANOTHER
            )
        # aiosqlite keeps the connection of the standard library inside its own
        driver = getattr(driver, "_conn", driver)
        autocommit = getattr(driver, "autocommit", None)  # new in Python 3.12
        late = driver.isolation_level is not None and autocommit not in (True, False)
        if late and connection.in_nested_transaction():
            raise CannotJoin(
                "Python's sqlite3, as it is set up, may commit this savepoint when it "
                "is released, whatever becomes of the transaction",
                "have the engine begin transactions itself (docs/how-to/embed.md)",
            )
        if not (driver.in_transaction or late):
            raise not_begun()

    return joinable


# ---------------------------------------------------------------- PostgreSQL


def in_postgresql(connection: Connection) -> None:
    """Refuse a connection that books in PostgreSQL cannot join."""
    driver = usable(connection, "postgresql")
    if getattr(driver, "autocommit", False):
        raise not_begun()
