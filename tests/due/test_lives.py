"""Whatever happens in between, time comes to the same however it is told."""

import subprocess
import sys
import threading
from contextlib import contextmanager
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

import timebank
from timebank import due
from timebank.errors import Refused

from ..storage.places import guarded_url
from .books import HEAD, START, Clock, books, ids, journal

DAYS = 75
DAY = timedelta(days=1)
PROGRAMME = (
    HEAD
    + """
units.vouchers = { lots = { expires = { after = "20 days" }, to = "pool:kept" } }
units.stamps = { record = true }
units.points = {}
accounts = { member = {}, pool = { names = ["kept"] } }
classes.help = { counts = "number" }
items.ride = { price = 2 }
measures.month_stamps = { sum = "stamps", window = "month" }
rules.vouchers = { on = "contribution", unit = "vouchers" }
rules.stamps = { on = "contribution", unit = "stamps" }
rules.redeem = { on = "redeem", unit = "vouchers", hold = "15 days" }
classes.visit = { counts = "number" }
procedures.seen = { on = "contribution", when = { class = "visit" }, steps = [{ name = "seen", for = "3 days" }] }
rules.points = { on = "period", every = "month", unit = "points", amount = "month_stamps" }
"""
)
MEMBERS = ("ada", "ben", "cai")

acts = st.lists(
    st.tuples(
        st.integers(0, DAYS - 1),
        st.sampled_from(MEMBERS),
        st.sampled_from(["help", "order", "order", "fulfil"]),
    ),
    max_size=12,
)
looks = st.sets(st.integers(0, DAYS - 1))


def opened(url="memory:"):
    """Books in which everybody has more than all the orders can hold."""
    bank = books(PROGRAMME, url=url, members=MEMBERS)
    for member in MEMBERS:
        bank.record_mark(member, "help", 100, on=START, id=f"first/{member}")
    return bank


def act(bank, number, member, kind):
    on, id = bank.clock.day, f"act/{number}"
    if kind in ("help", "visit"):
        bank.record_mark(member, kind, 5, on=on, id=id)
    elif kind == "order":
        bank.order(member, "ride", on=on, id=id)
    else:
        bank.fulfil(f"act/{number - 1}", on=on, id=id)


def live(acts, looks, url="memory:"):
    """Return the books after *acts*, if time was told on the days *looks*, and at last."""
    bank = opened(url)
    for day in range(DAYS):
        bank.clock.day = START + day * DAY
        if day in looks:
            bank.tick()
        for number, (at, member, kind) in enumerate(sorted(acts)):
            if at == day:
                try:
                    act(bank, number, member, kind)
                except Refused:
                    continue  # too few that have not expired, or no such order
    bank.clock.day = START + DAYS * DAY
    report = bank.tick()
    assert report.refused == ()
    return bank


@given(acts, looks)
def test_it_does_not_matter_when_time_is_told(acts, looks):
    now_and_then, once = live(acts, looks), live(acts, ())

    assert sorted(journal(now_and_then), key=str) == sorted(journal(once), key=str)
    assert now_and_then.tick().done == ()
    assert once.verify(decide_again=True).faults == ()


# ------------------------------------------------------------------ at once, and killed


@contextmanager
def _sqlite(folder):
    yield f"sqlite:///{folder}/books.db"


ACTS = [
    (day, MEMBERS[day % 3], what)
    for day in range(0, 18, 2)
    for what in ("order", "visit")
]


def together(work, threads=3):
    """Do *work* in several threads that begin at the same moment."""
    barrier, results, errors = threading.Barrier(threads), [], []

    def begin():
        barrier.wait()
        try:
            results.append(work())
        except Exception as error:  # noqa: BLE001 - raised again where it is seen
            errors.append(error)

    several = [threading.Thread(target=begin) for _ in range(threads)]
    for each in several:
        each.start()
    for each in several:
        each.join()
    if errors:
        raise errors[0]
    return results


def prepared(url):
    """Open books at *url* in which a lot is due, and nothing done."""
    bank = opened(url)
    for number, (day, member, kind) in enumerate(ACTS):
        bank.clock.day = START + day * DAY
        act(bank, number, member, kind)
    bank.clock.day = START + DAYS * DAY
    return bank


@pytest.mark.parametrize(
    "place", [_sqlite, lambda _: guarded_url()], ids=["sqlite", "pg"]
)
def test_several_at_once_do_what_one_does(place, tmp_path, monkeypatch):
    monkeypatch.setattr(due, "BATCH_MAX", 2)
    alone = prepared("memory:")
    expected = ids(alone.tick())
    with place(tmp_path) as url:
        crowded = prepared(url)

        def tick():
            with timebank.open(
                url, ledger="street", actor="clock", clock=Clock(crowded.clock.day)
            ) as bank:
                return ids(bank.tick())

        done = together(tick)

        assert sorted(id for each in done for id in each) == sorted(expected)
        assert journal(crowded) == journal(alone)
        assert crowded.verify(decide_again=True).faults == ()
        crowded.close()


KILLED = """
import os
from timebank import due
from timebank.storage.turn import SqlTurn
import timebank
from tests.due.books import Clock
from datetime import date

due.BATCH_MAX = {many}
appending, left = SqlTurn.append, iter(range({batches}))

def append(turn, *args, **kwargs):
    first = appending(turn, *args, **kwargs)
    if next(left, None) is None:
        os._exit(9)
    return first

SqlTurn.append = append
timebank.open(
    "{url}", ledger="street", actor="clock", clock=Clock(date.fromisoformat("{day}"))
).tick()
"""


@pytest.mark.parametrize(
    ("place", "kept"),
    [
        pytest.param(_sqlite, 0, id="sqlite"),
        # there the commit goes with what is written last
        pytest.param(lambda _: guarded_url(), 1, id="pg", marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize(("batches", "many"), [(0, 3), (4, 2)])
def test_a_tick_killed_inside_a_batch_is_gone_on_with(
    place, kept, batches, many, tmp_path
):
    alone = prepared("memory:")
    expected = ids(alone.tick())
    with place(tmp_path) as url:
        bank = prepared(url)

        script = KILLED.format(batches=batches, many=many, url=url, day=bank.clock.day)
        killed = subprocess.run([sys.executable, "-c", script], check=False)
        # what was written of the batch is there whole, or gone with the process
        done = [entry.id for _, entry in bank.entries() if entry.id in expected]
        left = bank.tick()

        assert killed.returncode == 9
        assert [*done, *ids(left)] == expected
        assert (not done) is (batches + kept == 0)
        assert journal(bank) == journal(alone)
        assert bank.verify().faults == ()
        bank.close()
