"""`kill -9` of writers at any moment loses nothing they were told, and tears nothing."""

import sqlite3
from contextlib import closing

import pytest

from ..writers import nursery
from .books import DATABASES, TRADERS, amiss, make, next_numbers, open_books
from .faults import chapters

LIFE_SECONDS_MAX = 0.4
"""After so long the last writer of a round is dead."""


def quick_check(url):
    """Return what SQLite itself thinks of its file."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        return connection.execute("PRAGMA quick_check").fetchone()[0]


@pytest.mark.slow
@pytest.mark.parametrize("place", DATABASES, ids=lambda place: place.__name__)
def test_a_killed_writer_loses_nothing_that_it_was_told(place, survived):
    kills = entries = 0
    for chance, seconds in chapters(share=1 / len(DATABASES)):
        with place() as url, nursery() as writers:
            make(url)
            told, seed = [], chance.random()
            for _ in range(max(2, round(seconds / LIFE_SECONDS_MAX / 2))):
                # each goes on with what it was told nothing about, as a client would
                lives = [chance.uniform(0, LIFE_SECONDS_MAX) for _ in TRADERS]
                numbers = next_numbers(told)
                told += writers.round(url, numbers, 60, kill_after=lives, seed=seed)
                kills += len(lives)
            if url.startswith("sqlite"):
                assert quick_check(url) == "ok"
            with open_books(url) as bank:
                assert amiss(bank, told, seed) == {}
                entries += len(told)
    survived(kills, told_entries=entries)
