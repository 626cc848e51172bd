"""What time alone makes true is told once, by the assessment that finds it."""

from datetime import date, timedelta

import pytest

import timebank
from timebank.model import Reason

from .books import HEAD, START, books, ids, journal

IDLE = (
    HEAD
    + """
units = { coins = {} }
accounts = { member = { coins = { floor = -50 } } }
classes.help = { counts = "number" }
rules.coins = { on = "contribution", unit = "coins", from = "recipient" }

measures.lately = { count = "coins", window = "last 6 months" }
measures.owing = { sum = "coins", window = "to date" }
measures.here = { tenure = "months" }

[ladders.activity]
every = "month"
levels = [{ name = "idle", needs = { lately = { max = 0 }, here = { min = 6 } } }]

[ladders.debt]
every = "month"
levels = [{ name = "stuck", needs = { lately = { max = 0 }, owing = { below = 0 } } }]

[flags.idle]
when = { activity = "idle" }
for = "office"

[flags.stuck]
when = { debt = "stuck" }
for = "office"
"""
)


def traded(bank, on, id):
    bank.record_mark("ada", "help", 3, recipient="ben", on=on, id=id)


def raised(report):
    return [
        (finding.code, finding.account, outcome.entry.effective_on)
        for outcome in report.done
        for finding in outcome.findings
        if finding.reason is Reason.FLAG
    ]


def test_a_flag_is_raised_by_time_alone_and_not_again_while_it_holds():
    bank = books(IDLE)
    traded(bank, START, "m")
    bank.clock.day = date(2025, 6, 2)

    report = bank.tick()

    september = date(2024, 9, 30)
    assert raised(report) == [
        ("flags.idle", "ada", september),
        ("flags.idle", "ben", september),
        ("flags.stuck", "ben", september),
    ]
    assert raised(bank.tick()) == []
    assert bank.standing("ben").flags == ("idle", "stuck")
    assert bank.verify(decide_again=True).faults == ()


def test_it_is_raised_anew_when_it_has_not_held_in_between():
    bank = books(IDLE)
    traded(bank, START, "m")
    bank.clock.day = date(2025, 1, 15)
    bank.tick()
    traded(bank, bank.clock.day, "again")
    bank.clock.day = date(2025, 2, 1)
    bank.tick()
    assert bank.standing("ada").flags == ()

    bank.clock.day = date(2025, 12, 1)

    days = {day for _, _, day in raised(bank.tick())}
    assert days == {date(2025, 7, 31)}


def test_told_daily_or_late_it_is_the_same():
    late, daily = books(IDLE), books(IDLE)
    for bank in (late, daily):
        traded(bank, START, "m")
    late.clock.day = daily.clock.day = date(2024, 11, 1)
    late.tick()

    for days in range(0, 246, 5):
        daily.tick(START + timedelta(days=days))

    assert journal(daily) == journal(late)
    assert "due/2024-10-31/ladder/debt" in [e.id for _, e in daily.entries()]
    assert ids(late.tick()) == []


@pytest.mark.parametrize(("months", "flag"), [(6, "flags.idle"), (5, "")])
def test_an_example_can_tell(months, flag):
    day = date(2024, 3 + months, 30)
    text = (
        IDLE
        + f"""
[examples."nothing in so many months"]
opened = 2024-03-01
do = [{{ on = "tick", day = {day + timedelta(days=1)} }}]
expect = {{ "flags.idle" = {str(bool(flag)).lower()}, activity = "{"idle" if flag else ""}" }}
"""
    )

    (played,) = timebank.play_examples(timebank.load_policy(text))

    assert played.failures == ()
