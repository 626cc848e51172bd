"""Books inside a transaction that the platform began: one commit, or no trace."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

import timebank
from timebank.errors import CannotJoin, RetryTransaction

DAY = date(2026, 3, 2)
NOON = datetime(2026, 4, 1, 4, tzinfo=UTC)


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'platform.db'}"


@pytest.fixture
def bank(url):
    with timebank.create(url, ledger="x", actor="a", clock=lambda: NOON) as bank:
        bank.adopt(timebank.programme("northern-california"), on=DAY, id="adopt")
        for member in ("m", "n"):
            bank.open_account(member, on=DAY, id=f"open/{member}")
        yield bank


@pytest.fixture
def engine(bank, url):  # noqa: ARG001 - its tables are there
    # an engine as a platform has it, with none of our settings
    engine = create_engine(url, connect_args={"timeout": 0.2})
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE visit (id TEXT PRIMARY KEY)"))
    yield engine
    engine.dispose()


def serve(bank, id="visit/1", minutes=60):
    return bank.record_service("m", "exchange", minutes, recipient="n", on=DAY, id=id)


def visits(engine):
    with engine.connect() as connection:
        return connection.scalar(text("SELECT COUNT(*) FROM visit"))


def record_visit(connection, id="1"):
    connection.execute(text("INSERT INTO visit VALUES (:id)"), {"id": id})


def test_the_platforms_row_and_the_entry_are_committed_together(bank, engine):
    with engine.begin() as connection:
        record_visit(connection)
        serve(bank.within(connection))

    assert visits(engine) == 1
    assert bank.balance("m", "hours").free == 4
    assert bank.verify().sound


def test_the_hosts_rollback_leaves_no_trace(bank, engine):
    head = len(list(bank.entries()))
    with engine.connect() as connection:
        record_visit(connection)
        serve(bank.within(connection))
        connection.rollback()

    assert visits(engine) == 0
    assert len(list(bank.entries())) == head
    assert serve(bank).replayed is False
    assert bank.verify().sound


def test_nothing_is_committed_before_the_host_commits(bank, engine):
    with engine.begin() as connection:
        serve(bank.within(connection))

        assert bank.balance("m", "hours").free == 0
    assert bank.balance("m", "hours").free == 4


def test_the_joined_bank_reads_what_the_transaction_has_done(bank, engine):
    with engine.begin() as connection:
        joined = bank.within(connection)
        serve(joined)

        assert joined.balance("m", "hours").free == 4
        assert joined.entry("visit/1").position == len(list(joined.entries()))


def test_a_refusal_leaves_the_transaction_usable(bank, engine):
    with engine.begin() as connection:
        record_visit(connection)
        with pytest.raises(timebank.Refused) as refused:
            serve(bank.within(connection), minutes=11 * 60)
        serve(bank.within(connection), id="visit/2")

    assert [f.code for f in refused.value.findings] == ["accounts.member.hours.floor"]
    assert visits(engine) == 1
    assert bank.balance("m", "hours").free == 4


def test_a_session_joins_as_a_connection_does(bank, engine):
    with Session(engine) as session:
        record_visit(session.connection())
        serve(bank.within(session))
        session.commit()

    assert bank.balance("m", "hours").free == 4


def test_a_policy_that_was_rolled_back_is_forgotten(bank, engine):
    text_ = timebank.programme("northern-california").replace(
        "floor = -10", "floor = 0"
    )
    with engine.connect() as connection:
        joined = bank.within(connection)
        joined.adopt(text_, on=date(2026, 4, 1), id="stricter")
        with pytest.raises(timebank.Refused):
            serve(joined)
        connection.rollback()

    assert serve(bank).entry.findings == ()


def test_two_hosts_never_spend_the_same_hours(bank, engine):
    serve(bank, id="earned")  # n owes an hour; nine more may be owed
    with engine.connect() as first, engine.connect() as second:
        # the second has looked at the database before the first writes
        second.execute(text("SELECT COUNT(*) FROM visit"))
        serve(bank.within(first), id="a", minutes=8 * 60)
        with pytest.raises(RetryTransaction):
            serve(bank.within(second), id="b", minutes=8 * 60)
        second.rollback()
        first.commit()
        with pytest.raises(timebank.Refused):
            serve(bank.within(second), id="b", minutes=8 * 60)

    assert bank.balance("n", "hours").free == -36
    assert bank.verify().sound


def test_closing_a_joined_bank_leaves_the_hosts_connection_open(bank, engine):
    with engine.begin() as connection:
        with bank.within(connection) as joined:
            serve(joined)
        record_visit(connection)

    assert visits(engine) == 1


def test_books_in_memory_have_no_transaction_to_join(engine):
    with (
        timebank.create("memory:", ledger="x", actor="a") as bank,
        engine.connect() as connection,
        pytest.raises(CannotJoin, match="open the books in a database"),
    ):
        bank.within(connection)
