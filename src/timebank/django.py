"""
The books inside Django's transactions: `within` joins what ``atomic()`` began.

Django is imported by whoever imports this module, and by nothing else of timebank.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from django.db import DEFAULT_DB_ALIAS, connections
from sqlalchemy import Engine, NullPool, create_engine
from sqlalchemy.exc import DBAPIError

from .bank import Bank
from .errors import CannotJoin
from .storage.hosts import failed
from .texts import Text

# what Django calls a database and its driver → how SQLAlchemy speaks to it through them
ENGINES: Final[Mapping[tuple[str, str], Mapping[str, Any]]] = {
    ("sqlite", "sqlite3"): {"url": "sqlite://"},
    ("postgresql", "psycopg"): {
        "url": "postgresql+psycopg://",
        "use_native_hstore": False,
    },
}


def within(bank: Bank, using: str = DEFAULT_DB_ALIAS) -> Bank:
    """
    Return *bank* inside the transaction that Django's ``atomic()`` began.

    What a view saves and what the bank records then become true together, with
    savepoints, ``on_commit`` and ``ATOMIC_REQUESTS`` as Django has them; otherwise it is
    `Bank.within`.

    Args:
        bank: On the same database as *using*.
        using: Django's name of the database.

    Raises:
        CannotJoin: Outside ``atomic()``, in a block that has failed, or on a database
            that is not that of the books.
        RetryTransaction: From any operation, if the whole block has to begin again.
    """
    database = connections[using]
    if not database.in_atomic_block:
        raise CannotJoin(
            Text(
                "nothing has begun one on Django's database {using!r}",
                "Django 数据库 {using!r} 上没有已开始的事务",
                using=using,
            ),
            Text("ask inside transaction.atomic()", "请在 transaction.atomic() 内调用"),
        )
    if database.needs_rollback:
        raise failed()
    spoken = database.vendor, database.Database.__name__.partition(".")[0]
    if spoken not in ENGINES:
        raise CannotJoin(
            Text(
                "Django's database {using!r} is {kind} through {driver}",
                "Django 数据库 {using!r} 为 {kind}（驱动 {driver}）",
                using=using,
                kind=spoken[0],
                driver=spoken[1],
            ),
            Text(
                "keep the platform in PostgreSQL through psycopg 3, or in SQLite",
                "请将平台数据放在 PostgreSQL（psycopg 3）或 SQLite 中",
            ),
        )
    try:
        connection = _engine(using, spoken).connect()
    except DBAPIError as error:
        # the first of its kind is asked what it can do
        raise failed() from error
    return bank.within(connection)


@cache
def _engine(using: str, spoken: tuple[str, str]) -> Engine:
    """Return an engine whose every connection is the one that Django has at the time."""
    return create_engine(
        creator=lambda: _Borrowed(connections[using]),
        poolclass=NullPool,
        **ENGINES[spoken],
    )


class _Borrowed:
    """
    Django's connection as SQLAlchemy sees it: Django alone ends its transactions.

    Nor does SQLAlchemy leave anything on it, such as its own function for REGEXP.
    """

    def __init__(self, database: Any) -> None:  # noqa: ANN401 - Django has no types
        self.lent_to_timebank = database.connection

    def _nothing(self, *_: object, **__: object) -> None:
        """Let Django do it."""

    commit = rollback = close = create_function = add_notice_handler = _nothing

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the driver has
        return getattr(self.lent_to_timebank, name)
