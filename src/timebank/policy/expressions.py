"""
The grammar of rules: formulas (how much?) and conditions (is it so?).

Formulas are exact; they round only where a ``round`` step stands.  Conditions report
every test that fails, never only the first.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final, Protocol, Self, assert_never

from attrs import field, frozen

from ..model import BALANCE_MAX, Finding, Reason, Unit, show
from ..scope import HostFunction
from ..texts import Text
from .days import stretch_later

# ---------------------------------------------------------------- values


@frozen(order=True)
class Level:
    """A place on a ladder; compares by rank.  No level at all has rank −1 and no name."""

    rank: int
    name: str = field(order=False)


@frozen
class Party:
    """An account, as the value of a role or of a fact that names one."""

    account: str


class ClassName(str):
    """
    The name of a class, which is also a name of every wider class that it is in.

    Args:
        names: Its own name and those of the wider classes, the nearest first.
    """

    __slots__ = ("names",)

    names: tuple[str, ...]

    def __new__(cls, names: tuple[str, ...]) -> Self:
        """Return the first of *names*, which knows the others."""
        name = super().__new__(cls, names[0])
        name.names = names
        return name


def names_of(value: Value) -> tuple[Value, ...]:
    """Return all that *value* goes by: one thing, but for a class."""
    return value.names if isinstance(value, ClassName) else (value,)


Value = Fraction | str | bool | date | Level | Party


class FactNeeded(Exception):
    """A value that is not known; a rule that needs it refuses."""

    reason = Reason.FACT_NEEDED

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class FunctionNeeded(FactNeeded):
    """A function of the host's that is not there; a rule that needs it refuses."""

    reason = Reason.FUNCTION_NEEDED


_UNKNOWN: Final = {each.reason: each for each in (FactNeeded, FunctionNeeded)}
"""What is lacking where a finding says that something could not be known."""


class Facts(Protocol):
    """What an expression may ask."""

    def value(self, name: str) -> Value:
        """
        Return the value of *name*.

        Raises:
            FactNeeded: If it is not known.
        """
        ...

    def level(self, name: str, word: str) -> Level:
        """Return the level *word* of the ladder that *name* stands for."""
        ...

    def function(self, name: str) -> HostFunction:
        """
        Return the host's function *name*.

        Raises:
            FunctionNeeded: If the host has given none of that name and version.
        """
        ...

    def unit_of(self, name: str) -> Unit | None:
        """Return the unit that *name* is counted in, where it is an amount."""
        ...


# ---------------------------------------------------------------- formulas


@frozen
class Constant:
    """A number."""

    number: Fraction


@frozen
class Named:
    """A value by name; in a condition also a choice or a level."""

    name: str


@frozen
class Lookup:
    """One formula for each choice of a value."""

    by: str
    choices: Mapping[str, Formula] = field(hash=False)
    otherwise: Formula | None = None


class Verb(StrEnum):
    """What a step does to the figure so far."""

    OF = "of"
    LESS = "less"
    TIMES = "times"
    DIVIDE = "divide"
    PLUS = "plus"
    EVERY = "every"
    BANDS = "bands"
    ROUND = "round"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    USE = "use"


class Direction(StrEnum):
    """Which way a ``round`` step rounds; halves go up."""

    DOWN = "down"
    UP = "up"
    NEAREST = "nearest"


@frozen(kw_only=True)
class Step:
    """
    One step of a formula.

    Args:
        verb: What it does.
        operands: Summed, for ``of``; one for the others.
        gives: Per full ``every``.
        bands: ``(from, gives)`` pairs, rising; below the first gives 0.
        direction: Of ``round``; its operand is the multiple rounded to.
        function: Of ``use``: the name and version of a function of the host's.
        given: Of ``use``: what the function is given beside the figure so far.
    """

    verb: Verb
    operands: tuple[Formula, ...] = ()
    gives: Formula | None = None
    bands: tuple[tuple[Fraction, Fraction], ...] = ()
    direction: Direction | None = None
    function: str = ""
    given: Mapping[str, Formula] = field(factory=dict, hash=False)


@frozen
class Steps:
    """Steps done in the order written, beginning with an ``of``."""

    steps: tuple[Step, ...]


Formula = Constant | Named | Lookup | Steps


def number(formula: Formula, facts: Facts) -> Fraction:
    """
    Return what *formula* comes to, exactly.

    Raises:
        FactNeeded: If it asks for something that is not known, or that is no number.
    """
    match formula:
        case Constant():
            return formula.number
        case Named():
            found = facts.value(formula.name)
            if not isinstance(found, Fraction):
                raise FactNeeded(formula.name)
            return found
        case Lookup():
            return number(chosen_of(formula, facts), facts)
        case Steps():
            so_far = Fraction(0)
            for step in formula.steps:
                so_far = stepped(so_far, step, facts)
            return so_far
        case _:
            assert_never(formula)


def chosen_of(formula: Formula, facts: Facts) -> Formula:
    """
    Return what *formula* comes to where it is a look-up, and else itself.

    Raises:
        FactNeeded: If what it looks up is not known, or has no choice of its own.
    """
    while isinstance(formula, Lookup):
        words = map(word_of, names_of(facts.value(formula.by)))
        known = (formula.choices[word] for word in words if word in formula.choices)
        chosen = next(known, formula.otherwise)
        if chosen is None:
            raise FactNeeded(formula.by)
        formula = chosen
    return formula


def stepped(so_far: Fraction, step: Step, facts: Facts) -> Fraction:  # noqa: PLR0911
    """Return what *step* makes of the figure *so_far*."""
    operand = sum((number(f, facts) for f in step.operands), start=Fraction(0))
    match step.verb:
        case Verb.OF:
            return operand
        case Verb.LESS:
            return max(so_far - operand, Fraction(0))
        case Verb.TIMES:
            return so_far * operand
        case Verb.DIVIDE:
            return so_far / operand if operand else Fraction(0)
        case Verb.PLUS:
            return so_far + operand
        case Verb.AT_LEAST:
            return max(so_far, operand)
        case Verb.AT_MOST:
            return min(so_far, operand)
        case Verb.EVERY:
            gives = number(step.gives, facts) if step.gives else Fraction(0)
            return math.floor(so_far / operand) * gives if operand else Fraction(0)
        case Verb.BANDS:
            reached = [gives for start, gives in step.bands if start <= so_far]
            return reached[-1] if reached else Fraction(0)
        case Verb.ROUND:
            return _rounded(so_far, operand, step.direction)
        case Verb.USE:
            return _used(so_far, step, facts)
        case _:
            assert_never(step.verb)


def _used(so_far: Fraction, step: Step, facts: Facts) -> Fraction:
    """Return what the host's function makes of the figure; it is given only values."""
    function = facts.function(step.function)
    given = {name: _given(formula, facts) for name, formula in step.given.items()}
    figure = function(so_far, **given)
    if isinstance(figure, bool) or not isinstance(figure, int | Fraction):
        raise TypeError(
            Text(
                "{function} must give a whole number or a Fraction, found {found!r}",
                "{function} 须返回整数或 Fraction，现为 {found!r}",
                function=step.function,
                found=figure,
            )
        )
    return Fraction(figure)


def _given(formula: Formula, facts: Facts) -> Fraction | str | bool | date:
    if not isinstance(formula, Named):
        return number(formula, facts)
    value = facts.value(formula.name)
    return value if isinstance(value, Fraction | bool | date) else word_of(value)


def _rounded(figure: Fraction, to: Fraction, direction: Direction | None) -> Fraction:
    times = figure / to
    match direction:
        case Direction.DOWN:
            return math.floor(times) * to
        case Direction.UP:
            return math.ceil(times) * to
        case _:
            return math.floor(times + Fraction(1, 2)) * to


def word_of(value: Value) -> str:
    """Return *value* as a choice in a look-up or a finding writes it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Level):
        return value.name
    if isinstance(value, Party):
        return value.account
    if isinstance(value, Fraction):
        return show(value)
    return str(value)


# ---------------------------------------------------------------- conditions


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
        any: Conditions of which one must hold, where there are any.
        negated: Conditions that must not hold.
    """

    tests: tuple[Test, ...] = ()
    any: tuple[Condition, ...] = ()
    negated: tuple[Condition, ...] = ()


def holds(condition: Condition | None, facts: Facts) -> bool:
    """
    Return whether *condition* holds; none at all does.

    What is not known matters only where it decides: a test that fails settles the
    condition, an alternative that holds settles its ``any``, whatever stands beside it.

    Raises:
        FactNeeded: If that hangs on something that is not known.
    """
    unknown = None
    for finding in failures(condition, facts, ""):
        if finding.reason not in _UNKNOWN:
            return False
        unknown = unknown or finding
    if unknown is not None:
        raise _UNKNOWN[unknown.reason](str(unknown.wanted))
    return True


def failures(condition: Condition | None, facts: Facts, code: str) -> Iterator[Finding]:
    """
    Yield a finding for all of *condition* that fails, coded by its place.

    What cannot be known is a finding too.
    """
    if condition is None:
        return
    for test in condition.tests:
        at = f"{code}.{test.value}"
        try:
            yield from _test_findings(test, facts, at)
        except FactNeeded as unknown:
            yield fact_needed(at, unknown)
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
    for test in condition.tests if condition else ():
        if not any(failures(Condition(tests=(test,)), facts, code)):
            yield from _test_findings(test, facts, f"{code}.{test.value}", met=True)
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
    return " / ".join(", ".join(t.value for t in one.tests) for one in conditions)


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


def names_in_formula(formula: Formula | None) -> Iterator[str]:
    """Yield every value name that *formula* may ask."""
    match formula:
        case None | Constant():
            return
        case Named():
            yield formula.name
        case Lookup():
            yield formula.by
            for chosen in (*formula.choices.values(), formula.otherwise):
                yield from names_in_formula(chosen)
        case Steps():
            for step in formula.steps:
                for operand in (*step.operands, step.gives, *step.given.values()):
                    yield from names_in_formula(operand)
        case _:
            assert_never(formula)


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
    for inner in (*condition.any, *condition.negated):
        yield from names_in_condition(inner)
