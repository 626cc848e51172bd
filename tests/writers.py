"""
Processes that write the same books, for tests that make them wait, or kill them.

Run as a script it is the nursery: it reads rounds from its input, a line of JSON each,
and forks the writers of a round without loading everything again.  Imported it is the
test's end of that.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import NamedTuple

import timebank
from timebank import Outcome
from timebank.errors import StorageError, StoreFull
from timebank.operations import Give, RecordService

DAY = date(2024, 3, 1)
BATCH = 3
"""Entries of the batch that follows every tenth single entry."""

MEMBERS = ("ada", "bai", "chen", "dora")
"""Who serves and gives, where writers trade."""

PATIENCE_SECONDS = 60
"""How long a trader asks again while the books cannot be reached."""


class Told(NamedTuple):
    """
    What a writer was told of one turn.

    Args:
        writer: Its name.
        ids: What it asked for.
        positions: Where that stands now; 0 for what was refused.
        seconds: How long it took.
    """

    writer: str
    ids: tuple[str, ...]
    positions: tuple[int, ...]
    seconds: float

    @property
    def number(self):
        """The how manieth turn of this writer it was."""
        return int(self.ids[0].split("/")[1])


def asked(seed, writer, number):
    """Return what a trader asks for in one turn, by id: the same whenever it asks again."""
    chance = random.Random(f"{seed}/{writer}/{number}")  # noqa: S311 - no secret
    member = chance.choice(MEMBERS)
    service = RecordService(provider=member, service_class="care", minutes=60)
    if number % 10 == 0:
        return {f"{writer}/{number}/{part}": service for part in range(BATCH)}
    if chance.random() < 0.4:
        return {f"{writer}/{number}": service}
    payee = chance.choice([other for other in MEMBERS if other != member])
    amount = chance.randint(1, 3)
    gift = Give(payer=member, payee=payee, unit="points", amount=amount)
    return {f"{writer}/{number}": gift}


# ---------------------------------------------------------------- in the test


class Nursery:
    """The test's end of the nursery."""

    def __init__(self, process):
        self.process = process
        self.full = 0

    def round(self, url, numbers, seconds, **more):
        """
        Let writers loose, and return what they were told.

        Args:
            url: The books.
            numbers: The writers by name, each with the number it begins at.
            seconds: How long they write.
            more: Of these: `kill_after`, how many seconds after all have begun to write
                each is killed; `seed`, from which follows what traders ask for (without
                one they do not trade, but all serve); `bytes_more`, by how much the
                files may grow before each trader finds them full.

        `full` counts how often traders were told that there was no room.
        """
        order = {"url": url, "numbers": numbers, "seconds": seconds, **more}
        print(json.dumps(order), file=self.process.stdin)
        self.process.stdin.flush()
        told, failed = [], []
        for line in self.process.stdout:
            first, *rest = line.split()
            if first == "done":
                assert not failed, f"{failed} ended in an error; their words are above"
                return told
            if first == "full":
                self.full += 1
            elif first == "failed":
                failed += rest
            else:
                ids, positions = zip(
                    *(word.split("@") for word in rest[1:]), strict=True
                )
                places = tuple(map(int, positions))
                told.append(Told(first, ids, places, float(rest[0])))
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


def tell_verdicts(name, begun, asked_for, verdicts):
    """Tell what became of what was asked for."""
    positions = [v.position if isinstance(v, Outcome) else 0 for v in verdicts]
    places = [f"{id}@{p}" for id, p in zip(asked_for, positions, strict=True)]
    tell(name, time.monotonic() - begun, *places)


def write(order, name, ready):
    """
    Record services of one member, whom all writers share, and tell what was recorded.

    A byte into *ready* says that everything is loaded and the writing begins.
    """
    service = RecordService(provider="ada", service_class="care", minutes=60)
    number = order["numbers"][name]
    with timebank.open(order["url"], ledger="home", actor=name) as bank:
        bank.check(service, on=DAY)
        os.write(ready, b".")
        end = time.monotonic() + order["seconds"]
        while (begun := time.monotonic()) < end:
            ids = [f"{name}/{number}"]
            if number % 10 == 0:
                ids = [f"{name}/{number}/{part}" for part in range(BATCH)]
            done = bank.batch([bank.request(service, on=DAY, id=id) for id in ids])
            tell_verdicts(name, begun, ids, done)
            number += 1


def trade(order, name, ready):
    """
    Ask for what `asked` says, one turn after the other, and tell what became of it.

    While the books cannot be reached it asks again, as a client would: for the same, by
    the same ids.
    """
    bank = patiently(lambda: timebank.open(order["url"], ledger="home", actor=name))
    os.write(ready, b".")
    number, end = order["numbers"][name], time.monotonic() + order["seconds"]
    while (begun := time.monotonic()) < end:
        squeeze(order["url"], order.get("bytes_more"))
        wanted = asked(order["seed"], name, number)
        requests = [bank.request(o, on=DAY, id=id) for id, o in wanted.items()]
        whole = len(requests) > 1
        done = patiently(lambda: bank.batch(requests, atomic=whole))  # noqa: B023
        tell_verdicts(name, begun, wanted, done)
        number += 1


def patiently(ask):
    """Return what *ask* returns, asking again while that may help."""
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return ask()
        except StoreFull:
            tell("full")
            limit_files(None)
            if time.monotonic() > end:
                raise
        except StorageError as error:
            if not error.retryable or time.monotonic() > end:
                raise
        time.sleep(0.02)


def squeeze(url, bytes_more):
    """Let the files of a SQLite database grow by so much, until there was no room in them."""
    import resource  # noqa: PLC0415 - not on every system

    free = resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
    if bytes_more and free:
        path = Path(url.removeprefix("sqlite:///"))
        files = path.parent.glob(f"{path.name}*")
        limit_files(max(file.stat().st_size for file in files) + bytes_more)


def limit_files(size):
    """Let no file grow beyond *size*; *None* for any size."""
    import resource  # noqa: PLC0415 - not on every system

    forever = resource.RLIM_INFINITY
    soft = forever if size is None else int(size)
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, forever))


def serve():
    """Fork the writers of each round that is ordered, and reap them."""
    # what takes long to load is loaded before the forks, and not after each
    import psycopg  # noqa: PLC0415

    import timebank.storage.sqlite  # noqa: PLC0415

    assert psycopg
    assert timebank.storage.sqlite
    for line in sys.stdin:
        order = json.loads(line)
        children = {}
        ready, says_ready = os.pipe()
        work = trade if "seed" in order else write
        for name in order["numbers"]:
            child = os.fork()
            if not child:
                work(order, name, says_ready)
                os._exit(0)
            children[child] = name
        os.close(says_ready)
        for _ in children:
            os.read(ready, 1)
        begun = time.monotonic()
        killings = zip(order.get("kill_after", ()), children, strict=False)
        for after, child in sorted(killings):
            time.sleep(max(0, begun + after - time.monotonic()))
            os.kill(child, signal.SIGKILL)
        for child, name in children.items():
            _, status = os.waitpid(child, 0)
            if status not in (0, signal.SIGKILL):
                tell("failed", name)
        os.close(ready)
        tell("done")


def hold(url):
    """Begin a turn and never end it."""
    with timebank.open(url, ledger="home", actor="holder").store.turn("home"):
        tell("held")
        signal.pause()


def fill(url, size):
    """Write until no file may grow, then once more when files may grow again."""
    limit_files(size)
    with timebank.open(url, ledger="home", actor="filler") as bank:
        for number in range(5_000):
            id = f"m-{number}"
            try:
                bank.open_account(id, on=DAY, private={"remark": "x" * 500})
            except StoreFull:
                break
            tell(id)
        limit_files(None)
        bank.open_account("after", on=DAY)
        tell("after")


if __name__ == "__main__":
    {"nursery": serve, "hold": hold, "fill": fill}[sys.argv[1]](*sys.argv[2:])
