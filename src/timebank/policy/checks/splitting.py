"""
Splitting gain: whether two records give more than one of both together.

A fixed amount per service does, as does rounding up: whoever records each half by itself
has more, or pays less.  A programme may mean it, so this is noted and not a mistake.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from functools import cache
from itertools import combinations_with_replacement, islice, product
from typing import Final

from attrs import frozen

from ...model import Unit, show
from ...scope import HostFunction
from ...texts import Text
from ..conditions import Comparison, Condition, Test, holds
from ..expressions import (
    Constant,
    FactNeeded,
    FunctionNeeded,
    Level,
    Value,
    Word,
    names_in_formula,
    number,
)
from ..hints import Mistake
from ..measures import COUNTED
from ..rules import Policy, Rule
from ..shapes import SHAPES, WEEKDAYS, base_of
from ..windows import is_window
from .demands import classes_met
from .extents import extent
from .ways import TooMany, Way, all_of, ways

_MINUTES: Final = (*range(1, 61), *range(75, 721, 15))
_NUMBERS: Final = tuple(range(1, 25))
CASES_MAX: Final = 64
"""So many combinations of words (choices, classes, levels) are looked at."""


def splitting_gain(policy: Policy) -> Iterator[Mistake]:
    """Note rules by which two records give more than one of both together."""
    for name, rule in policy.rules.items():
        if rule.amount is None or not (most := _together_at_most(rule)):
            continue
        for on, field, grid, one in (
            ("service", "time", _MINUTES, Fraction(1, 60)),
            ("contribution", "number", _NUMBERS, Fraction(1)),
        ):
            if on in rule.on:
                sign = _sign(rule, on, policy)
                if not sign:
                    continue
                worth = most if sign > 0 else _taken(most)
                gain = _first_gain(rule, policy, field, (grid, one), worth)
                if gain is not None:
                    yield f"rules.{name}.amount", gain
                    break


def _sign(rule: Rule, on: str, policy: Policy) -> int:
    """Return 1 where people get what *rule* moves, -1 where they pay it; 0 for neither."""
    shape, named = SHAPES[on], policy.named_accounts()
    source = rule.source(shape)
    if source != shape.subject and not named.keys() >= set(rule.goals(shape).words):
        return 1
    return 0 if source in named else -1


def _taken(most: Callable[[Fraction], Fraction]) -> Callable[[Fraction], Fraction]:
    """Return what an amount is worth to who pays it."""
    return lambda amount: -most(amount)


def _first_gain(
    rule: Rule,
    policy: Policy,
    field: str,
    steps: tuple[tuple[int, ...], Fraction],
    most: Callable[[Fraction], Fraction],
) -> Text | None:
    grid, one = steps
    gates = _gates(rule, policy, field)
    for words in _cases(rule, policy, field):
        accepted = _accepting(words, gates, policy, (field, one))

        @cache
        def gives(so_many: int, words: Mapping[str, Value] = words) -> Fraction:
            asked = _Record({**words, field: so_many * one}, policy)
            return number(rule.amount or Constant(Fraction(0)), asked)

        try:
            for a, b in combinations_with_replacement(grid, 2):
                apart, whole = most(gives(a) + gives(b)), most(gives(a + b))
                if apart > whole and accepted(a) & accepted(b) & accepted(a + b):
                    return _told(field, (a, b), apart, whole)
        except FactNeeded:
            continue  # it hangs on a figure that is not in the file
    return None


def _gates(rule: Rule, policy: Policy, field: str) -> Mapping[str, list[Way]]:
    """Return the ways to meet what is asked of a record, for each class it can be of."""
    found: dict[str, list[Way]] = {}
    for name in classes_met(rule, policy):
        if policy.classes[name].counts != field:
            continue
        of_class = [policy.classes[wider].requires for wider in policy.wider(name)]
        try:
            found[name] = all_of(map(ways, (rule.when, rule.requires, *of_class)))
        except TooMany:
            found[name] = [()]
    return found


def _accepting(
    words: Mapping[str, Value],
    gates: Mapping[str, list[Way]],
    policy: Policy,
    counted: tuple[str, Fraction],
) -> Callable[[int], frozenset[str]]:
    """Return what says in which classes a record of so much is not sure to be refused."""
    field, one = counted

    @cache
    def accepted(so_many: int) -> frozenset[str]:
        found = set()
        for name, gate in gates.items():
            known = {
                "class": Word(policy.wider(name)),
                **words,
                field: so_many * one,
            }
            record = _Record(known, policy)
            if known["class"] == name and any(_may_be(way, record) for way in gate):
                found.add(name)
        return frozenset(found)

    return accepted


def _may_be(way: Way, record: _Record) -> bool:
    """Return whether all of *way* may hold of *record*, of which not everything is known."""
    for test in way:
        if any(comparison is Comparison.KNOWN for comparison, _ in test.comparisons):
            continue
        if _is_nothing_yet(test, record):
            return False  # the first of two would be something
        try:
            if not holds(Condition(tests=(test,)), record):
                return False
        except FactNeeded:
            continue  # it hangs on what is not in the file
    return True


def _is_nothing_yet(test: Test, record: _Record) -> bool:
    """Return whether *test* asks that nothing was counted yet of what such a record moves."""
    policy = record.policy
    measure = policy.measures.get(base_of(test.value))
    if measure is None or measure.kind not in COUNTED:
        return False
    on = "service" if "time" in record.known else "contribution"
    if all(rule.unit != measure.unit for rule in policy.rules_on(on).values()):
        return False
    return any(
        isinstance(most, Constant) and (comparison, most.number) in _NOTHING
        for comparison, (most, *_) in test.comparisons
    )


_NOTHING: Final = {
    (Comparison.MAX, Fraction(0)),
    (Comparison.IS, Fraction(0)),
    (Comparison.BELOW, Fraction(1)),
}
"""Tests of a figure that hold before anything is counted, and not after."""


def _told(field: str, parts: tuple[int, int], apart: Fraction, whole: Fraction) -> Text:
    a, b = parts
    fields = {"a": a, "b": b, "sum": a + b, "apart": show(apart), "whole": show(whole)}
    if field == "time":
        return Text(
            "splitting gains: {a} min and {b} min give {apart}, {sum} min at once {whole}; "
            "limit it, or leave it if the programme means it",
            "拆分有利：{a} 分钟与 {b} 分钟得 {apart}，一次 {sum} 分钟得 {whole}；"
            "可设限额，如本意如此则不必理会",
            **fields,
        )
    return Text(
        "splitting gains: {a} and {b} give {apart}, {sum} at once {whole}; "
        "limit it, or leave it if the programme means it",
        "拆分有利：{a} 与 {b} 得 {apart}，一次 {sum} 得 {whole}；"
        "可设限额，如本意如此则不必理会",
        **fields,
    )


def _together_at_most(rule: Rule) -> Callable[[Fraction], Fraction] | None:
    """Return what limits leave of an amount in one day; *None* where one record is all."""
    least: Fraction | None = None
    for key, limit in rule.limits.items():
        if not is_window(key) or not isinstance(limit.at_most, Constant):
            continue
        if limit.count and limit.at_most.number < 2:  # noqa: PLR2004 - two halves
            return None
        if not any(limit.counted):
            most = limit.at_most.number
            least = most if least is None else min(least, most)
    return (
        (lambda amount: amount)
        if least is None
        else (lambda amount: min(amount, least))
    )


def _cases(rule: Rule, policy: Policy, field: str) -> Iterator[Mapping[str, Value]]:
    """Yield what the words that the amount goes by can be, in each combination."""
    names = {n for n in names_in_formula(rule.amount) if n != field}
    asked = sorted(n for n in names if not n.startswith("class."))
    known = [(name, _words(name, policy)) for name in asked]
    classes = classes_met(rule, policy) if names - set(asked) else []
    if classes and "class" not in asked:
        known.append(("class", [Word(policy.wider(c)) for c in classes]))
    combinations = product(*(words for _, words in known))
    for chosen in islice(combinations, CASES_MAX):
        yield dict(zip((name for name, _ in known), chosen, strict=True))


def _words(name: str, policy: Policy) -> list[Value]:
    ladder = policy.ladders.get(base_of(name))
    if ladder is not None:
        return [Level(rank, rung.name) for rank, rung in enumerate(ladder.levels)]
    words = sorted(extent(name, policy).words or (), key=str)
    match name:
        case "class":
            return [Word(policy.wider(w)) for w in words]
        case "weekday":
            return list(WEEKDAYS)
        case _:
            return words


@frozen
class _Record:
    """A record of which only its own figures and some words are known."""

    known: Mapping[str, Value]
    policy: Policy

    def value(self, name: str) -> Value:
        """Return the value of *name*, where it stands in the file."""
        if name in self.known:
            return self.known[name]
        figure = name.removeprefix("class.")
        figures = self.policy.class_figures(str(self.known.get("class")))
        if figure == name or figure not in figures:
            raise FactNeeded(name)
        return figures[figure]

    def level(self, name: str, word: str) -> Level:
        """Return the level *word* of a ladder."""
        return Level(self.policy.ladders[base_of(name)].rank(word), word)

    def function(self, name: str) -> HostFunction:
        """
        Return the host's function *name*.

        Raises:
            FunctionNeeded: Always; nobody's function is asked here.
        """
        raise FunctionNeeded(name)

    def unit_of(self, name: str) -> Unit | None:  # noqa: ARG002 - as every case has it
        """Return *None*: nothing is told in a unit here."""
        return None
