"""
The tables of rankings: the best of many, at the end of a period.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from attrs import frozen

from .conditions import Condition
from .expressions import Formula
from .windows import Every


@frozen
class Ties:
    """
    What becomes of those who have the same value where the line is drawn.

    Args:
        kept: Whether all of them are taken, rather than none.
        by: Values that tell them apart first, high first.
    """

    kept: bool = True
    by: tuple[str, ...] = ()


ALL: Final = "all"
NONE: Final = "none"


@frozen(kw_only=True)
class Ranking:
    """
    The best of many, by a value.  What a place brings is said by rules on ``rank``.

    Args:
        value: A formula: what accounts are ranked by, high first.
        every: The period at whose end they are: ``"month"``, ``"year"`` and the like. By
            default on any day.
        among: A condition: who is ranked. By default everybody but the policy's own
            accounts.
        take: How many are taken; below 1 it is a share of those ranked, rounded down:
            ``"1/10"``. By default all.
        ties: Of those who tie across the line ``"all"`` are taken, or ``"none"``; or
            values that tell them apart, high first, and then all.
    """

    value: Formula
    every: Every | None = None
    among: Condition | None = None
    take: Fraction | None = None
    ties: Ties = Ties()
