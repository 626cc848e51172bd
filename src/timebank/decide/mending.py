"""
Deciding to undo: reversals, corrections, and ids voided before their entry arrives.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import get_args

from attrs import evolve

from ..balances import NO_BALANCE
from ..claims import claim_acted_on
from ..entries import Entry
from ..model import (
    AccountId,
    Bucket,
    Effect,
    EntryId,
    Finding,
    Lot,
    Reason,
)
from ..operations import (
    TAGS,
    CancelOrder,
    Correct,
    EndPeriod,
    FulfilOrder,
    PlaceOrder,
    PublishRanking,
    Reverse,
    ShareOut,
    Undoable,
    VoidId,
)
from ..orders import order_acted_on
from ..policy.asking import Asking, askings
from ..policy.bounds import Bench, overridable, settled
from ..policy.case import Case
from ..policy.files import compiled
from ..policy.room import limits_passed
from ..policy.trace import Stage
from .desk import Desk
from .movements import decide_movement, decide_order, decide_share_out
from .orders import decide_fulfil
from .periods import decide_period
from .rankings import decide_ranking


def decide_reverse(desk: Desk, operation: Reverse) -> None:
    """
    Negate exactly the target's own postings (law 9).

    Where a floor or a spent lot stands in the way, authority may override, and is
    recorded; an order that was fulfilled or cancelled is undone after what acted on it.
    """
    target = _undo(desk, operation.target)
    if target is None:
        return
    cases = [desk.case(ask) for ask in askings(target.asked, desk.policy)]
    case = cases[0] if cases else _bare_case(desk)
    _check_lots(desk, target)
    bench = desk.bench(caps=False)
    if isinstance(target.asked, CancelOrder):
        desk.findings += _passed_by_order(desk, bench, target.asked.order)
    desk.findings += settled(case, bench)
    desk.raise_flags(*(cases or [case]))


def _passed_by_order(desk: Desk, bench: Bench, id: EntryId) -> Iterator[Finding]:
    """
    Find the limits that an order passes which is put back: others used them meanwhile.

    They are those of its policy, on its day.  Nothing else that is undone uses up a limit.
    """
    order = desk.standing.counted(id)
    assert order is not None, "what was cancelled counts"  # noqa: S101
    policy = compiled(desk.standing.adopted(order.policy).text)
    draft = evolve(desk.draft, about=desk.standing.said(order.asked))
    for ask in askings(order.asked, policy):
        case = desk.case(ask)
        case = evolve(case, policy=policy, day=order.effective_on, draft=draft)
        for finding in limits_passed(case, bench):
            yield overridable(bench, finding)


def _bare_case(desk: Desk) -> Case:
    return desk.case(Asking("tier", {}, {}, {}))


def decide_correct(desk: Desk, operation: Correct) -> None:
    """Undo the target and decide its replacement, limits judged on the two together."""
    replacement = operation.replacement
    target = _undo(desk, operation.target)
    if target is None:
        return
    if type(replacement) is not type(target.asked):
        desk.refuse(
            "replacement",
            Reason.CORRECTION_KIND,
            wanted=TAGS[type(target.asked)],
            found=TAGS[type(replacement)],
        )
    elif isinstance(replacement, FulfilOrder):
        if replacement.order != order_acted_on(target):
            desk.refuse(
                "replacement.order",
                Reason.CORRECTION_KIND,
                wanted=order_acted_on(target),
                found=replacement.order,
            )
            return
        decide_fulfil(
            desk,
            replacement,
            instead_of=operation.target,
        )
        desk.target = operation.target
    elif isinstance(replacement, PublishRanking):
        decide_ranking(desk, replacement, instead_of=target)
    elif isinstance(replacement, EndPeriod):
        decide_period(desk, replacement, instead_of=target)
    elif isinstance(replacement, PlaceOrder):
        decide_order(desk, replacement)
    elif isinstance(replacement, ShareOut):
        decide_share_out(desk, replacement)
    else:
        decide_movement(
            desk,
            replacement,
            instead_of=operation.target,
        )
    _check_lots(desk, target)


def _undo(desk: Desk, id: EntryId) -> Entry | None:
    """Draft the negation of *id*'s own legs; return it, or *None* where it cannot be."""
    found = desk.standing.find(id)
    desk.target = id
    if found is None:
        desk.refuse("target", Reason.TARGET_UNKNOWN, found=id)
        return None
    _, target = found
    claim = claim_acted_on(target)
    if claim is not None and target.settles:
        desk.refuse("target", Reason.TARGET_CLAIM, wanted=id, found=claim)
        return None
    if not isinstance(target.operation, get_args(Undoable)):
        desk.refuse(
            "target", Reason.TARGET_KIND, found=TAGS[type(target.operation)], wanted=id
        )
        return None
    if undone_by := desk.standing.undone_by(id):
        desk.refuse("target", Reason.TARGET_UNDONE, wanted=id, found=undone_by)
        return None
    counted = desk.standing.counted(id)
    if counted is None:
        desk.refuse("target", Reason.CLAIM_IDLE, found=id)
        return None
    _check_dependants(desk, counted)
    _draft_undoing(desk, counted)
    return counted


def _draft_undoing(desk: Desk, target: Entry) -> None:
    for leg in desk.standing.legs(target):
        if not leg.posting.undoes:
            posting = leg.posting
            desk.trace.note(
                Stage.UNDOES,
                "target",
                unit=posting.unit,
                account=posting.account,
                parts=-posting.amount,
                bucket=posting.bucket.value,
                target=leg.origin,
            )
            desk.draft.undo(leg)


def _check_dependants(desk: Desk, target: Entry) -> None:
    acting = _live_acts(desk, target)
    if acting:
        desk.refuse(
            "target",
            Reason.TARGET_DEPENDANTS,
            wanted=target.id,
            found=", ".join(acting),
        )
    users = _live_lot_users(desk, target)
    if users:
        desk.findings.append(_depended_on(desk, target, users))


def _depended_on(desk: Desk, target: Entry, users: list[EntryId]) -> Finding:
    authority = desk.authority
    return Finding(
        code="target",
        reason=Reason.OVERRIDDEN if authority else Reason.TARGET_DEPENDANTS,
        effect=Effect.NOTES if authority else Effect.REFUSES,
        wanted=target.id,
        found=", ".join(users),
    )


def _check_lots(desk: Desk, target: Entry) -> None:
    """
    Find lots of others that would have to be taken back and are not there any more.

    What the target handed on may have been spent since; another lot of the same account
    does not stand for it.
    """
    moved: Counter[tuple[AccountId, str, Lot]] = Counter()
    for posting in desk.draft.postings:
        if posting.bucket is Bucket.FREE and posting.lot is not None:
            moved[posting.account, posting.unit, posting.lot] += posting.amount
    for (account, unit, lot), change in moved.items():
        if change >= 0 or lot.id == target.id:
            continue
        left = dict(desk.standing.lots_of(account, unit)).get(lot, NO_BALANCE)
        if left.free + change < 0:
            users = desk.standing.users_of(lot.id, account)
            desk.findings.append(_depended_on(desk, target, users))


def _live_acts(desk: Desk, target: Entry) -> list[EntryId]:
    """Return the live entries that acted on *target*, or on its order after it."""
    standing = desk.standing
    order = target.id if isinstance(target.asked, PlaceOrder) else None
    if isinstance(target.asked, FulfilOrder):
        order = target.asked.order
    if order is None:
        return []
    return [
        entry.id
        for _, entry in standing.thread(order)
        if order_acted_on(entry) == order
        and entry.id != target.id
        and standing.undone_by(entry.id) is None
        and (order == target.id or isinstance(entry.asked, CancelOrder))
    ]


def _live_lot_users(desk: Desk, target: Entry) -> list[EntryId]:
    made = any(p.lot is not None and p.lot.id == target.id for p in target.own_postings)
    if not made:
        return []
    return [id for id in desk.standing.users_of(target.id) if id != target.id]


def decide_void(desk: Desk, operation: VoidId) -> None:
    """Take an id whose entry has not arrived."""
    id = operation.voided
    found = desk.standing.find(id)
    if found is not None or desk.standing.is_void(id) or id == desk.request.id:
        desk.refuse("voided", Reason.ID_TAKEN, found=id)
