"""
How long does one durable entry take on SQLite, as at a front desk?

A commit in WAL mode writes the changed pages and waits for the disk once: with a quick disk
100 µs, with a slow one 10 ms.  The rows themselves are some ten small statements of 5 to
15 µs.  What a library adds is its own processor time, so the ratio to the floor is worst
where the disk is quick.  A bank of 10 000 members who each serve once a week writes one
entry a minute.
"""

from __future__ import annotations

from typing import Final

from ..catalogue import (
    DECIDED_SQLITE,
    EVENTSOURCING_ONE_SQLITE,
    EVENTSOURCING_SQLITE,
    FLOOR_SQLITE,
    PYTHON_ACCOUNTING,
    TIMEBANK_MEMORY,
    TIMEBANK_SQLITE,
    UNDECIDED_SQLITE,
)
from ..model import Goal, Part, Question
from ..results import best, rate, ratio

ONE: Final = "one entry"

QUESTION: Final = Question(
    name="one-entry-sqlite",
    row=1,
    counted="entries",
    parts=(Part(name=ONE, act="give"),),
    subjects=(
        FLOOR_SQLITE,
        TIMEBANK_SQLITE,
        UNDECIDED_SQLITE,
        DECIDED_SQLITE,
        TIMEBANK_MEMORY,
        EVENTSOURCING_SQLITE,
        EVENTSOURCING_ONE_SQLITE,
        PYTHON_ACCOUNTING,
    ),
    goals=(
        Goal(
            text="timebank to the floor",
            value=ratio(rate("timebank", ONE), rate("floor", ONE)),
            at_least=0.5,
            stretch=0.65,
        ),
        Goal(
            text="timebank to the better of eventsourcing's two",
            value=ratio(
                rate("timebank", ONE),
                best(
                    rate(each.name, ONE)
                    for each in (EVENTSOURCING_SQLITE, EVENTSOURCING_ONE_SQLITE)
                ),
            ),
            at_least=1.2,
        ),
    ),
)
