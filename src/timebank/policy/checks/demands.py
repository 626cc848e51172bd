"""
Demands that nothing can meet, alone or together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any, Final

from ...texts import Text
from ..expressions import Comparison, Condition, Constant, Named, Operand, Test
from ..hints import Mistake
from ..rules import Counting, FactType, Policy, Rule
from ..shapes import SHAPES

Part = tuple[str, Condition | None]
"""A condition and its place."""

_WORDS: Final = ("class", "kind", "item", "ladder", "channel", "cause")


def classes_met(rule: Rule, policy: Policy) -> list[str]:
    """Return the classes whose services or contributions *rule* can meet."""
    on = {Counting.TIME: "service", Counting.NUMBER: "contribution"}
    return [
        name
        for name, class_ in policy.classes.items()
        if on[class_.counts] in rule.on and (rule.class_ is None or name in rule.class_)
    ]


def demands(name: str, rule: Rule, policy: Policy) -> Iterator[Mistake]:
    """Find what a rule demands and nothing can meet."""
    when: Part = (f"rules.{name}.when", rule.when)
    requires: Part = (f"rules.{name}.requires", rule.requires)
    for on in rule.on:
        if on not in SHAPES:
            continue
        yield from alone(when, on, policy)
        yield from alone(requires, on, policy)
        yield from _together((when, requires), on, policy)
        for class_ in classes_met(rule, policy) if "class" in SHAPES[on].fields else ():
            asked = (f"classes.{class_}.requires", policy.classes[class_].requires)
            if _concerns(rule, "class", class_, policy):
                yield from _together((asked, requires), on, policy)
        for item, sold in policy.items.items() if on == "redeem" else ():
            if _concerns(rule, "item", item, policy):
                asked = (f"items.{item}.requires", sold.requires)
                yield from _together((asked, requires), on, policy)


def _concerns(rule: Rule, field: str, word: str, policy: Policy) -> bool:
    """Return whether *rule* can apply where the operation's *field* is *word*."""
    given = Test(field, ((Comparison.IS, (Named(word),)),))
    tests = [t for t in (rule.when.tests if rule.when else ()) if t.value == field]
    return not _exclude([given, *tests], policy)


def alone(part: Part, on: str, policy: Policy) -> Iterator[Mistake]:
    """Find tests of one condition that exclude each other."""
    place, _ = part
    for value, tests in _by_value([part], on).items():
        if _exclude([test for _, test in tests], policy):
            written = tests[0][1].value
            yield (
                f"{place}.{written}",
                Text(
                    "can never hold: nothing is all that of {value}",
                    "永不成立：{value} 不可能同时满足这些",
                    value=value,
                ),
            )


def _together(parts: Sequence[Part], on: str, policy: Policy) -> Iterator[Mistake]:
    for tests in _by_value(parts, on).values():
        places = list(dict.fromkeys(place for place, _ in tests))
        apart = [[t for at, t in tests if at == place] for place in places]
        if len(places) < len(parts) or any(_exclude(a, policy) for a in apart):
            continue
        if _exclude([test for _, test in tests], policy):
            yield (
                f"{places[-1]}.{apart[-1][0].value}",
                Text(
                    "can never hold together with {other}",
                    "与 {other} 不可能同时成立",
                    other=places[0],
                ),
            )


def _by_value(parts: Sequence[Part], on: str) -> Mapping[str, list[tuple[str, Test]]]:
    """Return the tests of *parts* by what they look at, whoever's it is said to be."""
    found: dict[str, list[tuple[str, Test]]] = {}
    shape = SHAPES[on]
    for place, condition in parts:
        for test in condition.tests if condition else ():
            bare = "." not in test.value and test.value not in shape.fields
            value = f"{shape.subject}.{test.value}" if bare else test.value
            found.setdefault(value, []).append((place, test))
    return found


def _exclude(tests: Sequence[Test], policy: Policy) -> bool:
    """Return whether tests of one value leave it nothing to be."""
    low: list[tuple[Any, int]] = []
    high: list[tuple[Any, int]] = []
    wanted: list[set[Any]] = []
    barred: set[Any] = set()
    for test in tests:
        for comparison, operands in test.comparisons:
            figures = [_plain(operand, test.value, policy) for operand in operands]
            if None in figures:
                continue
            match comparison:
                case Comparison.IS:
                    wanted.append(set(figures))
                case Comparison.IS_NOT:
                    barred |= set(figures)
                case Comparison.MIN | Comparison.ABOVE:
                    low.append((figures[0], int(comparison is Comparison.ABOVE)))
                case Comparison.MAX | Comparison.BELOW:
                    high.append((figures[0], -int(comparison is Comparison.BELOW)))
                case Comparison.WITHIN:
                    pass
    kinds = {type(f) for f, _ in (*low, *high)} | {type(f) for w in wanted for f in w}
    if len(kinds) > 1:
        return False  # a number against a word: found where names are checked
    if wanted:
        left = set.intersection(*wanted) - barred
        return not any(_inside(figure, low, high) for figure in left)
    return bool(low and high) and _crossed(max(low), min(high))


def _inside(
    figure: Any,  # noqa: ANN401
    low: Sequence[tuple[Any, int]],
    high: Sequence[tuple[Any, int]],
) -> bool:
    point = (figure, 0)
    return all(bound <= point for bound in low) and all(point <= b for b in high)


def _crossed(low: tuple[Any, int], high: tuple[Any, int]) -> bool:
    return bool(low[0] > high[0] or (low[0] == high[0] and low[1] > high[1]))


def _plain(
    operand: Operand, value: str, policy: Policy
) -> Fraction | int | str | bool | date | None:
    """Return a figure that stands in the file; *None* for one that has to be asked."""
    base = value.rpartition(".")[2]
    if isinstance(operand, bool | date):
        return operand
    if isinstance(operand, Constant):
        return operand.number
    if not isinstance(operand, Named):
        return None
    if base in policy.ladders:
        return policy.ladders[base].rank(operand.name)
    fact = policy.facts.get(base)
    worded = fact is not None and fact.type is FactType.CHOICE
    if worded or base in _WORDS:
        return operand.name
    return None
