"""
Where a subject is measured: in a process of its own.

So no imports, garbage or memory of one subject touch another.

`Worker` does what it is told and measures it.  `Remote` is one in another process.  With
several clients the process forks, each client opens the books for itself, and all begin
together; or they are threads of one process that share open books, where a subject has
``clients = "threads"`` among its options.
"""

from __future__ import annotations

import gc
import resource
import sqlite3
import sys
import time
import traceback
from array import array
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib import import_module
from itertools import groupby
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Barrier
from typing import Any, Final, Protocol

from attrs import frozen

from .model import Place

START_SECONDS: Final = 0.1
"""How long clients of one subject have to reach the line before they begin."""

ANSWER_SECONDS_MAX: Final = 3_600
"""How long an answer is waited for: longer than an import of a million records takes."""

KILOBYTE: Final = 1024
MEGABYTE: Final = KILOBYTE * 1024
STATM: Final = Path("/proc/self/statm")


class Failed(Exception):
    """The subject raised; the text is its traceback."""


@frozen(kw_only=True)
class Lap:
    """
    What one client did in one round.

    Args:
        began: Nanoseconds of a clock that all processes share.
        ended: The same.
        nanoseconds: Of every call.
        cpu: Nanoseconds of processor time that the client took.
        start_mb: Its memory when the books were open.
        peak_mb: The most that it has held.
    """

    began: int
    ended: int
    nanoseconds: array[int]
    cpu: int
    start_mb: float
    peak_mb: float


class Measured(Protocol):
    """What `Worker` and `Remote` both can."""

    def prepare(self) -> None:
        """Make the books."""
        ...

    def open(self) -> None:
        """Open them."""
        ...

    def can(self, act: str) -> bool:
        """Return whether the subject has that act."""
        ...

    def ask_for(self, what: str) -> int:
        """Return a number that the books know of themselves."""
        ...

    def lap(self, act: str, first: int, many: int) -> list[Lap]:
        """Do *act* so often in each client, numbered from *first*; return what each took."""
        ...

    def statements(self, act: str, first: int, many: int) -> int:
        """Do *act* so often; return how many statements SQLite saw."""
        ...

    def end(self) -> None:
        """Let go of the books, and of the process if it is of its own."""
        ...


def _peak_mb() -> float:
    """Return the most memory this process has held."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (MEGABYTE if sys.platform == "darwin" else KILOBYTE)


def _processor_ns() -> int:
    """Return the processor time of this process, and of those that it waited for."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time_ns() + int((children.ru_utime + children.ru_stime) * 1e9)


def _memory_mb() -> float:
    """Return the memory this process holds; where that is not told, the most it has held."""
    if not STATM.exists():
        return _peak_mb()
    pages = int(STATM.read_text("ascii").split()[1])
    return pages * resource.getpagesize() / MEGABYTE


class Worker:
    """
    Measures one subject in this process.

    Args:
        module: The subject's, in `benchmarks.subjects`.
        place: Where it keeps its books.
        clients: How many processes use them at once.
        traced: Whether statements are counted, which takes time.
    """

    def __init__(
        self, module: str, place: Place, *, clients: int = 1, traced: bool = False
    ) -> None:
        self.module = import_module(f"benchmarks.subjects.{module}")
        self.place, self.clients = place, clients
        self.shared = place.options.get("clients") == "threads"
        self.books: Any = None
        self.start_mb = 0.0
        self.others: list[Remote] = []
        if traced:
            _listen()

    def prepare(self) -> None:
        """Make the books."""
        self.module.prepare(self.place)

    def open(self) -> None:
        """Open them, or have each client do so."""
        # those that made them are closed by now
        _connections.clear()
        if self.clients == 1 or self.shared:
            self.books = self.module.Books(self.place)
            gc.collect()
            self.start_mb = _memory_mb()
            return
        name = self.module.__name__.rpartition(".")[2]
        self.others = [
            Remote(name, self.place, forks=True) for _ in range(self.clients)
        ]
        for each in self.others:
            each.open()

    def can(self, act: str) -> bool:
        """Return whether the subject has that act."""
        return hasattr(self.module.Books, act)

    def ask_for(self, what: str) -> int:
        """Return a number that the books know of themselves."""
        return int(getattr(self.books, what)())

    def lap(self, act: str, first: int, many: int) -> list[Lap]:
        """Do *act* so often in each client, numbered from *first*; return what each took."""
        if self.shared and self.clients > 1:
            return self._laps_in_threads(act, first, many)
        if not self.others:
            return [self._own_lap(act, first, many)]
        at = time.monotonic_ns() + int(START_SECONDS * 1e9)
        for index, each in enumerate(self.others):
            each.ask("lap_at", act, first + index * many, many, at)
        return [each.answer() for each in self.others]

    def lap_at(self, act: str, first: int, many: int, at: int) -> Lap:
        """Do the same as *lap*, beginning at a moment."""
        time.sleep(max(0, at - time.monotonic_ns()) / 1e9)
        return self._own_lap(act, first, many)

    def _laps_in_threads(self, act: str, first: int, many: int) -> list[Lap]:
        gate = Barrier(self.clients)

        def lap(index: int) -> Lap:
            gate.wait()
            return self._own_lap(act, first + index * many, many, time.thread_time_ns)

        with ThreadPoolExecutor(self.clients) as threads:
            return list(threads.map(lap, range(self.clients)))

    def _own_lap(
        self,
        act: str,
        first: int,
        many: int,
        processor_ns: Callable[[], int] = _processor_ns,
    ) -> Lap:
        call: Callable[[int], object] = getattr(self.books, act)
        took = array("q", bytes(8 * many))
        clock = time.monotonic_ns
        cpu = processor_ns()
        began = before = clock()
        for index in range(many):
            call(first + index)
            now = clock()
            took[index] = now - before
            before = now
        return Lap(
            began=began,
            ended=before,
            nanoseconds=took,
            cpu=processor_ns() - cpu,
            start_mb=self.start_mb,
            peak_mb=_peak_mb(),
        )

    def statements(self, act: str, first: int, many: int) -> int:
        """Do *act* so often; return how many statements SQLite saw."""
        seen: list[str] = []
        for connection in _connections:
            connection.set_trace_callback(seen.append)
        self.lap(act, first, many)
        for connection in _connections:
            connection.set_trace_callback(None)
        # what a trigger does is told as a comment, or as its statement over again
        return sum(not statement.startswith("--") for statement, _ in groupby(seen))

    def end(self) -> None:
        """Let go of the books, and of the clients."""
        if self.books is not None:
            self.books.close()
            self.books = None
        for each in self.others:
            each.end()
        self.others = []


_connections: list[sqlite3.Connection] = []


@cache  # what was added to the interpreter stays there
def _listen() -> None:
    """Hear of every connection to SQLite, whoever makes it."""

    def heard(event: str, arguments: Sequence[Any]) -> None:
        if event == "sqlite3.connect/handle":
            _connections.extend(arguments)

    sys.addaudithook(heard)


class Remote:
    """
    A `Worker` in a process of its own.

    Args:
        module: As the worker takes it.
        place: As the worker takes it.
        clients: As the worker takes it.
        traced: As the worker takes it.
        forks: Whether the process is a copy of this one; else it inherits nothing.
    """

    def __init__(
        self,
        module: str,
        place: Place,
        *,
        clients: int = 1,
        traced: bool = False,
        forks: bool = False,
    ) -> None:
        context: Any = get_context("fork" if forks else "spawn")
        self.pipe, end = context.Pipe()
        # a process that may have others of its own can be nobody's daemon
        self.process = context.Process(
            target=_serve, args=(end, module, place, clients, traced), daemon=forks
        )
        self.process.start()
        end.close()
        self.answer()

    def ask(self, what: str, *arguments: object) -> None:
        """Ask for something without waiting for it."""
        self.pipe.send((what, arguments))

    def answer(self) -> Any:  # noqa: ANN401 - what was asked for
        """
        Return the answer.

        Raises:
            Failed: If the subject raised, or its process is gone.
        """
        if not self.pipe.poll(ANSWER_SECONDS_MAX):
            self.process.kill()
            raise Failed(f"no answer within {ANSWER_SECONDS_MAX} s")
        try:
            went_well, answer = self.pipe.recv()
        except EOFError:
            raise Failed("the process ended") from None
        if not went_well:
            raise Failed(answer)
        return answer

    def _asked(self, what: str, *arguments: object) -> Any:  # noqa: ANN401
        self.ask(what, *arguments)
        return self.answer()

    def prepare(self) -> None:
        """Make the books."""
        self._asked("prepare")

    def open(self) -> None:
        """Open them."""
        self._asked("open")

    def can(self, act: str) -> bool:
        """Return whether the subject has that act."""
        return bool(self._asked("can", act))

    def ask_for(self, what: str) -> int:
        """Return a number that the books know of themselves."""
        return int(self._asked("ask_for", what))

    def lap(self, act: str, first: int, many: int) -> list[Lap]:
        """Do *act* so often in each client; return what each took."""
        laps: list[Lap] = self._asked("lap", act, first, many)
        return laps

    def statements(self, act: str, first: int, many: int) -> int:
        """Do *act* so often; return how many statements SQLite saw."""
        return int(self._asked("statements", act, first, many))

    def end(self) -> None:
        """Let go of the books, and end the process."""
        if self.process.is_alive():
            self.ask("end")
            self.process.join()
        self.pipe.close()


def _serve(
    pipe: Connection,
    module: str,
    place: Place,
    clients: int,
    traced: bool,  # noqa: FBT001 - what a process is given has no names
) -> None:
    try:
        worker = Worker(module, place, clients=clients, traced=traced)
        pipe.send((True, None))
    except Exception:  # noqa: BLE001 - told to whoever asked
        pipe.send((False, traceback.format_exc()))
        return
    while True:
        try:
            what, arguments = pipe.recv()
        except EOFError:
            what, arguments = "end", ()
        if what == "end":
            worker.end()
            return
        try:
            pipe.send((True, getattr(worker, what)(*arguments)))
        except Exception:  # noqa: BLE001 - told to whoever asked
            pipe.send((False, traceback.format_exc()))
