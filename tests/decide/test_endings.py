"""What becomes of an account's credits when it ends: death, leaving, moving."""

import pytest

from timebank.messages import finding_text
from timebank.model import Reason

from .books import HEAD, TODAY, books, codes, findings, free

ENDINGS = (
    HEAD
    + """
units = { points = {} }
items = { meal = { price = 1 } }

[facts]
heir_approved = { type = "yes-no", default = false }

[accounts]
member = { points = { floor = -10 } }
peer = { points = { floor = "none" } }
pool = { names = ["common", "umbrella"] }

[measures]
held = { balance = "points" }

[rules.to_heir]
on = "close"
unit = "points"
to = "heir"
amount = "held"
when = { cause = "death", heir = { known = true } }
requires = { heir_approved = true }

[rules.to_pools]
on = "close"
unit = "points"
to = { "pool:common" = "1/2", "pool:umbrella" = "1/2" }
amount = "held"
when = { cause = "death", heir = { known = false } }

[rules.moving]
on = "close"
unit = "points"
to = "heir"
amount = "held"
when = { cause = "moving" }
requires = { heir.kind = "peer" }

[rules.redeem]
on = "redeem"
unit = "points"

[rules.grant]
on = "grant"
unit = "points"
"""
)


@pytest.fixture
def bank():
    bank = books(ENDINGS)
    bank.open_account("bank-of-the-next-town", on=TODAY, kind="peer")
    bank.grant("ada", unit="points", amount=7, on=TODAY)
    return bank


def close(bank, cause, **fields):
    return bank.close_account("ada", on=TODAY, cause=cause, **fields)


def test_what_the_dead_leave_is_divided_where_nobody_inherits(bank):
    close(bank, "death")

    assert free(bank, "pool:common", "points") == 4
    assert free(bank, "pool:umbrella", "points") == 3


def test_an_heir_has_it_once_that_is_approved(bank):
    found = codes(lambda: close(bank, "death", heir="ben"))
    assert "rules.to_heir.requires.heir_approved" in found

    close(bank, "death", heir="ben", facts={"heir_approved": True})

    assert free(bank, "ben", "points") == 7


def test_who_moves_takes_it_to_another_bank_and_to_nobody_else(bank):
    found = codes(lambda: close(bank, "moving", heir="ben"))
    assert "rules.moving.requires.heir.kind" in found

    close(bank, "moving", heir="bank-of-the-next-town")

    assert free(bank, "bank-of-the-next-town", "points") == 7


@pytest.mark.parametrize(
    ("spent", "reason", "figure"),
    [(3, Reason.ACCOUNT_NOT_EMPTY, 4), (8, Reason.ACCOUNT_OWES, 1)],
)
def test_who_leaves_settles_first_what_they_have_and_what_they_owe(
    bank, spent, reason, figure
):
    bank.redeem("ada", "meal", spent, on=TODAY)

    (left,) = findings(lambda: close(bank, "leaving"))

    assert (left.reason, left.found) == (reason, figure)


def test_who_owes_is_not_told_to_spend(bank):
    bank.redeem("ada", "meal", 8, on=TODAY)

    (left,) = findings(lambda: close(bank, "leaving"))

    english, chinese = (finding_text(left, language=each) for each in ("en", "zh"))
    assert english.startswith(
        "account ada owes 1 points: let that be earned, or given to it, first"
    )
    assert chinese.startswith("账户 ada 尚欠 1 points：请先以服务偿还，或由他人赠予")


def test_an_account_with_an_open_order_does_not_end(bank):
    bank.order("ada", "meal", 7, on=TODAY, id="meals")

    assert codes(lambda: close(bank, "leaving")) == ["accounts.member.points"]

    bank.fulfil("meals", on=TODAY)
    assert codes(lambda: close(bank, "leaving")) == []


def test_nobody_inherits_from_themselves(bank):
    assert codes(lambda: close(bank, "death", heir="ada")) == ["heir"]
