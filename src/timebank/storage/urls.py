"""
From a database URL to the store that understands it.
"""

from __future__ import annotations

from ..errors import BadUrl
from .memory import MemoryStore
from .protocol import Store


def open_store(url: str, *, create: bool = False) -> Store:
    """
    Return the store at *url*: ``memory:``, or ``sqlite:///path/to/file.db``.

    Args:
        url: The database.
        create: Whether to make the file and its tables where there are none.

    Raises:
        BadUrl: If no store understands it, or the file is not there.
    """
    if url == "memory:":
        return MemoryStore()
    if url.startswith("sqlite:"):
        # SQLAlchemy takes a second to import; the memory store needs none of it
        from .sqlite import open_sqlite  # noqa: PLC0415

        return open_sqlite(url, create=create)
    raise BadUrl(url)
