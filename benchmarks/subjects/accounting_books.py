"""
python-accounting, by a posted `JournalEntry`, as its documentation shows.

It chains a hash through its ledger.  It has no key and no limits; the payer's balance is
asked of the account before anything moves.  A transaction is dated within the year that
runs, as its reporting period asks.
"""

from __future__ import annotations

from datetime import datetime

from python_accounting.database.session import get_session
from python_accounting.models import Account, Base, Currency, Entity, LineItem
from python_accounting.transactions import JournalEntry
from sqlalchemy import create_engine, event, select

from ..model import Place
from ..work import OPENING, POOL, WORDS, Gift, donation, gift, member


def _engine(place: Place) -> object:
    engine = create_engine(f"sqlite:///{place.file}")
    event.listen(engine, "connect", _on_connect)
    return engine


def _on_connect(connection: object, _: object) -> None:
    for pragma in ("journal_mode = WAL", "synchronous = FULL"):
        connection.execute(f"PRAGMA {pragma}")  # type: ignore[attr-defined]


def _now() -> datetime:
    return datetime.now()  # noqa: DTZ005 - it compares with times of no zone


def prepare(place: Place) -> None:
    """Make its tables, and the accounts."""
    engine = _engine(place)
    Base.metadata.create_all(engine)
    with get_session(engine) as session:
        entity = Entity(name="Benchmark")
        session.add(entity)
        session.commit()
        currency = Currency(name="Hours", code="HRS", entity_id=entity.id)
        session.add(currency)
        session.commit()
        for name in (POOL, *map(member, range(place.members))):
            session.add(
                Account(
                    name=name,
                    account_type=Account.AccountType.CURRENT_LIABILITY,
                    currency_id=currency.id,
                    entity_id=entity.id,
                )
            )
        session.commit()
    books = Books(place)
    for number in range(place.members):
        books.post(Gift(f"opening/{number}", POOL, member(number), OPENING))
    books.close()


class Books:
    """A session."""

    def __init__(self, place: Place) -> None:
        self.members = place.members
        self.session = get_session(_engine(place))
        self.entity = self.session.scalars(select(Entity)).one()
        self.session.entity = self.entity
        self.ids = dict(self.session.execute(select(Account.name, Account.id)).all())
        # a name is kept with a capital, as its models do
        self.ids = {name.lower(): id for name, id in self.ids.items()}

    def close(self) -> None:
        """Let go of the file."""
        self.session.close()

    def give(self, number: int) -> None:
        """One durable entry."""
        self._checked(gift(number, self.members))

    def donate(self, number: int) -> None:
        """The same, to the pool."""
        self._checked(donation(number, self.members))

    def _checked(self, one: Gift) -> None:
        payer = self.session.get(Account, self.ids[one.payer])
        # what a liability holds is a credit, which it counts as negative
        if -payer.closing_balance(self.session) < one.amount:
            raise ValueError(f"{one.payer} has less")
        self.post(one)

    def post(self, one: Gift) -> None:
        """Post a journal entry, which commits it."""
        session, entity = self.session, self.entity.id
        entry = JournalEntry(
            narration=WORDS,
            reference=one.key,
            transaction_date=_now(),
            account_id=self.ids[one.payee],
            entity_id=entity,
        )
        session.add(entry)
        session.flush()
        item = LineItem(
            narration=WORDS,
            account_id=self.ids[one.payer],
            amount=one.amount,
            entity_id=entity,
        )
        session.add(item)
        session.flush()
        entry.line_items.add(item)
        session.add(entry)
        entry.post(session)
