"""A standing that forgets answers as one that keeps everything, and keeps little."""

import gc
from datetime import UTC, datetime

import attrs
import pytest
from benchmarks.model import Place
from benchmarks.subjects import ours
from hypothesis import given, settings
from hypothesis import strategies as st

import timebank
from timebank import operations as ops
from timebank.entries import Entry, Recorded
from timebank.model import ISSUER, EntryId, Lot, Position, Posting
from timebank.proof.verify import PIECE, verify
from timebank.recalling import Memory
from timebank.scope import Needs, Series
from timebank.standing import Standing
from timebank.storage.protocol import Settings
from timebank.testing import append_to, folded, needs_to_append
from timebank.testing.comparing import differences
from timebank.testing.machine import KEYS
from timebank.testing.strategies import ACCOUNTS, DAYS, UNITS, next_entries, openings

from .places import EVERYWHERE, memory, sqlite

IN_PROCESS = {"memory": memory, "sqlite": sqlite}


@st.composite
def journals(draw):
    """Entries that may follow each other."""
    fold, entries = folded(openings()), openings()
    for _ in range(draw(st.integers(1, 12))):
        entry = draw(next_entries(fold, EntryId(f"e{len(entries)}")))
        fold.apply(entry, Position(fold.head + 1))
        entries.append(entry)
    return entries


def append(store, entries):
    store.create(Settings(name="home"))
    with store.turn("home") as turn:
        append_to(turn, turn.load(needs_to_append(entries)), entries, {})


def everything(entries):
    """All that can be asked, of entries to come too."""
    ids = frozenset(entry.id for entry in entries)
    return Needs(
        accounts=frozenset({*ACCOUNTS, ISSUER}),
        series=frozenset(
            Series(account, unit, *days)
            for account, unit in KEYS
            if account != "fund"
            for days in ((DAYS[1], DAYS[2]), (None, DAYS[0]), (None, None))
        ),
        ids=ids | {EntryId("void")},
        threads=ids,
        lots=frozenset(KEYS),
        lot_uses=ids,
        shifts=frozenset((account, day) for account in ACCOUNTS for day in DAYS),
        append_accounts=True,
    )


@pytest.mark.parametrize("place", IN_PROCESS.values(), ids=IN_PROCESS)
@given(entries=journals(), most=st.integers(0, 6))
@settings(deadline=None, max_examples=15)
def test_whatever_was_forgotten_is_answered_as_if_it_were_not(place, entries, most):
    fold = Standing()
    with place() as connect:
        store = connect()
        append(store, entries)
        with store.reading("home") as reading:
            memory = Memory(reading.past, most)
            standing = memory.begin()
            for position, entry in enumerate(entries, start=1):
                fold.apply(entry, Position(position))
                memory.take(standing, entry, Position(position))
                if position % 4 == 0:
                    assert differences(standing, fold, everything(entries)) == []
        store.close()


def entry(id, operation, *legs, target=None):
    return Entry(
        id=EntryId(id),
        operation=operation,
        effective_on=DAYS[1],
        recorded=Recorded(at=datetime(2024, 3, 1, tzinfo=UTC), on=DAYS[1]),
        actor="desk-1",
        policy="a policy",
        target=target,
        postings=legs,
    )


def leg(account, amount, **more):
    return Posting(account=account, unit=UNITS[0], amount=amount, **more)


ADA, BAI = ACCOUNTS[:2]
LOT = Lot(EntryId("lot"))
GIFT = ops.Give(payer=ADA, payee=BAI, unit=UNITS[0], amount=1)
EVENTFUL = [
    entry("ada", ops.OpenAccount(account=ADA)),
    entry("bai", ops.OpenAccount(account=BAI)),
    entry("lot", GIFT, leg(BAI, -5), leg(ADA, 5, lot=LOT)),
    entry(
        "served",
        ops.RecordService(
            provider=ADA, service_class="care", minutes=60, starts_at=540
        ),
    ),
    entry("spent", GIFT, leg(ADA, -2, lot=LOT), leg(BAI, 2)),
    entry("also", GIFT, leg(ADA, -1, lot=LOT), leg(BAI, 1)),
    entry("back", ops.Reverse(target="served"), target=EntryId("served")),
    entry("void", ops.VoidId(voided="late")),
]
"""What was there, and what became of it afterwards."""


@pytest.mark.parametrize("place", EVERYWHERE)
def test_what_came_afterwards_is_not_known_of_the_past(place):
    asked = everything([*EVENTFUL, entry("late", GIFT)]).beside_accounts
    with place() as connect:
        store = connect()
        append(store, EVENTFUL)
        with store.reading("home") as reading:
            for until in range(len(EVENTFUL) + 1):
                past = reading.past(asked, Position(until))
                assert differences(past, folded(EVENTFUL[:until]), asked) == [], until
        store.close()


@pytest.mark.parametrize("place", IN_PROCESS.values(), ids=IN_PROCESS)
def test_it_does_not_matter_when_it_forgot(place):
    asked = everything([*EVENTFUL, entry("late", GIFT)])
    with place() as connect:
        store = connect()
        append(store, EVENTFUL)
        with store.reading("home") as reading:
            for forgets_at in range(len(EVENTFUL)):
                memory = Memory(reading.past, len(EVENTFUL) * 9)
                standing = memory.begin()
                for position, each in enumerate(EVENTFUL, start=1):
                    if position == forgets_at:
                        Memory(reading.past, 0).tidy(standing)
                    memory.take(standing, each, Position(position))
                assert differences(standing, folded(EVENTFUL), asked) == []
        store.close()


STAYS = {"scope", "head", "adoptions", "accounts", "balances", "functions", "recall"}
STAYS |= {"_said"}  # of one operation, the last


def test_everything_is_forgotten_but_what_there_is_little_of():
    with memory() as connect:
        store = connect()
        append(store, EVENTFUL)
        with store.reading("home") as reading:
            keeping = Memory(reading.past)
            standing = keeping.begin()
            for position, each in enumerate(EVENTFUL, start=1):
                keeping.take(standing, each, Position(position))
            list(standing.events(ADA, UNITS[0], None, None))
            assert standing.known
            assert standing.history

            Memory(reading.past, 0).tidy(standing)

    names = {field.name for field in attrs.fields(Standing)} - STAYS
    assert {name for name in names if getattr(standing, name)} == set()


class Counting:
    """A view of a ledger that counts the entries in memory while they are asked for."""

    def __init__(self, reading):
        self.reading, self.most = reading, 0

    def __getattr__(self, name):
        return getattr(self.reading, name)

    def stored(self):
        for stored in self.reading.stored():
            if stored.position % PIECE == 0:
                self.most = max(self.most, entries_alive())
            yield stored


def entries_alive():
    # by type: there are things of others that say what they are only when they can
    return sum(type(each) is Entry for each in gc.get_objects())


@pytest.mark.slow
def test_an_audit_keeps_no_more_however_long_the_journal_is(tmp_path):
    place = Place(folder=tmp_path, members=10, entries=8 * PIECE)
    ours.prepare(place)
    gc.collect()
    before = entries_alive()
    with (
        timebank.open(f"sqlite:///{place.file}", ledger=ours.LEDGER, actor="a") as bank,
        bank.store.reading(bank.ledger) as reading,
    ):
        counting = Counting(reading)

        report = verify(counting, kept=PIECE)

    assert report.faults == ()
    assert report.entries > place.entries
    assert counting.most - before <= 3 * PIECE
