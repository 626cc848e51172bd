"""One id delivered fifty times at once, again after a crash, and with other contents."""

from contextlib import contextmanager
from functools import partial

import pytest

from timebank import Outcome
from timebank.model import Reason
from timebank.operations import Give
from timebank.testing import run_at_once

from ..postgres import started
from .books import DAY, amiss, make, open_books, sqlite
from .faults import chapters

TIMES = 50
HOURS = 3


@contextmanager
def in_sqlite():
    """Yield the URL of books, and what a crash is to them: nobody is left who has them open."""
    with sqlite() as url:
        yield url, lambda: None


@contextmanager
def in_postgresql():
    server = started()
    yield server.new_database(), partial(server.restart, "immediate")
    server.stop()


def deliver(url, id, amount):
    with open_books(url) as bank:
        gift = Give(payer="ada", payee="bai", unit="points", amount=amount)
        (verdict,) = bank.batch([bank.request(gift, on=DAY, id=id)], atomic=False)
        return verdict


@pytest.mark.slow
@pytest.mark.parametrize("place", [in_sqlite, in_postgresql], ids=lambda p: p.__name__)
def test_an_id_that_comes_again_and_again_has_one_effect(place, survived):
    repeats = 0
    with place() as (url, crash):
        make(url)
        for number, (chance, _) in enumerate(chapters(share=0.25)):
            id, hours = f"gift/{number}", [f"hour/{number}/{n}" for n in range(HOURS)]
            with open_books(url) as bank:
                for hour in hours:
                    bank.record_service("ada", "care", 60, on=DAY, id=hour)
                before = bank.balance("bai", "points").free
            amount = chance.randint(1, HOURS)

            verdicts = run_at_once([partial(deliver, url, id, amount)] * TIMES)
            crash()
            verdicts += [deliver(url, id, amount) for _ in range(2)]
            other = deliver(url, id, amount + 1)

            with open_books(url) as bank:
                position = bank.entry(id).position
                assert {type(verdict) for verdict in verdicts} == {Outcome}
                assert {verdict.position for verdict in verdicts} == {position}
                assert sum(not verdict.replayed for verdict in verdicts) == 1
                assert [f.reason for f in other.findings] == [Reason.ID_CONFLICT]
                assert bank.balance("bai", "points").free == before + amount
                assert [e.id for _, e in bank.entries()].count(id) == 1
            repeats += len(verdicts)
        with open_books(url) as bank:
            assert amiss(bank, [], 0) == {}
    survived(repeats)
