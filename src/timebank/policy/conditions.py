"""
The grammar of rules: conditions (is it so?).

They report every test that fails, never only the first.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final

from attrs import frozen

from ..model import BALANCE_MAX, Finding, Reason, Unit, show
from .days import stretch_later
from .expressions import (
    Constant,
    FactNeeded,
    Facts,
    Formula,
    FunctionNeeded,
    Level,
    Named,
    Value,
    names_in_formula,
    names_of,
    number,
    word_of,
)

_UNKNOWN: Final = {each.reason: each for each in (FactNeeded, FunctionNeeded)}
"""What is lacking where a finding says that something could not be known."""


class Comparison(StrEnum):
    """How a test compares."""

    MIN = "min"
    MAX = "max"
    ABOVE = "above"
    BELOW = "below"
    IS = "is"
    IS_NOT = "is_not"
    WITHIN = "within"
    KNOWN = "known"


REASONS: Mapping[Comparison, Reason] = {
    Comparison.MIN: Reason.AT_LEAST,
    Comparison.MAX: Reason.AT_MOST,
    Comparison.ABOVE: Reason.ABOVE,
    Comparison.BELOW: Reason.BELOW,
    Comparison.IS: Reason.ONE_OF,
    Comparison.IS_NOT: Reason.NONE_OF,
    Comparison.WITHIN: Reason.WITHIN,
    Comparison.KNOWN: Reason.GIVEN,
}

_ORDER: Final[Mapping[Comparison, Callable[[Any, Any], bool]]] = {
    Comparison.MIN: operator.ge,
    Comparison.MAX: operator.le,
    Comparison.ABOVE: operator.gt,
    Comparison.BELOW: operator.lt,
}


@frozen
class Away:
    """
    A day so long before or after another.

    Args:
        stretch: How long: ``3 years``.
        direction: 1 for after it, −1 for before.
        origin: The name of the other; the day of the operation unless said.
    """

    stretch: str
    direction: int
    origin: str = "day"


Operand = Formula | Away | bool | date


@frozen
class Test:
    """
    What is asked of one value.

    Args:
        value: Its name.
        comparisons: Each with its operands: several for ``is`` and ``is_not``, two days
            of the year (``04-01``) for ``within``, else one.
    """

    value: str
    comparisons: tuple[tuple[Comparison, tuple[Operand, ...]], ...]


@frozen
class Condition:
    """
    Tests that must all hold.

    Args:
        tests: In the order written.
        all: Conditions that must all hold as well.
        any: Conditions of which one must hold, where there are any.
        negated: Conditions that must not hold.
    """

    tests: tuple[Test, ...] = ()
    all: tuple[Condition, ...] = ()
    any: tuple[Condition, ...] = ()
    negated: tuple[Condition, ...] = ()

    def demands(self, code: str = "") -> Iterator[tuple[str, Test]]:
        """Yield every test that must hold, those within `all` too, with its place."""
        for test in self.tests:
            yield f"{code}.{test.value}", test
        for index, one in enumerate(self.all):
            yield from one.demands(f"{code}.all.{index}")

    def alternatives(self, code: str = "") -> Iterator[tuple[str, Condition]]:
        """Yield every condition of an `any` that must hold, with its place."""
        for index, one in enumerate(self.any):
            yield f"{code}.any.{index}", one
        for index, one in enumerate(self.all):
            yield from one.alternatives(f"{code}.all.{index}")

    def tested(self) -> Iterator[Test]:
        """Yield every test that it has, wherever in it."""
        yield from self.tests
        for inner in (*self.all, *self.any, *self.negated):
            yield from inner.tested()


def holds(condition: Condition | None, facts: Facts) -> bool:
    """
    Return whether *condition* holds; none at all does.

    What is not known matters only where it decides: a test that fails settles the
    condition, an alternative that holds settles its ``any``, whatever stands beside it.

    Raises:
        FactNeeded: If that hangs on something that is not known.
    """
    if condition is None:
        return True
    unknown = None
    for _, test in condition.demands():
        try:
            if not _passes(test, facts):
                return False
        except FactNeeded as needed:
            unknown = unknown or fact_needed("", needed)
    for finding in _of_several(condition, facts, ""):
        if finding.reason not in _UNKNOWN:
            return False
        unknown = unknown or finding
    if unknown is not None:
        raise _UNKNOWN[unknown.reason](str(unknown.wanted))
    return True


def _passes(test: Test, facts: Facts) -> bool:
    """Return whether `failing` finds nothing, without writing down what it would find."""
    if any(_known_failures(test, facts, "")):
        return False
    return all(each.held for each in judged(test, facts))


def failures(condition: Condition | None, facts: Facts, code: str) -> Iterator[Finding]:
    """
    Yield a finding for all of *condition* that fails, coded by its place.

    What cannot be known is a finding too.
    """
    if condition is None:
        return
    for at, test in condition.demands(code):
        yield from failing(test, facts, at)
    yield from _of_several(condition, facts, code)


def failing(test: Test, facts: Facts, code: str) -> Iterator[Finding]:
    """Yield a finding for all of *test*, at *code*, that fails or cannot be known."""
    try:
        yield from _test_findings(test, facts, code)
    except FactNeeded as unknown:
        yield fact_needed(code, unknown)


def _of_several(condition: Condition, facts: Facts, code: str) -> Iterator[Finding]:
    """Yield what fails of the alternatives and exceptions that *condition* has."""
    for index, one in enumerate(condition.all):
        yield from _of_several(one, facts, f"{code}.all.{index}")
    if condition.any:
        yield from _none_of(condition.any, facts, f"{code}.any")
    for one in condition.negated:
        try:
            met = holds(one, facts)
        except FactNeeded as unknown:
            yield fact_needed(f"{code}.not", unknown)
        else:
            if met:
                yield Finding(
                    code=f"{code}.not", reason=Reason.NOT, wanted=_asked((one,))
                )


def looked_at(
    condition: Condition | None, facts: Facts, code: str
) -> Iterator[Finding]:
    """Yield what of *condition* fails, and what of its tests is met, with the figures."""
    for at, test in condition.demands(code) if condition else ():
        if not any(failing(test, facts, at)):
            yield from _test_findings(test, facts, at, met=True)
    yield from failures(condition, facts, code)


def _none_of(
    alternatives: Sequence[Condition], facts: Facts, code: str
) -> Iterator[Finding]:
    unknown = []
    for one in alternatives:
        try:
            if holds(one, facts):
                return
        except FactNeeded as needed:
            unknown.append(fact_needed(code, needed))
    yield from dict.fromkeys(unknown) or [
        Finding(code=code, reason=Reason.ANY_OF, wanted=_asked(alternatives))
    ]


def _asked(conditions: Sequence[Condition]) -> str:
    """Name what *conditions* test: all of ``one, other``, or one of ``one / other``."""
    several = (dict.fromkeys(t.value for t in one.tested()) for one in conditions)
    return " / ".join(map(", ".join, several))


def fact_needed(code: str, unknown: FactNeeded) -> Finding:
    """Return the finding for a value that is not known."""
    return Finding(code=code, reason=unknown.reason, wanted=unknown.name)


def _test_findings(
    test: Test, facts: Facts, code: str, *, met: bool = False
) -> Iterator[Finding]:
    """Yield what of *test* fails or, asked for that, what is *met*."""
    if not met:
        yield from _known_failures(test, facts, code)
    for each in judged(test, facts):
        if each.held is met:
            yield Finding(
                code=code,
                reason=Reason.MET if met else REASONS[each.comparison],
                wanted=shown(each.wanted, each.unit),
                found=shown([each.found], each.unit),
                unit=each.unit.name if each.unit else None,
            )


@frozen(kw_only=True)
class Judged:
    """
    How one comparison went.

    Args:
        comparison: How it compares.
        wanted: With what.
        found: What.
        held: Whether it holds.
        unit: What both are counted in, where they are amounts.
    """

    comparison: Comparison
    wanted: Sequence[Value]
    found: Value
    held: bool
    unit: Unit | None


def judged(test: Test, facts: Facts) -> Iterator[Judged]:
    """
    Yield how each comparison of *test* goes.

    Raises:
        FactNeeded: If what is compared is not known.
    """
    compared = [c for c in test.comparisons if c[0] is not Comparison.KNOWN]
    if not compared:
        return
    found = facts.value(test.value)
    for comparison, operands in compared:
        wanted = [_operand(o, comparison, test.value, found, facts) for o in operands]
        yield Judged(
            comparison=comparison,
            wanted=wanted,
            found=found,
            held=_compares(comparison, found, wanted),
            unit=facts.unit_of(test.value),
        )


def _known_failures(test: Test, facts: Facts, code: str) -> Iterator[Finding]:
    """Yield a finding where a value should be known and is not, or the reverse."""
    for comparison, operands in test.comparisons:
        if comparison is Comparison.KNOWN:
            wanted = operands[0] is True
            if _is_known(test.value, facts) is not wanted:
                word = "given" if wanted else "not given"
                yield Finding(code=code, reason=Reason.GIVEN, wanted=word)


def _is_known(name: str, facts: Facts) -> bool:
    try:
        facts.value(name)
    except FactNeeded:
        return False
    return True


def _operand(  # noqa: PLR0911 - one for each way of writing it
    operand: Operand, comparison: Comparison, value: str, found: Value, facts: Facts
) -> Value:
    """
    Return what *found* is compared with.

    A bare word is a level where a level is tested, a choice where text is, a day of the
    year where a stretch is, and else the name of a value.
    """
    match operand:
        case Constant() if isinstance(found, str):
            return show(operand.number)
        case date() if isinstance(found, str):
            return operand.isoformat()
        case bool() | date():
            return operand
        case Away():
            return _day_away(operand, facts)
        case Named():
            if isinstance(found, Level):
                return facts.level(value, operand.name)
            word = isinstance(found, str) or comparison is Comparison.WITHIN
            return operand.name if word else facts.value(operand.name)
        case _:
            return number(operand, facts)


def _day_away(operand: Away, facts: Facts) -> date:
    origin = facts.value(operand.origin)
    if not isinstance(origin, date):
        raise FactNeeded(operand.origin)
    return stretch_later(origin, operand.stretch, operand.direction)


def _compares(comparison: Comparison, found: Value, wanted: Sequence[Value]) -> bool:
    match comparison:
        case Comparison.IS:
            return any(name in wanted for name in names_of(found))
        case Comparison.IS_NOT:
            return not any(name in wanted for name in names_of(found))
        case Comparison.WITHIN:
            return _within(found, [word_of(w) for w in wanted])
        case Comparison.KNOWN:
            return True
        case _:
            return _in_order(comparison, found, wanted[0])


def _in_order(comparison: Comparison, found: Value, wanted: Value) -> bool:
    if type(found) is not type(wanted):
        raise FactNeeded(word_of(wanted))
    return bool(_ORDER[comparison](found, wanted))


def _within(found: Value, wanted: Sequence[str]) -> bool:
    """Return whether a day lies in a yearly stretch, which may pass New Year."""
    if not isinstance(found, date):
        raise FactNeeded("day")
    first, last = wanted
    day = f"{found:%m-%d}"
    return first <= day <= last if first <= last else day >= first or day <= last


def shown(values: Sequence[Value], unit: Unit | None) -> int | str:
    """Return *values* as a finding holds them: a single amount in parts of *unit*."""
    if len(values) == 1 and isinstance(figure := values[0], Fraction):
        parts = figure * unit.scale if unit is not None else figure
        if parts.denominator == 1 and abs(parts) <= BALANCE_MAX:
            return parts.numerator
        return show(figure)
    return ", ".join(word_of(v) for v in values)


# ---------------------------------------------------------------- what they ask


def names_in_condition(condition: Condition | None) -> Iterator[str]:
    """
    Yield every value name that *condition* may ask.

    Bare words are among them, which may be choices or levels; who resolves names passes
    over those that name no value.
    """
    if condition is None:
        return
    for test in condition.tests:
        yield test.value
        for _, operands in test.comparisons:
            for operand in operands:
                if isinstance(operand, Away):
                    yield operand.origin
                elif not isinstance(operand, bool | date):
                    yield from names_in_formula(operand)
    for inner in (*condition.all, *condition.any, *condition.negated):
        yield from names_in_condition(inner)
