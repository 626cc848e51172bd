"""
Claims on which time has decided: a notice that nobody objected to, a silence that counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from ..claims import claim_acted_on, is_claim
from ..entries import Entry
from ..model import EntryId
from ..operations import SettleClaim
from ..policy.claims import claim_of
from ..policy.days import days_later
from ..standing import Standing
from .things import Due, Watch, due_id


def _touched(_: Standing, entry: Entry) -> Iterator[EntryId]:
    claim = entry.id if is_claim(entry) else claim_acted_on(entry)
    if claim is not None:
        yield claim


def _settled(books: Standing, id: EntryId, until: date) -> Due | None:
    """
    Return the settlement of a claim that time alone has brought to an end.

    It falls due on the day after the last one that was waited for.  A claim that goes on
    to a further step asks for nothing, because nobody has to be told that time passes.
    """
    claim = claim_of(books, id, until) if id in books.claims else None
    if claim is None or claim.stage is None or not claim.stage.ended:
        return None
    on = days_later(claim.stage.since, 1)
    return Due(id=due_id(on, "claim", id), operation=SettleClaim(claim=id), on=on)


SETTLED_CLAIMS: Final = Watch(touched=_touched, due=_settled)
