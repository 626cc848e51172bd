"""
What has fallen due by a day, read off the books, and how it is done.

Time passes only by entries: whatever a day brings (an order's term ends, a period is
over) is an ordinary request with an id that follows from the books, so that it is done
once, however often and however late somebody looks.  Nothing here decides anything.

Each source is a module with one `Watch` or `Timetable`; `agenda` puts them in order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from itertools import chain
from typing import Final

from attrs import frozen

from ..entries import Entry, Outcome, Refusal
from ..standing import Standing
from .agenda import Agenda
from .things import Due

__all__ = ["BATCH_MAX", "Due", "TickReport", "let_time_pass"]

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


def let_time_pass(
    until: date,
    *,
    books: Standing,
    ask: Callable[[Sequence[Due]], Iterable[Outcome | Refusal]],
    read: Callable[[Standing], Iterable[Entry]] = lambda _: (),
) -> TickReport:
    """
    Do what has fallen due by *until*, as if somebody had looked daily.

    What is done next is always the first thing due, by its day, that the books as they
    stand allow: once anything was recorded, what was refused is asked again before what
    fell due later.  So it depends on nothing but the books how they go on, and not on
    when, how often, or how far somebody looked before.

    Args:
        until: The last day that counts.
        books: Folded from the whole journal, as far as it is read.
        ask: Asks for some things, each on its own, and returns what came of each.
        read: Takes into the books what they do not hold yet, by whomever, and yields it;
            nothing where asking does.
    """
    for _ in read(books):
        pass  # the agenda reads them off the books
    done: list[Outcome] = []
    refused: list[Refusal] = []
    agenda = Agenda(books, until)
    while due := agenda.next(BATCH_MAX):
        came = list(ask(due))
        made = [each for each in came if isinstance(each, Outcome)]
        agenda.take(chain(read(books), (each.entry for each in made)))
        done += made
        refused += [each for each in came if isinstance(each, Refusal)]
        if made:
            agenda.ask_again()
            refused.clear()
    return TickReport(
        until=until,
        done=tuple(each for each in done if not each.replayed),
        refused=tuple(refused),
    )
