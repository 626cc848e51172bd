"""
The grammar of rules: values by name, and formulas of them (how much?).

Formulas are exact; they round only where a ``round`` step stands.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Final, Protocol, Self, assert_never

from attrs import field, frozen

from ..model import Reason, Unit, show
from ..scope import HostFunction
from ..texts import Text
from .days import Tenure, elapsed

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


class Word(str):
    """
    A word that goes by other names too: a class by those of the wider ones it is in.

    Args:
        names: All that it goes by, the nearest first.
        called: The one that people are told. By default the first.
    """

    __slots__ = ("names",)

    names: tuple[str, ...]

    def __new__(cls, names: tuple[str, ...], called: str | None = None) -> Self:
        """Return the word that knows its *names*."""
        word = super().__new__(cls, names[0] if called is None else called)
        word.names = names
        return word


def names_of(value: Value) -> tuple[Value, ...]:
    """Return all that *value* goes by: one thing, but for some words."""
    return value.names if isinstance(value, Word) else (value,)


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


@frozen
class Elapsed:
    """
    How much time has passed from one day to another; nothing where that lies before it.

    Args:
        since: A value that is a day.
        until: Another.
        unit: In what; only full ones count.
    """

    since: str
    until: str
    unit: Tenure

    @property
    def name(self) -> str:
        """What people are told it goes by."""
        return self.since


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

    @property
    def made_of(self) -> tuple[Formula, ...]:
        """Every formula that it needs, in the order in which they are written."""
        gives = () if self.gives is None else (self.gives,)
        return (*self.operands, *gives, *self.given.values())


@frozen
class Steps:
    """Steps done in the order written, beginning with an ``of``."""

    steps: tuple[Step, ...]


Formula = Constant | Named | Lookup | Elapsed | Steps


_NOTHING: Final = Fraction(0)


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
        case Elapsed():
            since, until = (_day(n, facts) for n in (formula.since, formula.until))
            return Fraction(elapsed(since, until, formula.unit))
        case Steps():
            so_far = _NOTHING
            for step in formula.steps:
                so_far = stepped(so_far, step, facts)
            return so_far
        case _:
            assert_never(formula)


def _day(name: str, facts: Facts) -> date:
    found = facts.value(name)
    if not isinstance(found, date):
        raise FactNeeded(name)
    return found


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
    operand = _NOTHING
    if step.operands:
        operand = number(step.operands[0], facts)
        for other in step.operands[1:]:
            operand += number(other, facts)
    # asked one after the other: the two that nearly every formula is made of come first
    match step.verb:
        case Verb.OF:
            return operand
        case Verb.ROUND:
            return _rounded(so_far, operand, step.direction)
        case Verb.LESS:
            return max(so_far - operand, _NOTHING)
        case Verb.TIMES:
            return so_far * operand
        case Verb.DIVIDE:
            return so_far / operand if operand else _NOTHING
        case Verb.PLUS:
            return so_far + operand
        case Verb.AT_LEAST:
            return max(so_far, operand)
        case Verb.AT_MOST:
            return min(so_far, operand)
        case Verb.EVERY:
            gives = number(step.gives, facts) if step.gives else _NOTHING
            return math.floor(so_far / operand) * gives if operand else _NOTHING
        case Verb.BANDS:
            reached = [gives for start, gives in step.bands if start <= so_far]
            return reached[-1] if reached else _NOTHING
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
    # in whole numbers, which takes a third of the time that fractions take
    (above, below), (step, part) = figure.as_integer_ratio(), to.as_integer_ratio()
    above, below = above * part, below * step
    match direction:
        case Direction.DOWN:
            times = above // below
        case Direction.UP:
            times = -(-above // below)
        case _:
            times = (2 * above + below) // (2 * below)
    return Fraction(times * step, part)


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
        case Elapsed():
            yield from (formula.since, formula.until)
        case Steps():
            for step in formula.steps:
                for operand in step.made_of:
                    yield from names_in_formula(operand)
        case _:
            assert_never(formula)
