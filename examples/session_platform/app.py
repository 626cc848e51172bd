"""
A platform on SQLAlchemy: the night's run books the day's shifts, rows and entries as one.

`play` plans some shifts, books them twice, and shows what became of each;
``python examples/platforms.py session`` runs it.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any, Final, TypeVar

from sqlalchemy import Engine, create_engine, event, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

import timebank
from timebank import Bank, Outcome, Refusal, Request
from timebank.errors import (
    BadUrl,
    NoLedger,
    RetryTransaction,
    SchemaUnknown,
    may_begin_again,
)
from timebank.messages import Language, finding_text
from timebank.operations import RecordService

LEDGER: Final = "session"
ATTEMPTS_MAX: Final = 5
"""How often a transaction that met another is begun before the run gives up."""
PAUSE_SECONDS_MAX: Final = 0.2

T = TypeVar("T")

# ---------------------------------------------------------------- the platform's table


class Table(DeclarativeBase):
    """The platform's own tables; timebank's stand beside them."""


class Shift(Table):
    """
    A shift at the station.

    It is ``served`` until it was booked, and then ``booked``, with the position of its
    entry, or ``refused``, with the reasons.
    """

    __tablename__ = "session_shift"

    id: Mapped[int] = mapped_column(primary_key=True)
    volunteer: Mapped[str]
    service_class: Mapped[str]
    minutes: Mapped[int]
    served_on: Mapped[str]
    state: Mapped[str] = mapped_column(default="served")
    position: Mapped[int | None]
    reasons: Mapped[str | None]


# ---------------------------------------------------------------- its database


def open_bank(url: str) -> Bank:
    """Return the books, made and given their policy if this is the first time."""
    try:
        return timebank.open(url, ledger=LEDGER, actor="night-run")
    except (BadUrl, NoLedger, SchemaUnknown):
        bank = timebank.create(url, ledger=LEDGER, actor="night-run")
        bank.adopt(timebank.programme("guangzhou"), on=date(2025, 1, 2), id="adopt/1")
        return bank


def open_engine(url: str) -> Engine:
    """Return the platform's own way to the same database."""
    if not url.startswith("sqlite:"):
        return create_engine(url.replace("postgresql:", "postgresql+psycopg:", 1))
    engine = create_engine(url)
    event.listen(engine, "connect", _never_late)
    event.listen(engine, "begin", _begin)
    return engine


def _never_late(connection: Any, _: object) -> None:  # noqa: ANN401 - the driver's
    # left to itself the driver begins a transaction late, and for a savepoint not at all
    connection.isolation_level = None


def _begin(connection: Any) -> None:  # noqa: ANN401 - SQLAlchemy's
    # whoever will write waits for its turn here, and not when it is too late to wait
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def in_transaction(sessions: sessionmaker[Session], work: Callable[[Session], T]) -> T:
    """
    Do *work* in one transaction, and all of it again where it met another.

    Raises:
        RetryTransaction: If it did so `ATTEMPTS_MAX` times; nothing was recorded.
    """
    attempt = 1
    while True:
        try:
            with sessions.begin() as session:
                return work(session)
        except (RetryTransaction, DBAPIError) as error:
            if attempt == ATTEMPTS_MAX or not may_begin_again(error):
                raise
        time.sleep(random.uniform(0, PAUSE_SECONDS_MAX))  # noqa: S311 - no secret
        attempt += 1


# ---------------------------------------------------------------- the night's run


def book(session: Session, bank: Bank) -> Sequence[Shift]:
    """
    Book every shift that was served, as one batch, and write beside it what came of it.

    Each stands on its own: one that is refused holds up no other.
    """
    waiting = select(Shift).where(Shift.state == "served").order_by(Shift.id)
    # two runs at once: the second finds nothing left
    shifts = session.scalars(waiting.with_for_update()).all()
    books = bank.within(session)
    verdicts = books.batch([request(books, shift) for shift in shifts], atomic=False)
    units, names = books.units(), books.names()
    for shift, verdict in zip(shifts, verdicts, strict=True):
        match verdict:
            case Outcome():
                shift.state, shift.position = "booked", verdict.position
            case Refusal():
                shift.state = "refused"
                shift.reasons = "; ".join(
                    finding_text(
                        finding, language=Language.EN, units=units, names=names
                    )
                    for finding in verdict.findings
                )
    return shifts


def request(bank: Bank, shift: Shift) -> Request:
    """Return what is asked of *bank* for *shift*; its id says which shift it is."""
    service = RecordService(
        provider=shift.volunteer,
        service_class=shift.service_class,
        minutes=shift.minutes,
    )
    return bank.request(
        service, on=date.fromisoformat(shift.served_on), id=f"shift/{shift.id}"
    )


# ---------------------------------------------------------------- a day


def plan(session: Session, shifts: Iterable[Shift]) -> None:
    """Keep *shifts*, unless they are there from an earlier run of this example."""
    for shift in shifts:
        if session.get(Shift, shift.id) is None:
            session.add(shift)


def served(id: int, volunteer: str, minutes: int) -> Shift:
    """Return a shift that was served on the first of March."""
    return Shift(
        id=id,
        volunteer=volunteer,
        service_class="care",
        minutes=minutes,
        served_on="2025-03-01",
    )


def play(url: str) -> None:
    """Book a day's shifts, twice, and show them."""
    with open_bank(url) as bank:
        engine = open_engine(url)
        Table.metadata.create_all(engine)
        sessions = sessionmaker(engine, expire_on_commit=False)
        joined = date(2025, 1, 2)
        bank.open_account("gz-001", on=joined, id="open/gz-001")
        day = [served(1, "gz-001", 170), served(2, "gz-999", 60)]
        in_transaction(sessions, lambda session: plan(session, day))
        for run in ("first", "second"):
            shifts = in_transaction(sessions, lambda session: book(session, bank))
            print(f"the {run} run booked {len(shifts)} shifts")
            for shift in shifts:
                print(f"    shift {shift.id}: {shift.state}", end=" ")
                print(shift.reasons or f"at position {shift.position}")
        print(f"gz-001 has {bank.balance('gz-001', 'points').free} points")
        print(f"the audit finds {bank.verify().faults or 'no fault'}")
        engine.dispose()
