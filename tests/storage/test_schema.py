"""The schema and its versions: made, looked at, brought up to date."""

import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import create_engine

import timebank
from timebank.errors import SchemaUnknown
from timebank.storage import schema
from timebank.storage import tables as t
from timebank.storage.guards.sqlite import GUARDS
from timebank.storage.protocol import StoredEntry, StoredPosting

VERSION_1 = Path(__file__).with_name("books-1.sql")
"""Books as version 0.1.0 wrote them: two ledgers, most operations, details erased."""


@pytest.fixture
def old(tmp_path):
    """Return the path of a file with schema 1."""
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(VERSION_1.read_text("utf-8"))
        connection.execute("PRAGMA journal_mode = WAL")
    return path


def open_books(path):
    return timebank.open(f"sqlite:///{path}", ledger="gz", actor="desk-1")


def upgraded(path):
    engine = create_engine(f"sqlite:///{path}")
    try:
        with engine.begin() as connection:
            return schema.upgrade(connection)
    finally:
        engine.dispose()


def texts(path):
    """Return what the file *path* says of its tables, indexes and triggers, by name."""
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT name, sql FROM sqlite_master").fetchall()
    return {name: sql and " ".join(sql.split()) for name, sql in found}


def rows(path):
    """Return every row of every table but the schema's, by column, where there is a value."""
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        return {
            table.name: [
                {name: row[name] for name in row.keys() if row[name] is not None}  # noqa: SIM118
                for row in connection.execute(f"SELECT * FROM {table.name}")  # noqa: S608
            ]
            for table in t.metadata.sorted_tables
            if table is not t.schema
        }


# ---------------------------------------------------------------- older versions


def test_old_books_are_not_opened_and_the_command_that_helps_is_named(old):
    before = old.read_bytes()

    with pytest.raises(SchemaUnknown, match="`timebank schema upgrade URL`") as caught:
        open_books(old)

    assert (caught.value.found, caught.value.known) == (1, t.SCHEMA)
    assert old.read_bytes() == before


def test_old_books_are_brought_up_to_date_and_hold_what_they_held(old):
    before = rows(old)

    assert upgraded(old) == schema.Found(t.SCHEMA, schema.Profile.GUARDED)

    assert rows(old) == before
    with open_books(old) as bank:
        assert bank.verify(decide_again=True).sound
        assert bank.private("open/v-1") == {"name": "王芳"}
        bank.record_service("v-2", "care", 60, on=date(2024, 3, 1), id="after")
        assert bank.verify().sound


def test_books_brought_up_to_date_cannot_be_told_from_new_ones(old, tmp_path):
    timebank.create(f"sqlite:///{tmp_path}/new.db", ledger="gz", actor="desk-1").close()

    upgraded(old)

    assert texts(old) == texts(tmp_path / "new.db")


def test_an_upgrade_that_is_broken_off_leaves_the_old_version(old):
    before = texts(old), rows(old)
    engine = create_engine(f"sqlite:///{old}")

    with engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        schema.upgrade(connection)
        connection.rollback()
    engine.dispose()

    assert (texts(old), rows(old)) == before


def test_what_is_up_to_date_stays_as_it_is(old):
    upgraded(old)
    before = texts(old), rows(old)

    assert upgraded(old).version == t.SCHEMA

    assert (texts(old), rows(old)) == before


@pytest.mark.parametrize("kind", sorted(schema.MIGRATIONS))
def test_there_is_a_way_from_every_older_version(kind):
    steps = schema.MIGRATIONS[kind]

    assert list(steps) == list(range(min(steps, default=t.SCHEMA), t.SCHEMA))


@pytest.mark.parametrize("version", [0, t.SCHEMA + 1])
def test_there_is_no_way_from_other_versions(version):
    with pytest.raises(SchemaUnknown) as caught:
        schema.migration("sqlite", version)

    assert (caught.value.found, caught.value.known) == (version, t.SCHEMA)


def test_where_nothing_is_there_is_nothing_to_bring_up_to_date(tmp_path):
    with pytest.raises(SchemaUnknown, match="timebank init"):
        upgraded(tmp_path / "empty.db")


# ---------------------------------------------------------------- guards


@pytest.mark.parametrize("guard", sorted(GUARDS))
def test_a_guard_that_is_gone_is_missed(tmp_path, guard):
    engine = create_engine(f"sqlite:///{tmp_path}/new.db")
    with engine.begin() as connection:
        schema.make(connection)
        assert schema.missing_guards(connection) == ()

        connection.exec_driver_sql(f"DROP TRIGGER {guard}")

        assert schema.missing_guards(connection) == (guard,)
    engine.dispose()


def test_what_is_stored_has_its_columns_in_their_order():
    keys = "ledger", "position"

    assert tuple(t.entry.c.keys()) == ("ledger", *StoredEntry._fields[:-1])
    assert tuple(t.posting.c.keys()) == (*keys, *StoredPosting._fields)
