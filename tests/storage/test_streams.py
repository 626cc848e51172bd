"""What streams from a database is let go of by whoever stops reading, too."""

import gc
import warnings
from datetime import date

import psycopg
import pytest

import timebank
from timebank import Bank
from timebank.errors import StoreUnreachable
from timebank.storage.memory import MemoryStore
from timebank.storage.protocol import Settings
from timebank.testing.races import POLICY

from .places import EVERYWHERE, watched

DAY = date(2024, 3, 1)
HOME = Settings(name="home")


@pytest.fixture(params=EVERYWHERE)
def bank(request):
    with request.param() as connect:
        store = connect()
        store.create(HOME)
        with Bank(store=store, settings=HOME, actor="desk-1") as bank:
            bank.adopt(POLICY, on=DAY)
            yield bank


def test_a_reader_that_stops_early_leaves_nothing_open(bank):
    position, _ = next(bank.entries())

    assert position == 1
    assert len(list(bank.entries())) > 1


def test_a_reader_that_fails_leaves_nothing_open(bank):
    def read():
        for _ in bank.entries():
            raise LookupError

    with pytest.raises(LookupError):
        read()

    assert bank.verify().faults == ()


def test_several_readers_may_stop_early_in_one_view(bank):
    with bank.store.reading("home") as reading:
        firsts = [next(reading.entries()) for _ in range(3)]

    assert len(firsts) == 3


def test_what_was_not_read_to_its_end_is_closed_with_the_view(bank):
    if isinstance(bank.store, MemoryStore):
        return  # which has nothing open
    streams = watched(bank.store)

    with bank.store.reading("home") as reading:
        kept = [reading.entries(), reading.bodies()]
        for each in kept:
            next(each)
        assert [each.closed for each in streams] == [False, False]

    assert [each.closed for each in streams] == [True, True]


@pytest.mark.parametrize("begun", [False, True], ids=["at once", "in a transaction"])
def test_a_server_that_is_lost_leaves_no_cursor_behind(postgresql_url, begun):
    with timebank.create(postgresql_url, ledger="home", actor="desk") as bank:
        bank.adopt(POLICY, on=DAY)

        def read():
            with bank.store.reading("home") as reading:
                if begun:
                    list(reading.entries())
                lose(reading.link, postgresql_url)
                list(reading.entries())

        with pytest.raises(StoreUnreachable):
            read()
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            gc.collect()

    assert [str(each.message) for each in warned] == []


def lose(link, url):
    """Have the server end the connection of *link*, and wait until it has."""
    process = link.lent.driver_connection.info.backend_pid
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 20000)", [process])
