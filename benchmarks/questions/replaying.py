"""
How fast is a journal read again, with every rule decided anew?

Fetching an entry with its postings and making values of its body costs 25 µs, auditing it 55, and
deciding it 60: some 14 000 postings per second and core.  To ask all of it again under other
rules, of books in memory that are made on the way, saves the audit and costs the books.
beancount parses text and books it, hledger and ledger the same in Haskell and C++: none of them
knows a rule.  eventsourcing reads events from its database and folds them.
"""

from __future__ import annotations

from typing import Final

from attrs import evolve

from ..catalogue import (
    BEANCOUNT,
    EVENTSOURCING_SQLITE,
    HLEDGER,
    LEDGER,
    TIMEBANK_POSTGRESQL,
    TIMEBANK_SQLITE,
)
from ..model import Goal, Part, Question
from ..results import memory, rate, ratio

ENTRIES: Final = 50_000
ON_POSTGRESQL: Final = evolve(TIMEBANK_POSTGRESQL, name="timebank, PostgreSQL")
OURS: Final = (TIMEBANK_SQLITE.name, ON_POSTGRESQL.name)
REPLAY: Final = "a replay"
OTHERWISE: Final = "a replay under other rules"
MEMORY_MB_MAX: Final = 150

QUESTION: Final = Question(
    name="replaying",
    row=7,
    counted="postings",
    parts=(
        Part(
            name=REPLAY, act="replay", per_unit=2 * ENTRIES, entries=ENTRIES, whole=True
        ),
        Part(
            name=OTHERWISE,
            act="replay_otherwise",
            per_unit=2 * ENTRIES,
            entries=ENTRIES,
            whole=True,
            subjects=OURS,
        ),
    ),
    subjects=(
        TIMEBANK_SQLITE,
        ON_POSTGRESQL,
        EVENTSOURCING_SQLITE,
        BEANCOUNT,
        HLEDGER,
        LEDGER,
    ),
    goals=(
        Goal(
            text="timebank to beancount",
            value=ratio(rate("timebank", REPLAY), rate("beancount", REPLAY)),
            at_least=4.0,
        ),
        Goal(
            text="timebank's memory above its start, MB",
            value=memory("timebank", REPLAY),
            at_most=MEMORY_MB_MAX,
        ),
    ),
    floor="beancount",
)
