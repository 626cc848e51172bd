"""
What is wrong with a database, before it goes wrong with the books.

`examine` looks and changes nothing.  It says what it looked at, and each symptom with
the remedy; whether the books themselves are sound is `verify`'s to say.
"""

from __future__ import annotations

from sqlalchemy import Connection

from . import postgresql, sqlite
from .symptoms import Report, Sign, Symptom

__all__ = ["Report", "Sign", "Symptom", "examine"]

_LOOKING = {"postgresql": postgresql.examine, "sqlite": sqlite.examine}


def examine(connection: Connection) -> Report:
    """Return what is wrong with the database at the other end of *connection*."""
    return _LOOKING[connection.dialect.name](connection)
