"""
Orders whose term is over: what they still hold is given back.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from ..operations import CancelOrder, PlaceOrder
from ..policy.days import days_later
from ..policy.files import compiled
from ..policy.terms import order_term
from ..standing import Standing
from .things import Due, due_id


def lapsed_orders(books: Standing, until: date) -> Iterator[Due]:
    """
    Yield the cancellation of every open order whose last day lies before *until*.

    A cancellation that was undone is asked for under a further id: the order is open
    again, and its term is over still.
    """
    for id, (_, entry) in books.known.items():
        if not isinstance(entry.asked, PlaceOrder) or entry.asked.delivered:
            continue
        placed = books.counted(id)
        if placed is None:
            continue
        term = order_term(placed, compiled(books.adopted(entry.policy).text))
        if term is None or term.last >= until:
            continue
        order = books.order(id)
        if order is None or order.closed_by is not None or order.remaining == 0:
            continue
        on = days_later(term.last, 1)
        taken = sum(
            isinstance(acting.asked, CancelOrder) for _, acting in books.thread(id)
        )
        again = [str(taken + 1)] if taken else []
        yield Due(
            id=due_id(on, "order", id, *again), operation=CancelOrder(order=id), on=on
        )
