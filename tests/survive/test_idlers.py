"""A host that idles in its transaction holds up only those who need what it has."""

import time
from contextlib import ExitStack
from itertools import count
from threading import Event

import pytest

import timebank
from timebank.operations import Give
from timebank.testing import run_at_once

from ..postgres import database
from .books import sqlite
from .crowd import ACCOUNTS, DAY, POLICY
from .market import EACH, engine_of, look_into, open_market, set_for_all

IDLE_SECONDS = 1.0
READ_SECONDS_MAX = 0.5


def take_turns(work, done):
    """Do *work* until *done*, and return how long each time took."""
    took = []
    while not done.is_set():
        begun = time.monotonic()
        work()
        took.append(time.monotonic() - begun)
    return took


@pytest.mark.slow
@pytest.mark.parametrize("place", [sqlite, database], ids=["sqlite", "postgresql"])
def test_nobody_who_reads_waits_for_a_host_that_idles_after_posting(place, survived):
    with place() as url, ExitStack() as stack:
        open_market(url)
        bank = stack.enter_context(look_into(url))
        engine = engine_of(url)
        posted, done = Event(), Event()

        def idle():
            posted.wait()
            time.sleep(IDLE_SECONDS)
            done.set()

        def read():
            posted.wait()

            def look():
                assert bank.balance(ACCOUNTS[0], "points").free == EACH
                assert bank.check(gift(), on=DAY).findings == ()
                assert "idle" not in {entry.id for _, entry in bank.entries()}

            return take_turns(look, done)

        with engine.begin() as connection:
            if engine.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN")
            bank.within(connection).post(gift(), on=DAY, id="idle")
            posted.set()
            _, took = run_at_once([idle, read])
        engine.dispose()

        assert max(took) < READ_SECONDS_MAX
        assert bank.entry("idle").position
    survived(len(took), worst_ms=round(1000 * max(took)))


def gift(payer=0, amount=1):
    payer, payee = ACCOUNTS[payer], ACCOUNTS[payer - 1]
    return Give(payer=payer, payee=payee, unit="points", amount=amount)


@pytest.mark.slow
def test_others_go_on_beside_an_idle_host_until_they_need_the_head(survived):
    with database() as url, ExitStack() as stack:
        open_market(url)
        set_for_all(url, "READ COMMITTED", lock_timeout="5s")
        bank = stack.enter_context(look_into(url))
        abroad = stack.enter_context(
            timebank.create(url, ledger="abroad", actor="desk-2")
        )
        engine = engine_of(url)
        order, posted, done = [], Event(), Event()

        def idle():
            try:
                with engine.begin() as connection:
                    mine = bank.within(connection)
                    # what has only been looked at holds nobody up
                    assert mine.balance(ACCOUNTS[0], "points").free == EACH
                    bank.post(gift(1), on=DAY, id="while it looked")
                    # nor does what was refused, except who needs the same accounts
                    with pytest.raises(timebank.Refused):
                        mine.post(gift(6, amount=EACH + 1), on=DAY, id="too much")
                    bank.post(gift(1), on=DAY, id="after it was refused")
                    mine.post(gift(2), on=DAY, id="idle")
                    posted.set()
                    time.sleep(IDLE_SECONDS)
                    order.append("idle")
            finally:
                posted.set()
                done.set()

        def write_elsewhere():
            posted.wait()
            numbers = count()
            return take_turns(
                lambda: abroad.adopt(f"{POLICY}# {next(numbers)}", on=DAY), done
            )

        def write_here():
            posted.wait()
            bank.post(gift(4), on=DAY, id="here")
            order.append("here")

        _, took, _ = run_at_once([idle, write_elsewhere, write_here])
        engine.dispose()

        assert order == ["idle", "here"]
        assert max(took) < IDLE_SECONDS
        *_, last, after = bank.entries()
        assert (last[1].id, after[1].id) == ("idle", "here")
        assert bank.verify(decide_again=True).sound
    survived(len(took), worst_ms=round(1000 * max(took)))
