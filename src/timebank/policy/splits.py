"""
Splits: one amount between several, by shares, so that nothing is lost.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from functools import cache, cached_property
from typing import Final

from attrs import frozen


@frozen
class Split:
    """
    Where something goes: accounts or roles, each with its share.

    A single word is a split with one share.

    Args:
        shares: In the order written; they sum to one.
    """

    shares: tuple[tuple[str, Fraction], ...]

    @classmethod
    @cache
    def whole(cls, word: str) -> Split:
        """Return the split that gives all of it to *word*."""
        return cls(((word, Fraction(1)),))

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The accounts and roles, in the order written."""
        return tuple(word for word, _ in self.shares)

    def parted(self, parts: int) -> list[int]:
        """Return what each gets of *parts*, by largest remainder."""
        return parted(parts, [share for _, share in self.shares])


NOWHERE: Final = Split(())
"""Where something goes that goes nowhere."""


def parted(parts: int, shares: Sequence[Fraction | int]) -> list[int]:
    """
    Divide *parts* by *shares*, which need not sum to one.

    By largest remainder, and where remainders are alike to the first: everybody gets the
    whole parts of their share, and what is left goes by one part to those who lack most.
    """
    if len(shares) == 1:
        return [parts]
    total = sum(shares, start=Fraction(0))
    exact = [parts * Fraction(share) / total for share in shares]
    got = [math.floor(figure) for figure in exact]
    by_lack = sorted(range(len(shares)), key=lambda place: got[place] - exact[place])
    for place in by_lack[: parts - sum(got)]:
        got[place] += 1
    return got


def parted_on(given: Sequence[int], parts: int, split: Split) -> list[int]:
    """
    Divide a further *parts*, so that all together is divided as if it had come at once.

    As near as that can be without taking anything back.

    Args:
        given: What each has got before.
        parts: What there is now.
        split: By which shares.
    """
    wanted = split.parted(sum(given) + parts)
    gets = [max(0, want - had) for want, had in zip(wanted, given, strict=True)]
    over = sum(gets) - parts
    for place in reversed(range(len(gets))):
        back = min(over, gets[place])
        gets[place] -= back
        over -= back
    return gets
