"""
Questions to a database, as values: so that many can be asked in one round trip.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any, Final, NamedTuple, Protocol, Self

from sqlalchemy import (
    BindParameter,
    Boolean,
    Column,
    CompoundSelect,
    Dialect,
    Integer,
    Select,
    Table,
    TextClause,
    UpdateBase,
    bindparam,
    select,
    text,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.visitors import iterate

from .links import Link
from .tables import REPLACED

Row = tuple[Any, ...]
"""A row: its values, as the statement or the table has its columns."""

Rows = Sequence[Row]
"""
What a question is answered with.

Tuples as drivers make them: asked by name, a column takes ten times as long as by number.
"""

Statement = Select[Any] | CompoundSelect[Any] | UpdateBase | TextClause


class Query(NamedTuple):
    """
    One statement with its values.

    Args:
        statement: One of a fixed few, so that it is compiled once.
        values: For its parameters, by name.
        rows: What it is done for, once for each; then it has no other parameters.
    """

    statement: Statement
    values: Mapping[str, Any] = MappingProxyType({})
    rows: Sequence[Row] = ()


Fetch = Callable[[Link, Sequence[Query]], list[Rows]]
"""Asks several questions, in order, each of the moment at which its turn comes."""

Glance = Callable[[Sequence[Query]], list[Rows]]
"""Asks the same over a connection of its own, in no transaction."""


class Stream(Protocol):
    """Rows that come as they are asked for; whoever stops before the last closes it."""

    def __iter__(self) -> Iterator[Any]:
        """Yield rows, whose columns are known by number."""
        ...

    def close(self) -> None:
        """Let go of what was not asked for."""
        ...


Sql = tuple[str, Any]
"""A statement as a driver takes it, with the values of its parameters."""


def spoken(
    dialect: Dialect, keys: Callable[[Iterable[Any]], Any]
) -> Callable[[Query], Sql]:
    """
    Return what turns a question into what a driver takes.

    Every statement is compiled once.  SQLAlchemy then has no part in running it, which
    costs 50 to 150 µs of the processor a statement, and a posting asks ten.

    Args:
        dialect: What it is compiled for, with parameters by name or by number.
        keys: Makes one parameter of any number of keys.
    """

    @cache  # the statements are a fixed few
    def compiled(statement: Statement) -> _Compiled:
        found: Any = statement.compile(dialect=dialect)
        return _Compiled(
            str(found), found.params, frozenset(_keyed(statement)), found.positiontup
        )

    def said(query: Query) -> Sql:
        sql, own, keyed, order = compiled(query.statement)
        if query.rows:
            return sql, query.rows
        values = {**own, **query.values}
        for name in keyed:
            if name in query.values:
                values[name] = keys(query.values[name])
        return sql, values if order is None else [values[name] for name in order]

    return said


class _Compiled(NamedTuple):
    """
    A statement as a driver takes it.

    Args:
        sql: It.
        own: The values of its parameters that it brings along.
        keyed: Those parameters that are any number of keys.
        order: Its parameters in order, where they go by number.
    """

    sql: str
    own: Mapping[str, Any]
    keyed: frozenset[str]
    order: Sequence[str] | None


def _keyed(statement: Statement) -> Iterator[str]:
    """Yield the names of parameters of which `among` is asked."""
    for element in iterate(statement):
        if isinstance(element, among):
            yield element.parameter


def one_by_one(said: Callable[[Query], Sql]) -> Fetch:
    """Return what asks each question by itself."""

    def fetch(link: Link, queries: Sequence[Query]) -> list[Rows]:
        # past the pool's, which only passes it on
        driver: Any = link.lent.dbapi_connection
        cursor, answers = driver.cursor(), []
        try:
            for query in queries:
                (cursor.executemany if query.rows else cursor.execute)(*said(query))
                answers.append(cursor.fetchall() if cursor.description else [])
        finally:
            cursor.close()
        return answers

    return fetch


# ---------------------------------------------------------------- many keys at once


class among(FunctionElement[bool]):  # noqa: N801 - used as a function
    """That a column is one of a set of keys; the statement is the same for any number."""

    type = Boolean()
    inherit_cache = True

    def __init__(self, column: Any, keys: str = "many") -> None:  # noqa: ANN401
        super().__init__(column, bindparam(keys))
        self.parameter = keys

    def self_group(self, against: Any = None) -> Self:  # noqa: ANN401, ARG002 - SQLAlchemy's
        """
        Return it as it is, where SQLAlchemy would write ``… = 1`` for SQLite's sake.

        SQLite then looks for no key in an index, and reads the ledger from end to end.
        """
        return self


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


class Places(NamedTuple):
    """
    Where entries are thought to come to stand: behind what their turn saw.

    Others may record something until the turn takes the head.  Every position after
    *before* in what it writes is then meant as many places further on.

    Args:
        ledger: The ledger's number.
        before: Where the journal ended.
        many: How many entries come.
    """

    ledger: int
    before: int
    many: int

    @property
    def last(self) -> int:
        """Where the last of them is thought to stand."""
        return self.before + self.many


Insertion = Callable[[Table, Sequence[Row], Places], Query]
"""Writes rows behind the head's lock."""


def insertion_of_values(table: Table, rows: Sequence[Row], _: Places) -> Query:
    """
    Return what writes *rows*, one after the other, in one call of the driver.

    It is for databases where nobody else writes, so that entries stand where they were
    thought to.
    """
    return Query(_insert_values(table), rows=rows)


@cache
def _insert_values(table: Table) -> TextClause:
    values = ", ".join("?" for _ in table.columns)
    return text(insert_into(table, f"VALUES ({values})"))


def insert_into(table: Table, source: str) -> str:
    """Return the SQL that writes what *source* gives, the columns as the table has them."""
    names = ", ".join(column.name for column in table.columns)
    return f"INSERT INTO {table.name} ({names}) {source}{_then(table)}"


def _then(table: Table) -> str:
    if REPLACED not in table.info:
        return ""
    keys: list[Column[Any]] = list(table.primary_key)
    values = [c.name for c in table.columns if c.name not in {k.name for k in keys}]
    return (
        f" ON CONFLICT ({', '.join(key.name for key in keys)}) DO UPDATE SET "
        + ", ".join(f"{name} = excluded.{name}" for name in values)
    )
