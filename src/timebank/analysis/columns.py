"""
What a table of the journal is made of, and the columns that tell of an entry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum
from operator import attrgetter
from typing import Any, Final

from attrs import evolve, frozen

from .moment import Page

Value = int | str | bool | list[str] | None
"""What stands in a column: days as ``2025-03-01``, moments as microseconds since 1970."""


class Type(Enum):
    """What a column holds, as Arrow calls it."""

    WHOLE = "int64"
    TEXT = "string"
    WORD = "dictionary<string>"
    WORDS = "list<string>"
    DAY = "date32"
    MOMENT = "timestamp[us, UTC]"
    TRUTH = "bool"


@frozen(kw_only=True)
class Column:
    """
    A column.

    Args:
        name: Its name.
        type: What it holds.
        text: What it says.
        read: Takes it from what a row is made of.
        optional: Whether it may say nothing.
    """

    name: str
    type: Type
    text: str
    read: Callable[[Any], Value]
    optional: bool = False


@frozen(kw_only=True)
class Table:
    """
    A table.

    Args:
        name: Its name.
        text: What a row is.
        columns: Its columns, in order.
        rows: Takes from a page what its rows are made of.
        whole: Whether any page has all of them.
    """

    name: str
    text: str
    columns: tuple[Column, ...]
    rows: Callable[[Page], Iterable[Any]]
    whole: bool = False


# ---------------------------------------------------------------- of entries

POSITION: Final = Column(
    name="position",
    type=Type.WHOLE,
    text="where the entry stands in the journal: 1, 2, 3 …",
    read=attrgetter("stored.position"),
)
"""Of entries as they are `Kept`."""
OF_ENTRY: Final = (
    Column(
        name="entry",
        type=Type.TEXT,
        text="the entry's id",
        read=attrgetter("stored.id"),
    ),
    Column(
        name="kind",
        type=Type.WORD,
        text="what was asked: `service`, `gift`, `order`, `reverse` …; "
        "`refusal` where a refusal is kept",
        read=attrgetter("stored.kind"),
    ),
    Column(
        name="effective_on",
        type=Type.DAY,
        text="the day the fact counts for",
        read=attrgetter("stored.effective_on"),
    ),
    Column(
        name="recorded_at",
        type=Type.MOMENT,
        text="the moment the bank learned of it",
        read=attrgetter("stored.recorded_at"),
    ),
    Column(
        name="recorded_on",
        type=Type.DAY,
        text="that moment's day in the ledger's time zone",
        read=attrgetter("stored.recorded_on"),
    ),
    Column(
        name="policy",
        type=Type.WORD,
        text="the hash of the policy that it was decided under",
        read=attrgetter("heading.policy"),
    ),
)
"""Further ones, which postings repeat."""


def of_its_entry(column: Column) -> Column:
    """Return a column of the entry for rows of something that is `kept` in it."""
    return evolve(column, read=lambda row: column.read(row.kept))
