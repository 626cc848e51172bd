"""A quick look at limits never lets pass what a long one finds."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from timebank.accounts import Account
from timebank.model import BALANCE_MAX, AccountId, AccountKind, EntryId, Mode
from timebank.policy.bounds import Bench, settled, surely_settled
from timebank.policy.case import case_of
from timebank.policy.files import compiled
from timebank.standing import Balance, Standing

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
coins = { floor = [{ of = "earned" }, { less = 3 }], cap = [{ of = "earned" }, { plus = 2 }] }

[accounts.pool]
names = ["pool"]
coins = { floor = "none" }
""")
DAY = date(2024, 3, 1)
ADA = AccountId("ada")
KINDS = (AccountKind.MEMBER, AccountKind.GROUP, AccountKind.FAMILY)


def looked_at(kind, unit, before, change, *, closed=False):
    """Return what the quick look says, and all that the long one finds."""
    standing = Standing()
    standing.accounts[ADA] = Account(
        id=ADA,
        kind=kind,
        mode=Mode.STRICT,
        opened_on=DAY,
        closed_on=DAY if closed else None,
    )
    standing.balances[ADA, unit] = before
    case = case_of(POLICY, standing, ADA, DAY)
    case.draft.balances[ADA, unit] = change
    bench = Bench(id=EntryId("e"), today=DAY, bounds=POLICY)
    quick = surely_settled(case.draft.balances, standing, POLICY)
    return quick, list(settled(case, bench))


figures = st.integers(-7, 7) | st.sampled_from([BALANCE_MAX, -BALANCE_MAX])
balances = st.builds(Balance, figures, st.integers(0, 7))


@given(
    kind=st.sampled_from(KINDS),
    unit=st.sampled_from(["coins", "hours"]),
    before=balances,
    change=st.builds(Balance, st.integers(-7, 7), st.integers(-7, 7)),
    closed=st.booleans(),
)
def test_what_surely_holds_is_found_to_hold(kind, unit, before, change, closed):
    quick, found = looked_at(kind, unit, before, change, closed=closed)

    assert not (quick and found)


@given(free=st.integers(-2, 5), change=st.integers(-7, 7))
def test_what_ends_within_limits_that_are_the_same_for_all_needs_no_long_look(
    free, change
):
    before, moved = Balance(free - change), Balance(change)

    assert looked_at(AccountKind.MEMBER, "coins", before, moved) == (True, [])
