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
    Collection,
    Generator,
    Iterable,
    Iterator,
    Sequence,
    Sized,
)
from fractions import Fraction
from functools import partial

from attrs import evolve

from ..model import (
    AMOUNT_MAX,
    AccountId,
    Effect,
    Finding,
    Reason,
    show,
)
from .bounds import Bench, settled
from .case import Case
from .conditions import Condition, fact_needed, failures, holds
from .expressions import FactNeeded, Named, names_in_formula, number
from .flows import Flow, Flows
from .legs import divert, hold, pay
from .means import within_means
from .moving import Moving
from .room import within_cap, within_limits
from .rules import Rule
from .running import still_due
from .splits import Split, parted
from .trace import Stage


def move(case: Case, bench: Bench) -> list[Finding]:
    """
    Draft what the policy's rules move for *case*, into its draft.

    Returns:
        Every finding; the draft counts only if none of them refuses.
    """
    return move_for((case,), bench)


Seen = Callable[[Case, Rule], Case]
"""How a rule sees the case of one who takes part."""


def _as_asked(case: Case, _: Rule) -> Case:
    return case


def move_for(
    cases: Sequence[Case],
    bench: Bench,
    shares: Sequence[int] = (),
    *,
    seen: Seen = _as_asked,
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
    first, findings = cases[0], list[Finding]()
    on = first.policy.rules_on(first.on)
    rules = {name: rule for name, rule in on.items() if applies(rule, first)}
    if not rules and first.shape.amount is not None:
        findings.append(Finding(code="rules", reason=Reason.NO_RULE, wanted=first.on))
    moved = len(first.draft.postings)
    # every gate is asked before anything has moved
    asked = [(case, case.before()) for case in cases]
    for case, before in asked:
        findings += _whose(case, asked, _gates(before, _one_of(asked, case)))
    for name in on:
        if name not in rules:
            first.trace.note(Stage.PASSED_OVER, f"rules.{name}", rule=name)
    for name, rule in rules.items():
        moving = [
            (
                Moving(
                    name=name,
                    rule=rule,
                    case=seen(case, rule),
                    bench=bench,
                    whose=_one_of(asked, case),
                ),
                seen(before, rule),
            )
            for case, before in asked
        ]
        if shares:
            findings += _draft_shared(moving, shares)
        elif len(moving) > 1 and not rule.is_for_each(first.shape):
            findings += _draft_once(moving)
        else:
            for one, before in moving:
                findings += _whose(one.case, asked, _draft(one, before, len(moving)))
    refused = any(finding.refuses for finding in findings)
    if rules and not refused and len(first.draft.postings) == moved:
        # of those who share a price, the one who orders is asked
        nothing = list(_moves_nothing(rules.values(), [b for _, b in asked]))
        # whoever asked for an amount is not told by a note that all of it was dropped
        findings += (f for f in nothing if f.refuses) if findings else nothing
    known = {(finding.code, finding.account) for finding in findings}
    findings += (f for f in settled(first, bench) if (f.code, f.account) not in known)
    return findings


def _moves_nothing(rules: Collection[Rule], cases: Sequence[Case]) -> Iterator[Finding]:
    """
    Find that nothing moved, and nothing was found that would say why.

    Whoever asks for an amount is refused, so that nobody believes to have given.  What is
    free is had all the same, and what was done is recorded, where a rule concerns it.
    """
    first = cases[0]
    concerned = any(holds(rule.when, case) for rule in rules for case in cases)
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
    first = cases[0]
    on = first.policy.rules_on(first.on).values()
    orders = [rule.order for rule in on if applies(rule, first)]
    values = next((order for order in orders if order), ())
    # a stable sort leaves those that are alike as they were asked
    return sorted(
        cases, key=lambda case: [case.value(name) for name in values], reverse=True
    )


def _one_of(all_: Sized, case: Case) -> AccountId | None:
    """Return who *case* is about, where several take part."""
    return case.roles[case.shape.each] if len(all_) > 1 else None


def _whose(case: Case, all_: Sized, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield *findings*, saying whom they are about where several take part."""
    for finding in findings:
        if len(all_) > 1 and finding.account is None:
            yield evolve(finding, account=case.roles[case.shape.each])
        else:
            yield finding


def _draft_shared(
    several: Sequence[tuple[Moving, Case]], shares: Sequence[int]
) -> Iterator[Finding]:
    """Draft what a rule moves where several share it; gates hold for each of them."""
    first, before = several[0]
    try:
        if not _concerns(first, before):
            return
        amount = _amount(first, before)
    except FactNeeded as unknown:
        yield fact_needed(first.code, unknown)
        return
    yield from _too_many(first, len(several), "payers", first.rule.payers)
    for moving, own in several:
        code = f"{moving.code}.requires"
        asked = _gate(moving.rule.requires, own, code, moving.whose)
        yield from _whose(moving.case, several, asked)
    if isinstance(amount, Finding):
        yield amount
        return
    for (moving, _), part in zip(several, parted(amount, shares), strict=True):
        yield from _whose(moving.case, several, _drafted(moving, part))


def _draft_once(several: Sequence[tuple[Moving, Case]]) -> Iterator[Finding]:
    """
    Draft what a rule moves once, however many are served.

    What it asks holds for each of them, and it moves the least that it would for any: so
    nothing is gained by naming somebody too, or by who is named first.
    """
    least: tuple[int, Moving] | None = None
    for moving, before in several:
        try:
            if not _concerns(moving, before):
                return
            amount = _amount(moving, before)
        except FactNeeded as unknown:
            yield from _whose(moving.case, several, [fact_needed(moving.code, unknown)])
            return
        asked = _gate(moving.rule.requires, before, f"{moving.code}.requires")
        yield from _whose(moving.case, several, asked)
        if isinstance(amount, Finding):
            yield from _whose(moving.case, several, [amount])
            return
        if least is None or amount < least[0]:
            least = amount, moving
    if least is not None:
        amount, moving = least
        yield from _too_many(moving, len(several), "recipients", moving.rule.recipients)
        yield from _drafted(moving, amount)


def _too_many(moving: Moving, several: int, key: str, most: int) -> Iterator[Finding]:
    """Find more who take part than the rule says."""
    if several > most:
        yield Finding(
            code=f"{moving.code}.{key}",
            reason=Reason.AT_MOST,
            wanted=most,
            found=several,
        )


def applies(rule: Rule, case: Case) -> bool:
    """Return whether *rule*, on the operation, belongs to its class and its unit."""
    if not case.policy.is_for(rule, str(case.fields.get("class", ""))):
        return False
    if (name := case.fields.get("rule")) is not None:
        return case.policy.rules[str(name)] is rule
    return case.fields.get("unit", rule.unit) == rule.unit


def _gates(before: Case, whose: AccountId | None) -> Iterator[Finding]:
    policy = before.policy
    if (name := before.fields.get("class")) is not None:
        for wider in policy.wider(str(name)):
            asked = policy.classes[wider].requires
            yield from _gate(asked, before, f"classes.{wider}.requires", whose)
    if before.on == "redeem":
        name = str(before.fields["item"])
        asked = policy.items[name].requires
        yield from _gate(asked, before, f"items.{name}.requires", whose)


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


def _draft(moving: Moving, before: Case, several: int) -> list[Finding]:
    """
    Draft what a rule moves for one of *several*.

    Its gates see the case *before* anything moved.
    """
    rule, code = moving.rule, moving.code
    try:
        if not _concerns(moving, before):
            return []
        findings = list(_gate(rule.requires, before, f"{code}.requires"))
        amount = _amount(moving, before)
    except FactNeeded as unknown:
        return [fact_needed(code, unknown)]
    if before.on == "service":
        findings += _too_many(moving, several, "recipients", rule.recipients)
    if isinstance(amount, Finding):
        return [*findings, amount]
    return [*findings, *_drafted(moving, amount)]


def _concerns(moving: Moving, before: Case) -> bool:
    """Return whether the rule's *when* holds."""
    when, trace = moving.rule.when, moving.case.trace
    trace.note(Stage.RULE, moving.code, rule=moving.name, account=moving.whose)
    trace.condition(Stage.WHEN, when, before, f"{moving.code}.when")
    applying = holds(when, before)
    if not applying:
        trace.note(Stage.APART, moving.code, rule=moving.name)
    return applying


def _amount(moving: Moving, before: Case) -> int | Finding:
    """Return the amount in parts, exact, or what is wrong with it."""
    formula = moving.rule.amount or Named(str(before.shape.amount))
    unit, code = moving.unit, f"{moving.code}.amount"
    trace = moving.case.trace
    facts = before if moving.rule.running is None else moving.case
    trace.formula(formula, facts, code, unit)
    if moving.rule.running is None:
        figure = number(formula, before) * unit.scale
        if before.part != 1 and "share" not in names_in_formula(formula):
            # nobody gets more for a period in pieces than for a whole one
            figure = Fraction(math.floor(figure * before.part))
    else:
        stretch = moving.case.policy.measures[moving.rule.running].window
        figure = still_due(moving, formula, stretch, before) * unit.scale
    if figure.denominator != 1:
        wanted, found = f"1/{unit.scale}", str(figure / unit.scale)
        return Finding(code=code, reason=Reason.GRAIN, wanted=wanted, found=found)
    parts = figure.numerator
    if parts < 0 or parts > AMOUNT_MAX:
        reason = Reason.NEGATIVE if parts < 0 else Reason.BOUND
        return Finding(
            code=code, reason=reason, found=show(figure / unit.scale), unit=unit.name
        )
    trace.note(Stage.AMOUNT, code, unit=unit, parts=parts)
    return parts


def _drafted(moving: Moving, parts: int) -> Iterator[Finding]:
    payer = yield from _end(moving, "from", moving.source)
    payees = []
    for word in moving.goals.words:
        payee = yield from _end(moving, "to", word)
        payees.append(payee)
    there = [payee for payee in payees if payee is not None]
    if payer is None or len(there) < len(payees):
        return
    if payer in payees:
        # the policy's own account, as when it is opened, has nothing to pay itself
        if payer not in moving.case.policy.named_accounts():
            yield Finding(
                code=f"{moving.code}.to", reason=Reason.SAME_ACCOUNT, account=payer
            )
        return
    held = moving.bench.hold and not moving.unit.record
    # what is set aside is divided when it is handed over
    ends, goals = (
        (there[:1], Split.whole(moving.goals.words[0]))
        if held
        else (there, moving.goals)
    )
    flows = within_limits(moving, Flows.of(parts, ends, goals))
    if moving.takes:
        flows = flows.narrowed(payer, partial(within_means, moving, payer))
    for flow in flows.each:
        yield from flow.findings
    if held:
        yield from hold(moving, payer, flows.parts)
        return
    for payee, flow in zip(flows.payees, flows.each, strict=True):
        yield from _pay(moving, payer, payee, Flow(flow.parts, flow.diverted))


def _pay(
    moving: Moving, payer: AccountId, payee: AccountId, flow: Flow
) -> Iterator[Finding]:
    """Pay what the cap leaves; what limits sent elsewhere goes before what the cap does."""
    flow = within_cap(moving, payer, payee, flow)
    yield from flow.findings
    yield from pay(moving, payer, payee, flow.parts)
    for diverted in flow.diverted:
        yield from divert(moving, payer, diverted)


def _end(
    moving: Moving, key: str, word: str
) -> Generator[Finding, None, AccountId | None]:
    """Return the account at one end, which must be open, or find it lacking."""
    code = f"{moving.code}.{key}"
    account = moving.case.party(word)
    if account is None:
        yield moving.case.lacking(word, code)
    elif not moving.case.is_there(account):
        yield Finding(code=code, reason=Reason.ACCOUNT_UNKNOWN, account=account)
    return account
