"""What asks for an amount and moves nothing is refused; what was done is recorded."""

import pytest

from timebank.model import Effect, Reason

from .books import HEAD, TODAY, books, codes, findings, free

CAREFUL = (
    HEAD
    + """
units = { points = {}, hours = { scale = 60, record = true } }
accounts = { member = {}, pool = { names = ["relief"] } }
classes = { care = {}, visit = { counts = "number" } }
items = { tea = { price = 0 }, wok = { price = 3 } }
facts.asked_for = { type = "yes-no", default = false }

[rules.hours]
on = "service"
unit = "hours"
when = { asked_for = true }

[rules.visits]
on = "contribution"
unit = "points"
amount = [{ of = "number" }, { divide = 2 }, { round = "down", to = 1 }]

[rules.relief]
on = "donate"
unit = "points"
to = "pool:relief"
when = { purpose = "relief" }

[rules.half]
on = "gift"
unit = "points"
amount = [{ of = "asked" }, { divide = 2 }, { round = "down", to = 1 }]
limits.week = { at_most = 2, excess = "drop" }

[rules.redeem]
on = "redeem"
unit = "points"
when = { asked_for = true }

[rules.start]
on = "grant"
unit = "points"
"""
)
YES = {"asked_for": True}


@pytest.fixture
def bank():
    bank = books(CAREFUL)
    bank.grant("ada", unit="points", amount=20, on=TODAY)
    return bank


def effects(ask):
    return [(f.code, f.reason, f.effect) for f in findings(ask)]


NOTHING = ("rules", Reason.NOTHING_MOVES, Effect.REFUSES)


def test_a_donation_that_no_rule_concerns_is_refused(bank):
    def donated(purpose):
        return bank.donate("ada", unit="points", amount=5, purpose=purpose, on=TODAY)

    assert effects(lambda: donated("flowers")) == [NOTHING]
    assert donated("relief").findings == ()
    assert free(bank, "pool:relief", "points") == 5


def test_a_gift_of_which_a_rule_makes_nothing_is_refused(bank):
    assert effects(
        lambda: bank.give("ada", "ben", unit="points", amount=1, on=TODAY)
    ) == [NOTHING]
    assert bank.give("ada", "ben", unit="points", amount=2, on=TODAY).findings == ()


def test_what_a_limit_drops_whole_is_refused_and_told_by_the_limit(bank):
    bank.give("ada", "ben", unit="points", amount=4, on=TODAY)

    found = effects(lambda: bank.give("ada", "ben", unit="points", amount=2, on=TODAY))

    assert found == [
        ("rules.half.limits.week", Reason.DROPPED, Effect.NOTES),
        NOTHING,
    ]


@pytest.mark.parametrize("item", ["tea", "wok"])
def test_nothing_is_had_for_a_price_that_no_rule_takes(bank, item):
    assert effects(lambda: bank.redeem("ada", item, on=TODAY)) == [NOTHING]
    assert bank.redeem("ada", item, on=TODAY, facts=YES).findings == ()


def test_a_service_that_no_rule_concerns_is_recorded_and_noted(bank):
    def served(**facts):
        return bank.record_service("ada", "care", 60, on=TODAY, facts=facts)

    assert effects(served) == [("rules", Reason.NOTHING_MOVES, Effect.NOTES)]
    assert served(**YES).findings == ()
    assert free(bank, "ada", "hours") == 60


def test_what_counts_as_nothing_by_a_rule_that_concerns_it_is_not_noted(bank):
    assert codes(lambda: bank.record_mark("ada", "visit", number=1, on=TODAY)) == []
