"""
The tables of ladders: states of an account, and the ways between them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from enum import StrEnum

from attrs import frozen

from .expressions import Condition


class Keep(StrEnum):
    """How long a level lasts."""

    WHILE_MET = "while met"
    FOR_EVER = "for ever"


class Admission(StrEnum):
    """Whether a level comes by itself, or is applied for and granted."""

    AUTOMATIC = "automatic"
    APPLY = "apply"


@frozen(kw_only=True)
class Move:
    """
    A way from one level to others, decided by people.

    Args:
        from_: The level left.
        to: The levels it may lead to, one or more.
        suspended: Stretches of days on which the way is closed, ``[["2015-01-01",
            ""]]``; both ends count, and an empty end is until further notice. By
            default never.
    """

    from_: str
    to: tuple[str, ...]
    suspended: tuple[tuple[date, date | None], ...] = ()


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
    text: str | None = None


@frozen(kw_only=True)
class Ladder:
    """
    States of an account.

    Args:
        levels: Lowest first.
        needs: A condition for every level, beside its own. By default nothing.
        entry: Or ``"apply"``: granted by an entry where the needs are met.
        keep: Or ``"for ever"``.
        start: The level everybody begins at; needed where there are moves.
        moves: The ways there are from level to level; with any, people decide.
    """

    levels: tuple[Rung, ...]
    needs: Condition | None = None
    entry: Admission = Admission.AUTOMATIC
    keep: Keep = Keep.WHILE_MET
    start: str | None = None
    moves: tuple[Move, ...] = ()

    @property
    def decided(self) -> bool:
        """Whether its levels are granted by entries and not by themselves."""
        return bool(self.moves) or self.entry is Admission.APPLY

    def conditions(self) -> Iterator[Condition]:
        """Yield every condition it has."""
        for needs in (self.needs, *(rung.needs for rung in self.levels)):
            if needs is not None:
                yield needs

    def rank(self, level: str | None) -> int:
        """Return the place of *level* from 0, or −1 for none."""
        names = [rung.name for rung in self.levels]
        return names.index(level) if level in names else -1
