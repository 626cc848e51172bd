"""
A database as it is, whatever schema it has: for setting it up and looking after it.

A store is opened on tables that are as they should be; what makes them so, or says what
is wrong with them, begins here.
"""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from .schema import Begin


@frozen(kw_only=True)
class Database:
    """
    A way into a database.

    Args:
        kind: SQLAlchemy's name of the kind of database.
        reading: Begins a transaction that only reads.
        writing: Begins a transaction that may change anything; nobody else writes.
        close: Lets go of connections and files.
    """

    kind: str
    reading: Begin
    writing: Begin
    close: Callable[[], None]
