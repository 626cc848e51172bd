"""Orders have a term; when it is over they cannot be fulfilled, and a tick gives back."""

from datetime import date, timedelta

import pytest

from timebank.errors import PolicyInvalid, Refused
from timebank.model import Reason
from timebank.policy.files import load_policy

from .books import HEAD, ORDERS, START, books, ids

LAST = date(2024, 3, 31)
"""The last day of an order of the first of March."""
DAY = timedelta(days=1)


@pytest.fixture
def bank():
    bank = books()
    bank.record_mark("ada", "help", 10, on=START)
    bank.order("ada", "ride", 2, on=START, id="ride")
    return bank


def refused(ask):
    with pytest.raises(Refused) as caught:
        ask()
    return [(finding.code, finding.reason) for finding in caught.value.findings]


def test_an_order_is_kept_to_its_last_day(bank):
    bank.clock.day = LAST

    report = bank.tick()

    assert (report.done, report.refused) == ((), ())
    assert bank.balance("ada", "points").held == 6


def test_an_order_is_given_back_on_the_day_after(bank):
    bank.clock.day = LAST + DAY

    report = bank.tick()

    assert ids(report) == ["due/2024-04-01/order/ride"]
    assert report.done[0].entry.effective_on == LAST + DAY
    assert [(f.code, f.reason) for f in report.done[0].findings] == [
        ("rules.redeem.hold", Reason.ORDER_LAPSED)
    ]
    assert bank.balance("ada", "points").free == 10


def test_it_may_be_fulfilled_on_its_last_day_and_no_later_though_no_tick_has_run(bank):
    bank.clock.day = LAST
    bank.fulfil("ride", 1, on=LAST)
    bank.clock.day = LAST + DAY

    found = refused(lambda: bank.fulfil("ride", on=LAST + DAY))

    assert found == [("rules.redeem.hold", Reason.ORDER_LAPSED)]


def test_a_handing_over_told_after_the_term_is_refused_with_a_tick_and_without(bank):
    bank.clock.day = LAST + DAY
    before = refused(lambda: bank.fulfil("ride", on=LAST))

    bank.tick()

    assert before == [("rules.redeem.hold", Reason.ORDER_LAPSED)]
    assert refused(lambda: bank.fulfil("ride", on=LAST)) == [
        ("order", Reason.ORDER_CLOSED)
    ]


def test_what_was_fulfilled_is_never_given_back(bank):
    bank.fulfil("ride", 1, on=START)
    bank.clock.day = LAST + DAY

    bank.tick()

    balance = bank.balance("ada", "points")
    assert (balance.free, balance.held) == (7, 0)


def test_an_order_that_is_done_with_does_not_fall_due(bank):
    bank.fulfil("ride", on=START)
    bank.order("ada", "ride", on=START, id="cancelled")
    bank.cancel("cancelled", on=START)
    bank.order("ada", "ride", on=START, id="undone")
    bank.reverse("undone", on=START)
    bank.redeem("ada", "ride", on=START)
    bank.clock.day = LAST + DAY

    assert bank.tick().done == ()


def test_a_fulfilment_may_be_corrected_after_the_term(bank):
    bank.fulfil("ride", on=START, id="handed")
    bank.clock.day = LAST + 5 * DAY

    bank.correct(
        "handed",
        type(bank.entry("handed").entry.operation)(order="ride", quantity=1),
        on=START,
    )

    assert bank.balance("ada", "points").held == 3


def test_an_order_reopened_falls_due_again_under_a_further_id(bank):
    bank.clock.day = LAST + DAY
    bank.tick()
    bank.reverse("due/2024-04-01/order/ride", on=LAST + DAY)

    report = bank.tick()

    assert ids(report) == ["due/2024-04-01/order/ride/2"]
    assert bank.tick().done == ()


def test_orders_of_one_day_are_given_back_as_they_came_to_count():
    bank = books(
        ORDERS
        + """
[procedures.agreed]
on = "redeem"
steps = [{ name = "agree", by = "lead" }]
"""
    )
    bank.record_mark("ada", "help", 10, on=START)
    for id in ("asked-first", "asked-last"):
        bank.order("ada", "ride", on=START, id=id)
    for id in ("asked-last", "asked-first"):
        bank.confirm(id, "agree", role="lead", on=START)
    bank.clock.day = LAST + DAY

    assert ids(bank.tick()) == [
        "due/2024-04-01/order/asked-last",
        "due/2024-04-01/order/asked-first",
    ]


def test_an_order_keeps_the_term_of_the_policy_it_was_placed_under(bank):
    bank.adopt(ORDERS.replace("30 days", "1 day"), on=START, holds_from=START)
    bank.order("ada", "ride", on=START, id="short")
    bank.clock.day = START + 2 * DAY

    assert ids(bank.tick()) == ["due/2024-03-03/order/short"]


def test_an_order_of_several_units_ends_with_the_first_of_their_terms():
    bank = books(
        ORDERS
        + 'rules.stars = { on = ["contribution"], unit = "stars" }\n'
        + 'rules.price = { on = "redeem", unit = "stars", amount = 1, hold = "1 week" }'
    )
    bank.record_mark("ada", "help", 10, on=START)
    bank.order("ada", "ride", on=START, id="ride")
    bank.clock.day = START + 8 * DAY

    report = bank.tick()

    assert ids(report) == ["due/2024-03-09/order/ride"]
    assert report.done[0].findings[0].code == "rules.price.hold"
    assert bank.balance("ada", "points").free == bank.balance("ada", "stars").free == 10


def test_without_a_term_an_order_stays():
    bank = books(ORDERS.replace(', hold = "30 days"', ""))
    bank.record_mark("ada", "help", 10, on=START)
    bank.order("ada", "ride", on=START)
    bank.clock.day = date(2034, 3, 1)

    assert bank.tick().done == ()


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ('rules.r = { on = "redeem", unit = "points", hold = "soon" }', "rules.r.hold"),
        ('rules.r = { on = "gift", unit = "points", hold = "1 day" }', "rules.r.hold"),
    ],
)
def test_a_term_that_is_none_or_that_nothing_waits_for_is_a_mistake(line, place):
    policy = HEAD + "units.points = {}\naccounts.member = {}\n" + line

    with pytest.raises(PolicyInvalid) as caught:
        load_policy(policy)

    assert list(caught.value.mistakes) == [place]
