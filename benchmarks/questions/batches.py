"""
How many entries per second does `bank.batch()` record, a hundred or a thousand at a time?

A commit is shared by the whole batch: at 1 ms for a commit, 10 µs of it fall on each of a
hundred.  What is left is deciding (some 50 µs), taking in what was decided (10 µs), the body
(4 µs) and the rows (5 µs each, in one statement a table).
"""

from __future__ import annotations

from typing import Final

from ..catalogue import (
    DECIDED_POSTGRESQL,
    DECIDED_SQLITE,
    EVENTSOURCING_POSTGRESQL,
    EVENTSOURCING_SQLITE,
    FLOOR_POSTGRESQL,
    FLOOR_SQLITE,
    PGLEDGER,
    TIMEBANK_MEMORY,
    TIMEBANK_POSTGRESQL,
    TIMEBANK_SQLITE,
)
from ..model import Database, Goal, Part, Question
from ..results import rate

SIZES: Final = (100, 1_000)
PROTOTYPE: Final = {Database.SQLITE: 9_400, Database.POSTGRESQL: 3_600}
"""What a prototype with a pool reached per second, on the two cores of the goals' table."""

WHO: Final = {
    (1_000, Database.POSTGRESQL): (
        *("floor", "timebank", DECIDED_POSTGRESQL.name, "pgledger"),
    )
}
"""Who can; eventsourcing 9.5.6 waits for ever when 3 000 events are saved at once there."""


def batch(size: int, database: Database) -> str:
    """Return the name of a part."""
    return f"batches of {size}, {database}"


QUESTION: Final = Question(
    name="batches",
    row=5,
    counted="entries",
    parts=(
        *(
            Part(
                name=batch(size, database),
                act="give_many",
                per_unit=size,
                database=database,
                subjects=WHO.get((size, database), ()),
            )
            for database in PROTOTYPE
            for size in SIZES
        ),
        *(
            Part(
                name=f"batches of {size}, in memory",
                act="give_many",
                per_unit=size,
                database=Database.NONE,
            )
            for size in SIZES
        ),
    ),
    subjects=(
        FLOOR_SQLITE,
        TIMEBANK_SQLITE,
        DECIDED_SQLITE,
        EVENTSOURCING_SQLITE,
        FLOOR_POSTGRESQL,
        TIMEBANK_POSTGRESQL,
        DECIDED_POSTGRESQL,
        EVENTSOURCING_POSTGRESQL,
        PGLEDGER,
        TIMEBANK_MEMORY,
    ),
    goals=tuple(
        Goal(
            text=f"timebank per second, {batch(size, database)}",
            value=rate("timebank", batch(size, database)),
            at_least=wanted,
        )
        for database, wanted in PROTOTYPE.items()
        for size in SIZES
    ),
)
