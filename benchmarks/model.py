"""
What is asked, as values: questions, their parts, and the places where books are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

from attrs import evolve, field, frozen

if TYPE_CHECKING:
    from .results import Figures

MEMBERS: Final = 1_000
"""How many members the books have, unless a question says otherwise."""


class Database(StrEnum):
    """Where a subject keeps its books."""

    NONE = "none"
    SQLITE = "SQLite"
    POSTGRESQL = "PostgreSQL"


@frozen(kw_only=True)
class Subject:
    """
    Something that is measured.

    Args:
        name: What tables call it.
        module: Its module in `benchmarks.subjects`.
        database: Where it keeps its books.
        install: What brings it, where it is not always there.
        lacks: What the work needs, and it has not.
        options: What its module is told.
    """

    name: str
    module: str
    database: Database = Database.NONE
    install: str = ""
    lacks: tuple[str, ...] = ()
    options: Mapping[str, str] = field(factory=dict)


@frozen(kw_only=True)
class Part:
    """
    One thing that a question measures.

    Args:
        name: What tables call it.
        act: The method of the subjects' books that does it.
        per_unit: How many of what the question counts one call brings.
        clients: How many do it at once, each a process unless the subject has threads.
        members: How many members the books have.
        entries: How many entries the books hold before anything is measured.
        options: What all subjects are told.
        fresh: Whether every round has new books, because the work fills them.
        whole: Whether one call is a round, because it takes long.
        sized: Whether what a call brings goes by the size of the books; always if *whole*.
        database: Where the books of those are that do it; anywhere by default.
        subjects: Those that do it, by name; all by default.
    """

    name: str
    act: str
    per_unit: int = 1
    clients: int = 1
    members: int = MEMBERS
    entries: int = 0
    options: Mapping[str, str] = field(factory=dict)
    fresh: bool = False
    whole: bool = False
    sized: bool = False
    database: Database | None = None
    subjects: tuple[str, ...] = ()

    def concerns(self, subject: Subject) -> bool:
        """Return whether *subject* does it."""
        return (not self.subjects or subject.name in self.subjects) and (
            self.database in (None, subject.database)
        )

    def scaled(self, share: float, clients_max: int) -> Part:
        """Return the same part with a *share* of the size, for a short run."""
        return evolve(
            self,
            per_unit=max(1, int(self.per_unit * share))
            if self.whole or self.sized
            else self.per_unit,
            members=max(10, int(self.members * share)),
            entries=int(self.entries * share),
            clients=min(self.clients, clients_max),
        )


Series = tuple[float, ...]
"""A number for each round, or one for all of them."""

Measure = Callable[["Figures"], Series]
"""Reads numbers off what was measured; raises `LookupError` where that was not."""


@frozen(kw_only=True)
class Goal:
    """
    What a number should be.

    Args:
        text: The number, in words: the median of the rounds.
        value: Reads it, round by round.
        at_least: The least it may be.
        at_most: The most it may be.
        stretch: What would be better still.
    """

    text: str
    value: Measure
    at_least: float | None = None
    at_most: float | None = None
    stretch: float | None = None

    def met(self, value: float) -> bool:
        """Return whether *value* is what it should be."""
        return (self.at_least is None or value >= self.at_least) and (
            self.at_most is None or value <= self.at_most
        )


@frozen(kw_only=True)
class Question:
    """
    What is asked.

    Args:
        name: How the command line calls it.
        row: Its row in the table of goals.
        counted: What is counted by the second, in the plural.
        parts: What is measured.
        subjects: Who is measured, the floor among them.
        goals: What timebank should reach.
        floor: What ratios are made to.
        not_yet: What timebank has no means for yet.
    """

    name: str
    row: int
    counted: str
    parts: tuple[Part, ...]
    subjects: tuple[Subject, ...]
    goals: tuple[Goal, ...] = ()
    floor: str = "floor"
    not_yet: tuple[str, ...] = ()


@frozen(kw_only=True)
class Place:
    """
    Where one subject keeps books of one kind.

    Args:
        folder: For its files.
        url: Of its PostgreSQL database, if it has one.
        members: How many members there are.
        entries: How many entries the books hold before anything is measured.
        size: How many records a whole unit works through.
        options: What the subject is told.
    """

    folder: Path
    url: str = ""
    members: int = MEMBERS
    entries: int = 0
    size: int = 0
    options: Mapping[str, str] = field(factory=dict)

    @property
    def file(self) -> Path:
        """A SQLite file."""
        return self.folder / "books.db"
