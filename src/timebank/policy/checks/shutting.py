"""
What one record shuts to the next: a bonus that is paid once asks whether it was paid.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Final

from ..conditions import Comparison, Test
from ..expressions import Constant
from ..measures import Measure, MeasureKind
from ..rules import Policy, Rule
from ..shapes import SHAPES
from .demands import classes_met
from .ways import Way

_ADDING: Final = (MeasureKind.SUM, MeasureKind.COUNT, MeasureKind.DAYS)


def left_open(rule: Rule, policy: Policy, on: str) -> Callable[[Way], bool]:
    """
    Return what says whether a way that *rule* was met by is open to the next such record.

    It is not where a figure may be nothing, or has to be one certain number, and the first
    record's own rules move it on.
    """
    subject = SHAPES[on].subject

    def shut(test: Test) -> bool:
        role, _, name = test.value.rpartition(".")
        measure = policy.measures.get(name)
        whose = role or subject
        if measure is None or not _moves(rule, measure, policy, (on, whose)):
            return False
        unit = None if measure.counts else policy.units.get(measure.unit or "")
        least = Fraction(1, unit.scale if unit else 1)
        return any(
            comparison is Comparison.IS or _is_below(comparison, operands, least)
            for comparison, operands in test.comparisons
        )

    return lambda way: not any(map(shut, way))


def _is_below(
    comparison: Comparison, operands: tuple[object, ...], least: Fraction
) -> bool:
    (most,) = operands if len(operands) == 1 else (None,)
    if not isinstance(most, Constant):
        return False
    if comparison is Comparison.BELOW:
        return most.number <= least
    return comparison is Comparison.MAX and most.number < least


def _moves(
    rule: Rule, measure: Measure, policy: Policy, asked: tuple[str, str]
) -> bool:
    """Return whether a record that *rule* acts on may move a role's *measure*."""
    on, whose = asked
    window = measure.window
    if measure.kind not in _ADDING or window.previous:
        return False
    shape, classes = SHAPES[on], {*classes_met(rule, policy)}
    return any(
        other.unit == measure.unit
        and on in other.on
        and whose in (other.source(shape), *other.goals(shape).words)
        and not classes.isdisjoint(classes_met(other, policy))
        for other in policy.rules.values()
    )
