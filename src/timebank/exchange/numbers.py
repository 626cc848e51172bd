"""
Numbers of rows, which mostly follow one another.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from attrs import define, field


@define(eq=False)
class Numbers:
    """
    Numbers in rising order, equal to a tuple of them.

    Args:
        runs: Those that follow one another, together: a million rows may be one run.
    """

    runs: list[range] = field(factory=list)

    def add(self, number: int) -> None:
        """Add a number above all that are there."""
        if self.runs and number == self.runs[-1].stop:
            self.runs[-1] = range(self.runs[-1].start, number + 1)
        else:
            self.runs.append(range(number, number + 1))

    def __len__(self) -> int:
        return sum(map(len, self.runs))

    def __iter__(self) -> Iterator[int]:
        return chain.from_iterable(self.runs)

    def __contains__(self, number: object) -> bool:
        return any(number in run for run in self.runs)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, (Numbers, tuple)):
            return NotImplemented
        return tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))
