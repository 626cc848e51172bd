"""
Orders whose term is over: what they still hold is given back.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from ..entries import Entry
from ..model import EntryId
from ..operations import CancelOrder, PlaceOrder
from ..policy.days import days_later
from ..policy.files import compiled
from ..policy.terms import order_term
from ..standing import Standing
from .things import Due, Watch, next_id


def _touched(books: Standing, entry: Entry) -> Iterator[EntryId]:
    counts = books.in_effect(entry)
    if counts and isinstance(counts.asked, PlaceOrder) and not counts.asked.delivered:
        yield counts.id


def _lapsed(books: Standing, id: EntryId, until: date) -> Due | None:
    """
    Return the cancellation of an open order whose last day lies before *until*.

    A cancellation that was undone is asked for under a further id: the order is open
    again, and its term is over still.
    """
    placed = books.counted(id)
    if placed is None:
        return None
    term = order_term(placed, compiled(books.adopted(placed.policy).text))
    if term is None or term.last >= until:
        return None
    order = books.order(id)
    if order is None or order.closed_by is not None or order.remaining == 0:
        return None
    on = days_later(term.last, 1)
    return Due(
        id=next_id(books, on, "order", id), operation=CancelOrder(order=id), on=on
    )


LAPSED_ORDERS: Final = Watch(touched=_touched, due=_lapsed)
