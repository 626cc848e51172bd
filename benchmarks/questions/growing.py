"""
Does one durable entry take longer when a million are there already?

Each entry touches some ten index pages.  With 10 000 entries (20 MB) all are in any cache; with
a million (2 GB) those of text keys, which come in no order, no longer are, and the floor itself
slows down.  What timebank reads to decide hangs on its accounts, not on the journal's length.
The room that an entry takes on disk is told beside it: 1 to 2 kB, half of it keys and indexes.
"""

from __future__ import annotations

from typing import Final

from ..catalogue import (
    FLOOR_POSTGRESQL,
    FLOOR_SQLITE,
    TIMEBANK_POSTGRESQL,
    TIMEBANK_SQLITE,
)
from ..model import Database, Goal, Measure, Part, Question
from ..results import growth, ratio

SIZES: Final = (10_000, 1_000_000)
DATABASES: Final = (Database.SQLITE, Database.POSTGRESQL)


def at(entries: int, database: Database) -> str:
    """Return the name of a part."""
    return f"one entry at {entries} entries, {database}"


def _growth(subject: str, database: Database) -> Measure:
    small, big = (at(entries, database) for entries in SIZES)
    return growth(subject, small, big)


QUESTION: Final = Question(
    name="growing",
    row=11,
    counted="entries",
    parts=tuple(
        Part(name=at(entries, database), act="give", entries=entries, database=database)
        for database in DATABASES
        for entries in SIZES
    ),
    subjects=(FLOOR_SQLITE, TIMEBANK_SQLITE, FLOOR_POSTGRESQL, TIMEBANK_POSTGRESQL),
    goals=tuple(
        Goal(
            text=f"timebank's growth to the floor's, {database}",
            value=ratio(_growth("timebank", database), _growth("floor", database)),
            at_most=1.2,
        )
        for database in DATABASES
    ),
)
