"""
What is to be done next: read off the books once, and from then on off what is done.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from datetime import date
from heapq import heappop, heappush
from typing import Final, NamedTuple

from attrs import define, field

from ..entries import Entry
from ..model import EntryId
from ..standing import Standing
from .claims import SETTLED_CLAIMS
from .ladders import ASSESSMENTS
from .lots import EXPIRED_LOTS
from .orders import LAPSED_ORDERS
from .periods import BEGUN_PERIODS, ENDED_PERIODS
from .things import Due, Timetable, Turn, Watch

Source = Watch | Timetable

SOURCES: Final[tuple[Source, ...]] = (
    ENDED_PERIODS,
    ASSESSMENTS,
    SETTLED_CLAIMS,
    LAPSED_ORDERS,
    EXPIRED_LOTS,
    BEGUN_PERIODS,
)
"""
In the order in which things of one day are done.

What is due when a period is over comes first, for that is the morning after.
"""


class _Ahead(NamedTuple):
    """Something to come, or a turn of nothing yet (*None*); the earliest is the least."""

    day: date
    place: int
    turn: int
    number: int
    what: Hashable | Due | None


@define
class Agenda:
    """
    What is to be done next.

    Making one reads every entry that *books* know.  After that the work is in what is
    done: each thing is looked at again when an entry touches it, and each day of the
    calendar once.

    What it has returned it does not return again before it is told to `ask_again`, and
    then returns what a new one would.

    Args:
        books: Folded from the whole journal; they go on as things are done.
        until: Nothing that falls due after this day.
    """

    books: Standing
    until: date
    _ahead: list[_Ahead] = field(factory=list, init=False)
    _asked: dict[EntryId, _Ahead] = field(factory=dict, init=False)
    _numbers: dict[tuple[int, Hashable], int] = field(factory=dict, init=False)
    _turns: dict[int, Iterator[Turn]] = field(factory=dict, init=False)
    _turn: Counter[int] = field(factory=Counter, init=False)
    _left: Counter[int] = field(factory=Counter, init=False)
    _waiting: set[int] = field(factory=set, init=False)

    def __attrs_post_init__(self) -> None:
        for place, source in enumerate(SOURCES):
            if isinstance(source, Timetable):
                self._turns[place] = source.turns(self.books, self.until)
        self.take(entry for _, entry in self.books.known.values())

    def take(self, entries: Iterable[Entry]) -> None:
        """Look at what *entries*, which the books hold by now, have touched."""
        touched = {
            (place, key): None
            for entry in entries
            for place, source in enumerate(SOURCES)
            if isinstance(source, Watch)
            for key in source.touched(self.books, entry)
        }
        for place, key in touched:
            self._look(place, key)

    def ask_again(self) -> None:
        """Have whatever was returned, and is not done, come again."""
        asked, self._asked = self._asked, {}
        waiting, self._waiting = self._waiting, set()
        for id, each in asked.items():
            if isinstance(SOURCES[each.place], Watch):
                self._look(each.place, each.what)
            elif each.place not in waiting and id not in self.books.known:
                self._put(each)  # a timetable that waits says it anew

    def next(self, most: int) -> list[Due]:
        """
        Return what is due of one source on the earliest day on which anything is.

        That is at most so many things; `take` is to be told what came of them before the
        next are asked for.  Nothing is left where there is none.
        """
        while self._resumed():
            turn = self._ahead[0][:3]
            found: dict[EntryId, Due] = {}
            while self._ahead and self._ahead[0][:3] == turn and len(found) < most:
                each = heappop(self._ahead)
                self._count(each, -1)
                due = self._fallen(each.place, each.what)
                if due is not None:
                    found[due.id] = due
                    self._asked[due.id] = each
            if found:
                return list(found.values())
        return []

    def _look(self, place: int, key: Hashable) -> None:
        # in the order in which they came, due or not: who looks daily finds the same
        number = self._numbers.setdefault((place, key), len(self._numbers))
        due = self._fallen(place, key)
        if due is not None:
            self._put(_Ahead(due.on, place, 0, number, key))

    def _fallen(self, place: int, what: Hashable | Due | None) -> Due | None:
        """Return what has fallen due of *what*, unless it was asked or is done."""
        source = SOURCES[place]
        due = what if isinstance(what, Due) else None
        if isinstance(source, Watch):
            due = source.due(self.books, what, self.until)
        done = due is None or due.id in self._asked or due.id in self.books.known
        return None if done else due

    def _put(self, each: _Ahead) -> None:
        heappush(self._ahead, each)
        self._count(each, 1)

    def _count(self, each: _Ahead, one: int) -> None:
        if each.turn == self._turn[each.place]:
            self._left[each.place] += one

    def _resumed(self) -> bool:
        """Resume every timetable of whose turn nothing is ahead; return if anything is."""
        for place in [p for p in self._turns if not self._left[p]]:
            if place not in self._waiting:
                self._resume(place)
        return bool(self._ahead)

    def _resume(self, place: int) -> None:
        turn = next(self._turns[place], None)
        if turn is None:
            del self._turns[place]
            return
        day, due = turn
        if due and all(each.id in self._asked for each in due):
            self._waiting.add(place)
            return
        self._turn[place] += 1
        for number, each in enumerate(due or [None]):
            self._put(_Ahead(day, place, self._turn[place], number, each))
