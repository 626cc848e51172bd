"""
The schema in a database: which version is there, making it, bringing it up to date.

A database says in one row which version of the tables it has and with which profile they
were made.  What has another version is never touched, except by `upgrade`.  Migrations
only ever add: a fact is never rewritten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from enum import StrEnum
from functools import partial
from typing import Final

from attrs import frozen
from sqlalchemy import (
    Connection,
    Dialect,
    ForeignKeyConstraint,
    Index,
    Table,
    inspect,
    select,
    text,
)
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateIndex, CreateTable

from ..errors import SchemaUnknown, StorageError
from . import tables as t
from .guards import GUARDS, postgresql


class Profile(StrEnum):
    """With what the tables were made."""

    GUARDED = "guarded"
    """With triggers that refuse to change facts."""
    PLAIN = "plain"
    """Without trigger, sequence, advisory lock or deferrable constraint, for databases
    spread over many machines that have none of these."""


@frozen
class Found:
    """
    The schema that a database has.

    Args:
        version: Of the tables.
        profile: With what they were made; unknown of other versions than ours.
    """

    version: int
    profile: Profile | None = None


def found(connection: Connection) -> Found | None:
    """Return the schema that the database has, or *None* where it has none of ours."""
    if not inspect(connection).has_table(t.schema.name):
        return None
    version = connection.scalar(select(t.schema.c.version))
    if version is None:
        return None
    if version != t.SCHEMA:
        return Found(version)
    return Found(version, Profile(connection.scalars(select(t.schema.c.profile)).one()))


def check(connection: Connection) -> Found:
    """
    Return the schema that the database has, which is ours.

    Raises:
        SchemaUnknown: If it has another version, or none.
    """
    return ours(found(connection))


def ours(there: Found | None) -> Found:
    """
    Return what is there, if it is of our version.

    Raises:
        SchemaUnknown: If it is not.
    """
    there = some(there)
    if there.version != t.SCHEMA:
        raise SchemaUnknown(there.version, t.SCHEMA)
    return there


def some(there: Found | None) -> Found:
    """
    Return what is there.

    Raises:
        SchemaUnknown: If nothing is.
    """
    if there is None:
        raise SchemaUnknown(None, t.SCHEMA)
    return there


def missing(connection: Connection) -> tuple[str, ...]:
    """Return the names of all that `missing_parts` and `missing_guards` find."""
    return (*missing_parts(connection), *missing_guards(connection))


def missing_guards(connection: Connection) -> tuple[str, ...]:
    """Return the names of guards that should be there and are not, or are altered."""
    there = found(connection)
    if there is None or there.profile is Profile.PLAIN:
        return ()
    return GUARDS[connection.dialect.name].missing(connection)


def missing_parts(connection: Connection) -> tuple[str, ...]:
    """
    Return the names of tables, columns, constraints and indexes that are not there.

    Without them nothing needs to look wrong: an id may be taken twice, or a search miss
    what it should find.  An index that the database itself does not trust is missing.
    """
    kind = connection.dialect.name
    home = GUARDS[kind].where(connection)
    found = _parts_found(connection, home) - GUARDS[kind].untrusted(connection)
    return tuple(name for name in _parts(kind) if name not in found)


def _parts(kind: str) -> Iterator[str]:
    for table in t.metadata.sorted_tables:
        yield table.name
        yield from (f"{table.name}.{column.name}" for column in table.columns)
        for constraint in table.constraints:
            if kind == "sqlite" or not isinstance(constraint, ForeignKeyConstraint):
                yield str(constraint.name)
        yield from (str(index.name) for index in table.indexes)


def _parts_found(connection: Connection, home: str | None) -> set[str]:
    there = inspect(connection)
    columns = there.get_multi_columns(schema=home)
    found = {str(table) for _, table in columns}
    found |= {
        f"{table}.{column['name']}"
        for (_, table), all_ in columns.items()
        for column in all_
    }
    found |= {
        str(each["name"]) for each in there.get_multi_pk_constraint(home).values()
    }
    for several in (
        there.get_multi_unique_constraints(home),
        there.get_multi_check_constraints(home),
        there.get_multi_foreign_keys(home),
        there.get_multi_indexes(home),
    ):
        found |= {str(each["name"]) for all_ in several.values() for each in all_}
    return found


def make(connection: Connection, profile: Profile = Profile.GUARDED) -> Found:
    """
    Make the tables in the current schema, their guards, and the row that says so.

    Where two do it at once, the second gets the database's own error for a table that is
    there already; see `prepare`.
    """
    kind = connection.dialect.name
    home = GUARDS[kind].home(connection)
    for statement in script(kind, home=home, profile=profile):
        _run(connection, statement)
    return Found(t.SCHEMA, profile)


def _run(connection: Connection, statement: str) -> None:
    # drivers differ in what a percent sign means to them, which `text` knows; a colon
    # would be a parameter to it
    connection.execute(text(statement.replace(":", r"\:")))


def script(
    kind: str, *, home: str, profile: Profile = Profile.GUARDED
) -> tuple[str, ...]:
    """
    Return the statements that `make` runs.

    Args:
        kind: The kind of database, as SQLAlchemy calls it.
        home: The schema in which the tables come to live, quoted: it must be the current
            one when the statements run.
        profile: Whether there are guards.
    """
    # no database is asked, and only this kind is imported
    dialect = URL.create(kind).get_dialect()()
    # this one first: of two who make a schema at once, the second stops at it
    tables = (
        t.schema,
        *(each for each in t.metadata.sorted_tables if each is not t.schema),
    )
    return (
        *(_table(table, dialect) for table in tables),
        *(
            _index(index, dialect)
            for table in tables
            for index in sorted(table.indexes, key=lambda each: str(each.name))
        ),
        *(GUARDS[kind].script(home) if profile is Profile.GUARDED else ()),
        _row(t.SCHEMA, profile),
    )


def _table(table: Table, dialect: Dialect) -> str:
    made, filled = _text(CreateTable(table), dialect), table.info.get(t.FILLED)
    if filled is None or dialect.name != "postgresql":
        return made
    return f"{made} WITH (fillfactor = {filled})"


def _index(index: Index, dialect: Dialect) -> str:
    made, where = _text(CreateIndex(index), dialect), index.info.get(t.WHERE)
    return made if where is None else f"{made} WHERE {where}"


def _text(element: CreateTable | CreateIndex, dialect: Dialect) -> str:
    lines = str(element.compile(dialect=dialect)).strip().splitlines()
    return "\n".join(line.rstrip() for line in lines if line.strip())


def _row(version: int, profile: Profile) -> str:
    return f"INSERT INTO {t.schema.name} (version, profile) VALUES ({version}, '{profile}')"


Begin = Callable[[], AbstractContextManager[Connection]]
"""Begins a transaction that commits on leaving."""


def prepare(
    *,
    reading: Begin,
    writing: Begin,
    create: bool,
    profile: Profile = Profile.GUARDED,
) -> Found:
    """
    Return the schema that is there, made where there is none and *create* is true.

    Several processes may do this at once.  The database lets one of them make the
    tables; the others get its error, look again, and find them.

    Raises:
        SchemaUnknown: If the database has another version, or none.
    """
    with reading() as connection:
        there = found(connection)
    if there is None and create:
        try:
            with writing() as connection:
                return found(connection) or make(connection, profile)
        except (DBAPIError, StorageError):
            with reading() as connection:
                there = found(connection)
            if there is None:
                raise
    return ours(there)


# ---------------------------------------------------------------- from version to version


def _profile_is_said() -> tuple[str, ...]:
    """From 1 to 2: the row says the profile; all of version 1 were guarded."""
    return (
        "DROP TABLE timebank_schema",
        (
            "CREATE TABLE timebank_schema (\n\tversion INTEGER NOT NULL,\n"
            "\tprofile TEXT NOT NULL,\n"
            "\tCONSTRAINT pk_timebank_schema PRIMARY KEY (version)\n)\n STRICT"
        ),
        "INSERT INTO timebank_schema (version, profile) VALUES (2, 'guarded')",
    )


def _postings_have_labels(kind: str) -> tuple[str, ...]:
    """
    From 2 to 3: postings have labels.

    Those that are there get none: a fact is never rewritten, and whoever needs theirs
    reads the entry.
    """
    column = {"sqlite": "labels TEXT", "postgresql": 'labels TEXT COLLATE "C"'}[kind]
    return (
        f"ALTER TABLE timebank_posting ADD COLUMN {column}",
        "UPDATE timebank_schema SET version = 3",
    )


def _indexes_are_of_some_rows(*besides: str) -> tuple[str, ...]:
    """
    From 3 to 4: policies are found among any number of entries; and *besides*.

    What few rows have is not kept of those that do not have it.
    """
    given = {
        "ix_timebank_entry_target": "timebank_entry (ledger, target)",
        "ix_timebank_entry_provider": "timebank_entry (ledger, provider, starts)",
    }
    return (
        *besides,
        *(f"DROP INDEX {name}" for name in given),
        *(
            f"CREATE INDEX {name} ON {columns} "
            f"WHERE {name.rpartition('_')[2]} IS NOT NULL"
            for name, columns in given.items()
        ),
        (
            "CREATE INDEX ix_timebank_entry_adopted ON timebank_entry "
            "(ledger, position) WHERE kind = 'adopt-policy'"
        ),
        "UPDATE timebank_schema SET version = 4",
    )


# What a version needs to become the next, by kind of database; written out, because the
# tables of today are not those of then.  PostgreSQL begins at 2.
MIGRATIONS: Final[Mapping[str, Mapping[int, Callable[[], tuple[str, ...]]]]] = {
    "sqlite": {
        1: _profile_is_said,
        2: partial(_postings_have_labels, "sqlite"),
        3: _indexes_are_of_some_rows,
    },
    "postgresql": {
        2: partial(_postings_have_labels, "postgresql"),
        3: partial(
            _indexes_are_of_some_rows,
            postgresql.renewal(),
            "ALTER TABLE timebank_balance SET (fillfactor = 70)",
            "ALTER TABLE timebank_head SET (fillfactor = 10)",
        ),
    },
}


def migration(dialect: str, version: int) -> tuple[str, ...]:
    """
    Return the statements that bring the schema from *version* to ours.

    Raises:
        SchemaUnknown: If there is no way from that version to ours.
    """
    steps = MIGRATIONS[dialect]
    if version > t.SCHEMA or any(
        step not in steps for step in range(version, t.SCHEMA)
    ):
        raise SchemaUnknown(version, t.SCHEMA)
    return tuple(
        statement for step in range(version, t.SCHEMA) for statement in steps[step]()
    )


def upgrade(connection: Connection) -> Found:
    """
    Bring the schema up to date, in the transaction of *connection*.

    Raises:
        SchemaUnknown: If there is no schema, or no way from its version to ours.
    """
    there = some(found(connection))
    for statement in migration(connection.dialect.name, there.version):
        _run(connection, statement)
    return check(connection)
