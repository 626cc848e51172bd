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
from collections.abc import Iterator
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

File = tuple[int, int]
"""What tells a file from all others, whatever it is called."""

_watched: WeakSet[Shared] = WeakSet()
_guard = Lock()
_inherited: dict[int, File] = {}


def watch(shared: Shared) -> None:
    """Tell *shared* of every fork, as long as it lives."""
    with _guard:
        _watched.add(shared)


def file_at(where: Path | str | int) -> File | None:
    """Return the file at a path, or of a descriptor, or *None* where there is none."""
    try:
        there = os.stat(where)  # noqa: PTH116 - for each entry: in two thirds of the time
    except OSError:  # it is gone, or the descriptor is closed
        return None
    return there.st_dev, there.st_ino


def is_inherited(path: Path) -> bool:
    """Whether the parent had the file at *path* open when it forked this process."""
    there = file_at(path)
    return any(
        found == there and file_at(descriptor) == found
        for descriptor, found in _inherited.items()
    )


def files_open() -> Iterator[tuple[int, File]]:
    """Yield the descriptors of open files, with what they are open on."""
    for entry in Path("/dev/fd").glob("*"):
        descriptor = int(entry.name)
        if found := file_at(descriptor):
            yield descriptor, found


def cut(descriptor: int) -> None:
    """Have *descriptor*, which came with a fork, lead nowhere; whoever has it closes it."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, descriptor, inheritable=False)
    os.close(nowhere)


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
        _inherited.update(files_open())
    finally:
        _guard.release()


if hasattr(os, "register_at_fork"):  # elsewhere nothing forks
    os.register_at_fork(
        before=_before, after_in_parent=_guard.release, after_in_child=_after_in_child
    )
