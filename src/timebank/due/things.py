"""
What falls due, and the two ways in which it is found.

Some things fall due because of what was recorded: an order, a lot, a claim.  They are
looked at once, and again when something is recorded that touches them.  Others come by the
calendar, for everybody: periods and assessments.  Those are asked for when their day has
come.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from attrs import frozen

from ..entries import Entry
from ..model import EntryId
from ..operations import Operation
from ..policy.days import days_later
from ..policy.due_ids import due_id
from ..standing import Standing

__all__ = ["Due", "Timetable", "Turn", "Watch", "due_id", "next_id", "over"]


@frozen(kw_only=True)
class Due:
    """
    One thing that has fallen due.

    Args:
        id: The same whenever and by whomever it is found; see `due_id`.
        operation: What is to be asked.
        on: The day it counts for.
    """

    id: EntryId
    operation: Operation
    on: date


def next_id(books: Standing, on: date, *parts: str) -> EntryId:
    """
    Return the first id of *parts* that is not taken: what was undone is due once more.

    After ``due/2024-04-01/order/o`` comes ``due/2024-04-01/order/o/2``.
    """
    id, times = due_id(on, *parts), 1
    while id in books.known:
        times += 1
        id = due_id(on, *parts, str(times))
    return id


@frozen(kw_only=True)
class Watch:
    """
    Things that fall due because of what was recorded; those of a day as they came.

    Args:
        touched: Returns which of them an entry may have changed, each by a key.
        due: Returns what has fallen due of one by a day, if anything has.
    """

    touched: Callable[[Standing, Entry], Iterable[Hashable]]
    due: Callable[[Standing, Any, date], Due | None]


Turn = tuple[date, Sequence[Due]]
"""
The first day on which somebody who looks finds what is due, and that; nothing where it is
only told when the day has come.
"""


def over(last: date) -> date:
    """Return the first day on which what ended with *last* is over."""
    return days_later(last, 1)


@frozen
class Timetable:
    """
    Things that come by the calendar.

    Args:
        turns: Yields their days in order, and what is due on each; it is resumed when all
            that comes before has been asked for.  Where it then yields the same again, it
            is not resumed before something has been done.
    """

    turns: Callable[[Standing, date], Iterator[Turn]]
