"""
How much there is room for: a rule's limits, the payee's cap, and what becomes of the rest.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

from attrs import evolve, frozen

from ..labels import is_counted
from ..model import AccountId, Effect, Finding, Reason
from .bounds import Bench, limits_of, told
from .case import Case
from .conditions import fact_needed
from .expressions import FactNeeded, number
from .limits import tally
from .moving import Diverted, Flow, Moving
from .rules import Excess, ExcessKind, Limit
from .trace import Stage


@frozen
class _Over:
    """More than there is room for, and the refusal that it is unless something is done."""

    room: int
    finding: Finding


def within_limit(moving: Moving, code: str, key: str, limit: Limit, flow: Flow) -> Flow:
    """Return what goes on of *flow* where *limit*, at *code*, leaves room for so much."""
    try:
        over = _over_limit(moving, key, limit, flow.parts, code)
    except FactNeeded as unknown:
        return Flow(0, flow.diverted, (*flow.findings, fact_needed(code, unknown)))
    if over is None:
        return flow
    payee = moving.case.party(moving.goals.words[0]) if moving.goals.words else None
    return _exceeded(moving, limit.excess, over, flow, payee)


def limits_passed(
    case: Case, bench: Bench, *, again: bool = False
) -> Iterator[Finding]:
    """
    Find the limits without room for what the draft moves for the case's subject.

    They are asked of what was not drafted by the rules: what is put back in place, and
    what an order held for its payer.

    Args:
        case: The order's, with what is drafted.
        bench: What the movements were drafted with.
        again: Whether the order has handed something over before: then it has been counted,
            where orders or their pieces are.
    """
    moved: Counter[str] = Counter()
    for posting in case.draft.postings:
        if is_counted(posting) and posting.account == case.roles[case.subject]:
            moved[posting.rule] += posting.amount
    for name, parts in moved.items():
        rule = case.policy.rules[name]
        if parts == 0 or case.on not in rule.on:
            continue  # as what a cancellation itself had cost
        moving = Moving(name=name, rule=rule, case=case, bench=bench)
        for code, key, limit in moving.limits():
            if again and any(limit.counted):
                continue
            try:
                over = _over_limit(moving, key, limit, abs(parts), code, drafted=True)
            except FactNeeded as unknown:
                yield fact_needed(code, unknown)
            else:
                if over is not None:
                    yield over.finding


def _over_limit(  # noqa: PLR0913 - what is asked, and what for
    moving: Moving,
    key: str,
    limit: Limit,
    parts: int,
    code: str,
    *,
    drafted: bool = False,
) -> _Over | None:
    held = tally(moving, key, limit, drafted=parts if drafted else 0)
    if held is None:
        return None
    most, unit = number(limit.at_most, moving.case), moving.unit
    trace = moving.case.trace
    if held.times is not None:
        room = parts if held.times <= most else 0
        shown, found, counted = math.floor(most), held.times, None
        stage = Stage.PIECES if limit.pieces else Stage.TIMES
        trace.note(
            stage,
            code,
            unit=unit,
            key=key,
            used=held.times - held.own,
            most=shown,
            asked=held.own,
        )
    else:
        shown, found = math.floor(most * unit.scale), held.parts + parts
        room, counted = max(0, shown - held.parts), unit.name
        trace.note(
            Stage.LIMIT,
            code,
            unit=unit,
            key=key,
            used=held.parts,
            most=shown,
            asked=parts,
            passed=min(parts, room),
        )
    if parts <= room:
        return None
    finding = Finding(
        code=code,
        reason=Reason.LIMIT,
        wanted=told(shown, unit),
        found=told(found, unit),
        unit=counted,
    )
    return _Over(room, finding)


def within_cap(moving: Moving, payee: AccountId, flow: Flow) -> Flow:
    """Return what goes on of *flow* where the payee's cap leaves room for so much."""
    case, bench, unit = moving.case, moving.bench, moving.unit
    found = case.account(payee)
    if found is None:
        return flow
    try:
        _, cap = limits_of(found, unit.name, case, bench)
    except FactNeeded:
        return flow  # `settled` looks at the same figures, and finds it lacking
    if cap is None:
        return flow
    there = case.balance(payee, unit.name).total
    room = max(0, cap - there)
    case.trace.note(
        Stage.CAP,
        f"accounts.{found.kind}.{unit.name}.cap",
        unit=unit,
        account=payee,
        there=there,
        most=cap,
        asked=flow.parts,
        passed=min(flow.parts, room),
    )
    if flow.parts <= room:
        return flow
    finding = Finding(
        code=f"accounts.{found.kind}.{unit.name}.cap",
        reason=Reason.CAP,
        wanted=cap,
        found=told(there + flow.parts, unit),
        unit=unit.name,
        account=payee,
    )
    bounds = bench.bounds.bounds(found.kind, unit.name)
    return _exceeded(moving, bounds.excess, _Over(room, finding), flow, payee)


# ---------------------------------------------------------------- what becomes of the rest


def _exceeded(
    moving: Moving, excess: Excess, over: _Over, flow: Flow, payee: AccountId | None
) -> Flow:
    """
    Return what goes on of *flow*, and note what becomes of the rest.

    A refused excess goes on whole, so that later limits and the floor are judged too and
    the refusal names them all.
    """
    rest = flow.parts - over.room
    if excess.kind is ExcessKind.REFUSE:
        return flow.found(over.finding)
    if excess.kind is ExcessKind.DROP:
        return flow.narrowed(over.room, _noted(over, Reason.DROPPED, rest, moving))
    # a cap is today's, and may name a pool that the policy of the day had not
    today = evolve(moving.case, policy=moving.bench.bounds)
    goals = _goals(excess, moving.case, today, payee)
    if goals is None:
        return flow.found(over.finding)
    if lacking := [to for to, _ in goals if not today.is_there(to)]:
        return flow.found(*(_unknown(over, to) for to in lacking))
    unit = today.policy.unit(excess.as_) if excess.as_ else moving.unit
    shares = excess.to.parted(rest) if excess.to else [rest]
    diverted, findings = [], []
    for (to, _), share in zip(goals, shares, strict=True):
        turned = share * unit.scale
        if turned % moving.unit.scale:
            return flow.found(_too_fine(over, share, moving, unit.scale))
        if share:
            parts = turned // moving.unit.scale
            diverted.append(Diverted(to=to, rest=share, parts=parts, unit=unit))
            findings.append(_noted(over, Reason.DIVERTED, share, moving, to))
    first, *others = findings
    return flow.narrowed(over.room, first, diverted).found(*others)


def _goals(
    excess: Excess, case: Case, today: Case, payee: AccountId | None
) -> list[tuple[AccountId, str]] | None:
    """Return where the excess goes; *None* where somebody it names takes no part."""
    if excess.to is None:
        return None if payee is None else [(payee, "to")]
    named = [(case.party(word) or today.party(word), word) for word in excess.to.words]
    known = [(to, word) for to, word in named if to is not None]
    return known if len(known) == len(named) else None


def _noted(
    over: _Over,
    reason: Reason,
    parts: int,
    moving: Moving,
    account: AccountId | None = None,
) -> Finding:
    return evolve(
        over.finding,
        reason=reason,
        effect=Effect.NOTES,
        found=parts,
        unit=moving.unit.name,
        account=account,
    )


def _unknown(over: _Over, account: AccountId) -> Finding:
    return Finding(
        code=over.finding.code, reason=Reason.ACCOUNT_UNKNOWN, account=account
    )


def _too_fine(over: _Over, parts: int, moving: Moving, scale: int) -> Finding:
    return Finding(
        code=over.finding.code,
        reason=Reason.GRAIN,
        wanted=f"1/{scale}",
        found=moving.unit.show(parts),
    )
