"""Books are copied from database to database while a crowd uses them, and are the same."""

from contextlib import closing
from threading import Event

import pytest

from timebank.copying import copy_ledger
from timebank.storage.urls import open_store
from timebank.testing import run_at_once

from ..postgres import database
from .books import sqlite
from .crowd import IN_LOTS, LEDGER
from .faults import chapters
from .market import ANYTHING, amiss, open_market, orders


@pytest.mark.slow
def test_books_in_use_are_copied_there_and_back_and_are_the_same(people, survived):
    interruptions = copied = 0
    for chance, seconds in chapters(share=0.2):
        with database() as url, sqlite() as file, database() as back:
            open_market(url, policy=IN_LOTS)
            crowded = orders(url, chance, seconds, processes=2, ops=ANYTHING)
            over = Event()

            def use():
                try:
                    return people.run(*crowded)  # noqa: B023
                finally:
                    over.set()  # noqa: B023

            def copy():
                broken = 0
                while not over.is_set():  # noqa: B023
                    broken += interrupted(url, file, chance)  # noqa: B023
                return broken

            told, broken = run_at_once([use, copy])
            for source, target in ((url, file), (file, back)):
                whole(source, target).raise_if_faulty()

            assert bodies_at(url) == bodies_at(file) == bodies_at(back)
            assert amiss(url, told, total=None) == {}
            interruptions += broken
            copied += len(bodies_at(back))
    survived(interruptions, entries=copied)


class Interrupted(Exception):
    """What stops a copy between two batches."""


def interrupted(source, target, chance):
    """Copy, and stop somewhere on the way, or not; return whether it was stopped."""

    def tell(_done, _of):
        if chance.random() < 0.3:
            raise Interrupted

    try:
        copied = whole(source, target, batch=chance.randint(1, 30), progress=tell)
    except Interrupted:
        return True
    assert copied.faults == ()
    return False


def whole(source, target, **how):
    with (
        closing(open_store(source)) as from_,
        closing(open_store(target, create=True)) as to,
    ):
        return copy_ledger(from_, to, LEDGER, **how)


def bodies_at(url):
    with closing(open_store(url)) as store, store.reading(LEDGER) as reading:
        return list(reading.bodies())
