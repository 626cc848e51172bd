"""
What becomes of open books when a process forks.

A platform's server opens its bank, and forks its workers.  A connection that both then
have is no connection: PostgreSQL answers whoever reads first, and SQLite's locks stay with
the parent, so that its file of recent entries is deleted under the child's hands.  Books
that nobody is using are therefore let go of before a fork, and connected to anew after it,
in parent and child.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Protocol
from weakref import WeakSet


class Shared(Protocol):
    """Something of which a child that is forked must not have the parent's."""

    def before_fork(self) -> None:
        """Let go, in the parent, of what nobody is using."""
        ...

    def after_fork(self) -> None:
        """Begin anew, in the child: its other threads are gone, and may have held locks."""
        ...


passed: int = 0
"""How many forks this process came by; what was begun before the last is its parent's."""

_watched: WeakSet[Shared] = WeakSet()
_guard = Lock()
_inherited: dict[int, tuple[int, int]] = {}


def watch(shared: Shared) -> None:
    """Tell *shared* of every fork, as long as it lives."""
    with _guard:
        _watched.add(shared)


def is_inherited(path: Path) -> bool:
    """Whether the parent had the file at *path* open when it forked this process."""
    there = path.stat()
    return any(
        found == (there.st_dev, there.st_ino) and _file_at(descriptor) == found
        for descriptor, found in _inherited.items()
    )


def _before() -> None:
    _guard.acquire()  # nobody is added meanwhile; let go of on both sides
    for each in _watched:
        each.before_fork()


def _after_in_child() -> None:
    global passed  # noqa: PLW0603 - a process is what it is
    passed += 1
    try:
        for each in _watched:
            each.after_fork()
        _inherited.clear()
        _inherited.update(_files_open())
    finally:
        _guard.release()


def _files_open() -> Iterator[tuple[int, tuple[int, int]]]:
    """Yield the descriptors of open files, with what tells a file from all others."""
    for entry in Path("/dev/fd").glob("*"):
        descriptor = int(entry.name)
        if found := _file_at(descriptor):
            yield descriptor, found


def _file_at(descriptor: int) -> tuple[int, int] | None:
    with suppress(OSError):  # of a descriptor that is closed
        about = os.fstat(descriptor)
        if stat.S_ISREG(about.st_mode):
            return about.st_dev, about.st_ino
    return None


if hasattr(os, "register_at_fork"):  # elsewhere nothing forks
    os.register_at_fork(
        before=_before, after_in_parent=_guard.release, after_in_child=_after_in_child
    )
