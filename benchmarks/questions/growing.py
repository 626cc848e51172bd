"""
Does an entry, or a batch, take longer when a million are there already?

Each entry touches some ten index pages.  With 10 000 entries (20 MB) all are in any cache; with
a million (2 GB) those of text keys, which come in no order, no longer are, and the floor itself
slows down.  What timebank reads to decide hangs on its accounts, not on the journal's length.
A batch looks for many ids and accounts at once, by statements of its own; if one of them read
through the ledger, it would take ten times as long with ten times as many entries.
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
MANY: Final = 100
ACTS: Final = {"give": ("one entry", 1), "give_many": (f"a batch of {MANY}", MANY)}
"""What is done, what it is called, and how many entries it is."""


def at(entries: int, database: Database, act: str = "give") -> str:
    """Return the name of a part."""
    return f"{ACTS[act][0]} at {entries} entries, {database}"


def _growth(subject: str, database: Database, act: str) -> Measure:
    small, big = (at(entries, database, act) for entries in SIZES)
    return growth(subject, small, big)


QUESTION: Final = Question(
    name="growing",
    row=11,
    counted="entries",
    parts=tuple(
        Part(
            name=at(entries, database, act),
            act=act,
            per_unit=many,
            entries=entries,
            database=database,
        )
        for act, (_, many) in ACTS.items()
        for database in DATABASES
        for entries in SIZES
    ),
    subjects=(FLOOR_SQLITE, TIMEBANK_SQLITE, FLOOR_POSTGRESQL, TIMEBANK_POSTGRESQL),
    goals=tuple(
        Goal(
            text=f"timebank's growth to the floor's, {called}, {database}",
            value=ratio(
                _growth("timebank", database, act), _growth("floor", database, act)
            ),
            at_most=1.2,
        )
        for act, (called, _) in ACTS.items()
        for database in DATABASES
    ),
)
