"""
What is different with ten million entries on SQLite?

A thousand members have 20 000 postings each by then, and the books take 12 GB, which no cache
of a small machine holds.  An index is a level deeper than with 10 000, and a write touches some
ten more pages, 5 to 20 µs where they are at hand.  A balance is one row wherever it is.  The
lines of a statement stand as far apart as the entries that made them: 50 of them are a hundred
pages, which take 100 µs from the system's memory and 10 000 from a disk.  To fill the books
takes five to ten minutes of a processor for each subject.
"""

from __future__ import annotations

from typing import Final

from ..catalogue import FLOOR_SQLITE, TIMEBANK_SQLITE
from ..model import Goal, Part, Question, Subject
from ..results import growth, ratio

SIZES: Final = (10_000, 10_000_000)
ACTS: Final = {
    "give": "one entry",
    "balance": "a balance",
    "balance_as_of": "a balance as of a position",
    "statement": "50 lines of a statement",
}


def part(act: str, entries: int) -> str:
    """Return the name of a part."""
    return f"{ACTS[act]} at {entries} entries"


def asking(name: str, floor: Subject, bank: Subject) -> Question:
    """Return the question of one database."""
    small, big = SIZES
    return Question(
        name=name,
        row=11,
        counted="calls",
        parts=tuple(
            Part(name=part(act, entries), act=act, entries=entries)
            for act in ACTS
            for entries in SIZES
        ),
        subjects=(floor, bank),
        goals=tuple(
            Goal(
                text=f"timebank's growth to the floor's, {text}",
                value=ratio(
                    *(
                        growth(each.name, part(act, small), part(act, big))
                        for each in (bank, floor)
                    )
                ),
                at_most=1.2,
            )
            for act, text in ACTS.items()
        ),
    )


QUESTION: Final = asking("ten-million-sqlite", FLOOR_SQLITE, TIMEBANK_SQLITE)
