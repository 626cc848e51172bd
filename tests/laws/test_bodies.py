"""Policies of bodies: the nearest that has one decides, on every store and again later."""

from contextlib import nullcontext
from datetime import UTC, date, datetime

import pytest

import timebank
from timebank import operations as ops
from timebank.errors import Refused
from timebank.model import Finding, Reason

JUNE = date(2024, 6, 3)
NOON = datetime(2024, 6, 3, 4, tzinfo=UTC)
CITY = """
language = 1
units = { hours = { scale = 60, record = true }, points = {} }
accounts.member = { points = { cap = 100, excess = "drop" } }
bodies = { east = "city", west = "city", mill = "east" }
facts.rate = { type = "number", kept = true, default = 1 }
classes = { care = {} }
items = { rice = { price = 10 } }
rules.hours = { on = "service", unit = "hours" }
rules.points = { on = "service", unit = "points", amount = [{ of = "time" }, { round = "down", to = 1 }] }
rules.redeem = { on = "redeem", unit = "points" }
rules.gift = { on = "gift", unit = "points" }
rules.welcome = { on = "open", unit = "points", amount = 20, when = { kind = "member" } }
ladders.team = { start = "C", levels = [{ name = "C" }, { name = "B" }], moves = [{ from = "C", to = "B" }] }
policy = { name = "City", source = "made up", status = "pilot", from = 2024-01-01 }
"""
EAST = """
language = 1
policy = { name = "East", extends = "City" }
accounts.pool.names = ["east"]
rules.points.limits.day = { at_most = 2, excess = { to = "pool:east" } }
items.rice.price = 5
"""
MILL = """
language = 1
policy = { name = "Mill", extends = "East", remove = ["rules.gift"] }
rules.points.limits.day.at_most = 1
"""
TEXTS = {"City": CITY, "East": EAST, "Mill": MILL}


def text(child):
    def find(name):
        return name, TEXTS[name]

    return timebank.bundled(child, name="child", find=find)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def bank(request, tmp_path):
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql_url")
    else:
        url = {"memory": "memory:", "sqlite": f"sqlite:///{tmp_path}/b.db"}[
            request.param
        ]
    clock = nullcontext(NOON).__enter__
    with timebank.create(url, ledger="x", actor="a", clock=clock) as bank:
        bank.adopt(CITY, on=JUNE)
        bank.adopt(text(EAST), on=JUNE, body="east")
        bank.adopt(text(MILL), on=JUNE, holds_from=date(2024, 6, 1), body="mill")
        for member in ("ada", "ben"):
            bank.open_account(member, on=JUNE)
        yield bank
        assert bank.verify(decide_again=True).faults == ()


def points(bank, account="ada"):
    return bank.balance(account, "points").free


def serve(bank, body, minutes=300, on=JUNE):
    return bank.record_service("ada", "care", minutes, on=on, body=body).entry


def name(bank, entry):
    (found,) = {p.policy.name for p in bank.policies() if p.hash == entry.policy}
    return found


@pytest.mark.parametrize(
    ("body", "policy", "earned"),
    [
        (None, "City", 5),
        ("city", "City", 5),
        ("west", "City", 5),
        ("east", "East", 2),
        ("mill", "Mill", 1),
    ],
)
def test_the_policy_of_the_nearest_body_decides_and_is_named(
    bank, body, policy, earned
):
    entry = serve(bank, body)

    assert (name(bank, entry), points(bank)) == (policy, 20 + earned)


def test_a_body_whose_policy_does_not_hold_yet_goes_by_the_one_above_it(bank):
    entry = serve(bank, "mill", on=date(2024, 5, 31))

    assert name(bank, entry) == "East"


def test_what_a_body_diverts_goes_to_its_own_pool(bank):
    serve(bank, "east")

    assert points(bank, "pool:east") == 3


def test_a_limit_by_window_counts_what_the_rule_moved_for_any_body(bank):
    serve(bank, None)

    serve(bank, "east")

    assert points(bank) == 25  # the day holds 5 already


def test_an_order_keeps_the_policy_of_its_body(bank):
    order = bank.order("ada", "rice", body="east", on=JUNE).entry

    bank.fulfil(order.id, on=JUNE)

    assert points(bank) == 15


def test_a_gift_goes_by_the_policy_of_the_body_it_goes_through(bank):
    with pytest.raises(Refused) as caught:
        bank.give("ada", "ben", unit="points", amount=1, body="mill", on=JUNE)

    assert [f.code for f in caught.value.findings] == ["rules"]
    assert bank.give("ada", "ben", unit="points", amount=1, body="east", on=JUNE)


def test_a_correction_goes_by_the_body_of_what_it_puts_in_place(bank):
    first = serve(bank, None)
    instead = ops.RecordService(
        provider="ada", service_class="care", minutes=300, body="mill"
    )

    corrected = bank.correct(first.id, instead, on=JUNE).entry

    assert (name(bank, corrected), points(bank)) == ("Mill", 21)


def test_caps_are_those_of_the_whole_ledger(bank):
    for body in ("west", "mill") * 9:
        serve(bank, body, minutes=600)

    assert points(bank) == 100


def test_a_body_that_the_ledger_does_not_have_is_refused(bank):
    with pytest.raises(Refused) as caught:
        serve(bank, "mil")

    assert caught.value.findings == (
        Finding(
            code="bodies",
            reason=Reason.NOT_IN_POLICY,
            wanted="east, west, mill, city",
            found="mil",
        ),
    )


def test_where_a_policy_has_no_bodies_a_body_is_only_a_label(bank):
    bank.adopt(CITY.replace("bodies = {", "calendar = {} #"), on=JUNE)

    assert name(bank, serve(bank, "anything")) == "City"
    assert name(bank, serve(bank, "east")) == "City"


def test_a_later_policy_of_the_whole_leaves_that_of_a_body_in_force(bank):
    bank.adopt(CITY.replace("price = 10", "price = 11"), on=JUNE)

    assert name(bank, serve(bank, "east")) == "East"


def test_a_batch_goes_by_what_it_adopts_itself(bank):
    west = text(EAST.replace("East", "West").replace("east", "west"))
    adoption = ops.AdoptPolicy(text=west, holds_from=JUNE, body="west")
    pool = ops.OpenAccount(account="pool:west", kind="pool")
    service = ops.RecordService(
        provider="ada", service_class="care", minutes=300, body="west"
    )

    outcomes = bank.batch([bank.request(o, on=JUNE) for o in (adoption, pool, service)])

    assert name(bank, outcomes[-1].entry) == "West"


def test_a_batch_goes_by_the_tree_that_it_adopts_itself(bank):
    tree = CITY.replace('mill = "east"', 'mill = "east", north = "east"')
    adoption = ops.AdoptPolicy(text=tree, holds_from=JUNE)
    service = ops.RecordService(
        provider="ada", service_class="care", minutes=300, body="north"
    )

    outcomes = bank.batch([bank.request(each, on=JUNE) for each in (adoption, service)])

    assert name(bank, outcomes[-1].entry) == "East"
    assert points(bank, "pool:east") == 3


def test_the_account_that_a_body_names_is_never_closed(bank):
    with pytest.raises(Refused) as caught:
        bank.close_account("pool:east", cause="leaving", on=JUNE)

    assert [f.reason for f in caught.value.findings] == [Reason.MAY_NOT]


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ("accounts.member.points.cap = 50", "accounts.member.points"),
        ("accounts.group.points.floor = -5", "accounts.group.points"),
        ("units.spare = {}", "units.spare"),
        ("bodies.north = 'city'", "bodies"),
        ("facts.rate = { type = 'number', kept = true }", "facts.rate"),
        (
            "ladders.team.levels = [{ name = 'C' }, { name = 'B', text = 'b' }]",
            "ladders.team",
        ),
        ("rules.welcome.amount = 3", "rules.welcome"),
        ("policy.remove = ['rules.welcome']", "rules.welcome"),
        (
            "rules.levy = { on = 'period', every = 'year', unit = 'points', from = 'member', to = 'issuer', amount = 1 }",
            "rules.levy",
        ),
        (
            "measures.had = { balance = 'points' }\nrankings.best = { value = 'had' }",
            "rankings.best",
        ),
    ],
)
def test_a_body_cannot_change_what_is_the_ledgers(bank, changed, place):
    own = f"language = 1\npolicy.name = 'West'\npolicy.extends = 'City'\n{changed}\n"

    with pytest.raises(Refused) as caught:
        bank.adopt(text(own), on=JUNE, body="west")

    found = {(f.code, f.reason) for f in caught.value.findings}
    assert (place, Reason.POLICY_OF_LEDGER) in found


def test_what_the_ledgers_policy_locks_no_body_changes(bank):
    locked = CITY.replace(
        "from = 2024-01-01",
        'from = 2024-01-01, locks = ["items", "rules.points.amount"]',
    )
    bank.adopt(locked, on=JUNE)
    free = CITY.replace('"City"', '"West"').replace("{ price = 10 }", "{ price = 9 }")

    with pytest.raises(Refused) as caught:
        bank.adopt(free, on=JUNE, body="west")

    assert [(f.code, f.reason) for f in caught.value.findings] == [
        ("items.rice.price", Reason.POLICY_OF_LEDGER)
    ]
    assert bank.adopt(free.replace("price = 9", "price = 10"), on=JUNE, body="west")


def test_a_policy_is_adopted_only_for_a_body_that_there_is(bank):
    with pytest.raises(Refused) as caught:
        bank.adopt(text(EAST), on=JUNE, body="north")

    assert [(f.code, f.reason) for f in caught.value.findings] == [
        ("bodies", Reason.NOT_IN_POLICY)
    ]


@pytest.mark.parametrize(("since", "noted"), [("2024-06-02", True), (None, False)])
def test_a_policy_of_a_body_says_that_days_went_by_the_ledgers(bank, since, noted):
    holds_from = date.fromisoformat(since) if since else JUNE

    entry = bank.adopt(text(EAST), on=JUNE, holds_from=holds_from, body="west").entry

    assert [f.reason for f in entry.findings] == [Reason.POLICY_GONE_BY] * noted


def test_a_body_has_no_policy_before_the_whole_ledger_has_one():
    with timebank.create("memory:", ledger="x", actor="a", clock=lambda: NOON) as bank:
        with pytest.raises(Refused) as caught:
            bank.adopt(CITY, on=JUNE, body="east")

        assert [f.reason for f in caught.value.findings] == [Reason.POLICY_NONE]
