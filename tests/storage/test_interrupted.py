"""Whoever is interrupted, wherever that is, keeps nothing that others wait for."""

import errno
import gc
import os
import signal
import sys
import time
from contextlib import contextmanager, suppress
from datetime import date
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import pytest

import timebank
from timebank.errors import StoreBusy, StoreDamaged
from timebank.operations import VoidId
from timebank.storage import sidecar
from timebank.testing.races import POLICY

from .places import guarded_url

DAY = date(2024, 3, 1)
OURS = str(Path(timebank.__file__).parent)


class Interrupted(KeyboardInterrupt):
    """As from somebody who waits no longer."""


def interrupted_at(step, work):
    """
    Do *work*; where Python would deliver a signal for that many-th time, raise `Interrupted`.

    It does so as a function begins, and after a call of what is written in C.

    Returns:
        Whether it came to that.
    """
    left = step

    def deliver(frame, event, _):
        nonlocal left
        # another's code may hold on to what it took, and let go of it with its last name
        name = frame.f_code.co_filename
        if event in ("call", "c_return") and (OURS in name or "contextlib" in name):
            left -= 1
            if left == 0:
                raise Interrupted

    sys.setprofile(deliver)
    try:
        work()
    except Interrupted:
        return True
    finally:
        sys.setprofile(None)
    return left <= 0


@contextmanager
def sqlite_url():
    with TemporaryDirectory(prefix="timebank-") as folder:
        yield f"sqlite:///{folder}/books.db"


@contextmanager
def postgresql_url():
    with guarded_url() as url:
        yield f"{url}{'&' if '?' in url else '?'}options={quote('-c lock_timeout=1s')}"


def interrupted_within(module, step, work):
    """
    Do *work*; raise `Interrupted` before the many-th thing the interpreter does in *module*.

    No signal comes at most of these places, but what looks on, as a debugger does, may
    raise there too.

    Returns:
        Whether it came to that.
    """
    left = step

    def look_on(frame, event, _):
        nonlocal left
        if frame.f_code.co_filename != module.__file__:
            return None
        frame.f_trace_opcodes = True
        left -= event == "opcode"
        if left == 0:
            raise Interrupted
        return look_on

    sys.settrace(look_on)
    try:
        work()
    except Interrupted:
        return True
    finally:
        sys.settrace(None)
    return left <= 0


@pytest.mark.parametrize(
    "place", [sqlite_url, pytest.param(postgresql_url, marks=pytest.mark.slow)]
)
def test_a_writer_that_is_interrupted_anywhere_holds_nobody_up(place, monkeypatch):
    monkeypatch.setattr(sidecar, "TURN_SECONDS", 0)
    with (
        place() as url,
        timebank.create(url, ledger="home", actor="a") as bank,
        timebank.open(url, ledger="home", actor="b") as other,
    ):
        bank.adopt(POLICY, on=DAY)
        step, there_was = 0, True
        while there_was:
            step += 1
            ask = partial(bank.void, f"late/{step}", on=DAY, id=f"{step}")

            there_was = interrupted_at(step, ask)

            other.void(f"other/{step}", on=DAY)
            assert ask().replayed or there_was
        assert bank.verify().sound
        # a connection that was on its way to whoever was interrupted goes back to the
        # pool when it is let go of, which has to be before that is closed
        gc.collect()
    assert step > 100


def test_a_turn_in_memory_that_is_interrupted_anywhere_is_whole_or_nothing():
    with timebank.create("memory:", ledger="home", actor="a") as bank:
        bank.adopt(POLICY, on=DAY)
        step, there_was = 0, True
        while there_was:
            step += 1
            void, private = VoidId(voided=f"late/{step}"), {"name": "ada"}
            ask = partial(bank.post, void, on=DAY, id=f"{step}", private=private)
            there_was = interrupted_at(step, ask)

            ids = [entry.id for _, entry in bank.entries()]
            assert (bank.private(f"{step}") is not None) == (f"{step}" in ids)
            assert ask().replayed == (f"{step}" in ids)
        assert bank.verify().sound
        # a connection that was on its way to whoever was interrupted goes back to the
        # pool when it is let go of, which has to be before that is closed
        gc.collect()
    assert step > 100


@pytest.mark.parametrize(
    "raised",
    [SystemExit(1), LookupError(), TimeoutError()],
    ids=lambda e: type(e).__name__,
)
def test_who_is_called_away_while_waiting_lets_others_have_the_turn(
    raised, tmp_path, monkeypatch
):
    def call_away(*_):
        raise raised

    monkeypatch.setattr(sidecar, "TURN_SECONDS", 1)
    turn = sidecar.Sidecar(tmp_path / "books.db")
    before = signal.signal(signal.SIGALRM, call_away)
    try:
        with turn():
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            with pytest.raises(type(raised)) as caught, turn():
                pytest.fail("nobody else may have the turn")
    finally:
        signal.signal(signal.SIGALRM, before)

    assert caught.value is raised
    # to whoever still waits the system gives the lock first
    time.sleep(0.05)
    with turn():
        pass


def test_who_is_interrupted_anywhere_while_waiting_lets_others_have_the_turn(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(sidecar, "TURN_SECONDS", 0.05)
    turn = sidecar.Sidecar(tmp_path / "books.db")

    def wait():
        with suppress(StoreBusy), turn():
            pytest.fail("nobody else may have the turn")

    step, there_was = 0, True
    while there_was:
        step += 1
        with turn():
            there_was = interrupted_at(step, wait)
        with turn():
            pass
    assert step > 10


def test_who_is_interrupted_between_any_two_steps_of_taking_the_turn_leaves_it(
    monkeypatch,
):
    monkeypatch.setattr(sidecar, "TURN_SECONDS", 0)
    with sqlite_url() as url, timebank.create(url, ledger="home", actor="a") as bank:

        def begin():
            with bank.store.turn("home"):
                pass

        step, there_was = 0, True
        while there_was:
            step += 1
            there_was = interrupted_within(sidecar, step, begin)

            begin()
    assert step > 20


def test_who_may_open_no_more_files_is_told_so_where_the_turn_is_taken(
    tmp_path, monkeypatch
):
    def full(_):
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    turn = sidecar.Sidecar(tmp_path / "books.db")
    with turn():
        monkeypatch.setattr(os, "dup", full)
        with pytest.raises(StoreDamaged, match=os.strerror(errno.EMFILE)), turn():
            pytest.fail("nobody else may have the turn")
    with turn():
        pass
