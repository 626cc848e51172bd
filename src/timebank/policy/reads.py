"""
What the parts of a policy can ask, and of whom: pairs of a word for somebody and a name.

They are found once for each policy, and are the same whoever takes part.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from ..model import AccountId
from .conditions import names_in_condition
from .expressions import Formula, names_in_formula
from .rules import Bounds, Policy, Rule
from .shapes import OF_ACCOUNT, ROLES, SHAPES
from .whom import may_name
from .windows import is_window


@lru_cache(maxsize=1024)
def plan(
    policy: Policy, on: str, class_: str, item: str, name: str
) -> tuple[frozenset[tuple[str, str]], tuple[Rule, ...]]:
    """Return what an operation can ask of whom, and its rules."""
    subject = SHAPES[on].subject
    rules = tuple(
        rule
        for known, rule in policy.rules.items()
        if on in rule.on and policy.is_for(rule, class_) and name in ("", known)
    )
    names = [name for rule in rules for name in _names_in_rule(rule)]
    for wider in policy.wider(class_):
        if wider in policy.classes:
            names += names_in_condition(policy.classes[wider].requires)
    if item in policy.items:
        names += names_in_condition(policy.items[item].requires)
        names += names_in_formula(policy.items[item].price)
        for limit in policy.items[item].limits.values():
            names += names_in_formula(limit.at_most)
    for procedure in policy.procedures.values():
        if on in procedure.on:
            names += names_in_condition(procedure.when)
    return frozenset(resolved(names, subject, policy)), rules


def _names_in_rule(rule: Rule) -> Iterator[str]:
    yield from names_in_condition(rule.when)
    yield from names_in_condition(rule.requires)
    yield from names_in_formula(rule.amount)
    yield from rule.order
    for key, limit in rule.limits.items():
        yield from names_in_formula(limit.at_most)
        if not is_window(key):
            yield key


def _names_in_bounds(bounds: Bounds) -> Iterator[str]:
    formulas: tuple[Formula | None, ...] = bounds.floor, bounds.cap
    for formula in formulas:
        yield from names_in_formula(formula)


def resolved(
    names: Iterable[str], subject: str, policy: Policy
) -> Iterator[tuple[str, str]]:
    """Yield what *names* ask of whom, what that is made of included."""
    for name in names:
        role, _, base = name.rpartition(".")
        role = role or subject
        if role not in ROLES and (base in policy.facts or base in OF_ACCOUNT):
            yield role, base  # to be loaded, as those who take part are anyhow
        elif base in policy.measures:
            yield role, base
            made_of = names_in_formula(policy.measures[base].formula)
            yield from resolved(made_of, role, policy)
        elif base in policy.ladders:
            yield from ladder_reads(base, role, policy)


def ladder_reads(ladder: str, role: str, policy: Policy) -> Iterator[tuple[str, str]]:
    """Yield what telling *role*'s level on *ladder* asks, and of whom."""
    if ladder not in policy.ladders:
        return
    for needs in policy.ladders[ladder].conditions():
        yield from resolved(names_in_condition(needs), role, policy)


@lru_cache(maxsize=64)
def bound_reads(policy: Policy) -> frozenset[tuple[str, str]]:
    """Return the measures of an account that floors and caps of *policy* go by."""
    kinds = policy.accounts.values()
    bounds = [bounds for kind in kinds for bounds in kind.units.values()]
    names = [name for each in bounds for name in _names_in_bounds(each)]
    return frozenset(resolved(names, "member", policy))


@lru_cache(maxsize=64)
def flag_reads(policy: Policy) -> frozenset[tuple[str, str]]:
    """Return the measures of an account that flags of *policy* go by."""
    names = [n for flag in policy.flags.values() for n in names_in_condition(flag.when)]
    return frozenset(resolved(names, "member", policy))


@lru_cache(maxsize=64)
def gauged(policy: Policy) -> frozenset[AccountId]:
    """Return the accounts named by *policy* whose figures anything in it goes by."""
    asked = [
        *(c.requires for c in policy.classes.values()),
        *(item.requires for item in policy.items.values()),
        *(procedure.when for procedure in policy.procedures.values()),
        *(needs for ladder in policy.ladders.values() for needs in ladder.conditions()),
        *(ranking.among for ranking in policy.rankings.values()),
        *(flag.when for flag in policy.flags.values()),
    ]
    worked: list[Formula | None] = [
        *(item.price for item in policy.items.values()),
        *(measure.formula for measure in policy.measures.values()),
        *(ranking.value for ranking in policy.rankings.values()),
    ]
    names = [name for rule in policy.rules.values() for name in _names_in_rule(rule)]
    names += [name for condition in asked for name in names_in_condition(condition)]
    names += [name for formula in worked for name in names_in_formula(formula)]
    named = policy.named_accounts()
    found = {whose for whose, _ in resolved(names, "member", policy)}
    by_word = (may_name(whose, policy) for whose in found)
    return frozenset(map(AccountId, found & named.keys())).union(*by_word)
