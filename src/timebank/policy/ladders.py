"""
The tables of ladders: states of an account, and the ways between them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from enum import StrEnum

from attrs import frozen

from ..texts import Text
from .conditions import Condition
from .days import days_later, stretch_later
from .windows import Every


class Keep(StrEnum):
    """How long a level lasts."""

    WHILE_MET = "while met"
    FOR_EVER = "for ever"


class Admission(StrEnum):
    """Whether a level comes by itself, or is applied for and granted."""

    AUTOMATIC = "automatic"
    APPLY = "apply"


class MoveBy(StrEnum):
    """Whether people take a way, or an account is taken along it by what it has done."""

    DECISION = "decision"
    AUTOMATIC = "automatic"


@frozen
class Term:
    """How long a state lasts before it runs back: a stretch of time, at least and at most."""

    shortest: str
    longest: str

    def ends(self, day: date) -> tuple[date, date]:
        """Return the first and the last day that may be the last of a state from *day*."""
        first, last = (stretch_later(day, s) for s in (self.shortest, self.longest))
        return days_later(first, -1), days_later(last, -1)


@frozen(kw_only=True)
class Move:
    """
    A way from one level to others.

    Args:
        from_: The level left.
        to: The levels it may lead to, one or more.
        by: People decide; or ``"automatic"``: it goes by itself where its needs are met.
        needs: A condition, beside what the ladder and a higher level need. By default
            nothing.
        every: The period at whose end an automatic way is asked about. By default at all
            times.
        term: How long the level lasts: ``"1 year"``, or the shortest and the longest,
            ``["1 year", "3 years"]``. By default for good.
        suspended: Stretches of days on which the way is closed, ``[["2015-01-01",
            ""]]``; both ends count, and an empty end is until further notice. By
            default never.
    """

    from_: str
    to: tuple[str, ...]
    by: MoveBy = MoveBy.DECISION
    needs: Condition | None = None
    every: Every | None = None
    term: Term | None = None
    suspended: tuple[tuple[date, date | None], ...] = ()

    def closed_until(self, day: date) -> tuple[date | None] | None:
        """Return until when the way is closed on *day*; *None* where it is open."""
        for first, until in self.suspended:
            if first <= day and (until is None or day <= until):
                return (until,)
        return None


@frozen(kw_only=True)
class Rung:
    """
    A level of a ladder, what it needs, and what people call it.

    Args:
        name: The level.
        needs: A condition. By default nothing.
        text: What people call it.
    """

    name: str
    needs: Condition | None = None
    text: Text | None = None


@frozen(kw_only=True)
class Ladder:
    """
    States of an account.

    Args:
        levels: Lowest first; a word is a level that asks nothing itself.
        needs: A condition for every level, beside its own. By default nothing.
        entry: Or ``"apply"``: granted by an entry where the needs are met.
        keep: Or ``"for ever"``.
        every: The period at whose end levels are assessed: ``"day"``, ``"month"``,
            ``"2 years"`` and the like. By default they are told at all times.
        start: The level everybody begins at; needed where there are moves.
        moves: The ways there are from level to level; with any, no others are taken.
        text: What people call it.
    """

    levels: tuple[Rung, ...]
    needs: Condition | None = None
    entry: Admission = Admission.AUTOMATIC
    keep: Keep = Keep.WHILE_MET
    every: Every | None = None
    start: str | None = None
    moves: tuple[Move, ...] = ()
    text: Text | None = None

    @property
    def stored(self) -> bool:
        """Whether entries say its levels; else they are measures."""
        return bool(self.moves) or self.every is not None or self.applied_for

    @property
    def applied_for(self) -> bool:
        """Whether its levels are applied for."""
        return self.entry is Admission.APPLY

    @property
    def decided(self) -> bool:
        """Whether people grant its levels, and take them."""
        by_people = any(move.by is MoveBy.DECISION for move in self.moves)
        return by_people or self.applied_for

    @property
    def periods(self) -> tuple[Every, ...]:
        """The periods at whose ends somebody's level is assessed."""
        every = [self.every, *(move.every for move in self.moves)]
        return tuple(dict.fromkeys(each for each in every if each is not None))

    def conditions(self) -> Iterator[Condition]:
        """Yield every condition it has."""
        of_levels = (rung.needs for rung in self.levels)
        for needs in (self.needs, *of_levels, *(move.needs for move in self.moves)):
            if needs is not None:
                yield needs

    def rank(self, level: str | None) -> int:
        """Return the place of *level* from 0, or −1 for none."""
        names = [rung.name for rung in self.levels]
        return names.index(level) if level in names else -1

    def rung(self, level: str | None) -> Rung | None:
        """Return the level so named, or *None*."""
        return next((rung for rung in self.levels if rung.name == level), None)
