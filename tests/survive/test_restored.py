"""
Books that are put back from an older copy go on from it, and who had seen more is told.
"""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from time import sleep

import pytest

from timebank import JournalForked

from ..postgres import named_in, started
from ..writers import nursery
from .books import amiss, make, next_numbers, open_books, sqlite
from .faults import chapters

ROUND_SECONDS = 1.2
LAST_SECONDS = 0.6
"""How long what the copy never has is recorded for, at least."""


@contextmanager
def in_sqlite():
    """Yield the URL of a file, and a function that copies it and returns one that restores."""
    with sqlite() as url:
        path = Path(url.removeprefix("sqlite:///"))
        kept = path.with_suffix(".kept")

        def back_up():
            with (
                closing(sqlite3.connect(path)) as books,
                closing(sqlite3.connect(kept)) as copy,
            ):
                books.backup(copy)

            def restore():
                # what was written beside the file belongs to the file that goes
                for each in path.parent.glob(f"{path.name}-*"):
                    each.unlink()
                kept.replace(path)
                return url

            return restore

        yield url, back_up


@contextmanager
def in_postgresql():
    """The same with a base backup."""
    servers = [started()]
    url = servers[0].new_database()

    def back_up():
        copy = servers[0].copy()

        def restore():
            servers.pop().kill()
            copy.start()
            servers.append(copy)
            name = url.rpartition("/")[2].partition("?")[0]
            return named_in(copy.url(), database=name)

        return restore

    yield url, back_up
    servers.pop().stop()


def follow(url):
    """Return where a consumer that read all of it stands."""
    with open_books(url) as bank:
        *_, (position, entry) = bank.entries()
    return {"after": position, "last": entry.id}


@pytest.mark.slow
@pytest.mark.parametrize("place", [in_sqlite, in_postgresql], ids=lambda p: p.__name__)
def test_books_put_back_go_on_from_the_older_copy(place, survived):
    restored = lost = 0
    for chance, _ in chapters(share=0.25):
        with place() as (first, back_up), nursery() as writers:
            make(first)
            seed = chance.random()

            def trade(url, told, seconds=ROUND_SECONDS, *, writers=writers, seed=seed):
                return writers.round(url, next_numbers(told), seconds, seed=seed)

            with ThreadPoolExecutor(1) as aside:
                trading = aside.submit(trade, first, [])
                sleep(chance.uniform(0.3, 0.6) * ROUND_SECONDS)
                restore = back_up()
                told = trading.result()
            # on a busy machine the copy may be whole only when that is over
            told += trade(first, told, LAST_SECONDS)
            seen = follow(first)

            url = restore()
            older = follow(url)
            kept = [each for each in told if max(each.positions) <= older["after"]]
            with open_books(url) as bank:
                assert amiss(bank, kept, seed) == {}
                with pytest.raises(JournalForked, match="the journal ends at") as ends:
                    list(bank.entries(**seen))
            assert ends.value.head == older["after"] < seen["after"]

            # clients know nothing of it and go on where they were
            later = []
            while follow(url)["after"] < seen["after"]:
                later += trade(url, told + later)
            with open_books(url) as bank:
                assert amiss(bank, kept + later, seed) == {}
                with pytest.raises(JournalForked, match="stands there"):
                    list(bank.entries(**seen))
                position, entry = next(bank.entries(**older))
            places = {
                place: id
                for each in later
                for id, place in zip(each.ids, each.positions, strict=True)
            }
            assert position == older["after"] + 1
            assert entry.id == places[position]
            restored += 1
            lost += len(told) - len(kept)
    survived(restored, turns_lost_with_the_newer_books=lost)
