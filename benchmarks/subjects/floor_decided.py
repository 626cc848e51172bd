"""
The floor, once timebank has decided the same in memory: two books, one after the other.

What timebank would take if its way to the database, from a standing to rows and back, took
nothing at all.  What is between this and timebank is what that way takes; what is between the
floor and this is what it takes to decide.
"""

from __future__ import annotations

from attrs import evolve

from ..model import Place
from . import floor_postgresql, floor_sqlite, ours


def prepare(place: Place) -> None:
    """Make the floor's books."""
    (floor_postgresql if place.url else floor_sqlite).prepare(place)


class Books:
    """Both books."""

    def __init__(self, place: Place) -> None:
        in_memory = {**place.options, "store": "memory"}
        self.decided = ours.Books(evolve(place, options=in_memory))
        self.written = (floor_postgresql if place.url else floor_sqlite).Books(place)

    def close(self) -> None:
        """Let go of the database."""
        self.decided.close()
        self.written.close()

    def give(self, number: int) -> None:
        """One durable entry, from one member to another."""
        self.decided.give(number)
        self.written.give(number)

    def give_many(self, number: int) -> None:
        """As many gifts in one batch as the place says."""
        self.decided.give_many(number)
        self.written.give_many(number)

    def load(self, number: int) -> None:
        """Import service records under a real programme's rules."""
        self.decided.load(number)
        self.written.load(number)
