"""What it costs to cancel an order, and what counts for it."""

from datetime import timedelta

import pytest

import timebank
from timebank.errors import PolicyInvalid
from timebank.model import Reason
from timebank.operations import Part

from .books import HEAD, TODAY, books, codes, findings, free

CANCELLING = (
    HEAD
    + """
units = { points = {}, vouchers = { lots = { expires = { after = "1 year" } } }, cancelled = { record = true } }
facts = { trip_day = "date", ill = { type = "yes-no", default = false } }
items = { trip = { price = 10, requires = { cancellations = { max = 1 } }, limits = { year = { count = true, at_most = 2 } } }, tea = { price = 2 } }
measures.cancellations = { sum = "cancelled", window = "year" }
measures.got = { sum = "points", side = "in", window = "month" }
measures.fees = { sum = "points", side = "out", where = { on = "cancel" } }
flags.often = { when = { cancellations = { min = 2 } }, for = "desk", text = "why so often?" }
flags.windfall = { when = { got = { min = 10 } }, for = "desk", text = "where from?" }

[accounts]
member = {}
merchant = {}

[rules.grant]
on = "grant"
unit = "points"

[rules.redeem]
on = "redeem"
unit = "points"
payers = 3
hold = "30 days"
limits.month = { at_most = 20, same = "item" }

[rules.counted]
on = "cancel"
unit = "cancelled"
amount = 1
from = "issuer"
to = "payer"
when = { ill = false, item = "trip" }

[rules.late]
on = "cancel"
unit = "points"
amount = [{ of = "price" }, { times = "1/2" }, { round = "down", to = 1 }]
to = "merchant"
limits.lifetime = { at_most = 12, excess = "drop" }
when = { all = [{ ill = false }, { item = "trip" }, { trip_day = { max = { ahead = "3 days" } } }] }
"""
)


def day(number):
    return TODAY + timedelta(days=number)


@pytest.fixture
def bank():
    bank = books(CANCELLING, members=("ada", "ben"))
    bank.open_account("shop", kind="merchant", on=TODAY)
    for member in ("ada", "ben"):
        bank.grant(member, unit="points", amount=40, on=TODAY)
    return bank


def trip(bank, id="trip", *, days=20, **more):
    facts = {"trip_day": day(days)}
    bank.order("ada", "trip", on=TODAY, id=id, merchant="shop", facts=facts, **more)


def have(bank, *accounts, unit="points"):
    return [free(bank, account, unit) for account in accounts]


def figure(bank, name, account="ada"):
    return bank.standing(account, on=TODAY).measures[name]


@pytest.mark.parametrize("way", ["reverse", "cancel"])
def test_an_order_that_was_given_up_is_handed_over_no_more(bank, way):
    trip(bank)
    getattr(bank, way)("trip", on=TODAY, id="given up")

    (closed,) = findings(lambda: bank.fulfil("trip", on=TODAY))

    assert (closed.reason, closed.found) == (Reason.ORDER_CLOSED, "given up")


@pytest.mark.parametrize(("days", "fee"), [(4, 0), (3, 5)])
def test_notice_is_how_long_before_the_day_it_was_ordered_for(bank, days, fee):
    trip(bank, days=days)

    bank.cancel("trip", on=TODAY)

    assert have(bank, "ada", "shop") == [40 - fee, fee]


def test_a_fact_of_the_cancellation_excuses(bank):
    trip(bank, days=1)

    bank.cancel("trip", on=TODAY, facts={"ill": True})

    assert have(bank, "ada", "shop") == [40, 0]
    assert have(bank, "ada", unit="cancelled") == [0]


def test_a_fact_that_the_policy_does_not_ask_for_is_refused(bank):
    trip(bank)

    (finding,) = findings(lambda: bank.cancel("trip", on=TODAY, facts={"sad": True}))

    assert (finding.code, finding.reason) == ("facts.sad", Reason.NOT_IN_POLICY)


def test_the_fee_counts_for_the_cancellation_and_the_rest_for_the_order(bank):
    trip(bank, days=1)
    bank.clock.day = day(2)

    bank.cancel("trip", on=day(1))

    standing = bank.standing("ada", on=day(2)).measures
    assert (standing["fees"], standing["cancellations"]) == (5, 1)
    lines = [(e.effective_on, e.amount) for e in bank.statement("ada", "points")]
    assert lines[-1] == (day(1), -5)
    # the month has room for two other trips: what was cancelled used nothing up
    for id in ("again", "and again"):
        trip(bank, id)


def test_whoever_cancels_too_often_is_barred_and_asked_about(bank):
    for id in ("one", "two"):
        trip(bank, id)
        outcome = bank.cancel(id, on=TODAY)

    assert [f.code for f in outcome.entry.findings] == ["flags.often"]
    assert codes(lambda: trip(bank, "three")) == ["items.trip.requires.cancellations"]


def test_what_an_item_asks_and_allows_is_not_asked_of_its_cancellation(bank):
    for order, cancelled in (("a", "a"), ("b", None), ("c", "b")):
        trip(bank, order)
        if cancelled:
            bank.cancel(cancelled, on=TODAY)

    bank.cancel("c", on=TODAY)

    assert figure(bank, "cancellations") == 3


def test_what_a_limit_of_the_cancellation_looks_at_is_looked_up(bank):
    # the limits of the order and the item look at a month and a year
    for id in ("a", "b"):
        trip(bank, id, days=1)
    for id in ("a", "b"):
        bank.cancel(id, on=TODAY)
    bank.order(
        "ben", "trip", on=TODAY, id="c", merchant="shop", facts={"trip_day": day(1)}
    )

    bank.cancel("c", on=TODAY)

    assert have(bank, "ada", "ben", "shop") == [30, 35, 15]


def test_what_is_given_back_does_not_come_in_on_the_day_of_the_cancellation(bank):
    trip(bank, days=40)
    bank.clock.day = day(29)  # another month

    outcome = bank.cancel("trip", on=day(29))

    assert outcome.entry.findings == ()


def test_the_pieces_are_those_that_were_not_delivered():
    text = CANCELLING.replace("amount = 1\n", 'amount = "quantity"\n')
    bank = books(text, members=("ada",))
    bank.open_account("shop", kind="merchant", on=TODAY)
    bank.grant("ada", unit="points", amount=40, on=TODAY)
    facts = {"trip_day": day(20)}
    bank.order("ada", "trip", 2, on=TODAY, id="o", merchant="shop", facts=facts)
    bank.fulfil("o", 1, on=TODAY)

    bank.cancel("o", on=TODAY)

    assert figure(bank, "cancellations") == 1


@pytest.mark.parametrize(
    ("more", "place"),
    [
        (
            """[procedures.p]
            on = "cancel"
            steps = [{ name = "s", by = "desk" }]""",
            r"procedures\.p\.on",
        ),
        (
            """[rules.r]
            on = "cancel"
            unit = "points"
            running = "cancellations"
            amount = "cancellations\"""",
            r"rules\.r\.running",
        ),
    ],
)
def test_what_a_cancellation_cannot_have_is_a_mistake(more, place):
    with pytest.raises(PolicyInvalid, match=place):
        timebank.load_policy(f"{CANCELLING}\n{more}")


def test_pieces_that_were_delivered_cost_nothing_to_cancel(bank):
    bank.order(
        "ada", "trip", on=TODAY, id="one", merchant="shop", facts={"trip_day": day(1)}
    )
    bank.fulfil("one", on=TODAY)
    assert have(bank, "ada", "shop") == [30, 0]


def test_each_who_pays_pays_for_the_cancellation_by_what_they_get_back(bank):
    payers = [Part(account="ada", amount=4), Part(account="ben", amount=1)]
    trip(bank, days=1, payers=payers)
    assert have(bank, "ada", "ben") == [32, 38]

    bank.cancel("trip", on=TODAY)

    assert have(bank, "ada", "ben", "shop") == [36, 39, 5]
    assert have(bank, "ada", "ben", unit="cancelled") == [1, 1]


def test_a_part_of_what_was_held_says_how_it_rounds():
    with pytest.raises(PolicyInvalid, match=r"rules\.late\.amount.*rounds"):
        timebank.load_policy(CANCELLING.replace(', { round = "down", to = 1 }]', "]"))


def test_reversing_a_cancellation_takes_its_fee_back(bank):
    trip(bank, days=1)
    bank.cancel("trip", on=TODAY, id="off")
    assert (have(bank, "ada", "shop"), figure(bank, "fees")) == ([35, 5], 5)

    bank.reverse("off", on=TODAY)

    assert have(bank, "ada", "shop") == [30, 0]
    assert (figure(bank, "fees"), figure(bank, "cancellations")) == (0, 0)
    assert bank.balance("ada", "points").held == 10


def test_time_cancels_at_the_same_cost(bank):
    trip(bank, days=20)
    bank.clock.day = day(31)

    bank.tick(day(31))

    assert have(bank, "ada", "shop") == [35, 5]


def test_the_policy_of_the_order_says_what_it_costs(bank):
    trip(bank, days=1)
    bank.adopt(CANCELLING.replace('{ times = "1/2" }', "{ times = 1 }"), on=day(0))

    bank.cancel("trip", on=TODAY)

    assert have(bank, "ada", "shop") == [35, 5]


def test_the_books_are_in_order_when_decided_again(bank):
    trip(bank, days=1)
    bank.cancel("trip", on=TODAY, id="off")
    bank.reverse("off", on=TODAY)
    bank.cancel("trip", on=TODAY, id="off again", facts={"ill": True})

    assert bank.verify(decide_again=True).faults == ()


def test_what_a_cancellation_costs_is_no_rule_on_the_order():
    text = CANCELLING.replace(
        'on = "cancel"\nunit = "points"', 'on = ["cancel", "redeem"]\nunit = "points"'
    )

    with pytest.raises(PolicyInvalid, match=r"rules\.late\.on"):
        timebank.load_policy(text)


def test_an_order_that_waited_gives_back_what_it_held_and_costs_the_same():
    text = f"""{CANCELLING}
[procedures.approved]
on = "redeem"
steps = [{{ name = "yes", by = "desk" }}]
"""
    bank = books(text, members=("ada",))
    bank.open_account("shop", kind="merchant", on=TODAY)
    bank.grant("ada", unit="points", amount=40, on=TODAY)
    trip(bank, days=1)
    bank.confirm("trip", step="yes", role="desk", on=TODAY, actor="boss")

    bank.cancel("trip", on=TODAY, id="off")

    assert (have(bank, "ada", "shop"), figure(bank, "fees")) == ([35, 5], 5)
    bank.reverse("off", on=TODAY)
    assert (have(bank, "ada", "shop"), figure(bank, "fees")) == ([30, 0], 0)
    assert bank.verify(decide_again=True).faults == ()


def test_whoever_takes_a_cancellation_back_is_not_asked_the_limits_of_its_fee():
    of_a_fact = CANCELLING.replace("at_most = 12", 'at_most = "grace"').replace(
        'trip_day = "date"', 'trip_day = "date", grace = "number"'
    )
    bank = books(of_a_fact, members=("ada",))
    bank.open_account("shop", kind="merchant", on=TODAY)
    bank.grant("ada", unit="points", amount=40, on=TODAY)
    trip(bank, days=1)
    # the fact was told with the cancellation, and of the order nobody knows it
    bank.cancel("trip", on=TODAY, id="over", facts={"grace": 7})

    bank.reverse("over", on=TODAY)

    assert have(bank, "ada", "shop") == [30, 0]
    assert bank.verify(decide_again=True).sound
