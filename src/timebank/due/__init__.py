"""
What has fallen due by a day, read off the books, and how it is done.

Time passes only by entries: whatever a day brings (an order's term ends, a period is
over) is an ordinary request with an id that follows from the books, so that it is done
once, however often and however late somebody looks.  Nothing here decides anything.

Each source is a module with one function ``(books, until) → what is due``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Final

from attrs import define, frozen

from ..entries import Outcome, Refusal
from ..model import EntryId
from ..standing import Standing
from .claims import settled_claims
from .ladders import assessments
from .lots import expired_lots
from .orders import lapsed_orders
from .periods import begun_periods, ended_periods
from .things import Due

__all__ = ["BATCH_MAX", "Due", "TickReport", "due_next", "let_time_pass"]

Source = Callable[[Standing, date], Iterable[Due]]

SOURCES: Final[tuple[Source, ...]] = (
    settled_claims,
    ended_periods,
    lapsed_orders,
    expired_lots,
    begun_periods,
    assessments,
)
"""In the order in which things of one day are done."""

BATCH_MAX: Final = 500
"""At most so many requests are decided in one turn: others wait no longer than that."""


@frozen(kw_only=True)
class TickReport:
    """
    What a tick did.

    Args:
        until: The day by which things were due.
        done: What was recorded, in order.
        refused: What the rules forbade; it stays due and is asked again by the next tick.
    """

    until: date
    done: tuple[Outcome, ...] = ()
    refused: tuple[Refusal, ...] = ()


def due_next(books: Standing, until: date, asked: set[EntryId]) -> list[Due]:
    """
    Return what fell due on the earliest day on which anything is due, in order.

    Args:
        books: Folded from the whole journal.
        until: Nothing that falls due after this day.
        asked: What this run has asked for already.
    """
    first: list[Due] = []
    for source in SOURCES:
        for due in source(books, until):
            if due.id in asked or (first and due.on > first[0].on):
                continue
            if first and due.on < first[0].on:
                first.clear()
            first.append(due)
    return first


@define
class _Run:
    """What one run has asked for so far, and what came of it."""

    asked: set[EntryId]
    done: list[Outcome]
    refused: list[Refusal]

    def take(self, due: Sequence[Due], verdicts: Iterable[Outcome | Refusal]) -> None:
        self.asked.update(each.id for each in due)
        for verdict in verdicts:
            if isinstance(verdict, Refusal):
                self.refused.append(verdict)
            elif not verdict.replayed:
                self.done.append(verdict)


def let_time_pass(
    until: date,
    *,
    books: Standing,
    ask: Callable[[Sequence[Due]], Iterable[Outcome | Refusal]],
    read: Callable[[Standing], None] = lambda _: None,
) -> TickReport:
    """
    Do what has fallen due by *until*, day after day, as if somebody had looked daily.

    What a day's things bring about (an order given back whose lot has expired) is seen
    before the next day's are done.  A refused one does not stop the rest.

    Args:
        until: The last day that counts.
        books: Folded from the whole journal, as far as it is read.
        ask: Asks for some things, each on its own, and returns what came of each.
        read: Takes into the books what they do not hold yet; nothing where asking does.
    """
    run = _Run(set(), [], [])
    read(books)
    while due := due_next(books, until, run.asked):
        for start in range(0, len(due), BATCH_MAX):
            some = due[start : start + BATCH_MAX]
            run.take(some, ask(some))
        read(books)
    return TickReport(until=until, done=tuple(run.done), refused=tuple(run.refused))
