"""Books are copied from database to database while a crowd uses them, and are the same."""

import sys
import time
from contextlib import closing
from subprocess import PIPE, Popen
from threading import Event

import pytest

from timebank.copying import copy_ledger
from timebank.operations import RecordService
from timebank.storage.urls import open_store
from timebank.testing import run_at_once

from ..postgres import database
from ..writers import environment
from .books import DATABASES, sqlite
from .crowd import ACCOUNTS, DAY, IN_LOTS, LEDGER
from .faults import chapters
from .market import ANYTHING, amiss, look_into, open_market, orders


@pytest.mark.slow
def test_books_in_use_are_copied_there_and_back_and_are_the_same(people, survived):
    interruptions = copied = 0
    for chance, seconds in chapters(share=0.2):
        with database() as url, sqlite() as file, database() as back:
            open_market(url, policy=IN_LOTS)
            crowded = orders(url, chance, seconds, processes=2, ops=ANYTHING)
            over = Event()

            def use():
                try:
                    return people.run(*crowded)  # noqa: B023
                finally:
                    over.set()  # noqa: B023

            def copy():
                broken = 0
                while not over.is_set():  # noqa: B023
                    broken += interrupted(url, file, chance)  # noqa: B023
                return broken

            told, broken = run_at_once([use, copy])
            for source, target in ((url, file), (file, back)):
                whole(source, target).raise_if_faulty()

            assert bodies_at(url) == bodies_at(file) == bodies_at(back)
            assert amiss(url, told, total=None) == {}
            interruptions += broken
            copied += len(bodies_at(back))
    survived(interruptions, entries=copied)


@pytest.mark.slow
@pytest.mark.parametrize("place", DATABASES, ids=lambda place: place.__name__)
def test_a_copy_that_is_killed_goes_on_where_it_was(place, survived):
    kills = resumed = 0
    for chance, seconds in chapters(share=0.3 / len(DATABASES)):
        with sqlite() as file, place() as there:
            open_market(file)
            with look_into(file) as bank:
                for part in range(ENTRIES // BATCH):
                    bank.batch(
                        [serve(bank, f"{part}/{number}") for number in range(BATCH)]
                    )
            open_store(there, create=True).close()
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                before = len(bodies_at(there)) if has_begun(there) else 0
                kills += killed_after(chance.randint(0, STEPS_MAX), file, there)
                resumed += 0 < before < ENTRIES

            whole(file, there).raise_if_faulty()

            assert bodies_at(there) == bodies_at(file)
    survived(kills, resumed=resumed)


ENTRIES = 1000
BATCH = 500
STEP = 5
STEPS_MAX = ENTRIES // STEP // 3
"""How many steps a copy makes at most before it is killed; all take three times as many."""

COPYING = """
import sys
from timebank.copying import copy_ledger
from timebank.operations import RecordService
from timebank.storage.urls import open_store
source, target = map(open_store, sys.argv[2:4])
print(flush=True)
copy_ledger(
    source,
    target,
    sys.argv[1],
    batch=int(sys.argv[4]),
    progress=lambda done, of: print(done, flush=True),
)
"""


def serve(bank, id):
    service = RecordService(provider=ACCOUNTS[0], service_class="care", minutes=60)
    return bank.request(service, on=DAY, id=id)


def has_begun(url):
    with closing(open_store(url)) as store:
        return LEDGER in store.ledgers()


def killed_after(steps, *places):
    """Copy in a process of its own and kill it; return whether it was not done by then."""
    command = [sys.executable, "-c", COPYING, LEDGER, *places, str(STEP)]
    with Popen(command, env=environment(), stdout=PIPE) as process:
        for _ in range(1 + steps):  # the first line says that all is loaded
            if not process.stdout.readline():
                assert process.wait() == 0
                return False
        process.kill()  # which goes on meanwhile, so that it dies anywhere in a step
    return process.returncode != 0


class Interrupted(Exception):
    """What stops a copy between two batches."""


def interrupted(source, target, chance):
    """Copy, and stop somewhere on the way, or not; return whether it was stopped."""

    def tell(_done, _of):
        if chance.random() < 0.3:
            raise Interrupted

    try:
        copied = whole(source, target, batch=chance.randint(1, 30), progress=tell)
    except Interrupted:
        return True
    assert copied.faults == ()
    return False


def whole(source, target, **how):
    with (
        closing(open_store(source)) as from_,
        closing(open_store(target, create=True)) as to,
    ):
        return copy_ledger(from_, to, LEDGER, **how)


def bodies_at(url):
    with closing(open_store(url)) as store, store.reading(LEDGER) as reading:
        return list(reading.bodies())
