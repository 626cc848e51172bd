"""
The legs of a movement: from whom, to whom, in which lots.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import ISSUER, AccountId, Bucket, Finding, Lot, Posting, Reason
from .flows import Diverted
from .lots import last_day, usable_lots
from .moving import Moving
from .trace import Stage


def pay(
    moving: Moving, payer: AccountId, payee: AccountId, parts: int
) -> Iterator[Finding]:
    """Draft that *parts* go from *payer* to *payee*, or are short of lots."""
    taken, left = leaving(moving, payer, parts)
    for lot, amount in taken:
        _told(moving, Stage.MOVES, amount, lot, payer=payer, payee=payee)
        _leg(moving, payer, -amount, lot)
        _leg(moving, payee, amount, _arriving(moving, payee, lot))
    if left:
        yield _short(moving, payer, parts, left)


def hold(moving: Moving, payer: AccountId, parts: int) -> Iterator[Finding]:
    """Draft that *parts* of *payer* are set aside, or are short of lots."""
    taken, left = leaving(moving, payer, parts)
    for lot, amount in taken:
        _told(moving, Stage.HOLDS, amount, lot, payer=payer)
        _leg(moving, payer, -amount, lot)
        _leg(moving, payer, amount, lot, Bucket.HELD)
    if left:
        yield _short(moving, payer, parts, left)


def divert(moving: Moving, payer: AccountId, diverted: Diverted) -> Iterator[Finding]:
    """
    Draft what goes elsewhere.

    The payer pays it, whatever it becomes.  Turned into another unit it goes back to the
    issuer, who issues what it becomes; what the issuer itself pays is then never issued.
    """
    if diverted.unit == moving.unit:
        yield from pay(moving, payer, diverted.to, diverted.rest)
        return
    if payer != ISSUER:
        yield from pay(moving, payer, ISSUER, diverted.rest)
    moving.case.trace.note(
        Stage.TURNS,
        moving.code,
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
                rule=moving.name,
            )
        )


def leaving(
    moving: Moving, payer: AccountId, parts: int
) -> tuple[list[tuple[Lot | None, int]], int]:
    """
    Return the lots that *parts* are taken from, and how much is lacking.

    Earliest expiry first, then oldest.
    """
    unit = moving.rule.unit
    if payer == ISSUER or moving.case.policy.units[unit].lots is None:
        return [(None, parts)], 0
    taken, left = [], parts
    for lot, free in usable_lots(moving.case, payer, unit, moving.bench.today):
        if amount := min(left, free):
            taken.append((lot, amount))
            left -= amount
    return [(lot, amount) for lot, amount in taken], left


def _short(moving: Moving, payer: AccountId, parts: int, left: int) -> Finding:
    return Finding(
        code=f"units.{moving.rule.unit}.lots",
        reason=Reason.LOT_SHORT,
        wanted=parts,
        found=parts - left,
        unit=moving.rule.unit,
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
    if parts:
        moving.case.trace.note(
            stage,
            moving.code,
            unit=moving.unit,
            parts=parts,
            lot=lot.id if lot else None,
            until=lot.expires_on if lot else None,
            payer=payer,
            payee=payee,
        )


def _leg(
    moving: Moving,
    account: AccountId,
    amount: int,
    lot: Lot | None,
    bucket: Bucket = Bucket.FREE,
) -> None:
    if amount:
        moving.case.draft.add(
            Posting(
                account=account,
                unit=moving.rule.unit,
                amount=amount,
                bucket=bucket,
                lot=lot,
                rule=moving.name,
            )
        )


def _arriving(moving: Moving, payee: AccountId, lot: Lot | None) -> Lot | None:
    if payee == ISSUER:
        return None
    return lot or _new_lot(moving, moving.rule.unit, payee)


def _new_lot(moving: Moving, unit: str, payee: AccountId) -> Lot | None:
    case = moving.case
    if payee == ISSUER or case.policy.units[unit].lots is None:
        return None
    expires = case.policy.expiry(unit, moving.name)
    last = last_day(expires, case.day, case.policy.calendar)
    return Lot(moving.bench.id, last)
