"""
Deciding to grant, suspend and withdraw levels, and on applications for them.
"""

from __future__ import annotations

from ..model import Reason
from ..operations import Apply, SetTier, TierAction
from ..policy.case import Case
from ..policy.conditions import failures
from ..policy.ladders import Ladder, Move, MoveBy, Rung
from ..policy.movement import move
from ..policy.tiers import needs_of_level
from ..policy.trace import Stage
from .desk import Desk


def decide_tier(desk: Desk, operation: SetTier) -> None:
    """
    Set a level on a ladder that people decide.

    A ladder with moves allows only those that people take, on days on which they are not
    suspended.  One that is applied for grants a level whose needs are met, and none twice.
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
        _check_grant(desk, case, operation, ladder)
    else:
        _check_taking(desk, case, operation, ladder)
    level = operation.level if operation.action is TierAction.GRANT else None
    desk.draft.levels[operation.account, operation.ladder] = level
    desk.raise_flags(case)


def _check_grant(desk: Desk, case: Case, operation: SetTier, ladder: Ladder) -> None:
    code, level = f"ladders.{operation.ladder}", str(operation.level)
    rung = _rung(desk, ladder, level, code)
    if rung is None:
        return
    held = case.level_of("member", operation.ladder).name
    renews = any(way.from_ == level == held and level in way.to for way in ladder.moves)
    if held == level and not renews:
        desk.refuse(code, Reason.TIER_HELD, found=level, account=operation.account)
    _check_needs(desk, case, ladder, rung)
    account = desk.standing.accounts[operation.account]
    tier = account.tier(operation.ladder, case.day)
    resumes = tier is not None and tier.suspended and tier.level == level
    way = None
    if ladder.moves and not resumes and (held != level or renews):
        way = _check_move(desk, case, ladder, (held, level))
    _check_term(desk, operation, way)


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
    if not ladder.applied_for:
        desk.refuse(f"{code}.entry", Reason.TIER_NO_APPLICATION, found=operation.ladder)
        return
    rung = _rung(desk, ladder, level, code)
    if rung is None:
        return
    case = desk.case(ask)
    account = desk.standing.accounts[operation.account]
    tier = account.tier(operation.ladder, case.day)
    held = case.level_of("member", operation.ladder).name
    way = None
    if tier is not None and tier.suspended:
        desk.refuse(code, Reason.TIER_SUSPENDED, found=tier.level, account=account.id)
    elif ladder.rank(held) >= ladder.rank(level):
        desk.refuse(code, Reason.TIER_HELD, found=held, account=account.id)
    elif ladder.moves:
        way = _check_move(desk, case, ladder, (held, level))
    _check_needs(desk, case, ladder, rung)
    _check_term(desk, operation, way)
    desk.findings += move(case, desk.bench())
    desk.draft.levels[operation.account, operation.ladder] = level
    desk.raise_flags(case)


def _rung(desk: Desk, ladder: Ladder, level: str, code: str) -> Rung | None:
    """Return the level so named, or add a finding."""
    rung = ladder.rung(level)
    if rung is None:
        names = ", ".join(rung.name for rung in ladder.levels)
        desk.refuse(f"{code}.levels", Reason.NOT_IN_POLICY, wanted=names, found=level)
    return rung


def _check_needs(desk: Desk, case: Case, ladder: Ladder, rung: Rung) -> None:
    """Find everything that the ladder and the level need and that is not met."""
    name = str(case.fields["ladder"])
    for place, needs in needs_of_level(ladder, name, rung.name):
        case.trace.condition(Stage.NEEDS, needs, case, place)
        desk.findings += failures(needs, case, place)


def _check_taking(desk: Desk, case: Case, operation: SetTier, ladder: Ladder) -> None:
    account = desk.standing.accounts[operation.account]
    tier = account.tier(operation.ladder, case.day)
    if tier is None or tier.level is None:
        desk.refuse(
            f"ladders.{operation.ladder}",
            Reason.TIER_NOT_HELD,
            wanted=operation.ladder,
            account=operation.account,
        )
    elif ladder.moves and operation.action is TierAction.WITHDRAW:
        _check_move(desk, case, ladder, (tier.level, ladder.start or ""))


def _check_move(
    desk: Desk, case: Case, ladder: Ladder, ends: tuple[str, str]
) -> Move | None:
    """Return the way between *ends* that people may take, or add findings."""
    held, level = ends
    code = f"ladders.{case.fields['ladder']}.moves"
    ways = [
        (index, way)
        for index, way in enumerate(ladder.moves)
        if way.by is MoveBy.DECISION and way.from_ == held
    ]
    there = [(index, way) for index, way in ways if level in way.to]
    if not there:
        onward = sorted({to for _, way in ways for to in way.to})
        desk.refuse(
            code,
            Reason.MOVE_CLOSED,
            wanted=", ".join(onward),
            found=f"{held} → {level}",
        )
        return None
    closed = [way.closed_until(case.day) for _, way in there]
    if None not in closed:
        until = next(iter(closed[0] or ()), None)
        desk.refuse(
            code,
            Reason.MOVE_SUSPENDED,
            wanted=until.isoformat() if until else "",
            found=f"{held} → {level}",
        )
        return None
    index, way = there[closed.index(None)]
    desk.findings += failures(way.needs, case, f"{code}.{index}.needs")
    return way


def _check_term(desk: Desk, operation: SetTier | Apply, way: Move | None) -> None:
    """Find a last day that the way does not allow, or lacks."""
    term, until = way.term if way else None, operation.until
    if term is None and until is None:
        return
    wanted = None
    if term is not None:
        first, last = term.ends(desk.request.effective_on)
        if until is not None and first <= until <= last:
            return
        wanted = first.isoformat() if first == last else f"{first} – {last}"
    code = f"ladders.{operation.ladder}"
    desk.refuse(
        f"{code}.moves" if way else code,
        Reason.TERM,
        wanted=wanted,
        found=until.isoformat() if until else None,
        account=operation.account,
    )
