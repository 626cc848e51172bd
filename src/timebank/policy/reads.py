"""
What the parts of a policy can read, and of whom, in the policy's own words.

It is found once for each policy, and is the same whoever takes part.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from attrs import frozen

from ..model import ISSUER, AccountId
from .case import is_balance
from .conditions import names_in_condition
from .expressions import Formula, names_in_formula
from .measures import COUNTED, HISTORICAL, Measure
from .rules import Bounds, Policy, Rule
from .shapes import OF_ACCOUNT, ROLES, SHAPES, Shape
from .whom import is_told, may_name
from .windows import Window, is_window, window


@frozen(kw_only=True)
class Reads:
    """
    What a part of a policy can read, by words for those of whom it reads it.

    Args:
        whose: Of whom anything is read, balances and facts included.
        asked: Those of them whom only facts or words of the operation tell.
        spans: Histories: of whom, in which unit, and over which window.
        reaches: The same where every window counts that holds the day.
        lots: Of whom lots are read, and in which unit.
    """

    whose: frozenset[str]
    asked: tuple[str, ...]
    spans: tuple[tuple[str, str, Window], ...] = ()
    reaches: tuple[tuple[str, str, Window], ...] = ()
    lots: tuple[tuple[str, str], ...] = ()


def reads_of(pairs: Iterable[tuple[str, str]], policy: Policy) -> Reads:
    """Return what looking at *pairs* of whose and what reads."""
    found = set(pairs)
    whose = frozenset(each for each, _ in found)
    return Reads(
        whose=whose,
        asked=_asked(whose, policy),
        spans=tuple(
            (each, unit, policy.measures[name].window)
            for each, name in sorted(found)
            for unit in _units_looked_at(policy.measures.get(name), policy)
        ),
    )


def _asked(words: Iterable[str], policy: Policy) -> tuple[str, ...]:
    return tuple(sorted(word for word in words if is_told(word, policy)))


def _units_looked_at(measure: Measure | None, policy: Policy) -> tuple[str, ...]:
    """Return the units whose history *measure* goes by; none of what is no history."""
    if measure is None or measure.kind not in HISTORICAL or is_balance(measure, policy):
        return ()
    return (str(measure.unit), *measure.broken_by)


@lru_cache(maxsize=1024)
def plan(policy: Policy, on: str, class_: str, item: str, name: str) -> Reads:
    """Return what an operation can read: what it asks, and what its rules move."""
    shape = SHAPES[on]
    rules = tuple(
        rule
        for known, rule in policy.rules.items()
        if on in rule.on and policy.is_for(rule, class_) and name in ("", known)
    )
    names = [name for rule in rules for name in _names_in_rule(rule)]
    for wider in policy.wider(class_):
        if wider in policy.classes:
            names += names_in_condition(policy.classes[wider].requires)
    ordered = policy.items.get(item)
    if ordered is not None:
        names += names_in_condition(ordered.requires)
        names += names_in_formula(ordered.price)
        for limit in ordered.limits.values():
            names += names_in_formula(limit.at_most)
    for procedure in policy.procedures.values():
        if on in procedure.on:
            names += names_in_condition(procedure.when)
    asked = reads_of(resolved(names, shape.subject, policy), policy)
    ends = [(rule, _ends(rule, shape, policy)) for rule in rules]
    whose = asked.whose.union(*(words for _, words in ends))
    limits = ordered.limits if ordered is not None else {}
    return Reads(
        whose=whose,
        asked=_asked(whose, policy),
        spans=asked.spans,
        reaches=tuple(
            each for rule in rules for each in _reaches(rule, limits, policy)
        ),
        lots=tuple(
            (word, rule.unit)
            for rule, words in ends
            if policy.units[rule.unit].lots is not None
            for word in words
        ),
    )


def _ends(rule: Rule, shape: Shape, policy: Policy) -> frozenset[str]:
    """Return the words for everybody whom *rule* may move something from or to."""
    excess = [limit.excess for limit in rule.limits.values()]
    excess += [
        bounds.excess
        for kind in policy.accounts.values()
        for bounds in kind.units.values()
    ]
    goals = [rule.goals(shape), *(each.to for each in excess)]
    words = [rule.source(shape), *(w for goal in goals if goal for w in goal.words)]
    if any(each.as_ is not None for each in excess):
        words.append(ISSUER)  # it issues what an excess becomes
    return frozenset(word for word in words if word)


def _reaches(
    rule: Rule, of_item: Iterable[str], policy: Policy
) -> Iterator[tuple[str, str, Window]]:
    """Yield what the limits of *rule* and of what is ordered add up, and over which window."""
    for key in (*rule.limits, *of_item):
        for whose, stretch in _stretch(key, policy):
            yield whose, rule.unit, stretch
    if rule.running is not None:
        yield "", rule.unit, policy.measures[rule.running].window


def _stretch(key: str, policy: Policy) -> Iterator[tuple[str, Window]]:
    """Yield whose history a limit adds up, and over which window; nothing for one figure."""
    if is_window(key):
        yield "", window(key)
        return
    whose, _, name = key.rpartition(".")
    if policy.measures[name].kind in COUNTED:
        yield whose, policy.measures[name].window


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
def bound_reads(policy: Policy) -> Reads:
    """Return the measures of an account that floors and caps of *policy* go by."""
    kinds = policy.accounts.values()
    bounds = [bounds for kind in kinds for bounds in kind.units.values()]
    names = [name for each in bounds for name in _names_in_bounds(each)]
    return reads_of(resolved(names, "member", policy), policy)


@lru_cache(maxsize=64)
def flag_reads(policy: Policy) -> Reads:
    """Return the measures of an account that flags of *policy* go by."""
    return reads_of(flag_names(policy), policy)


def flag_names(policy: Policy) -> Iterator[tuple[str, str]]:
    """Yield what flags of *policy* ask of an account."""
    names = [n for flag in policy.flags.values() for n in names_in_condition(flag.when)]
    return resolved(names, "member", policy)


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
