"""
`kill -9` at any moment loses no acknowledged entry and leaves books that open and verify.

``TIMEBANK_CRASH_SECONDS`` sets how long to go on killing, ``TIMEBANK_CRASH_SEED`` repeats
a run whose seed was printed.
"""

import os
import random
import re
import sqlite3
import time
from collections import Counter
from contextlib import closing
from datetime import date

import pytest

import timebank
from timebank.testing.races import POLICY

from .writers import BATCH, nursery

DAY = date(2024, 3, 1)
SECONDS = float(os.environ.get("TIMEBANK_CRASH_SECONDS", "12"))
ROUNDS_MIN = 5
WRITERS = 3
LIFE_MAX = 0.3
"""Seconds after which the last writer of a round is dead."""


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "books.db"
    with timebank.create(f"sqlite:///{path}", ledger="home", actor="desk-1") as bank:
        bank.adopt(POLICY, on=DAY)
        bank.open_account("ada", on=DAY)
    return path


def numbers_after(told, names):
    """Return where each writer goes on: at the first number it was told nothing about."""
    last = dict.fromkeys(names, -1)
    for each in told:
        number = int(each.ids[0].split("/")[1])
        last[each.writer] = max(last[each.writer], number)
    return {name: number + 1 for name, number in last.items()}


def lost_or_doubled(path, told):
    """Return what is wrong with the books after the writers were told *told*."""
    with closing(sqlite3.connect(path)) as connection:
        (said,) = connection.execute("PRAGMA quick_check").fetchone()
    with timebank.open(f"sqlite:///{path}", ledger="home", actor="desk-1") as bank:
        recorded = Counter(e.id for _, e in bank.entries() if e.actor != "desk-1")
        faults = bank.verify().faults
        points = bank.balance("ada", "points").free
    acknowledged = {id for each in told for id in each.ids}
    batches = Counter(m[1] for id in recorded if (m := re.fullmatch(r"(.+/.+)/.+", id)))
    return {
        "quick_check": said != "ok" and said,
        "lost": acknowledged - recorded.keys(),
        "doubled": {id for id, times in recorded.items() if times > 1},
        "torn": {id for id, parts in batches.items() if parts != BATCH},
        "balance": points - recorded.total(),
        "faults": faults,
    }


@pytest.mark.slow
def test_a_killed_writer_loses_nothing_that_it_was_told(path):
    seed = int(os.environ.get("TIMEBANK_CRASH_SEED", time.time_ns()))
    chance = random.Random(seed)  # noqa: S311 - no secret
    print(f"TIMEBANK_CRASH_SEED={seed}")
    names = [f"writer-{number}" for number in range(WRITERS)]
    told, rounds, begun = [], 0, time.monotonic()

    with nursery() as writers:
        while rounds < ROUNDS_MIN or time.monotonic() < begun + SECONDS:
            # each goes on with the id it was told nothing about, as a client would
            numbers = numbers_after(told, names)
            lives = [chance.uniform(0, LIFE_MAX) for _ in names]
            told += writers.round(f"sqlite:///{path}", numbers, 60, lives)
            rounds += 1

            assert not any(lost_or_doubled(path, told).values())

    print(f"{rounds} rounds, {sum(len(each.ids) for each in told)} entries")
    assert told
