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
        self.books = books
        self.path = f"{books}-turn"
        forks.watch(self)

    def before_fork(self) -> None:
        """Nothing: whoever holds the lock, or waits for it, goes on."""

    def after_fork(self) -> None:
        """Leave the lock to the parent: it would be held until the child ended, too."""
        there = forks.file_at(Path(self.path))
        for descriptor, found in forks.files_open():
            if found == there:
                forks.cut(descriptor)

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Hold the lock."""
        descriptor = self.take()
        try:
            yield
        finally:
            let_go(descriptor)

    def take(self) -> int:
        """Return the open file once it is locked; `let_go` of it."""
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            full = error.errno in NO_ROOM
            raise (StoreFull if full else StoreDamaged)(str(error)) from error
        try:
            locked = _lock_at_once(descriptor)
        except OSError as error:
            os.close(descriptor)
            raise StoreDamaged(str(error)) from error
        except BaseException:
            os.close(descriptor)
            raise
        if not locked:
            _wait(descriptor)
        return descriptor


def _wait(descriptor: int) -> None:
    """
    Wait for the file's lock, `TURN_SECONDS` at most.

    The wait is a blocking call, which the system serves first come first served; it sits
    in a thread of its own so that it can be given up: after a while, or by whatever a
    signal raises.  Given up, the thread closes the file, and with it the lock, whenever
    it gets it.

    Raises:
        StoreBusy: If the lock was not to be had in time.
    """
    woken = Event()
    outcome: dict[str, bool] = {}

    def got(it: bool) -> bool:  # noqa: FBT001
        # whoever says it first has said it, in one step that nothing interrupts
        return outcome.setdefault("got", it)

    def wait() -> None:
        _lock_in_turn(descriptor)
        if got(True):  # noqa: FBT003
            woken.set()
        else:
            let_go(descriptor)

    try:
        Thread(target=wait, daemon=True, name="timebank-turn").start()
        woken.wait(TURN_SECONDS)
        if got(False):  # noqa: FBT003
            return
    except BaseException:
        if got(False):  # noqa: FBT003
            let_go(descriptor)
        raise
    raise StoreBusy(TURN_SECONDS)


def let_go(descriptor: int) -> None:
    """Let go of the lock, and of its file."""
    # closing alone would leave the lock with a child that was forked meanwhile
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    os.close(descriptor)


def _lock_at_once(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _lock_in_turn(descriptor: int) -> None:
    fcntl.flock(descriptor, fcntl.LOCK_EX)
