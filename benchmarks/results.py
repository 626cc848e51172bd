"""
What was measured, as values and as JSON, and the numbers read off it.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import attrs
from attrs import field, frozen

from .model import Measure, Question, Series
from .worker import Lap

FORMAT: Final = 1
MICROSECOND: Final = 1_000


@frozen(kw_only=True)
class Figure:
    """
    What one subject did in one part of a question.

    Args:
        subject: Its name.
        part: The part's name.
        lacks: What the work needs, and the subject has not.
        rates: How many of what is counted it did per second, round by round.
        p50: The median time of a call, in microseconds.
        p99: The time that 99 of 100 calls kept within.
        worst: The longest call.
        cpu: Processor time of the client for each of what is counted, in microseconds.
        start_mb: Memory of a client with open books.
        peak_mb: The most that a client held.
        trips: Round trips of a call; *None* where there is no server.
        statements: Statements of a call.
        disk: Bytes on disk for each entry; *None* where nothing was weighed.
        absent: Why nothing was measured, if nothing was.
    """

    subject: str
    part: str
    lacks: tuple[str, ...] = ()
    rates: tuple[float, ...] = ()
    p50: float = 0.0
    p99: float = 0.0
    worst: float = 0.0
    cpu: float = 0.0
    start_mb: float = 0.0
    peak_mb: float = 0.0
    trips: float | None = None
    statements: float | None = None
    disk: int | None = None
    absent: str = ""

    @property
    def rate(self) -> float:
        """
        The median of the rounds.

        Raises:
            LookupError: If nothing was measured.
        """
        if not self.rates:
            raise LookupError(self.absent or self.subject)
        return statistics.median(self.rates)


@frozen(kw_only=True)
class Judged:
    """
    A goal, and what became of it.

    Args:
        text: The goal, in words.
        wanted: What the number should be.
        value: What it is; *None* where it was not measured.
        met: Whether it is what it should be.
        stretch: What would be better still.
    """

    text: str
    wanted: str
    value: float | None
    met: bool | None
    stretch: float | None = None


@frozen(kw_only=True)
class Figures:
    """
    The answer to one question.

    Args:
        question: Its name.
        row: Its row in the table of goals.
        counted: What is counted.
        floor: What ratios are made to.
        share: Of the sizes that its question has.
        fsync_us: How long a small file takes to reach the disk, the median.
        figures: By part and subject.
        not_yet: What timebank has no means for.
        goals: What should be, and is.
    """

    question: str
    row: int
    counted: str
    floor: str
    fsync_us: float
    figures: tuple[Figure, ...]
    share: float = 1.0
    not_yet: tuple[str, ...] = ()
    goals: tuple[Judged, ...] = ()

    def of(self, subject: str, part: str) -> Figure:
        """
        Return what *subject* did in *part*.

        Raises:
            LookupError: If that was not measured.
        """
        for each in self.figures:
            if (each.subject, each.part) == (subject, part) and each.rates:
                return each
        raise LookupError(f"{subject} in {part}")

    def parts(self) -> list[str]:
        """Return the names of the parts, in order."""
        return list(dict.fromkeys(each.part for each in self.figures))


@frozen(kw_only=True)
class Results:
    """
    A run.

    Args:
        machine: What it ran on, and with what.
        settings: How it ran.
        answers: To each question.
    """

    machine: dict[str, str]
    settings: dict[str, str]
    answers: tuple[Figures, ...] = field(factory=tuple)

    def save(self, path: Path) -> None:
        """Write them as JSON."""
        table = {"format": FORMAT, **attrs.asdict(self)}
        path.write_text(json.dumps(table, indent=1, ensure_ascii=False) + "\n", "utf-8")


def load(path: Path) -> Results:
    """
    Read a file that `Results.save` wrote.

    Raises:
        ValueError: If it is of another format.
    """
    table = json.loads(path.read_text("utf-8"))
    if table.get("format") != FORMAT:
        raise ValueError(f"{path} is no file of results, or of another format")
    return Results(
        machine=table["machine"],
        settings=table["settings"],
        answers=tuple(_figures(each) for each in table["answers"]),
    )


def _figures(table: dict[str, Any]) -> Figures:
    figures = tuple(
        Figure(
            **{
                **each,
                "lacks": tuple(each["lacks"]),
                "rates": tuple(each["rates"]),
            }
        )
        for each in table["figures"]
    )
    goals = tuple(Judged(**each) for each in table["goals"])
    not_yet = tuple(table["not_yet"])
    return Figures(**{**table, "figures": figures, "goals": goals, "not_yet": not_yet})


def figure(
    subject: str,
    part: str,
    rounds: Sequence[Sequence[Lap]],
    *,
    per_unit: int,
    lacks: tuple[str, ...] = (),
) -> Figure:
    """Return what the laps of all *rounds* come to."""
    laps = [lap for several in rounds for lap in several]
    times = sorted(ns for lap in laps for ns in lap.nanoseconds)
    done = len(times) * per_unit
    return Figure(
        subject=subject,
        part=part,
        lacks=lacks,
        rates=tuple(_rate(several, per_unit) for several in rounds),
        p50=percentile(times, 50) / MICROSECOND,
        p99=percentile(times, 99) / MICROSECOND,
        worst=times[-1] / MICROSECOND,
        cpu=sum(lap.cpu for lap in laps) / done / MICROSECOND,
        start_mb=max(lap.start_mb for lap in laps),
        peak_mb=max(lap.peak_mb for lap in laps),
    )


def _rate(laps: Sequence[Lap], per_unit: int) -> float:
    """Return how many were done per second, from the first to begin to the last to end."""
    done = sum(len(lap.nanoseconds) for lap in laps) * per_unit
    took = max(lap.ended for lap in laps) - min(lap.began for lap in laps)
    return done / (took / 1e9)


def percentile(ordered: Sequence[int], percent: int) -> int:
    """Return the least of *ordered* values that *percent* of them do not exceed."""
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def judge(question: Question, answer: Figures) -> tuple[Judged, ...]:
    """Return what became of the goals of *question*."""
    judged = []
    for goal in question.goals:
        wanted = " and ".join(
            f"{sign} {bound:g}"
            for sign, bound in (("≥", goal.at_least), ("≤", goal.at_most))
            if bound is not None
        )
        value: float | None
        try:
            value = statistics.median(goal.value(answer))
        except LookupError:
            value = None
        judged.append(
            Judged(
                text=goal.text,
                wanted=wanted,
                value=value,
                met=None if value is None else goal.met(value),
                stretch=goal.stretch,
            )
        )
    return tuple(judged)


# ---------------------------------------------------------------- measures


def quotients(above: Series, below: Series) -> Series:
    """
    Return how two numbers stood to each other, round by round.

    What else the machine did in a round was done to both of them.
    """
    return tuple(one / other for one, other in zip(above, below, strict=False))


def rate(subject: str, part: str) -> Measure:
    """Measure how fast a subject is in a part."""
    return lambda figures: figures.of(subject, part).rates


def ratio(above: Measure, below: Measure) -> Measure:
    """Measure how one number stands to another."""
    return lambda figures: quotients(above(figures), below(figures))


def best(several: Iterable[Measure]) -> Measure:
    """Measure the greatest of several numbers, leaving out what was not measured."""
    all_of_them = tuple(several)

    def greatest(figures: Figures) -> Series:
        found = []
        for each in all_of_them:
            try:
                found.append(each(figures))
            except LookupError:
                continue
        if not found:
            raise LookupError("none of several was measured")
        return tuple(map(max, zip(*found, strict=False)))

    return greatest


def read(name: str, subject: str, part: str) -> Measure:
    """Measure one field of a figure."""

    def value(figures: Figures) -> Series:
        found = getattr(figures.of(subject, part), name)
        if found is None:
            raise LookupError(name)
        return (float(found),)

    return value


def failures(subject: str) -> Measure:
    """Measure in how many parts a subject failed."""
    return lambda figures: (
        sum(
            each.absent.startswith("failed")
            for each in figures.figures
            if each.subject == subject
        ),
    )


def growth(subject: str, small: str, big: str) -> Measure:
    """Measure how much longer a subject takes with big books than with small ones."""
    return ratio(rate(subject, small), rate(subject, big))


def memory(subject: str, part: str) -> Measure:
    """Measure how many megabytes above its start a subject went."""

    def value(figures: Figures) -> Series:
        found = figures.of(subject, part)
        return (found.peak_mb - found.start_mb,)

    return value
