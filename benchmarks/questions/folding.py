"""
How fast does a journal become balances, in engines that are made for columns?

A sum by account and unit over columns in Parquet is bound by memory: tens of millions of
postings per second.  SQLite and PostgreSQL walk rows, a million or some millions.  A loop in
Python decodes a body first, at 30 µs.  timebank's export has ten times the columns of a file
that is made by hand for this one sum; an engine reads those it needs, so the two should be
within a quarter of each other.  timebank's stream makes every column of every row when it is
asked, at some 30 µs a posting, and writing the files costs the same once.
"""

from __future__ import annotations

from typing import Final

from attrs import evolve

from ..catalogue import (
    DUCKDB,
    FLOOR_POSTGRESQL,
    FLOOR_SQLITE,
    POLARS,
    TIMEBANK_SQLITE,
    exported,
)
from ..model import Goal, Part, Question
from ..results import rate, ratio

ENTRIES: Final = 200_000
FOLD: Final = "all balances"
AGAIN: Final = "all balances, again and again"
EXPORT: Final = "an export"
WITHIN: Final = 1 / 1.25
"""The least share of a hand-made file's speed that an export may have."""

DUCKDB_EXPORT: Final = exported(DUCKDB, "export")
PAIRS: Final = ((DUCKDB, DUCKDB_EXPORT), (POLARS, exported(POLARS, "export")))

QUESTION: Final = Question(
    name="folding",
    row=8,
    counted="postings",
    parts=(
        Part(name=FOLD, act="fold", per_unit=2 * ENTRIES, entries=ENTRIES, whole=True),
        Part(
            name=AGAIN,
            act="fold",
            per_unit=2 * ENTRIES,
            entries=ENTRIES,
            sized=True,
            subjects=tuple(each.name for pair in PAIRS for each in pair),
        ),
        Part(
            name=EXPORT,
            act="export",
            per_unit=2 * ENTRIES,
            entries=ENTRIES,
            whole=True,
            subjects=(DUCKDB_EXPORT.name,),
        ),
    ),
    subjects=(
        FLOOR_SQLITE,
        evolve(FLOOR_POSTGRESQL, name="PostgreSQL's sum"),
        *(each for pair in PAIRS for each in pair),
        exported(DUCKDB, "stream"),
        evolve(TIMEBANK_SQLITE, name="timebank, a loop over its entries"),
    ),
    goals=tuple(
        Goal(
            text=f"{hand.name} on timebank's export to {hand.name} on a file by hand",
            value=ratio(rate(ours.name, AGAIN), rate(hand.name, AGAIN)),
            at_least=WITHIN,
        )
        for hand, ours in PAIRS
    ),
)
