"""
A server that dies loses nothing that a client was told: restarted, or replaced by its standby.
"""

import threading
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress

import pytest

from timebank.errors import StorageError

from ..postgres import started, wait_until
from ..proxy import relay
from .books import amiss, make, open_books, while_trading
from .faults import chapters

WAITING = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
BEGUN = 20
"""Entries after which traders are at work."""

CLIENT_SECONDS = 4.0
"""How long traders go on in a failover, which takes half a second of it."""


def head(server, url):
    """Return the position of the last entry."""
    name = url.rpartition("/")[2].partition("?")[0]
    return server.run("SELECT position FROM timebank_head", database=name)[0][0]


@pytest.mark.slow
def test_a_server_that_crashes_over_and_over_loses_nothing(survived):
    crashes = turns = 0
    server = started()

    def crash(trading):
        nonlocal crashes
        # slow machines would be at nothing but coming up again
        before = head(server, url)
        wait_until(lambda: trading.done() or head(server, url) > before)
        wait([trading], timeout=chance.uniform(0, 0.8))
        if chance.random() < 0.5:
            server.stop("immediate")
        else:
            server.kill()
        server.start()
        crashes += 1

    for chance, seconds in chapters():
        url, seed = server.new_database(), chance.random()
        make(url)
        told = while_trading(url, seconds, seed, crash)
        with open_books(url) as bank:
            assert amiss(bank, told, seed) == {}
        turns += len(told)
    server.stop()
    survived(crashes, told_turns=turns)


@contextmanager
def consumer(url):
    """Yield a list that grows by what a consumer reads, whoever serves it meanwhile."""
    seen, done = [], threading.Event()

    def read():
        last = None
        while True:
            enough = done.is_set()
            with suppress(StorageError), open_books(url) as bank:
                for position, entry in bank.entries(after=len(seen), last=last):
                    assert position == len(seen) + 1
                    seen.append((position, entry.id))
                    last = entry.id
                if enough:
                    return

    with ThreadPoolExecutor(1) as aside:
        reading = aside.submit(read)
        try:
            yield seen
        finally:
            done.set()
            reading.result(timeout=30)


def failover(chance):
    """Let a standby take over; return how many commits waited for it, and what was told."""
    primary, seed, waiting = started(tcp=True), chance.random(), []
    with relay(primary) as between:
        standby = primary.standby(synchronous=True, port=between.port)
        database = primary.new_database().rpartition("/")[2]
        make(primary.url(database))
        both = f"127.0.0.1:{primary.port},127.0.0.1:{standby.port}"
        url = f"postgresql://postgres@{both}/{database}?target_session_attrs=read-write"

        def take_over(trading):
            if primary.runs:
                wait_until(lambda: len(seen) > BEGUN)
                wait([trading], timeout=chance.uniform(0, CLIENT_SECONDS / 2))
                # who commits now waits for a standby that does not hear of it
                between.close()
                wait([trading], timeout=chance.uniform(0.1, 0.4))
                waiting.extend(primary.run(WAITING))
                primary.kill()
                standby.promote()
            wait([trading])

        with consumer(url) as seen:
            told = while_trading(url, CLIENT_SECONDS, seed, take_over)
    with open_books(url) as bank:
        assert amiss(bank, told, seed) == {}
        assert seen == [(position, entry.id) for position, entry in bank.entries()]
    standby.stop()
    return len(waiting), told


# SQLAlchemy leaves the cursor of a lost connection open, which psycopg remarks on
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.slow
def test_a_standby_takes_over_and_nothing_is_lost(survived):
    rounds = [failover(chance) for chance, _ in chapters()]
    waited = sum(number for number, _ in rounds)

    assert waited
    survived(
        len(rounds),
        commits_that_waited=waited,
        told_turns=sum(len(told) for _, told in rounds),
    )
