"""
PostgreSQL's guards: what the server refuses, whoever asks.

Every statement here is run as a superuser, whom no rights hold back, and once more with
each guard taken away, which shows that it is this guard that refuses.
"""

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from timebank.errors import StoreDamaged
from timebank.storage import schema
from timebank.storage.guards import postgresql as guards
from timebank.storage.urls import open_store

from ..postgres import database, wait_until

HOMES = ("public", "user", 'of "the :bank" %s')
"""Where tables may live: as usual, a word of SQL, and as odd as names come."""


@pytest.fixture(scope="module")
def template():
    """The name of a database that holds two ledgers with an entry each."""
    with database() as url:
        made(url, "public")
        with psycopg.connect(url) as connection:
            for ledger in (1, 2):
                fill(connection, ledger)
        yield url.rpartition("/")[2].partition("?")[0]


@pytest.fixture
def books(template):
    """A superuser's connection to books of their own."""
    with database(template) as url, psycopg.connect(url) as connection:
        yield connection


def made(url, home, profile=schema.Profile.GUARDED):
    """Make the tables in the schema *home* of the database."""
    path = sql.Identifier(home).as_string().replace("%", "%%")
    made_in(
        url,
        f"CREATE SCHEMA IF NOT EXISTS {path}",
        f"SET LOCAL search_path = {path}",
        profile=profile,
    )


def made_in(url, *before, profile=schema.Profile.GUARDED):
    """Make the tables, after some statements in the same transaction."""
    with connected(url) as connection:
        for statement in before:
            connection.exec_driver_sql(statement)
        schema.make(connection, profile)


@contextmanager
def connected(url):
    engine = create_engine(
        "postgresql+psycopg://",
        creator=lambda: psycopg.connect(url),
        poolclass=NullPool,
    )
    with engine.begin() as connection:
        yield connection


def fill(connection, ledger):
    connection.execute(
        "INSERT INTO timebank_ledger VALUES (%s, %s, 'Asia/Shanghai', 0, 0)",
        (ledger, f"l-{ledger}"),
    )
    add_postings(connection, ledger, (1, "hours", -60), (1, "hours", 60))
    add_entries(connection, ledger, 1)
    connection.execute("INSERT INTO timebank_taken_id VALUES (%s, 'v', 1)", (ledger,))
    connection.execute(
        "INSERT INTO timebank_private VALUES (%s, 'e-1', '', '{}')", (ledger,)
    )


def add_entries(connection, ledger, *positions):
    values = ", ".join(
        f"({ledger}, {n}, 'e-{n}', 'service', '', 0, '', 'e-{n}', '')"
        for n in positions
    )
    connection.execute(
        "INSERT INTO timebank_entry (ledger, position, id, kind, effective_on, "
        f"recorded_at, recorded_on, root, body) VALUES {values}"
    )


def add_postings(connection, ledger, *legs):
    values = ", ".join(
        f"({ledger}, {position}, {line}, 'a', '{unit}', 'free', {amount}, '', 0, '', 0)"
        for line, (position, unit, amount) in enumerate(legs)
    )
    connection.execute(
        "INSERT INTO timebank_posting (ledger, position, line, account, unit, bucket, "
        f"amount, rule, undoes, day, origin) VALUES {values}"
    )


def take_away(connection, guard):
    """Drop the trigger *guard*."""
    table, _ = guards.triggers_in("")[guard]
    connection.execute(f"DROP TRIGGER {guard} ON {table}")


# ---------------------------------------------------------------- facts are for ever

# guard → what it refuses
CHANGES = {
    **{
        f"timebank_{table}_{verb}": statement.format(table=f"timebank_{table}")
        for table in ("entry", "posting", "taken_id")
        for verb, statement in {
            "update": "UPDATE {table} SET position = position",
            "delete": "DELETE FROM {table} WHERE ledger = 2",
            "truncate": "TRUNCATE {table}",
        }.items()
    },
    "timebank_private_update": "UPDATE timebank_private SET body = '{{}}'",
    "timebank_private_truncate": "TRUNCATE timebank_private",
    "timebank_ledger_update": "UPDATE timebank_ledger SET time_zone = 'UTC'",
    "timebank_ledger_delete": "DELETE FROM timebank_ledger WHERE ledger = 2",
    "timebank_ledger_truncate": "TRUNCATE timebank_ledger",
}


@pytest.mark.parametrize("replica", [False, True], ids=["", "as a replica"])
@pytest.mark.parametrize("guard", CHANGES)
def test_a_fact_is_not_changed_by_anybody(books, guard, replica):
    if replica:
        books.execute("SET session_replication_role = replica")

    with pytest.raises(psycopg.errors.RestrictViolation):
        books.execute(CHANGES[guard])


@pytest.mark.parametrize("guard", CHANGES)
def test_it_is_that_guard_which_refuses(books, guard):
    take_away(books, guard)

    books.execute(CHANGES[guard])


@pytest.mark.parametrize(
    "statement",
    [
        (
            "INSERT INTO timebank_taken_id VALUES (1, 'v', 1) "
            "ON CONFLICT (ledger, id) DO UPDATE SET position = 2"
        ),
        (
            "MERGE INTO timebank_taken_id AS t USING (SELECT 1) AS s ON t.id = 'v' "
            "WHEN MATCHED THEN DELETE"
        ),
        "WITH gone AS (DELETE FROM timebank_posting RETURNING *) SELECT * FROM gone",
        "TRUNCATE timebank_head, timebank_entry CASCADE",
        "UPDATE timebank_ledger SET name = 'x', policy_position = 1",
    ],
)
def test_a_fact_is_not_changed_in_other_words(books, statement):
    with pytest.raises(psycopg.errors.RestrictViolation):
        books.execute(statement)


def test_a_fact_is_not_changed_through_a_parent_of_its_table(books):
    books.execute("CREATE TABLE parent (LIKE timebank_taken_id)")
    books.execute("ALTER TABLE timebank_taken_id INHERIT parent")

    with pytest.raises(psycopg.errors.RestrictViolation):
        books.execute("DELETE FROM parent")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE timebank_ledger SET policy_position = 1",
        "DELETE FROM timebank_private",
        "UPDATE timebank_head SET position = 2",
        "INSERT INTO timebank_taken_id VALUES (1, 'v', 9) ON CONFLICT DO NOTHING",
    ],
)
def test_what_has_to_be_possible_is_possible(books, statement):
    books.execute(statement)


# ---------------------------------------------------------------- whole and in order


def test_entries_and_legs_arrive_in_several_statements(books):
    add_postings(books, 1, (2, "hours", 30), (3, "cases", 5))
    add_postings(books, 2, (2, "hours", 30), (2, "hours", -30))
    books.execute(
        "INSERT INTO timebank_posting (ledger, position, line, account, unit, bucket, "
        "amount, rule, undoes, day, origin) VALUES "
        "(1, 3, 9, 'b', 'cases', 'free', -5, '', 0, '', 0), "
        "(1, 2, 9, 'b', 'hours', 'free', -30, '', 0, '', 0)"
    )
    add_entries(books, 1, 3, 2)
    add_entries(books, 1, 4)
    add_entries(books, 2, 2)


@pytest.mark.parametrize(
    "positions",
    [(3,), (2, 4), (0,), (3, 4), (2, 3, 5)],
    ids=["one left out", "one between", "before the first", "all too far", "the last"],
)
def test_entries_leave_no_gap(books, positions):
    with pytest.raises(
        psycopg.errors.CheckViolation, match=r"without gaps|ck_timebank_entry_position"
    ):
        add_entries(books, 1, *positions)


def test_the_first_entry_of_a_ledger_stands_at_1(books):
    with pytest.raises(psycopg.errors.CheckViolation, match="without gaps"):
        add_entries(books, 3, 2)

    books.rollback()
    add_entries(books, 3, 1, 2)


def test_ledgers_are_looked_at_one_by_one(books):
    columns = (
        "INSERT INTO timebank_entry (ledger, position, id, kind, effective_on, "
        "recorded_at, recorded_on, root, body) VALUES "
    )
    row = "({}, {}, 'n', 's', '', 0, '', 'n', '')"

    with pytest.raises(psycopg.errors.CheckViolation, match="without gaps"):
        books.execute(columns + f"{row.format(1, 2)}, {row.format(2, 3)}")

    books.rollback()
    books.execute(columns + f"{row.format(1, 2)}, {row.format(2, 2)}")


@pytest.mark.parametrize(
    "legs",
    [
        [(2, "hours", 60)],
        [(2, "hours", 60), (2, "hours", -59)],
        [(2, "hours", 60), (2, "cases", -60)],
        [(2, "hours", 60), (3, "hours", -60)],
    ],
    ids=["one leg", "one part too few", "another unit", "another entry"],
)
def test_legs_that_do_not_sum_to_zero_get_no_entry(books, legs):
    add_postings(books, 1, *legs)

    with pytest.raises(psycopg.errors.CheckViolation, match="sum to zero"):
        add_entries(books, 1, 2, 3)


@pytest.mark.parametrize("position", [1, 0, -1])
def test_no_leg_is_added_where_an_entry_stands(books, position):
    with pytest.raises(psycopg.errors.CheckViolation, match="before their entry"):
        books.execute(
            "INSERT INTO timebank_posting (ledger, position, line, account, unit, "
            "bucket, amount, rule, undoes, day, origin) VALUES "
            f"(1, {position}, 7, 'b', 'hours', 'free', 5, '', 0, '', 0), "
            f"(1, {position}, 8, 'b', 'hours', 'free', -5, '', 0, '', 0)"
        )


@pytest.mark.parametrize(
    ("ledger", "positions"),
    [(1, (2, 1)), (3, (0,)), (3, (1, -1))],
    ids=["one of two stands", "before the first", "one of two before the first"],
)
def test_no_leg_hides_behind_another_or_before_the_first_entry(
    books, ledger, positions
):
    with pytest.raises(psycopg.errors.CheckViolation, match="before their entry"):
        books.execute(
            "INSERT INTO timebank_posting (ledger, position, line, account, unit, "
            "bucket, amount, rule, undoes, day, origin) VALUES "
            + ", ".join(
                f"({ledger}, {each}, 7, 'b', 'hours', 'free', 5, '', 0, '', 0)"
                for each in positions
            )
        )


def test_what_is_copied_in_is_looked_at_too(books):
    with (
        pytest.raises(psycopg.errors.CheckViolation, match="without gaps"),
        books.cursor().copy(
            "COPY timebank_entry (ledger, position, id, kind, effective_on, "
            "recorded_at, recorded_on, root, body) FROM STDIN"
        ) as copy,
    ):
        copy.write_row((1, 5, "e-5", "service", "", 0, "", "e-5", ""))


# guard → what it refuses
ARRIVALS = {
    "timebank_entry_insert": lambda books: add_entries(books, 1, 3),
    "timebank_posting_insert": lambda books: add_postings(books, 3, (0, "hours", 1)),
}


@pytest.mark.parametrize("guard", ARRIVALS)
def test_a_replica_is_looked_at_as_well(books, guard):
    books.execute("SET session_replication_role = replica")

    with pytest.raises(psycopg.errors.CheckViolation):
        ARRIVALS[guard](books)


@pytest.mark.parametrize("guard", ARRIVALS)
def test_it_is_that_guard_which_looks(books, guard):
    take_away(books, guard)

    ARRIVALS[guard](books)


def test_every_guard_is_tried_here():
    assert {*CHANGES, *ARRIVALS} == set(guards.triggers_in(""))


def test_a_table_of_the_same_name_elsewhere_deceives_no_guard(books):
    books.execute("CREATE TEMPORARY TABLE timebank_posting (LIKE timebank_posting)")
    books.execute("CREATE TEMPORARY TABLE timebank_entry (LIKE public.timebank_entry)")
    books.execute(
        "INSERT INTO public.timebank_posting (ledger, position, line, account, unit, "
        "bucket, amount, rule, undoes, day, origin) VALUES "
        "(1, 2, 7, 'b', 'hours', 'free', 5, '', 0, '', 0)"
    )

    with pytest.raises(psycopg.errors.CheckViolation, match="sum to zero"):
        books.execute(
            "INSERT INTO public.timebank_entry (ledger, position, id, kind, "
            "effective_on, recorded_at, recorded_on, root, body) VALUES "
            "(1, 2, 'n', 's', '', 0, '', 'n', '')"
        )


# ---------------------------------------------------------------- missed when gone


def missing(url, home="public"):
    path = sql.Identifier(home).as_string().replace("%", "%%")
    with connected(url) as connection:
        connection.exec_driver_sql(f"SET LOCAL search_path = {path}")
        return schema.missing_guards(connection)


@pytest.fixture(params=HOMES)
def home(request, postgresql_url):
    """A schema with tables and guards, and the URL of its database."""
    made(postgresql_url, request.param)
    return request.param, postgresql_url


def run(url, home, statement):
    with psycopg.connect(url) as connection:
        path = sql.SQL("SET search_path = {}").format(sql.Identifier(home))
        connection.execute(path)
        connection.execute(statement)


def test_where_all_guards_are_there_none_is_missed(home):
    assert missing(home[1], home[0]) == ()


SPOILED = {
    "dropped": "DROP TRIGGER {name} ON {table}",
    "off": "ALTER TABLE {table} DISABLE TRIGGER {name}",
    "off for replicas": "ALTER TABLE {table} ENABLE TRIGGER {name}",
    "only for replicas": "ALTER TABLE {table} ENABLE REPLICA TRIGGER {name}",
    "hidden": "UPDATE pg_class SET relhastriggers = false WHERE relname = '{table}'",
    "renamed": "ALTER TRIGGER {name} ON {table} RENAME TO other_{name}",
}


@pytest.mark.parametrize("how", SPOILED)
def test_a_trigger_that_was_spoiled_is_missed(home, how):
    name, url = home
    for guard, (table, _) in guards.triggers_in("").items():
        run(url, name, SPOILED[how].format(name=guard, table=table))

    assert missing(url, name) == tuple(guards.triggers_in(""))


@pytest.mark.parametrize("guard", guards.triggers_in(""))
def test_a_trigger_that_is_gone_is_missed_by_its_name(template, guard):
    with database(template) as url:
        with psycopg.connect(url) as connection:
            take_away(connection, guard)

        assert missing(url) == (guard,)


@pytest.mark.parametrize(
    ("definition", "altered"),
    [
        ("FOR EACH ROW", "FOR EACH ROW WHEN (OLD.ledger <> 1)"),
        ("BEFORE UPDATE ON", "BEFORE UPDATE OF id ON"),
        ("timebank_append_only", "let_it_be"),
        ("public.timebank_append_only", "elsewhere.timebank_append_only"),
    ],
)
def test_a_trigger_that_says_something_else_is_missed(
    postgresql_url, definition, altered
):
    made(postgresql_url, "public")
    guard = "timebank_entry_update"
    table, ours = guards.triggers_in("public")[guard]
    nothing = "RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
    for statement in (
        "CREATE SCHEMA elsewhere",
        f"CREATE FUNCTION let_it_be() {nothing}",
        f"CREATE FUNCTION elsewhere.timebank_append_only() {nothing}",
        f"DROP TRIGGER {guard} ON {table}",
        ours.replace(definition, altered),
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {guard}",
    ):
        run(postgresql_url, "public", statement)

    assert missing(postgresql_url) == (guard,)


def test_a_function_of_the_same_name_that_is_found_first_is_none_of_ours(
    postgresql_url,
):
    made(postgresql_url, "public")
    guard = "timebank_entry_update"
    table, ours = guards.triggers_in("public")[guard]
    for statement in (
        "CREATE SCHEMA elsewhere",
        (
            "CREATE FUNCTION elsewhere.timebank_append_only() RETURNS trigger "
            "LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
        ),
        f"DROP TRIGGER {guard} ON {table}",
        ours.replace("public.timebank_append_only", "elsewhere.timebank_append_only"),
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {guard}",
    ):
        run(postgresql_url, "public", statement)

    with connected(postgresql_url) as connection:
        connection.exec_driver_sql("SET LOCAL search_path = elsewhere, public")
        assert schema.missing_guards(connection) == (guard,)


@pytest.mark.parametrize("function", guards.functions_in(""))
@pytest.mark.parametrize(
    "how",
    [
        (
            "CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql "
            "SET search_path = pg_catalog, pg_temp AS 'BEGIN RETURN NULL; END'"
        ),
        "ALTER FUNCTION {name}() RESET ALL",
        "ALTER FUNCTION {name}() SET search_path = public",
        "ALTER FUNCTION {name}() SECURITY DEFINER",
        "ALTER FUNCTION {name}() RENAME TO other",
    ],
    ids=lambda how: re.sub(r".*\{name\}\(\) ", "", how)[:20],
)
def test_a_function_that_was_altered_is_missed(template, function, how):
    with database(template) as url:
        run(url, "public", how.format(name=function))

        assert function in missing(url)


def test_where_no_schema_would_hold_the_tables_it_is_said(postgresql_url):
    with pytest.raises(StoreDamaged, match="search_path"):
        made_in(postgresql_url, "SET LOCAL search_path = nowhere")


def test_where_there_are_no_tables_nothing_is_missed(postgresql_url):
    assert missing(postgresql_url) == ()


def test_the_plain_profile_has_no_guard_and_misses_none(postgresql_url):
    made(postgresql_url, "public", schema.Profile.PLAIN)

    assert missing(postgresql_url) == ()
    with psycopg.connect(postgresql_url) as connection:
        for kind in (
            "pg_trigger",
            "pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace",
            "pg_constraint WHERE condeferrable",
            "pg_proc WHERE pronamespace = 'public'::regnamespace",
        ):
            found = connection.execute(f"SELECT count(*) FROM {kind}").fetchone()
            assert found == (0,), kind


def test_no_index_depends_on_how_a_language_is_sorted(books):
    found = books.execute(
        "SELECT DISTINCT attcollation::regcollation::text FROM pg_attribute "
        "JOIN pg_class AS c ON c.oid = attrelid WHERE attnum > 0 "
        "AND c.relname LIKE 'timebank%' AND atttypid = 'text'::regtype"
    ).fetchall()

    assert found == [('"C"',)]


def test_who_comes_second_waits_for_the_tables_and_finds_them(postgresql_url):
    with connected(postgresql_url) as first, ThreadPoolExecutor() as others:
        schema.make(first)
        second = others.submit(open_store, postgresql_url, create=True)
        wait_until(lambda: first.scalar(text(WAITING)))
        first.commit()

        second.result().close()

    assert missing(postgresql_url) == ()


def test_who_comes_second_makes_the_tables_where_the_first_gave_up(postgresql_url):
    with connected(postgresql_url) as first, ThreadPoolExecutor() as others:
        schema.make(first)
        second = others.submit(open_store, postgresql_url, create=True)
        wait_until(lambda: first.scalar(text(WAITING)))
        first.rollback()

        second.result().close()

    assert missing(postgresql_url) == ()


WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"


def test_the_guards_read_little_however_large_the_tables(books):
    """A plan that reads the whole table would be kept for a session's life."""
    books.execute(
        "INSERT INTO timebank_posting (ledger, position, line, account, unit, bucket, "
        "amount, rule, undoes, day, origin) SELECT 1, 1 + n, line, 'a', 'hours', 'free', "
        "(1 - 2 * line) * 60, '', 0, '', 0 FROM generate_series(1, 20000) AS n, "
        "generate_series(0, 1) AS line"
    )
    add_entries(books, 1, *range(2, 20_002))
    before = rows_read(books)

    for position in range(20_002, 20_022):
        add_postings(books, 1, (position, "hours", 60), (position, "hours", -60))
        add_entries(books, 1, position)

    assert rows_read(books) - before < 1_000


def rows_read(connection):
    """Return how many rows and index entries of ours were read until now."""
    connection.commit()
    connection.execute("SELECT pg_stat_force_next_flush()")
    connection.commit()
    (read,) = connection.execute(
        "SELECT (SELECT sum(seq_tup_read) FROM pg_stat_user_tables) "
        "+ (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes)"
    ).fetchone()
    return read
