"""
Whoever goes past the guards is held up, or found: by the audit, or as a guard that is missing.

Here the owner of the books tries, as a superuser on PostgreSQL and with the file in hand on
SQLite.  What the guards refuse statement by statement is in ``tests/storage``.  What leaves
books that agree with themselves is found by a checkpoint kept elsewhere (law 11), and by
nothing here.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from ..postgres import database
from .books import DAY, make, open_books, sqlite

pytestmark = pytest.mark.slow

NEW_ENTRY = (
    "INSERT INTO timebank_entry (ledger, position, id, kind, effective_on, recorded_at, "
    "recorded_on, root, body) SELECT ledger, position + {ahead}, 'forged', kind, "
    "effective_on, recorded_at, recorded_on, 'forged', body FROM timebank_entry "
    "WHERE id = 'two'"
)
NEW_LEG = (
    "INSERT INTO timebank_posting (ledger, position, line, account, unit, bucket, amount, "
    "rule, undoes, day, origin) SELECT ledger, position, 9, account, unit, bucket, 5, rule, "
    "undoes, day, origin FROM timebank_posting WHERE account = 'ada' LIMIT 1"
)
ALTER = "UPDATE timebank_posting SET amount = amount * 2"

# what is tried → the statements, of which one is refused
HELD_UP = {
    "a change": [ALTER],
    "a deletion": ["DELETE FROM timebank_entry WHERE id = 'two'"],
    "a leg more": [NEW_LEG],
    "a gap": [NEW_ENTRY.format(ahead=9)],
    "an upsert": [
        (
            "INSERT INTO timebank_entry SELECT * FROM timebank_entry WHERE id = 'two' "
            "ON CONFLICT (ledger, position) DO UPDATE SET body = '{}'"
        )
    ],
}
HELD_UP_ON_POSTGRESQL = HELD_UP | {
    "a truncation": ["TRUNCATE timebank_entry, timebank_posting"],
    "a truncation of all that hangs on it": ["TRUNCATE timebank_ledger CASCADE"],
    "a change as a replica": ["SET session_replication_role = replica", ALTER],
    "a truncation as a replica": [
        "SET session_replication_role = replica",
        "TRUNCATE timebank_entry",
    ],
    "a gap as a replica": [
        "SET session_replication_role = replica",
        NEW_ENTRY.format(ahead=9),
    ],
    "a merge": [
        (
            "MERGE INTO timebank_entry AS e USING (SELECT 1) AS s ON e.id = 'two' "
            "WHEN MATCHED THEN UPDATE SET body = '{}'"
        )
    ],
    "a change in a function of the owner's": [
        (
            f"DO $$ BEGIN PERFORM set_config('session_replication_role', 'replica', true); "
            f"{ALTER}; END $$"
        )
    ],
    "a body of another type": [
        "ALTER TABLE timebank_ledger ALTER COLUMN time_zone TYPE text USING 'UTC'"
    ],
}
HELD_UP_ON_SQLITE = HELD_UP | {
    "a replacement": [
        "REPLACE INTO timebank_entry SELECT * FROM timebank_entry WHERE id = 'two'"
    ],
    "a replacement past the triggers on deletion": [
        "PRAGMA recursive_triggers = OFF",
        "PRAGMA foreign_keys = OFF",
        "REPLACE INTO timebank_entry SELECT * FROM timebank_entry WHERE id = 'two'",
    ],
    "an update that replaces": [
        "PRAGMA recursive_triggers = OFF",
        "UPDATE OR REPLACE timebank_entry SET id = 'one' WHERE id = 'two'",
    ],
}

# what is done → the statements, and the fault that tells of it
FOUND_ON_POSTGRESQL = {
    "a column rewritten by its type": (
        [
            "ALTER TABLE timebank_posting ALTER COLUMN amount TYPE bigint USING amount * 2"
        ],
        "position",
    ),
    "a body rewritten by its type": (
        [
            (
                "ALTER TABLE timebank_entry ALTER COLUMN body TYPE text "
                "USING replace(body, '\"minutes\":60', '\"minutes\":30')"
            )
        ],
        "position",
    ),
    "a body written otherwise by its type": (
        [
            (
                "ALTER TABLE timebank_entry ALTER COLUMN body TYPE text "
                "USING replace(body, '\"format\":1', '\"format\": 1')"
            )
        ],
        "law 2: the body of",
    ),
    "a guard dropped": (
        ["DROP TRIGGER timebank_entry_update ON timebank_entry"],
        "guard",
    ),
    "guards off": (["ALTER TABLE timebank_posting DISABLE TRIGGER ALL"], "guard"),
    "guards off and on again, as a restored dump does": (
        [
            "ALTER TABLE timebank_posting DISABLE TRIGGER ALL",
            ALTER,
            "ALTER TABLE timebank_posting ENABLE TRIGGER ALL",
        ],
        "guard",
    ),
    "guards off, a change, and all as it was": (
        [
            "ALTER TABLE timebank_posting DISABLE TRIGGER timebank_posting_update",
            ALTER,
            "ALTER TABLE timebank_posting ENABLE ALWAYS TRIGGER timebank_posting_update",
        ],
        "position",
    ),
    "guards with nothing in them": (
        [
            (
                "CREATE OR REPLACE FUNCTION timebank_append_only() RETURNS trigger "
                "LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS "
                "'BEGIN RETURN NEW; END'"
            )
        ],
        "guard",
    ),
    "guards hidden from the table": (
        [
            "UPDATE pg_class SET relhastriggers = false WHERE relname = 'timebank_posting'",
        ],
        "guard",
    ),
    "guards switched off in the catalogue": (
        ["UPDATE pg_trigger SET tgenabled = 'D' WHERE tgname LIKE 'timebank%'"],
        "guard",
    ),
    "facts from another table": (
        [
            "CREATE TABLE heir () INHERITS (timebank_posting)",
            NEW_LEG.replace("INTO timebank_posting", "INTO heir"),
        ],
        "position",
    ),
    "facts behind a view": (
        [
            "ALTER TABLE timebank_entry RENAME TO kept",
            "CREATE VIEW timebank_entry AS SELECT * FROM kept WHERE id <> 'two'",
        ],
        "guard",
    ),
    "legs that a rule swallowed": (
        [
            "CREATE RULE swallow AS ON INSERT TO timebank_posting DO INSTEAD NOTHING",
            "POST",
        ],
        "position",
    ),
    "legs that a trigger of somebody else's doubled": (
        [
            (
                "CREATE FUNCTION twice() RETURNS trigger LANGUAGE plpgsql AS "
                "'BEGIN NEW.amount := NEW.amount * 2; RETURN NEW; END'"
            ),
            (
                "CREATE TRIGGER a BEFORE INSERT ON timebank_posting "
                "FOR EACH ROW EXECUTE FUNCTION twice()"
            ),
            "POST",
        ],
        "position",
    ),
    "a balance": (["UPDATE timebank_balance SET free = free + 1"], "position"),
    "a head": (["UPDATE timebank_head SET position = position - 1"], "position"),
}
FOUND_ON_SQLITE = {
    "a guard dropped": (["DROP TRIGGER timebank_entry_update"], "guard"),
    "a guard dropped, a change, and all as it was": (
        ["DROP TRIGGER timebank_posting_update", ALTER, "AS IT WAS"],
        "position",
    ),
    "guards written out of the schema": (
        [
            "PRAGMA writable_schema = ON",
            "DELETE FROM sqlite_master WHERE type = 'trigger'",
        ],
        "guard",
    ),
    "a guard rewritten in the schema": (
        [
            "PRAGMA writable_schema = ON",
            (
                "UPDATE sqlite_master SET sql = replace(sql, 'UPDATE ON', 'UPDATE OF ledger ON') "
                "WHERE name = 'timebank_posting_update'"
            ),
        ],
        "guard",
    ),
    "a table that was made again": (
        [
            "PRAGMA legacy_alter_table = ON",
            "CREATE TABLE kept AS SELECT * FROM timebank_posting",
            "DROP TABLE timebank_posting",
            "ALTER TABLE kept RENAME TO timebank_posting",
            ALTER,
        ],
        "guard",
    ),
    "legs that a trigger of somebody else's added": (
        [
            (
                "CREATE TRIGGER a AFTER UPDATE ON timebank_balance BEGIN "
                "UPDATE timebank_head SET position = position + 1; END"
            ),
            "POST",
        ],
        "position",
    ),
    "checks ignored": (
        [
            "PRAGMA ignore_check_constraints = ON",
            "UPDATE timebank_balance SET free = -1 WHERE account = 'ada'",
        ],
        "position",
    ),
    "a balance": (["UPDATE timebank_balance SET free = free + 1"], "position"),
    "a head": (["UPDATE timebank_head SET position = position - 1"], "position"),
}


def fill(url):
    make(url)
    with open_books(url) as bank:
        for id in ("one", "two", "three"):
            bank.record_service("ada", "care", 60, on=DAY, id=id)
        bank.give("ada", "bai", unit="points", amount=1, on=DAY, id="gift")


def post(url):
    """Let the bank itself record something, if the books still let it."""
    with open_books(url) as bank:
        bank.record_service("ada", "care", 60, on=DAY, id="after the attack")


def faults(url):
    with open_books(url) as bank:
        return bank.verify(decide_again=True).faults


def journal(url):
    with open_books(url) as bank:
        return list(bank.entries())


# ---------------------------------------------------------------- on SQLite


@pytest.fixture
def file():
    with sqlite() as url:
        fill(url)
        yield url


def try_on_sqlite(url, statements):
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        connection.isolation_level = None
        triggers = connection.execute(
            "SELECT sql FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall()
        for statement in statements:
            if statement == "POST":
                post(url)
            elif statement == "AS IT WAS":
                connection.execute(
                    next(t for (t,) in triggers if "timebank_posting_update" in t)
                )
            else:
                connection.execute(statement)


@pytest.mark.parametrize("what", HELD_UP_ON_SQLITE)
def test_who_goes_past_the_guards_on_sqlite_is_held_up(file, what):
    before = journal(file)

    with pytest.raises(sqlite3.IntegrityError):
        try_on_sqlite(file, HELD_UP_ON_SQLITE[what])

    assert faults(file) == ()
    assert journal(file) == before


@pytest.mark.parametrize("what", FOUND_ON_SQLITE)
def test_who_got_past_the_guards_on_sqlite_is_found(file, what):
    statements, sign = FOUND_ON_SQLITE[what]

    try_on_sqlite(file, statements)

    assert any(sign in fault for fault in faults(file))


def test_a_page_changed_in_the_file_is_found(file):
    path = Path(file.removeprefix("sqlite:///"))
    whole = path.read_bytes()
    assert b'"minutes":60' in whole

    path.write_bytes(whole.replace(b'"minutes":60', b'"minutes":30'))

    assert any("position" in fault for fault in faults(file))


# ---------------------------------------------------------------- on PostgreSQL


@pytest.fixture(scope="module")
def template():
    with database() as url:
        fill(url)
        yield url.rpartition("/")[2].partition("?")[0]


@pytest.fixture
def books(template):
    with database(template) as url:
        yield url


def try_on_postgresql(url, statements):
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            if statement == "POST":
                post(url)
            else:
                connection.execute(statement)


@pytest.mark.parametrize("what", HELD_UP_ON_POSTGRESQL)
def test_who_goes_past_the_guards_on_postgresql_is_held_up(books, what):
    before = journal(books)

    with pytest.raises(
        (
            psycopg.errors.RestrictViolation,
            psycopg.errors.CheckViolation,
            # a column that a trigger names keeps its type
            psycopg.errors.FeatureNotSupported,
        )
    ):
        try_on_postgresql(books, HELD_UP_ON_POSTGRESQL[what])

    assert faults(books) == ()
    assert journal(books) == before


@pytest.mark.parametrize("what", FOUND_ON_POSTGRESQL)
def test_who_got_past_the_guards_on_postgresql_is_found(books, what):
    statements, sign = FOUND_ON_POSTGRESQL[what]

    try_on_postgresql(books, statements)

    assert any(sign in fault for fault in faults(books))
