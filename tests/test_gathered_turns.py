"""Threads that share a bank: what meets is decided in one turn, and each is told its own."""

import time
from contextlib import contextmanager
from datetime import UTC, date, datetime
from threading import Event

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from timebank import Bank, Outcome, PolicyInvalid, Refusal
from timebank.errors import BatchRefused, StoreBusy, StoreUnreachable
from timebank.model import Reason
from timebank.operations import (
    AdoptPolicy,
    Give,
    NoteRefusal,
    OpenAccount,
    RecordService,
    VoidId,
)
from timebank.storage.memory import MemoryStore
from timebank.storage.protocol import Settings
from timebank.testing.races import POLICY

from .storage.places import memory, postgresql, sqlite
from .test_gathering import PATIENCE, in_a_thread, until

DAY = date(2024, 3, 1)
MOMENT = datetime(2024, 3, 1, 4, tzinfo=UTC)


class Held:
    """A store whose turns wait to be let in, and fail as they are told."""

    shares_turns = True

    def __init__(self, store):
        self.store = store
        self.turns = 0
        self.gate = Event()
        self.gate.set()
        self.failures = []
        self.answers_lost = 0

    def __getattr__(self, name):
        return getattr(self.store, name)

    @contextmanager
    def turn(self, ledger):
        self.turns += 1
        assert self.gate.wait(PATIENCE)
        if self.failures and self.turns > 1:
            raise self.failures.pop()
        with self.store.turn(ledger) as turn:
            yield turn
        if self.answers_lost and self.turns > 1:
            self.answers_lost -= 1
            raise StoreUnreachable("it hung up")


def bank_on(store, **more):
    there = Settings(name="home", **more)
    store.create(there)
    bank = Bank(store=store, settings=there, actor="desk", clock=lambda: MOMENT)
    bank.adopt(POLICY, on=DAY)
    for member in ("ada", "bai"):
        bank.open_account(member, on=DAY, id=f"open/{member}")
    bank.record_service("ada", "care", 180, on=DAY, id="earned")
    return bank


def asked_together(bank, requests):
    """Return what each of *requests* came to, which queued in order behind another."""
    store = bank.store
    store.turns = 0
    store.gate.clear()
    first = bank.request(VoidId(voided="nothing"), on=DAY, id="first")
    told = []
    for place, request in enumerate((first, *requests)):
        told.append(in_a_thread(verdict, bank, request))
        until(lambda place=place: waiting(bank) == place and store.turns)
    store.gate.set()
    return [each.exception(PATIENCE) or each.result() for each in told[1:]]


def verdict(bank, request):
    return bank.batch([request], atomic=False)[0]


def waiting(bank):
    return len(bank._gathering._waiting)


def asked_alone(bank, requests):
    bank.batch([bank.request(VoidId(voided="nothing"), on=DAY, id="first")])
    return [bank.batch([request], atomic=False)[0] for request in requests]


def gift(bank, amount, id):
    given = Give(payer="ada", payee="bai", unit="points", amount=amount)
    return bank.request(given, on=DAY, id=id)


# ---------------------------------------------------------------- as if each were alone

OPERATIONS = st.one_of(
    st.builds(
        Give,
        payer=st.sampled_from(["ada", "bai", "chen"]),
        payee=st.sampled_from(["ada", "bai", "chen"]),
        unit=st.just("points"),
        amount=st.integers(1, 3),
    ),
    st.builds(
        RecordService,
        provider=st.sampled_from(["ada", "bai", "chen"]),
        service_class=st.just("care"),
        minutes=st.sampled_from([30, 60, 120]),
    ),
    st.just(OpenAccount(account="chen")),
    st.builds(VoidId, voided=st.sampled_from("12345")),
)
REQUESTS = st.lists(
    st.tuples(OPERATIONS, st.sampled_from("12345"), st.sampled_from(["ada", "desk"])),
    min_size=1,
    max_size=8,
)


def told(verdicts):
    """All of *verdicts* but how they were made."""
    return [
        (v.position, v.replayed, v.entry) if isinstance(v, Outcome) else v
        for v in verdicts
    ]


def kept(bank):
    """What was recorded since, but for the ids that notes of refusals draw by lot."""
    return [
        evolve(entry, id="a note")
        if isinstance(entry.operation, NoteRefusal)
        else entry
        for _, entry in bank.entries(after=bank.entry("earned").position)
    ]


@given(REQUESTS, st.booleans())
def test_who_shares_a_turn_is_told_what_it_would_be_told_alone(asked, keeps):
    together = bank_on(Held(MemoryStore()), keep_refusals=keeps)
    alone = bank_on(MemoryStore(), keep_refusals=keeps)
    requests = [
        together.request(operation, on=DAY, id=id, actor=actor)
        for operation, id, actor in asked
    ]

    found = asked_together(together, requests)

    assert told(found) == told(asked_alone(alone, requests))
    assert kept(together) == kept(alone)
    assert together.store.turns == 2
    assert together.verify(decide_again=True).faults == ()


@pytest.mark.parametrize(
    "place", [memory, sqlite, pytest.param(postgresql, marks=pytest.mark.slow)]
)
def test_what_meets_is_one_turn_and_each_is_told_its_own(place):
    with place() as connect, bank_on(Held(connect())) as bank:
        requests = [gift(bank, 1, f"gift/{number}") for number in range(5)]
        requests.append(gift(bank, 1, "gift/0"))
        requests.append(gift(bank, 2, "gift/1"))

        found = asked_together(bank, requests)

        assert bank.store.turns == 2
        outcomes = [v for v in found if isinstance(v, Outcome)]
        first = bank.entry("first").position
        places = [(o.position - first, o.replayed) for o in outcomes]
        assert places == [(1, False), (2, False), (3, False), (1, True)]
        reasons = [[f.reason for f in v.findings if f.refuses] for v in found[3:]]
        floor, conflict = [Reason.FLOOR], [Reason.ID_CONFLICT]
        assert reasons == [floor, floor, [], conflict]
        assert bank.verify(decide_again=True).faults == ()


@pytest.mark.parametrize(
    "place", [sqlite, pytest.param(postgresql, marks=pytest.mark.slow)]
)
def test_threads_that_share_a_bank_spend_a_balance_once(place):
    with place() as connect, bank_on(connect()) as bank:

        def spend(thread):
            # every third gift is the same for all
            whose = [thread if number % 3 else "all" for number in range(6)]
            gifts = [gift(bank, 1, f"{name}/{n}") for n, name in enumerate(whose)]
            return [verdict(bank, each) for each in gifts]

        told = [in_a_thread(spend, thread) for thread in range(8)]
        verdicts = [each for one in told for each in one.result(PATIENCE)]

        outcomes = [each for each in verdicts if isinstance(each, Outcome)]
        assert len({outcome.entry.id for outcome in outcomes}) == 3
        assert sum(not outcome.replayed for outcome in outcomes) == 3
        assert bank.balance("bai", "points").free == 3
        positions = [position for position, _ in bank.entries()]
        assert positions == list(range(1, len(positions) + 1))
        assert bank.verify(decide_again=True).faults == ()


# ---------------------------------------------------------------- what goes wrong


def test_what_is_raised_for_one_request_reaches_only_who_asked_it():
    bank = bank_on(Held(MemoryStore()))
    bad = bank.request(AdoptPolicy(text="nonsense", holds_from=DAY), on=DAY, id="bad")

    one, wrong, other = asked_together(
        bank, [gift(bank, 1, "one"), bad, gift(bank, 1, "other")]
    )

    assert isinstance(wrong, PolicyInvalid)
    assert not one.replayed
    assert not other.replayed
    assert bank.balance("bai", "points").free == 2
    assert bank.verify(decide_again=True).faults == ()


def test_a_turn_that_was_too_busy_is_tried_again_for_all():
    bank = bank_on(Held(MemoryStore()))
    bank.store.failures = [StoreBusy(1)] * (StoreBusy.tries_max - 1)

    found = asked_together(bank, [gift(bank, 1, "one"), gift(bank, 1, "other")])

    assert [verdict.replayed for verdict in found] == [False, False]


def test_a_store_that_stays_busy_is_told_to_each():
    bank = bank_on(Held(MemoryStore()))
    bank.store.failures = [StoreBusy(1) for _ in range(3 * StoreBusy.tries_max)]

    found = asked_together(bank, [gift(bank, 1, "one"), gift(bank, 1, "other")])

    assert [type(each) for each in found] == [StoreBusy, StoreBusy]
    assert found[0] is not found[1]
    assert bank.store.failures == []


def test_what_was_recorded_although_the_answer_was_lost_is_found_by_each():
    bank = bank_on(Held(MemoryStore()))
    bank.store.answers_lost = 1

    found = asked_together(bank, [gift(bank, 1, "one"), gift(bank, 1, "other")])

    assert [verdict.replayed for verdict in found] == [True, True]
    assert bank.balance("bai", "points").free == 2


# ---------------------------------------------------------------- what has its own turn


def test_a_batch_and_a_bank_that_meets_nobody_have_turns_of_their_own():
    bank = bank_on(Held(MemoryStore()))
    bank.store.turns = 0

    with pytest.raises(BatchRefused):
        bank.batch([gift(bank, 99, "one")])
    bank.batch([gift(bank, 1, "one"), gift(bank, 1, "two")], atomic=False)
    bank.batch([gift(bank, 1, "three")])
    refusal = bank.batch([gift(bank, 1, "four")], atomic=False)[0]

    assert isinstance(refusal, Refusal)
    assert bank.store.turns == 4


def test_in_memory_a_reading_holds_up_turns_and_nobody_waits_for_another_there():
    store = MemoryStore()
    bank = bank_on(store)

    def serve(id):
        return bank.record_service("ada", "care", 60, on=DAY, id=id)

    def read_and_serve():
        with store.reading("home"):
            other = in_a_thread(serve, "other")
            time.sleep(0.05)  # by which it waits for this reading
            serve("own")
        return other.result(PATIENCE)

    outcome = in_a_thread(read_and_serve).result(PATIENCE)

    assert outcome.position == bank.entry("own").position + 1
