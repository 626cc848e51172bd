"""Limits of pieces: what was ordered counts, in however many orders."""

from datetime import date

import pytest

from .books import HEAD, TODAY, books, codes, free

RICE = (
    HEAD
    + """
units.coins = {}
accounts.member = { coins = { floor = "none" } }
rules.redeem = { on = "redeem", unit = "coins", limits = RULE }
items.rice = { price = 10, limits = ITEM }
items.oil = { price = 10 }
"""
)
MONTH = "{ month = { pieces = true, at_most = 3 } }"
BY_RULE, BY_ITEM = "rules.redeem.limits.month", "items.rice.limits.month"


def kept(rule="{}", item="{}", **settings):
    return books(RICE.replace("RULE", rule).replace("ITEM", item), **settings)


@pytest.fixture(params=[BY_RULE, BY_ITEM])
def limited(request, tmp_path):
    """Books that let three bags a month go, by the rule or by the item; and the code."""
    both = {"rule": MONTH} if request.param == BY_RULE else {"item": MONTH}
    return kept(**both, url=f"sqlite:///{tmp_path}/books"), request.param


@pytest.mark.parametrize(
    ("orders", "refused"),
    [([3], False), ([4], True), ([1, 2], False), ([2, 2], True), ([1, 1, 1, 1], True)],
)
def test_pieces_count_in_however_many_orders(limited, orders, refused):
    bank, code = limited
    *before, last = orders
    for number in before:
        bank.redeem("ada", "rice", quantity=number, on=TODAY)

    found = codes(lambda: bank.redeem("ada", "rice", quantity=last, on=TODAY))

    assert found == ([code] if refused else [])
    assert free(bank, "ada", "coins") == -10 * (sum(before) + (not refused) * last)


def test_pieces_of_an_order_that_was_cancelled_count_no_more(limited):
    bank, _ = limited
    bank.order("ada", "rice", quantity=3, on=TODAY, id="o")
    bank.cancel("o", on=TODAY)

    assert codes(lambda: bank.redeem("ada", "rice", quantity=3, on=TODAY)) == []


def test_an_order_of_which_a_part_was_cancelled_counts_whole(limited):
    bank, code = limited
    bank.order("ada", "rice", quantity=3, on=TODAY, id="o")
    bank.fulfil("o", quantity=1, on=TODAY)
    bank.cancel("o", on=TODAY)

    assert codes(lambda: bank.redeem("ada", "rice", on=TODAY)) == [code]


@pytest.mark.parametrize(("meanwhile", "refused"), [(1, False), (2, True)])
def test_an_undone_cancellation_counts_the_pieces_that_come_back(
    limited, meanwhile, refused
):
    bank, code = limited
    bank.order("ada", "rice", quantity=2, on=TODAY, id="o")
    bank.cancel("o", on=TODAY, id="c")
    bank.redeem("ada", "rice", quantity=meanwhile, on=TODAY)

    assert codes(lambda: bank.reverse("c", on=TODAY)) == ([code] if refused else [])


def test_pieces_of_another_item_or_month_do_not_count_for_an_item():
    bank = kept(item=MONTH)
    bank.redeem("ada", "oil", quantity=9, on=TODAY)
    bank.redeem("ada", "rice", quantity=3, on=date(2024, 5, 31))

    assert codes(lambda: bank.redeem("ada", "rice", quantity=3, on=TODAY)) == []


def test_count_counts_orders_of_however_many_pieces():
    bank = kept(rule="{ month = { count = true, at_most = 2 } }")
    for _ in range(2):
        bank.redeem("ada", "rice", quantity=5, on=TODAY)

    assert codes(lambda: bank.redeem("ada", "rice", on=TODAY)) == [BY_RULE]


def test_an_explanation_tells_pieces():
    bank = kept(item=MONTH)
    bank.redeem("ada", "rice", on=TODAY)
    bank.redeem("ada", "rice", quantity=2, on=TODAY, id="second")

    told = bank.explain("second")

    assert "1 of 3 pieces used before, 2 more asked for" in str(told.text)
    assert "此前已有 1 件，上限 3 件，本次 2 件" in told.text.in_("zh")
