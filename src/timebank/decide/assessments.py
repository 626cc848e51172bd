"""
Deciding where the assessment at the end of a period takes an account.

It is computed here once more: what was found by letting time pass holds only if the books
still say so.
"""

from __future__ import annotations

from datetime import date

from ..model import EntryId, Reason
from ..operations import Assess, EndAssessment
from ..policy.conditions import fact_needed
from ..policy.days import days_later
from ..policy.expressions import FactNeeded
from ..policy.functions import functions_needed
from ..policy.tiers import assessed, assessment_id, ends_on
from ..policy.trace import Stage
from .desk import Desk


def decide_assess(desk: Desk, operation: Assess) -> None:
    """Move the account where its facts lead on that day, and note what they were."""
    ask = desk.ask(operation)
    if ask is None:
        return
    code = f"ladders.{operation.ladder}"
    _check_once(desk, assessment_id(_day(desk), operation.ladder, operation.account))
    _check_over(desk, code, operation.account)
    case = desk.case(ask)
    try:
        found = assessed(case, operation.ladder)
    except FactNeeded as unknown:
        desk.findings.append(fact_needed(code, unknown))
        return
    held = case.level_of("member", operation.ladder).name
    level, until = (found.level, found.until) if found else (held, None)
    over = desk.standing.find(assessment_id(_day(desk), operation.ladder))
    if (
        found is None
        or over is not None
        or (level, until) != (operation.level, operation.until)
    ):
        desk.refuse(
            code,
            Reason.NOT_ASSESSED,
            wanted=level,
            found=operation.level,
            account=operation.account,
        )
        return
    desk.trace.note(
        Stage.ASSESSED,
        code,
        ladder=operation.ladder,
        day=_day(desk),
        found=held,
        result=level or "",
    )
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
        return
    code = f"ladders.{operation.ladder}"
    if not ends_on(ladder, _day(desk), desk.policy.calendar):
        desk.refuse(
            f"{code}.every",
            Reason.NO_PERIOD_END,
            wanted=", ".join(map(str, ladder.periods)),
            found=_day(desk).isoformat(),
        )
        return
    _check_once(desk, assessment_id(_day(desk), operation.ladder))
    _check_over(desk, code, None)
    # whom nobody could judge for want of a function is not to be passed over for ever
    lacking = functions_needed(ladder, code, desk.policy, desk.standing.functions)
    desk.findings += lacking
    desk.trace.note(Stage.ALL_ASSESSED, code, ladder=operation.ladder, day=_day(desk))


def _day(desk: Desk) -> date:
    return desk.request.effective_on


def _check_once(desk: Desk, only: EntryId) -> None:
    """Find another id than the one there is: nobody is assessed twice for a period."""
    if desk.request.id != only:
        desk.refuse("id", Reason.ID_DUE, wanted=only, found=desk.request.id)


def _check_over(desk: Desk, code: str, account: str | None) -> None:
    """Find the period's last day not over yet."""
    due = days_later(_day(desk), 1)
    if desk.recorded.on < due:
        desk.refuse(
            f"{code}.every",
            Reason.NOT_DUE,
            wanted=due.isoformat(),
            found=desk.recorded.on.isoformat(),
            account=account,
        )
