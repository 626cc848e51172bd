"""
How long does `verify` take from scratch, and in how much memory?

The floor fetches each entry, decodes its body (3 µs), hashes it (1 µs) and compares two columns.
An audit fetches postings too, with all columns (5 µs in all).  Most entries it then holds against
their rows as text, without decoding them: what they say of themselves (3 µs), and what they move,
byte for byte, with balances, limits and labels (6 µs).  Of the others it makes values, which takes
four times as long.
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
from ..results import memory, rate, ratio

ENTRIES: Final = 50_000
DATABASES: Final = (Database.SQLITE, Database.POSTGRESQL)
MEMORY_MB_MAX: Final = 150


def audit(database: Database) -> str:
    """Return the name of a part."""
    return f"an audit, {database}"


QUESTION: Final = Question(
    name="verifying",
    row=10,
    counted="postings",
    parts=tuple(
        Part(
            name=audit(database),
            act="verify",
            per_unit=2 * ENTRIES,
            entries=ENTRIES,
            database=database,
            whole=True,
        )
        for database in DATABASES
    ),
    subjects=(FLOOR_SQLITE, TIMEBANK_SQLITE, FLOOR_POSTGRESQL, TIMEBANK_POSTGRESQL),
    goals=(
        *(
            Goal(
                text=f"timebank to the floor, {audit(database)}",
                value=ratio(
                    rate("timebank", audit(database)), rate("floor", audit(database))
                ),
                at_least=0.35,
            )
            for database in DATABASES
        ),
        *(
            Goal(
                text=f"timebank's memory above its start, MB, {audit(database)}",
                value=memory("timebank", audit(database)),
                at_most=MEMORY_MB_MAX,
            )
            for database in DATABASES
        ),
    ),
)
