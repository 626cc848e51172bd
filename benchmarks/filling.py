"""
Big books, filled by the floor's own hand: a million entries in a minute instead of an hour.

Only members' balances move, so only their cached balances, the head and the rows of facts
are written.  PostgreSQL's triggers look on, once for each chunk.  SQLite's ask about each entry,
which takes as long as all else (20 µs of 50), and wait until the books are full.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Final

import psycopg

from .model import Place
from .rows import ENTRY, LEDGER, POSTING, Row, Scribe
from .work import gift

CHUNK: Final = 20_000
"""How many entries are held in memory at once."""

BALANCES: Final = "SELECT account, free, seq FROM timebank_balance"
HEAD: Final = "SELECT position FROM timebank_head"


def fill(place: Place) -> None:
    """Put as many gifts as *place* says behind what its books hold."""
    if place.url:
        _fill_postgresql(place)
    else:
        _fill_sqlite(place)


def insertion(table: str, columns: tuple[str, ...], mark: str = "?") -> str:
    """Return the statement that inserts a row."""
    marks = ", ".join([mark] * len(columns))
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608 - our own table


class Running:
    """Balances as they run."""

    def __init__(self, rows: list[tuple[str, int, int]], policy: str) -> None:
        self.balances = {account: (free, seq) for account, free, seq in rows}
        self.scribe = Scribe(policy)

    def rows(self, place: Place, head: int) -> Iterator[tuple[list[Row], list[Row]]]:
        """Yield chunks of entries and of their postings."""
        entries: list[Row] = []
        postings: list[Row] = []
        for number in range(place.entries):
            one = gift(number, place.members)
            position = head + number + 1
            payer = self._moved(one.payer, -one.amount)
            payee = self._moved(one.payee, one.amount)
            entries.append(self.scribe.entry(position, one))
            postings += self.scribe.postings(position, one, payer, payee)
            if len(entries) == CHUNK:
                yield entries, postings
                entries, postings = [], []
        yield entries, postings

    def _moved(self, account: str, amount: int) -> tuple[int, int]:
        free, seq = self.balances[account]
        self.balances[account] = free + amount, seq + 1
        return self.balances[account]


def _fill_sqlite(place: Place) -> None:
    with closing(sqlite3.connect(place.file)) as books:
        books.execute("PRAGMA cache_size = -65536")
        books.execute("PRAGMA synchronous = OFF")
        running = Running(books.execute(BALANCES).fetchall(), policy_of(books))
        ((head,),) = books.execute(HEAD)
        triggers = without_triggers(books)
        for entries, postings in running.rows(place, head):
            books.executemany(insertion("timebank_posting", POSTING), postings)
            books.executemany(insertion("timebank_entry", ENTRY), entries)
            # else the log would grow as big as the books before any of it is in them
            books.commit()
        books.executemany(
            "UPDATE timebank_balance SET free = ?, seq = ? WHERE account = ?",
            [(free, seq, id) for id, (free, seq) in running.balances.items()],
        )
        books.execute("UPDATE timebank_head SET position = ?", (head + place.entries,))
        for trigger in triggers:
            books.execute(trigger)
        books.commit()
        # a sample of each index is enough to plan with, and all of them are gigabytes
        books.execute("PRAGMA analysis_limit = 1000")
        books.execute("ANALYZE")


def without_triggers(books: sqlite3.Connection) -> list[str]:
    """Take the triggers away; return what makes them again."""
    found = books.execute(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"
    ).fetchall()
    for name, _ in found:
        books.execute(f"DROP TRIGGER {name}")
    return [sql for _, sql in found]


def policy_of(books: sqlite3.Connection) -> str:
    """Return the hash of the policy that SQLite books were made with."""
    ((policy,),) = books.execute(
        "SELECT json_extract(body, '$.policy') FROM timebank_entry "
        "WHERE kind = 'allocation' LIMIT 1"
    )
    return str(policy)


def policy_on_server(books: psycopg.Connection) -> str:
    """Return the hash of the policy that books on PostgreSQL were made with."""
    found = books.execute(
        "SELECT CAST(body AS json) ->> 'policy' FROM timebank_entry "
        "WHERE kind = 'allocation' LIMIT 1"
    ).fetchone()
    return str(found[0]) if found else ""


def _fill_postgresql(place: Place) -> None:
    with psycopg.connect(place.url) as books:
        balances = books.execute(BALANCES).fetchall()
        running = Running(balances, policy_on_server(books))
        found = books.execute(HEAD).fetchone()
        head = int(found[0]) if found else 0
        for entries, postings in running.rows(place, head):
            copy_into(books, "timebank_posting", POSTING, postings)
            copy_into(books, "timebank_entry", ENTRY, entries)
        books.cursor().executemany(
            "UPDATE timebank_balance SET free = %s, seq = %s WHERE account = %s",
            [(free, seq, id) for id, (free, seq) in running.balances.items()],
        )
        books.execute(
            f"UPDATE timebank_head SET position = {head + place.entries}"  # noqa: S608 - a number
            f" WHERE ledger = {LEDGER}"
        )
    with psycopg.connect(place.url, autocommit=True) as books:
        books.execute("VACUUM ANALYZE")


def copy_into(
    books: psycopg.Connection, table: str, columns: tuple[str, ...], rows: list[Row]
) -> None:
    """Copy *rows* into a table."""
    statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
    with books.cursor().copy(statement.encode()) as copy:
        for row in rows:
            copy.write_row(row)


def bytes_per_entry(place: Place) -> int:
    """Return how much room an entry takes in all tables and indexes, without the log."""
    if not place.url:
        with closing(sqlite3.connect(place.file)) as books:
            ((pages,),) = books.execute("PRAGMA page_count")
            ((size,),) = books.execute("PRAGMA page_size")
            ((head,),) = books.execute(HEAD)
            return int(pages * size // head)
    with psycopg.connect(place.url) as server:
        found = server.execute(
            "SELECT CAST(SUM(pg_total_relation_size(oid)) AS bigint) "  # noqa: S608 - our own
            f"/ ({HEAD}) FROM pg_class "
            "WHERE relkind = 'r' AND relname LIKE 'timebank%'"
        ).fetchone()
        return int(found[0]) if found else 0
