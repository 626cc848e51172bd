"""
Deciding what rules move: services, marks, gifts, donations, grants, allocations, orders.
"""

from __future__ import annotations

from attrs import evolve

from ..model import EntryId, Reason
from ..operations import (
    Allocate,
    Donate,
    Give,
    Grant,
    PlaceOrder,
    RecordMark,
    RecordService,
)
from ..policy.movement import move
from ..standing import shift_of
from .desk import Desk

Moving = RecordService | RecordMark | Give | Donate | Allocate | Grant | PlaceOrder


def decide_movement(
    desk: Desk,
    operation: Moving,
    *,
    instead_of: EntryId | None = None,
    authority: str | None = None,
) -> None:
    """
    Draft what the policy's rules move for *operation*.

    Args:
        desk: Where; its draft may hold the legs that a correction undoes.
        operation: What is asked.
        instead_of: The service that it replaces, which it may overlap.
        authority: Who allowed an account to end beyond its limits.
    """
    ask = desk.ask(operation)
    if ask is None:
        return
    case = desk.case(ask)
    hold = isinstance(operation, PlaceOrder) and not operation.delivered
    if isinstance(operation, PlaceOrder):
        fields = desk.priced(case)
        if fields is None:
            return
        case = evolve(case, fields=fields)
    desk.findings += move(case, desk.bench(hold=hold, authority=authority))
    if isinstance(operation, RecordService):
        _check_overlap(desk, operation, instead_of)
    if not desk.refused:
        desk.raise_flags(case)


def _check_overlap(
    desk: Desk, service: RecordService, instead_of: EntryId | None
) -> None:
    """Find other services of the same provider at the same time: hours count once."""
    shift = shift_of(service, desk.request.effective_on)
    if shift is None:
        return
    start, end = shift
    near = desk.standing.shifts_near(service.provider, desk.request.effective_on)
    for id, (other_start, other_end) in near:
        if id != instead_of and start < other_end and other_start < end:
            desk.refuse("starts_at", Reason.OVERLAP, found=id, account=service.provider)
