"""What goes to PostgreSQL in one round trip, over a connection of our own."""

import pytest
from psycopg import DataError
from psycopg.errors import DivisionByZero
from psycopg.pq import PipelineStatus, TransactionStatus
from sqlalchemy import BigInteger, column, select, text, values

from timebank.storage.hosts import driver_of
from timebank.storage.postgresql import connecting, open_postgresql
from timebank.storage.query import Query, among
from timebank.storage.trips import in_one_trip

AWKWARD = [
    "",
    " ",
    "NULL",
    "null",
    '"',
    "\\",
    '\\"',
    "{}",
    "{a,b}",
    "a,b",
    "'",
    "$1",
    "%s",
    "line\nline",
    "\x01",
    "李雷",
    "𠮷",
]

SAID = text("SELECT CAST(:said AS text) AS said")
RATIO = text("SELECT 1 / CAST(:of AS int) AS ratio")


@pytest.fixture
def connection(postgresql_url):
    engine = connecting(postgresql_url)
    with engine.connect() as ours:
        yield ours
    engine.dispose()


def asked(connection, statement, **given):
    return in_one_trip(connection, [Query(statement, given)])[0]


def test_a_key_finds_itself_and_nothing_else(connection):
    keys = values(column("key"), name="keys").data([(each,) for each in AWKWARD])
    query = select(keys.c.key).where(among(keys.c.key))

    found = [asked(connection, query, many={key}) for key in AWKWARD]

    assert [[row.key for row in rows] for rows in found] == [[key] for key in AWKWARD]


def test_a_text_comes_back_as_it_went(connection):
    found = [asked(connection, SAID, said=said)[0].said for said in AWKWARD]

    assert found == AWKWARD


def test_no_text_is_cut_at_a_nul(connection):
    with pytest.raises(DataError, match="NUL"):
        asked(connection, SAID, said="ada\0bai")


def test_numbers_are_keys_too(connection):
    keys = values(column("key", BigInteger), name="keys").data([(1,), (2,), (-3,)])
    found = asked(
        connection, select(keys.c.key).where(among(keys.c.key)), many={2, -3, 2**53}
    )

    assert sorted(row.key for row in found) == [-3, 2]


def test_no_keys_find_nothing(connection):
    keys = values(column("key"), name="keys").data([("",)])
    query = select(keys.c.key).where(among(keys.c.key))

    assert asked(connection, query, many=frozenset()) == []


def test_answers_come_in_the_order_of_the_questions(connection):
    many = [Query(SAID, {"said": str(n)}) for n in range(50)]

    answers = in_one_trip(connection, many)

    assert [rows[0].said for rows in answers] == [str(n) for n in range(50)]


def test_what_is_long_goes_and_comes_while_the_server_answers(connection):
    # more than the sockets hold on either side
    long = "x" * 2**22

    answers = in_one_trip(connection, [Query(SAID, {"said": long})] * 4)

    assert [rows[0].said for rows in answers] == [long] * 4


def test_a_transaction_is_begun_once_and_on_the_way(connection):
    driver = driver_of(connection)
    assert driver.info.transaction_status is TransactionStatus.IDLE

    now = select(text("transaction_timestamp() AS at"))
    first, second = in_one_trip(connection, [Query(now), Query(now)])
    third = asked(connection, now)

    assert driver.info.transaction_status is TransactionStatus.INTRANS
    assert first[0].at == second[0].at == third[0].at


def test_after_an_error_the_same_connection_is_asked_again(connection):
    driver = driver_of(connection)
    with pytest.raises(DivisionByZero):
        in_one_trip(
            connection,
            [Query(SAID, {"said": "a"}), Query(RATIO, {"of": 0}), Query(SAID, {})],
        )
    assert driver.info.transaction_status is TransactionStatus.INERROR
    driver.rollback()

    answers = in_one_trip(
        connection, [Query(RATIO, {"of": 1}), Query(SAID, {"said": "b"})]
    )

    assert (answers[0][0].ratio, answers[1][0].said) == (1, "b")
    assert driver.pgconn.pipeline_status == PipelineStatus.OFF


def test_a_statement_is_prepared_once(connection):
    for _ in range(3):
        asked(connection, SAID, said="a")

    prepared = text("SELECT statement FROM pg_prepared_statements")
    found = [row.statement for row in asked(connection, prepared)]

    assert sum("AS said" in statement for statement in found) == 1


def streamed(connection, statement):
    return connection.execute(statement).all()


@pytest.mark.parametrize("asks", [asked, streamed])
def test_a_reading_is_of_one_moment_and_writes_nothing(postgresql_url, asks):
    store = open_postgresql(postgresql_url, create=True)
    with store.adapter.begun(write=False) as connection:
        isolation = asks(connection, text("SHOW transaction_isolation"))
        read_only = asks(connection, text("SHOW transaction_read_only"))
    with store.adapter.begun(write=True) as connection:
        after = asks(connection, text("SHOW transaction_read_only"))
    store.close()

    assert (isolation[0][0], read_only[0][0]) == ("repeatable read", "on")
    assert after[0][0] == "off"


def test_what_fails_is_undone_and_leaves_nothing_behind(postgresql_url):
    store = open_postgresql(postgresql_url, create=True)

    def fails():
        with store.adapter.begun(write=True) as connection:
            asked(connection, text("CREATE TABLE made (by text)"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    there = text("SELECT to_regclass('made') AS there")
    with store.adapter.begun(write=False) as connection:
        (found,) = asked(connection, there)
    store.close()

    assert found.there is None
