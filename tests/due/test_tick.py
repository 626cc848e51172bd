"""Time passes once, however often, however late and by however many it is told."""

import threading
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine

import timebank
from timebank import due
from timebank.due import let_time_pass
from timebank.due.things import due_id
from timebank.model import clean_id
from timebank.operations import NoteRefusal
from timebank.standing import Standing

from .books import ORDERS, START, books, ids, journal

LATER = date(2024, 6, 1)
DAY = timedelta(days=1)


def busy(bank):
    """Place an order of each on five days."""
    for member in ("ada", "ben"):
        bank.record_mark(member, "help", 30, on=START, id=f"mark/{member}")
    for day in range(5):
        bank.clock.day = START + day * DAY
        for member in ("ada", "ben"):
            bank.order(member, "ride", on=bank.clock.day, id=f"{member}-{day}")
    bank.clock.day = LATER
    return bank


def test_a_second_tick_does_nothing():
    bank = busy(books())
    first = bank.tick()

    again = bank.tick()

    assert len(first.done) == 10
    assert (again.done, again.refused) == ((), ())


def test_the_earliest_day_is_done_first():
    report = busy(books()).tick()

    days = [outcome.entry.effective_on for outcome in report.done]
    assert days == sorted(days)


def test_ticking_daily_and_once_late_leave_the_same_books():
    late, daily = busy(books()), busy(books())
    late.tick()

    for days in range((LATER - START).days + 1):
        daily.tick(START + days * DAY)

    assert journal(daily) == journal(late)


def test_only_what_was_due_by_the_day_is_done():
    bank = busy(books())

    report = bank.tick(date(2024, 4, 2))

    assert ids(report) == [
        *("due/2024-04-01/order/ada-0", "due/2024-04-01/order/ben-0"),
        *("due/2024-04-02/order/ada-1", "due/2024-04-02/order/ben-1"),
    ]


def test_a_day_to_come_cannot_be_ticked_to():
    bank = books()

    with pytest.raises(
        ValueError, match="2024-03-02 is yet to come; today is 2024-03-01"
    ):
        bank.tick(START + DAY)


def test_who_lets_time_pass_is_recorded():
    report = busy(books()).tick(actor="night-watch")

    assert {outcome.entry.actor for outcome in report.done} == {"night-watch"}


def test_a_tick_that_dies_between_batches_goes_on_when_it_is_run_again(monkeypatch):
    whole, broken = busy(books()), busy(books())
    whole.tick()
    monkeypatch.setattr(due, "BATCH_MAX", 1)
    asking = broken._ask
    left = iter(range(3))

    def dies(*args, **kwargs):
        if next(left, None) is None:
            raise KeyboardInterrupt
        return asking(*args, **kwargs)

    monkeypatch.setattr(timebank.Bank, "_ask", lambda _, *a, **k: dies(*a, **k))
    with pytest.raises(KeyboardInterrupt):
        broken.tick()
    monkeypatch.undo()

    report = broken.tick()

    assert len(report.done) == 7
    assert journal(broken) == journal(whole)


def test_a_rival_between_looking_and_asking_leaves_nothing_to_do_twice(monkeypatch):
    bank = busy(books())
    asking = bank._ask

    def late(self, *args, **kwargs):
        monkeypatch.undo()
        self.tick(actor="rival")
        return asking(*args, **kwargs)

    monkeypatch.setattr(timebank.Bank, "_ask", late)

    report = bank.tick()

    assert (report.done, report.refused) == ((), ())
    assert len(ids(report)) == 0
    assert sum(e.actor == "rival" for _, e in bank.entries()) == 10


@pytest.fixture(params=["memory", "sqlite"])
def url(request, tmp_path):
    return "memory:" if request.param == "memory" else f"sqlite:///{tmp_path}/b.db"


def test_many_at_once_do_everything_once(url, monkeypatch):
    monkeypatch.setattr(due, "BATCH_MAX", 2)
    alone, crowded = busy(books()), busy(books(url=url))
    alone.tick()
    reports = []
    together = threading.Barrier(3)

    def tick():
        together.wait()
        reports.append(crowded.tick())

    threads = [threading.Thread(target=tick) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert journal(crowded) == journal(alone)
    assert sorted(i for report in reports for i in ids(report)) == sorted(
        e.id for _, e in alone.entries() if e.id.startswith("due/")
    )
    assert crowded.verify(decide_again=True).sound


def test_in_a_hosts_transaction_it_becomes_true_with_the_host(tmp_path):
    bank = busy(books(url=f"sqlite:///{tmp_path}/b.db"))
    engine = create_engine(f"sqlite:///{tmp_path}/b.db", isolation_level=None)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA recursive_triggers = ON")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        inside = bank.within(connection).tick()
        connection.exec_driver_sql("ROLLBACK")

    assert len(inside.done) == 10
    assert len(bank.tick().done) == 10


def test_what_is_refused_is_told_does_not_stop_the_rest_and_is_not_kept():
    bank = busy(books(keep_refusals=True))
    bank.void("due/2024-04-01/order/ada-0", on=LATER)

    report = bank.tick()
    again = bank.tick()

    assert [refusal.id for refusal in report.refused] == ["due/2024-04-01/order/ada-0"]
    assert len(report.done) == 9
    assert again.refused == report.refused
    assert not any(isinstance(e.operation, NoteRefusal) for _, e in bank.entries())


def test_examples_let_time_pass():
    policy = timebank.load_policy(
        ORDERS
        + """
[examples."thirty days"]
given = { points = 10 }
do = [
    { on = "order", item = "ride", day = 2024-03-01 },
    { on = "tick", day = 2024-03-31 },
]
expect = { "points.held" = 3 }

[examples."and a day"]
given = { points = 10 }
do = [
    { on = "order", item = "ride", day = 2024-03-01 },
    { on = "tick", day = 2024-04-01 },
]
expect = { "points.free" = 10, noted = "rules.redeem.hold" }

[examples."which has only a day"]
do = [{ on = "tick", item = "ride" }]
expect = {}
"""
    )

    played = timebank.play_examples(policy)

    assert [each.failures for each in played] == [
        (),
        (),
        ("cannot be played: tick has no field 'item'",),
    ]


# ------------------------------------------------------------------ ids

parts = st.lists(st.text("ab/~é一", min_size=1, max_size=70), min_size=1, max_size=3)


@given(parts)
def test_the_id_of_what_falls_due_is_one_whatever_it_is_made_of(words):
    id = due_id(START, *words)

    assert clean_id(id) == id
    assert due_id(START, *words) == id


@given(parts, parts)
def test_different_things_have_different_ids(one, other):
    if one != other:
        assert due_id(START, *one) != due_id(START, *other)


def test_an_id_that_fits_can_be_read():
    assert due_id(START, "order", "ride-7") == "due/2024-03-01/order/ride-7"
    assert due_id(START, "order", "a/b").startswith("due/2024-03-01/order/a/b~")


def test_time_passes_on_books_that_only_a_list_keeps():
    bank = busy(books())
    entries = list(bank.entries())
    folded = Standing()
    for position, entry in entries:
        folded.apply(entry, position)
    asked = []

    let_time_pass(LATER, books=folded, ask=lambda due: asked.extend(due) or [])

    assert [each.id for each in asked] == ids(bank.tick())
