"""When lots expire by the rule that makes them."""

from datetime import date

import pytest

import timebank
from timebank.errors import PolicyInvalid

from .books import HEAD, TODAY, books, free

NOTES = (
    HEAD
    + """
units = { notes = { lots = { expires = { after = "1 year" }, to = "pool:late" } }, plain = {} }
accounts = { member = {}, group = {}, pool = { names = ["late"] } }
classes.care = {}
items.coat = { price = 0 }

[rules.stock]
on = "grant"
unit = "notes"
when = { payee.kind = "group" }
expires = { after = "3 months" }

[rules.grant]
on = "grant"
unit = "notes"
when = { payee.kind = "member" }

[rules.give]
on = "gift"
unit = "notes"

[rules.base]
on = "service"
unit = "notes"

[rules.bonus]
on = "service"
unit = "notes"
amount = 1
expires = { end_of = "month" }

[rules.voucher]
on = "redeem"
unit = "notes"
from = "issuer"
to = "payer"
amount = 2
expires = { after = "1 week" }

[rules.plain]
on = "grant"
unit = "plain"
"""
)


@pytest.fixture
def bank():
    bank = books(NOTES)
    bank.open_account("team", kind="group", on=date(2020, 1, 1))
    return bank


def on(bank, day):
    bank.clock.day = day
    bank.tick()


def test_what_a_rule_makes_expires_as_the_rule_says_and_else_as_the_unit(bank):
    bank.grant("team", unit="notes", amount=5, on=TODAY)
    bank.grant("ada", unit="notes", amount=5, on=TODAY)
    bank.give("team", "ben", unit="notes", amount=2, on=TODAY)

    on(bank, date(2024, 9, 2))
    last_day = [free(bank, who, "notes") for who in ("team", "ada", "ben")]
    on(bank, date(2024, 9, 3))
    day_after = [free(bank, who, "notes") for who in ("team", "ada", "ben")]

    assert last_day == [3, 5, 2]
    assert day_after == [0, 5, 0]
    assert free(bank, "pool:late", "notes") == 5


def test_lots_of_one_entry_with_several_last_days_go_one_after_the_other(bank):
    bank.record_service("ada", "care", 180, on=TODAY)

    on(bank, date(2024, 7, 1))
    after_a_month = free(bank, "ada", "notes")
    on(bank, date(2025, 6, 3))

    assert (after_a_month, free(bank, "ada", "notes")) == (3, 0)
    assert bank.verify(decide_again=True).faults == ()


def test_what_an_order_hands_over_expires_by_the_rule_from_the_fulfilment_on(bank):
    order = bank.order("ada", "coat", on=TODAY)
    bank.clock.day = date(2024, 6, 10)
    bank.fulfil(order.entry.id, on=date(2024, 6, 10))

    on(bank, date(2024, 6, 16))
    assert free(bank, "ada", "notes") == 2
    on(bank, date(2024, 6, 17))
    assert free(bank, "ada", "notes") == 0


@pytest.mark.parametrize(
    ("old", "new", "places"),
    [
        (
            'unit = "plain"',
            'unit = "plain"\nexpires.after = "1 year"',
            ["rules.plain.expires"],
        ),
        (
            "[rules.give]",
            '[rules.give]\nexpires.after = "1 year"',
            ["rules.give.expires"],
        ),
        (
            'after = "3 months" }',
            'after = "3 months", end_of = "year" }',
            ["rules.stock.expires"],
        ),
        ('after = "3 months" }', 'after = "soon" }', ["rules.stock.expires.after"]),
        ('expires = { after = "1 year" }, to', "to", []),
    ],
)
def test_an_expiry_that_ends_nothing_is_a_mistake(old, new, places):
    assert old in NOTES

    try:
        timebank.load_policy(NOTES.replace(old, new, 1))
    except PolicyInvalid as invalid:
        found = list(invalid.mistakes)
    else:
        found = []

    assert found == places
