"""
What a turn or a reading has made goes with it.

What refers to itself stays until Python looks for garbage: sixty objects of every entry did,
and to look for them took more than to decide the entry's limits.
"""

import gc
from datetime import date

import pytest

import timebank
from timebank.storage.protocol import Settings
from timebank.testing.races import POLICY

from .places import memory, postgresql, sqlite

DAY = date(2024, 3, 1)


@pytest.fixture(params=[memory, sqlite, postgresql], ids=["memory", "sqlite", "pg"])
def bank(request):
    with request.param() as opened:
        store = opened()
        settings = Settings(name="home", time_zone="Asia/Shanghai", keep_refusals=False)
        store.create(settings)
        with timebank.Bank(store=store, settings=settings, actor="desk-1") as made:
            made.adopt(POLICY, on=DAY)
            for who in ("ada", "ben"):
                made.open_account(who, on=DAY)
            made.record_service("ada", "care", 600, on=DAY)
            yield made


@pytest.mark.parametrize(
    "work",
    [
        pytest.param(
            lambda bank: bank.record_service("ada", "care", 5, on=DAY), id="post"
        ),
        pytest.param(lambda bank: bank.balance("ada", "points"), id="balance"),
        pytest.param(lambda bank: bank.statement("ada", "points"), id="statement"),
        pytest.param(lambda bank: bank.standing("ada"), id="standing"),
    ],
)
def test_nothing_is_left_for_a_collection(bank, work):
    for _ in range(3):
        work(bank)
    gc.disable()
    gc.freeze()  # all that other tests have left is not looked through
    try:
        for _ in range(10):
            work(bank)
        found = gc.collect()
    finally:
        gc.unfreeze()
        gc.enable()

    assert found == 0
