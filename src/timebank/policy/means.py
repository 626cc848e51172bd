"""
What a payer has to give: where a rule takes no more than that.
"""

from __future__ import annotations

from ..model import AccountId, Effect, Finding, Reason
from .bounds import limits_of, told
from .expressions import FactNeeded
from .legs import leaving
from .moving import Flow, Moving
from .trace import Stage


def within_means(moving: Moving, payer: AccountId, flow: Flow) -> Flow:
    """
    Return what goes on of *flow* where *payer* gives no more than it has.

    What it may not go below stays, and so do lots that have expired.
    """
    unit = moving.unit
    most = flow.parts - leaving(moving, payer, flow.parts)[1]
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
        f"{moving.code}.amount",
        unit=unit,
        account=payer,
        asked=flow.parts,
        most=most,
    )
    if flow.parts <= most:
        return flow
    finding = Finding(
        code=f"{moving.code}.amount",
        reason=Reason.SHORT,
        effect=Effect.NOTES,
        wanted=told(flow.parts, unit),
        found=most,
        unit=unit.name,
        account=moving.subject,
    )
    return flow.narrowed(most, finding)
