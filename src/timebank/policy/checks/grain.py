"""
How fine an amount can come out, followed through a formula; and how large.

The grain of a figure is the largest number of which it is always a whole multiple: 1/60 of
hours in whole minutes, 2 of bands that give 4, 6 or 8, and 0 of what is always nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Final, assert_never

from ...model import AMOUNT_MAX, show
from ...texts import Text
from ..expressions import (
    Constant,
    Elapsed,
    Formula,
    Lookup,
    Named,
    Step,
    Steps,
    Verb,
)
from ..hints import Mistake
from ..measures import Measure
from ..periods import some_periods
from ..rules import Policy, Rule
from .circles import circular
from .extents import figures_of

_ONE: Final = Fraction(1)
_FIELDS: Final = {
    **dict.fromkeys(("time", "starts_at", "hours"), Fraction(1, 60)),
    **dict.fromkeys(("number", "quantity", "month", "day_of_month"), _ONE),
    **dict.fromkeys(("recipients", "applicants"), _ONE),
}
"""Services are in whole minutes, marks and pieces whole."""


def too_fine(policy: Policy) -> Iterator[Mistake]:
    """
    Find amounts that a rule works out finer than its unit.

    They would be refused at the desk, never rounded quietly.  A figure taken as it was
    asked (``time``, ``asked``) is left alone: there the people agree on one that fits.
    """
    for name, rule in policy.rules.items():
        unit = policy.units.get(rule.unit)
        if unit is None:
            continue
        yield from _too_much(rule.amount, f"rules.{name}.amount", unit.scale)
        if isinstance(rule.amount, Steps | Lookup | Constant):
            grain = _grain(rule.amount, rule, policy)
            if grain is not None and (grain * unit.scale).denominator != 1:
                yield (
                    f"rules.{name}.amount",
                    Text(
                        "can be as fine as 1/{fine}, and {unit!r} is kept in 1/{scale}: "
                        "say how it rounds",
                        "可能细至 1/{fine}，而 {unit!r} 只记到 1/{scale}：请写明如何取整",
                        fine=grain.denominator,
                        unit=rule.unit,
                        scale=unit.scale,
                    ),
                )
        if "redeem" in rule.on and rule.amount is None:
            yield from _prices(rule, unit.scale, policy)


def _prices(rule: Rule, scale: int, policy: Policy) -> Iterator[Mistake]:
    for item, sold in policy.items.items():
        yield from _too_much(sold.price, f"items.{item}.price", scale)
        grain = _grain(sold.price, rule, policy)
        if grain is not None and (grain * scale).denominator != 1:
            yield (
                f"items.{item}.price",
                Text(
                    "can be as fine as 1/{fine}, and {unit!r} is kept in 1/{scale}",
                    "可能细至 1/{fine}，而 {unit!r} 只记到 1/{scale}",
                    fine=grain.denominator,
                    unit=rule.unit,
                    scale=scale,
                ),
            )


def _too_much(formula: Formula | None, place: str, scale: int) -> Iterator[Mistake]:
    """Find figures beyond what one entry can move."""
    figures = [figure for figure in figures_of(formula) if figure is not None]
    if any(figure * scale > AMOUNT_MAX for figure in figures):
        yield (
            place,
            Text(
                "is more than an entry can move: {most}",
                "超过一笔记录所能变动的最大数额 {most}",
                most=show(Fraction(AMOUNT_MAX, scale)),
            ),
        )


def _grain(formula: Formula, rule: Rule, policy: Policy) -> Fraction | None:
    """
    Return a number of which every outcome is a whole multiple, the largest that can be told.

    *None* where nothing can be told: facts are as fine as the host gives them.
    """
    match formula:
        case Constant():
            return abs(formula.number)
        case Named():
            return _grain_of_value(formula.name, rule, policy)
        case Elapsed():
            return _ONE
        case Lookup():
            several = [*formula.choices.values(), formula.otherwise]
            return _common(_grain(f, rule, policy) for f in several if f is not None)
        case Steps():
            so_far: Fraction | None = _ONE
            for step in formula.steps:
                so_far = _stepped(so_far, step, rule, policy)
            return so_far
        case _:
            assert_never(formula)


def _grain_of_value(name: str, rule: Rule, policy: Policy) -> Fraction | None:
    role, _, base = name.rpartition(".")
    match "hours" if role == "hours" else name:
        case "share":
            return Fraction(1, math.lcm(*(p.parts for p in some_periods(rule, policy))))
        case "asked" | "price" if name == "asked" or rule.on == ("cancel",):
            # of a cancellation it was held
            return Fraction(1, policy.units[rule.unit].scale)
        case field if field in _FIELDS:
            return _FIELDS[field]
    if role == "class":
        figures = (c.attributes.get(base) for c in policy.classes.values())
        return _common(abs(f) for f in figures if f is not None)
    if (measure := policy.measures.get(base)) is None:
        return None
    return _grain_of_measure(base, measure, rule, policy)


def _grain_of_measure(
    name: str, measure: Measure, rule: Rule, policy: Policy
) -> Fraction | None:
    if len(measure.kinds) != 1 or name in circular(policy):
        return None
    if measure.formula is not None:
        return _grain(measure.formula, rule, policy)
    if measure.counts:
        return _ONE
    counted = policy.units.get(str(measure.unit))
    return Fraction(1, counted.scale) if counted else None


def _stepped(  # noqa: PLR0911 - one answer for each kind of step
    so_far: Fraction | None, step: Step, rule: Rule, policy: Policy
) -> Fraction | None:
    operand = _common(_grain(f, rule, policy) for f in step.operands)
    match step.verb:
        case Verb.OF:
            return operand
        case Verb.LESS | Verb.PLUS | Verb.AT_LEAST | Verb.AT_MOST:
            return _common((so_far, operand))
        case Verb.TIMES:
            return None if so_far is None or operand is None else so_far * operand
        case Verb.DIVIDE:
            return _divided(so_far, step)
        case Verb.EVERY:
            return _grain(step.gives, rule, policy) if step.gives else _ONE
        case Verb.BANDS:
            return _common(abs(gives) for _, gives in step.bands)
        case Verb.ROUND:
            return operand
        case Verb.USE:
            return None  # as fine as the host makes it
        case _:
            assert_never(step.verb)


def _divided(so_far: Fraction | None, step: Step) -> Fraction | None:
    by = step.operands[0]
    if so_far is None or not isinstance(by, Constant):
        return None
    return so_far / abs(by.number) if by.number else by.number


def _common(grains: Iterable[Fraction | None]) -> Fraction | None:
    """Return the largest number of which all that *grains* are of are whole multiples."""
    common = Fraction(0)
    for grain in grains:
        if grain is None:
            return None
        below = math.lcm(common.denominator, grain.denominator)
        common = Fraction(math.gcd(int(common * below), int(grain * below)), below)
    return common
