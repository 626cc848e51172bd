"""In which order findings are told: not the store's, and none of the audit's business."""

from datetime import date

import pytest
from attrs import evolve

from timebank import Bank
from timebank.explain import explain
from timebank.operations import AdoptPolicy, RecordService
from timebank.proof.differences import disagreement
from timebank.storage.protocol import Settings
from timebank.testing.races import POLICY

from .places import memory, postgresql, sqlite

DAY = date(2024, 3, 1)
FUNDS = """
[accounts.fund]
names = ["z", "b"]
may = ["gift"]
points = { floor = "none" }
"""
LIMITED = AdoptPolicy(
    text=POLICY + FUNDS.replace('floor = "none"', "floor = 0"), holds_from=DAY
)


def service(hour, hours):
    return RecordService(
        provider="ada", service_class="care", minutes=hours * 60, starts_at=hour * 60
    )


@pytest.fixture(
    params=[memory, sqlite, pytest.param(postgresql, marks=pytest.mark.slow)]
)
def bank(request):
    """Books to which the later service came first, and the later name."""
    with request.param() as connect:
        settings = Settings(name="home", keep_refusals=True)
        store = connect()
        store.create(settings)
        with Bank(store=store, settings=settings, actor="desk") as bank:
            bank.post(AdoptPolicy(text=POLICY + FUNDS, holds_from=DAY), on=DAY)
            for account in ("issuer", "fund:z", "fund:b"):
                kind = account.partition(":")[0]
                bank.open_account(account, kind=kind, mode="append", on=DAY)
            bank.open_account("ada", on=DAY)
            for hour in (10, 9):
                bank.post(service(hour, 1), on=DAY, id=f"at {hour}")
            yield bank


def refusal(bank, operation):
    (verdict,) = bank.batch([bank.request(operation, on=DAY)], atomic=False)
    return verdict


def test_the_earliest_service_in_the_way_is_told_first(bank):
    found = refusal(bank, service(9, 2)).findings

    assert [finding.found for finding in found] == ["at 9", "at 10"]
    assert bank.verify(decide_again=True).faults == ()


def test_accounts_that_cannot_be_limited_are_told_in_order_of_id(bank):
    found = refusal(bank, LIMITED).findings

    assert [finding.account for finding in found] == ["fund:b", "fund:z"]
    assert bank.verify(decide_again=True).faults == ()


def test_an_order_is_no_part_of_law_10_and_how_often_something_is_found_is(bank):
    again = refusal(bank, service(9, 2))
    *before, (position, note) = bank.entries()
    one, two = note.findings

    def sound(*findings):
        kept = evolve(note, findings=findings)
        told = explain([*before, (position, kept)], note.id).again
        assert told == (disagreement(kept, again, refused=True) is None)
        return told

    assert sound(two, one)
    assert not any([sound(one), sound(one, one), sound(one, two, two)])
