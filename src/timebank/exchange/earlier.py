"""
The rows of a sheet that were read so far: by id, the number of the first, and what it said.

They are in a file that the system takes back by itself, with 2 MB of it in memory: a sheet
may have a million rows, and which of them comes again is known only at the last.
"""

from __future__ import annotations

import sqlite3

from attrs import define, field, frozen


@frozen
class Before:
    """
    A row that was read before.

    Args:
        number: Its number in the file.
        said: A hash of what it asks; for as long as this process lives.
    """

    number: int
    said: int


def _nowhere() -> sqlite3.Connection:
    rows = sqlite3.connect("", isolation_level=None)
    rows.execute("PRAGMA journal_mode = OFF")
    rows.execute(
        "CREATE TABLE row (id TEXT PRIMARY KEY, number INTEGER, said INTEGER) "
        "WITHOUT ROWID"
    )
    rows.execute("BEGIN")
    return rows


@define
class Earlier:
    """Rows by id."""

    _rows: sqlite3.Connection = field(factory=_nowhere, init=False)

    def take(self, id: str, number: int, said: int) -> Before | None:
        """Remember a row, unless another of that *id* was read before: return that."""
        taken = self._rows.execute(
            "INSERT OR IGNORE INTO row VALUES (?, ?, ?)", (id, number, said)
        )
        if taken.rowcount:
            return None
        ((first, what),) = self._rows.execute(
            "SELECT number, said FROM row WHERE id = ?", (id,)
        )
        return Before(first, what)

    def close(self) -> None:
        """Forget them."""
        self._rows.close()
