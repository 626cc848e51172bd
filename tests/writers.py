"""
Processes that write the same books, for tests that make them wait, or kill them.

Run as a script it is the nursery: it reads rounds from its input, a line of JSON each,
and forks the writers of a round without loading everything again.  Imported it is the
test's end of that.
"""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import NamedTuple

import timebank
from timebank.errors import StoreFull
from timebank.operations import RecordService

DAY = date(2024, 3, 1)
BATCH = 3
"""Entries of the batch that follows every tenth single entry."""


class Told(NamedTuple):
    """What a writer was told: the ids recorded in one turn, and how long it took."""

    writer: str
    ids: tuple[str, ...]
    seconds: float


# ---------------------------------------------------------------- in the test


class Nursery:
    """The test's end of the nursery."""

    def __init__(self, process):
        self.process = process

    def round(self, url, numbers, seconds, kill_after=()):
        """
        Let writers loose, and return what they were told.

        Args:
            url: The books.
            numbers: The writers by name, each with the number it begins at.
            seconds: How long they write.
            kill_after: How many seconds after all have begun to write each is killed.
        """
        order = {"url": url, "numbers": numbers, "seconds": seconds}
        print(json.dumps(order | {"kill_after": kill_after}), file=self.process.stdin)
        self.process.stdin.flush()
        told = []
        for line in self.process.stdout:
            if line == "done\n":
                return told
            writer, seconds, *ids = line.split()
            told.append(Told(writer, tuple(ids), float(seconds)))
        raise AssertionError("the nursery died; its words are above")


@contextmanager
def nursery():
    """Yield a nursery, and close it."""
    command = [sys.executable, __file__, "nursery"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, **pipes, env=environment(), text=True) as process:
        yield Nursery(process)


def environment():
    """Return an environment in which the script finds the timebank that is under test."""
    source = str(Path(timebank.__file__).parents[1])
    paths = [source, *filter(None, [os.environ.get("PYTHONPATH")])]
    return os.environ | {"PYTHONPATH": os.pathsep.join(paths)}


def started(*arguments):
    """Return a process that does one thing: ``hold URL`` or ``fill URL BYTES``."""
    command = [sys.executable, __file__, *map(str, arguments)]
    return subprocess.Popen(
        command, env=environment(), stdout=subprocess.PIPE, text=True
    )


# ---------------------------------------------------------------- in a process


def tell(*words):
    """Write a line, whole, whoever else writes to the same pipe."""
    os.write(sys.stdout.fileno(), (" ".join(map(str, words)) + "\n").encode())


def write(url, name, number, seconds, ready):
    """
    Record services of one member, whom all writers share, and tell what was recorded.

    A byte into *ready* says that everything is loaded and the writing begins.
    """
    service = RecordService(provider="ada", service_class="care", minutes=60)
    with timebank.open(url, ledger="home", actor=name) as bank:
        bank.check(service, on=DAY)
        os.write(ready, b".")
        end = time.monotonic() + seconds
        while (begun := time.monotonic()) < end:
            ids = [f"{name}/{number}"]
            if number % 10 == 0:
                ids = [f"{name}/{number}/{part}" for part in range(BATCH)]
            bank.batch([bank.request(service, on=DAY, id=id) for id in ids])
            tell(name, time.monotonic() - begun, *ids)
            number += 1


def serve():
    """Fork the writers of each round that is ordered, and reap them."""
    # what takes long to load is loaded before the forks, and not after each
    import timebank.storage.sqlite  # noqa: PLC0415

    assert timebank.storage.sqlite
    for line in sys.stdin:
        order = json.loads(line)
        children = []
        ready, says_ready = os.pipe()
        for name, number in order["numbers"].items():
            child = os.fork()
            if not child:
                write(order["url"], name, number, order["seconds"], says_ready)
                os._exit(0)
            children.append(child)
        os.close(says_ready)
        for _ in children:
            os.read(ready, 1)
        begun = time.monotonic()
        killings = zip(order["kill_after"], children, strict=False)
        for after, child in sorted(killings):
            time.sleep(max(0, begun + after - time.monotonic()))
            os.kill(child, signal.SIGKILL)
        for child in children:
            os.waitpid(child, 0)
        os.close(ready)
        tell("done")


def hold(url):
    """Begin a turn and never end it."""
    with timebank.open(url, ledger="home", actor="holder").store.turn("home"):
        tell("held")
        signal.pause()


def fill(url, size):
    """Write until no file may grow, then once more when files may grow again."""
    import resource  # noqa: PLC0415 - not on every system

    resource.setrlimit(resource.RLIMIT_FSIZE, (int(size), resource.RLIM_INFINITY))
    with timebank.open(url, ledger="home", actor="filler") as bank:
        for number in range(5_000):
            id = f"m-{number}"
            try:
                bank.open_account(id, on=DAY, private={"remark": "x" * 500})
            except StoreFull:
                break
            tell(id)
        forever = resource.RLIM_INFINITY
        resource.setrlimit(resource.RLIMIT_FSIZE, (forever, forever))
        bank.open_account("after", on=DAY)
        tell("after")


if __name__ == "__main__":
    {"nursery": serve, "hold": hold, "fill": fill}[sys.argv[1]](*sys.argv[2:])
