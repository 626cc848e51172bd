"""
How fast does a journal become balances, in engines that are made for columns?

A sum by account and unit over columns in Parquet is bound by memory: tens of millions of
postings per second.  SQLite and PostgreSQL walk rows, a million or some millions.  A loop in
Python decodes a body first, at 30 µs.  An export of timebank's own would have to come within a
quarter of what an engine does on the file that is made by hand here.
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
)
from ..model import Part, Question

ENTRIES: Final = 200_000
FOLD: Final = "all balances"

QUESTION: Final = Question(
    name="folding",
    row=8,
    counted="postings",
    parts=(
        Part(name=FOLD, act="fold", per_unit=2 * ENTRIES, entries=ENTRIES, whole=True),
    ),
    subjects=(
        FLOOR_SQLITE,
        evolve(FLOOR_POSTGRESQL, name="PostgreSQL's sum"),
        DUCKDB,
        POLARS,
        evolve(TIMEBANK_SQLITE, name="timebank, a loop over its entries"),
    ),
    not_yet=("an export of the journal through Arrow and Parquet",),
)
