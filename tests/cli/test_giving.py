"""Giving credits, and redeeming them."""

from itertools import pairwise

import pytest

from .conftest import OPENED, STREET

GIVING = (
    STREET
    + """\
[units]
credits = { scale = 60 }
meals = { record = true }

[accounts.member]

[facts]
age = { type = "number", default = 50 }

[items.trip]
price = 1

[rules.trip]
on = "redeem"
unit = "credits"
payers = 4
requires = { age = { min = 40 } }

[rules.late]
on = "cancel"
unit = "credits"
amount = "1/2"
when = { age = { max = 60 } }

[accounts.pool]
names = ["kept", "meals"]
credits = { floor = { by = "account", "pool:meals" = -5, else = 0 } }

[classes.care]

[rules.credits]
on = "service"
unit = "credits"
requires = { age = { min = 18 } }
recipients = 2

[rules.meal]
on = "service"
unit = "credits"
from = "pool:meals"
to = "recipient"
amount = [{ of = "time" }, { times = "1/2" }, { round = "up", to = "1/60" }]
when = { recipient = { known = true }, "recipient.age" = { min = 60 } }
recipients = 2

[classes.meals]
counts = "number"

[rules.meals]
on = "contribution"
unit = "meals"
to = "recipient"
recipients = 2

[rules.give]
on = "gift"
unit = "credits"

[rules.donate]
on = "donate"
unit = "credits"
to = "pool:kept"

[rules.allocate]
on = "allocate"
unit = "credits"
from = "pool:kept"
order = ["age"]

[rules.grant]
on = "grant"
unit = "credits"
"""
)


@pytest.fixture
def street(keeping):
    """Return the commands on a ledger where everything may be given; v-1 has 3 hours."""
    return keeping(
        GIVING,
        f"account open v-1 --on {OPENED}",
        f"account open v-2 --on {OPENED}",
        "record v-1 care 3:00 --on 2024-03-05 --id s-1",
    )


def held(timebank, account, unit):
    found = timebank("balance", account, unit, "--json").json["balances"][unit]
    return found["free"], found["held"]


@pytest.mark.parametrize(
    ("typed", "parts"), [("2:30", 150), ("1.5", 90), ("2", 120), ("1 h 15 min", 75)]
)
def test_an_amount_is_typed_in_units(street, typed, parts):
    done = street("give v-1 v-2", typed, "credits", "--id", "g-1")

    assert done.code == 0
    assert held(street, "v-1", "credits") == (180 - parts, 0)
    assert held(street, "v-2", "credits") == (parts, 0)


def test_a_gift_says_what_both_have_gained_and_lost(street):
    done = street("give v-1 v-2 1:30 credits --id g-1")

    assert done.out.splitlines()[1:] == ["  v-1 -1:30 credits", "  v-2 +1:30 credits"]


def test_nobody_gives_what_they_have_not(street):
    done = street("give v-1 v-2 3:01 credits")

    assert done.code == 1
    assert "-0:01 credits" in done.err
    assert done.err.endswith("[accounts.member.credits.floor]\n")


def test_a_donation_goes_to_the_pool_and_is_allocated_from_there(street):
    street("donate v-1 2 credits")
    street("allocate v-2 0:30 credits")

    assert held(street, "pool:kept", "credits") == (90, 0)
    assert held(street, "v-2", "credits") == (30, 0)


def test_what_a_pool_has_is_shared_out_to_the_eldest_first(street):
    street("donate v-1 2 credits")

    done = street(
        "share-out credits v-1=1:30 v-2=1:30 --fact v-2:age=81 --fact v-1:age=70 --id s"
    )

    assert held(street, "v-2", "credits") == (90, 0)
    assert held(street, "v-1", "credits") == (90, 0)
    assert "0:30 credits" in done.out
    assert street("journal").code == 0


def test_several_pay_for_one_order(street):
    street("give v-1 v-2 1 credits")

    street("order v-1 trip 2 --paid-by v-1=3 --paid-by v-2=1 --id o")

    assert held(street, "v-1", "credits") == (30, 90)
    assert held(street, "v-2", "credits") == (30, 30)


def test_what_a_rule_asks_of_one_who_pays_is_told_of_that_one(street):
    street("give v-1 v-2 1 credits")
    pooled = "redeem v-1 trip --paid-by v-1=1 --paid-by v-2=1"

    assert street(f"{pooled} --fact v-2:age=30").code == 1
    assert street(f"{pooled} --fact age=45 --fact v-2:age=41").code == 0


def test_who_takes_part_is_written_with_a_figure(street):
    done = street("share-out credits v-1")

    assert done.code == 2
    assert "ACCOUNT=FIGURE" in done.err


def test_a_grant_comes_from_the_issuer(street):
    done = street("grant v-2 5 credits --id g")

    assert done.out.splitlines()[1:] == ["  v-2 +5 credits"]


# ---------------------------------------------------------------- redeeming


def test_an_order_sets_aside_what_fulfilling_takes(starred):
    ordered = starred("order v-1 rice 2 --id o-1")

    assert ordered.out.splitlines()[1:] == [
        "  v-1 -40 points",
        "  v-1 +40 points held",
    ]
    assert held(starred, "v-1", "points") == (80, 40)

    starred("fulfil o-1 1 --id f-1")
    assert held(starred, "v-1", "points") == (80, 20)
    starred("fulfil o-1 --id f-2")
    assert held(starred, "v-1", "points") == (80, 0)


def test_a_cancelled_order_gives_back_what_it_holds(starred):
    starred("order v-1 rice 2 --id o-1")
    starred("fulfil o-1 1 --id f-1")

    starred("cancel o-1 --id c-1")

    assert held(starred, "v-1", "points") == (100, 0)


def test_redeeming_is_ordering_and_handing_over_at_once(starred):
    done = starred("redeem v-1 rice --beneficiary v-2 --id r-1")

    assert done.code == 0
    assert held(starred, "v-1", "points") == (100, 0)


def test_what_the_policy_forbids_is_refused_with_every_reason(guangzhou):
    done = guangzhou("redeem v-2 rice --id r-1")

    assert done.code == 1
    assert "[rules.redeem.requires.star]" in done.err
    assert "[accounts.member.points.floor]" in done.err


@pytest.mark.parametrize(("told", "left"), [("", 150), ("--fact age=70", 180)])
def test_a_cancellation_is_told_what_excuses_it(street, told, left):
    street("order v-1 trip --id o-1")

    done = street(f"cancel o-1 {told}")

    assert done.code == 0, done.err
    assert held(street, "v-1", "credits") == (left, 0)


def test_several_are_served_each_as_long_as_they_were_there(street):
    street("account open v-3 --on", OPENED)

    done = street(
        "record v-1 care 1:00 --recipient v-2 --recipient v-3=0:30 "
        "--fact v-2:age=70 --fact v-3:age=70 --fact age=30"
    )

    assert done.code == 0, done.err
    assert held(street, "v-1", "credits") == (240, 0)
    assert held(street, "v-2", "credits") == (30, 0)
    assert held(street, "v-3", "credits") == (15, 0)


def test_one_who_is_served_part_of_the_time_is_written_so(street):
    done = street(
        "record v-1 care 1:00 --recipient v-2=0:30 --fact v-2:age=70 --fact age=30"
    )

    assert done.code == 0, done.err
    assert held(street, "v-2", "credits") == (15, 0)


def test_nobody_is_served_longer_than_it_took(street):
    done = street("record v-1 care 1:00 --recipient v-2=1:01")

    assert done.code == 2
    assert "v-2" in done.err


@pytest.mark.parametrize(
    ("typed", "left"),
    [
        ("--recipient v-2 --recipient v-3=1", (2, 1)),
        ("--recipient v-2=1", (1, 0)),
        ("--recipient v-2", (2, 0)),
    ],
)
def test_a_mark_may_be_for_several_each_with_how_many_were_theirs(street, typed, left):
    street("account open v-3 --on", OPENED)

    done = street(f"mark v-1 meals 2 {typed}")

    assert done.code == 0, done.err
    assert tuple(held(street, who, "meals")[0] for who in ("v-2", "v-3")) == left


@pytest.mark.parametrize(
    "command",
    [
        "give v-1 v-2 1 credits --purpose rent",
        "donate v-1 1 credits --purpose winter",
        "grant v-2 1 credits --purpose welcome",
        "redeem v-1 trip --beneficiary v-2 --merchant v-2",
        "record v-1 care 1:00 --organiser v-2 --event fair --sponsor v-2 --evidence slip",
    ],
)
def test_whatever_is_said_beside_is_kept_in_the_entry(street, command):
    words = command.split()
    said = {
        switch.removeprefix("--"): value
        for switch, value in pairwise(words)
        if switch.startswith("--")
    }

    done = street(f"{command} --body east --fact age=44 --on 2024-03-01")

    assert done.code == 0
    kept = street("journal --json").json["entries"][-1]["operation"]
    assert said.items() | {("body", "east")} <= {
        (key, value) for key, value in kept.items() if isinstance(value, str)
    }
    assert "44" in str(kept["facts"])
