"""
From a database URL to the store that understands it.
"""

from __future__ import annotations

from typing import Final

from ..errors import BadUrl, ExtraMissing
from .memory import MemoryStore
from .protocol import Store

POSTGRESQL: Final = ("postgresql://", "postgres://", "postgresql+psycopg://")
"""How the URL of a PostgreSQL database may begin."""


def open_store(url: str, *, create: bool = False) -> Store:
    """
    Return the store at *url*.

    One of ``memory:``, ``sqlite:///path/to/file.db`` and ``postgresql://HOST/DATABASE``.

    Args:
        url: The database.
        create: Whether to make the file and its tables where there are none.

    Raises:
        BadUrl: If no store understands it, or nothing is there.
        ExtraMissing: If the database's driver is not installed.
    """
    if url == "memory:":
        return MemoryStore()
    if url.startswith("sqlite:"):
        # SQLAlchemy takes a second to import; the memory store needs none of it
        from .sqlite import open_sqlite  # noqa: PLC0415

        return open_sqlite(url, create=create)
    if url.startswith(POSTGRESQL):
        try:
            from .postgresql import open_postgresql  # noqa: PLC0415
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] != "psycopg":
                raise
            raise ExtraMissing("postgresql", "psycopg") from error
        return open_postgresql(url, create=create)
    raise BadUrl(url)
