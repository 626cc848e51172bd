"""
Adoptions: which policy holds on a day, and for whom.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from attrs import frozen

from .model import Position


@frozen(kw_only=True)
class Adoption:
    """
    A policy adopted.

    Args:
        hash: Its name in entries.
        text: All of it.
        holds_from: The first day it holds.
        position: Where its entry stands.
        body: Whose it is; *None* for the whole ledger.
    """

    hash: str
    text: str
    holds_from: date
    position: Position
    body: str | None = None


def policy_on(
    adoptions: Sequence[Adoption], day: date, body: str | None = None
) -> Adoption | None:
    """Return the latest of *adoptions* for *body* itself that holds on *day*."""
    for adoption in reversed(adoptions):
        if adoption.body == body and adoption.holds_from <= day:
            return adoption
    return None
