"""What measures read of a draft does not hang on when they read it."""

from datetime import date
from itertools import permutations

import pytest

from timebank.legs import Leg
from timebank.model import ISSUER, AccountId, AccountKind, EntryId, Posting
from timebank.policy.draft import Counts, Draft

ADA, BEN = AccountId("ada"), AccountId("ben")
TODAY, BEFORE = date(2024, 3, 2), date(2024, 3, 1)
ABOUT, OTHERS = (("on", "gift"),), (("on", "redeem"),)


def put(draft, step):
    """Move something as *step* says: of its own, of another's, or as it was taken back."""
    if step == "own":
        draft.add(Posting(account=ISSUER, unit="hours", amount=-1))
        draft.add(Posting(account=ADA, unit="hours", amount=1))
    elif step == "another's":
        counts = Counts(BEFORE, 3, OTHERS)
        draft.add_for(counts, Posting(account=ADA, unit="hours", amount=10))
    else:
        undone = Posting(account=BEN, unit="hours", amount=-100)
        draft.take(Leg(undone, EntryId("e"), 2, BEFORE, None))
        undone = Posting(account=ADA, unit="hours", amount=100)
        draft.take(Leg(undone, EntryId("e"), 2, BEFORE, ABOUT))


def rows(draft):
    return sorted(
        (amount, event.day, event.position, event.labels)
        for event, amount in draft.rows(ADA, "hours", lambda _: AccountKind.MEMBER)
    )


FOUND = [
    (1, TODAY, 5, (("on", "gift"), ("other", "issuer"))),
    (10, BEFORE, 3, (("on", "redeem"), ("other", "issuer"))),
    (100, BEFORE, 2, ABOUT),
]


@pytest.mark.parametrize("order", [*permutations(("own", "another's", "taken"))])
@pytest.mark.parametrize("looking", [False, True])
def test_each_leg_counts_once_in_whatever_order(order, looking):
    draft = Draft(5, TODAY, ABOUT)

    for step in order:
        put(draft, step)
        if looking:
            rows(draft)

    assert rows(draft) == FOUND


def test_what_goes_on_from_a_draft_counts_what_it_had_once():
    draft = Draft(5, TODAY, ABOUT)
    put(draft, "taken")
    put(draft, "own")

    fork = draft.fork()
    put(fork, "another's")

    assert rows(fork) == FOUND
    assert [amount for amount, *_ in rows(draft)] == [1, 100]
