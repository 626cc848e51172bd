"""
What a table of the journal is made of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum
from typing import Any

from attrs import frozen

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
