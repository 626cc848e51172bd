"""
What it takes to decide, and to take in: calls of functions, which do not vary with the
machine.

An import decides a service some hundred thousand times; each call is some 50 ns of it.
"""

import cProfile
import pstats
from datetime import UTC, datetime

import pytest

import timebank
from timebank.decide import decide
from timebank.entries import Entry, Recorded
from timebank.model import EntryId
from timebank.operations import Give, RecordService
from timebank.policy.needs import needs_of
from timebank.scope import Needs
from timebank.standing import Standing

from .books import HEAD, TODAY, books

PLAIN = (
    HEAD
    + """
units = { hours = { scale = 60 } }
accounts = { member = { hours = { floor = -2 } } }
rules = { give = { on = "gift", unit = "hours" } }
"""
)
LIMITED = (
    HEAD
    + """
units = { hours = { scale = 60 } }
accounts = { member = { hours = { cap = 1000, excess = "drop" } } }
classes = { care = {} }
measures = { yearly = { sum = "hours", window = "year" } }
flags = { much = { when = { yearly = { above = 500 } }, for = "team" } }

[rules.hours]
on = "service"
unit = "hours"
limits = { day = { at_most = 20, excess = "drop" }, month = { at_most = 200 } }
"""
)
RECORDED = Recorded(at=datetime(2024, 6, 3, 12, tzinfo=UTC), on=TODAY)
GIFT = Give(payer="ada", payee="ben", unit="hours", amount=1)
SERVICE = RecordService(provider="ada", service_class="care", minutes=90)


def calls(bank, operation):
    """
    Return how many calls of functions *operation* takes, and how many legs it moves.

    It is decided, and taken in as the next one in a batch sees it.
    """
    requests = [
        bank.request(operation, on=TODAY, id=EntryId(f"e{n}")) for n in range(2)
    ]
    profile = cProfile.Profile()
    with bank.store.turn(bank.ledger) as turn:
        texts = {adoption.text for adoption in turn.adoptions()}
        for request in requests:  # the first makes the plan
            profile.clear()
            profile.enable()
            needs = needs_of(
                request.id,
                request.operation,
                request.effective_on,
                texts,
                today=TODAY,
            )
            profile.disable()
            standing = turn.load(needs)
            profile.enable()
            entry = decide(request, standing, RECORDED)
            assert isinstance(entry, Entry), entry
            standing.apply(entry, standing.head + 1)
            profile.disable()
    return pstats.Stats(profile).total_calls, len(entry.postings)


class Looked(dict):
    """What is looked up, and not looked through."""

    def __iter__(self):
        raise AssertionError("looked through")

    items = values = __iter__


def test_accounts_and_balances_in_memory_are_looked_up_and_not_looked_through():
    bank = books(PLAIN, members=("ada", "ben"))
    bank.post(GIFT, on=TODAY)
    fold = Standing()
    for position, entry in bank.entries():
        fold.apply(entry, position)
    fold.accounts, fold.balances = Looked(fold.accounts), Looked(fold.balances)

    part = fold.scoped(Needs(accounts={"ada", "nobody"}))

    assert part.accounts.keys() == part.balances.keys() == {"ada"}
    assert part.balances_of("ada") == fold.balances_of("ada") != {}


@pytest.fixture
def guangzhou():
    return books(timebank.programme("guangzhou"))


def test_a_gift_is_decided_and_taken_in_in_some_two_hundred_calls():
    taken, moved = calls(books(PLAIN), GIFT)

    assert moved == 2
    assert taken < 198


def test_a_service_under_a_programme_takes_some_three_hundred(guangzhou):
    taken, moved = calls(guangzhou, SERVICE)

    assert moved == 4
    assert taken < 268


def test_limits_and_measures_take_a_few_calls_for_each_entry_that_they_look_at():
    def taken(*, behind):
        bank = books(LIMITED, members=("ada",))
        day = TODAY.replace(day=1)
        bank.batch([bank.request(SERVICE, on=day) for _ in range(behind)])
        return calls(bank, SERVICE)[0]

    few, many = taken(behind=2), taken(behind=12)

    assert few < 496
    assert many - few <= 10 * 6  # each is in two windows and a measure
