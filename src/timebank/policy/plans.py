"""
What a policy makes of an operation, as far as that hangs on the policy alone.

Which rules concern it, what must hold for it, and of each rule where it stands, what it
moves from where to where, and within which limits.  It is worked out once for each policy
and kind of operation, with its class, item, rule and unit, and looked up from then on.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from attrs import evolve, frozen

from ..model import Unit
from .case import Case
from .conditions import Condition, names_in_condition
from .expressions import Formula, Named, names_in_formula
from .rules import Limit, Policy, Rule, Short
from .shapes import SHAPES, base_of
from .splits import Split

_KEPT = 4096
"""So many plans are kept; a city has a policy for each of its bodies."""


@frozen(kw_only=True, eq=False)
class RulePlan:
    """
    One rule, as it works on one kind of operation.

    Args:
        name: The rule, by name.
        rule: What it says.
        code: Its place in the policy.
        unit: What it moves.
        lots: Whether that is kept in lots.
        source: The role or account it comes from.
        goals: The roles or accounts it goes to.
        amount: How much, the operation's own filled in.
        limits: Those of the rule and then of the item: place, key, and limit.
        whole: Whether all that its amount says goes to one, unless a cap or what there is to
            be had leaves less.
        for_each: Whether it moves for each of several who take part.
        by_share: Whether its amount says itself what a part of a period comes to.
    """

    name: str
    rule: Rule
    code: str
    unit: Unit
    lots: bool
    source: str
    goals: Split
    amount: Formula
    limits: tuple[tuple[str, str, Limit], ...]
    whole: bool
    for_each: bool
    by_share: bool


@frozen(kw_only=True, eq=False)
class Plan:
    """
    What a policy makes of one kind of operation.

    Args:
        rules: Those that concern it, as they are written.
        others: The names of those on the operation that are for another class or unit.
        gates: What must hold for its class and item, each with its place.
        looks_back: Whether any of the rules goes by what has moved: then it is asked of the
            case before, which need not be made otherwise.
    """

    rules: tuple[RulePlan, ...]
    others: tuple[str, ...]
    gates: tuple[tuple[Condition, str], ...]
    looks_back: bool


def plan_for(case: Case) -> Plan:
    """Return what the policy makes of what *case* asks."""
    fields = case.fields
    return _plan(
        case.policy,
        case.on,
        str(fields["class"]) if "class" in fields else "",
        str(fields["item"]) if "item" in fields else "",
        str(fields["rule"]) if "rule" in fields else None,
        str(fields["unit"]) if "unit" in fields else None,
    )


@lru_cache(maxsize=_KEPT)
def _plan(  # noqa: PLR0913, PLR0917 - all that tells one plan from another
    policy: Policy, on: str, class_: str, item: str, rule: str | None, unit: str | None
) -> Plan:
    known = policy.rules_on(on)
    concerned = {
        name: each
        for name, each in known.items()
        if policy.is_for(each, class_)
        and (rule == name if rule is not None else unit in (None, each.unit))
    }
    rules = tuple(rule_plan(policy, on, item, name) for name in concerned)
    gates = tuple(_gates(policy, on, class_, item))
    asked: list[str] = []
    for each in rules:
        asked += names_in_condition(each.rule.when)
        asked += names_in_condition(each.rule.requires)
        asked += names_in_formula(each.amount)
    figures = {*policy.measures, *policy.ladders}
    return Plan(
        rules=rules,
        others=tuple(name for name in known if name not in concerned),
        gates=gates,
        looks_back=not figures.isdisjoint(map(base_of, asked)),
    )


def _gates(
    policy: Policy, on: str, class_: str, item: str
) -> Iterator[tuple[Condition, str]]:
    """Yield what must hold for a class, the wider ones it is in, and an item."""
    asked = [
        (f"classes.{wider}", policy.classes[wider].requires)
        for wider in (policy.wider(class_) if class_ else ())
    ]
    if on == "redeem":
        asked.append((f"items.{item}", policy.items[item].requires))
    for place, condition in asked:
        if condition is not None:
            yield condition, f"{place}.requires"


@lru_cache(maxsize=_KEPT)
def rule_plan(policy: Policy, on: str, item: str, name: str) -> RulePlan:
    """Return how rule *name* works on an operation, on that of *item* where that is one."""
    rule, shape = policy.rules[name], SHAPES[on]
    amount = rule.amount or Named(str(shape.amount))
    goals = rule.goals(shape)
    limits = tuple(_limits(policy, name, item if on == "redeem" else ""))
    return RulePlan(
        name=name,
        rule=rule,
        code=f"rules.{name}",
        unit=policy.unit(rule.unit),
        lots=policy.units[rule.unit].lots is not None,
        source=str(rule.source(shape)),
        goals=goals,
        amount=amount,
        limits=limits,
        whole=not limits and rule.short is Short.REFUSE and len(goals.words) == 1,
        for_each=rule.is_for_each(shape),
        by_share="share" in names_in_formula(amount),
    )


def _limits(policy: Policy, name: str, item: str) -> Iterator[tuple[str, str, Limit]]:
    """
    Yield the limits of a rule and then of the item, each with its place and key.

    An item's count what was redeemed of that item, and nothing else.
    """
    for key, limit in policy.rules[name].limits.items():
        yield f"rules.{name}.limits.{key}", key, limit
    for key, limit in policy.items[item].limits.items() if item else ():
        own = evolve(limit, same=(*limit.same, "item"))
        yield f"items.{item}.limits.{key}", key, own
