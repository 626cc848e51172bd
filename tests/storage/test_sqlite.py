"""SQLite's second lines: what the file itself refuses, whoever asks."""
# ruff: noqa: S608 - the statements are made of our own table names

import fcntl
import json
import sqlite3
from contextlib import ExitStack, closing
from datetime import date

import pytest
from sqlalchemy import CompoundSelect, Select

import timebank
from timebank import operations as ops
from timebank.storage import loading, reading, writing
from timebank.storage.guards.sqlite import GUARDS
from timebank.storage.query import Query
from timebank.storage.sqlite import SAID, open_sqlite
from timebank.storage.tables import metadata
from timebank.testing.races import POLICY

from .places import linked

DAY = date(2024, 3, 1)
FACTS = ("entry", "posting", "taken_id")

ENTRY = (
    "INTO timebank_entry (ledger, position, id, kind, effective_on, recorded_at,"
    " recorded_on, root, body) VALUES (1, {position}, '{id}', 'gift', '2024-03-01', 0,"
    " '2024-03-01', '{id}', '{{}}')"
)
LEG = (
    "INTO timebank_posting (ledger, position, line, account, unit, bucket, amount, rule,"
    " undoes, day, origin) VALUES (1, {position}, {line}, 'ada', 'points', 'free',"
    " {amount}, '', 0, '2024-03-01', {position})"
)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "books.db"
    with timebank.create(f"sqlite:///{path}", ledger="home", actor="desk-1") as bank:
        bank.adopt(POLICY, on=DAY)
        bank.open_account("ada", on=DAY, private={"name": "Ada"}, id="ada opens")
        bank.record_service("ada", "care", 60, on=DAY, id="service")
        bank.void("never", on=DAY)
    return path


@pytest.fixture(params=["as timebank connects", "as anybody connects"])
def connection(request, path):
    """A connection that is not the library's, with and without its settings."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        if request.param == "as timebank connects":
            connection.execute("PRAGMA recursive_triggers = ON")
            connection.execute("PRAGMA foreign_keys = ON")
        yield connection


def head(connection):
    return connection.execute("SELECT MAX(position) FROM timebank_entry").fetchone()[0]


def test_facts_are_there_to_be_attacked(connection):
    for table in (*FACTS, "private", "ledger"):
        (count,) = connection.execute(
            f"SELECT COUNT(*) FROM timebank_{table}"
        ).fetchone()

        assert count, table


@pytest.mark.parametrize(
    ("table", "column"),
    [
        (table.name, column.name)
        for table in metadata.sorted_tables
        for column in table.columns
        if table.name.removeprefix("timebank_") in FACTS
    ],
)
def test_no_column_of_a_fact_can_be_changed(connection, table, column):
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(f"UPDATE {table} SET {column} = {column}")


@pytest.mark.parametrize("table", FACTS)
def test_no_fact_can_be_deleted(connection, table):
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(f"DELETE FROM timebank_{table}")


@pytest.mark.parametrize("table", [*FACTS, "ledger", "private"])
@pytest.mark.parametrize("verb", ["INSERT OR REPLACE", "REPLACE", "INSERT"])
def test_no_fact_can_be_replaced_by_inserting_it_again(connection, table, verb):
    before = connection.execute(f"SELECT * FROM timebank_{table}").fetchall()

    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(
            f"{verb} INTO timebank_{table} SELECT * FROM timebank_{table} LIMIT 1"
        )

    assert connection.execute(f"SELECT * FROM timebank_{table}").fetchall() == before


@pytest.mark.parametrize("table", FACTS)
def test_no_fact_can_be_changed_by_an_upsert(connection, table):
    key = "ledger, position, line" if table == "posting" else "ledger, id"
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(
            f"INSERT INTO timebank_{table} SELECT * FROM timebank_{table} WHERE true "
            f"LIMIT 1 ON CONFLICT ({key}) DO UPDATE SET ledger = 9"
        )


def test_private_details_can_be_erased_but_not_changed(connection):
    with pytest.raises(sqlite3.IntegrityError, match="never changed"):
        connection.execute("UPDATE timebank_private SET body = '[]'")

    connection.execute("DELETE FROM timebank_private")


@pytest.mark.parametrize("column", ["ledger", "name", "time_zone", "keep_refusals"])
def test_a_ledger_is_set_up_once(connection, column):
    with pytest.raises(sqlite3.IntegrityError, match="set up once"):
        connection.execute(f"UPDATE timebank_ledger SET {column} = {column}")


def test_a_ledger_cannot_be_deleted(connection):
    with pytest.raises(sqlite3.IntegrityError, match="for ever"):
        connection.execute("DELETE FROM timebank_ledger")


@pytest.mark.parametrize("skip", [-1, 1, 2])
def test_an_entry_stands_right_after_the_last(connection, skip):
    position = head(connection) + 1 + skip

    with pytest.raises(sqlite3.IntegrityError):
        connection.execute("INSERT " + ENTRY.format(position=position, id="new"))


def test_an_entry_right_after_the_last_is_let_in(connection):
    position = head(connection) + 1

    connection.execute("INSERT " + ENTRY.format(position=position, id="new"))

    assert head(connection) == position


def test_an_id_is_not_taken_twice(connection):
    position = head(connection) + 1

    with pytest.raises(sqlite3.IntegrityError, match="the id is taken"):
        connection.execute(
            "INSERT OR REPLACE " + ENTRY.format(position=position, id="service")
        )


def test_the_postings_of_an_entry_sum_to_zero(connection):
    position = head(connection) + 1
    connection.execute("BEGIN")
    connection.execute("INSERT " + LEG.format(position=position, line=0, amount=5))
    connection.execute("INSERT " + LEG.format(position=position, line=1, amount=-4))

    with pytest.raises(sqlite3.IntegrityError, match="sum to zero"):
        connection.execute("INSERT " + ENTRY.format(position=position, id="new"))


def test_no_leg_is_added_to_an_entry_that_is_there(connection):
    leg = LEG.format(position=head(connection), line=9, amount=1)

    with pytest.raises(sqlite3.IntegrityError, match="before their entry"):
        connection.execute("INSERT " + leg)


@pytest.mark.parametrize("amount", [0, 10**15 + 1, -(10**15) - 1, 2**63])
def test_an_amount_out_of_bounds_does_not_get_in(connection, amount):
    leg = LEG.format(position=head(connection) + 1, line=0, amount=amount)

    with pytest.raises(sqlite3.IntegrityError):
        connection.execute("INSERT " + leg)


@pytest.mark.parametrize("amount", ["1.5", "1e300", "'many'", "NULL", "x'01'"])
def test_what_is_no_whole_number_does_not_get_in(connection, amount):
    leg = LEG.format(position=head(connection) + 1, line=0, amount=amount)

    with pytest.raises(sqlite3.IntegrityError):
        connection.execute("INSERT " + leg)


def test_every_table_is_strict(connection):
    tables = connection.execute("PRAGMA table_list").fetchall()
    strict = {row[1]: row[5] for row in tables if row[1].startswith("timebank_")}

    assert set(strict) == set(metadata.tables)
    assert set(strict.values()) == {1}


@pytest.mark.parametrize("ahead", [1, 9])
def test_a_leg_without_an_entry_is_found_by_the_audit(path, ahead):
    with closing(sqlite3.connect(path)) as connection, connection:
        position = head(connection) + ahead
        connection.execute("INSERT " + LEG.format(position=position, line=0, amount=5))

    with timebank.open(f"sqlite:///{path}", ledger="home", actor="desk-1") as bank:
        assert bank.verify().faults == (
            f"position {position}: law 7: postings are kept and no entry stands there",
        )


@pytest.mark.parametrize("guard", sorted(GUARDS))
def test_a_guard_that_was_taken_away_is_missed(path, guard):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"DROP TRIGGER {guard}")

    with timebank.open(f"sqlite:///{path}", ledger="home", actor="desk-1") as bank:
        assert [f for f in bank.verify().faults if guard in f]


def test_a_guard_that_was_weakened_is_missed(path):
    guard = "timebank_entry_delete"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"DROP TRIGGER {guard}")
        connection.execute(
            f"CREATE TRIGGER {guard} BEFORE DELETE ON timebank_entry BEGIN SELECT 1; END"
        )

    with timebank.open(f"sqlite:///{path}", ledger="home", actor="desk-1") as bank:
        assert not bank.verify().sound


# ---------------------------------------------------------------- how it connects


@pytest.fixture
def store(path):
    store = open_sqlite(f"sqlite:///{path}")
    yield store
    store.close()


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("synchronous", 2),
        ("journal_mode", "wal"),
        ("foreign_keys", 1),
        ("recursive_triggers", 1),
        ("busy_timeout", 5000),
    ],
)
def test_each_connection_is_set_as_it_must_be(store, pragma, value):
    with ExitStack() as stack:
        begun = [linked(store.adapter, write=False) for _ in range(3)]
        several = [stack.enter_context(each).connection for each in begun]
        found = [c.exec_driver_sql(f"PRAGMA {pragma}").scalar() for c in several]

    assert found == [value] * 3


def statements_of(store, begin):
    """Return what SQLite is asked while a turn or a reading lasts."""

    def last():
        with begin("home"):
            pass

    return traced(store, last)


def traced(store, do):
    """Return every statement that SQLite is asked while something is done."""
    seen = []
    with linked(store.adapter, write=False) as link:
        driver = link.lent.driver_connection
    driver.set_trace_callback(seen.append)
    do()
    driver.set_trace_callback(None)
    # one that is done for many rows, or has triggers, is told of as many times
    return list(dict.fromkeys(statement.partition("VALUES")[0] for statement in seen))


def test_a_turn_takes_the_write_lock_before_it_reads(store):
    assert statements_of(store, store.turn)[0] == "BEGIN IMMEDIATE"


@pytest.mark.parametrize(
    ("ask", "count"),
    [
        pytest.param(
            lambda bank: bank.record_service("ada", "care", 60, on=DAY, id="more"),
            8,
            id="a service",
        ),
        pytest.param(
            lambda bank: bank.record_service("ada", "care", 60, on=DAY, id="service"),
            4,
            id="one that is there already",
        ),
        pytest.param(lambda bank: bank.reverse("service", on=DAY), 10, id="a reversal"),
    ],
)
def test_a_turn_asks_a_fixed_number_of_questions(path, ask, count):
    with timebank.open(f"sqlite:///{path}", ledger="home", actor="desk-1") as bank:
        # the policies are known then, though the journal has grown
        bank.post(ops.VoidId(voided="any"), on=DAY)
        seen = traced(bank.store, lambda: ask(bank))

    assert len(seen) == count, seen


@pytest.mark.parametrize(
    ("ask", "count"),
    [
        pytest.param(lambda bank: bank.balance("ada", "points"), 1, id="a balance"),
        pytest.param(
            lambda bank: bank.balance("ada", "points", as_of=99),
            1,
            id="one as of a position",
        ),
        pytest.param(
            lambda bank: bank.balance("ada", "points", effective_on=DAY),
            1,
            id="of a day",
        ),
        pytest.param(
            lambda bank: bank.balance("issuer", "points"), 2, id="no balances"
        ),
        pytest.param(lambda bank: bank.statement("ada", "points"), 1, id="a statement"),
    ],
)
def test_a_figure_is_one_question_and_no_transaction(path, ask, count):
    with timebank.open(f"sqlite:///{path}", ledger="home", actor="desk-1") as bank:
        bank.balance("ada", "points")
        seen = traced(bank.store, lambda: ask(bank))

    assert len(seen) == count, seen
    assert not {"BEGIN", "COMMIT"} & set(seen)


QUESTIONS = {
    name: statement
    for module in (loading, reading, writing)
    for name, statement in vars(module).items()
    if isinstance(statement, Select | CompoundSelect)
    and "json_each" in SAID(Query(statement))[0]
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_what_is_asked_of_some_keys_is_looked_up_by_them(connection, name):
    statement, values = SAID(Query(QUESTIONS[name]))

    plan = [
        step
        for *_, step in connection.execute(f"EXPLAIN QUERY PLAN {statement}", values)
        # a ledger has one head
        if "timebank_" in step and "timebank_head" not in step
    ]

    found_by = [step.rpartition("(")[2] for step in plan if "SEARCH" in step]
    assert plan
    assert len(found_by) == len(plan), plan
    # a range of positions is the ledger again
    assert {"ledger=?)", "ledger=? AND position<?)"}.isdisjoint(found_by), plan


def test_policies_are_found_among_any_number_of_entries(connection):
    statement, values = SAID(Query(reading.ADOPTIONS))

    (step,) = connection.execute(f"EXPLAIN QUERY PLAN {statement}", values)

    assert "ix_timebank_entry_adopted" in step[-1]
    # a plan for any value, as PostgreSQL makes it, knows the index by these words only
    assert "kind = 'adopt-policy'" in statement


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param({"b", "a"}, id="in order"),
        pytest.param({'a"b\\', "\x00\n\x7f", "王安娜", "𠮷", "\ud800"}, id="awkward"),
        pytest.param({10, -3, 2**53}, id="numbers"),
        pytest.param(set(), id="none"),
    ],
)
def test_keys_are_written_as_the_encoder_would(keys):
    _, values = SAID(Query(loading.KNOWN, {"many": keys}))

    assert values["many"] == json.dumps(sorted(keys), separators=(",", ":"))


def test_a_turn_holds_the_fair_lock_and_a_reading_does_not(path, store):
    with path.with_name("books.db-turn").open("rb") as sidecar:
        with store.reading("home"):
            fcntl.flock(sidecar, fcntl.LOCK_EX | fcntl.LOCK_NB)
            fcntl.flock(sidecar, fcntl.LOCK_UN)

        with store.turn("home"), pytest.raises(BlockingIOError):
            fcntl.flock(sidecar, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_reading_takes_no_lock(store):
    assert statements_of(store, store.reading)[0] == "BEGIN"


def test_a_reading_sees_its_own_moment_while_others_write(path, store):
    with (
        timebank.open(f"sqlite:///{path}", ledger="home", actor="desk-1") as bank,
        store.reading("home") as reading,
    ):
        before = reading.head
        bank.record_service("ada", "care", 60, on=DAY)

        assert reading.head == before
        assert len(list(reading.entries())) == before
