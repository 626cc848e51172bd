"""Books inside a transaction that the platform began: one commit, or no trace."""

import asyncio
import contextlib
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime

import psycopg
import pytest
from sqlalchemy import create_engine, event, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

import timebank
from timebank.errors import (
    CannotJoin,
    NoLedger,
    RetryTransaction,
    StoreDamaged,
    StoreReadOnly,
    UnknownEntry,
    may_begin_again,
)
from timebank.operations import RecordService
from timebank.storage.protocol import Settings

from ..postgres import database
from .places import watched

DAY = date(2026, 3, 2)
NOON = datetime(2026, 4, 1, 4, tzinfo=UTC)
STRICTER = timebank.programme("northern-california").replace("floor = -10", "floor = 0")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'platform.db'}"
    return request.getfixturevalue("postgresql_url")


@pytest.fixture
def postgresql_bank(postgresql_url):
    with new_bank(postgresql_url) as bank:
        yield bank


@pytest.fixture
def postgresql_engine(postgresql_bank, postgresql_url):  # noqa: ARG001 - it is there
    engine = plain(postgresql_url)
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


def plain(url, **options):
    """Return an engine as a platform has it, with none of our settings."""
    if url.startswith("sqlite:"):
        return create_engine(url, connect_args={"timeout": 0.2}, **options)
    url = url.replace("postgresql:", "postgresql+psycopg:", 1)
    waits = {"options": "-c lock_timeout=200ms"}
    return create_engine(url, connect_args=waits, **options)


LESS_STRICT = STRICTER.replace("floor = 0", "floor = -1")


def service(minutes=60):
    return RecordService(
        provider="m", service_class="exchange", minutes=minutes, recipient="n"
    )


def new_bank(url, ledger="x"):
    bank = timebank.create(url, ledger=ledger, actor="a", clock=lambda: NOON)
    bank.adopt(timebank.programme("northern-california"), on=DAY, id="adopt")
    for member in ("m", "n"):
        bank.open_account(member, on=DAY, id=f"open/{member}")
    return bank


@pytest.fixture
def bank(url):
    with new_bank(url) as bank:
        yield bank


class Base(DeclarativeBase):
    pass


class Visit(Base):
    __tablename__ = "visit"

    id: Mapped[str] = mapped_column(primary_key=True)


def begins_by_itself(engine):
    """Let SQLAlchemy begin SQLite's transactions, as its page on SQLite says."""
    if engine.dialect.name != "sqlite":
        return engine

    @event.listens_for(engine, "connect")
    def _never_late(connection, _):
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def _begin(connection):
        connection.exec_driver_sql("BEGIN")

    return engine


@pytest.fixture
def engine(bank, url):  # noqa: ARG001 - its tables are there
    engine = begins_by_itself(plain(url))
    with engine.begin() as connection:
        Base.metadata.create_all(connection)
    yield engine
    engine.dispose()


def serve(bank, id="visit/1", minutes=60):
    return bank.record_service("m", "exchange", minutes, recipient="n", on=DAY, id=id)


def too_long(bank):
    return serve(bank, minutes=11 * 60)


def visits(engine):
    with engine.connect() as connection:
        return connection.scalar(text("SELECT COUNT(*) FROM visit"))


def record_visit(connection, id="1"):
    connection.execute(text("INSERT INTO visit VALUES (:id)"), {"id": id})


def everything(bank):
    """Return all that the books say, and that their audit is content with it."""
    assert bank.verify().sound
    return (
        [(position, entry.id) for position, entry in bank.entries()],
        list(bank.accounts()),
        [bank.balance(who, "hours") for who in ("m", "n")],
        bank.adoptions(),
    )


# ---------------------------------------------------------------- committed, or not


def test_the_platforms_row_and_the_entry_are_committed_together(bank, engine):
    with engine.begin() as connection:
        record_visit(connection)
        serve(bank.within(connection))

    assert visits(engine) == 1
    assert bank.balance("m", "hours").free == 4
    assert bank.verify().sound


def test_the_hosts_rollback_leaves_no_trace(bank, engine):
    before = everything(bank)
    with engine.connect() as connection:
        joined = bank.within(connection)
        record_visit(connection)
        joined.adopt(STRICTER, on=date(2026, 4, 1), id="stricter")
        joined.open_account("o", on=DAY, id="open/o", private={"name": "陈梅"})
        joined.void("visit/9", on=DAY, id="void/9")
        with pytest.raises(timebank.Refused):
            serve(joined)
        connection.rollback()

    assert visits(engine) == 0
    assert everything(bank) == before
    assert bank.private("open/o") is None
    assert serve(bank, id="visit/9").replayed is False
    assert bank.verify().sound


def test_an_id_that_was_rolled_back_is_free_again(bank, engine):
    with engine.connect() as connection:
        serve(bank.within(connection))
        connection.rollback()

    again = serve(bank, minutes=30)

    assert again.replayed is False
    assert [entry.id for _, entry in bank.entries()].count("visit/1") == 1


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


def test_what_a_host_did_not_read_to_its_end_is_closed_with_the_view(bank, engine):
    streams = watched(bank.store)
    with engine.begin() as connection:
        joined = bank.within(connection)
        serve(joined)
        with joined.store.reading(bank.ledger) as reading:
            kept = reading.entries()
            next(kept)

        assert [each.closed for each in streams] == [True]


def test_asking_again_in_the_same_transaction_gives_the_first_outcome(bank, engine):
    with engine.begin() as connection:
        first = serve(bank.within(connection))
        again = serve(bank.within(connection))

    assert (again.replayed, again.position) == (True, first.position)


def test_a_refusal_leaves_the_transaction_usable(bank, engine):
    with engine.begin() as connection:
        record_visit(connection)
        with pytest.raises(timebank.Refused) as refused:
            too_long(bank.within(connection))
        serve(bank.within(connection), id="visit/2")

    assert [f.code for f in refused.value.findings] == ["accounts.member.hours.floor"]
    assert visits(engine) == 1
    assert bank.balance("m", "hours").free == 4


def test_a_batch_that_was_refused_leaves_nothing_in_the_transaction(bank, engine):
    before = everything(bank)
    with engine.begin() as connection:
        joined = bank.within(connection)
        requests = [
            joined.request(service(minutes), on=DAY, id=f"visit/{minutes}")
            for minutes in (60, 11 * 60)
        ]
        with pytest.raises(timebank.BatchRefused):
            joined.batch(requests)
        record_visit(connection)

    assert visits(engine) == 1
    assert everything(bank) == before


FAULT = {
    "sqlite": (
        """CREATE TRIGGER fault BEFORE INSERT ON timebank_entry
        BEGIN SELECT RAISE(ABORT, 'out of order'); END""",
        "DROP TRIGGER fault",
    ),
    "postgresql": (
        """CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql
        AS $$ BEGIN RAISE 'out of order'; END $$;
        CREATE TRIGGER fault BEFORE INSERT ON timebank_entry EXECUTE FUNCTION fault()""",
        "DROP TRIGGER fault ON timebank_entry",
    ),
}


def test_a_host_that_goes_on_after_an_error_commits_no_part_of_what_failed(
    bank, engine
):
    before = everything(bank)
    breaks, mends = FAULT[engine.dialect.name]
    with engine.begin() as connection:
        connection.exec_driver_sql(breaks)
    with engine.begin() as connection:
        record_visit(connection)
        # after accounts, balances, the head and the legs were written
        with pytest.raises(StoreDamaged):
            serve(bank.within(connection))
        record_visit(connection, "2")
    with engine.begin() as connection:
        connection.exec_driver_sql(mends)

    assert visits(engine) == 2
    assert everything(bank) == before
    assert serve(bank).replayed is False


def test_what_was_refused_holds_nobody_up(postgresql_bank, postgresql_engine):
    with postgresql_engine.begin() as connection:
        joined = postgresql_bank.within(connection)
        with pytest.raises(timebank.BatchRefused):
            joined.batch([joined.request(service(11 * 60), on=DAY)])
        with postgresql_engine.begin() as other:
            # at once, though the first transaction goes on: `plain` waits for no lock
            serve(postgresql_bank.within(other))


def test_refusals_that_are_kept_go_with_the_transaction(url):
    with timebank.create(
        url, ledger="x", actor="a", clock=lambda: NOON, keep_refusals=True
    ) as bank:
        bank.adopt(timebank.programme("northern-california"), on=DAY, id="adopt")
        head = len(list(bank.entries()))
        engine = begins_by_itself(plain(url))
        with engine.connect() as connection:
            joined = bank.within(connection)
            with pytest.raises(timebank.Refused):
                serve(joined)
            assert len(list(joined.entries())) == head + 1
            connection.rollback()
        engine.dispose()

        assert len(list(bank.entries())) == head


def test_closing_a_joined_bank_leaves_the_hosts_connection_open(bank, engine):
    with engine.begin() as connection:
        with bank.within(connection) as joined:
            serve(joined)
        record_visit(connection)

    assert visits(engine) == 1


# ---------------------------------------------------------------- sessions, savepoints


def test_a_session_joins_as_a_connection_does(bank, engine):
    with Session(engine) as session:
        record_visit(session.connection())
        serve(bank.within(session))
        session.commit()

    assert bank.balance("m", "hours").free == 4


def test_what_follows_a_savepoint_that_was_rolled_back_takes_its_position(bank, engine):
    with engine.begin() as connection:
        joined = bank.within(connection)
        first = serve(joined)
        savepoint = connection.begin_nested()
        undone = serve(joined, id="visit/2")
        savepoint.rollback()
        then = serve(joined, id="visit/3")

    assert undone.position == then.position == first.position + 1
    assert [entry.id for _, entry in bank.entries()][-2:] == ["visit/1", "visit/3"]
    assert bank.balance("m", "hours").free == 8
    assert bank.verify(decide_again=True).sound


def test_a_savepoint_that_is_released_keeps_its_entry(bank, engine):
    with Session(engine) as session, session.begin():
        with session.begin_nested():
            serve(bank.within(session))
        with contextlib.suppress(ZeroDivisionError), session.begin_nested():
            serve(bank.within(session), id="visit/2")
            raise ZeroDivisionError

    assert [entry.id for _, entry in bank.entries()][-1] == "visit/1"
    assert bank.verify().sound


def test_a_savepoint_that_is_released_goes_with_the_transaction(bank, engine):
    before = everything(bank)
    with Session(engine) as session:
        with session.begin_nested():
            serve(bank.within(session))
        session.rollback()

    assert everything(bank) == before


# ---------------------------------------------------------------- what is remembered


def test_a_policy_that_was_rolled_back_is_forgotten(bank, engine):
    with engine.connect() as connection:
        joined = bank.within(connection)
        joined.adopt(STRICTER, on=date(2026, 4, 1), id="stricter")
        with pytest.raises(timebank.Refused):
            serve(joined)
        connection.rollback()

        # the next transaction of the same connection, by the same object
        assert serve(joined).entry.findings == ()
        connection.rollback()

    assert serve(bank).entry.findings == ()


def test_a_policy_that_took_the_place_of_one_rolled_back_is_the_one_in_force(
    bank, engine
):
    with engine.connect() as connection:
        joined = bank.within(connection)
        savepoint = connection.begin_nested()
        joined.adopt(STRICTER, on=date(2026, 4, 1), id="stricter")
        with pytest.raises(timebank.Refused):
            serve(joined)
        savepoint.rollback()
        # another policy comes to stand at the same position
        joined.adopt(LESS_STRICT, on=date(2026, 4, 1), id="less-strict")

        assert joined.adoptions()[-1].text == LESS_STRICT
        serve(joined)
        with pytest.raises(timebank.Refused):
            serve(joined, id="visit/2")
        connection.rollback()
    assert len(bank.adoptions()) == 1

    # and a third, by the bank itself
    other = STRICTER.replace("floor = 0", "floor = -2")
    bank.adopt(other, on=date(2026, 4, 1), id="adopted")

    assert bank.adoptions()[-1].text == other
    for id in ("visit/1", "visit/2"):
        serve(bank, id=id)
    with pytest.raises(timebank.Refused):
        serve(bank, id="visit/3")


def test_a_policy_that_was_adopted_in_a_transaction_holds_after_it(bank, engine):
    with engine.begin() as connection:
        bank.within(connection).adopt(STRICTER, on=date(2026, 4, 1), id="stricter")

    with pytest.raises(timebank.Refused):
        serve(bank)


def test_a_ledger_whose_making_was_rolled_back_is_forgotten(bank, engine):
    with engine.connect() as connection:
        joined = bank.store.within(connection)
        joined.create(Settings(name="y"))
        with joined.reading("y") as reading:
            assert reading.head == 0
        connection.rollback()
    # another takes the number that it had
    bank.store.create(Settings(name="z"))

    with pytest.raises(NoLedger):
        bank.store.reading("y").__enter__()


# ---------------------------------------------------------------- two at once


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


def test_what_a_host_meets_in_statements_of_its_own_is_worth_beginning_again(engine):
    with engine.connect() as first, engine.connect() as second:
        record_visit(first)
        with pytest.raises(DBAPIError) as busy:
            record_visit(second)
        with pytest.raises(DBAPIError) as wrong:
            record_visit(first)

    assert may_begin_again(busy.value)
    assert may_begin_again(busy.value.orig)
    assert not may_begin_again(wrong.value)
    assert may_begin_again(RetryTransaction("another was first"))
    assert not may_begin_again(CannotJoin("it is closed", "open it"))


def test_a_serialization_failure_is_worth_beginning_again(postgresql_url):
    engine = create_engine(
        postgresql_url.replace("postgresql:", "postgresql+psycopg:", 1),
        isolation_level="REPEATABLE READ",
    )
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        record_visit(connection)
    change = text("UPDATE visit SET id = id || :what")
    with engine.connect() as first, engine.connect() as second:
        second.execute(text("SELECT id FROM visit"))
        first.execute(change, {"what": "a"})
        first.commit()
        with pytest.raises(DBAPIError) as late:
            second.execute(change, {"what": "b"})
    engine.dispose()

    assert may_begin_again(late.value)


# ---------------------------------------------------------------- asynchronous hosts


ASYNC = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg"}


@asynccontextmanager
async def asynchronous(engine):
    url = engine.url.set(drivername=ASYNC[engine.dialect.name])
    async_engine = create_async_engine(url)
    begins_by_itself(async_engine.sync_engine)
    try:
        yield async_engine
    finally:
        await async_engine.dispose()


def test_an_asynchronous_connection_joins(bank, engine):
    async def visit():
        async with asynchronous(engine) as host, host.begin() as connection:
            await connection.execute(text("INSERT INTO visit VALUES ('1')"))
            return await bank.within_async(connection, serve)

    outcome = asyncio.run(visit())

    assert bank.entry("visit/1").position == outcome.position
    assert visits(engine) == 1


def test_an_asynchronous_session_joins_and_its_rollback_leaves_no_trace(bank, engine):
    before = everything(bank)

    async def visit():
        async with asynchronous(engine) as host, AsyncSession(host) as session:
            await session.execute(text("INSERT INTO visit VALUES ('1')"))
            with pytest.raises(timebank.Refused):
                await bank.within_async(session, too_long)
            async with session.begin_nested() as savepoint:
                await bank.within_async(session, serve)
                await savepoint.rollback()
            await bank.within_async(session, serve)
            inside = await bank.within_async(session, everything)
            await session.rollback()
            return inside

    inside = asyncio.run(visit())

    assert len(inside[0]) == len(before[0]) + 1
    assert everything(bank) == before
    assert visits(engine) == 0


def test_hosts_that_wait_for_each_other_do_not_hold_up_the_event_loop(bank, engine):
    async def many():
        async with asynchronous(engine) as host:

            async def visit(number):
                for _ in range(20):
                    try:
                        async with host.begin() as connection:
                            return await bank.within_async(
                                connection, lambda b: serve(b, f"visit/{number}", 6)
                            )
                    except RetryTransaction:
                        await asyncio.sleep(0.01)
                raise AssertionError("never got its turn")

            return await asyncio.gather(*(visit(number) for number in range(8)))

    outcomes = asyncio.run(many())

    assert len({outcome.position for outcome in outcomes}) == 8
    assert bank.verify().sound


def test_a_request_that_is_cancelled_leaves_no_trace_and_holds_nobody_up(bank, engine):
    before = everything(bank)

    async def cancelled():
        async with asynchronous(engine) as host:
            waits = asyncio.Event()

            async def post():
                async with host.begin() as connection:
                    await connection.execute(text("INSERT INTO visit VALUES ('2')"))
                    waits.set()
                    await bank.within_async(connection, serve)

            with engine.connect() as other:
                # whoever comes second waits for this one
                serve(bank.within(other), id="first")
                task = asyncio.create_task(post())
                if engine.dialect.name == "postgresql":
                    await waits.wait()
                await asyncio.sleep(0.2)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                other.rollback()

    asyncio.run(cancelled())

    assert visits(engine) == 0
    assert everything(bank) == before
    assert serve(bank).replayed is False


# ---------------------------------------------------------------- who cannot be joined


def test_books_in_memory_have_no_transaction_to_join(engine):
    with (
        timebank.create("memory:", ledger="x", actor="a") as bank,
        engine.connect() as connection,
        pytest.raises(CannotJoin, match="open the books in a database"),
    ):
        bank.within(connection)


def test_an_autocommit_connection_is_refused(bank, engine):
    before = everything(bank)
    with engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        with pytest.raises(CannotJoin, match="begin a transaction"):
            serve(bank.within(connection))

    assert everything(bank) == before


def test_an_engine_that_commits_by_itself_is_refused(bank, engine):
    before = everything(bank)
    by_itself = create_engine(engine.url, isolation_level="AUTOCOMMIT")
    with (
        by_itself.connect() as connection,
        pytest.raises(CannotJoin, match="begin a transaction"),
    ):
        serve(bank.within(connection))
    by_itself.dispose()

    assert everything(bank) == before


def test_a_connection_that_becomes_autocommit_is_refused_too(bank, engine):
    with engine.connect() as connection:
        joined = bank.within(connection)
        connection.rollback()
        connection.execution_options(isolation_level="AUTOCOMMIT")
        with pytest.raises(CannotJoin, match="begin a transaction"):
            serve(joined)


def test_a_closed_connection_is_refused(bank, engine):
    with engine.connect() as connection:
        joined = bank.within(connection)

    for use in (lambda: bank.within(connection), lambda: serve(joined)):
        with pytest.raises(CannotJoin, match="is closed; call within"):
            use()


def test_a_bank_joined_to_a_session_ends_with_its_transaction(bank, engine):
    with Session(engine) as session:
        joined = bank.within(session)
        serve(joined)
        session.commit()

        with pytest.raises(CannotJoin, match="is closed; call within"):
            serve(joined, id="visit/2")
        serve(bank.within(session), id="visit/2")
        session.commit()

    assert bank.entry("visit/2")


def test_a_session_whose_flush_failed_is_refused_until_it_is_rolled_back(bank, engine):
    with Session(engine) as session:
        record_visit(session)
        session.add(Visit(id="1"))
        with pytest.raises(IntegrityError):
            session.flush()
        with pytest.raises(CannotJoin, match=r"has failed: .* roll it back"):
            bank.within(session)
        session.rollback()
        serve(bank.within(session))
        session.commit()

    assert visits(engine) == 0
    assert bank.entry("visit/1")


def test_a_savepoint_that_sqlite3_would_commit_is_refused(tmp_path):
    url = f"sqlite:///{tmp_path / 'platform.db'}"
    engine = plain(url)  # with the driver's own late transactions
    with new_bank(url) as bank, Session(engine) as session:
        before = everything(bank)
        with (
            pytest.raises(CannotJoin, match="have the engine begin transactions"),
            session.begin_nested(),
        ):
            serve(bank.within(session))
        session.rollback()
        serve(bank.within(session))
        session.rollback()

        assert everything(bank) == before
    engine.dispose()


def test_a_transaction_that_has_failed_is_refused_until_it_is_rolled_back(
    postgresql_bank, postgresql_engine
):
    bank, engine = postgresql_bank, postgresql_engine
    with engine.connect() as connection:
        joined = bank.within(connection)
        record_visit(connection)
        savepoint = connection.begin_nested()
        with pytest.raises(IntegrityError):
            record_visit(connection)
        for use in (lambda: bank.within(connection), lambda: serve(joined)):
            with pytest.raises(CannotJoin, match=r"has failed: .* to a savepoint"):
                use()
        savepoint.rollback()
        serve(joined)
        connection.commit()

    assert visits(engine) == 1
    assert bank.entry("visit/1")


def test_a_lost_connection_has_its_transaction_begun_again(
    postgresql_bank, postgresql_engine
):
    bank, engine = postgresql_bank, postgresql_engine
    with engine.connect() as connection:
        joined = bank.within(connection)
        serve(joined)
        number = connection.scalar(text("SELECT pg_backend_pid()"))
        with engine.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:n)"), {"n": number})
        for _ in range(2):
            with pytest.raises(RetryTransaction):
                serve(joined)
        connection.rollback()
        serve(joined)
        connection.commit()

    assert [entry.id for _, entry in bank.entries()].count("visit/1") == 1


def test_a_transaction_that_only_reads_says_so(postgresql_bank, postgresql_engine):
    reading = postgresql_engine.execution_options(postgresql_readonly=True)
    with reading.connect() as connection:
        joined = postgresql_bank.within(connection)

        assert joined.balance("m", "hours").free == 0
        with pytest.raises(StoreReadOnly):
            serve(joined)


def test_what_begins_a_transaction_by_hand_may_be_joined(
    postgresql_bank, postgresql_url
):
    # a driver that commits by itself, and a host that says BEGIN
    with psycopg.connect(postgresql_url, autocommit=True) as driver:
        engine = create_engine("postgresql+psycopg://", creator=lambda: driver)
        with engine.connect() as connection:
            with pytest.raises(CannotJoin, match="begin a transaction"):
                postgresql_bank.within(connection)
            driver.execute("BEGIN")
            serve(postgresql_bank.within(connection))
            driver.execute("ROLLBACK")
            with pytest.raises(CannotJoin, match="begin a transaction"):
                serve(postgresql_bank.within(connection))
        engine.dispose()

    assert not any(entry.id == "visit/1" for _, entry in postgresql_bank.entries())


@pytest.mark.parametrize("level", ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"])
def test_at_no_isolation_level_are_the_same_hours_spent_twice(
    postgresql_bank, postgresql_engine, level
):
    bank = postgresql_bank
    engine = postgresql_engine.execution_options(isolation_level=level)
    with engine.connect() as first, engine.connect() as second:
        # the second has looked before the first writes, and asks after it has committed
        assert bank.within(second).balance("n", "hours").free == 0
        serve(bank.within(first), id="a", minutes=8 * 60)
        first.commit()
        late = timebank.Refused if level == "READ COMMITTED" else RetryTransaction
        with pytest.raises(late):
            serve(bank.within(second), id="b", minutes=8 * 60)
        second.rollback()
        with pytest.raises(timebank.Refused):
            serve(bank.within(second), id="b", minutes=8 * 60)

    assert bank.balance("n", "hours").free == -32
    assert bank.verify().sound


def test_a_host_that_only_read_is_done_with_its_moment_when_it_says_so(
    postgresql_bank, postgresql_engine
):
    engine = postgresql_engine.execution_options(isolation_level="REPEATABLE READ")
    with engine.connect() as connection:
        joined = postgresql_bank.within(connection)
        for end in (connection.commit, connection.rollback):
            before = joined.balance("m", "hours").free
            serve(postgresql_bank, id=f"visit/{before}")
            assert joined.balance("m", "hours").free == before
            end()

            assert joined.balance("m", "hours").free == before + 4
            end()


def test_the_transaction_of_the_host_is_one_from_beginning_to_end(
    postgresql_bank, postgresql_engine
):
    number = text("SELECT pg_current_xact_id()::text")
    with postgresql_engine.begin() as connection:
        before = connection.scalar(number)
        joined = postgresql_bank.within(connection)
        with pytest.raises(timebank.Refused):
            too_long(joined)
        serve(joined)
        joined.adopt(STRICTER, on=date(2026, 4, 1), id="stricter")
        joined.open_account("o", on=DAY, private={"name": "陈梅"}, id="open/o")
        joined.erase("open/o")
        everything(joined)

        assert connection.scalar(number) == before


def test_books_of_the_same_name_in_another_schema_are_not_joined(
    postgresql_bank, postgresql_url
):
    joint = "&" if "?" in postgresql_url else "?"
    tenant = f"{postgresql_url}{joint}options=-csearch_path%3Dtenant"
    with psycopg.connect(postgresql_url) as connection:
        connection.execute("CREATE SCHEMA tenant")
    with new_bank(tenant) as theirs:
        engine = plain(postgresql_url)
        with engine.connect() as connection:
            serve(postgresql_bank.within(connection))
            connection.commit()
            # the same connection, as platforms with a schema for each tenant use it
            connection.execute(text("SET LOCAL search_path = tenant"))
            with pytest.raises(CannotJoin, match="search_path"):
                serve(postgresql_bank.within(connection), "visit/2")
            serve(theirs.within(connection), "visit/2")
            connection.commit()
        engine.dispose()

        assert theirs.entry("visit/2")
    assert "visit/2" not in [entry.id for _, entry in postgresql_bank.entries()]


@pytest.mark.parametrize("wrong", ["engine", "text", "async engine", "async session"])
def test_what_is_no_connection_is_refused_with_what_to_give(bank, engine, wrong):
    given = {
        "engine": engine,
        "text": "sqlite:///platform.db",
        "async engine": create_async_engine("sqlite+aiosqlite://"),
        "async session": AsyncSession(),
    }[wrong]

    with pytest.raises(CannotJoin, match=r"give the connection|within_async"):
        bank.within(given)


def test_an_ordinary_connection_is_no_asynchronous_one(bank, engine):
    with (
        engine.connect() as connection,
        pytest.raises(CannotJoin, match=r"use within\(\)"),
    ):
        asyncio.run(bank.within_async(connection, serve))


def test_a_connection_to_another_database_is_refused(
    url, bank, tmp_path, postgresql_url
):
    with contextlib.ExitStack() as stack:
        # one of the same kind, and one of the other
        if url.startswith("sqlite:"):
            others = [f"sqlite:///{tmp_path / 'other.db'}", postgresql_url]
        else:
            others = [stack.enter_context(database()), f"sqlite:///{tmp_path / 'x.db'}"]
        for other in others:
            new_bank(other).close()
            elsewhere = plain(other)
            for _ in range(2):
                with (
                    elsewhere.connect() as connection,
                    pytest.raises(CannotJoin, match="give the connection"),
                ):
                    bank.within(connection)
            elsewhere.dispose()


def test_tables_of_another_schema_are_not_taken_for_the_books(
    postgresql_bank, postgresql_engine, postgresql_url
):
    with postgresql_engine.begin() as connection:
        connection.execute(text("CREATE SCHEMA tenant"))
    option = ("&" if "?" in postgresql_url else "?") + "options=-csearch_path%3Dtenant"
    with (
        new_bank(postgresql_url + option) as tenant,
        postgresql_engine.connect() as connection,
    ):
        with pytest.raises(CannotJoin, match="search_path"):
            tenant.within(connection)
        connection.execute(text("SET LOCAL search_path = tenant"))
        tenant.within(connection).post(service(), on=DAY, id="theirs")
        connection.commit()

        assert tenant.entry("theirs").replayed
    with pytest.raises(UnknownEntry):
        postgresql_bank.entry("theirs")
