"""
Deciding what becomes of credits whose last day is over.
"""

from __future__ import annotations

from operator import itemgetter

from ..model import ISSUER, AccountId, Lot, Posting, Reason
from ..operations import ExpireLot
from ..policy.bounds import settled
from ..policy.days import days_later
from ..policy.trace import Stage
from ..policy.units import LotRule
from .desk import Desk


def decide_expire(desk: Desk, operation: ExpireLot) -> None:
    """
    Take what is free of an expired lot, and hand it to whom the policy names.

    A share of it may remain, in a new lot of the same account.

    What an order holds of the lot stays with the order.  Whoever receives the credits has
    them in a new lot, which does not expire.  No floor and no cap is asked: time does not
    ask either.
    """
    ask = desk.ask(operation)
    if ask is None:
        return
    account, unit = operation.account, operation.unit
    code = f"units.{unit}.lots"
    rule = desk.policy.units[unit].lots or LotRule()
    several = [
        (last, lot, balance.free)
        for lot, balance in desk.standing.lots_of(account, unit)
        if lot.id == operation.lot
        and (last := rule.last_use(lot.expires_on))
        and balance.free > 0
    ]
    found = sorted(several, key=itemgetter(0))
    if not found:
        desk.refuse(code, Reason.LOT_EMPTY, found=operation.lot, account=account)
        return
    # an entry may have made lots of several last days: of those only what is over goes
    day = desk.request.effective_on
    desk.not_before(f"{code}.expires", days_later(found[0][0], 1), day, account)
    over = [each for each in found if each[0] < day] or found[:1]
    to = AccountId(rule.to)
    if to != ISSUER:
        desk.check_open(to, f"{code}.to")
    new = Lot(desk.request.id)
    for last, lot, free in over:
        kept = rule.kept_of(free)
        desk.trace.note(
            Stage.EXPIRES,
            code,
            unit=unit,
            payer=account,
            payee=to,
            parts=free - kept,
            lot=lot.id,
            until=last,
        )
        if kept:
            desk.trace.note(
                Stage.KEEPS, f"{code}.keeps", unit=unit, payer=account, parts=kept
            )
        for end, amount, of in (
            (account, -free, lot),
            (account, kept, new),
            (to, free - kept, None if to == ISSUER else new),
        ):
            if amount:
                desk.draft.add(Posting(account=end, unit=unit, amount=amount, lot=of))
    case = desk.case(ask)
    desk.findings += settled(case, desk.bench(caps=False, floors=False))
    desk.raise_flags(case)
