"""
How much there is room for: a rule's limits, the payee's cap, and what becomes of the rest.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date
from typing import Final

from attrs import evolve, frozen

from ..model import AccountId, Effect, Finding, Reason
from .bounds import limits_of, told
from .case import Case
from .expressions import FactNeeded, fact_needed, number
from .moving import Diverted, Flow, Moving
from .rules import Excess, ExcessKind, Limit
from .windows import is_window, window

_EVER: Final = date.min, date.max


@frozen
class _Over:
    """More than there is room for, and the refusal that it is unless something is done."""

    room: int
    finding: Finding


def within_limit(moving: Moving, key: str, limit: Limit, flow: Flow) -> Flow:
    """Return what goes on of *flow* where *limit* leaves room for so much."""
    code = f"{moving.code}.limits.{key}"
    try:
        over = _over_limit(moving, key, limit, flow.parts, code)
    except FactNeeded as unknown:
        return Flow(0, flow.diverted, (*flow.findings, fact_needed(code, unknown)))
    if over is None:
        return flow
    payee = moving.case.party(moving.goals.words[0]) if moving.goals.words else None
    return _exceeded(moving, limit.excess, over, flow, payee)


def _over_limit(
    moving: Moving, key: str, limit: Limit, parts: int, code: str
) -> _Over | None:
    most, unit = number(limit.at_most, moving.case), moving.unit
    if is_window(key) and not any(True for _ in _windows(moving, key)):
        return None  # the day lies in no such window
    if limit.count:
        times = _used_times(moving, key)
        room = parts if times + 1 <= most else 0
        shown, found, counted = math.floor(most), times + 1, None
    else:
        used = _used(moving, key)
        shown, found = math.floor(most * unit.scale), used + parts
        room, counted = max(0, shown - used), unit.name
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


def _used(moving: Moving, key: str) -> int:
    """Return what the limit's window or measure holds already, in parts."""
    if not is_window(key):
        measure = moving.case.policy.measures[key]
        held = moving.case.measure(moving.subject, measure)
        return math.floor(held * moving.unit.scale)
    return max((sum(rows) for rows in _windows(moving, key)), default=0)


def _used_times(moving: Moving, key: str) -> int:
    return max((len(rows) for rows in _windows(moving, key)), default=0)


def _windows(moving: Moving, key: str) -> Iterator[list[int]]:
    """
    Yield what this rule moved for the subject, for each window that holds the day.

    A calendar window is one; a rolling one also ends on every later day on which
    something was recorded, so that back-dating gains nothing.
    """
    case, subject = moving.case, moving.subject
    sign = -1 if case.party(moving.source) == subject else 1
    stretch, calendar = window(key), case.policy.calendar
    since = case.held_since(subject, stretch.since)
    rows = {
        event: sign * amount
        for event, amount in case.rows(
            subject, moving.rule.unit, *stretch.reach(case.day, calendar)
        ).items()
        if event.rule == moving.name
    }
    ends = {case.day}
    if stretch.rolling:
        ends |= {event.day for event in rows if event.day > case.day}
    for end in ends:
        span = stretch.span(end, calendar, since)
        first, last = (d or o for d, o in zip(span, _EVER, strict=True))
        if first <= case.day <= last:
            yield [a for event, a in rows.items() if first <= event.day <= last]


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
            diverted.append(
                Diverted(to=to, parts=turned // moving.unit.scale, unit=unit)
            )
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
