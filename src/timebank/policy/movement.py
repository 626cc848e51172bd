"""
What rules move: one operation's legs and findings, drafted rule by rule.

Order, as ``docs/reference/policy.md`` tells it: when · requires (of rule, class and item,
all of them) · amount · limits, each on what the one before left · the payee's cap · the
payer's floor.  `room` says how much limits and caps leave, `legs` what is posted.
"""

from __future__ import annotations

import math
from collections.abc import (
    Callable,
    Iterable,
    Iterator,
    Sequence,
)
from fractions import Fraction
from functools import partial

from attrs import evolve

from ..model import (
    AMOUNT_MAX,
    ISSUER,
    AccountId,
    Effect,
    Finding,
    Reason,
    show,
)
from .bounds import Bench, is_capped, settled
from .case import WHOLE, Case
from .conditions import Condition, fact_needed, failures, holds
from .expressions import FactNeeded, number
from .flows import Flow, Flows
from .legs import divert, hold, pay
from .means import within_means
from .moving import Moving
from .plans import Plan, plan_for
from .room import within_cap, within_limits
from .rules import Rule
from .running import still_due
from .splits import Split, parted
from .trace import UNHEARD, Stage


def move(case: Case, bench: Bench) -> list[Finding]:
    """
    Draft what the policy's rules move for *case*, into its draft.

    Returns:
        Every finding; the draft counts only if none of them refuses.
    """
    return move_for((case,), bench)


Seen = Callable[[Case, Rule], Case]
"""How a rule sees the case of one who takes part."""


def move_for(
    cases: Sequence[Case],
    bench: Bench,
    shares: Sequence[int] = (),
    *,
    seen: Seen | None = None,
) -> list[Finding]:
    """
    Draft the same for several who take part in one operation, one after the other.

    Args:
        cases: As each of them asks it; all have one draft.
        bench: What the movements are drafted with.
        shares: Where they share one amount, the share of each.  Whether a rule applies
            and how much it moves is then asked of the first.
        seen: What a rule sees of each of them, where that differs from rule to rule.
    """
    first = cases[0]
    plan = plan_for(first)
    findings: list[Finding] = []  # `list[Finding]()` takes twenty times as long
    if not plan.rules and first.shape.amount is not None:
        findings.append(Finding(code="rules", reason=Reason.NO_RULE, wanted=first.on))
    moved = len(first.draft.postings)
    # every gate is asked before anything has moved
    befores = [case.before() for case in cases] if plan.looks_back else cases
    several = len(cases)
    named = [case.roles[case.shape.each] for case in cases] if several > 1 else [None]
    if plan.gates:
        for before, whose in zip(befores, named, strict=True):
            findings += _about(whose, _gates(plan, before, whose))
    for name in plan.others if first.trace is not UNHEARD else ():
        first.trace.note(Stage.PASSED_OVER, f"rules.{name}", rule=name)
    for rule in plan.rules:
        moving = [
            Moving(
                plan=rule,
                case=case if seen is None else seen(case, rule.rule),
                before=before if seen is None else seen(before, rule.rule),
                bench=bench,
                whose=whose,
            )
            for case, before, whose in zip(cases, befores, named, strict=True)
        ]
        if shares:
            findings += _draft_shared(moving, shares)
        elif several > 1 and not rule.for_each:
            findings += _draft_once(moving)
        else:
            for one in moving:
                if found := _draft(one, several):
                    findings += _about(one.whose, found)
    nothing = len(first.draft.postings) == moved
    if nothing and plan.rules and not any(finding.refuses for finding in findings):
        # of those who share a price, the one who orders is asked
        told = list(_moves_nothing(plan, befores))
        # whoever asked for an amount is not told by a note that all of it was dropped
        findings += (f for f in told if f.refuses) if findings else told
    if left := list(settled(first, bench)):
        known = {(finding.code, finding.account) for finding in findings}
        findings += (f for f in left if (f.code, f.account) not in known)
    return findings


def _moves_nothing(plan: Plan, cases: Sequence[Case]) -> Iterator[Finding]:
    """
    Find that nothing moved, and nothing was found that would say why.

    Whoever asks for an amount is refused, so that nobody believes to have given.  What is
    free is had all the same, and what was done is recorded, where a rule concerns it.
    """
    first = cases[0]
    concerned = any(holds(r.rule.when, case) for r in plan.rules for case in cases)
    if first.shape.amount is None or (concerned and first.shape.amount != "asked"):
        return
    recorded = first.shape.amount in ("time", "number")
    yield Finding(
        code="rules",
        reason=Reason.NOTHING_MOVES,
        effect=Effect.NOTES if recorded else Effect.REFUSES,
        wanted=first.on,
    )


def in_order(cases: Sequence[Case]) -> list[Case]:
    """
    Return *cases* as those who ask are served, by the first rule that gives an order.

    Raises:
        FactNeeded: If a value that they are served by is not known.
    """
    orders = [plan.rule.order for plan in plan_for(cases[0]).rules]
    values = next((order for order in orders if order), ())
    # a stable sort leaves those that are alike as they were asked
    return sorted(
        cases, key=lambda case: [case.value(name) for name in values], reverse=True
    )


def _about(whose: AccountId | None, findings: Iterable[Finding]) -> Iterable[Finding]:
    """Return *findings*, saying whom they are about where several take part."""
    if whose is None:
        return findings
    return [evolve(f, account=whose) if f.account is None else f for f in findings]


def _draft_shared(
    several: Sequence[Moving], shares: Sequence[int]
) -> Iterator[Finding]:
    """Draft what a rule moves where several share it; gates hold for each of them."""
    first = several[0]
    try:
        if not _concerns(first):
            return
        amount = _amount(first)
    except FactNeeded as unknown:
        yield fact_needed(first.plan.code, unknown)
        return
    yield from _too_many(first, len(several), "payers", first.plan.rule.payers)
    for moving in several:
        code = f"{moving.plan.code}.requires"
        asked = _gate(moving.plan.rule.requires, moving.before, code, moving.whose)
        yield from _about(moving.whose, asked)
    if isinstance(amount, Finding):
        yield amount
        return
    for moving, part in zip(several, parted(amount, shares), strict=True):
        yield from _about(moving.whose, _drafted(moving, part))


def _draft_once(several: Sequence[Moving]) -> Iterator[Finding]:
    """
    Draft what a rule moves once, however many are served.

    What it asks holds for each of them, and it moves the least that it would for any: so
    nothing is gained by naming somebody too, or by who is named first.
    """
    least: tuple[int, Moving] | None = None
    for moving in several:
        try:
            if not _concerns(moving):
                return
            amount = _amount(moving)
        except FactNeeded as unknown:
            needed = fact_needed(moving.plan.code, unknown)
            yield from _about(moving.whose, [needed])
            return
        code = f"{moving.plan.code}.requires"
        asked = _gate(moving.plan.rule.requires, moving.before, code)
        yield from _about(moving.whose, asked)
        if isinstance(amount, Finding):
            yield from _about(moving.whose, [amount])
            return
        if least is None or amount < least[0]:
            least = amount, moving
    if least is not None:
        amount, moving = least
        most = moving.plan.rule.recipients
        yield from _too_many(moving, len(several), "recipients", most)
        yield from _drafted(moving, amount)


def _too_many(moving: Moving, several: int, key: str, most: int) -> Iterator[Finding]:
    """Find more who take part than the rule says."""
    if several > most:
        yield Finding(
            code=f"{moving.plan.code}.{key}",
            reason=Reason.AT_MOST,
            wanted=most,
            found=several,
        )


def _gates(plan: Plan, before: Case, whose: AccountId | None) -> Iterator[Finding]:
    for condition, code in plan.gates:
        yield from _gate(condition, before, code, whose)


def _gate(
    condition: Condition | None,
    before: Case,
    code: str,
    whose: AccountId | None = None,
) -> Iterator[Finding]:
    if condition is not None and whose is not None:
        before.trace.note(Stage.ASKED_OF, code, account=whose)
    before.trace.condition(Stage.REQUIRES, condition, before, code)
    return failures(condition, before, code)


def _draft(moving: Moving, several: int) -> list[Finding]:
    """Draft what a rule moves for one of *several*."""
    plan = moving.plan
    rule = plan.rule
    findings: list[Finding] = []
    try:
        if not _concerns(moving):
            return findings
        if rule.requires is not None:
            findings += _gate(rule.requires, moving.before, f"{plan.code}.requires")
        amount = _amount(moving)
    except FactNeeded as unknown:
        return [fact_needed(plan.code, unknown)]
    if several > rule.recipients and moving.case.on == "service":
        findings += _too_many(moving, several, "recipients", rule.recipients)
    if isinstance(amount, Finding):
        findings.append(amount)
    else:
        findings += _drafted(moving, amount)
    return findings


def _concerns(moving: Moving) -> bool:
    """Return whether the rule's *when* holds."""
    plan, before, trace = moving.plan, moving.before, moving.case.trace
    when = plan.rule.when
    if trace is UNHEARD:
        return when is None or holds(when, before)
    trace.note(Stage.RULE, plan.code, rule=plan.name, account=moving.whose)
    trace.condition(Stage.WHEN, when, before, f"{plan.code}.when")
    applying = holds(when, before)
    if not applying:
        trace.note(Stage.APART, plan.code, rule=plan.name)
    return applying


def _amount(moving: Moving) -> int | Finding:
    """Return the amount in parts, exact, or what is wrong with it."""
    plan, before, trace = moving.plan, moving.before, moving.case.trace
    rule, formula, unit = plan.rule, plan.amount, plan.unit
    if trace is not UNHEARD:
        facts = before if rule.running is None else moving.case
        trace.formula(formula, facts, f"{plan.code}.amount", unit)
    if rule.running is None:
        figure = number(formula, before)
        if before.part is not WHOLE and before.part != 1 and not plan.by_share:
            # nobody gets more for a period in pieces than for a whole one
            parts = math.floor(figure * unit.scale * before.part)
            figure = Fraction(parts, unit.scale)
    else:
        stretch = moving.case.policy.measures[rule.running].window
        figure = still_due(moving, formula, stretch, before)
    above, below = figure.as_integer_ratio()
    parts, rest = divmod(above * unit.scale, below)
    if rest:
        code, wanted = f"{plan.code}.amount", f"1/{unit.scale}"
        return Finding(code=code, reason=Reason.GRAIN, wanted=wanted, found=str(figure))
    if parts < 0 or parts > AMOUNT_MAX:
        return Finding(
            code=f"{plan.code}.amount",
            reason=Reason.NEGATIVE if parts < 0 else Reason.BOUND,
            found=show(figure),
            unit=unit.name,
        )
    if trace is not UNHEARD:
        trace.note(Stage.AMOUNT, f"{plan.code}.amount", unit=unit, parts=parts)
    return parts


def _drafted(moving: Moving, parts: int) -> list[Finding]:
    """Draft that *parts* go where the rule says; find what stands in the way."""
    plan = moving.plan
    findings: list[Finding] = []
    payer = _end(moving, "from", plan.source, findings)
    payees = []
    for word in plan.goals.words:
        payee = _end(moving, "to", word, findings)
        if payee is not None:
            payees.append(payee)
    if payer is None or len(payees) < len(plan.goals.words):
        return findings
    if payer in payees:
        # the policy's own account, as when it is opened, has nothing to pay itself
        if payer not in moving.case.policy.named_accounts():
            code = f"{plan.code}.to"
            same = Finding(code=code, reason=Reason.SAME_ACCOUNT, account=payer)
            findings.append(same)
        return findings
    bench = moving.bench
    held = bench.hold and not plan.unit.record
    if held or bench.take or not plan.whole:
        findings += _within(moving, payer, payees, parts, held=held)
    elif is_capped(bench.bounds, plan.unit.name):
        findings += _pay(moving, payer, payees[0], Flow(parts))
    else:
        findings += pay(moving, payer, payees[0], parts)
    return findings


def _within(
    moving: Moving, payer: AccountId, payees: list[AccountId], parts: int, *, held: bool
) -> list[Finding]:
    """Draft what limits and means leave of *parts*, to each of *payees*, or set aside."""
    plan = moving.plan
    # what is set aside is divided when it is handed over
    ends, goals = (
        (payees[:1], Split.whole(plan.goals.words[0])) if held else (payees, plan.goals)
    )
    flows = within_limits(moving, Flows.of(parts, ends, goals))
    if moving.takes:
        flows = flows.narrowed(payer, partial(within_means, moving, payer))
    findings = [finding for flow in flows.each for finding in flow.findings]
    if held:
        return findings + hold(moving, payer, flows.parts)
    for payee, flow in zip(flows.payees, flows.each, strict=True):
        findings += _pay(moving, payer, payee, Flow(flow.parts, flow.diverted))
    return findings


def _pay(
    moving: Moving, payer: AccountId, payee: AccountId, flow: Flow
) -> list[Finding]:
    """Pay what the cap leaves; what limits sent elsewhere goes before what the cap does."""
    flow = within_cap(moving, payer, payee, flow)
    findings = [*flow.findings, *pay(moving, payer, payee, flow.parts)]
    for diverted in flow.diverted:
        findings += divert(moving, payer, diverted)
    return findings


def _end(
    moving: Moving, key: str, word: str, findings: list[Finding]
) -> AccountId | None:
    """Return the account at one end, which must be there, or find it lacking."""
    if word == ISSUER:  # who is always there, at one end of most rules
        return ISSUER
    case = moving.case
    if word in case.roles:  # who takes part was looked at before
        return case.roles[word]
    account = case.party(word)
    if account is None:
        findings.append(case.lacking(word, f"{moving.plan.code}.{key}"))
    elif not case.is_there(account):
        code = f"{moving.plan.code}.{key}"
        unknown = Finding(code=code, reason=Reason.ACCOUNT_UNKNOWN, account=account)
        findings.append(unknown)
    return account
