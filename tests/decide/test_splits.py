"""One amount between several, and what is over turned into something else."""

import pytest

from timebank.model import Reason
from timebank.operations import FulfilOrder
from timebank.policy.splits import parted

from .books import HEAD, TODAY, books, codes, findings, free

SPLIT = (
    HEAD
    + """
units = { hours = { scale = 60 }, honour = { scale = 120, record = true }, points = {} }
items = { lesson = { price = 1 }, word = { price = "1/60" } }

[accounts]
member = { hours = { floor = "none", cap = 10, excess = { as = "honour" } } }
merchant = {}
group = { hours = { cap = 4, excess = { to = { "pool:a" = "1/2", "pool:b" = "1/2" } } } }
pool = { names = ["a", "b", "c"], hours = { floor = "none" } }

[classes]
help = {}
much = {}
team = {}
gift = { counts = "number" }

[rules.hours]
on = "service"
class = "help"
unit = "hours"

[rules.much]
on = "service"
class = "much"
unit = "hours"
limits.day = { at_most = 2, excess = { to = { provider = "1/3", "pool:c" = "2/3" }, as = "honour" } }

[rules.team]
on = "service"
class = "team"
unit = "hours"
to = { provider = "1/2", organiser = "1/2" }

[rules.hand]
on = "gift"
unit = "hours"

[rules.gift]
on = "contribution"
unit = "points"
to = { "pool:a" = "1/3", "pool:b" = "1/3", "pool:c" = "1/3" }

[rules.redeem]
on = "redeem"
unit = "hours"
to = { merchant = "2/3", "pool:a" = "1/3" }

[rules.unused]
on = "close"
unit = "hours"
to = { "pool:a" = "1/2", "pool:b" = "1/2" }
amount = "had"

[measures]
had = { balance = "hours" }
"""
)


GIVEN = (
    HEAD
    + """
units = { coins = {}, honour = { record = true } }
accounts.member.coins = { cap = 5, excess = { as = "honour" } }
rules.grant = { on = "grant", unit = "coins" }
rules.give = { on = "gift", unit = "coins" }
"""
)


@pytest.fixture
def bank():
    bank = books(SPLIT)
    bank.open_account("shop", on=TODAY, kind="merchant")
    bank.open_account("team", on=TODAY, kind="group")
    return bank


def have(bank, unit, *accounts):
    return [free(bank, account, unit) for account in accounts]


@pytest.mark.parametrize(
    ("number", "shares"),
    [(1, [1, 0, 0]), (2, [1, 1, 0]), (3, [1, 1, 1]), (5, [2, 2, 1])],
)
def test_what_does_not_divide_goes_to_the_first_named(bank, number, shares):
    bank.record_mark("ada", "gift", number, on=TODAY)

    assert have(bank, "points", "pool:a", "pool:b", "pool:c") == shares


def test_unused_credits_are_halved(bank):
    bank.record_service("ada", "help", 61, on=TODAY)

    bank.close_account("ada", on=TODAY, cause="leaving")

    assert have(bank, "hours", "ada", "pool:a", "pool:b") == [0, 31, 30]


def test_a_role_may_be_one_end_of_a_split(bank):
    bank.record_service("ada", "team", 60, on=TODAY, organiser="team")

    assert have(bank, "hours", "ada", "team") == [30, 30]


def test_every_end_of_a_split_must_take_part(bank):
    found = findings(lambda: bank.record_service("ada", "team", 60, on=TODAY))

    assert [(f.code, f.reason, f.wanted) for f in found] == [
        ("rules.team.to", Reason.FACT_NEEDED, "organiser")
    ]


def test_each_share_is_kept_within_its_own_cap(bank):
    for _ in range(5):
        bank.record_service("ada", "team", 120, on=TODAY, organiser="team")

    assert have(bank, "hours", "ada", "team", "pool:a", "pool:b") == [300, 240, 30, 30]


def test_what_a_cap_leaves_no_room_for_becomes_honour_of_the_same_account(bank):
    bank.record_service("ada", "help", 590, on=TODAY)

    noted = findings(lambda: bank.record_service("ada", "help", 20, on=TODAY))

    assert have(bank, "hours", "ada", "issuer") == [600, -600]
    assert have(bank, "honour", "ada", "issuer") == [20, -20]
    assert [(f.reason, f.found, f.unit, f.account) for f in noted] == [
        (Reason.DIVERTED, 10, "hours", "ada")
    ]


def test_what_is_given_beyond_a_cap_becomes_honour_and_the_payer_pays_it(bank):
    bank.record_service("ada", "help", 590, on=TODAY)

    bank.give("ben", "ada", unit="hours", amount=20, on=TODAY)

    assert have(bank, "hours", "ada", "ben", "issuer") == [600, -20, -580]
    assert have(bank, "honour", "ada") == [20]


@pytest.mark.parametrize(("had", "honour", "codes"), [(2, 2, []), (1, 0, ["floor"])])
def test_honour_is_given_out_of_what_the_giver_has(had, honour, codes):
    bank = books(GIVEN)
    bank.grant("ada", unit="coins", amount=5, on=TODAY)
    bank.grant("ben", unit="coins", amount=had, on=TODAY)

    found = findings(lambda: bank.give("ben", "ada", unit="coins", amount=2, on=TODAY))

    refused = [f.code.rpartition(".")[2] for f in found if f.refuses]
    assert refused == codes
    assert have(bank, "coins", "ada", "ben") == [5, had - honour]
    assert have(bank, "honour", "ada") == [honour]


def test_what_a_limit_turns_into_honour_is_paid_too():
    limit = 'limits = { month = { at_most = 3, excess = { as = "honour" } } }'
    gift = 'on = "gift", unit = "coins"'
    bank = books(GIVEN.replace(gift, f"{gift}, {limit}").replace("cap = 5", "cap = 9"))
    bank.grant("ben", unit="coins", amount=5, on=TODAY)

    bank.give("ben", "ada", unit="coins", amount=5, on=TODAY)

    assert have(bank, "coins", "ada", "ben", "issuer") == [3, 0, -3]
    assert have(bank, "honour", "ada") == [2]


def test_an_excess_may_be_split_and_turned_at_once(bank):
    bank.record_service("ada", "much", 150, on=TODAY)

    assert have(bank, "hours", "ada") == [120]
    assert have(bank, "honour", "ada", "pool:c") == [20, 40]


def test_an_order_delivered_piece_by_piece_is_divided_as_if_at_once(bank):
    bank.order("ada", "lesson", 3, on=TODAY, merchant="shop", id="three")

    shares = []
    for _ in range(3):
        bank.fulfil("three", 1, on=TODAY)
        shares.append(have(bank, "hours", "shop", "pool:a"))

    assert shares == [[40, 20], [80, 40], [120, 60]]


def test_a_fulfilment_that_is_undone_gives_its_shares_back(bank):
    bank.order("ada", "lesson", 2, on=TODAY, merchant="shop", id="two")
    bank.fulfil("two", 1, on=TODAY, id="first")
    bank.reverse("first", on=TODAY)
    bank.fulfil("two", on=TODAY)

    assert have(bank, "hours", "shop", "pool:a", "ada") == [80, 40, -120]


def test_a_corrected_fulfilment_is_divided_as_if_the_first_had_not_been(bank):
    bank.order("ada", "word", 5, on=TODAY, merchant="shop", id="words")
    bank.fulfil("words", 1, on=TODAY, id="first")
    assert have(bank, "hours", "shop", "pool:a") == [1, 0]

    bank.correct("first", FulfilOrder(order="words", quantity=1), on=TODAY)

    assert have(bank, "hours", "shop", "pool:a") == [1, 0]


def test_what_is_redeemed_at_once_is_divided_too(bank):
    bank.redeem("ada", "lesson", on=TODAY, merchant="shop")

    assert have(bank, "hours", "shop", "pool:a") == [40, 20]


def test_undoing_takes_back_what_was_turned(bank):
    bank.record_service("ada", "help", 620, on=TODAY, id="much")

    assert codes(lambda: bank.reverse("much", on=TODAY)) == []
    assert have(bank, "honour", "ada") == [0]
    assert have(bank, "hours", "ada") == [0]


@pytest.mark.parametrize(
    ("parts", "gets"), [(3, [1, 2]), (4, [1, 3]), (5, [2, 3]), (1, [0, 1])]
)
def test_what_does_not_divide_goes_to_whose_share_lacks_most(parts, gets):
    assert parted(parts, [1, 2]) == gets
