"""Amounts, balances and clocks at their bounds, on every store."""

from datetime import UTC, date, datetime, timedelta

import pytest

from timebank import Bank, Refused
from timebank.model import AMOUNT_MAX, BALANCE_MAX, Reason
from timebank.operations import Grant
from timebank.storage.protocol import Settings
from timebank.testing.races import POLICY

from .places import EVERYWHERE

DAY = date(2024, 3, 1)
GENEROUS = POLICY + '\n[rules.grant]\non = "grant"\nunit = "points"\n'


class Clock:
    """A clock that says what it is told."""

    def __init__(self):
        self.now = datetime(2024, 3, 1, 12, tzinfo=UTC)

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(params=EVERYWHERE)
def bank(request, clock):
    settings = Settings(name="home")
    with request.param() as connect:
        store = connect()
        store.create(settings)
        with Bank(store=store, settings=settings, actor="a", clock=clock) as bank:
            bank.adopt(
                GENEROUS.replace("2024-01-01", "1900-01-01"), on=date(1960, 1, 1)
            )
            bank.open_account("ada", on=date(1960, 1, 1))
            yield bank


def grant(bank, amount):
    return bank.post(Grant(payee="ada", unit="points", amount=amount), on=DAY)


def test_a_balance_may_reach_its_bound_and_not_pass_it(bank):
    for _ in range(BALANCE_MAX // AMOUNT_MAX):
        grant(bank, AMOUNT_MAX)
    grant(bank, BALANCE_MAX % AMOUNT_MAX)

    with pytest.raises(Refused) as caught:
        grant(bank, 1)

    assert [f.reason for f in caught.value.findings] == [Reason.BOUND]
    assert bank.balance("ada", "points").free == BALANCE_MAX
    assert bank.balance("ada", "points", effective_on=DAY).free == BALANCE_MAX
    assert bank.statement("ada", "points")[-1].balance.free == BALANCE_MAX
    assert bank.balance("issuer", "points").free == -BALANCE_MAX
    assert bank.verify(decide_again=True).sound


def test_a_statement_may_be_asked_for_more_lines_than_there_can_be(bank):
    grant(bank, 1)

    assert len(bank.statement("ada", "points", limit=10**30)) == 1
    assert bank.statement("ada", "points", after=(2**53, 10**30)) == []
    with pytest.raises(ValueError, match="limit"):
        bank.statement("ada", "points", limit=-1)


def test_a_clock_that_jumps_changes_no_order(bank, clock):
    leaps = [0, -3_600, 86_400, -86_400 * 400, 1, -1, 0, 86_400 * 900]
    for number, seconds in enumerate(leaps):
        clock.now += timedelta(seconds=seconds)
        bank.record_service("ada", "care", 60, on=date(2022, 1, 1), id=f"s-{number}")

    recorded = [entry.id for _, entry in bank.entries()][-len(leaps) :]
    assert recorded == [f"s-{number}" for number in range(len(leaps))]
    assert bank.verify(decide_again=True).sound


@pytest.mark.parametrize(
    "now",
    [
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999_999, UTC),
        datetime(1991, 9, 14, 17, tzinfo=UTC),  # the hour that Shanghai had twice
        datetime(2262, 4, 12, tzinfo=UTC),
    ],
)
def test_a_moment_far_away_is_kept_to_the_microsecond(bank, clock, now):
    clock.now = now

    bank.record_service("ada", "care", 60, on=date(1960, 1, 2), id="then")

    assert bank.entry("then").entry.recorded.at == now
    assert bank.verify(decide_again=True).sound
