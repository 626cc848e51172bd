"""What rules move, in the order the policy language gives: earning, limits, spending."""

from datetime import date, timedelta

import pytest

from timebank.model import Reason
from timebank.operations import RecordService

from .books import EVERYTHING, HEAD, TODAY, books, codes, findings, free

LIMITED = (
    HEAD
    + """
units = { points = {} }
facts = { age = { type = "number", default = 30 } }
items = { rice = { price = 8, requires = { age = { min = 18 } } } }

[accounts]
member = { points = { floor = 0, cap = 20, excess = "drop" } }
pool = { names = ["common"], points = { floor = "none" } }

[classes]
care = { requires = { provider.age = { max = 70 } } }
exchange = {}

[rules.care]
on = "service"
class = "care"
unit = "points"
requires = { provider.age = { above = 17 } }
amount = [{ of = "time" }, { round = "down", to = 1 }]
limits.day = { at_most = 3, excess = { to = "pool:common" } }
limits.week = { at_most = 5, excess = "drop" }

[rules.exchange]
on = "service"
class = "exchange"
unit = "points"
from = "recipient"
amount = [{ of = "time" }, { round = "down", to = 1 }]
limits.day = { at_most = 3, excess = { to = "pool:common" } }
limits.week = { at_most = 5, excess = "drop" }

[rules.redeem]
on = "redeem"
unit = "points"
requires = { age = { below = 90 } }
limits.month = { at_most = 10 }

[rules.grant]
on = "grant"
unit = "points"
"""
)


def serve(bank, minutes, *, on=TODAY, **fields):
    return bank.record_service("ada", "care", minutes, on=on, **fields)


# ---------------------------------------------------------------- earning


def test_two_rules_on_one_service_move_their_own_units():
    bank = books()

    bank.record_service("ada", "care", 170, on=TODAY)

    assert free(bank, "ada", "hours") == 170
    assert free(bank, "ada", "points") == 2


def test_every_record_is_rounded_by_itself():
    bank = books()

    bank.record_service("ada", "care", 50, on=TODAY)
    bank.record_service("ada", "care", 50, on=TODAY)

    assert free(bank, "ada", "points") == 0


def test_an_amount_of_nothing_is_recorded_and_moves_nothing():
    bank = books(LIMITED)

    outcome = serve(bank, 59)

    assert outcome.entry.postings == ()
    assert outcome.findings == ()


def test_a_record_that_a_limit_takes_wholly_is_accepted_with_its_findings():
    bank = books()
    bank.record_service("ada", "care", 240, on=TODAY)

    outcome = bank.record_service("ada", "care", 60, on=TODAY)

    assert [p.unit for p in outcome.entry.postings] == ["hours", "hours"]
    assert [f.reason for f in outcome.findings] == [Reason.DROPPED]


def test_each_limit_is_judged_on_what_the_one_before_left():
    bank = books(LIMITED)
    serve(bank, 180)

    outcome = serve(bank, 600, on=TODAY + timedelta(days=0))

    assert [(f.code, f.found) for f in outcome.findings] == [
        ("rules.care.limits.day", 10)
    ]


def test_what_one_limit_diverts_the_next_does_not_count():
    bank = books(LIMITED, day=date(2024, 6, 4))
    serve(bank, 180, on=date(2024, 6, 3))

    outcome = serve(bank, 600, on=date(2024, 6, 4))

    assert [(f.reason, f.found) for f in outcome.findings] == [
        (Reason.DIVERTED, 7),
        (Reason.DROPPED, 1),
    ]
    assert free(bank, "ada", "points") == 5
    assert free(bank, "pool:common", "points") == 7


def test_a_payer_pays_what_was_credited_and_diverted_but_not_what_was_dropped():
    bank = books(LIMITED, day=date(2024, 6, 4))
    bank.grant("ben", unit="points", amount=20, on=date(2024, 6, 3))
    bank.record_service("ada", "exchange", 180, recipient="ben", on=date(2024, 6, 3))

    bank.record_service("ada", "exchange", 600, recipient="ben", on=date(2024, 6, 4))

    assert free(bank, "ada", "points") == 5
    assert free(bank, "pool:common", "points") == 7
    assert free(bank, "ben", "points") == 20 - 12


def test_what_a_cap_drops_is_noted_and_the_account_is_full():
    bank = books(LIMITED)

    outcome = bank.grant("ada", unit="points", amount=21, on=TODAY)

    assert free(bank, "ada", "points") == 20
    assert [(f.code, f.reason, f.found) for f in outcome.findings] == [
        ("accounts.member.points.cap", Reason.DROPPED, 1)
    ]


def test_a_refusal_of_one_rule_refuses_what_the_others_would_move():
    bank = books()
    before = free(bank, "ada", "hours")

    found = codes(
        lambda: bank.record_service(
            "ada", "old", 60, recipient="ben", on=TODAY, facts={"recipient.age": 59}
        )
    )

    assert found == ["classes.old.requires.recipient.age"]
    assert free(bank, "ada", "hours") == before


def test_gates_of_class_and_rule_are_asked_together():
    bank = books(LIMITED)
    impossible = LIMITED.replace("above = 17", "above = 65")
    bank.adopt(impossible, on=TODAY)

    assert codes(lambda: serve(bank, 60, facts={"age": 71})) == [
        "classes.care.requires.provider.age"
    ]
    assert codes(lambda: serve(bank, 60, facts={"age": 65})) == [
        "rules.care.requires.provider.age"
    ]


# ---------------------------------------------------------------- spending


def test_a_refused_redemption_names_gates_floor_and_limits():
    bank = books(LIMITED)

    found = codes(lambda: bank.redeem("ada", "rice", 2, on=TODAY, facts={"age": 9}))
    too_old = codes(lambda: bank.redeem("ada", "rice", 2, on=TODAY, facts={"age": 90}))

    rest = ["rules.redeem.limits.month", "accounts.member.points.floor"]
    assert found == ["items.rice.requires.age", *rest]
    assert too_old == ["rules.redeem.requires.age", *rest]


def test_the_last_point_may_be_spent_but_not_one_more():
    bank = books(LIMITED)
    bank.grant("ada", unit="points", amount=8, on=TODAY)

    bank.redeem("ada", "rice", on=TODAY)

    assert free(bank, "ada", "points") == 0
    assert codes(lambda: bank.redeem("ada", "rice", on=TODAY))[-1] == (
        "accounts.member.points.floor"
    )


def test_an_open_order_counts_against_the_floor_and_the_limit():
    bank = books(LIMITED)
    bank.grant("ada", unit="points", amount=9, on=TODAY)
    bank.order("ada", "rice", on=TODAY, id="rice-1")

    found = findings(lambda: bank.order("ada", "rice", on=TODAY))

    assert [(f.code, f.found) for f in found] == [
        ("rules.redeem.limits.month", 16),
        ("accounts.member.points.floor", -7),
    ]


def test_a_cancelled_order_uses_up_no_limit():
    bank = books(LIMITED)
    bank.grant("ada", unit="points", amount=9, on=TODAY)
    bank.order("ada", "rice", on=TODAY, id="rice-1")
    bank.cancel("rice-1", on=TODAY)

    assert bank.order("ada", "rice", on=TODAY).findings == ()


def test_held_points_count_towards_the_cap():
    bank = books(LIMITED)
    bank.grant("ada", unit="points", amount=20, on=TODAY)
    bank.order("ada", "rice", on=TODAY)

    assert codes(lambda: bank.grant("ada", unit="points", amount=1, on=TODAY)) == [
        "accounts.member.points.cap",
        "rules",
    ]
    assert bank.balance("ada", "points").total == 20


def test_the_price_is_fixed_at_the_order():
    bank = books(LIMITED)
    bank.grant("ada", unit="points", amount=20, on=TODAY)
    bank.order("ada", "rice", on=TODAY, id="rice-1")
    bank.adopt(LIMITED.replace("price = 8", "price = 9"), on=TODAY)

    bank.fulfil("rice-1", on=TODAY)

    assert bank.balance("ada", "points").total == 12


# ---------------------------------------------------------------- windows and days


ROLLING = LIMITED.replace(
    'limits.week = { at_most = 5, excess = "drop" }\n\n[rules.exchange]',
    'limits."last 1 month" = { at_most = 5 }\n\n[rules.exchange]',
)


def test_a_back_dated_service_meets_the_limit_of_its_own_day():
    bank = books(LIMITED, day=date(2024, 6, 14))
    serve(bank, 180, on=date(2024, 6, 3))
    serve(bank, 180, on=date(2024, 6, 13))

    outcome = serve(bank, 180, on=date(2024, 6, 4))

    assert [(f.code, f.found) for f in outcome.findings] == [
        ("rules.care.limits.week", 1)
    ]


def test_back_dating_gains_nothing_in_a_rolling_window():
    bank = books(ROLLING, day=date(2023, 3, 31))
    serve(bank, 180, on=date(2023, 3, 31))

    within = findings(lambda: serve(bank, 180, on=date(2023, 3, 1)))
    before = findings(lambda: serve(bank, 180, on=date(2023, 2, 28)))

    assert [(f.code, f.wanted, f.found) for f in within] == [
        ("rules.care.limits.last 1 month", 5, 6)
    ]
    assert before == ()


@pytest.mark.parametrize(
    "expires",
    ['after = "30 days"', 'after = "1 year"', 'end_of = "year", plus = "1 week"'],
)
def test_a_day_mistyped_as_the_last_there_is_has_yet_to_come(expires):
    bank = books(EVERYTHING.replace('after = "1 year"', expires))

    found = codes(lambda: bank.record_mark("ada", "voucher", on=date.max))

    assert found == ["effective_on"]


@pytest.mark.parametrize(
    ("expires", "last"),
    [
        ('after = "2 weeks"', date(2024, 6, 16)),
        ('after = "1 month"', date(2024, 7, 2)),
        ('after = "2 years"', date(2026, 6, 2)),
        ('end_of = "month"', date(2024, 6, 30)),
        ('end_of = "year", plus = "1 month"', date(2025, 1, 31)),
    ],
)
def test_credits_can_be_used_until_their_last_day_and_not_after(expires, last):
    bank = books(EVERYTHING.replace('after = "1 year"', expires))
    bank.record_mark("ada", "voucher", 2, on=TODAY)

    bank.clock.day = last
    assert bank.give("ada", "ben", unit="vouchers", amount=1, on=last).findings == ()
    bank.clock.day = last + timedelta(days=1)
    assert codes(
        lambda: bank.give("ada", "ben", unit="vouchers", amount=1, on=last)
    ) == ["units.vouchers.lots"]


# ---------------------------------------------------------------- dated policies


GENEROUS = LIMITED.replace("2020-01-01", "2024-06-10").replace(
    "limits.day = { at_most = 3", "limits.day = { at_most = 4"
)


def test_a_service_is_decided_by_the_policy_of_its_day():
    bank = books(LIMITED, day=date(2024, 6, 10))
    bank.adopt(GENEROUS, on=date(2024, 6, 10))

    serve(bank, 240, on=date(2024, 6, 9))
    assert free(bank, "ada", "points") == 3

    serve(bank, 240, on=date(2024, 6, 10))
    assert free(bank, "ada", "points") == 7


def test_a_policy_adopted_for_a_day_to_come_waits_for_it():
    bank = books(LIMITED, day=date(2024, 6, 9))
    bank.adopt(GENEROUS, on=date(2024, 6, 9))

    serve(bank, 240, on=date(2024, 6, 9))

    assert free(bank, "ada", "points") == 3
    assert bank.policy_on(date(2024, 6, 10)).hash != bank.policy.hash


def test_spending_goes_by_the_policy_of_today_whatever_day_is_given():
    bank = books(LIMITED, day=date(2024, 6, 10))
    bank.adopt(GENEROUS.replace("price = 8", "price = 9"), on=date(2024, 6, 10))
    bank.grant("ada", unit="points", amount=20, on=date(2024, 6, 1))

    bank.redeem("ada", "rice", on=date(2024, 6, 1))

    assert free(bank, "ada", "points") == 11


def test_caps_are_those_of_today_also_for_an_older_service():
    bank = books(LIMITED, day=date(2024, 6, 10))
    bank.grant("ada", unit="points", amount=19, on=date(2024, 6, 1))
    bank.adopt(GENEROUS.replace("cap = 20", "cap = 19"), on=date(2024, 6, 10))

    outcome = serve(bank, 60, on=date(2024, 6, 3))

    assert [(f.code, f.wanted) for f in outcome.findings] == [
        ("accounts.member.points.cap", 19)
    ]


def test_a_limit_lowered_in_mid_window_sees_all_that_the_window_holds():
    bank = books(LIMITED, day=date(2024, 6, 3))
    serve(bank, 180)
    bank.adopt(LIMITED.replace("day = { at_most = 3", "day = { at_most = 2"), on=TODAY)

    outcome = serve(bank, 60)

    assert free(bank, "ada", "points") == 3
    assert [(f.code, f.wanted, f.found) for f in outcome.findings] == [
        ("rules.care.limits.day", 2, 1)
    ]


def test_an_account_left_outside_by_a_lower_cap_may_still_spend():
    bank = books(LIMITED)
    bank.grant("ada", unit="points", amount=20, on=TODAY)
    bank.adopt(LIMITED.replace("cap = 20", "cap = 10"), on=TODAY)

    assert bank.redeem("ada", "rice", on=TODAY).findings == ()
    assert codes(lambda: bank.grant("ada", unit="points", amount=1, on=TODAY)) == [
        "accounts.member.points.cap",
        "rules",
    ]


# ---------------------------------------------------------------- several mistakes


def test_everything_wrong_with_a_request_is_found_at_once():
    bank = books()

    found = findings(
        lambda: bank.record_service(
            "eve",
            "caer",
            60,
            recipient="eve",
            on=TODAY + timedelta(days=1),
            facts={"height": 1, "sex": "x"},
        )
    )

    assert [f.reason for f in found] == [
        Reason.DAY_FUTURE,
        Reason.ACCOUNT_UNKNOWN,
        Reason.ACCOUNT_UNKNOWN,
        Reason.SAME_ACCOUNT,
        Reason.NOT_IN_POLICY,
        Reason.NOT_IN_POLICY,
        Reason.FACT_WRONG,
    ]


def test_an_unknown_fact_does_not_stand_in_the_way_where_nothing_hangs_on_it():
    text = EVERYTHING.replace(
        'on = "redeem"\nunit = "points"',
        'on = "redeem"\nunit = "points"\nwhen = { item = "rice", relation = "self" }',
    )
    bank = books(text)
    bank.grant("ada", unit="points", amount=50, on=TODAY)

    assert codes(lambda: bank.redeem("ada", "rice", on=TODAY)) == ["rules.redeem"]
    vouched = codes(
        lambda: bank.redeem("ada", "either", on=TODAY, facts={"agreed": True})
    )
    assert vouched == ["rules"]  # no rule takes its price, and no fact was missed


def test_one_is_not_yes_whatever_was_asked_before():
    bank = books(EVERYTHING)
    bank.grant("ada", unit="points", amount=50, on=TODAY)

    def told(agreed):
        return codes(
            lambda: bank.redeem("ada", "either", on=TODAY, facts={"agreed": agreed})
        )

    assert told(True) == []  # noqa: FBT003 - as a host gives it
    assert told(1) == ["facts.agreed"]  # which equals it, and is another answer


def test_a_refusal_is_kept_however_large_what_it_found():
    bound = "9_000_000_000_000_000"
    huge = (
        HEAD
        + f"""
units = {{ points = {{}} }}
accounts = {{ member = {{ points = {{ cap = {bound} }} }} }}

[rules.grant]
on = "grant"
unit = "points"
limits = {{ lifetime = {{ at_most = {bound} }} }}
"""
    )
    bank = books(huge, keep_refusals=True)
    for _ in range(9):
        bank.grant("ada", unit="points", amount=10**15, on=TODAY)

    found = findings(lambda: bank.grant("ada", unit="points", amount=10**15, on=TODAY))

    (*_, (_, kept)) = bank.entries()
    assert {finding.found for finding in found} == {"10000000000000000"}
    assert kept.findings == found


def test_a_correction_to_a_day_before_a_unit_existed_leaves_what_it_undoes():
    later = LIMITED.replace("2020-01-01", "2024-06-01").replace(
        "units = { points = {} }", "units = { points = {}, stars = {} }"
    )
    later += '\n[rules.stars]\non = "service"\nunit = "stars"\namount = 1\n'
    bank = books(LIMITED)
    bank.adopt(later, on=TODAY)
    serve(bank, 60, id="row-1")
    replaced = RecordService(provider="ada", service_class="care", minutes=60)

    outcome = bank.correct("row-1", replaced, on=date(2024, 5, 31))

    assert outcome.findings == ()
    assert free(bank, "ada", "stars") == 0
    assert free(bank, "ada", "points") == 1
