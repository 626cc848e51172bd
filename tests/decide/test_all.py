"""What must hold within `all` is read, asked and asked again as what stands beside it."""

from timebank.operations import PlaceOrder
from timebank.policy.files import load_policy
from timebank.policy.needs import needs_of
from timebank.scope import Series

from .books import HEAD, TODAY, books, codes

CLUB = (
    HEAD
    + """
units = { hours = { record = true }, points = {} }
accounts.member.points = { floor = "none" }
classes.care = {}
measures.lately = { sum = "hours", window = "month" }
rules.hours = { on = "service", unit = "hours" }
items.meal = { price = 1 }
rules.meal = { on = "redeem", unit = "points", requires = { all = [
    { any = [{ lately = { min = 3 } }, { quantity = 1 }] },
    { group = { min = "B" } },
] } }
[ladders.group]
start = "C"
levels = ["C", "B"]
moves = [{ from = "C", to = "B" }, { from = "B", to = "C" }]
"""
)


def test_a_level_without_needs_is_written_as_a_word():
    tables = CLUB.replace('["C", "B"]', '[{ name = "C" }, { name = "B" }]')

    assert load_policy(tables).ladders == load_policy(CLUB).ladders


def test_what_is_asked_within_all_is_said_beforehand():
    needs = needs_of(
        "x", PlaceOrder(payer="ada", item="meal", quantity=1), TODAY, [CLUB]
    )

    assert [s.unit for s in needs.series if isinstance(s, Series)].count("hours") == 1


def test_an_order_is_not_handed_over_to_who_lost_the_level_asked_within_all():
    bank = books(CLUB)
    assert codes(lambda: bank.order("ada", "meal", on=TODAY)) == [
        "rules.meal.requires.all.1.group"
    ]
    bank.set_tier("ada", "group", "B", on=TODAY)
    order = bank.order("ada", "meal", on=TODAY).entry.id
    bank.set_tier("ada", "group", "C", on=TODAY)

    assert codes(lambda: bank.fulfil(order, on=TODAY)) == [
        "rules.meal.requires.all.1.group"
    ]
    bank.set_tier("ada", "group", "B", on=TODAY)
    bank.fulfil(order, on=TODAY)
    assert bank.balance("ada", "points").total == -1
