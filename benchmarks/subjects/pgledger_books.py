"""
pgledger, which is SQL: its functions move amounts, its tables keep balances and versions.

A clone of it is named by ``--pgledger``; nothing of it is kept here.  An account does not
go below zero, which it checks itself; it has no key, and the words go into its metadata.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import psycopg
from psycopg.types.json import Jsonb

from ..model import Place
from ..work import DAY, OPENING, POOL, WORDS, Gift, donation, gift, member

FILES: Final = (
    "vendor/scoville-pgsql-ulid/ulid-to-uuid.sql",
    "vendor/scoville-pgsql-ulid/uuid-to-ulid.sql",
    "pgledger.sql",
)
MOVE: Final = "SELECT id FROM pgledger_create_transfer(%s, %s, %s, %s, %s)"
MOVE_MANY: Final = (
    "SELECT COUNT(*) FROM pgledger_create_transfers(CAST(%s AS transfer_request[]), "
    "%s, %s)"
)


def prepare(place: Place) -> None:
    """Make its tables, and the accounts."""
    if "pgledger" not in place.options:
        raise ModuleNotFoundError("pgledger")
    clone = Path(place.options["pgledger"])
    with psycopg.connect(place.url) as books:
        for file in FILES:
            books.execute((clone / file).read_text("utf-8").encode())
        books.execute("SELECT pgledger_create_account(%s, 'h')", [POOL])
        for number in range(place.members):
            books.execute(
                "SELECT pgledger_create_account(%s, 'h', FALSE)", [member(number)]
            )
        accounts = _accounts(books)
        for number in range(place.members):
            moved = (accounts[POOL], accounts[member(number)], OPENING, DAY, None)
            books.execute(MOVE, moved)


def _accounts(books: psycopg.Connection) -> dict[str, str]:
    rows = books.execute("SELECT name, id FROM pgledger_accounts_view")
    return dict(rows.fetchall())


class Books:
    """One connection, which commits every statement."""

    def __init__(self, place: Place) -> None:
        self.place, self.members = place, place.members
        self.books = psycopg.connect(place.url, autocommit=True, prepare_threshold=2)
        self.accounts = _accounts(self.books)

    def close(self) -> None:
        """Hang up."""
        self.books.close()

    def give(self, number: int) -> None:
        """One durable transfer."""
        self._move(gift(number, self.members))

    def donate(self, number: int) -> None:
        """One durable transfer to the pool."""
        self._move(donation(number, self.members))

    def _move(self, one: Gift) -> None:
        payer, payee = self.accounts[one.payer], self.accounts[one.payee]
        self.books.execute(
            MOVE, (payer, payee, one.amount, DAY, Jsonb({"key": one.key, "for": WORDS}))
        )

    def give_many(self, number: int) -> None:
        """As many transfers in one call as the place says."""
        size = self.place.size
        several = [
            gift(n, self.members) for n in range(number * size, (number + 1) * size)
        ]
        moves = ",".join(
            f'"({self.accounts[one.payer]},{self.accounts[one.payee]},{one.amount})"'
            for one in several
        )
        self.books.execute(MOVE_MANY, (f"{{{moves}}}", DAY, Jsonb({"for": WORDS})))
