"""
Deciding what a rule moves at the end of a period.
"""

from __future__ import annotations

from attrs import evolve

from ..entries import Entry
from ..model import Reason
from ..operations import TAGS, EndPeriod
from ..policy.days import days_later
from ..policy.movement import move
from ..policy.periods import Period, concerns, liable_from, period_id, period_of
from ..policy.rules import Rule
from .desk import Desk


def decide_period(
    desk: Desk,
    operation: EndPeriod,
    *,
    instead_of: Entry | None = None,
    authority: str | None = None,
) -> None:
    """
    Draft what one rule moves for one account, once the period is over.

    It is asked under one id, which follows from the rule, the period and the account, so
    that nobody can ask it twice; an entry that was wrong is corrected.

    Args:
        desk: Where; its draft may hold the legs that a correction undoes.
        operation: What is asked; the request's day is the period's last.
        instead_of: The entry that it replaces.
        authority: Who allowed an account to end beyond its limits.
    """
    ask = desk.ask(operation)
    rule = _rule(desk, operation.rule)
    if ask is None or rule is None:
        return
    case = desk.case(ask)
    period = period_of(rule, desk.request.effective_on, desk.policy.calendar)
    _check_due(desk, operation, rule, period)
    _check_once(desk, operation, period, instead_of)
    if desk.refused:
        return
    account = desk.standing.accounts[operation.account]
    share = period.share(liable_from(rule, account))
    case = evolve(case, fields={**case.fields, "share": share})
    desk.findings += move(case, desk.bench(authority=authority))
    desk.raise_flags(case)


def _rule(desk: Desk, name: str) -> Rule | None:
    rules = {n: r for n, r in desk.policy.rules.items() if "period" in r.on}
    if name not in rules:
        desk.refuse("rules", Reason.NOT_IN_POLICY, wanted=", ".join(rules), found=name)
    return rules.get(name)


def _check_due(desk: Desk, operation: EndPeriod, rule: Rule, period: Period) -> None:
    code, account = f"rules.{operation.rule}", operation.account
    known = desk.standing.accounts[account]
    if not concerns(rule, known, desk.policy):
        may = ", ".join(desk.policy.may(known.kind) or ())
        desk.refuse(
            f"{code}.when", Reason.MAY_NOT, wanted=may, found="period", account=account
        )
    day, today = desk.request.effective_on, desk.recorded.on
    since = liable_from(rule, known)
    desk.not_before(f"{code}.every", period.last, day, account)
    desk.not_before(f"{code}.every", days_later(period.last, 1), today, account)
    desk.not_before(f"{code}.after", since, period.last, account)


def _check_once(
    desk: Desk, operation: EndPeriod, period: Period, instead_of: Entry | None
) -> None:
    if instead_of is None:
        only = period_id(operation.rule, period.last, operation.account)
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
