"""Several who pay for one order, and several who have applied for what a pool has."""

import pytest

from timebank.errors import Refused
from timebank.model import Reason
from timebank.operations import Part, PlaceOrder

from .books import HEAD, TODAY, books, codes, findings, free

POOLED = (
    HEAD
    + """
units = { points = {}, vouchers = { lots = { expires = { after = "1 year" } } } }
facts = { age = "number", key_elder = { type = "yes-no", default = false } }
items = { trip = { price = 10 }, wok = { price = 3 }, tea = { price = 2 } }

[accounts]
member = { points = { floor = -5 } }
pool = { names = ["elders"] }

[classes]
voucher = { counts = "number" }

[rules.redeem]
on = "redeem"
unit = "points"
payers = 3
requires = { age = { min = 60 } }
limits.year = { at_most = 12 }
when = { not = { item = "tea" } }

[rules.voucher]
on = "contribution"
unit = "vouchers"

[rules.tea]
on = "redeem"
unit = "vouchers"
payers = 2
when = { item = "tea" }

[rules.grant]
on = "grant"
unit = "points"

[rules.donate]
on = "donate"
unit = "points"
to = "pool:elders"

[rules.allocate]
on = "allocate"
unit = "points"
from = "pool:elders"
order = ["key_elder", "age"]
requires = { age = { min = 60 } }
"""
)


@pytest.fixture
def bank():
    bank = books(POOLED, members=("ada", "ben", "cai", "dun"))
    for member in ("ada", "ben", "cai"):
        bank.grant(member, unit="points", amount=20, on=TODAY)
    return bank


def have(bank, *accounts, unit="points"):
    return [free(bank, account, unit) for account in accounts]


def parts(**shares):
    return [
        Part(account=who, amount=share, facts={"age": 70})
        for who, share in shares.items()
    ]


# ---------------------------------------------------------------- several who pay


def test_a_price_is_shared_by_the_shares_that_were_agreed(bank):
    bank.redeem("ada", "trip", on=TODAY, payers=parts(ada=1, ben=1, cai=1))

    assert have(bank, "ada", "ben", "cai") == [16, 17, 17]


def test_a_limit_and_a_floor_hold_for_each_who_pays(bank):
    bank.redeem("ben", "trip", on=TODAY, facts={"age": 70})

    found = findings(
        lambda: bank.redeem("ada", "trip", on=TODAY, payers=parts(ada=1, ben=3, dun=6))
    )

    assert {(f.reason, f.account) for f in found} == {
        (Reason.LIMIT, "ben"),
        (Reason.FLOOR, "dun"),
    }


def test_shares_that_sum_to_the_price_are_what_each_pays(bank):
    bank.redeem("ben", "trip", on=TODAY, payers=parts(ada=7, ben=3))

    assert have(bank, "ada", "ben") == [13, 17]


def test_no_more_may_pay_than_the_rule_says(bank):
    several = parts(ada=1, ben=1, cai=1, dun=1)

    (finding,) = findings(lambda: bank.redeem("ada", "trip", on=TODAY, payers=several))

    assert (finding.code, finding.wanted, finding.found) == (
        "rules.redeem.payers",
        3,
        4,
    )


def test_what_a_rule_requires_holds_for_each_who_pays(bank):
    young = [*parts(ada=1), Part(account="ben", amount=1, facts={"age": 30})]

    (finding,) = findings(lambda: bank.redeem("ada", "trip", on=TODAY, payers=young))

    assert (finding.code, finding.account) == ("rules.redeem.requires.age", "ben")


def test_credits_of_another_cannot_be_pooled_to_pass_a_limit(bank):
    found = findings(
        lambda: bank.redeem("ada", "trip", 3, on=TODAY, payers=parts(ada=1, ben=1))
    )

    assert {(f.code, f.account) for f in found} == {
        ("rules.redeem.limits.year", "ada"),
        ("rules.redeem.limits.year", "ben"),
    }


def test_an_order_delivered_in_parts_keeps_the_shares(bank):
    bank.order("ada", "wok", 3, on=TODAY, id="woks", payers=parts(ada=2, ben=1))
    assert have(bank, "ada", "ben") == [14, 17]

    bank.fulfil("woks", 1, on=TODAY)
    assert [bank.balance(who, "points").held for who in ("ada", "ben")] == [4, 2]

    bank.cancel("woks", on=TODAY)
    assert have(bank, "ada", "ben", "issuer") == [18, 19, -57]


def test_reversing_gives_everybody_their_share_back(bank):
    bank.redeem("ada", "trip", on=TODAY, id="trip", payers=parts(ada=1, ben=2))

    bank.reverse("trip", on=TODAY)

    assert have(bank, "ada", "ben") == [20, 20]


def test_a_correction_may_share_otherwise(bank):
    bank.redeem("ada", "trip", on=TODAY, id="trip", payers=parts(ada=1, ben=1))
    other = PlaceOrder(
        payer="ada", item="trip", delivered=True, payers=parts(ada=3, cai=2)
    )

    bank.correct("trip", other, on=TODAY)

    assert have(bank, "ada", "ben", "cai") == [14, 20, 16]


def test_each_pays_from_lots_of_their_own(bank):
    for member in ("ada", "ben"):
        bank.record_mark(member, "voucher", 5, on=TODAY)

    bank.order("ada", "tea", 2, on=TODAY, id="tea", payers={"ada": 1, "ben": 1})
    bank.fulfil("tea", on=TODAY)

    assert have(bank, "ada", "ben", unit="vouchers") == [3, 3]


@pytest.mark.parametrize("payers", [{"ben": 1}, {"ada": 1, "ben": 0}])
def test_payers_that_cannot_be_are_refused_before_anything_is_asked(bank, payers):
    with pytest.raises(ValueError, match=r"payers|amount"):
        bank.redeem("ada", "trip", on=TODAY, payers=payers)


def test_nobody_pays_twice():
    twice = [Part(account="ada", amount=1)] * 2

    with pytest.raises(ValueError, match="more than once"):
        PlaceOrder(payer="ada", item="trip", payers=twice)


# ---------------------------------------------------------------- several who applied


def applied(**asked):
    return [
        Part(account=who, amount=amount, facts={"age": age, "key_elder": key})
        for who, (amount, age, key) in asked.items()
    ]


def fill(bank, amount):
    bank.donate("ada", unit="points", amount=amount, on=TODAY)


def test_those_come_first_whom_the_policy_names_first(bank):
    fill(bank, 10)

    outcome = bank.share_out(
        "points",
        applied(ben=(4, 90, False), cai=(4, 65, True), dun=(4, 80, True)),
        on=TODAY,
    )

    assert have(bank, "ben", "cai", "dun", "pool:elders") == [22, 24, 4, 0]
    assert [(f.reason, f.account, f.found) for f in outcome.findings] == [
        (Reason.SHORT, "ben", 2)
    ]


def test_an_explanation_says_of_whom_each_thing_was_asked(bank):
    fill(bank, 10)
    bank.share_out(
        "points",
        applied(ben=(4, 90, False), dun=(4, 80, True)),
        on=TODAY,
        id="shared",
    )

    text = bank.explain("shared").text

    of_rules = [line for line in text.en.splitlines() if line.startswith("rule ")]
    assert [line.partition(", ")[2] for line in of_rules] == ["of dun:", "of ben:"]
    assert "（就 dun）：" in text.zh


def test_those_who_are_alike_are_served_as_they_asked(bank):
    fill(bank, 5)

    bank.share_out("points", applied(ben=(4, 70, False), dun=(4, 70, False)), on=TODAY)

    assert have(bank, "ben", "dun") == [24, 1]


@pytest.mark.parametrize(
    ("asked", "left"), [({"ben": 20, "cai": 20, "dun": 20}, 1), ({"ben": 20}, 0)]
)
def test_equal_shares_go_by_how_many_applied_and_what_there_was_before(asked, left):
    equal = POOLED.replace(
        'order = ["key_elder", "age"]\n',
        'amount = [{ of = "pool:elders.there" }, { divide = "applicants" }, '
        '{ round = "down", to = 1 }]\n',
    )
    bank = books(
        equal + '[measures]\nthere = { balance = "points" }\n',
        members=("ada", "ben", "cai", "dun"),
    )
    bank.grant("ada", unit="points", amount=20, on=TODAY)
    fill(bank, 10)

    bank.share_out("points", parts(**asked), on=TODAY)

    assert have(bank, *asked, "pool:elders") == [10 // len(asked)] * len(asked) + [left]
    assert bank.verify(decide_again=True).faults == ()


def test_who_is_allocated_something_alone_is_one_applicant():
    alone = POOLED + "when = { applicants = { max = 1 } }\n"
    bank = books(alone, members=("ada", "ben"))
    bank.grant("ada", unit="points", amount=20, on=TODAY)
    fill(bank, 10)

    bank.allocate("ben", unit="points", amount=4, on=TODAY, facts={"age": 70})

    assert have(bank, "ben", "pool:elders") == [4, 6]


def test_who_comes_too_late_gets_nothing_and_it_is_noted(bank):
    fill(bank, 4)

    outcome = bank.share_out(
        "points", applied(ben=(4, 70, False), dun=(4, 60, False)), on=TODAY
    )

    assert have(bank, "ben", "dun") == [24, 0]
    assert [(f.account, f.found) for f in outcome.findings] == [("dun", 0)]


def test_what_a_pool_may_not_go_below_stays():
    kept = POOLED.replace(
        'names = ["elders"]', 'names = ["elders"], points = { floor = 3 }'
    )
    bank = books(kept, members=("ada", "ben"))
    bank.grant("ada", unit="points", amount=20, on=TODAY)
    fill(bank, 5)

    bank.share_out("points", applied(ben=(4, 70, False)), on=TODAY)

    assert have(bank, "ben", "pool:elders") == [2, 3]


def test_one_who_may_not_have_it_refuses_all(bank):
    fill(bank, 10)
    applicants = applied(ben=(4, 70, False), dun=(4, 50, False))

    (finding,) = findings(lambda: bank.share_out("points", applicants, on=TODAY))

    assert (finding.code, finding.account) == ("rules.allocate.requires.age", "dun")
    assert have(bank, "pool:elders") == [10]


def test_what_they_are_served_by_must_be_known_of_each(bank):
    fill(bank, 10)

    with pytest.raises(Refused) as refused:
        bank.share_out("points", {"ben": 1, "dun": 1}, on=TODAY)

    assert refused.value.findings[0].reason is Reason.FACT_NEEDED


def test_a_sharing_out_is_undone_as_one(bank):
    fill(bank, 10)
    bank.share_out("points", applied(ben=(4, 70, False)), on=TODAY, id="may")

    assert codes(lambda: bank.reverse("may", on=TODAY)) == []
    assert have(bank, "ben", "pool:elders") == [20, 10]
