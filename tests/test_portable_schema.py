"""
That the schema runs on every engine we mean to support, and can be spread over many.

One ledger is one shard: where every primary key begins with `ledger` and every unique
and foreign key contains it, a database can be distributed by ledger unchanged.  The few
column types are those that all engines, and the hosts' own connections, agree on.
"""

import re

import pytest
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Enum,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    Sequence,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite

DIALECTS = (postgresql.dialect(), sqlite.dialect())
TYPES = re.compile(
    r"BIGINT|SMALLINT|INTEGER|(TEXT|VARCHAR(\(\d+\))?)( COLLATE \"C\")?"
    r"|BYTEA|BLOB|BOOLEAN"
)

# table → why its keys need not hold the ledger
EXEMPT = {
    "timebank_ledger": "names the ledgers, and gives each its number",
    "timebank_schema": "says which schema the whole database has",
}


def faults(metadata, exempt=()):
    """Return what in *metadata* would not run everywhere, each with its place."""
    return [
        f"{table.name}: {fault}"
        for table in metadata.sorted_tables
        for fault in (
            *(() if table.name in exempt else _key_faults(table, exempt)),
            *_column_faults(table),
            *_check_faults(table),
        )
    ]


def _key_faults(table, exempt):
    primary = [column.name for column in table.primary_key.columns]
    if primary[:1] != ["ledger"]:
        yield f"the primary key must begin with ledger, found {primary}"
    for key in (*table.constraints, *table.indexes):
        names = [column.name for column in getattr(key, "columns", ())]
        match key:
            case UniqueConstraint() | Index(unique=True) if "ledger" not in names:
                yield f"the unique key over {names} must contain ledger"
            case ForeignKeyConstraint() if not _stays_within(key, exempt):
                yield f"the foreign key over {names} must stay within the ledger"


def _stays_within(key, exempt):
    """Return whether the foreign *key* can only refer to a row of its own ledger."""
    theirs = [each.column for each in key.elements if each.parent.name == "ledger"]
    return any(each.name == "ledger" or each.table.name in exempt for each in theirs)


def _column_faults(table):
    for column in table.columns:
        for dialect in DIALECTS:
            found = column.type.compile(dialect=dialect)
            portable = TYPES.fullmatch(found) and not isinstance(column.type, Enum)
            if not portable:
                yield f"{column.name}: {found} on {dialect.name} is not portable"
        if column.server_default is not None:
            yield f"{column.name}: the server must not fill it in"
        if isinstance(column.default, Sequence):
            yield f"{column.name}: a sequence must not fill it in"
    if table.autoincrement_column is not None:
        yield f"{table.autoincrement_column.name}: must say autoincrement=False"


def _check_faults(table):
    for check in table.constraints:
        # engines differ on whether integers divide to an integer
        if isinstance(check, CheckConstraint) and "/" in str(check.sqltext):
            yield f"the check {str(check.sqltext)!r} must not divide"


def test_the_schema_is_portable():
    from timebank.storage.tables import metadata  # noqa: PLC0415 - the others need none

    assert faults(metadata, EXEMPT) == []


@pytest.mark.parametrize("table", EXEMPT)
def test_a_table_that_is_exempt_exists(table):
    from timebank.storage.tables import metadata  # noqa: PLC0415 - the others need none

    assert table in metadata.tables


# ------------------------------------------------- that the above would notice


def sample(*more):
    """Return a schema that is portable but for *more*, columns or constraints of a table."""
    metadata = MetaData()
    Table(
        "account",
        metadata,
        Column("ledger", Integer, primary_key=True, autoincrement=False),
        Column("id", String(100), primary_key=True),
    )
    Table(
        "posting",
        metadata,
        Column("ledger", Integer, primary_key=True, autoincrement=False),
        Column("position", BigInteger, primary_key=True, autoincrement=False),
        Column("line", SmallInteger, nullable=False),
        Column("account", Text, nullable=False),
        Column("body", LargeBinary, nullable=False),
        Column("seen", Boolean, nullable=False),
        UniqueConstraint("ledger", "line"),
        ForeignKeyConstraint(["ledger", "account"], ["account.ledger", "account.id"]),
        CheckConstraint("line > 0"),
        *more,
    )
    return metadata


def test_a_portable_schema_has_no_faults():
    assert faults(sample()) == []


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        (UniqueConstraint("position"), "unique key over ['position']"),
        (Column("extra", Text, unique=True), "unique key over ['extra']"),
        (Column("extra", Text, unique=True, index=True), "unique key over ['extra']"),
        (Index("ix", "line", unique=True), "unique key over ['line']"),
        (
            Column("extra", ForeignKey("account.id")),
            "foreign key over ['extra'] must stay within",
        ),
        (
            ForeignKeyConstraint(
                ["ledger", "position"], ["account.id", "account.ledger"]
            ),
            "foreign key over ['ledger', 'position'] must stay within",
        ),
        (Column("extra", Numeric), "NUMERIC on postgresql"),
        (Column("extra", Date), "DATE on sqlite"),
        (Column("extra", Enum("a", "b", name="letters")), "on postgresql"),
        (Column("extra", Enum("a", "b", native_enum=False)), "on postgresql"),
        (
            Column("extra", Text().with_variant(postgresql.JSONB(), "postgresql")),
            "JSONB on postgresql",
        ),
        (
            Column("extra", Text().with_variant(ARRAY(Text), "postgresql")),
            "TEXT[] on postgresql",
        ),
        (Column("extra", Integer, server_default=text("0")), "server must not"),
        (Column("extra", Integer, Identity()), "server must not"),
        (Column("extra", Integer, Sequence("numbers")), "a sequence must not"),
        (CheckConstraint("line / 2 > 0"), "must not divide"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_would_not_run_everywhere_is_seen(more, fault):
    assert any(fault in found for found in faults(sample(more)))


@pytest.mark.parametrize(
    ("columns", "fault"),
    [
        (
            [
                Column("position", Integer, primary_key=True, autoincrement=False),
                Column("ledger", Integer, primary_key=True, autoincrement=False),
            ],
            "must begin with ledger, found ['position', 'ledger']",
        ),
        ([Column("ledger", Integer)], "must begin with ledger, found []"),
        ([Column("ledger", Integer, primary_key=True)], "autoincrement=False"),
    ],
    ids=["ledger second", "no primary key", "numbered by the server"],
)
def test_a_primary_key_that_would_not_shard_is_seen(columns, fault):
    metadata = MetaData()
    Table("bad", metadata, *columns)

    assert any(fault in found for found in faults(metadata))
