"""A rule that comes to act at other times does no day twice, and leaves none out."""

from datetime import date

import pytest

import timebank
from timebank.errors import Refused
from timebank.model import Reason
from timebank.operations import EndPeriod
from timebank.policy.due_ids import due_id

from .books import HEAD, Clock

POLICY = (
    HEAD
    + """
units.c = {}
accounts.member = {}
[rules.pay]
on = "period"
unit = "c"
"""
)
MONTH = 'every = "month"\namount = 10\n'
QUARTER = 'every = "quarter"\namount = 30\n'
UNEVEN = 'every = "quarter"\namount = 10\n'
SHARED = 'every = "quarter"\namount = [{ of = "share" }, { times = 30 }]\n'
WEEK = 'every = "week"\namount = 7\n'
START = 'at = "start"\n'

MARCH = date(2024, 3, 1)
JANUARY_20 = date(2024, 1, 20)
FEBRUARY_15 = date(2024, 2, 15)


def books(first, then, changed, *, opened=date(2024, 1, 1)):
    bank = timebank.create("memory:", ledger="s", actor="desk", clock=Clock(opened))
    bank.adopt(POLICY + first, on=opened, id="v1", holds_from=date(2024, 1, 1))
    bank.adopt(POLICY + then, on=opened, id="v2", holds_from=changed)
    bank.open_account("m", on=opened, id="open")
    return bank


def paid(bank, *, often=False):
    """Return what was paid on each day of the first half of the year."""
    for month in range(2 if often else 7, 8):
        for day in (1, 16) if often else (1,):
            bank.clock.day = date(2024, month, day)
            bank.tick(bank.clock.day)
    assert bank.verify(decide_again=True).sound
    return {
        f"{line.effective_on:%m-%d}": line.amount
        for line in bank.statement("m", "c")
        if line.effective_on < date(2024, 7, 1)
    }


def days(*said, **each):
    return {
        **dict.fromkeys(said, 10),
        **{k[1:].replace("_", "-"): v for k, v in each.items()},
    }


ENDS = ("01-31", "02-29", "03-31", "04-30", "05-31", "06-30")
BEGINS = ("01-01", "02-01", "03-01", "04-01", "05-01", "06-01")


@pytest.mark.parametrize("often", [False, True])
@pytest.mark.parametrize(
    ("first", "then", "changed", "told"),
    [
        pytest.param(MONTH, MONTH, JANUARY_20, days(*ENDS), id="the same"),
        pytest.param(
            MONTH + START, MONTH + START, JANUARY_20, days(*BEGINS), id="the same start"
        ),
        pytest.param(
            MONTH + START, MONTH, JANUARY_20, days("01-01", *ENDS[1:]), id="to the end"
        ),
        pytest.param(
            MONTH,
            MONTH + START,
            JANUARY_20,
            days(*BEGINS[1:]) | {"02-01": 20},
            id="to the start",
        ),
        pytest.param(
            MONTH, QUARTER, MARCH, days(*ENDS[:3]) | {"06-30": 30}, id="to quarters"
        ),
        pytest.param(
            MONTH,
            SHARED,
            MARCH,
            days(*ENDS[:3]) | {"06-30": 30},
            id="to quarters by their share",
        ),
        pytest.param(
            MONTH,
            QUARTER,
            FEBRUARY_15,
            {"01-31": 10, "03-31": 20, "06-30": 30},
            id="to quarters within a month",
        ),
        pytest.param(
            MONTH + START,
            QUARTER + START,
            MARCH,
            {"01-01": 10, "02-01": 10, "04-01": 40},
            id="to quarters at the start",
        ),
        pytest.param(
            QUARTER, MONTH, FEBRUARY_15, days(*ENDS[1:]) | {"02-29": 20}, id="to months"
        ),
        pytest.param(
            QUARTER + START,
            MONTH + START,
            FEBRUARY_15,
            days(*BEGINS[3:]) | {"01-01": 30},
            id="to months at the start",
        ),
        pytest.param(
            MONTH, UNEVEN, MARCH, days(*ENDS[:2], "06-30") | {"03-31": 3}, id="rounded"
        ),
    ],
)
def test_no_day_is_paid_twice_or_left_out_when_a_rule_acts_otherwise(
    first, then, changed, told, often
):
    assert paid(books(first, then, changed), often=often) == told


def test_what_weeks_have_done_is_taken_off_the_days_of_a_month():
    told = paid(books(WEEK, MONTH, date(2024, 3, 6)))

    assert [told[day] for day in ("03-03", "03-31", "04-30")] == [7, 9, 10]


@pytest.mark.parametrize(
    ("first", "then", "opened", "told"),
    [
        (MONTH + START, MONTH, 19, {"01-19": 10, "02-29": 10}),
        (MONTH + START, MONTH, 20, {"01-31": 10, "02-29": 10}),
        (MONTH, MONTH + START, 19, {"02-01": 20, "03-01": 10}),
        (MONTH, MONTH + START, 20, {"01-20": 10, "02-01": 10}),
    ],
)
def test_whoever_comes_just_before_or_after_a_change_has_each_month_once(
    first, then, opened, told
):
    bank = books(first, then, JANUARY_20, opened=date(2024, 1, opened))

    found = paid(bank)

    assert {day: found[day] for day in told} == told
    assert sum(found.values()) == 60


def test_what_was_done_already_cannot_be_asked_for():
    bank = books(MONTH + START, MONTH, JANUARY_20)
    bank.clock.day = MARCH
    done = EndPeriod(account="m", rule="pay")
    on = date(2024, 1, 31)

    with pytest.raises(Refused) as refused:
        bank.post(done, on=on, id=due_id(on, "period", "pay", "m"))

    (finding,) = refused.value.findings
    assert finding.reason is Reason.NOT_DUE
    assert finding.wanted == "2024-02-01"


def test_a_policy_without_the_rule_ends_what_it_did_before():
    bank = books(MONTH, MONTH, JANUARY_20)
    without = (POLICY + MONTH).replace("rules.pay", "rules.other")
    bank.clock.day = JANUARY_20
    bank.adopt(without, on=JANUARY_20, holds_from=JANUARY_20, id="v3")
    bank.adopt(POLICY + QUARTER, on=JANUARY_20, holds_from=MARCH, id="v4")

    assert paid(bank)["03-31"] == 30


def test_whoever_came_after_the_old_period_began_has_only_periods_she_was_there_for():
    found = paid(books(QUARTER, MONTH, FEBRUARY_15, opened=date(2024, 2, 10)))

    assert found["02-29"] == 10


@pytest.mark.parametrize(
    ("before", "told"),
    [("member", {"01-31": 10, "03-31": 20}), ("group", {"03-31": 30})],
)
def test_what_was_done_for_other_kinds_takes_nothing_off(before, told):
    kinds = POLICY.replace(
        "accounts.member = {}", "accounts = { member = {}, group = {} }"
    )
    bank = timebank.create(
        "memory:", ledger="s", actor="desk", clock=Clock(date(2024, 1, 1))
    )
    first = f'{kinds}{MONTH}when = {{ kind = "{before}" }}\n'
    bank.adopt(first, on=date(2024, 1, 1), id="v1")
    bank.adopt(kinds + QUARTER, on=date(2024, 1, 1), holds_from=FEBRUARY_15, id="v2")
    bank.open_account("m", on=date(2024, 1, 1), id="open")

    found = paid(bank)

    assert {day: found[day] for day in found if day < "04"} == told


def test_two_changes_in_one_month_do_nothing_twice_for_whoever_comes_between():
    bank = books(MONTH, MONTH + START, date(2024, 1, 10), opened=date(2024, 1, 15))
    later = POLICY.replace("Dated", "Dated anew") + MONTH + START
    bank.adopt(later, on=date(2024, 1, 15), holds_from=JANUARY_20, id="v3")

    assert paid(bank) == {"01-15": 10} | days(*BEGINS[1:])
