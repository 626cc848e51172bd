"""Floors and caps that go by what is known of the account."""

from datetime import date, timedelta

import pytest

from timebank.model import Reason

from .books import HEAD, TODAY, books, codes, findings, free

BOUNDED = (
    HEAD
    + """
units = { hours = { scale = 60, record = true }, points = {}, coins = {} }
classes = { care = {}, gift = { counts = "number" } }

[facts]
band = { type = ["first", "later"], kept = true, default = "first" }

[accounts]
group = {}

[accounts.member.points]
floor = { by = "band", first = -5, later = -20 }
cap = { by = "star", one = 30, two = "none", else = 10 }

[accounts.member.coins]
cap = [{ of = "recent" }, { times = 2 }]

[measures]
served = { sum = "hours" }
recent = { sum = "hours", window = "month" }

[ladders.star]
levels = [
    { name = "one", needs = { served = { min = 5 } } },
    { name = "two", needs = { served = { min = 50 } } },
]

[flags.low]
when = { had = { below = -3 } }
for = "the team"

[measures.had]
balance = "points"

[rules.hours]
on = "service"
unit = "hours"

[rules.points]
on = "contribution"
unit = "points"

[rules.gift]
on = "gift"
unit = "points"

[rules.coins]
on = "grant"
unit = "coins"

[rules.swap]
on = "gift"
unit = "coins"
"""
)


@pytest.fixture
def bank():
    return books(BOUNDED)


def serve(bank, hours, member="ada", on=TODAY):
    for n in range(hours):
        bank.record_service(member, "care", 60, on=on - timedelta(days=n % 2))


def give(bank, amount, payer="ada", payee="ben", unit="points"):
    return bank.give(payer, payee, unit=unit, amount=amount, on=TODAY)


def test_a_floor_goes_by_a_fact_kept_with_the_account(bank):
    assert codes(lambda: give(bank, 6)) == ["accounts.member.points.floor"]

    bank.amend_account("ada", {"band": "later"}, on=TODAY)

    assert codes(lambda: give(bank, 6)) == ["flags.low"]


def test_a_cap_rises_with_the_level_of_who_receives(bank):
    bank.amend_account("ada", {"band": "later"}, on=TODAY)
    (full,) = findings(lambda: give(bank, 11))
    assert (full.code, full.account) == ("accounts.member.points.cap", "ben")

    serve(bank, 5, "ben")

    assert codes(lambda: give(bank, 11)) == ["flags.low"]


def test_there_may_be_no_cap_at_all_for_some(bank):
    serve(bank, 50)

    bank.record_mark("ada", "gift", 1000, on=TODAY)

    assert free(bank, "ada", "points") == 1000


def test_a_cap_goes_by_a_measure_of_whoever_is_credited(bank):
    serve(bank, 2, "ada")
    serve(bank, 1, "ben")
    bank.grant("ada", unit="coins", amount=4, on=TODAY)

    assert codes(lambda: give(bank, 2, unit="coins")) == []
    assert codes(lambda: give(bank, 1, unit="coins")) == ["accounts.member.coins.cap"]


def test_a_cap_is_that_of_the_day_of_recording(bank):
    serve(bank, 1, on=date(2024, 5, 20))

    found = codes(
        lambda: bank.grant("ada", unit="coins", amount=1, on=date(2024, 5, 20))
    )

    assert found == ["accounts.member.coins.cap"]


def test_undoing_asks_the_floor_of_whoever_loses_by_it(bank):
    give(bank, 5)
    bank.give("ben", "ada", unit="points", amount=8, on=TODAY, id="back")
    give(bank, 8)

    (owes,) = findings(lambda: bank.reverse("back", on=TODAY))

    assert (owes.code, owes.account) == ("accounts.member.points.floor", "ada")


def test_what_nobody_knows_of_the_account_refuses():
    bank = books(BOUNDED.replace(', default = "first"', ""))

    found = findings(lambda: give(bank, 1))

    assert {(f.code, f.reason, f.wanted) for f in found} == {
        ("accounts.member.points", Reason.FACT_NEEDED, "band")
    }
