"""
The floor on SQLite: the same rows with the same keys and indexes by raw `sqlite3`.

Neither rules nor triggers nor foreign keys, one prepared connection, statements that the
driver keeps compiled.  What no library can go below, short of writing less.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from fcntl import LOCK_EX, LOCK_UN, flock
from hashlib import sha256
from json import loads
from typing import Final

from ..filling import (
    HEAD,
    bytes_per_entry,
    insertion,
    policy_of,
    without_triggers,
)
from ..kept import keep, kept, upsert
from ..model import Place
from ..rows import ENTRY, POSTING, After, Row, Scribe
from ..work import POOL, Gift, donation, gift
from . import ours

MOVE: Final = (
    "UPDATE timebank_balance SET free = free + ?, seq = seq + 1 WHERE ledger = 1 "
    "AND account = ? AND unit = 'hours' AND (? OR free + ? >= 0) RETURNING free, seq"
)
TAKE_HEAD: Final = (
    "UPDATE timebank_head SET position = position + ? WHERE ledger = 1 "
    "RETURNING position"
)
ADD_ENTRY: Final = insertion("timebank_entry", ENTRY)
ADD_POSTING: Final = insertion("timebank_posting", POSTING)
BUSY_SECONDS: Final = 60.0


def prepare(place: Place) -> None:
    """Make the books that timebank would make, and take its triggers away."""
    ours.prepare(place)
    if place.options.get("rules") == "programme":
        keep(place)
    with closing(sqlite3.connect(place.file)) as books:
        without_triggers(books)
        books.commit()


class Books:
    """One connection."""

    def __init__(self, place: Place) -> None:
        self.place, self.members = place, place.members
        self.books = sqlite3.connect(
            place.file, isolation_level=None, timeout=BUSY_SECONDS
        )
        self.books.execute("PRAGMA synchronous = FULL")
        self.books.execute("PRAGMA journal_mode = WAL")
        self.imports = place.options.get("rules") == "programme"
        self.scribe = Scribe("" if self.imports else policy_of(self.books))
        self.keeps_pool = place.options.get("pool") != "append"
        self.queue = None
        if place.options.get("queue"):
            self.queue = place.folder.joinpath("queue").open("ab")
        ((head,),) = self.books.execute(HEAD)
        self.kept = kept(place, head) if self.imports else None

    def close(self) -> None:
        """Let go of the file."""
        self.books.close()
        if self.queue:
            self.queue.close()

    def give(self, number: int) -> None:
        """One durable entry, from one member to another."""
        self._write([gift(number, self.members)])

    def donate(self, number: int) -> None:
        """One durable entry, from a member to the pool."""
        self._write([donation(number, self.members)])

    def give_many(self, number: int) -> None:
        """As many gifts in one transaction as the place says."""
        size = self.place.size
        numbers = range(number * size, (number + 1) * size)
        self._write([gift(n, self.members) for n in numbers])

    def _write(self, several: list[Gift]) -> None:
        if self.queue:
            flock(self.queue, LOCK_EX)
        books = self.books
        books.execute("BEGIN IMMEDIATE")
        ((last,),) = books.execute(TAKE_HEAD, (len(several),))
        postings: list[Row] = []
        entries: list[Row] = []
        for position, one in enumerate(several, start=last - len(several) + 1):
            payer = self._moved(one.payer, -one.amount)
            payee = self._moved(one.payee, one.amount)
            postings += self.scribe.postings(position, one, payer, payee)
            entries.append(self.scribe.entry(position, one))
        books.executemany(ADD_POSTING, postings)
        books.executemany(ADD_ENTRY, entries)
        books.execute("COMMIT")
        if self.queue:
            flock(self.queue, LOCK_UN)

    def _moved(self, account: str, amount: int) -> After:
        if account == POOL and not self.keeps_pool:
            return None
        values = (amount, account, account == POOL, amount)
        ((free, seq),) = self.books.execute(MOVE, values)
        return free, seq

    def load(self, _: int) -> None:
        """Write the rows that timebank wrote, in one transaction, one call a table."""
        if self.kept is None:
            raise ValueError("nothing was kept to be loaded")
        books = self.books
        books.execute("PRAGMA cache_size = -65536")
        books.execute("BEGIN IMMEDIATE")
        books.executemany(ADD_POSTING, self.kept.postings)
        books.executemany(ADD_ENTRY, self.kept.entries)
        books.executemany(upsert("?"), self.kept.balances)
        books.execute("UPDATE timebank_head SET position = ?", [self.kept.head])
        books.execute("COMMIT")

    def balance(self, number: int) -> int:
        """Return a balance of now."""
        ((free,),) = self.books.execute(
            "SELECT free FROM timebank_balance WHERE ledger = 1 AND account = ? "
            "AND unit = 'hours'",
            (gift(number, self.members).payer,),
        )
        return int(free)

    def balance_as_of(self, number: int) -> int:
        """Return a balance as of a position."""
        one, last = gift(number, self.members), max(1, self.place.entries)
        found = self.books.execute(
            "SELECT free_after FROM timebank_posting WHERE ledger = 1 AND account = ? "
            "AND unit = 'hours' AND position <= ? ORDER BY position DESC, line DESC "
            "LIMIT 1",
            (one.payer, 1 + number % last),
        ).fetchone()
        return int(found[0]) if found else 0

    def statement(self, number: int) -> int:
        """Return how many lines there are on a page of a statement: 50."""
        one, last = gift(number, self.members), max(1, self.place.entries)
        lines = self.books.execute(
            "SELECT p.position, p.line, e.id, e.kind, p.day, e.recorded_on, p.amount, "
            "p.bucket, p.rule, p.free_after, p.held_after FROM timebank_posting p "
            "JOIN timebank_entry e ON e.ledger = p.ledger AND e.position = p.position "
            "WHERE p.ledger = 1 AND p.account = ? AND p.unit = 'hours' "
            "AND (p.position, p.line) > (?, 0) ORDER BY p.position, p.line LIMIT 50",
            (one.payer, number % last),
        )
        return len(lines.fetchall())

    def verify(self, _: int) -> None:
        """Fetch, decode, hash, and compare with the columns."""
        wrong = sum(
            not _agrees(row)
            for row in self.books.execute(
                "SELECT position, id, effective_on, body FROM timebank_entry "
                "ORDER BY position"
            )
        )
        sums = self.books.execute(
            "SELECT SUM(amount) FROM timebank_posting GROUP BY unit"
        )
        if wrong or any(total for (total,) in sums):
            raise ValueError(f"{wrong} entries differ from their bodies")

    def bytes_per_entry(self) -> int:
        """Return how much room an entry takes."""
        return bytes_per_entry(self.place)

    def fold(self, _: int) -> None:
        """Let the engine add up every account."""
        self.books.execute(
            "SELECT account, unit, SUM(amount) FROM timebank_posting "
            "GROUP BY account, unit"
        ).fetchall()


def _agrees(row: tuple[int, str, str, str]) -> bool:
    _, id, day, body = row
    table = loads(body)
    sha256(body.encode()).digest()
    return bool(table["id"] == id and table["effective_on"] == day)
