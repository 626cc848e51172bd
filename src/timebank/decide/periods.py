"""
Deciding what a rule moves at the start or the end of a period.
"""

from __future__ import annotations

from datetime import date

from attrs import evolve

from ..entries import Entry
from ..model import Reason
from ..operations import TAGS, EndPeriod
from ..policy.days import days_later
from ..policy.movement import move
from ..policy.periods import (
    Period,
    acts_on,
    asked_from,
    concerns,
    liable_from,
    period_id,
    period_of,
)
from ..policy.rhythm import done_before, left_from, part_left
from ..policy.rules import Edge, Rule
from ..policy.trace import Stage
from .desk import Desk


def decide_period(
    desk: Desk,
    operation: EndPeriod,
    *,
    instead_of: Entry | None = None,
) -> None:
    """
    Draft what one rule moves for one account in a period.

    It is asked under one id, which follows from the rule, the period and the account, so
    that nobody can ask it twice; an entry that was wrong is corrected.

    Args:
        desk: Where; its draft may hold the legs that a correction undoes.
        operation: What is asked; the request's day is the one on which the rule acts.
        instead_of: The entry that it replaces.
    """
    ask = desk.ask(operation)
    rule = _rule(desk, operation.rule)
    if ask is None or rule is None:
        return
    case = desk.case(ask)
    period = period_of(rule, desk.request.effective_on, desk.policy.calendar)
    since = liable_from(rule, desk.standing.accounts[operation.account])
    day = acts_on(rule, period, since)
    _check_concerned(desk, operation, rule)
    desk.not_before(
        f"rules.{operation.rule}.after", since, period.last, operation.account
    )
    _check_due(desk, operation, (rule, period, day))
    account = desk.standing.accounts[operation.account]
    before = done_before(operation.rule, day, desk.standing)
    first = left_from(before, rule, account, (period, desk.policy.calendar))
    if first > period.last:
        # all of it was done while the rule acted at other times
        code = f"rules.{operation.rule}.every"
        desk.not_before(code, first, desk.request.effective_on, operation.account)
    _check_once(desk, operation, day, instead_of)
    if desk.refused:
        return
    part = part_left(period, first)
    share = Period(first, period.last).share(since) * part
    desk.trace.note(
        Stage.BEGUN if rule.at is Edge.START else Stage.OVER,
        f"rules.{operation.rule}.every",
        first=first,
        last=period.last,
        share=share if share != 1 else None,
    )
    case = evolve(case, fields={**case.fields, "share": share}, part=part)
    desk.findings += move(case, desk.bench())
    desk.raise_flags(case)


def _rule(desk: Desk, name: str) -> Rule | None:
    rules = {n: r for n, r in desk.policy.rules.items() if "period" in r.on}
    if name not in rules:
        desk.refuse("rules", Reason.NOT_IN_POLICY, wanted=", ".join(rules), found=name)
    return rules.get(name)


def _check_concerned(desk: Desk, operation: EndPeriod, rule: Rule) -> None:
    account = operation.account
    known = desk.standing.accounts[account]
    if not concerns(rule, known, desk.policy):
        code, may = f"rules.{operation.rule}.when", desk.policy.may(known.kind) or ()
        desk.refuse(
            code, Reason.MAY_NOT, wanted=", ".join(may), found="period", account=account
        )


def _check_due(
    desk: Desk, operation: EndPeriod, turn: tuple[Rule, Period, date]
) -> None:
    """Find that the request's day is not the one that is due, or that it is too early."""
    rule, period, day = turn
    code, account = f"rules.{operation.rule}.every", operation.account
    asked = desk.request.effective_on
    due = day if asked <= day else days_later(period.last, 1)
    desk.not_before(code, due, asked, account)
    desk.not_before(code, asked_from(rule, day), desk.recorded.on, account)


def _check_once(
    desk: Desk, operation: EndPeriod, day: date, instead_of: Entry | None
) -> None:
    if instead_of is None:
        only = period_id(operation.rule, day, operation.account)
        if desk.request.id != only:
            desk.refuse("id", Reason.ID_DUE, wanted=only, found=desk.request.id)
        return
    same = instead_of.asked == operation
    if not same or instead_of.effective_on != desk.request.effective_on:
        desk.refuse(
            "replacement",
            Reason.CORRECTION_KIND,
            wanted=f"{TAGS[EndPeriod]} {instead_of.effective_on}",
            found=f"{TAGS[EndPeriod]} {desk.request.effective_on}",
        )
