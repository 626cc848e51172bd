"""Many processes write one file: nothing is lost, doubled or starved."""

from collections import Counter
from datetime import date

import pytest

import timebank
from timebank.storage.sidecar import TURN_SECONDS
from timebank.testing.races import POLICY

from .writers import nursery

DAY = date(2024, 3, 1)
NAMES = ("north", "south", "east", "west")
SECONDS = 2.0
SHARE_MIN = 1 / 5
"""The least part of the mean that a writer gets; with an unfair lock one got a thousandth."""


@pytest.fixture(scope="module")
def afternoon(tmp_path_factory):
    """Books that four processes wrote for a while, and what each of them was told."""
    url = f"sqlite:///{tmp_path_factory.mktemp('races') / 'books.db'}"
    with timebank.create(url, ledger="home", actor="desk-1") as bank:
        bank.adopt(POLICY, on=DAY)
        bank.open_account("ada", on=DAY)
    with nursery() as writers:
        told = writers.round(url, dict.fromkeys(NAMES, 0), SECONDS)
    with timebank.open(url, ledger="home", actor="desk-1") as bank:
        yield bank, told


@pytest.mark.slow
def test_what_each_process_was_told_is_there_once(afternoon):
    bank, told = afternoon

    recorded = Counter(entry.id for _, entry in bank.entries() if entry.actor in NAMES)

    assert recorded == Counter(id for each in told for id in each.ids)
    assert bank.balance("ada", "points").free == recorded.total()


@pytest.mark.slow
def test_the_books_that_several_processes_wrote_are_sound(afternoon):
    bank, _ = afternoon

    assert bank.verify(decide_again=True).faults == ()


@pytest.mark.slow
def test_every_process_gets_its_share(afternoon):
    _, told = afternoon
    turns = Counter(each.writer for each in told)
    worst = max(each.seconds for each in told)
    print(f"turns: {dict(turns)}; worst wait {worst * 1000:.0f} ms")

    assert min(turns[name] for name in NAMES) >= SHARE_MIN * turns.total() / len(NAMES)
    assert worst < TURN_SECONDS


@pytest.mark.slow
def test_what_was_recorded_at_once_stands_together(afternoon):
    bank, told = afternoon
    places = {entry.id: position for position, entry in bank.entries()}

    for each in told:
        first = places[each.ids[0]]
        assert [places[id] - first for id in each.ids] == list(range(len(each.ids)))
