"""
The floor on PostgreSQL: the same rows with the same keys and indexes in one round trip.

One psycopg pipeline sends BEGIN, the locks in order of id, one statement that moves the
balances, takes the position and inserts, and COMMIT.  Neither rules nor triggers.
"""

from __future__ import annotations

from hashlib import sha256
from json import loads
from typing import Final

import psycopg

from ..filling import HEAD, bytes_per_entry, copy_into, policy_on_server
from ..kept import keep, kept, upsert
from ..model import Place
from ..rows import ENTRY, POSTING, Scribe
from ..work import POOL, Gift, donation, gift
from . import ours

LOCK: Final = (
    "SELECT account FROM timebank_balance WHERE ledger = 1 AND account = ANY (%s) "
    "AND unit = 'hours' ORDER BY account FOR NO KEY UPDATE"
)
WRITE: Final = f"""
WITH paid AS (
    UPDATE timebank_balance SET free = free - %(amount)s, seq = seq + 1
    WHERE ledger = 1 AND account = %(payer)s AND unit = 'hours' AND free >= %(amount)s
    RETURNING free, seq
), got AS (
    UPDATE timebank_balance SET free = free + %(amount)s, seq = seq + 1
    WHERE ledger = 1 AND account = %(payee)s AND unit = 'hours' AND %(kept)s
    AND EXISTS (SELECT 1 FROM paid) RETURNING free, seq
), taken AS (
    UPDATE timebank_head SET position = position + 1
    WHERE ledger = 1 AND EXISTS (SELECT 1 FROM paid) RETURNING position
), written AS (
    INSERT INTO timebank_entry ({", ".join(ENTRY)})
    SELECT 1, position, %(id)s, %(kind)s, %(day)s, %(at)s, %(today)s, NULL, %(id)s,
        NULL, NULL, NULL, %(body)s FROM taken
)
INSERT INTO timebank_posting ({", ".join(POSTING)})
SELECT 1, taken.position, leg.line, leg.account, 'hours', 'free', leg.amount, NULL, NULL,
    %(rule)s, 0, %(day)s, taken.position, leg.seq, leg.free_after,
    CASE WHEN leg.seq IS NULL THEN NULL ELSE 0 END, leg.labels
FROM taken CROSS JOIN (
    SELECT 0 AS line, CAST(%(payer)s AS text) AS account, -%(amount)s AS amount,
        paid.seq AS seq, paid.free AS free_after, %(paying)s AS labels FROM paid
    UNION ALL
    SELECT 1, CAST(%(payee)s AS text), %(amount)s, (SELECT seq FROM got),
        (SELECT free FROM got), %(paid)s
) AS leg
"""  # noqa: S608 - our own columns


def prepare(place: Place) -> None:
    """Make the books that timebank would make, and take its triggers away."""
    ours.prepare(place)
    if place.options.get("rules") == "programme":
        keep(place)
    with psycopg.connect(place.url) as books:
        triggers = books.execute(
            "SELECT tgname, CAST(CAST(tgrelid AS regclass) AS text) FROM pg_trigger "
            "WHERE NOT tgisinternal"
        )
        for name, table in triggers.fetchall():
            books.execute(f"DROP TRIGGER {name} ON {table}".encode())


class Books:
    """One connection."""

    def __init__(self, place: Place) -> None:
        self.place, self.members = place, place.members
        self.books = psycopg.connect(place.url, autocommit=True, prepare_threshold=2)
        self.scribe = Scribe(policy_on_server(self.books))
        self.keeps_pool = place.options.get("pool") != "append"
        self.kept = None
        if place.options.get("rules") == "programme":
            found = self.books.execute(HEAD).fetchone()
            self.kept = kept(place, int(found[0]) if found else 0)

    def close(self) -> None:
        """Hang up."""
        self.books.close()

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
        touched = {id for one in several for id in (one.payer, one.payee)}
        locked = sorted(id for id in touched if id != POOL or self.keeps_pool)
        with self.books.pipeline():
            cursor = self.books.cursor()
            cursor.execute("BEGIN")
            cursor.execute(LOCK, [locked])
            for one in several:
                cursor.execute(WRITE, self._values(one))
            cursor.execute("COMMIT")

    def _values(self, one: Gift) -> dict[str, object]:
        _, _, id, kind, day, at, today, *_, body = self.scribe.entry(0, one)
        paying, paid = self.scribe.postings(0, one, None, None)
        return {
            "amount": one.amount,
            "payer": one.payer,
            "payee": one.payee,
            "kept": one.payee != POOL or self.keeps_pool,
            "id": id,
            "kind": kind,
            "day": day,
            "at": at,
            "today": today,
            "body": body,
            "rule": paying[POSTING.index("rule")],
            "paying": paying[-1],
            "paid": paid[-1],
        }

    def balance(self, number: int) -> int:
        """Return a balance of now."""
        found = self.books.execute(
            "SELECT free FROM timebank_balance WHERE ledger = 1 AND account = %s "
            "AND unit = 'hours'",
            [gift(number, self.members).payer],
        ).fetchone()
        return int(found[0]) if found else 0

    def balance_as_of(self, number: int) -> int:
        """Return a balance as of a position."""
        one, last = gift(number, self.members), max(1, self.place.entries)
        found = self.books.execute(
            "SELECT free_after FROM timebank_posting WHERE ledger = 1 AND account = %s "
            "AND unit = 'hours' AND position <= %s ORDER BY position DESC, line DESC "
            "LIMIT 1",
            [one.payer, 1 + number % last],
        ).fetchone()
        return int(found[0]) if found else 0

    def statement(self, number: int) -> int:
        """Return how many lines there are on a page of a statement: 50."""
        one, last = gift(number, self.members), max(1, self.place.entries)
        lines = self.books.execute(
            "SELECT p.position, p.line, e.id, e.kind, p.day, e.recorded_on, p.amount, "
            "p.bucket, p.rule, p.free_after, p.held_after FROM timebank_posting p "
            "JOIN timebank_entry e ON e.ledger = p.ledger AND e.position = p.position "
            "WHERE p.ledger = 1 AND p.account = %s AND p.unit = 'hours' "
            "AND p.position >= %s ORDER BY p.position, p.line LIMIT 50",
            [one.payer, number % last],
        )
        return len(lines.fetchall())

    def verify(self, _: int) -> None:
        """Fetch, decode, hash, and compare with the columns."""
        wrong = 0
        with psycopg.connect(self.place.url) as books, books.cursor("bodies") as cursor:
            cursor.itersize = 1_000
            cursor.execute(
                "SELECT id, effective_on, body FROM timebank_entry ORDER BY position"
            )
            for id, day, body in cursor:
                table = loads(body)
                sha256(body.encode()).digest()
                wrong += table["id"] != id or table["effective_on"] != day
        if wrong:
            raise ValueError(f"{wrong} entries differ from their bodies")

    def bytes_per_entry(self) -> int:
        """Return how much room an entry takes."""
        return bytes_per_entry(self.place)

    def fold(self, _: int) -> None:
        """Let the server add up every account."""
        self.books.execute(
            "SELECT account, unit, SUM(amount) FROM timebank_posting "
            "GROUP BY account, unit"
        ).fetchall()

    def load(self, _: int) -> None:
        """Copy the rows that timebank wrote, keys and indexes kept up meanwhile."""
        if self.kept is None:
            raise ValueError("nothing was kept to be loaded")
        with self.books.transaction():
            copy_into(self.books, "timebank_posting", POSTING, self.kept.postings)
            copy_into(self.books, "timebank_entry", ENTRY, self.kept.entries)
            self.books.cursor().executemany(upsert("%s"), self.kept.balances)
            self.books.execute(
                "UPDATE timebank_head SET position = %s", [self.kept.head]
            )
