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
    ShareOut,
)
from ..policy.asking import asking
from ..policy.case import Case
from ..policy.conditions import fact_needed
from ..policy.expressions import FactNeeded
from ..policy.movement import Seen, in_order, move_for
from ..policy.rules import Rule
from ..shifts import shift_of
from .desk import Desk

Earning = RecordService | RecordMark
Moving = Earning | Give | Donate | Allocate | Grant


def decide_movement(
    desk: Desk,
    operation: Moving,
    *,
    instead_of: EntryId | None = None,
) -> None:
    """
    Draft what the policy's rules move for *operation*.

    Args:
        desk: Where; its draft may hold the legs that a correction undoes.
        operation: What is asked.
        instead_of: The service that it replaces, which it may overlap.
    """
    asks = desk.asks(operation)
    if not asks:
        return
    cases = [desk.case(ask) for ask in asks]
    bench = desk.bench()
    if isinstance(operation, Earning) and operation.recipients:
        desk.findings += move_for(cases, bench, seen=_seen_whole(desk, operation))
    else:
        desk.findings += move_for(cases, bench)
    if isinstance(operation, RecordService):
        _check_overlap(desk, operation, instead_of)
    desk.raise_flags(*cases)


def _seen_whole(desk: Desk, operation: Earning) -> Seen:
    """Return what a rule sees of each: one that moves once for all sees all of it."""
    whole = asking(operation, desk.policy)
    assert whole is not None, "it was just asked"  # noqa: S101
    fields = desk.case(whole).fields

    def seen(case: Case, rule: Rule) -> Case:
        own = rule.is_for_each(case.shape)
        return case if own else evolve(case, fields=fields)

    return seen


def decide_order(desk: Desk, operation: PlaceOrder) -> None:
    """
    Set aside the price of an order, or take it where it was delivered at once.

    Where several pay, the price is that of the payer who orders; each pays their share.
    """
    asks = desk.asks(operation)
    if not asks:
        return
    parts = {part.account: part for part in operation.payers}
    # who orders comes first: of them is asked what holds for the order as a whole
    cases = sorted(
        map(desk.case, asks), key=lambda case: case.roles["payer"] != operation.payer
    )
    fields = desk.priced(cases[0])
    if fields is None:
        return
    cases = [evolve(case, fields=fields) for case in cases]
    shares = [parts[case.roles["payer"]].amount for case in cases] if parts else []
    bench = desk.bench(hold=not operation.delivered)
    desk.findings += move_for(cases, bench, shares)
    desk.raise_flags(*cases)


def decide_share_out(desk: Desk, operation: ShareOut) -> None:
    """
    Hand out to several as far as the pool goes, in the order that the policy gives.

    By the values that the rule names, high first; where they are alike, as asked.  The
    last who is served may get less, and those after get nothing: it is noted.
    """
    asks = desk.asks(operation)
    if not asks:
        return
    cases = [desk.case(ask) for ask in asks]
    bench = desk.bench(take=True)
    try:
        cases = in_order(cases)
    except FactNeeded as unknown:
        desk.findings.append(fact_needed("applicants", unknown))
        return
    desk.findings += move_for(cases, bench)
    desk.raise_flags(*cases)


def _check_overlap(
    desk: Desk, service: RecordService, instead_of: EntryId | None
) -> None:
    """
    Find other services of the same provider at the same time: hours count once.

    The earliest is told first.
    """
    shift = shift_of(service, desk.request.effective_on)
    if shift is None:
        return
    start, end = shift
    near = desk.standing.shifts_near(service.provider, desk.request.effective_on)
    overlapping = sorted(
        (other_start, id)
        for id, (other_start, other_end) in near
        if id != instead_of and start < other_end and other_start < end
    )
    for _, id in overlapping:
        desk.refuse("starts_at", Reason.OVERLAP, found=id, account=service.provider)
