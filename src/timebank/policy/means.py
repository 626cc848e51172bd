"""
What a payer has to give: where a rule takes no more than that.
"""

from __future__ import annotations

from ..model import AccountId, Effect, Finding, Reason
from .bounds import limits_of, told
from .expressions import FactNeeded
from .flows import Flow
from .legs import leaving
from .moving import Moving
from .trace import Stage


def within_means(moving: Moving, payer: AccountId, parts: int) -> Flow:
    """
    Return what goes on of *parts* where *payer* gives no more than it has.

    What it may not go below stays, and so do lots that have expired.
    """
    unit = moving.plan.unit
    most = parts - leaving(moving, payer, parts)[1]
    account = moving.case.account(payer)
    if account is not None:
        try:
            floor, _ = limits_of(account, unit.name, moving.case, moving.bench)
        except FactNeeded:
            floor = None  # `settled` looks at the same figures, and finds it lacking
        if floor is not None:
            most = min(most, moving.case.balance(payer, unit.name).free - floor)
    most = max(0, most)
    moving.case.trace.note(
        Stage.MEANS,
        f"{moving.plan.code}.amount",
        unit=unit,
        account=payer,
        asked=parts,
        most=most,
    )
    if parts <= most:
        return Flow(parts)
    finding = Finding(
        code=f"{moving.plan.code}.amount",
        reason=Reason.SHORT,
        effect=Effect.NOTES,
        wanted=told(parts, unit),
        found=most,
        unit=unit.name,
        account=moving.subject,
    )
    return Flow(most, (), (finding,))
