"""Books from before postings had labels: brought up to date, they know theirs all the same."""

from contextlib import closing, contextmanager
from datetime import date

import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

import timebank
from timebank.copying import copy_ledger
from timebank.scope import Needs, Series
from timebank.standing import Standing
from timebank.storage import schema
from timebank.storage import tables as t
from timebank.storage.urls import open_store
from timebank.testing.comparing import differences

from ..laws.desk import EPOCH, EVERYTHING, START, Calendar
from ..postgres import database
from .test_schema import VERSION_1

UNITS = ("hours", "credits", "missed")
NEEDS = Needs(
    series=frozenset(
        Series(account, unit) for account in ("a", "b", "pool:common") for unit in UNITS
    )
)


@contextmanager
def places(kind, tmp_path):
    if kind == "sqlite":
        yield f"sqlite:///{tmp_path}/books.db"
        return
    with database() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    with places(request.param, tmp_path) as found:
        yield found


@contextmanager
def connected(url):
    url = url.replace("postgresql://", "postgresql+psycopg://")
    with create_engine(url, poolclass=NullPool).begin() as connection:
        yield connection


@contextmanager
def books(url, *, new=False):
    opening = timebank.create if new else timebank.open
    found = opening(url, ledger="laws", actor="desk", clock=Calendar())
    with closing(found) as bank:
        yield bank


def a_month(bank):
    """Do a bit of everything, and undo some of it."""
    bank.adopt(EVERYTHING, on=EPOCH, holds_from=EPOCH)
    for member in ("a", "b"):
        bank.open_account(member, on=EPOCH)
    bank.record_service("a", "care", 240, on=START, id="e", event="fair")
    bank.record_service("b", "care", 120, on=START, id="f", recipient="a")
    bank.record_mark("a", "absence", on=START)
    bank.give("a", "b", unit="credits", amount=30, on=START, id="gift")
    bank.donate("a", unit="credits", amount=15, on=START)
    bank.order("a", "rice", on=START, id="order")
    bank.order("a", "rice", on=START, id="meant", quantity=1)
    bank.fulfil("order", on=START)
    bank.cancel("meant", on=START)
    bank.reverse("gift", on=START)


def as_version_2(url):
    """Make the tables what they were before there were labels, rows and guards and all."""
    with connected(url) as connection:
        connection.exec_driver_sql("DROP INDEX ix_timebank_entry_adopted")
        connection.exec_driver_sql("ALTER TABLE timebank_posting DROP COLUMN labels")
        connection.exec_driver_sql("UPDATE timebank_schema SET version = 2")


def upgraded(url):
    with connected(url) as connection:
        return schema.upgrade(connection)


def compared(bank, needs=NEEDS):
    """Return how what is loaded differs from what the journal comes to."""
    with bank.store.reading(bank.ledger) as reading:
        folded = Standing()
        for position, entry in reading.entries():
            folded.apply(entry, position)
        return differences(reading.load(needs), folded, needs)


def test_old_postings_are_labelled_by_their_entries(url):
    with books(url, new=True) as bank:
        a_month(bank)
    as_version_2(url)

    assert upgraded(url) == schema.Found(t.SCHEMA, schema.Profile.GUARDED)

    with connected(url) as connection:
        assert schema.missing(connection) == ()
    with books(url) as bank:
        assert compared(bank) == []
        assert bank.verify(decide_again=True).sound


def test_what_is_old_and_what_undoes_it_now_cancel(url):
    with books(url, new=True) as bank:
        a_month(bank)
        bank.record_service("b", "care", 60, on=START, id="wrong", event="fair")
    as_version_2(url)
    upgraded(url)

    with books(url) as bank:
        bank.reverse("wrong", on=START)
        bank.reverse("e", on=START, authority="the board")
        bank.record_service("b", "care", 45, on=START, event="fair")

        assert compared(bank) == []
        assert bank.verify().sound


def test_nothing_that_was_there_is_written_again(url):
    with books(url, new=True) as bank:
        a_month(bank)
    as_version_2(url)

    upgraded(url)

    with connected(url) as connection:
        labels = connection.exec_driver_sql(
            "SELECT DISTINCT labels FROM timebank_posting"
        )
        assert labels.all() == [(None,)]


def test_books_of_the_first_version_know_their_labels(tmp_path):
    path = tmp_path / "old.db"
    with connected(f"sqlite:///{path}") as connection:
        driver = connection.connection.driver_connection
        driver.executescript(VERSION_1.read_text("utf-8"))
    upgraded(f"sqlite:///{path}")
    needs = Needs(
        series=frozenset(
            Series(account, unit)
            for account in ("v-1", "v-2", "pool:given-on")
            for unit in ("hours", "points")
        )
    )

    bank = timebank.open(f"sqlite:///{path}", ledger="gz", actor="desk-1")
    with closing(bank):
        assert compared(bank, needs) == []
        bank.record_service("v-2", "care", 60, on=date(2024, 3, 1), id="after")
        assert compared(bank, needs) == []


def test_a_copy_of_old_books_has_labels(tmp_path):
    old, new = (f"sqlite:///{tmp_path}/{name}.db" for name in ("old", "new"))
    with books(old, new=True) as bank:
        a_month(bank)
    as_version_2(old)
    upgraded(old)

    with books(old) as source, closing(open_store(new, create=True)) as target:
        copy_ledger(source.store, target, "laws")

    with connected(new) as connection:
        (lacking,) = connection.exec_driver_sql(
            "SELECT COUNT(*) FROM timebank_posting WHERE labels IS NULL "
            "AND bucket = 'free' AND account <> 'issuer'"
        ).one()
    assert lacking == 0
