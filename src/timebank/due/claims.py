"""
Claims on which time has decided: a notice that nobody objected to, a silence that counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from ..operations import SettleClaim
from ..policy.claims import open_claims
from ..policy.days import days_later
from ..standing import Standing
from .things import Due, due_id


def settled_claims(books: Standing, until: date) -> Iterator[Due]:
    """
    Yield the settlement of every claim that time alone has brought to an end.

    It falls due on the day after the last one that was waited for.  A claim that goes on
    to a further step asks for nothing, because nobody has to be told that time passes.
    """
    for claim in open_claims(books, until):
        if claim.stage is None or not claim.stage.ended:
            continue
        on = days_later(claim.stage.since, 1)
        yield Due(
            id=due_id(on, "claim", claim.entry.id),
            operation=SettleClaim(claim=claim.entry.id),
            on=on,
        )
