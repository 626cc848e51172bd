"""One unit for another: what a redemption takes from the payer, and what it hands out."""

from datetime import date

import pytest

import timebank
from timebank.operations import FulfilOrder

from .books import HEAD, TODAY, books, codes, free

EXCHANGE = (
    HEAD
    + """
[units]
hours = {}
coins = {}
notes = { lots = { expires = { after = "1 year" } } }

[accounts]
member = { hours = { floor = "none" }, coins = { cap = 50 } }
pool = { names = ["pot"], hours = { floor = "none" } }
merchant = {}

[items]
coins = { price = 2 }
meal = { price = 6 }

[rules.pays]
on = "redeem"
unit = "hours"
amount = { by = "item", coins = "price", meal = [{ of = "price" }, { times = "1/2" }] }

[rules.gets]
on = "redeem"
unit = "coins"
from = "issuer"
to = "payer"
amount = [{ of = "quantity" }, { times = 5 }]
when = { item = "coins" }

[rules.thanks]
on = "redeem"
unit = "notes"
from = "issuer"
to = "payer"
amount = "quantity"
when = { item = "coins" }

[rules.topped_up]
on = "redeem"
unit = "hours"
from = "pool:pot"
to = "merchant"
amount = [{ of = "price" }, { times = "1/2" }]
when = { item = "meal" }
"""
)


def has(bank, account="ada"):
    return [free(bank, account, unit) for unit in ("hours", "coins", "notes")]


def test_what_is_redeemed_may_be_paid_out_in_another_unit():
    bank = books(EXCHANGE, members=("ada",))

    bank.redeem("ada", "coins", quantity=3, on=TODAY)

    assert has(bank) == [-6, 15, 3]


def test_what_an_order_hands_out_is_there_when_it_is_fulfilled():
    bank = books(EXCHANGE, members=("ada",))

    order = bank.order("ada", "coins", quantity=3, on=TODAY)
    assert has(bank) == [-6, 0, 0]
    bank.fulfil(order.entry.id, quantity=2, on=TODAY)
    assert has(bank) == [-6, 10, 2]
    bank.cancel(order.entry.id, on=TODAY)

    assert has(bank) == [-4, 10, 2]
    assert bank.balance("issuer", "coins") == timebank.Balance(-10, 0)


def test_what_is_handed_out_in_lots_begins_when_it_is_handed_out():
    bank = books(EXCHANGE, members=("ada",))
    order = bank.order("ada", "coins", on=TODAY)
    bank.clock.day = date(2024, 9, 1)

    entry = bank.fulfil(order.entry.id, on=bank.clock.day).entry

    (lot,) = [p.lot for p in entry.postings if p.lot is not None]
    assert (lot.id, lot.expires_on) == (entry.id, date(2025, 8, 31))


def test_what_an_order_holds_counts_where_another_hands_out_up_to_the_cap():
    book = """
[items.book]
price = 30

[rules.spends]
on = "redeem"
unit = "coins"
when = { item = "book" }
"""
    of_book = EXCHANGE.replace(
        'coins = "price", meal', 'coins = "price", book = 0, meal'
    )
    bank = books(of_book + book, members=("ada",))
    bank.order("ada", "coins", quantity=1, on=TODAY, id="late")
    bank.redeem("ada", "coins", quantity=10, on=TODAY)
    bank.order("ada", "book", on=TODAY)
    assert free(bank, "ada", "coins") == 20

    found = codes(lambda: bank.fulfil("late", on=TODAY))

    assert found == ["accounts.member.coins.cap"]


def test_a_cap_holds_for_what_is_handed_out():
    bank = books(EXCHANGE, members=("ada",))

    found = codes(lambda: bank.redeem("ada", "coins", quantity=11, on=TODAY))

    assert found == ["accounts.member.coins.cap"]


def test_a_pool_tops_up_what_the_payer_pays():
    bank = books(EXCHANGE, members=("ada",))
    bank.open_account("shop", kind="merchant", on=TODAY)

    order = bank.order("ada", "meal", merchant="shop", on=TODAY)
    assert bank.balance("pool:pot", "hours") == timebank.Balance(-3, 3)
    bank.fulfil(order.entry.id, on=TODAY)

    ends = ("ada", "pool:pot", "shop", "issuer")
    assert [free(bank, end, "hours") for end in ends] == [-3, -3, 3, 3]


def test_undoing_an_exchange_takes_back_both_sides():
    bank = books(EXCHANGE, members=("ada",))
    entry = bank.redeem("ada", "coins", on=TODAY).entry

    bank.reverse(entry.id, on=TODAY)

    assert has(bank) == [0, 0, 0]


def test_the_price_itself_comes_from_the_payer():
    text = EXCHANGE.replace('amount = "quantity"\n', "")

    with pytest.raises(timebank.PolicyInvalid, match="the price comes from the payer"):
        timebank.load_policy(text)


def test_several_orders_do_not_hand_out_more_than_a_limit_of_what_is_handed_out():
    limited = EXCHANGE.replace(
        'to = "payer"\namount = [{ of = "quantity" }, { times = 5 }]',
        'to = "payer"\namount = [{ of = "quantity" }, { times = 5 }]\n'
        "limits.month = { at_most = 10 }",
    )
    bank = books(limited, members=("ada",))
    for id in ("one", "two"):
        bank.order("ada", "coins", quantity=2, on=TODAY, id=id)
    bank.fulfil("one", quantity=1, on=TODAY)
    bank.fulfil("one", quantity=1, on=TODAY, id="last")

    assert codes(lambda: bank.fulfil("two", on=TODAY)) == ["rules.gets.limits.month"]
    assert free(bank, "ada", "coins") == 10
    corrected = bank.correct("last", FulfilOrder(order="one", quantity=1), on=TODAY)
    assert corrected.entry.target == "last"
    assert bank.verify(decide_again=True).sound


@pytest.mark.parametrize(
    "limit", ["pieces = true, at_most = 3", "count = true, at_most = 1"]
)
def test_an_order_within_a_limit_is_handed_over_in_parts_and_no_other_is(limit):
    limited = EXCHANGE.replace(
        'to = "payer"\namount = [{ of = "quantity" }, { times = 5 }]',
        'to = "payer"\namount = [{ of = "quantity" }, { times = 5 }]\n'
        f"limits.month = {{ {limit} }}",
    )
    bank = books(limited, members=("ada",))
    for id in ("one", "two"):
        bank.order("ada", "coins", quantity=3, on=TODAY, id=id)

    for _ in range(3):
        bank.fulfil("one", quantity=1, on=TODAY)

    assert codes(lambda: bank.fulfil("two", quantity=1, on=TODAY)) == [
        "rules.gets.limits.month"
    ]
    assert free(bank, "ada", "coins") == 15
    assert bank.verify(decide_again=True).sound
