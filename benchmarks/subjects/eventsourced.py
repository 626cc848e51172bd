"""
eventsourcing, as its documentation says to use it, with what it has for speed.

An account is an aggregate with a balance, a gift an aggregate under a key (a UUID made of
it, so that it is taken once), and one `save` records all three events at once.  Aggregates
are kept in its cache, and not brought up to date from the database where one process alone
writes.  With ``aggregates = one`` a gift is all that is recorded:
nobody's balance is kept, or looked at.
"""

from __future__ import annotations

from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5

from attrs import evolve
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import IntegrityError
from psycopg.conninfo import conninfo_to_dict

from ..model import Place
from ..work import DAY, OPENING, POOL, WORDS, Gift, donation, gift, member

ATTEMPTS_MAX: Final = 50
CHUNK: Final = 200


class Account(Aggregate):
    """A member, or the pool."""

    @event("Opened")
    def __init__(self, name: str, balance: int, limited: bool) -> None:  # noqa: FBT001
        self.name = name
        self.balance = balance
        self.limited = limited

    @staticmethod
    def create_id(name: str) -> UUID:
        """Return the id that follows from the name."""
        return uuid5(NAMESPACE_URL, f"/accounts/{name}")

    @event("Moved")
    def move(self, amount: int, key: str) -> None:  # noqa: ARG002 - kept in the event
        """Take in an amount."""
        if self.limited and self.balance + amount < 0:
            raise ValueError(f"{self.name} would have less than nothing")
        self.balance += amount


class Entry(Aggregate):
    """A gift."""

    @event("Recorded")
    def __init__(  # noqa: PLR0913, PLR0917 - a gift
        self, key: str, payer: str, payee: str, amount: int, day: str, words: str
    ) -> None:
        self.key = key
        self.payer = payer
        self.payee = payee
        self.amount = amount
        self.day = day
        self.words = words

    @staticmethod
    def create_id(key: str) -> UUID:
        """Return the id that follows from the key."""
        return uuid5(NAMESPACE_URL, f"/entries/{key}")


class Bank(Application):
    """The books."""

    def give(self, several: list[Gift]) -> None:
        """Record gifts, all or nothing."""
        accounts: dict[str, Account] = {}
        entries = []
        for one in several:
            for name in (one.payer, one.payee):
                if name not in accounts:
                    accounts[name] = self.repository.get(Account.create_id(name))
            accounts[one.payer].move(-one.amount, one.key)
            accounts[one.payee].move(one.amount, one.key)
            entries.append(_entry(one))
        self.save(*entries, *accounts.values())

    def note(self, several: list[Gift]) -> None:
        """Record gifts alone."""
        self.save(*map(_entry, several))


def _entry(one: Gift) -> Entry:
    entry: Entry = Entry(*one, DAY.isoformat(), WORDS)
    return entry


def _application(place: Place) -> Bank:
    cache = {"AGGREGATE_CACHE_MAXSIZE": str(place.members + 1)}
    if place.options.get("clients", "one") == "one":
        cache["AGGREGATE_CACHE_FASTFORWARD"] = "n"
    if not place.url:
        return Bank(
            env={
                "PERSISTENCE_MODULE": "eventsourcing.sqlite",
                "SQLITE_DBNAME": str(place.file),
                **cache,
            }
        )
    where = conninfo_to_dict(place.url)
    return Bank(
        env={
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "POSTGRES_DBNAME": str(where["dbname"]),
            "POSTGRES_HOST": str(where["host"]),
            "POSTGRES_PORT": str(where.get("port", 5432)),
            "POSTGRES_USER": str(where["user"]),
            "POSTGRES_PASSWORD": "none",
            **cache,
        }
    )


def prepare(place: Place) -> None:
    """Make the accounts."""
    bank = _application(place)
    names = [POOL, *map(member, range(place.members))]
    for first in range(0, len(names), CHUNK):
        bank.save(
            *(
                Account(name, OPENING, name != POOL)
                for name in names[first : first + CHUNK]
            )
        )
    bank.close()
    books = Books(evolve(place, size=CHUNK))
    for chunk in range(-(-place.entries // CHUNK)):
        books.give_many(chunk)
    books.close()


class Books:
    """An application."""

    def __init__(self, place: Place) -> None:
        self.place, self.members = place, place.members
        self.bank = _application(place)
        one = place.options.get("aggregates") == "one"
        self.record = self.bank.note if one else self.bank.give

    def close(self) -> None:
        """Let go of the database."""
        self.bank.close()

    def give(self, number: int) -> None:
        """One durable gift."""
        self._recorded([gift(number, self.members)])

    def donate(self, number: int) -> None:
        """One durable gift to the pool."""
        self._recorded([donation(number, self.members)])

    def give_many(self, number: int) -> None:
        """As many gifts in one transaction as the place says."""
        size = self.place.size
        numbers = range(number * size, (number + 1) * size)
        self._recorded([gift(n, self.members) for n in numbers])

    def _recorded(self, several: list[Gift]) -> None:
        """Record them, again where somebody else wrote first."""
        for attempt in range(ATTEMPTS_MAX):
            try:
                self.record(several)
            except IntegrityError:
                if attempt + 1 == ATTEMPTS_MAX:
                    raise
            else:
                return

    def replay(self, _: int) -> None:
        """Read every event, and fold it."""
        balances: dict[str, int] = {}
        first = 1
        while notifications := self.bank.recorder.select_notifications(first, 1_000):
            for notification in notifications:
                stored = self.bank.mapper.to_domain_event(notification)
                if isinstance(stored, Account.Moved):
                    key = str(stored.originator_id)
                    balances[key] = balances.get(key, 0) + stored.amount
            first = notifications[-1].id + 1
