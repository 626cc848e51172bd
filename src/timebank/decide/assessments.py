"""
Deciding where the assessment at the end of a period takes an account.

It is computed here once more: what was found by letting time pass holds only if the books
still say so.
"""

from __future__ import annotations

from ..model import Reason
from ..operations import Assess, EndAssessment
from ..policy.expressions import FactNeeded, fact_needed
from ..policy.ladders import Ladder
from ..policy.tiers import assessed, ends_on
from .desk import Desk


def decide_assess(desk: Desk, operation: Assess) -> None:
    """Move the account where its facts lead on that day, and note what they were."""
    ask = desk.ask(operation)
    if ask is None:
        return
    code = f"ladders.{operation.ladder}"
    case = desk.case(ask)
    try:
        found = assessed(case, operation.ladder)
    except FactNeeded as unknown:
        desk.findings.append(fact_needed(code, unknown))
        return
    held = case.level_of("member", operation.ladder).name
    level, until = (found.level, found.until) if found else (held, None)
    if found is None or (level, until) != (operation.level, operation.until):
        desk.refuse(
            code,
            Reason.NOT_ASSESSED,
            wanted=level,
            found=operation.level,
            account=operation.account,
        )
        return
    desk.findings += found.findings
    desk.draft.levels[operation.account, operation.ladder] = level
    desk.raise_flags(case)


def decide_end(desk: Desk, operation: EndAssessment) -> None:
    """Note that a ladder was assessed at the end of a period."""
    ladder = desk.policy.ladders.get(operation.ladder)
    if ladder is None:
        known = ", ".join(desk.policy.ladders)
        desk.refuse(
            "ladders", Reason.NOT_IN_POLICY, wanted=known, found=operation.ladder
        )
    elif not _ends(desk, ladder):
        desk.refuse(
            f"ladders.{operation.ladder}.every",
            Reason.NO_PERIOD_END,
            wanted=", ".join(ladder.periods),
            found=desk.request.effective_on.isoformat(),
        )


def _ends(desk: Desk, ladder: Ladder) -> bool:
    return bool(ends_on(ladder, desk.request.effective_on, desk.policy.calendar))
