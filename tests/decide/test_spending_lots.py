"""Which lots leave first."""

from datetime import date

import pytest

from .books import HEAD, TODAY, books

LOTS = (
    HEAD
    + """
units = { coins = { lots = { expires = { after = "1 year" }, spend = "SPEND" } } }
accounts = { member = {} }
classes = { gift = { counts = "number" } }
rules.coins = { on = "contribution", unit = "coins" }
rules.gift = { on = "gift", unit = "coins" }
"""
)


@pytest.mark.parametrize(
    ("spend", "first"), [("expires", "late"), ("oldest", "early"), ("newest", "last")]
)
def test_lots_leave_as_the_policy_says(spend, first):
    bank = books(LOTS.replace("SPEND", spend), day=date(2023, 7, 1))
    bank.clock.day = TODAY
    for id, day in (
        ("early", date(2024, 5, 1)),
        ("late", date(2024, 1, 1)),
        ("last", date(2024, 5, 2)),
    ):
        bank.record_mark("ada", "gift", 2, on=day, id=id)

    outcome = bank.give("ada", "ben", unit="coins", amount=2, on=TODAY)

    assert {p.lot.id for p in outcome.entry.postings} == {first}
