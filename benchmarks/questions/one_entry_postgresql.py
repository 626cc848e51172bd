"""
How long does one durable entry take on PostgreSQL, for one client?

A round trip over a local socket and back is 40 to 80 µs, a statement's planning and running
20 to 50, and a commit waits for the disk once.  The floor sends everything at once.  A bank
has to see what it locked before it can decide, so it takes two round trips: what is read,
and what is written with the commit.
"""

from __future__ import annotations

from typing import Final

from ..catalogue import (
    DECIDED_POSTGRESQL,
    EVENTSOURCING_ONE_POSTGRESQL,
    EVENTSOURCING_POSTGRESQL,
    FLOOR_POSTGRESQL,
    HORDAK,
    PGLEDGER,
    TIMEBANK_POSTGRESQL,
    UNDECIDED_POSTGRESQL,
)
from ..model import Goal, Part, Question
from ..results import rate, ratio, read

ONE: Final = "one entry"

QUESTION: Final = Question(
    name="one-entry-postgresql",
    row=2,
    counted="entries",
    parts=(Part(name=ONE, act="give"),),
    subjects=(
        FLOOR_POSTGRESQL,
        TIMEBANK_POSTGRESQL,
        UNDECIDED_POSTGRESQL,
        DECIDED_POSTGRESQL,
        PGLEDGER,
        EVENTSOURCING_POSTGRESQL,
        EVENTSOURCING_ONE_POSTGRESQL,
        HORDAK,
    ),
    goals=(
        Goal(
            text="timebank to the floor",
            value=ratio(rate("timebank", ONE), rate("floor", ONE)),
            at_least=0.5,
            stretch=0.65,
        ),
        Goal(
            text="timebank to pgledger",
            value=ratio(rate("timebank", ONE), rate("pgledger", ONE)),
            at_least=1.0,
        ),
        Goal(
            text="timebank to django-hordak",
            value=ratio(rate("timebank", ONE), rate("django-hordak", ONE)),
            at_least=3.0,
        ),
        Goal(
            text="timebank's round trips, the commit among them",
            value=read("trips", "timebank", ONE),
            at_most=4,
        ),
    ),
)
