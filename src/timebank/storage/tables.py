"""
The tables, written once for every database.

*Facts* are only ever inserted; `private` alone has DELETE.  *Caches* and derived columns
can be made again from the facts.  Every primary key begins with ``ledger`` and every
unique and foreign key contains it, so that the schema can be distributed by ledger.
Column types are the few that every engine agrees on: times are microseconds since 1970
UTC, days are ISO text.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from ..operations import TAGS, AdoptPolicy

SCHEMA: Final = 4
"""The version of these tables; a database with another is not touched."""

PREFIX: Final = "timebank_"

WHERE: Final = "where"
"""Under what an index says, in its `info`, of which rows it is."""

FILLED: Final = "filled"
"""
Under what a table says, in its `info`, up to how many percent PostgreSQL fills a page.

What is written over then finds room beside its last version, where no index has to hear of
it, and the versions are cleared away before there are many to read past.
"""

REPLACED: Final = "replaced"
"""Under what a table says, in its `info`, that a row takes the place of one that is there."""

IS_ADOPTION: Final = text(f"kind = '{TAGS[AdoptPolicy]}'")
"""
That an entry adopts a policy.

In words: that a parameter is what the index says, no plan for any value can know.
"""

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_1_name)s",
        "ix": "ix_%(table_name)s_%(column_1_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

# STRICT tables of SQLite know no BIGINT and no SMALLINT
_Big: Final = BigInteger().with_variant(Integer(), "sqlite")
_Small: Final = SmallInteger().with_variant(Integer(), "sqlite")
# sorted by code points everywhere: an index in a language's order breaks when a new
# version of the C library orders that language differently, and takes an id twice
_Text: Final = Text().with_variant(Text(collation="C"), "postgresql")


def _key(name: str, kind: Any) -> Column[Any]:  # noqa: ANN401 - SQLAlchemy's own
    return Column(name, kind, primary_key=True, autoincrement=False, nullable=False)


def _column(name: str, kind: Any) -> Column[Any]:  # noqa: ANN401
    return Column(name, kind, nullable=False)


def _optional(name: str, kind: Any) -> Column[Any]:  # noqa: ANN401
    return Column(name, kind, nullable=True)


def _given(name: str) -> dict[str, Any]:
    """Say that an index is of the rows that have *name*: of others nobody asks by it."""
    return {WHERE: f"{name} IS NOT NULL"}


def _table(name: str, *parts: Any, rowid: bool = True) -> Table:  # noqa: ANN401
    return Table(
        f"{PREFIX}{name}",
        metadata,
        *parts,
        sqlite_strict=True,
        sqlite_with_rowid=rowid,
    )


schema = _table("schema", _key("version", _Big), _column("profile", _Text))

# ---------------------------------------------------------------- facts

ledger = _table(
    "ledger",
    _key("ledger", _Big),
    Column("name", _Text, nullable=False, unique=True),
    _column("time_zone", _Text),
    _column("keep_refusals", _Small),
    # a cache, so that a turn sees in one row whether it knows every policy
    _column("policy_position", _Big),
)

entry = _table(
    "entry",
    _key("ledger", _Big),
    _key("position", _Big),
    _column("id", _Text),
    _column("kind", _Text),
    _column("effective_on", _Text),
    _column("recorded_at", _Big),
    _column("recorded_on", _Text),
    _optional("target", _Text),
    _column("root", _Text),
    _optional("provider", _Text),
    _optional("starts", _Big),
    _optional("ends", _Big),
    _column("body", _Text),
    UniqueConstraint("ledger", "id"),
    Index(None, "ledger", "root"),
    Index(None, "ledger", "target", info=_given("target")),
    Index(None, "ledger", "provider", "starts", info=_given("provider")),
    # few among many, which whoever opens the books reads; no other entry takes a place
    Index(
        "ix_timebank_entry_adopted",
        "ledger",
        "position",
        # SQLAlchemy's own word for it imports each database that it is said of
        info={WHERE: IS_ADOPTION},
    ),
    CheckConstraint("position >= 1", "position"),
)

posting = _table(
    "posting",
    _key("ledger", _Big),
    _key("position", _Big),
    _key("line", _Big),
    _column("account", _Text),
    _column("unit", _Text),
    _column("bucket", _Text),
    _column("amount", _Big),
    _optional("lot", _Text),
    _optional("lot_expires_on", _Text),
    _column("rule", _Text),
    _column("undoes", _Small),
    # derived: the day it counts for, the entry it stands for, and the balance after it
    _column("day", _Text),
    _column("origin", _Big),
    _optional("seq", _Big),
    _optional("free_after", _Big),
    _optional("held_after", _Big),
    # derived: what the movement was about, as canonical JSON; nothing where no measure
    # looks, and in books from before version 3, where the entry is read again instead
    _optional("labels", _Text),
    Index(
        "ix_timebank_posting_account_position", "ledger", "account", "unit", "position"
    ),
    Index("ix_timebank_posting_account_day", "ledger", "account", "unit", "day"),
    # of all rows: where a table has an index of some, SQLite reads the whole ledger for an
    # account's lots
    Index("ix_timebank_posting_lot", "ledger", "lot"),
    # PostgreSQL checks this in one statement-level trigger, at half the cost of a bulk load
    ForeignKeyConstraint(
        ["ledger", "position"],
        [f"{PREFIX}entry.ledger", f"{PREFIX}entry.position"],
        deferrable=True,
        initially="DEFERRED",
    ).ddl_if(dialect="sqlite"),
    CheckConstraint("amount <> 0", "amount_moves"),
    CheckConstraint(
        "amount BETWEEN -1000000000000000 AND 1000000000000000", "amount_bound"
    ),
    CheckConstraint("bucket IN ('free', 'held')", "bucket"),
    rowid=False,
)

taken_id = _table(
    "taken_id",
    _key("ledger", _Big),
    _key("id", _Text),
    _column("position", _Big),
    rowid=False,
)

private = _table(
    "private",
    _key("ledger", _Big),
    _key("id", _Text),
    _column("salt", LargeBinary()),
    _column("body", _Text),
)

# ---------------------------------------------------------------- caches

account_state = _table(
    "account_state",
    _key("ledger", _Big),
    _key("account", _Text),
    _column("kind", _Text),
    _column("mode", _Text),
    _column("opened_on", _Text),
    _optional("closed_on", _Text),
    _column("facts", _Text),
    _column("tiers", _Text),
    rowid=False,
)
account_state.info[REPLACED] = True

balance = _table(
    "balance",
    _key("ledger", _Big),
    _key("account", _Text),
    _key("unit", _Text),
    _column("free", _Big),
    _column("held", _Big),
    _column("seq", _Big),
    rowid=False,
)
balance.info |= {FILLED: 70, REPLACED: True}

head = _table("head", _key("ledger", _Big), _column("position", _Big), rowid=False)
# every entry writes it over, and reads it five times
head.info[FILLED] = 10
