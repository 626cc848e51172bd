"""
Deciding to grant, suspend and withdraw levels, and on applications for them.
"""

from __future__ import annotations

from datetime import date

from ..model import Reason
from ..operations import Apply, SetTier, TierAction
from ..policy.case import Case
from ..policy.expressions import failures
from ..policy.ladders import Admission, Ladder, Rung
from ..policy.movement import move
from .desk import Desk


def decide_tier(desk: Desk, operation: SetTier) -> None:
    """
    Set a level on a ladder that people decide.

    A ladder with moves allows only those, on days on which they are not suspended.  One
    that is applied for grants a level whose needs are met, and none twice.
    """
    ask = desk.ask(operation)
    if ask is None:
        return
    ladder = desk.policy.ladders[operation.ladder]
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
    rung = _rung(desk, ladder, level, code)
    if rung is None:
        return
    held = case.held_level(operation.account, operation.ladder)
    if held == level:
        desk.refuse(code, Reason.TIER_HELD, found=level, account=operation.account)
    _check_needs(desk, case, ladder, rung, code)
    account = desk.standing.account(operation.account)
    tier = account.tier(operation.ladder) if account else None
    resumes = tier is not None and tier.suspended and tier.level == level
    if ladder.moves and not resumes and held != level:
        _check_move(desk, ladder, held or "", level, code)


def decide_apply(desk: Desk, operation: Apply) -> None:
    """
    Grant the level applied for, where its needs are met; rules may credit it.

    A level already held, or one below it, is not applied for again; one that was
    suspended is granted again by those who suspended it.
    """
    ask = desk.ask(operation)
    if ask is None:
        return
    ladder = desk.policy.ladders[operation.ladder]
    code, level = f"ladders.{operation.ladder}", operation.level
    if ladder.entry is not Admission.APPLY:
        desk.refuse(f"{code}.entry", Reason.TIER_NO_APPLICATION, found=operation.ladder)
        return
    rung = _rung(desk, ladder, level, code)
    if rung is None:
        return
    case = desk.case(ask)
    tier = desk.standing.accounts[operation.account].tier(operation.ladder)
    held = case.held_level(operation.account, operation.ladder) or ""
    if tier is not None and tier.suspended:
        desk.refuse(
            code,
            Reason.TIER_SUSPENDED,
            found=tier.level,
            account=operation.account,
        )
    elif ladder.rank(held) >= ladder.rank(level):
        desk.refuse(code, Reason.TIER_HELD, found=held, account=operation.account)
    elif ladder.moves:
        _check_move(desk, ladder, held, level, code)
    _check_needs(desk, case, ladder, rung, code)
    desk.findings += move(case, desk.bench())
    desk.draft.levels[operation.account, operation.ladder] = level
    if not desk.refused:
        desk.raise_flags(case)


def _rung(desk: Desk, ladder: Ladder, level: str, code: str) -> Rung | None:
    """Return the level so named, or add a finding."""
    rank = ladder.rank(level)
    if rank >= 0:
        return ladder.levels[rank]
    names = ", ".join(rung.name for rung in ladder.levels)
    desk.refuse(f"{code}.levels", Reason.NOT_IN_POLICY, wanted=names, found=level)
    return None


def _check_needs(desk: Desk, case: Case, ladder: Ladder, rung: Rung, code: str) -> None:
    """Find everything that the ladder and the level need and that is not met."""
    desk.findings += failures(ladder.needs, case, f"{code}.needs")
    desk.findings += failures(rung.needs, case, f"{code}.levels.{rung.name}.needs")


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
