"""The worked examples that programmes are known by, asked of a real bank."""

from datetime import date, timedelta
from functools import cache

import pytest

import timebank
from timebank.balances import Balance
from timebank.policy.files import load_policy

from .desk import EVERYTHING, Calendar, refused

TODAY = date(2024, 6, 3)
EXAMPLES = [
    (name, example)
    for name in timebank.programmes()
    for example in load_policy(timebank.programme(name)).examples
]


def bank_of(programme, *members, today=TODAY):
    bank = timebank.create(
        "memory:", ledger="station", actor="desk", clock=Calendar(today)
    )
    text = timebank.programme(programme)
    adopted_on = load_policy(text).policy.from_
    bank.adopt(text, on=adopted_on)
    for member in members:
        bank.open_account(member, on=adopted_on)
    return bank


def serve(bank, member, service_class, hours, *, last=TODAY, **fields):
    """Record *hours*, a day at a time, ending on *last*; nobody serves more than ten a day."""
    minutes, day = round(hours * 60), last
    while minutes > 0:
        part = min(minutes, 600)
        bank.record_service(member, service_class, part, on=day, **fields)
        minutes, day = minutes - part, day - timedelta(days=1)


# ---------------------------------------------------------------- the files' own examples


@cache
def failures(programme):
    """Return what fails in each example of *programme*; all are played at once."""
    policy = load_policy(timebank.programme(programme))
    return {played.name: played.failures for played in timebank.play_examples(policy)}


@pytest.mark.parametrize(("programme", "example"), EXAMPLES)
def test_a_worked_example_of_a_shipped_programme_comes_out_as_it_says(
    programme, example
):
    assert failures(programme)[example] == ()


def test_every_shipped_programme_has_worked_examples():
    assert {name for name, _ in EXAMPLES} == set(timebank.programmes())


@pytest.mark.parametrize(
    ("expect", "failure"),
    [
        ("{ credits = 2 }", "credits: expected 2, found 1"),
        ('{ refused = "rules" }', "refused: expected 'rules', found ''"),
        ('{ "flags.in_debt" = true }', "flags.in_debt: expected true, found false"),
        ('{ star = "one" }', "star: expected 'one', found ''"),
    ],
)
def test_an_example_that_does_not_come_out_so_says_what_it_found(expect, failure):
    example = (
        "\n[examples.wrong]\n"
        'do = [{ on = "service", class = "care", time = "1 h" }]\n'
        f"expect = {expect}\n"
    )

    (played,) = timebank.play_examples(load_policy(EVERYTHING + example))

    assert played.failures == (failure,)


# ---------------------------------------------------------------- 1: Northern California


@pytest.mark.parametrize(("minutes", "quarters"), [(52, 4), (70, 5), (60, 4), (1, 1)])
def test_1_northern_california_rounds_every_exchange_up_to_the_quarter(
    minutes, quarters
):
    bank = bank_of("northern-california", "ada", "bo")

    bank.record_service("ada", "exchange", minutes, recipient="bo", on=TODAY)

    assert bank.balance("ada", "hours") == Balance(quarters)
    assert bank.balance("bo", "hours") == Balance(-quarters)


# ---------------------------------------------------------------- 2: Changning


def test_2_changning_pays_two_coins_a_day_at_most():
    bank = bank_of("changning", "ada")
    facts = {"provider.age": 63, "provider.sex": "f"}

    bank.record_service("ada", "care", 300, on=TODAY, facts=facts)

    assert bank.balance("ada", "coins") == Balance(120)


def test_2_changning_stops_at_six_hundred_coins():
    bank = bank_of("changning", "ada")
    facts = {"provider.age": 63, "provider.sex": "f"}
    first = TODAY - timedelta(days=301)
    for day in range(299):
        bank.record_service(
            "ada", "care", 120, on=first + timedelta(days=day), facts=facts
        )
    bank.record_service("ada", "care", 60, on=first + timedelta(days=299), facts=facts)
    assert bank.balance("ada", "coins") == Balance(599 * 60)

    for day in (1, 0):
        bank.record_service(
            "ada", "care", 90, on=TODAY - timedelta(days=day), facts=facts
        )

    assert bank.balance("ada", "coins") == Balance(600 * 60)


# ---------------------------------------------------------------- 4: Guangzhou


def test_4_guangzhou_gives_two_points_for_two_hours_fifty():
    bank = bank_of("guangzhou", "ada")

    bank.record_service("ada", "care", 170, on=TODAY)

    assert bank.balance("ada", "points") == Balance(2)
    assert bank.balance("ada", "hours") == Balance(170)


def test_4_guangzhou_redeems_from_a_hundred_hours():
    bank = bank_of("guangzhou", "ada")
    serve(bank, "ada", "care", 99)
    code = {"rules.redeem.requires.star"}
    assert refused(bank.redeem, "ada", "rice", on=TODAY) == code

    serve(bank, "ada", "care", 1, last=TODAY - timedelta(days=30))
    bank.redeem("ada", "rice", on=TODAY)

    assert bank.balance("ada", "points") == Balance(80)
    assert bank.balance("ada", "hours") == Balance(100 * 60)


def test_4_guangzhou_records_hours_beyond_the_points_that_fit():
    bank = bank_of("guangzhou", "ada")
    serve(bank, "ada", "care", 1500)
    assert bank.balance("ada", "points") == Balance(1500)

    outcome = bank.record_service("ada", "care", 180, on=TODAY - timedelta(days=200))

    assert bank.balance("ada", "points") == Balance(1500)
    assert bank.balance("ada", "hours") == Balance(1503 * 60)
    assert [f.code for f in outcome.findings] == ["accounts.member.points.cap"]


# ---------------------------------------------------------------- 6: national stars


@pytest.mark.parametrize(
    ("hours", "star"),
    [
        (99.5, ""),
        (100, "one"),
        (299, "one"),
        (300, "two"),
        (600, "three"),
        (1000, "four"),
        (1500, "five"),
    ],
)
def test_6_national_stars_are_earned_by_hours_and_held_only_when_granted(hours, star):
    bank = bank_of("national-stars", "ada")

    serve(bank, "ada", "service", hours)

    view = bank.standing("ada")
    assert (view.eligible["star"], view.tiers["star"]) == (star, "")
    if star:
        bank.apply_for("ada", "star", star, on=TODAY, id="stars")
        authority = {"three": "city", "four": "city", "five": "province"}
        role = authority.get(star, "county")
        bank.confirm("stars", "review", role=role, actor="an official")
        assert bank.standing("ada").tiers["star"] == star


# ---------------------------------------------------------------- 14: Xuefu


def test_14_xuefu_asks_only_after_three_meetings_missed_in_a_row():
    bank = bank_of("xuefu", "ada", today=date(2016, 12, 31))
    bank.set_tier("ada", "group", "A", on=date(2016, 1, 4))
    marks = ["absence", "absence", "excuse", "absence", "absence", "absence"]

    raised = [
        [
            f.code
            for f in bank.record_mark("ada", mark, on=date(2016, month, 10)).findings
        ]
        for month, mark in enumerate(marks, start=1)
    ]

    assert raised == [[], [], [], [], [], ["flags.missed_meetings"]]
    assert bank.standing("ada").tiers["group"] == "A"
