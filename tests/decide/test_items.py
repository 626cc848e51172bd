"""Limits on what one account may have of an item, free benefits among them."""

from datetime import date

import pytest

from timebank.model import Reason

from .books import HEAD, TODAY, books, codes, free

LIMITED = (
    HEAD
    + """
units = { points = {}, benefits = { record = true } }
accounts = { member = { points = { floor = -100 } } }

[rules.points]
on = "redeem"
unit = "points"
limits.month = { count = true, same = ["channel"], at_most = 9, where = { channel = "goods" } }

[rules.taken]
on = "redeem"
unit = "benefits"
from = "issuer"
to = "payer"
amount = "quantity"

[items.rice]
price = 2
channel = "goods"
limits.month = { at_most = 10 }

[items.wok]
price = 5
channel = "goods"
limits.year = { count = true, at_most = 1 }

[items.course]
price = 0
limits.year = { count = true, at_most = 1 }
"""
).replace('same = ["channel"], ', "")


@pytest.fixture
def bank():
    return books(LIMITED)


def redeem(bank, item, quantity=1, on=TODAY, **fields):
    return bank.redeem("ada", item, quantity, on=on, **fields)


def test_a_limit_of_an_item_counts_that_item_only(bank):
    redeem(bank, "rice", 5)
    redeem(bank, "wok")

    assert codes(lambda: redeem(bank, "rice")) == ["items.rice.limits.month"]
    assert codes(lambda: redeem(bank, "wok")) == ["items.wok.limits.year"] * 2
    assert codes(lambda: bank.redeem("ben", "wok", on=TODAY)) == []


def test_a_limit_begins_anew_with_its_window(bank):
    redeem(bank, "wok", on=date(2023, 12, 31))

    assert codes(lambda: redeem(bank, "wok")) == []


def test_a_free_benefit_is_counted_by_a_record(bank):
    redeem(bank, "course")

    assert free(bank, "ada", "benefits") == 1
    assert codes(lambda: redeem(bank, "course")) == ["items.course.limits.year"]


def test_an_order_counts_and_one_that_was_cancelled_does_not(bank):
    bank.order("ada", "course", on=TODAY, id="first")
    assert codes(lambda: redeem(bank, "course")) == ["items.course.limits.year"]

    bank.cancel("first", on=TODAY)

    assert free(bank, "ada", "benefits") == 0
    assert codes(lambda: redeem(bank, "course")) == []


def test_an_order_comes_back_only_where_others_left_its_limits_room(bank):
    bank.order("ada", "course", on=TODAY, id="first")
    bank.cancel("first", on=TODAY, id="cancelled")
    redeem(bank, "course")
    code = ["items.course.limits.year"]

    assert codes(lambda: bank.reverse("cancelled", on=TODAY)) == code
    passed = bank.reverse("cancelled", on=TODAY, authority="the council")

    assert [f.reason for f in passed.findings if f.code in code] == [Reason.OVERRIDDEN]
    assert free(bank, "ada", "benefits") == 2


def test_an_order_that_is_put_back_counts_once_in_its_own_year(bank):
    bank.order("ada", "course", on=date(2023, 12, 31), id="first")
    bank.cancel("first", on=TODAY, id="cancelled")
    redeem(bank, "course")

    assert codes(lambda: bank.reverse("cancelled", on=TODAY)) == []


def test_of_an_order_that_was_partly_delivered_the_record_stays(bank):
    bank.order("ada", "rice", 3, on=TODAY, id="rice")
    bank.fulfil("rice", 1, on=TODAY)

    bank.cancel("rice", on=TODAY)

    assert (free(bank, "ada", "benefits"), free(bank, "ada", "points")) == (3, -2)
