"""
Measures every subject of a question, round by round.

In each round every subject has its turn, each time beginning with another one, so that
whatever else the machine does falls on all of them.  Before that each warms up, which also
tells how many calls make a round.  Statements and round trips are counted apart, where
nothing is timed.
"""

from __future__ import annotations

import shutil
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Final

from attrs import define, evolve, field, frozen

from . import machine
from .model import Database, Part, Place, Question, Subject
from .results import Figure, Figures, figure, judge
from .server import Server
from .worker import Failed, Lap, Measured, Remote

COUNTED: Final = 3
"""How many calls round trips and statements are counted over."""

PREPARED: Final = 6
"""
How many calls come first and are not looked at.

By then a library has been imported as far as it is used, what it compiles is compiled, and
drivers have prepared their statements.
"""

CALLS_MAX: Final = 20_000
"""How many calls of one client make a round at most."""

WARM_SHARE: Final = 0.25
"""How long a warm-up lasts, as a share of a round."""

WHOLE_ROUNDS_MAX: Final = 3
"""How many rounds there are at most of what takes long."""

Say = Callable[[str], None]
"""Tells whoever waits how far it is."""


@frozen(kw_only=True)
class Settings:
    """
    How a run is made.

    Args:
        rounds: How many rounds there are.
        seconds: How long a subject's turn lasts, about; whole parts take what they take.
        share: Of the size that the books of a question have.
        clients_max: How many processes do something at once, at most.
        only: Subjects to measure, by name; all by default.
        given: What all subjects are told.
        counts: Whether round trips and statements are counted.
    """

    rounds: int = 7
    seconds: float = 1.0
    share: float = 1.0
    clients_max: int = 64
    only: tuple[str, ...] = ()
    given: Mapping[str, str] = field(factory=dict)
    counts: bool = True


@define
class Case:
    """
    One subject in one part, while it is measured.

    Args:
        subject: It.
        part: What it does.
        numbers: The next number of a call, shared by all that use the same books.
        place: Where its books are.
        worker: What measures it.
        calls: How many calls of a client make a round.
        rounds: What was measured.
        trips: Round trips of a call.
        statements: Statements of a call.
        disk: Bytes on disk for each entry.
        absent: Why it is not measured, if it is not.
    """

    subject: Subject
    part: Part
    place: Place
    numbers: Numbers
    worker: Measured | None = None
    calls: int = 1
    rounds: list[list[Lap]] = field(factory=list)
    trips: float | None = None
    statements: float | None = None
    disk: int | None = None
    absent: str = ""

    def figure(self) -> Figure:
        """Return what was measured."""
        subject, part, lacks = self.subject, self.part, self.subject.lacks
        if self.absent or not self.rounds:
            return Figure(
                subject=subject.name, part=part.name, lacks=lacks, absent=self.absent
            )
        found = figure(
            subject.name, part.name, self.rounds, per_unit=part.per_unit, lacks=lacks
        )
        return evolve(
            found, trips=self.trips, statements=self.statements, disk=self.disk
        )


@define
class Numbers:
    """Numbers of calls, each given once."""

    next: int = 0

    def take(self, many: int) -> int:
        """Take *many*; return the first."""
        first = self.next
        self.next += many
        return first


@define
class Runner:
    """
    Runs questions.

    Args:
        folder: For everybody's files; on the disk that is to be measured.
        settings: How.
        say: Tells how far it is.
        make: Makes what measures a subject.
    """

    folder: Path
    settings: Settings
    say: Say = print
    make: Callable[..., Measured] = Remote
    server: Server = field(factory=Server)
    _books: dict[object, tuple[Place, Numbers]] = field(factory=dict)
    _prepared: set[Path] = field(factory=set)
    _places: dict[Path, Place] = field(factory=dict)
    _folders: Iterator[int] = field(factory=count)

    def ask(self, question: Question) -> Figures:
        """Return the answer to *question*."""
        fsyncs: list[float] = []
        found: list[Figure] = []
        for parts in _groups(question.parts):
            cases = [
                self._case(
                    subject, part.scaled(self.settings.share, self.settings.clients_max)
                )
                for part in parts
                for subject in question.subjects
                if part.concerns(subject)
                if not self.settings.only or subject.name in self.settings.only
            ]
            try:
                self._measure(cases, fsyncs)
            finally:
                for case in cases:
                    _end(case)
            found += [case.figure() for case in cases]
        self._forget()
        answer = Figures(
            question=question.name,
            row=question.row,
            counted=question.counted,
            floor=question.floor,
            fsync_us=statistics.median(fsyncs) if fsyncs else 0.0,
            figures=tuple(found),
            share=self.settings.share,
            not_yet=question.not_yet,
        )
        return evolve(answer, goals=judge(question, answer))

    def _case(self, subject: Subject, part: Part) -> Case:
        options = {**self.settings.given, **subject.options, **part.options}
        key = (
            *(subject.module, subject.database),
            *(part.members, part.entries, part.per_unit),
            tuple(sorted(options.items())),
        )
        if key not in self._books:
            place = Place(
                folder=self.folder,
                members=part.members,
                entries=part.entries,
                size=part.per_unit,
                options=options,
            )
            self._books[key] = self._moved(subject, place), Numbers(part.entries)
        place, numbers = self._books[key]
        return Case(subject, part, place, numbers)

    def _moved(self, subject: Subject, place: Place) -> Place:
        """Return *place* with a new folder, and a new database where it is to have one."""
        folder = self.folder / str(next(self._folders))
        folder.mkdir()
        server = subject.database is Database.POSTGRESQL
        url = self.server.new_url() if server else ""
        self._places[folder] = evolve(place, folder=folder, url=url)
        return self._places[folder]

    def _measure(self, cases: Sequence[Case], fsyncs: list[float]) -> None:
        for case in cases:
            self.say(f"  {case.part.name}: {case.subject.name}: making books")
            self._attempt(case, self._begin)
        for case in cases:
            self._attempt(case, self._warm)
        for round in range(self.settings.rounds):
            self.say(f"  round {round + 1} of {self.settings.rounds}")
            taking = [c for c in cases if not c.part.whole or round < WHOLE_ROUNDS_MAX]
            turn = round % max(1, len(taking))
            for case in (*taking[turn:], *taking[:turn]):
                self._attempt(case, self._lap)
            fsyncs.append(machine.fsync_us(self.folder))
        for case in cases:
            self._attempt(case, _weigh)
        for case in cases:
            _end(case)
        if self.settings.counts:
            for case in cases:
                self._attempt(case, self._count)

    def _attempt(self, case: Case, step: Callable[[Case], None]) -> None:
        """Do *step*, unless the case was given up; give it up if the subject fails."""
        if case.absent:
            return
        try:
            step(case)
        except Failed as error:
            text = str(error)
            last = text.strip().splitlines()[-1]
            missing = last.startswith("ModuleNotFoundError")
            case.absent = case.subject.install if missing else f"failed: {last}"
            if not missing:
                self.say(text)

    def _begin(self, case: Case) -> None:
        module = case.subject.module
        if case.place.folder not in self._prepared:
            # in a process of its own, whose memory is nobody's
            maker = self.make(module, case.place)
            try:
                maker.prepare()
            finally:
                maker.end()
            self._prepared.add(case.place.folder)
        case.worker = self.make(module, case.place, clients=case.part.clients)
        if case.worker.can(case.part.act):
            case.worker.open()
        else:
            case.absent = "has no means for it"

    def _warm(self, case: Case) -> None:
        """Work until the time of a warm-up is over; then it is known what a round holds."""
        if case.part.whole:
            return
        self._do(case, PREPARED)
        calls, done, spent = 1, 0, 0.0
        while spent < WARM_SHARE * self.settings.seconds and done < CALLS_MAX:
            laps = self._do(case, calls)
            began, ended = (
                min(each.began for each in laps),
                max(each.ended for each in laps),
            )
            spent += (ended - began) / 1e9
            done, calls = done + calls, calls * 2
        wanted = int(done * self.settings.seconds / max(spent, 1e-9))
        case.calls = max(1, min(wanted, CALLS_MAX))

    def _do(self, case: Case, calls: int) -> list[Lap]:
        first = case.numbers.take(calls * case.part.clients)
        return _worker(case).lap(case.part.act, first, calls)

    def _lap(self, case: Case) -> None:
        if case.part.fresh and case.rounds:
            self._renew(case)
        case.rounds.append(self._do(case, case.calls))

    def _renew(self, case: Case) -> None:
        """Give the case new books, in a new process, and throw away the old."""
        _end(case)
        self._discard(case.place)
        case.place, case.numbers = self._moved(case.subject, case.place), Numbers()
        self._begin(case)

    def _count(self, case: Case) -> None:
        """Count round trips and statements of a few calls, by one client."""
        if case.part.whole or case.subject.database is Database.NONE:
            return
        with ExitStack() as stack:
            place, counts = case.place, None
            if place.url:
                url, counts = stack.enter_context(self.server.counting(place.url))
                place = evolve(place, url=url)
            worker = self.make(case.subject.module, place, traced=not place.url)
            stack.callback(worker.end)
            worker.open()
            act, numbers = case.part.act, case.numbers
            worker.lap(act, numbers.take(PREPARED), PREPARED)
            if counts is None:
                asked = worker.statements(act, numbers.take(COUNTED), COUNTED)
            else:
                before = counts()
                worker.lap(act, numbers.take(COUNTED), COUNTED)
                trips, asked = (b - a for a, b in zip(before, counts(), strict=True))
                case.trips = trips / COUNTED
            case.statements = asked / COUNTED

    def _discard(self, place: Place) -> None:
        del self._places[place.folder]
        if place.url:
            self.server.drop(place.url)
        shutil.rmtree(place.folder)

    def _forget(self) -> None:
        """Throw away the books of a question that was answered."""
        for place in tuple(self._places.values()):
            self._discard(place)
        self._books.clear()


def _groups(parts: Sequence[Part]) -> list[tuple[Part, ...]]:
    """
    Return what is measured in turns with each other.

    Parts of many clients come one after the other: all at once they would be hundreds of
    processes.
    """
    alone = [(part,) for part in parts if part.clients > 1]
    together = tuple(part for part in parts if part.clients == 1)
    return [*([together] if together else []), *alone]


def _weigh(case: Case) -> None:
    """Note how much room the books take, where entries stood in them before."""
    worker = _worker(case)
    if case.part.entries and worker.can("bytes_per_entry"):
        case.disk = worker.ask_for("bytes_per_entry")


def _worker(case: Case) -> Measured:
    if case.worker is None:
        raise Failed("nobody measures it")
    return case.worker


def _end(case: Case) -> None:
    if case.worker is not None:
        case.worker.end()
        case.worker = None
