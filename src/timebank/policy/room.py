"""
How much there is room for: a rule's limits, the payee's cap, and what becomes of the rest.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial

from attrs import evolve, frozen

from ..labels import is_counted
from ..model import AccountId, Effect, Finding, Reason
from .bounds import Bench, bounds_of, cap_moves, limits_of, told
from .case import Case
from .conditions import fact_needed
from .expressions import FactNeeded, number
from .flows import Diverted, Flow, Flows
from .legs import pay
from .limits import account_of, tally
from .moving import Moving
from .plans import rule_plan
from .rules import Excess, ExcessKind, Limit
from .trace import UNHEARD, Stage


@frozen
class _Over:
    """More than there is room for, and the refusal that it is unless something is done."""

    room: int
    finding: Finding


def within_limits(moving: Moving, flows: Flows) -> Flows:
    """Return what goes on of *flows* where the rule's limits leave room for so much."""
    for code, key, limit in moving.plan.limits:
        whose = account_of(moving, key)
        flows = flows.narrowed(
            whose,
            partial(_within_limit, moving, (code, key, limit), flows.first(whose)),
        )
    return flows


def _within_limit(
    moving: Moving, at: tuple[str, str, Limit], payee: AccountId, parts: int
) -> Flow:
    """Return what goes on of *parts* on their way to *payee*, and where the rest goes."""
    code, key, limit = at
    try:
        over = _over_limit(moving, key, limit, parts, code)
    except FactNeeded as unknown:
        return Flow(0, (), (fact_needed(code, unknown),))
    flow = Flow(parts)
    return _exceeded(moving, limit.excess, over, flow, payee) if over else flow


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
        item = str(case.fields["item"]) if case.on == "redeem" else ""
        plan = rule_plan(case.policy, case.on, item, name)
        moving = Moving(plan=plan, case=case, before=case, bench=bench)
        for code, key, limit in plan.limits:
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
    most, unit = number(limit.at_most, moving.case), moving.plan.unit
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
        above, below = most.as_integer_ratio()
        shown, found = above * unit.scale // below, held.parts + parts
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


def within_cap(moving: Moving, payer: AccountId, payee: AccountId, flow: Flow) -> Flow:
    """
    Return what goes on of *flow* where the payee's cap leaves room for so much.

    The cap is that of what the movement leaves: what it makes of the figures that the cap
    goes by counts already.  Whether a cap that refuses is passed is for `settled` to say,
    which sees what all rules leave.
    """
    case, bench, unit = moving.case, moving.bench, moving.plan.unit
    found = case.account(payee)
    known = bounds_of(bench.bounds, found.kind, unit.name)[1] if found else None
    if found is None or known is None:
        return flow
    there = case.balance(payee, unit.name).total
    if case.trace is UNHEARD and isinstance(known, int) and there + flow.parts <= known:
        return flow
    moves = cap_moves(bench.bounds, found.kind, unit.name)

    def cap_after(parts: int) -> int | None:
        moved = moving
        if moves:
            moved = evolve(moving, case=case.as_if())
            pay(moved, payer, payee, parts)  # what is short is found when it is paid
        return limits_of(found, unit.name, moved.case, bench)[1]

    def fits(parts: int) -> bool:
        cap = cap_after(parts)
        return cap is None or there + parts <= cap

    try:
        room, cap = flow.parts, cap_after(flow.parts)
        if cap is None:
            return flow
        excess = bench.bounds.bounds(found.kind, unit.name).excess
        if there + room > cap:
            room = max(0, cap - there)
            if moves and excess.kind is not ExcessKind.REFUSE:
                room = _most(fits, *((room, flow.parts) if fits(room) else (0, room)))
                cap = cap_after(room)
    except FactNeeded:
        return flow  # `settled` looks at the same figures, and finds it lacking
    if case.trace is not UNHEARD:
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
    if flow.parts <= room or excess.kind is ExcessKind.REFUSE:
        return flow
    finding = Finding(
        code=f"accounts.{found.kind}.{unit.name}.cap",
        reason=Reason.CAP,
        wanted=cap,
        found=told(there + flow.parts, unit),
        unit=unit.name,
        account=payee,
    )
    return _exceeded(moving, excess, _Over(room, finding), flow, payee)


def _most(fits: Callable[[int], bool], low: int, over: int) -> int:
    """Return the most from *low* on and below *over* that fits, where all that is less does."""
    while over - low > 1:
        middle = (low + over) // 2
        low, over = (middle, over) if fits(middle) else (low, middle)
    return low


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
    unit = today.policy.unit(excess.as_) if excess.as_ else moving.plan.unit
    shares = excess.to.parted(rest) if excess.to else [rest]
    diverted, findings = [], []
    for (to, _), share in zip(goals, shares, strict=True):
        turned = share * unit.scale
        if turned % moving.plan.unit.scale:
            return flow.found(_too_fine(over, share, moving, unit.scale))
        if share:
            parts = turned // moving.plan.unit.scale
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
        unit=moving.plan.unit.name,
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
        found=moving.plan.unit.show(parts),
    )
