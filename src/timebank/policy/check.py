"""
What contradicts itself in a policy, found when it is checked and not when it is used.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from ..model import AccountKind
from .expressions import (
    Comparison,
    Condition,
    Formula,
    Lookup,
    Named,
    Operand,
    Step,
    Steps,
    Test,
    Verb,
    names_in_formula,
)
from .rules import (
    LANGUAGE,
    NO_LIMIT,
    SHAPES,
    Admission,
    Bounds,
    Excess,
    FactRule,
    FactType,
    Keep,
    Ladder,
    Measure,
    MeasureKind,
    Policy,
    Rule,
)
from .windows import KINDS as WINDOWS
from .windows import is_window

Mistake = tuple[str, str]
"""A place in the policy, and what is wrong there."""

OPERATIONS = tuple(on for on in SHAPES if on != "tier")


def mistakes(policy: Policy) -> Mapping[str, str]:
    """Return every mistake in *policy*, by its place."""
    return dict(_mistakes(policy))


def _mistakes(policy: Policy) -> Iterator[Mistake]:
    if policy.language != LANGUAGE:
        yield "language", f"is {policy.language}; this timebank reads {LANGUAGE}"
    yield from _units(policy)
    yield from _accounts(policy)
    yield from _facts(policy)
    yield from _measures(policy)
    for name, rule in policy.rules.items():
        yield from _rule(name, rule, policy)
    for name, class_ in policy.classes.items():
        on = "service" if class_.counts == "time" else "contribution"
        yield from _condition(class_.requires, f"classes.{name}.requires", policy, [on])
    for name, item in policy.items.items():
        place = f"items.{name}"
        yield from _condition(item.requires, f"{place}.requires", policy, ["redeem"])
        yield from _formula(item.price, f"{place}.price", policy, ["redeem"])
        if item.channel == "cash" and policy.policy.status not in (
            "historic",
            "foreign",
        ):
            yield (
                f"{place}.channel",
                "credits are not paid out in cash by a programme in force on the mainland",
            )
    for name, ladder in policy.ladders.items():
        yield from _ladder(name, ladder, policy)
    for name, flag in policy.flags.items():
        yield from _condition(flag.when, f"flags.{name}.when", policy, ["tier"])


# ---------------------------------------------------------------- names


def _name(
    name: str | None, known: Iterable[str], place: str, what: str
) -> Iterator[Mistake]:
    names = list(known)
    if name is None or name in names:
        return
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"there is: {', '.join(names)}"
    yield place, f"no {what} {name!r}; {hint}"


def _end(
    word: str | None, place: str, policy: Policy, roles: Iterable[str]
) -> Iterator[Mistake]:
    yield from _name(word, [*roles, *policy.named_accounts()], place, "role or account")


# ---------------------------------------------------------------- tables


def _units(policy: Policy) -> Iterator[Mistake]:
    for name, unit in policy.units.items():
        if not 1 <= unit.scale <= 10**6:
            yield f"units.{name}.scale", f"is 1 to 1 000 000, found {unit.scale}"
        if unit.lots is None:
            continue
        if unit.record:
            yield f"units.{name}.lots", "a record is never spent, so it has no lots"
        expires = unit.lots.expires
        if expires and (expires.after is None) == (expires.end_of is None):
            yield f"units.{name}.lots.expires", "has either `after` or `end_of`"
        for key in ("after", "plus") if expires else ():
            if (stretch := getattr(expires, key)) and not is_window(f"last {stretch}"):
                yield (
                    f"units.{name}.lots.expires.{key}",
                    f"is a time such as '2 years', found {stretch!r}",
                )


def _accounts(policy: Policy) -> Iterator[Mistake]:
    for kind, rule in policy.accounts.items():
        place = f"accounts.{kind}"
        for word in rule.may or ():
            yield from _name(word, OPERATIONS, f"{place}.may", "operation")
        if rule.names and kind not in (AccountKind.POOL, AccountKind.FUND):
            yield f"{place}.names", "only pools and funds are named by a policy"
        for unit, bounds in rule.units.items():
            yield from _bounds(f"{place}.{unit}", unit, bounds, policy)


def _bounds(place: str, unit: str, bounds: Bounds, policy: Policy) -> Iterator[Mistake]:
    yield from _name(unit, policy.units, place, "unit")
    yield from _excess(bounds.excess, f"{place}.excess", policy, [])
    for key, formula in (("floor", bounds.floor), ("cap", bounds.cap)):
        if formula is None or formula == NO_LIMIT:
            continue
        for name in names_in_formula(formula):
            rule = policy.facts.get(name)
            if rule is None or not rule.kept:
                yield f"{place}.{key}", f"{name!r} is no fact kept with the account"


def _excess(
    excess: Excess, place: str, policy: Policy, roles: Iterable[str]
) -> Iterator[Mistake]:
    yield from _end(excess.to, f"{place}.to", policy, roles)


def _facts(policy: Policy) -> Iterator[Mistake]:
    for name, rule in policy.facts.items():
        if name in policy.measures or name in policy.ladders:
            yield f"facts.{name}", "is the name of a measure or ladder too"
        default = rule.default
        if default is not None and not _is_of(rule, default):
            yield f"facts.{name}.default", f"is not a {rule.type}: {default!r}"


def _is_of(rule: FactRule, value: object) -> bool:
    match rule.type:
        case FactType.YES_NO:
            return isinstance(value, bool)
        case FactType.DATE:
            return isinstance(value, date)
        case FactType.CHOICE:
            return value in rule.choices
        case FactType.NUMBER:
            return isinstance(value, int) and not isinstance(value, bool)


def _measures(policy: Policy) -> Iterator[Mistake]:
    for name, measure in policy.measures.items():
        place = f"measures.{name}"
        given = [kind for kind in MeasureKind if getattr(measure, kind) is not None]
        if len(given) != 1:
            yield place, f"has one of {', '.join(MeasureKind)}; found {len(given)}"
            continue
        yield from _name(measure.unit, policy.units, f"{place}.{measure.kind}", "unit")
        for unit in measure.broken_by:
            yield from _name(unit, policy.units, f"{place}.broken_by", "unit")
        if measure.broken_by and measure.kind is not MeasureKind.STREAK:
            yield f"{place}.broken_by", "only a streak is broken"
        if name in policy.ladders:
            yield place, "is the name of a ladder too"


def _rule(name: str, rule: Rule, policy: Policy) -> Iterator[Mistake]:
    place = f"rules.{name}"
    for on in rule.on:
        yield from _name(on, OPERATIONS, f"{place}.on", "operation")
    shapes = [SHAPES[on] for on in rule.on if on in SHAPES]
    roles = {role for shape in shapes for role in shape.roles}
    yield from _name(rule.unit, policy.units, f"{place}.unit", "unit")
    for class_ in rule.class_ or ():
        yield from _name(class_, policy.classes, f"{place}.class", "class")
    yield from _end(rule.from_, f"{place}.from", policy, roles)
    yield from _end(rule.to, f"{place}.to", policy, roles)
    for shape in shapes:
        if rule.from_ is None and shape.from_ is None:
            yield f"{place}.from", "is missing: say where the credits come from"
        if rule.to is None and shape.to is None:
            yield f"{place}.to", "is missing: say where the credits go"
        if rule.amount is None and shape.amount is None:
            yield f"{place}.amount", "is missing: say how much moves"
    unit = policy.units.get(rule.unit)
    origins = {rule.from_ or shape.from_ for shape in shapes}
    if unit is not None and unit.record and origins - {"issuer"}:
        yield (
            f"{place}.from",
            f"{rule.unit!r} is a record: it comes only from the issuer",
        )
    if "redeem" in rule.on and origins != {"payer"}:
        yield f"{place}.from", "what is redeemed comes from the payer"
    yield from _condition(rule.when, f"{place}.when", policy, rule.on)
    yield from _condition(rule.requires, f"{place}.requires", policy, rule.on)
    yield from _formula(rule.amount, f"{place}.amount", policy, rule.on)
    for key, limit in rule.limits.items():
        at = f"{place}.limits.{key}"
        if not is_window(key):
            yield from _name(key, policy.measures, at, "measure")
            if key not in policy.measures:
                yield (
                    at,
                    f"is neither a measure nor a window; windows: {', '.join(WINDOWS)}",
                )
            elif limit.count:
                yield at, "times are counted over a window, not over a measure"
        yield from _excess(limit.excess, f"{at}.excess", policy, roles)
        yield from _formula(limit.at_most, f"{at}.at_most", policy, rule.on)


def _ladder(name: str, ladder: Ladder, policy: Policy) -> Iterator[Mistake]:
    place = f"ladders.{name}"
    names = [rung.name for rung in ladder.levels]
    if not names or len(set(names)) != len(names):
        yield f"{place}.levels", "has at least one level, each with a name of its own"
    yield from _name(ladder.start, names, f"{place}.start", "level")
    for rung in ladder.levels:
        at = f"{place}.levels.{rung.name}.needs"
        yield from _condition(rung.needs, at, policy, ["tier"])
    for index, move in enumerate(ladder.moves):
        yield from _name(move.from_, names, f"{place}.moves.{index}.from", "level")
        for to in move.to:
            yield from _name(to, names, f"{place}.moves.{index}.to", "level")
    if ladder.entry is Admission.APPLY and ladder.keep is not Keep.FOR_EVER:
        yield f"{place}.keep", 'what is applied for is kept: say keep = "for ever"'
    if not ladder.decided and ladder.keep is Keep.FOR_EVER:
        yield from _kept_for_ever(place, ladder, policy)


def _kept_for_ever(place: str, ladder: Ladder, policy: Policy) -> Iterator[Mistake]:
    """
    Find needs that can stop being met.

    An automatic level is never stored, so it can only be kept for ever where it cannot be
    lost: by what a record came to over a lifetime.
    """
    for rung in ladder.levels:
        for test in rung.needs.tests if rung.needs else ():
            measure = policy.measures.get(test.value)
            if measure is None or not _only_grows(measure, policy):
                yield (
                    f"{place}.levels.{rung.name}.needs.{test.value}",
                    (
                        "can fall again, so an automatic level cannot be kept for ever "
                        "by it; measure a record over its lifetime, or say "
                        'keep = "while met"'
                    ),
                )


def _only_grows(measure: Measure, policy: Policy) -> bool:
    unit = policy.units.get(measure.unit)
    grows = (MeasureKind.SUM, MeasureKind.COUNT, MeasureKind.DAYS)
    return (
        unit is not None
        and unit.record
        and measure.kind in grows
        and measure.window.text == "lifetime"
    )


# ---------------------------------------------------------------- expressions


def _known_values(policy: Policy, on: str) -> list[str]:
    shape = SHAPES[on]
    bases = ["kind", *policy.facts, *policy.measures, *policy.ladders]
    figures = {f for rule in policy.classes.values() for f in rule.attributes}
    return [
        *shape.fields,
        *bases,
        *(f"{role}.{base}" for role in shape.roles for base in bases),
        *(f"class.{figure}" for figure in figures if "class" in shape.fields),
    ]


def _value(
    name: str, place: str, policy: Policy, ons: Iterable[str]
) -> Iterator[Mistake]:
    for on in ons:
        if on in SHAPES and name not in (known := _known_values(policy, on)):
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            yield place, f"{on} has no value {name!r}{hint}"


def _formula(
    formula: Formula | None, place: str, policy: Policy, ons: Iterable[str]
) -> Iterator[Mistake]:
    match formula:
        case Named():
            yield from _value(formula.name, place, policy, ons)
            yield from _numeric(formula.name, place, policy)
        case Lookup():
            yield from _value(formula.by, place, policy, ons)
            rule = policy.facts.get(formula.by.rpartition(".")[2])
            if rule is not None and rule.type is FactType.CHOICE:
                for choice in formula.choices:
                    yield from _name(choice, rule.choices, place, "choice")
            for chosen in (*formula.choices.values(), formula.otherwise):
                yield from _formula(chosen, place, policy, ons)
        case Steps():
            for step in formula.steps:
                yield from _step(step, place, policy, ons)
        case _:
            return


def _step(
    step: Step, place: str, policy: Policy, ons: Iterable[str]
) -> Iterator[Mistake]:
    starts = [start for start, _ in step.bands]
    if step.verb is Verb.BANDS and starts != sorted(set(starts)):
        yield place, "bands rise from one to the next"
    for operand in (*step.operands, step.gives):
        yield from _formula(operand, place, policy, ons)


def _numeric(name: str, place: str, policy: Policy) -> Iterator[Mistake]:
    base = name.rpartition(".")[2]
    rule = policy.facts.get(base)
    if base in policy.ladders or (rule and rule.type is not FactType.NUMBER):
        yield place, f"{name!r} is not a number"


def _condition(
    condition: Condition | None, place: str, policy: Policy, ons: Iterable[str]
) -> Iterator[Mistake]:
    if condition is None:
        return
    for test in condition.tests:
        yield from _test(test, f"{place}.{test.value}", policy, ons)
    for inner in (*condition.any, *condition.negated):
        yield from _condition(inner, place, policy, ons)


def _test(
    test: Test, place: str, policy: Policy, ons: Iterable[str]
) -> Iterator[Mistake]:
    found = list(_value(test.value, place, policy, ons))
    yield from found
    if found:
        return
    base = test.value.rpartition(".")[2]
    for comparison, operands in test.comparisons:
        for operand in operands:
            yield from _operand(operand, comparison, base, (place, policy, ons))
    wanted = {c: o[0] for c, o in test.comparisons if o}
    low, high = wanted.get(Comparison.MIN), wanted.get(Comparison.MAX)
    if _above(low, high):
        yield place, "can never hold: its min is above its max"


def _above(low: Operand | None, high: Operand | None) -> bool:
    one, other = getattr(low, "number", None), getattr(high, "number", None)
    return one is not None and other is not None and one > other


def _operand(
    operand: Operand,
    comparison: Comparison,
    base: str,
    where: tuple[str, Policy, Iterable[str]],
) -> Iterator[Mistake]:
    place, policy, ons = where
    if comparison is Comparison.WITHIN:
        if base != "day":
            yield place, "only a day lies within a stretch of the year"
        return
    fact = policy.facts.get(base)
    if base in policy.ladders:
        levels = [rung.name for rung in policy.ladders[base].levels]
        word = operand.name if isinstance(operand, Named) else None
        yield from _name(word or str(operand), levels, place, "level")
    elif base == "class":
        word = operand.name if isinstance(operand, Named) else str(operand)
        yield from _name(word, policy.classes, place, "class")
    elif fact is not None and fact.type is FactType.CHOICE:
        if comparison not in (Comparison.IS, Comparison.IS_NOT):
            yield place, f"a choice is tested with is or is_not, not {comparison}"
        word = operand.name if isinstance(operand, Named) else str(operand)
        yield from _name(word, fact.choices, place, "choice")
    elif fact is not None and fact.type is FactType.YES_NO:
        if not isinstance(operand, bool):
            yield place, "is yes or no: test it with true or false"
    elif fact is not None and fact.type is FactType.DATE:
        if not isinstance(operand, date):
            yield place, "is a date: test it with a day such as 2024-01-01"
    elif base in ("kind", "item", "channel", "cause"):
        return
    elif isinstance(operand, bool | date):
        yield place, f"is a number, found {operand!r}"
    else:
        yield from _formula(operand, place, policy, ons)
