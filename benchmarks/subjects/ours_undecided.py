"""
timebank's own statements with entries that were written down by hand: nothing is decided.

What is between this and the floor is what its statements, its locks and its guards take;
what is between this and timebank is what it takes to decide.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from timebank.entries import Entry, Recorded
from timebank.model import AccountId, EntryId, Position, Posting
from timebank.operations import Donate, Give
from timebank.retries import again
from timebank.scope import Needs
from timebank.storage.urls import open_store

from ..model import Place
from ..work import DAY, WORDS, Gift, donation, gift
from .ours import ACTOR, LEDGER, prepare, url_of

__all__ = ["Books", "prepare"]

UNIT: Final = "hours"


class Books:
    """An open store."""

    def __init__(self, place: Place) -> None:
        self.members = place.members
        self.store = open_store(url_of(place))
        self.zone = ZoneInfo(self.store.settings(LEDGER).time_zone)
        with self.store.reading(LEDGER) as reading:
            self.policy = reading.adoptions()[-1].hash

    def close(self) -> None:
        """Let go of the database."""
        self.store.close()

    def give(self, number: int) -> None:
        """One durable entry, from one member to another."""
        one = gift(number, self.members)
        given = Give(
            payer=one.payer,
            payee=one.payee,
            unit=UNIT,
            amount=one.amount,
            purpose=WORDS,
        )
        self._record(one, given, rule="give")

    def donate(self, number: int) -> None:
        """One durable entry, from a member to the pool."""
        one = donation(number, self.members)
        donated = Donate(payer=one.payer, unit=UNIT, amount=one.amount, purpose=WORDS)
        self._record(one, donated, rule="donate")

    def _record(self, one: Gift, operation: Give | Donate, *, rule: str) -> None:
        at = datetime.now(UTC)
        legs = (one.payer, -one.amount), (one.payee, one.amount)
        entry = Entry(
            id=EntryId(one.key),
            operation=operation,
            effective_on=DAY,
            recorded=Recorded(at=at, on=at.astimezone(self.zone).date()),
            actor=ACTOR,
            policy=self.policy,
            postings=tuple(
                Posting(account=AccountId(account), unit=UNIT, amount=amount, rule=rule)
                for account, amount in legs
            ),
        )
        needs = Needs(
            accounts={AccountId(account) for account, _ in legs},
            ids={entry.id},
        )

        @again
        def once() -> None:
            with self.store.turn(LEDGER) as turn:
                standing = turn.load(needs)
                taken = standing.apply(entry, Position(standing.head + 1))
                turn.append([taken], {}, last=True)

        once()
