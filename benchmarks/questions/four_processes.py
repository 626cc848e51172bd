"""
How do four processes get on that write one SQLite file, and how long does the unluckiest wait?

SQLite lets one write at a time, so four get together what one gets, a commit's fsync each.  Its
own lock is no queue: whoever finds it taken sleeps and looks again, and may sleep for seconds
while others come first.  A queue costs two system calls and a switch, 50 to 100 µs, and nobody
waits longer than three others take.
"""

from __future__ import annotations

from typing import Final

from attrs import evolve

from ..catalogue import EVENTSOURCING_SQLITE, FLOOR_SQLITE, TIMEBANK_SQLITE
from ..model import Goal, Part, Question
from ..results import rate, ratio, read

FOUR: Final = "4 processes"
QUEUE: Final = "floor, with a queue"
WORST_US_MAX: Final = 100_000

QUESTION: Final = Question(
    name="four-processes",
    row=4,
    counted="entries",
    parts=(Part(name=FOUR, act="give", clients=4, options={"clients": "many"}),),
    subjects=(
        FLOOR_SQLITE,
        evolve(FLOOR_SQLITE, name=QUEUE, options={"queue": "yes"}),
        TIMEBANK_SQLITE,
        EVENTSOURCING_SQLITE,
    ),
    goals=(
        Goal(
            text="timebank to the floor",
            value=ratio(rate("timebank", FOUR), rate("floor", FOUR)),
            at_least=0.5,
        ),
        Goal(
            text="timebank's worst wait, µs",
            value=read("worst", "timebank", FOUR),
            at_most=WORST_US_MAX,
        ),
    ),
)
