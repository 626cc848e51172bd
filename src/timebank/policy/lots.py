"""
Lots: which credits may be used, in which order, and until when.
"""

from __future__ import annotations

from datetime import date, timedelta

from ..model import AccountId, Bucket, Lot
from .calendar import Calendar
from .case import Case
from .days import days_later, stretch_later
from .units import Expiry, LotRule, Spend


def usable_lots(
    case: Case, account: AccountId, unit: str, today: date
) -> list[tuple[Lot, int]]:
    """
    Return the lots of *account* that have not expired *today*, with what is free in each.

    What the draft took or brought is counted.  They come as they are to leave: earliest
    expiry first and then oldest, unless the policy says otherwise.
    """
    free = {lot: held.free for lot, held in case.standing.lots_by_age(account, unit)}
    for posting in case.draft.postings:
        if (
            (posting.account, posting.unit) == (account, unit)
            and posting.bucket is Bucket.FREE
            and posting.lot is not None
        ):
            free[posting.lot] = free.get(posting.lot, 0) + posting.amount
    rule = case.policy.units[unit].lots or LotRule()

    def last(lot: Lot) -> date:
        return rule.last_use(lot.expires_on) or date.max

    usable = [(lot, n) for lot, n in free.items() if n > 0 and last(lot) >= today]
    match rule.spend:
        case Spend.OLDEST:
            return usable
        case Spend.NEWEST:
            return usable[::-1]
        case _:
            return sorted(usable, key=lambda pair: last(pair[0]))


def last_day(
    expires: Expiry | None, earned_on: date, calendar: Calendar
) -> date | None:
    """Return the last day a lot earned on *earned_on* can be used; *None* for ever."""
    if expires is None:
        return None
    if expires.after is not None:
        return stretch_later(earned_on, expires.after) - timedelta(days=1)
    if expires.end_of is None:
        return None
    _, last = expires.end_of.span(earned_on, calendar)
    if expires.plus is None:
        return last
    return stretch_later(days_later(last, 1), expires.plus) - timedelta(days=1)
