"""
How fast are service records imported under a real programme's rules, and in how much memory?

A service of Guangzhou is one entry of four postings, in two units: five rows and three balances.
SQLite takes 200 000 rows per second in one transaction, so 40 000 entries; PostgreSQL's COPY,
keys and indexes kept up, half of that.  At 0.35 of it an entry may cost 70 µs, deciding and its
body among them.  The floor writes the rows that timebank wrote for the same records.
"""

from __future__ import annotations

from typing import Final

from ..catalogue import (
    DECIDED_POSTGRESQL,
    DECIDED_SQLITE,
    FLOOR_POSTGRESQL,
    FLOOR_SQLITE,
    TIMEBANK_POSTGRESQL,
    TIMEBANK_SQLITE,
)
from ..model import Database, Goal, Part, Question
from ..results import memory, rate, ratio

RECORDS: Final = 50_000
"""How many there are in a run of the usual size; ``--share 20`` makes it a million."""

WANTED: Final = {Database.SQLITE: 0.35, Database.POSTGRESQL: 0.6}
MEMORY_MB_MAX: Final = 150


def load(database: Database) -> str:
    """Return the name of a part."""
    return f"an import, {database}"


QUESTION: Final = Question(
    name="importing",
    row=6,
    counted="records",
    parts=tuple(
        Part(
            name=load(database),
            act="load",
            per_unit=RECORDS,
            options={"rules": "programme"},
            database=database,
            fresh=True,
            whole=True,
        )
        for database in WANTED
    ),
    subjects=(
        FLOOR_SQLITE,
        TIMEBANK_SQLITE,
        DECIDED_SQLITE,
        FLOOR_POSTGRESQL,
        TIMEBANK_POSTGRESQL,
        DECIDED_POSTGRESQL,
    ),
    goals=(
        *(
            Goal(
                text=f"timebank to the floor, {load(database)}",
                value=ratio(
                    rate("timebank", load(database)), rate("floor", load(database))
                ),
                at_least=wanted,
            )
            for database, wanted in WANTED.items()
        ),
        *(
            Goal(
                text=f"timebank's memory above its start, MB, {load(database)}",
                value=memory("timebank", load(database)),
                at_most=MEMORY_MB_MAX,
            )
            for database in WANTED
        ),
    ),
)
