"""
The second line: what the database itself refuses, whoever asks.

Facts are only ever inserted, whole and in order.  The code never tries anything else;
these guards are for the hand that goes past the code.  Each database has a module with

- `script`: the statements that set the guards up, where the tables live,
- `missing`: the names of guards that are not there, or not as they should be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from attrs import frozen
from sqlalchemy import Connection

from . import postgresql, sqlite


@frozen(kw_only=True)
class Guards:
    """
    The guards of one kind of database.

    Args:
        home: The schema in which new tables come to live, quoted; empty where there is none.
        where: The schema in which the tables are, as it is called; *None* where that
            needs no saying.
        untrusted: Names constraints and indexes that are there and do not hold.
        script: The statements that set them up, where the tables live in that schema.
        missing: Names those that are not there, or not as they should be.
    """

    home: Callable[[Connection], str]
    where: Callable[[Connection], str | None]
    untrusted: Callable[[Connection], frozenset[str]]
    script: Callable[[str], tuple[str, ...]]
    missing: Callable[[Connection], tuple[str, ...]]


GUARDS: Final[Mapping[str, Guards]] = {
    "sqlite": Guards(
        home=sqlite.home,
        where=lambda _: None,
        untrusted=lambda _: frozenset(),
        script=sqlite.script,
        missing=sqlite.missing_guards,
    ),
    "postgresql": Guards(
        home=postgresql.home,
        where=postgresql.where,
        untrusted=postgresql.untrusted,
        script=postgresql.script,
        missing=postgresql.missing_guards,
    ),
}
"""By SQLAlchemy's name of the database."""
