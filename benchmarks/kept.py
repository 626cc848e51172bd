"""
What timebank writes for an import, kept so that the floor can write the very same rows.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from attrs import frozen

from .model import Place
from .rows import ENTRY, POSTING, Row
from .subjects import ours

BALANCE: Final = ("ledger", "free", "held", "seq", "account", "unit")


@frozen(kw_only=True)
class Kept:
    """
    Rows in memory.

    Args:
        postings: As columns of `rows.POSTING`.
        entries: As columns of `rows.ENTRY`.
        balances: As `BALANCE`, for every account.
        head: The last position.
    """

    postings: list[Row]
    entries: list[Row]
    balances: list[Row]
    head: int


def _folder(place: Place) -> Path:
    return place.folder.parent / f"kept-{place.size}-{place.members}"


def keep(place: Place) -> None:
    """Import with timebank into books beside those of *place*, on SQLite; once."""
    if _folder(place).exists():
        return
    other = Place(
        folder=_folder(place),
        members=place.members,
        size=place.size,
        options=place.options,
    )
    other.folder.mkdir()
    ours.prepare(other)
    books = ours.Books(other)
    books.load(0)
    books.close()


def kept(place: Place, head: int) -> Kept:
    """Return what timebank wrote behind position *head*."""
    theirs = sqlite3.connect(_folder(place) / "books.db")

    def after_head(table: str, columns: tuple[str, ...]) -> list[Row]:
        names = ", ".join(columns)
        return theirs.execute(
            f"SELECT {names} FROM timebank_{table} WHERE position > ? "  # noqa: S608 - our own table
            "ORDER BY position",
            [head],
        ).fetchall()

    names = ", ".join(BALANCE)
    balances = theirs.execute(f"SELECT {names} FROM timebank_balance").fetchall()  # noqa: S608 - our own table
    ((last,),) = theirs.execute("SELECT position FROM timebank_head")
    found = Kept(
        postings=after_head("posting", POSTING),
        entries=after_head("entry", ENTRY),
        balances=balances,
        head=last,
    )
    theirs.close()
    return found


def upsert(mark: str) -> str:
    """Return the statement that sets a balance."""
    marks = ", ".join([mark] * len(BALANCE))
    return (
        f"INSERT INTO timebank_balance ({', '.join(BALANCE)}) VALUES ({marks}) "  # noqa: S608 - our own columns
        "ON CONFLICT (ledger, account, unit) DO UPDATE SET free = excluded.free, "
        "held = excluded.held, seq = excluded.seq"
    )
