"""
Orders: how far one has come, by what is said of it as that counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import evolve, frozen

from .entries import Entry
from .model import Bucket, EntryId, Posting
from .operations import CancelOrder, Correct, FulfilOrder, PlaceOrder, Reverse


@frozen(kw_only=True)
class OrderState:
    """
    How far an order has come.

    Args:
        entry: The order.
        fulfilled: Pieces handed over so far.
        closed_by: The entry that cancelled or undid it.
        held: What it still holds: legs as its own held ones, with what is left of each.
    """

    entry: Entry
    operation: PlaceOrder
    fulfilled: int
    closed_by: EntryId | None
    held: tuple[Posting, ...]

    @property
    def remaining(self) -> int:
        """Pieces still to come."""
        return self.operation.quantity - self.fulfilled


def order_state(
    id: EntryId, members: Sequence[Entry], *, without: EntryId | None = None
) -> OrderState | None:
    """
    Return how far order *id* has come, or *None* where it is no order.

    Args:
        id: The order.
        members: The entries of its thread, as they count.
        without: A fulfilment that is about to be undone, and so does not count.
    """
    found = next((entry for entry in members if entry.id == id), None)
    if found is None or not isinstance(found.asked, PlaceOrder):
        return None
    quantity = found.asked.quantity
    # pieces by fulfilment: one for "all that are left" means those left at the time
    pieces = {id: quantity} if found.asked.delivered else {}
    cancelled: EntryId | None = None
    for entry in members:
        if isinstance(entry.operation, Reverse | Correct):
            pieces.pop(entry.operation.target, None)
            cancelled = None if cancelled == entry.operation.target else cancelled
        if order_acted_on(entry) == id and isinstance(entry.asked, FulfilOrder):
            left = quantity - sum(pieces.values())
            pieces[entry.id] = entry.asked.quantity or left
        elif order_acted_on(entry) == id:
            cancelled = entry.id
    if without is not None:
        pieces.pop(without, None)
    return OrderState(
        entry=found,
        operation=found.asked,
        fulfilled=sum(pieces.values()),
        closed_by=undone_by(id, members) or cancelled,
        held=_still_held(found, members, without),
    )


def undone_by(id: EntryId, members: Iterable[Entry]) -> EntryId | None:
    """Return which of *members* reversed or corrected *id*, where one has."""
    for entry in members:
        if entry.target == id and isinstance(entry.operation, Reverse | Correct):
            return entry.id
    return None


def order_acted_on(entry: Entry) -> EntryId | None:
    """Return the order that *entry* fulfils or cancels."""
    if isinstance(entry.asked, FulfilOrder | CancelOrder):
        return entry.asked.order
    return None


def _still_held(
    order: Entry, members: Iterable[Entry], without: EntryId | None
) -> tuple[Posting, ...]:
    """Return what is held once *without* is undone; what that undid stays undone."""
    entries = {entry.id: entry for entry in members}
    left: dict[Posting, int] = {}
    for entry in entries.values():
        undone = entries.get(entry.target) if entry.target else None
        for posting in entry.postings:
            stands_for = undone if posting.undoes and undone else entry
            if stands_for.id == without:
                continue
            if posting.bucket is Bucket.HELD and (
                stands_for.id == order.id or order_acted_on(stands_for) == order.id
            ):
                key = evolve(posting, amount=1, undoes=False)
                left[key] = left.get(key, 0) + posting.amount
    return tuple(evolve(key, amount=amount) for key, amount in left.items() if amount)
