"""
The legs of a movement: from whom, to whom, in which lots.
"""

from __future__ import annotations

from ..model import ISSUER, AccountId, Bucket, Finding, Lot, Posting, Reason
from .flows import Diverted
from .lots import last_day, usable_lots
from .moving import Moving
from .trace import UNHEARD, Stage


def pay(
    moving: Moving, payer: AccountId, payee: AccountId, parts: int
) -> list[Finding]:
    """Draft that *parts* go from *payer* to *payee*; find that they are short of lots."""
    plan, case = moving.plan, moving.case
    unit, rule, add = plan.unit.name, plan.name, case.draft.add
    taken, left = leaving(moving, payer, parts)
    for lot, amount in taken:
        if not amount:
            continue
        if case.trace is not UNHEARD:
            _told(moving, Stage.MOVES, amount, lot, payer=payer, payee=payee)
        to = _arriving(moving, payee, lot) if plan.lots else None
        add(Posting(account=payer, unit=unit, amount=-amount, lot=lot, rule=rule))
        add(Posting(account=payee, unit=unit, amount=amount, lot=to, rule=rule))
    return [_short(moving, payer, parts, left)] if left else []


def hold(moving: Moving, payer: AccountId, parts: int) -> list[Finding]:
    """Draft that *parts* of *payer* are set aside; find that they are short of lots."""
    unit, rule = moving.plan.unit.name, moving.plan.name
    taken, left = leaving(moving, payer, parts)
    for lot, amount in taken:
        if not amount:
            continue
        _told(moving, Stage.HOLDS, amount, lot, payer=payer)
        for bucket, moved in ((Bucket.FREE, -amount), (Bucket.HELD, amount)):
            moving.case.draft.add(
                Posting(
                    account=payer,
                    unit=unit,
                    amount=moved,
                    bucket=bucket,
                    lot=lot,
                    rule=rule,
                )
            )
    return [_short(moving, payer, parts, left)] if left else []


def divert(moving: Moving, payer: AccountId, diverted: Diverted) -> list[Finding]:
    """
    Draft what goes elsewhere.

    The payer pays it, whatever it becomes.  Turned into another unit it goes back to the
    issuer, who issues what it becomes; what the issuer itself pays is then never issued.
    """
    if diverted.unit == moving.plan.unit:
        return pay(moving, payer, diverted.to, diverted.rest)
    short = []
    if payer != ISSUER:
        short = pay(moving, payer, ISSUER, diverted.rest)
    moving.case.trace.note(
        Stage.TURNS,
        moving.plan.code,
        unit=diverted.unit,
        payee=diverted.to,
        parts=diverted.parts,
    )
    for account, amount in ((ISSUER, -diverted.parts), (diverted.to, diverted.parts)):
        lot = _new_lot(moving, diverted.unit.name, account)
        moving.case.draft.add(
            Posting(
                account=account,
                unit=diverted.unit.name,
                amount=amount,
                lot=lot,
                rule=moving.plan.name,
            )
        )
    return short


def leaving(
    moving: Moving, payer: AccountId, parts: int
) -> tuple[list[tuple[Lot | None, int]], int]:
    """
    Return the lots that *parts* are taken from, and how much is lacking.

    Earliest expiry first, then oldest.
    """
    plan, today = moving.plan, moving.bench.today
    if payer == ISSUER or not plan.lots:
        return [(None, parts)], 0
    taken: list[tuple[Lot | None, int]] = []
    left = parts
    for lot, free in usable_lots(moving.case, payer, plan.unit.name, today):
        if amount := min(left, free):
            taken.append((lot, amount))
            left -= amount
    return taken, left


def _short(moving: Moving, payer: AccountId, parts: int, left: int) -> Finding:
    return Finding(
        code=f"units.{moving.plan.rule.unit}.lots",
        reason=Reason.LOT_SHORT,
        wanted=parts,
        found=parts - left,
        unit=moving.plan.rule.unit,
        account=payer,
    )


def _told(  # noqa: PLR0913 - what moved, and between whom
    moving: Moving,
    stage: Stage,
    parts: int,
    lot: Lot | None,
    *,
    payer: AccountId,
    payee: AccountId | None = None,
) -> None:
    moving.case.trace.note(
        stage,
        moving.plan.code,
        unit=moving.plan.unit,
        parts=parts,
        lot=lot.id if lot else None,
        until=lot.expires_on if lot else None,
        payer=payer,
        payee=payee,
    )


def _arriving(moving: Moving, payee: AccountId, lot: Lot | None) -> Lot | None:
    if payee == ISSUER:
        return None
    return lot or _new_lot(moving, moving.plan.unit.name, payee)


def _new_lot(moving: Moving, unit: str, payee: AccountId) -> Lot | None:
    case = moving.case
    if case.policy.units[unit].lots is None or payee == ISSUER:
        return None
    expires = case.policy.expiry(unit, moving.plan.name)
    last = last_day(expires, case.day, case.policy.calendar)
    return Lot(moving.bench.id, last)
