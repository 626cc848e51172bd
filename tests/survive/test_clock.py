"""A clock that is stepped back and forth changes nothing about order, limits or sums."""

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve

from timebank import Bank, Outcome
from timebank.bank import utc_now
from timebank.errors import BatchRefused
from timebank.storage.memory import MemoryStore
from timebank.storage.protocol import Settings
from timebank.testing.races import POLICY

from ..writers import Told, asked
from .books import DATABASES, DAY, DESK, amiss, furnish, make, open_books
from .faults import chapters

TURNS = 80
STEPS = (
    timedelta(seconds=40),
    timedelta(0),
    timedelta(milliseconds=-1),
    timedelta(hours=-1),
    timedelta(days=-1),
    timedelta(days=366),
    timedelta(days=-366),
)
FARTHEST = (
    datetime(1970, 1, 1, tzinfo=UTC),
    datetime(1969, 7, 20, 20, 17, tzinfo=UTC),
    datetime(2262, 4, 12, tzinfo=UTC),
    # the last moment of a day in Shanghai
    datetime(2024, 3, 1, 15, 59, 59, 999_999, tzinfo=UTC),
)
SUMMER = POLICY.replace("floor = 0", "floor = 0, cap = 6").replace(
    "2024-01-01", "2024-06-01"
)


class Clock:
    """A clock that goes as *chance* would have it; `back` counts its steps back."""

    def __init__(self, chance):
        self.chance = chance
        self.walk = self.last = datetime(2030, 1, 1, tzinfo=UTC)
        self.back = 0

    def __call__(self):
        self.walk += self.chance.choice(STEPS)
        far = self.chance.random() < 0.1
        now = self.chance.choice(FARTHEST) if far else self.walk
        self.back += now < self.last
        self.last = now
        return now


@contextmanager
def in_memory(clock):
    settings = Settings(name="home")
    store = MemoryStore()
    store.create(settings)
    with Bank(store=store, settings=settings, actor=DESK) as bank:
        furnish(bank)
        yield evolve(bank, clock=clock)


def in_database(place):
    @contextmanager
    def opened(clock):
        with place() as url:
            make(url)
            with open_books(url, clock=clock) as bank:
                yield bank

    return opened


OPENED = {"memory": in_memory} | {d.__name__: in_database(d) for d in DATABASES}


def ask(bank, seed, name, number):
    wanted = asked(seed, name, number)
    requests = [
        bank.request(operation, on=DAY, id=id, actor=name)
        for id, operation in wanted.items()
    ]
    try:
        done = bank.batch(requests, atomic=len(requests) > 1)
    except BatchRefused as error:
        done = error.refusals
    places = [v.position if isinstance(v, Outcome) else 0 for v in done]
    places += [0] * (len(requests) - len(places))
    return Told(name, tuple(wanted), tuple(places), 0.0)


@pytest.mark.slow
@pytest.mark.parametrize("opened", OPENED.values(), ids=OPENED.keys())
def test_a_clock_that_is_stepped_changes_no_law(opened, survived):
    back = recorded = 0
    for chance, _ in chapters(share=0.2 / len(OPENED)):
        clock, seed = Clock(chance), chance.random()
        with opened(clock) as bank:
            told = [ask(bank, seed, "north", number) for number in range(TURNS // 2)]
            evolve(bank, clock=utc_now).adopt(SUMMER, on=DAY)
            told += [ask(bank, seed, "south", number) for number in range(TURNS // 2)]

            positions = [p for each in told for p in each.positions if p]
            assert positions == sorted(positions)
            assert amiss(bank, told, seed) == {}
        back += clock.back
        recorded += len(positions)
    survived(back, recorded=recorded)
