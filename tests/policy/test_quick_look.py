"""A quick look at limits never lets pass what a long one finds."""

from datetime import date
from itertools import product

import pytest

from timebank.accounts import Account
from timebank.balances import Balance
from timebank.model import BALANCE_MAX, AccountId, AccountKind, EntryId, Mode
from timebank.policy.bounds import Bench, found_wrong, surely_settled
from timebank.policy.case import case_of
from timebank.policy.files import compiled
from timebank.standing import Standing

POLICY = compiled("""
language = 1

[policy]
name = "Limits"
source = "a test"
status = "invented"
from = 2024-01-01

[units]
coins = {}
hours = { record = true }

[measures.earned]
sum = "hours"

[accounts.member]
coins = { floor = -2, cap = 5 }

[accounts.group]
coins = { floor = [{ of = "earned" }, { less = 3 }] }

[accounts.merchant]
coins = { cap = [{ of = "earned" }, { plus = 2 }] }

[accounts.pool]
names = ["pool"]
coins = { floor = "none" }
""")
DAY = date(2024, 3, 1)
ADA = AccountId("ada")
KINDS = ("member", "group", "merchant", "family")


def looked_at(kind, unit, before, change, *, closed=False):
    """Return what the quick look says, and all that the long one finds."""
    standing = Standing()
    standing.accounts[ADA] = Account(
        id=ADA,
        kind=AccountKind(kind),
        mode=Mode.STRICT,
        opened_on=DAY,
        closed_on=DAY if closed else None,
    )
    standing.balances[ADA] = {unit: (before, 1)}
    case = case_of(POLICY, standing, ADA, DAY)
    case.draft.balances[ADA, unit] = change
    bench = Bench(id=EntryId("e"), today=DAY, bounds=POLICY)
    quick = surely_settled(case.draft.balances, standing, POLICY)
    return quick, list(found_wrong(case, bench))


def test_what_surely_holds_is_found_to_hold():
    frees = (-4, -2, 0, 5, 6, BALANCE_MAX, -BALANCE_MAX)
    before = [Balance(free, held) for free, held in product(frees, (0, 3))]
    moved = [Balance(*each) for each in product((-7, -3, -1, 0, 1, 3, 7), (-3, 0, 3))]
    cases = product(KINDS, ("coins", "hours"), before, moved, (False, True))

    passed = [
        case
        for *case, closed in cases
        for quick, found in [looked_at(*case, closed=closed)]
        if quick and found
    ]

    assert passed == []


@pytest.mark.parametrize("free", [-2, 0, 5])
@pytest.mark.parametrize("change", [-7, 0, 7])
def test_what_ends_within_limits_that_are_the_same_for_all_needs_no_long_look(
    free, change
):
    before, moved = Balance(free - change), Balance(change)

    assert looked_at(AccountKind.MEMBER, "coins", before, moved) == (True, [])
