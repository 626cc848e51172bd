"""
Mistakes that other systems have made with rules, tried on policies that say them here.

Splits that lose a part, estates that vanish, limits that are raised by passing credit on,
and decay that depends on how often a machine was running.
"""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from timebank.balances import Balance

from .desk import Calendar, free, new_bank, refused, with_members

TODAY = date(2024, 12, 31)
HEAD = """
language = 1
policy = { name = "Field", source = "made up", status = "example", from = 2023-01-01 }
units = { hours = { scale = 60 } }
classes.care = {}
"""


def books(policy, *members, today=TODAY):
    bank = new_bank(policy=HEAD + policy, calendar=Calendar(today))
    return with_members(bank, *members)


def total(bank, *accounts):
    return sum(free(bank, account, "hours") for account in accounts)


# ---------------------------------------------------------------- 3: splits

SPLIT = """
accounts = { member = { hours = { floor = "none" } }, merchant = {}, pool = { names = ["common"] } }
items.class = { price = 10 }
rules.class = { on = "redeem", unit = "hours", payers = 9 }
rules.taught = { on = "service", unit = "hours", from = "recipient", to = { provider = "1/2", organiser = "1/2" } }
"""


@given(
    st.lists(st.integers(1, 9), min_size=1, max_size=5),
    st.integers(1, 4),
)
@example([1, 1, 1], 1)
@settings(deadline=None)
def test_3_what_several_pay_together_is_the_price_to_the_minute(shares, pieces):
    members = [f"m{n}" for n in range(len(shares))]
    bank = books(SPLIT, *members)
    payers = dict(zip(members, shares, strict=True))

    bank.redeem("m0", "class", pieces, on=TODAY, payers=payers)

    price, whole = 600 * pieces, sum(shares)
    paid = {member: -free(bank, member, "hours") for member in members}
    assert sum(paid.values()) == price
    assert all(
        abs(paid[m] - Fraction(price * share, whole)) < 1 for m, share in payers.items()
    )
    assert free(bank, "issuer", "hours") == price


@pytest.mark.parametrize("minutes", [600, 150, 151, 1])
def test_3_two_who_teach_get_what_was_paid(minutes):
    bank = books(SPLIT, "ann", "ben", "pupil")

    bank.record_service(
        "ann", "care", minutes, recipient="pupil", organiser="ben", on=TODAY
    )

    assert free(bank, "pupil", "hours") == -minutes
    assert total(bank, "ann", "ben") == minutes
    assert free(bank, "ann", "hours") - free(bank, "ben", "hours") in (0, 1)


# ---------------------------------------------------------------- 6: estates

ESTATE = """
accounts = { member = { hours = {} }, pool = { names = ["common"] } }
measures.held = { balance = "hours" }
rules.hours = { on = "service", unit = "hours" }
rules.to_heir = { on = "close", unit = "hours", when = { heir = { known = true } }, to = "heir", amount = "held" }
rules.to_common = { on = "close", unit = "hours", when = { heir = { known = false } }, to = "pool:common", amount = "held" }
"""


@pytest.mark.parametrize(("heir", "account"), [(None, "pool:common"), ("ben", "ben")])
def test_6_an_estate_goes_to_the_heir_or_to_a_named_account(heir, account):
    bank = books(ESTATE, "ann", "ben")
    bank.record_service("ann", "care", 101, on=TODAY)
    owed = free(bank, "issuer", "hours")

    bank.close_account("ann", cause="death", heir=heir, on=TODAY)

    assert (free(bank, "ann", "hours"), free(bank, account, "hours")) == (0, 101)
    assert free(bank, "issuer", "hours") == owed
    assert bank.verify(decide_again=True).sound


def test_6_an_estate_is_not_left_to_whoever_is_gone():
    bank = books(ESTATE, "ann", "ben")
    bank.record_service("ann", "care", 101, on=TODAY)
    bank.close_account("ben", cause="leaving", on=TODAY)

    codes = refused(bank.close_account, "ann", cause="death", heir="ben", on=TODAY)

    assert codes == {"heir"}
    assert free(bank, "ann", "hours") == 101


# ---------------------------------------------------------------- 7: passing credit on

TRUST = """
accounts.member.hours.floor = [{ of = "trust" }, { times = -1 }]
[measures]
gave = { sum = "hours", side = "in", where = { on = "service" } }
got = { sum = "hours", side = "out", where = { on = "service" } }
trust = { formula = [{ of = "gave" }, { less = "got" }, { divide = 2 }, { plus = 10 }, { at_most = 40 }] }
[rules]
served = { on = "service", unit = "hours", from = "recipient" }
gift = { on = "gift", unit = "hours" }
"""


def test_7_two_who_serve_each_other_to_and_fro_raise_no_limit():
    bank = books(TRUST, "ann", "ben", "eve")
    for _ in range(20):
        bank.record_service("ann", "care", 300, recipient="ben", on=TODAY)
        bank.record_service("ben", "care", 300, recipient="ann", on=TODAY)
        bank.give("ann", "ben", unit="hours", amount=60, on=TODAY)
        bank.give("ben", "ann", unit="hours", amount=60, on=TODAY)

    assert refused(bank.give, "ann", "eve", unit="hours", amount=601, on=TODAY) == {
        "accounts.member.hours.floor"
    }
    bank.give("ann", "eve", unit="hours", amount=600, on=TODAY)


def test_7_who_served_others_may_owe_more():
    bank = books(TRUST, "ann", "ben", "eve")
    bank.record_service("ann", "care", 600, recipient="ben", on=TODAY)

    bank.give("ann", "eve", unit="hours", amount=600 + 600 + 300, on=TODAY)

    assert free(bank, "ann", "hours") == -900
    assert refused(bank.give, "ann", "eve", unit="hours", amount=1, on=TODAY)


# ---------------------------------------------------------------- 10: decay

DECAY = """
accounts = { member = { hours = {} }, pool = { names = ["sink"] } }
measures.held = { sum = "hours", window = "to date" }
rules.hours = { on = "service", unit = "hours" }
rules.decay = { on = "period", every = "month", unit = "hours", from = "member", to = "pool:sink", amount = [
  { of = "held" }, { times = "1/100" }, { round = "down", to = "1 min" }] }
"""
MONTHS = [date(2024, month, 1) for month in range(2, 13)] + [date(2025, 1, 1)]


def decayed(ticks, minutes):
    """Keep a year's books, letting time pass on the days *ticks* only."""
    bank = books(DECAY, "ann", "ben", today=date(2024, 1, 1))
    for member, amount in zip(("ann", "ben"), minutes, strict=True):
        for done in range(0, amount, 600):
            part = min(600, amount - done)
            bank.record_service(member, "care", part, on=date(2024, 1, 1))
    for day in ticks:
        bank.clock.today = day
        bank.tick()
    return bank


@given(
    st.tuples(st.integers(0, 9000), st.integers(0, 9000)),
    st.sets(st.sampled_from(MONTHS[:-1])),
)
@settings(deadline=None, max_examples=15)
def test_10_decay_is_the_same_however_often_somebody_looked(minutes, seen):
    monthly, seldom = (
        decayed(MONTHS, minutes),
        decayed([*sorted(seen), MONTHS[-1]], minutes),
    )

    for account in ("ann", "ben", "pool:sink"):
        assert free(monthly, account, "hours") == free(seldom, account, "hours")
    assert free(seldom, "pool:sink", "hours") == sum(minutes) - total(
        seldom, "ann", "ben"
    )


def test_10_a_year_of_months_is_the_year_within_a_minute_a_month():
    bank = decayed(MONTHS, (6000, 0))

    left = 6000 * Fraction(99, 100) ** 12
    assert left <= free(bank, "ann", "hours") < left + 12
    assert bank.verify(decide_again=True).sound


def test_10_a_run_that_was_missed_is_made_up_for_once():
    bank = decayed([MONTHS[0], MONTHS[2]], (6000, 0))
    once = bank.balance("ann", "hours")

    assert bank.tick().done == ()

    assert bank.balance("ann", "hours") == once == Balance(6000 - 60 - 59 - 58)
