"""
How long do a balance and a page of a statement take, however big the books are?

Each is one look into an index: 5 to 20 µs on SQLite, one round trip of 50 to 100 µs on
PostgreSQL, and 50 joined lines ten times that.  The books' size goes in by its logarithm only:
from 10 000 to a million entries an index grows by one level.  A sum over an account's thousand
postings would take a millisecond, and ten times as long in ten years.
"""

from __future__ import annotations

from typing import Final

from ..catalogue import (
    FLOOR_POSTGRESQL,
    FLOOR_SQLITE,
    TIMEBANK_POSTGRESQL,
    TIMEBANK_SQLITE,
)
from ..model import Database, Goal, Part, Question
from ..results import growth, rate, ratio

SMALL: Final = 10_000
BIG: Final = 1_000_000
MEMBERS: Final = 100
"""So few that each has a page of a statement, in small books too."""
DATABASES: Final = (Database.SQLITE, Database.POSTGRESQL)
ACTS: Final = {
    "balance": ("a balance", 4.0),
    "balance_as_of": ("a balance as of a position", 3.0),
    "statement": ("50 lines of a statement", 1.7),
}
"""What is read, and how many times the floor's time it may take."""

FLAT: Final = 1.5
"""How much longer it may take with big books: noise, and one level of an index."""


def part(act: str, entries: int, database: Database) -> str:
    """Return the name of a part."""
    return f"{ACTS[act][0]} at {entries} entries, {database}"


QUESTION: Final = Question(
    name="reading",
    row=9,
    counted="answers",
    parts=tuple(
        Part(
            name=part(act, entries, database),
            act=act,
            entries=entries,
            members=MEMBERS,
            database=database,
        )
        for database in DATABASES
        for entries in (SMALL, BIG)
        for act in ACTS
    ),
    subjects=(FLOOR_SQLITE, TIMEBANK_SQLITE, FLOOR_POSTGRESQL, TIMEBANK_POSTGRESQL),
    goals=(
        *(
            Goal(
                text=f"timebank's time to the floor's, {part(act, BIG, database)}",
                value=ratio(
                    rate("floor", part(act, BIG, database)),
                    rate("timebank", part(act, BIG, database)),
                ),
                at_most=most,
            )
            for database in DATABASES
            for act, (_, most) in ACTS.items()
        ),
        *(
            Goal(
                text=f"{ACTS[act][0]}, {BIG} entries to {SMALL}, {database}",
                value=growth(
                    "timebank", part(act, SMALL, database), part(act, BIG, database)
                ),
                at_most=FLAT,
            )
            for database in DATABASES
            for act in ACTS
        ),
    ),
)
