"""
Questions to a database, as values: so that many can be asked in one round trip.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final, TypeVar

from attrs import field, frozen
from sqlalchemy import (
    ARRAY,
    BindParameter,
    Boolean,
    Column,
    CompoundSelect,
    Connection,
    Dialect,
    Integer,
    Select,
    Table,
    Text,
    TextClause,
    UpdateBase,
    bindparam,
    select,
    text,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

Rows = Sequence[Any]
"""What a question is answered with; columns by name."""

Row = Mapping[str, Any]
"""A row to be written: values by column."""


Statement = Select[Any] | CompoundSelect[Any] | UpdateBase | TextClause


@frozen
class Query:
    """
    One statement with its values.

    Args:
        statement: One of a fixed few, so that it is compiled once.
        values: For its parameters; several of them where it is done once for each.
    """

    statement: Statement
    values: Mapping[str, Any] | Sequence[Mapping[str, Any]] = field(factory=dict)


Fetch = Callable[[Connection, Sequence[Query]], list[Rows]]
"""Asks several questions, in order, each of the moment at which its turn comes."""


def one_by_one(connection: Connection, queries: Sequence[Query]) -> list[Rows]:
    """Ask each question in a round trip of its own."""
    answers = []
    for query in queries:
        result = connection.execute(query.statement, query.values)
        answers.append(result.all() if result.returns_rows else [])
    return answers


# ---------------------------------------------------------------- many keys at once


_Key = TypeVar("_Key", str, int)


class _Keys(TypeDecorator[Sequence[Any]]):
    """Any number of keys as one parameter: an array, or JSON where there are none."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:  # noqa: ANN401 - SQLAlchemy's own
        arrays = dialect.name == "postgresql"
        return dialect.type_descriptor(ARRAY(Text()) if arrays else Text())

    def process_bind_param(self, value: Iterable[_Key] | None, dialect: Dialect) -> Any:  # noqa: ANN401
        keys = sorted(value or ())
        if dialect.name == "postgresql":
            return [str(key) for key in keys]
        return json.dumps(keys)


class among(FunctionElement[bool]):  # noqa: N801 - used as a function
    """That a column is one of many keys; the statement is the same for any number."""

    type = Boolean()
    inherit_cache = True

    def __init__(self, column: Any, keys: str = "many") -> None:  # noqa: ANN401
        super().__init__(column, bindparam(keys, type_=_Keys()))


@compiles(among)
def _among_json(element: Any, compiler: Any, **options: Any) -> str:  # noqa: ANN401
    column, keys = (compiler.process(each, **options) for each in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({keys}))"  # noqa: S608 - no value in it


@compiles(among, "postgresql")
def _among_array(element: Any, compiler: Any, **options: Any) -> str:  # noqa: ANN401
    column, keys = (compiler.process(each, **options) for each in element.clauses)
    if isinstance(element.clauses.clauses[0].type, Integer):
        keys = f"CAST({keys} AS BIGINT[])"
    return f"{column} = ANY ({keys})"


LEDGER: Final[BindParameter[Any]] = bindparam("in_ledger")


def of(table: Any, *columns: str) -> Select[Any]:  # noqa: ANN401 - a table's columns vary
    """Return a query for *columns* of one ledger."""
    return select(*(table.c[name] for name in columns)).where(table.c.ledger == LEDGER)


# ---------------------------------------------------------------- many rows at once

Insertion = Callable[[Table, Sequence[Row], bool], Query]
"""Writes rows; whether those that are there already are replaced."""


def insertion_of_values(table: Table, rows: Sequence[Row], replace: bool) -> Query:  # noqa: FBT001
    """Return what writes *rows*, one after the other, in one call of the driver."""
    return Query(_insert_values(table, replace), rows)


@cache
def _insert_values(table: Table, replace: bool) -> TextClause:  # noqa: FBT001
    names = [column.name for column in table.columns]
    values = ", ".join(f":{name}" for name in names)
    return text(insert_into(table, f"VALUES ({values})", replace=replace))


def insert_into(table: Table, source: str, *, replace: bool) -> str:
    """Return the SQL that writes what *source* gives, the columns as the table has them."""
    names = ", ".join(column.name for column in table.columns)
    return f"INSERT INTO {table.name} ({names}) {source}{_then(table, replace)}"


def _then(table: Table, replace: bool) -> str:  # noqa: FBT001
    if not replace:
        return ""
    keys: list[Column[Any]] = list(table.primary_key)
    values = [c.name for c in table.columns if c.name not in {k.name for k in keys}]
    return (
        f" ON CONFLICT ({', '.join(key.name for key in keys)}) DO UPDATE SET "
        + ", ".join(f"{name} = excluded.{name}" for name in values)
    )
