"""A turn that the store was too busy for is tried again, and not for ever."""

from contextlib import contextmanager
from datetime import date

import pytest

from timebank import Bank, Refused
from timebank.errors import StoreBusy, StoreFull, StoreUnreachable
from timebank.operations import OpenAccount
from timebank.storage.memory import MemoryStore
from timebank.storage.protocol import Settings
from timebank.testing.races import POLICY

DAY = date(2024, 3, 1)
HOME = Settings(name="home")


class Wayward(MemoryStore):
    """An honest store, except that some turns fail: as they begin, as they commit, or after."""

    def __init__(self):
        super().__init__()
        self.failures = []
        self.at_the_end = False
        self.answers_lost = 0
        self.turns = 0

    @contextmanager
    def turn(self, ledger):
        self.turns += 1
        failure = self.failures.pop(0) if self.failures else None
        if failure and not self.at_the_end:
            raise failure
        with super().turn(ledger) as turn:
            yield Failing(turn, failure) if failure else turn
        if self.answers_lost:
            self.answers_lost -= 1
            raise StoreUnreachable("it hung up")


class Failing:
    """A turn that fails as it commits, which it does with what it appends last."""

    def __init__(self, turn, failure):
        self.turn, self.failure = turn, failure

    def __getattr__(self, name):
        return getattr(self.turn, name)

    def append(self, several, privates, *, last):
        assert last
        self.turn.append(several, privates)
        raise self.failure


@pytest.fixture
def store():
    store = Wayward()
    store.create(HOME)
    Bank(store=store, settings=HOME, actor="desk-1").adopt(POLICY, on=DAY)
    store.turns = 0
    return store


@pytest.fixture
def bank(store):
    return Bank(store=store, settings=HOME, actor="desk-1")


@pytest.mark.parametrize("at_the_end", [False, True])
def test_a_turn_that_was_too_busy_is_tried_again(store, bank, at_the_end):
    store.failures, store.at_the_end = (
        [StoreBusy(1.0)] * (StoreBusy.tries_max - 1),
        at_the_end,
    )

    outcome = bank.open_account("ada", on=DAY, id="first", private={"name": "Ada"})

    assert not outcome.replayed
    assert store.turns == StoreBusy.tries_max
    assert [e.id for _, e in bank.entries()][2:] == ["first"]
    assert bank.private("first") == {"name": "Ada"}


def test_a_store_that_stays_busy_is_given_up(store, bank):
    store.failures = [StoreBusy(1.0)] * (StoreBusy.tries_max + 1)

    with pytest.raises(StoreBusy):
        bank.open_account("ada", on=DAY, id="first")

    assert store.turns == StoreBusy.tries_max
    assert [a.id for a in bank.accounts()] == ["issuer"]


def test_what_trying_again_cannot_help_is_tried_once(store, bank):
    store.failures = [StoreFull("disk")]

    with pytest.raises(StoreFull):
        bank.open_account("ada", on=DAY)

    assert store.turns == 1


def test_a_refusal_is_an_answer_and_not_tried_again(store, bank):
    with pytest.raises(Refused):
        bank.close_account("nobody", on=DAY, cause="leaving")

    assert store.turns == 1


def test_a_batch_that_comes_piece_by_piece_is_whole_when_it_is_tried_again(store, bank):
    store.failures, store.at_the_end = [StoreBusy(1.0)], True
    names = ["ada", "bai"]

    bank.batch(bank.request(OpenAccount(account=n), on=DAY, id=n) for n in names)

    assert [e.id for _, e in bank.entries()][2:] == names


def test_erasing_is_tried_again_too(store, bank):
    bank.open_account("ada", on=DAY, id="first", private={"name": "Ada"})
    store.failures = [StoreBusy(1.0)]

    assert bank.erase("first")


def test_what_a_turn_erased_whose_answer_was_lost_was_erased(store, bank):
    bank.open_account("ada", on=DAY, id="first", private={"name": "Ada"})
    store.answers_lost = 1

    assert bank.erase("first")
    assert not bank.erase("first")


def test_what_a_turn_recorded_whose_answer_was_lost_is_found(store, bank):
    store.answers_lost = 1

    assert bank.open_account("ada", on=DAY).replayed
    assert len(list(bank.entries())) == 3
