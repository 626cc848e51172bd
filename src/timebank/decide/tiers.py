"""
Deciding to grant, suspend and withdraw levels.
"""

from __future__ import annotations

from datetime import date

from ..model import Reason
from ..operations import SetTier, TierAction
from ..policy.case import Case
from ..policy.expressions import failures
from ..policy.ladders import Ladder
from .desk import Desk


def decide_tier(desk: Desk, operation: SetTier) -> None:
    """
    Set a level on a ladder that people decide.

    A ladder with moves allows only those, on days on which they are not suspended.  One
    that is applied for grants a level whose needs are met, and none twice.
    """
    ask = desk.ask(operation)
    ladder = desk.policy.ladders.get(operation.ladder)
    if ladder is None:
        known = ", ".join(desk.policy.ladders)
        desk.refuse(
            "ladders", Reason.NOT_IN_POLICY, wanted=known, found=operation.ladder
        )
    if ask is None or ladder is None:
        return
    code = f"ladders.{operation.ladder}"
    if not ladder.decided:
        desk.refuse(code, Reason.TIER_AUTOMATIC, found=operation.ladder)
        return
    case = desk.case(ask)
    if operation.action is TierAction.GRANT:
        _check_grant(desk, case, operation, ladder, code)
    else:
        _check_taking(desk, operation, ladder, code)
    level = operation.level if operation.action is TierAction.GRANT else None
    desk.draft.levels[operation.account, operation.ladder] = level
    if not desk.refused:
        desk.raise_flags(case)


def _check_grant(
    desk: Desk, case: Case, operation: SetTier, ladder: Ladder, code: str
) -> None:
    level = str(operation.level)
    if ladder.rank(level) < 0:
        names = ", ".join(rung.name for rung in ladder.levels)
        desk.refuse(f"{code}.levels", Reason.NOT_IN_POLICY, wanted=names, found=level)
        return
    held = case.held_level(operation.account, operation.ladder)
    if held == level:
        desk.refuse(code, Reason.TIER_HELD, found=level, account=operation.account)
    rung = ladder.levels[ladder.rank(level)]
    desk.findings += failures(rung.needs, case, f"{code}.levels.{level}.needs")
    account = desk.standing.account(operation.account)
    tier = account.tier(operation.ladder) if account else None
    resumes = tier is not None and tier.suspended and tier.level == level
    if ladder.moves and not resumes and held != level:
        _check_move(desk, ladder, held or "", level, code)


def _check_taking(desk: Desk, operation: SetTier, ladder: Ladder, code: str) -> None:
    account = desk.standing.account(operation.account)
    tier = account.tier(operation.ladder) if account else None
    if tier is None or tier.level is None:
        desk.refuse(
            code,
            Reason.TIER_NOT_HELD,
            wanted=operation.ladder,
            account=operation.account,
        )
    elif ladder.moves and operation.action is TierAction.WITHDRAW:
        _check_move(desk, ladder, tier.level, ladder.start or "", code)


def _check_move(desk: Desk, ladder: Ladder, held: str, level: str, code: str) -> None:
    ways = [m for m in ladder.moves if m.from_ == held and level in m.to]
    if not ways:
        onward = sorted({to for m in ladder.moves if m.from_ == held for to in m.to})
        desk.refuse(
            f"{code}.moves",
            Reason.MOVE_CLOSED,
            wanted=", ".join(onward),
            found=f"{held} → {level}",
        )
        return
    day = desk.request.effective_on
    shut = [
        until
        for way in ways
        for first, until in way.suspended
        if _on(day, first, until)
    ]
    if shut:
        desk.refuse(
            f"{code}.moves",
            Reason.MOVE_SUSPENDED,
            wanted=shut[0].isoformat() if shut[0] else "",
            found=f"{held} → {level}",
        )


def _on(day: date, first: date, until: date | None) -> bool:
    return first <= day and (until is None or day <= until)
