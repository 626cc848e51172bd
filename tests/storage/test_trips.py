"""What goes to PostgreSQL in one round trip, over a connection of our own."""

import signal

import psycopg
import pytest
from psycopg import DataError
from psycopg.errors import DivisionByZero
from psycopg.pq import PipelineStatus, TransactionStatus
from sqlalchemy import BigInteger, column, event, select, text, values

from timebank.errors import StoreUnreachable
from timebank.storage.hosts import driver_of
from timebank.storage.links import AtHand, Link
from timebank.storage.postgresql import connecting, open_postgresql
from timebank.storage.query import Query, among
from timebank.storage.trips import (
    BEGIN_TO_READ,
    OWN,
    in_no_transaction,
    in_one_trip,
)

from .places import linked

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
def link(postgresql_url):
    engine = connecting(postgresql_url)
    with engine.connect() as ours:
        yield Link.of(ours)
    engine.dispose()


def asked(link, statement, **given):
    return in_one_trip(link, [Query(statement, given)])[0]


def test_a_key_finds_itself_and_nothing_else(link):
    keys = values(column("key"), name="keys").data([(each,) for each in AWKWARD])
    query = select(keys.c.key).where(among(keys.c.key))

    found = [asked(link, query, many={key}) for key in AWKWARD]

    assert [[key for (key,) in rows] for rows in found] == [[key] for key in AWKWARD]


def test_a_text_comes_back_as_it_went(link):
    found = [asked(link, SAID, said=said)[0][0] for said in AWKWARD]

    assert found == AWKWARD


def test_no_text_is_cut_at_a_nul(link):
    with pytest.raises(DataError, match="NUL"):
        asked(link, SAID, said="ada\0bai")


def test_numbers_are_keys_too(link):
    keys = values(column("key", BigInteger), name="keys").data([(1,), (2,), (-3,)])
    found = asked(
        link, select(keys.c.key).where(among(keys.c.key)), many={2, -3, 2**53}
    )

    assert sorted(key for (key,) in found) == [-3, 2]


def test_no_keys_find_nothing(link):
    keys = values(column("key"), name="keys").data([("",)])
    query = select(keys.c.key).where(among(keys.c.key))

    assert asked(link, query, many=frozenset()) == []


def test_answers_come_in_the_order_of_the_questions(link):
    many = [Query(SAID, {"said": str(n)}) for n in range(50)]

    answers = in_one_trip(link, many)

    assert [rows[0][0] for rows in answers] == [str(n) for n in range(50)]


def test_what_is_long_goes_and_comes_while_the_server_answers(link):
    # more than the sockets hold on either side
    long = "x" * 2**22

    answers = in_one_trip(link, [Query(SAID, {"said": long})] * 4)

    assert [rows[0][0] for rows in answers] == [long] * 4


def test_a_transaction_is_begun_once_and_on_the_way(link):
    driver = driver_of(link.lent)
    assert driver.info.transaction_status is TransactionStatus.IDLE

    now = select(text("transaction_timestamp() AS at"))
    first, second = in_one_trip(link, [Query(now), Query(now)])
    third = asked(link, now)

    assert driver.info.transaction_status is TransactionStatus.INTRANS
    assert first[0][0] == second[0][0] == third[0][0]


def test_after_an_error_the_same_connection_is_asked_again(link):
    driver = driver_of(link.lent)
    with pytest.raises(DivisionByZero):
        in_one_trip(
            link,
            [Query(SAID, {"said": "a"}), Query(RATIO, {"of": 0}), Query(SAID, {})],
        )
    assert driver.info.transaction_status is TransactionStatus.INERROR
    driver.rollback()

    answers = in_one_trip(link, [Query(RATIO, {"of": 1}), Query(SAID, {"said": "b"})])

    assert (answers[0][0][0], answers[1][0][0]) == (1, "b")
    assert driver.pgconn.pipeline_status == PipelineStatus.OFF


def test_a_statement_is_prepared_once(link):
    for _ in range(3):
        asked(link, SAID, said="a")

    prepared = text("SELECT statement FROM pg_prepared_statements")
    found = [row[0] for row in asked(link, prepared)]

    assert sum("AS said" in statement for statement in found) == 1


def streamed(link, statement):
    return link.connection.execute(statement).all()


@pytest.mark.parametrize("asks", [asked, streamed])
def test_a_reading_is_of_one_moment_and_writes_nothing(postgresql_url, asks):
    store = open_postgresql(postgresql_url, create=True)
    with linked(store.adapter, write=False) as link:
        isolation = asks(link, text("SHOW transaction_isolation"))
        read_only = asks(link, text("SHOW transaction_read_only"))
    with linked(store.adapter, write=True) as link:
        after = asks(link, text("SHOW transaction_read_only"))
    store.close()

    assert (isolation[0][0], read_only[0][0]) == ("repeatable read", "on")
    assert after[0][0] == "off"


def test_what_fails_is_undone_and_leaves_nothing_behind(postgresql_url):
    store = open_postgresql(postgresql_url, create=True)

    def fails():
        with linked(store.adapter, write=True) as link:
            asked(link, text("CREATE TABLE made (by text)"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    there = text("SELECT to_regclass('made') AS there")
    with linked(store.adapter, write=False) as link:
        (found,) = asked(link, there)
    store.close()

    assert found == (None,)


def test_what_begins_the_next_ones_transaction_stays_as_they_said(postgresql_url):
    store = open_postgresql(postgresql_url, create=True)
    talks = []

    def taken_by_another(_, record):
        talks.append(record.info[OWN])
        talks[0].begin = BEGIN_TO_READ

    def fails():
        with linked(store.adapter, write=True) as link:
            event.listen(link.engine, "checkin", taken_by_another)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()

    assert [talk.begin for talk in talks] == [BEGIN_TO_READ]
    store.close()


def test_a_connection_on_which_one_was_interrupted_is_not_kept(postgresql_url):
    at_hand = AtHand(connecting(postgresql_url), is_there=lambda _: True)

    def interrupt(*_):
        raise ZeroDivisionError

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        with pytest.raises(ZeroDivisionError):
            in_no_transaction(at_hand, [Query(text("SELECT pg_sleep(5)"), {})])
    finally:
        signal.signal(signal.SIGALRM, before)

    assert in_no_transaction(at_hand, [Query(RATIO, {"of": 1})]) == [[(1,)]]
    at_hand.let_go()


def test_a_connection_that_ends_between_two_trips_is_lost_once(postgresql_url):
    store = open_postgresql(postgresql_url, create=True)
    one = text("SELECT 1 AS one")

    def is_cut_off():
        with linked(store.adapter, write=True) as link:
            asked(link, one)
            with psycopg.connect(postgresql_url, autocommit=True) as other:
                backend = driver_of(link.lent).info.backend_pid
                other.execute("SELECT pg_terminate_backend(%s, 10000)", [backend])
            asked(link, one)

    with pytest.raises(StoreUnreachable):
        is_cut_off()
    with linked(store.adapter, write=True) as link:
        (found,) = asked(link, one)
    store.close()

    assert found == (1,)
