"""
From a database URL to the store that understands it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from ..errors import BadUrl, ExtraMissing
from ..fields import unlike
from ..texts import Text
from .protocol import Store

if TYPE_CHECKING:
    from .database import Database
    from .schema import Profile

SQLITE: Final = "sqlite:"
"""How the URL of a SQLite file begins."""

POSTGRESQL: Final = ("postgresql://", "postgres://", "postgresql+psycopg://")
"""How the URL of a PostgreSQL database may begin."""


_URL: Final = Text(
    "a database as text, such as 'sqlite:///books.db'",
    "文字形式的数据库地址，如 'sqlite:///books.db'",
)


def kind_of(url: str, profile: Profile | None = None) -> str:
    """
    Return the kind of database at *url*, as SQLAlchemy calls it.

    Raises:
        BadUrl: If it is of no kind we know, or has no tables of that profile.
    """
    if not isinstance(url, str):
        raise unlike(url, _URL)
    if url.startswith(POSTGRESQL):
        return "postgresql"
    if not url.startswith(SQLITE):
        raise BadUrl(url)
    if profile not in {None, "guarded"}:
        raise BadUrl(
            url,
            Text(
                "tables in SQLite are always guarded", "SQLite 中的数据表总是带有防护"
            ),
        )
    return "sqlite"


def open_store(
    url: str, *, create: bool = False, profile: Profile | None = None
) -> Store:
    """
    Return the store at *url*.

    One of ``memory:``, ``sqlite:///path/to/file.db`` and ``postgresql://HOST/DATABASE``.

    Args:
        url: The database.
        create: Whether to make the file and its tables where there are none.
        profile: With what tables are made; guarded by default.

    Raises:
        BadUrl: If no store understands it, or there is no such file.
        StoreUnreachable: If its server does not answer.
        ExtraMissing: If the database's driver is not installed.
    """
    # each imports what it alone needs: the memory store no SQLAlchemy
    if url == "memory:":
        from .memory import MemoryStore  # noqa: PLC0415

        return MemoryStore()
    if kind_of(url, profile) == "sqlite":
        from .sqlite import open_sqlite  # noqa: PLC0415

        return open_sqlite(url, create=create)
    with driver("postgresql", "psycopg"):
        from .postgresql import open_postgresql  # noqa: PLC0415
        from .schema import Profile  # noqa: PLC0415
    chosen = Profile.GUARDED if profile is None else profile
    return open_postgresql(url, create=create, profile=chosen)


def open_database(url: str) -> Database:
    """
    Return the database at *url*, whatever is in it.

    Raises:
        BadUrl: If it is in memory or of no kind we know, or there is no such file.
        StoreUnreachable: If its server does not answer.
        ExtraMissing: If the database's driver is not installed.
    """
    if kind_of(url) == "sqlite":
        from .sqlite import sqlite_database  # noqa: PLC0415

        return sqlite_database(url)
    with driver("postgresql", "psycopg"):
        from .postgresql import postgresql_database  # noqa: PLC0415
    return postgresql_database(url)


@contextmanager
def driver(extra: str, package: str) -> Iterator[None]:
    """
    Import what stands on an optional *package*.

    Raises:
        ExtraMissing: If it is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != package:
            raise
        raise ExtraMissing(extra, package) from error
    except ImportError as error:
        # it is there and cannot run, as psycopg without the library that it stands on
        if package not in f"{error.name} {error}" and "pq wrapper" not in str(error):
            raise
        raise ExtraMissing(extra, package) from error
