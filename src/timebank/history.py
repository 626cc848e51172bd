"""
What has moved an account's free credits in a unit, by day.

Here is only how it is kept; what measures make of it is the policy's.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import date
from operator import attrgetter
from typing import NamedTuple

from attrs import define, field

from .labels import Labels


class Event(NamedTuple):
    """
    Where a movement counts: the day and position of the entry it stands for, and its labels.

    A leg that undoes another counts where the undone leg did, so the two cancel in every
    sum, count, day and streak.
    """

    day: date
    position: int
    rule: str
    labels: Labels = ()


_day = attrgetter("day")


@define
class History:
    """Events with what each comes to; those of some days are found without the others."""

    _sums: dict[Event, int] = field(factory=dict)
    _by_day: list[Event] | None = field(default=None, init=False, eq=False)

    def __len__(self) -> int:
        return len(self._sums)

    def add(self, event: Event, amount: int) -> None:
        """Add *amount* to what *event* comes to; what comes to nothing is forgotten."""
        known = event in self._sums
        total = self._sums.get(event, 0) + amount
        if total:
            self._sums[event] = total
        else:
            self._sums.pop(event, None)
        if known is (total != 0) or self._by_day is None:
            return
        if total and (not self._by_day or self._by_day[-1].day <= event.day):
            self._by_day.append(event)
        else:
            self._by_day = None  # put in order when it is asked for

    def between(
        self, first: date | None, last: date | None
    ) -> Iterator[tuple[Event, int]]:
        """Yield the events of the days from *first* to *last*, with what each comes to."""
        if first is None and last is None:
            yield from self._sums.items()
            return
        if self._by_day is None:
            self._by_day = sorted(self._sums, key=_day)
        low = 0 if first is None else bisect_left(self._by_day, first, key=_day)
        high = None if last is None else bisect_right(self._by_day, last, key=_day)
        for event in self._by_day[low:high]:
            yield event, self._sums[event]
