"""Processes that fork while books are open."""

import fcntl
import os
import signal
import warnings
from contextlib import ExitStack, suppress
from datetime import date
from threading import Event, Thread

import pytest
from sqlalchemy import QueuePool, create_engine

import timebank
from timebank import forks
from timebank.errors import StoreForked
from timebank.gathering import Gathering
from timebank.storage.links import AtHand
from timebank.storage.sidecar import Sidecar
from timebank.testing.races import POLICY

DAY = date(2024, 3, 1)
SECONDS_MAX = 20
"""A child that waits for what never comes says nothing."""


class Child:
    """A child of this process, which does *work* and says what came of it."""

    def __init__(self, work):
        self._hears, self._tells = os.pipe()
        says, told = os.pipe()
        with warnings.catch_warnings():
            # of threads, which are what some of these are about
            warnings.simplefilter("ignore", DeprecationWarning)
            self._id = os.fork()
        if not self._id:
            signal.alarm(SECONDS_MAX)
            os.write(told, _said(work, self._hears).encode())
            os._exit(0)
        os.close(told)
        self._says = says

    def go_on(self):
        """Let it go on, where it waits for that."""
        os.write(self._tells, b"!")

    def said(self):
        """Wait for its end, and return what it said."""
        with os.fdopen(self._says) as said:
            text = said.read()
        os.waitpid(self._id, 0)
        os.close(self._hears)
        os.close(self._tells)
        return text


def _said(work, hears):
    try:
        return str(work(lambda: os.read(hears, 1)))
    except BaseException as error:  # noqa: BLE001 - told, and judged by the parent
        return type(error).__name__


def opened(url):
    return timebank.open(url, ledger="home", actor="desk-1")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    if request.param == "sqlite":
        found = f"sqlite:///{tmp_path / 'books.db'}"
    else:
        found = request.getfixturevalue("postgresql_url")
    with timebank.create(found, ledger="home", actor="desk-1") as bank:
        bank.adopt(POLICY, on=DAY)
    return found


def ids(url):
    with opened(url) as bank:
        assert bank.verify().sound
        return {entry.id for _, entry in bank.entries()}


@pytest.mark.parametrize("opens_anew", [False, True], ids=["same", "anew"])
def test_what_a_child_records_stays_when_its_parent_is_gone(url, opens_anew):
    bank = opened(url)
    assert not bank.verify().faults

    def work(wait):
        books = opened(url) if opens_anew else bank
        books.open_account("ada", on=DAY, id="open/ada")
        wait()
        return books.open_account("ben", on=DAY, id="open/ben").position

    child = Child(work)
    bank.close()
    child.go_on()

    assert int(child.said()) > 0
    assert ids(url) >= {"open/ada", "open/ben"}


def test_parent_and_children_write_at_once(url):
    with opened(url) as bank:

        def work(name):
            return [bank.open_account(f"{name}-{n}", on=DAY).entry.id for n in range(5)]

        children = [Child(lambda _, name=name: work(name)) for name in "abc"]
        recorded = [*work("parent"), *(id for c in children for id in eval(c.said()))]  # noqa: S307 - a list of ids

    assert len(recorded) == 20
    assert ids(url) >= {*recorded}


def test_a_file_that_was_in_use_is_refused_in_the_child(tmp_path):
    url = f"sqlite:///{tmp_path / 'books.db'}"
    with timebank.create(url, ledger="home", actor="desk-1") as bank:
        bank.adopt(POLICY, on=DAY)
        reader = bank.entries()
        next(reader)

        with_what_it_has = Child(lambda _: bank.open_account("ada", on=DAY)).said()
        anew = Child(lambda _: opened(url)).said()
        reader.close()
        when_nobody_uses_it = Child(lambda _: bank.open_account("ben", on=DAY).position)

        assert (with_what_it_has, anew) == ("StoreForked", "StoreForked")
        assert when_nobody_uses_it.said() == "3"
        assert bank.verify().sound


@pytest.mark.parametrize("kind", ["reading", "turn"])
def test_a_child_is_refused_the_transaction_that_it_was_forked_out_of(url, kind):
    with opened(url) as bank, ExitStack() as begun:
        view = begun.enter_context(getattr(bank.store, kind)("home"))
        assert view.head == 2

        def leaves(wait):
            with suppress(StoreForked):
                begun.close()
                return "left"
            wait()
            return bank.open_account("ada", on=DAY, id="open/ada").position

        asks, leaves = Child(lambda _: view.head), Child(leaves)
        assert asks.said() == "StoreForked"
        assert view.head == 2
        begun.close()
        leaves.go_on()

        # where the file is the parent's, so it is in the child for good
        assert leaves.said() == ("StoreForked" if url.startswith("sqlite") else "3")
        bank.open_account("ben", on=DAY, id="open/ben")
    assert "open/ben" in ids(url)


def test_a_child_that_reads_on_takes_nothing_from_its_parent(url):
    with opened(url) as bank:
        reader = bank.entries()
        next(reader)

        assert Child(lambda _: list(reader)).said() in {
            "StoreForked",
            "StoreUnreachable",
        }
        assert Child(lambda _: reader.close()).said() == "None"

        assert len(list(reader)) == 1
        assert bank.verify().sound


def test_a_pool_serves_however_often_a_process_forks(url):
    with opened(url) as bank:
        for _ in range(20):
            reader = bank.entries()
            next(reader)
            Child(lambda _: None).said()
            reader.close()

        assert Child(lambda _: bank.verify().entries).said() == "2"


def test_what_is_given_back_at_the_last_moment_stays_the_parents():
    at_hand = AtHand(
        create_engine("sqlite://", poolclass=QueuePool), is_there=lambda _: True
    )
    at_hand.before_fork()
    kept, idle = at_hand.take(), at_hand.take()
    parents = {kept.driver_connection, idle.driver_connection}
    at_hand.give_back(kept)
    at_hand.give_back(idle)

    at_hand.after_fork()

    childs = {at_hand.take().driver_connection for _ in range(2)}
    assert not parents & childs


def test_a_child_does_not_hold_its_parents_turn(tmp_path):
    url = f"sqlite:///{tmp_path / 'books.db'}"
    with timebank.create(url, ledger="home", actor="desk-1") as bank:
        with bank.store.turn("home"):
            child = Child(lambda wait: wait())

        bank.adopt(POLICY, on=DAY)

        child.go_on()
        assert child.said() == "b'!'"


def test_a_killed_parents_turn_is_not_held_by_its_child(tmp_path):
    url = f"sqlite:///{tmp_path / 'books.db'}"
    timebank.create(url, ledger="home", actor="desk-1").close()
    goes_on, stays = os.pipe()

    killed = os.fork()
    if not killed:
        with opened(url).store.turn("home"):
            if os.fork():
                os.kill(os.getpid(), signal.SIGKILL)
            os.close(stays)
            os.read(goes_on, 1)
            os._exit(0)
    os.waitpid(killed, 0)

    turn = Sidecar(tmp_path / "books.db")

    def hold():
        with turn():
            pass

    held = Thread(target=hold, daemon=True)
    held.start()
    held.join(5)
    os.close(stays)
    os.close(goes_on)
    assert not held.is_alive()


def test_a_child_that_leaves_a_turn_leaves_it_to_its_parent(tmp_path):
    turn = Sidecar(tmp_path / "books.db")
    with turn():
        (descriptor,) = (
            descriptor
            for descriptor, found in forks.files_open()
            if found == forks.file_at(turn.path)
        )

        def leave(_):
            fcntl.flock(descriptor, fcntl.LOCK_UN)
            os.close(descriptor)

        assert Child(leave).said() == "None"

        with open(turn.path, "rb") as other, pytest.raises(BlockingIOError):  # noqa: PTH123
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_child_waits_for_no_thread_that_it_does_not_have():
    gathering, busy, over = Gathering(), Event(), Event()

    def work(asked):
        busy.set()
        over.wait()
        return asked

    thread = Thread(target=lambda: gathering.ask("slow", work))
    thread.start()
    busy.wait()

    child = Child(lambda _: gathering.ask("quick", lambda asked: asked))
    said = child.said()
    over.set()
    thread.join()

    assert said == "quick"
