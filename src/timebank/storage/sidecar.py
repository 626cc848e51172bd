"""
The turn's lock: a file beside the books, which writers of all processes wait for.

``books.db-turn`` is locked around every turn that writes: SQLite's own lock is not fair,
and with four writers one of them got a single commit in five seconds.  The operating system
lets go of the lock when a process dies, and a child that it forked meanwhile has none.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Final

from .. import forks
from ..errors import NO_ROOM, StoreBusy, StoreDamaged, StoreFull

TURN_SECONDS: Final = 60.0
"""How long to wait for the lock."""


class Sidecar:
    """
    A file beside the books that is locked while somebody writes.

    Those who wait are served in turn.

    One open file for each waiter: the lock belongs to the open file, so threads of one
    process exclude each other as processes do.
    """

    def __init__(self, books: Path) -> None:
        self.books = str(books)
        self.path = f"{books}-turn"
        forks.watch(self)

    def before_fork(self) -> None:
        """Nothing: whoever holds the lock, or waits for it, goes on."""

    def after_fork(self) -> None:
        """Leave the lock to the parent: it would be held until the child ended, too."""
        there = forks.file_at(self.path)
        for descriptor, found in forks.files_open():
            if found == there:
                forks.cut(descriptor)

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Hold the lock."""
        descriptor = self.open()
        try:
            lock(descriptor)
            yield
        finally:
            # by no function of ours: who is interrupted on the way into one does nothing
            # of it, and would keep the lock
            fcntl.flock(descriptor, fcntl.LOCK_UN)
            # closing alone would leave it with a child that was forked meanwhile
            os.close(descriptor)

    def open(self) -> int:
        """
        Open the file, which is not locked yet.

        Whoever locks it can so be sure to let go of it, wherever they are interrupted.
        """
        try:
            return os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            full = error.errno in NO_ROOM
            raise (StoreFull if full else StoreDamaged)(str(error)) from error


def lock(descriptor: int) -> None:
    """
    Lock an open file, `TURN_SECONDS` from now at the latest.

    Raises:
        StoreBusy: If the lock was not to be had in time.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        _wait(descriptor)
    except OSError as error:
        raise StoreDamaged(str(error)) from error


def _wait(descriptor: int) -> None:
    """
    Wait for the lock.

    The wait is a blocking call, which the system serves first come first served; it sits
    in a thread of its own so that it can be given up: after a while, or by whatever a
    signal raises.  The thread has a descriptor of its own of the same open file, whose
    lock it lets go of where nobody waits for it any more.
    """
    granted, is_wanted, in_time = Event(), True, False
    try:
        own = os.dup(descriptor)
    except OSError as error:
        raise StoreDamaged(str(error)) from error

    def wait() -> None:
        _lock_in_turn(own)
        granted.set()
        if not is_wanted:
            fcntl.flock(own, fcntl.LOCK_UN)
        os.close(own)

    try:
        Thread(target=wait, daemon=True, name="timebank-turn").start()
        in_time = granted.wait(TURN_SECONDS)
    finally:
        is_wanted = in_time
    if not in_time:
        raise StoreBusy(TURN_SECONDS) from None


def _lock_in_turn(descriptor: int) -> None:
    fcntl.flock(descriptor, fcntl.LOCK_EX)
