"""
What is to be done next: read off the books once, and from then on off what is done.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
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
    """Something to come; the earliest is the least."""

    day: date
    place: int
    number: int
    what: Hashable = None
    due: Sequence[Due] = ()


@define
class Agenda:
    """
    What is to be done next.

    Making one reads every entry that *books* know.  After that the work is in what is
    done: each thing is looked at again when an entry touches it, and each day of the
    calendar once.

    Args:
        books: Folded from the whole journal; they go on as things are done.
        until: Nothing that falls due after this day.
        asked: What was asked for already, and is not asked again.
        day: The day on which who looks daily finds what `next` has returned.
    """

    books: Standing
    until: date
    asked: set[EntryId] = field(factory=set)
    day: date = field(default=date.min, init=False)
    _ahead: list[_Ahead] = field(factory=list, init=False)
    _numbers: dict[tuple[int, Hashable], int] = field(factory=dict, init=False)
    _turns: dict[int, Iterator[Turn]] = field(factory=dict, init=False)
    _resumed: int | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        for place, source in enumerate(SOURCES):
            if isinstance(source, Timetable):
                self._turns[place] = source.turns(self.books, self.until)
                self._resume(place)
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

    def next(self) -> list[Due]:
        """
        Return what is due of one source on the earliest day on which anything is.

        It is to be asked for, and told to `take`, before the next is.  Nothing is left
        where there is none.
        """
        if self._resumed is not None:
            self._resume(self._resumed)
            self._resumed = None
        while self._ahead:
            day, place = self._ahead[0][:2]
            due = self._due(day, place)
            if due:
                self.asked.update(each.id for each in due)
                self.day = day
                return due
        return []

    def _due(self, day: date, place: int) -> list[Due]:
        """Take off the list what stands there for *day* of the source at *place*."""
        if place in self._turns:
            due = [d for d in heappop(self._ahead).due if d.id not in self.asked]
            if due:
                self._resumed = place
            else:
                self._resume(place)
            return due
        found: dict[EntryId, Due] = {}
        while self._ahead and self._ahead[0][:2] == (day, place):
            key = heappop(self._ahead).what
            each = self._fallen(place, key)
            if each is not None:
                found[each.id] = each
        return list(found.values())

    def _look(self, place: int, key: Hashable) -> None:
        # in the order in which they came, due or not: who looks daily finds the same
        number = self._numbers.setdefault((place, key), len(self._numbers))
        due = self._fallen(place, key)
        if due is not None:
            heappush(self._ahead, _Ahead(due.on, place, number, key))

    def _fallen(self, place: int, key: Hashable) -> Due | None:
        source = SOURCES[place]
        if not isinstance(source, Watch):
            return None
        due = source.due(self.books, key, self.until)
        return due if due is not None and due.id not in self.asked else None

    def _resume(self, place: int) -> None:
        turn = next(self._turns[place], None)
        if turn is not None:
            day, due = turn
            heappush(self._ahead, _Ahead(day, place, 0, None, due))
