"""However late somebody lets time pass, what it brings is what it would have brought."""

from datetime import date, timedelta

import pytest

import timebank
from timebank.errors import Refused
from timebank.model import Reason

from .books import HEAD, START, books, ids, journal

LATE = (
    HEAD
    + """
units.points = { lots = { expires = { after = "10 days" } } }
accounts.member = { points.floor = 0 }
accounts.pool = { names = ["kept"] }
classes.help = { counts = "number" }
rules.points = { on = "contribution", unit = "points" }
rules.gift = { on = "gift", unit = "points" }

[rules.dues]
on = "period"
every = "month"
from = "member"
to = "pool:kept"
unit = "points"
amount = 2
short = "take"

[procedures.seen]
on = "gift"
steps = [{ name = "see", by = "lead", within = "5 days", else = "accepted" }]
"""
)
ENDS = date(2024, 5, 31)


def told(days):
    """Return books in which time was told on *days*, and what all the ticks did."""
    bank, done = books(LATE), []
    for day, act in {
        date(2024, 3, 22): lambda: bank.record_mark(
            "ada", "help", 9, on=bank.today(), id="m"
        ),
        date(2024, 3, 25): lambda: bank.give(
            "ada", "ben", unit="points", amount=3, on=bank.today(), id="g"
        ),
    }.items():
        bank.clock.day = day
        act()
    for day in days:
        bank.clock.day = day
        done += ids(bank.tick())
    return bank, done


def test_a_late_tick_spends_what_was_there_when_things_fell_due():
    daily, one_by_one = told(
        START + timedelta(days=n) for n in range(24, (ENDS - START).days + 1)
    )
    late, at_once = told([ENDS])

    assert at_once == one_by_one
    assert [entry[:3] for entry in journal(late)] == [
        entry[:3] for entry in journal(daily)
    ]
    for member in ("ada", "ben", "pool:kept"):
        assert late.balance(member, "points") == daily.balance(member, "points")
    # the gift was seen by silence, and March's dues were taken, before the lots expired
    for member in ("ada", "ben"):
        dues = late.entry(f"due/2024-03-31/period/dues/{member}").entry
        assert sorted(p.amount for p in dues.postings) == [-2, 2]
    assert late.verify(decide_again=True).sound


def test_time_has_not_decided_by_a_day_before_it_has():
    bank, _ = told([])
    bank.clock.day = ENDS

    with pytest.raises(Refused) as caught:
        bank.settle("g", on=date(2024, 3, 30))

    assert caught.value.findings[0].reason is Reason.AWAITED
    assert bank.settle("g", on=date(2024, 3, 31)).entry.postings


TIMELY = (
    HEAD
    + """
units.hours = { record = true }
accounts.member = {}
classes.care = {}

[rules.hours]
on = "service"
unit = "hours"
amount = "time"
requires = { days_late = { max = 7 } }

[procedures.seen]
on = "service"
steps = [{ name = "see", by = "lead" }]
"""
)


@pytest.mark.parametrize("late", [7, 8])
def test_a_claim_is_as_late_as_it_was_when_it_was_submitted(late):
    bank = books(TIMELY)
    bank.clock.day = START + timedelta(days=late)

    def submit():
        return bank.record_service("ada", "care", 60, on=START, id="s")

    if late > 7:
        with pytest.raises(Refused):
            submit()
        return
    submit()
    bank.clock.day += timedelta(days=30)

    assert bank.confirm("s", step="see", role="lead").entry.postings
    assert bank.verify(decide_again=True).sound


FEES = (
    HEAD
    + """
units.points = { lots = { expires = { after = "10 days" } } }
accounts.member = { points.floor = 0 }
accounts.pool = { names = ["kept"] }
classes.help = { counts = "number" }
items.ride = { price = 2 }
rules.points = { on = "contribution", unit = "points" }
rules.redeem = { on = "redeem", unit = "points", hold = "5 days" }
rules.fee = { on = "cancel", unit = "points", amount = 1, to = "pool:kept" }
"""
)


def test_what_a_lapsed_order_costs_is_taken_of_what_it_gives_back_however_late():
    bank = books(FEES)
    bank.record_mark("ada", "help", 2, on=START, id="m")
    bank.order("ada", "ride", on=START, id="o")
    bank.clock.day = START + timedelta(days=40)

    report = bank.tick()

    assert report.refused == ()
    assert ids(report)[0] == "due/2024-03-07/order/o"
    assert bank.verify(decide_again=True).sound


def test_a_lapsed_order_is_judged_and_audited_by_the_floors_of_its_last_day():
    dear = FEES.replace("amount = 1", "amount = 3").replace("10 days", "90 days")
    bank = books(dear)
    bank.record_mark("ada", "help", 4, on=START, id="m")
    bank.order("ada", "ride", on=START, id="o")
    bank.clock.day = START + timedelta(days=40)
    stricter = dear.replace("points.floor = 0", "points.floor = 2")
    bank.adopt(stricter, on=bank.today(), holds_from=bank.today())

    assert ids(bank.tick()) == ["due/2024-03-07/order/o"]
    assert bank.balance("ada", "points").free == 1
    assert bank.verify(decide_again=True).sound


OWED = (
    HEAD
    + """
units.points = { lots = { expires = { after = "30 days" } } }
units.coins = {}
accounts.member = { points.floor = 0, coins.floor = 0 }
accounts.pool = { names = ["kept"] }
rules.dues = { on = "period", every = "month", from = "member", to = "pool:kept", unit = "coins", amount = 3 }
rules.help = { on = "period", every = "month", at = "start", unit = "coins", amount = 2, after = "1 month" }
rules.gift = { on = "period", every = "month", at = "start", unit = "points", amount = 1 }
rules.toll = { on = "period", every = "month", from = "member", to = "pool:kept", unit = "points", amount = 1, short = "take" }
"""
)


def test_what_was_refused_is_asked_again_before_what_fell_due_later():
    daily, late = books(OWED), books(OWED)
    for bank, days in ((daily, range(75)), (late, [74])):
        for day in days:
            bank.clock.day = START + timedelta(days=day)
            report = bank.tick()
        assert bank.verify(decide_again=True).sound

    assert [entry[:3] for entry in journal(late)] == [
        entry[:3] for entry in journal(daily)
    ]
    # dues of March are paid when there are coins for them, after two months of help
    assert late.entry("due/2024-03-31/period/dues/ada").entry.postings
    assert report.refused != ()


def by_time(bank):
    return [entry[:3] for entry in journal(bank) if str(entry[0]).startswith("due/")]


class Killed(Exception):
    """The run is over before its end."""


@pytest.mark.parametrize("turns", [1, 2, 5, 9])
def test_a_run_that_broke_off_goes_on_as_if_it_had_not(turns, monkeypatch):
    monkeypatch.setattr("timebank.due.BATCH_MAX", 1)
    daily, late = books(OWED), books(OWED)
    for day in range(75):
        daily.clock.day = START + timedelta(days=day)
        daily.tick()

    late.clock.day = daily.clock.day
    late.void("nothing", on=late.today())  # somebody was there on that day already
    whole, left = late._ask, iter(range(turns))

    def ask(*args, **settings):
        if next(left, None) is None:
            raise Killed
        return whole(*args, **settings)

    with monkeypatch.context() as killed:
        killed.setattr(timebank.Bank, "_ask", lambda _, *a, **k: ask(*a, **k))
        with pytest.raises(Killed):
            late.tick()
    late.tick()

    assert by_time(late) == by_time(daily)


SEEN = (
    HEAD
    + """
units.points = {}
accounts = { member.points.floor = 0, pool.names = ["kept"] }
rules.stock = { on = "grant", unit = "points" }
rules.help = { on = "period", every = "month", at = "start", unit = "points", amount = 2, after = "1 month" }
rules.gift = { on = "gift", unit = "points" }
rules.donation = { on = "donate", unit = "points", to = "pool:kept" }
procedures.seen = { on = "gift", steps = [{ name = "see", by = "lead", within = "5 days", else = "accepted" }] }
"""
)


def test_what_silence_has_accepted_and_the_rules_refuse_counts_when_they_no_longer_do():
    bank = books(SEEN)
    bank.grant("ada", unit="points", amount=3, on=START)
    bank.give("ada", "ben", unit="points", amount=3, on=START, id="g")
    bank.donate("ada", unit="points", amount=3, on=START)
    bank.clock.day = date(2024, 5, 2)

    report = bank.tick()

    assert report.refused == ()
    assert ids(report)[-2:] == [
        "due/2024-05-01/period/help/ben",
        "due/2024-03-07/claim/g",
    ]
