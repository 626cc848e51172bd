"""
Demands that nothing can meet, alone or together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any, Final

from ...texts import Text
from ..conditions import Comparison, Condition, Operand, Test, names_in_condition
from ..expressions import Constant, Named
from ..hints import Mistake
from ..rules import Counting, FactType, Policy, Rule
from ..shapes import DAY_NAMES, SHAPES, WORDS, base_of
from .extents import ANYTHING, Edge, Extent, extent
from .ways import OPPOSITE, TooMany, Way, all_of, ways, ways_not, with_needs

Part = tuple[str, Condition | None]
"""A condition and its place."""

_WORDS: Final = (
    "class",
    "kind",
    "item",
    "ladder",
    "ranking",
    "channel",
    "weekday",
    "day_type",
    *WORDS,
)


def classes_met(rule: Rule, policy: Policy) -> list[str]:
    """Return the classes whose services or contributions *rule* can meet."""
    on = {Counting.TIME: "service", Counting.NUMBER: "contribution"}
    return [
        name
        for name, class_ in policy.classes.items()
        if on[class_.counts] in rule.on and policy.is_for(rule, name)
    ]


def narrower(classes: Iterable[Any], policy: Policy) -> set[str]:
    """Return *classes* and the narrower ones that are in them."""
    wanted = set(classes)
    return {c for c in policy.classes if not wanted.isdisjoint(policy.wider(c))}


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
        for field, known in _beside(rule, on, policy).items():
            met = []
            for word, asked in known.items():
                given = Condition((Test(field, ((Comparison.IS, (Named(word),)),)),))
                applies = (when, ("", given), asked)
                if not possible(applies, on, policy):
                    continue
                met.append(word)
                yield from _together((asked, requires), on, policy)
                yield from _together((*applies, requires), on, policy)
            if known and not met and possible((when,), on, policy):
                yield (
                    when[0],
                    Text(
                        "can never hold for any {field} there is, so the rule never applies",
                        "对现有的任何 {field} 都不成立，因此该规则永不适用",
                        field=field,
                    ),
                )


def _beside(rule: Rule, on: str, policy: Policy) -> Mapping[str, Mapping[str, Part]]:
    """Return what is demanded beside the rule: by classes and by items, each by name."""
    fields = SHAPES[on].fields
    return {
        "class": {
            name: (f"classes.{name}.requires", policy.classes[name].requires)
            for name in (classes_met(rule, policy) if "class" in fields else ())
        },
        "item": {
            name: (f"items.{name}.requires", item.requires)
            for name, item in (policy.items.items() if "item" in fields else ())
        },
    }


def alone(
    part: Part, on: str, policy: Policy, *, capped: bool = True
) -> Iterator[Mistake]:
    """Find tests of one condition that exclude each other, or what can be at all."""
    place, condition = part
    if condition is None:
        return
    told = False
    for value, tests in _by_value(_wanted(condition), on).items():
        can_be = extent(value, policy, capped=capped)
        if _exclude(tests, policy, can_be):
            told = True
            yield f"{place}.{tests[0].value}", _why(value, tests, can_be, policy)
    if told:
        return
    if not possible((part,), on, policy, capped=capped):
        parts = {"all": condition.all, "any": condition.any, "not": condition.negated}
        at = next((key for key, those in parts.items() if those), "")
        yield f"{place}.{at}".rstrip("."), NEVER
        return
    for at, one in condition.alternatives(place):
        if not possible((part, (place, one)), on, policy, capped=capped):
            yield at, NEVER


NEVER: Final = Text(
    "can never hold: whichever way it is taken, it excludes itself",
    "永不成立：无论取哪一种情形都自相矛盾",
)


def _why(value: str, tests: Sequence[Test], can_be: Extent, policy: Policy) -> Text:
    if _exclude(tests, policy, ANYTHING):
        return Text(
            "can never hold: nothing is all that of {value}",
            "永不成立：{value} 不可能同时满足这些",
            value=value,
        )
    return Text(
        "can never hold: {value} is {extent}",
        "永不成立：{value} {extent}",
        value=value,
        extent=can_be.told(),
    )


def _together(parts: Sequence[Part], on: str, policy: Policy) -> Iterator[Mistake]:
    """Find conditions that can each hold, and never all at once."""
    said = [(at, c) for at, c in parts if c is not None]
    others = [at for at, _ in said[:-1] if at]
    if not others or parts[-1][1] is None or possible(said, on, policy):
        return
    for index, (at, _) in enumerate(said):
        fewer = [*said[:index], *said[index + 1 :]]
        if at and not possible(fewer, on, policy):
            return  # told of those
    place, condition = said[-1]
    shared = [
        tests[-1].value
        for value, tests in _by_value(_wanted(condition), on).items()
        if any(value in _by_value(_wanted(c), on) for _, c in said[:-1])
    ]
    yield (
        f"{place}.{shared[0]}" if len(shared) == 1 else place,
        Text(
            "can never hold together with {other}",
            "与 {other} 不可能同时成立",
            other=", ".join(dict.fromkeys(others)),
        ),
    )


def always(condition: Condition, on: str, policy: Policy) -> bool:
    """Return whether *condition* holds whatever there is."""
    names = list(names_in_condition(condition))
    figures = {*policy.measures, *policy.ladders, "kind"}
    if not names or any(base_of(n) not in figures for n in names):
        return False  # a fact may be lacking
    try:
        failing = ways_not(condition)
    except TooMany:
        return False
    return all(_rivals(way, on, policy, capped=False) for way in failing)


def possible(
    parts: Sequence[Part], on: str, policy: Policy, *, capped: bool = True
) -> bool:
    """Return whether the conditions of *parts* can all hold at once, as far as is told."""
    try:
        found = all_of(ways(condition) for _, condition in parts)
        found = [full for way in found for full in with_needs(way, policy)]
    except TooMany:
        return True
    return any(_rivals(way, on, policy, capped=capped) is None for way in found)


def _rivals(way: Way, on: str, policy: Policy, *, capped: bool) -> str | None:
    """Return a value of which the tests of *way* leave nothing to be."""
    for value, tests in _by_value((*way, *_months(way)), on).items():
        if _exclude(tests, policy, extent(value, policy, capped=capped)):
            return value
    return None


def _months(way: Way) -> Iterator[Test]:
    """Yield what the yearly stretches that *way* asks for the day want of its month."""
    for test in way:
        for how, operands in test.comparisons if test.value == "day" else ():
            if how is Comparison.WITHIN:
                first, last = (day.name for day in operands if isinstance(day, Named))
                inside = [m for m in range(1, 13) if _touches(f"{m:02}", first, last)]
                months = tuple(Constant(Fraction(month)) for month in inside)
                yield Test("month", ((Comparison.IS, months),))


def _touches(month: str, first: str, last: str) -> bool:
    """Return whether *month* has a day of a stretch, which may pass New Year."""
    begun, over = month >= first[:2], month <= last[:2]
    return (begun and over) if first <= last else (begun or over)


def _by_value(tests: Iterable[Test], on: str) -> Mapping[str, list[Test]]:
    """Return *tests* by what they look at, whoever's it is said to be."""
    found: dict[str, list[Test]] = {}
    shape = SHAPES[on]
    for test in tests:
        bare = "." not in test.value and test.value not in shape.fields
        value = f"{shape.subject}.{test.value}" if bare else test.value
        found.setdefault(value, []).append(test)
    return found


def _wanted(condition: Condition) -> list[Test]:
    return [test for _, test in condition.demands()]


def _exclude(tests: Sequence[Test], policy: Policy, can_be: Extent) -> bool:
    """Return whether tests of one value leave it nothing to be, of what it *can_be*."""
    if _denied(tests) or _opposed(tests):
        return True
    low: list[Edge] = [] if can_be.low is None else [can_be.low]
    high: list[Edge] = [] if can_be.high is None else [can_be.high]
    wanted = [] if can_be.words is None else [set(can_be.words)]
    barred: set[Any] = set()
    for test in tests:
        for comparison, operands in test.comparisons:
            figures = [_plain(operand, test.value, policy) for operand in operands]
            if None in figures:
                continue
            figures = _narrowest(test.value, figures, policy)
            match comparison:
                case Comparison.IS:
                    wanted.append(set(figures))
                case Comparison.IS_NOT:
                    barred |= set(figures)
                case Comparison.MIN | Comparison.ABOVE:
                    low.append((figures[0], int(comparison is Comparison.ABOVE)))
                case Comparison.MAX | Comparison.BELOW:
                    high.append((figures[0], -int(comparison is Comparison.BELOW)))
                case Comparison.WITHIN | Comparison.KNOWN:
                    pass
    kinds = {type(f) for f, _ in (*low, *high)} | {type(f) for w in wanted for f in w}
    if len(kinds) > 1:
        return False  # a number against a word: found where names are checked
    if wanted:
        left = set.intersection(*wanted) - barred
        return not any(_inside(figure, low, high) for figure in left)
    return bool(low and high) and _crossed(max(low), min(high))


def _narrowest(value: str, figures: list[Any], policy: Policy) -> list[Any]:
    """Return all that goes by one of *figures*: classes in others, days of a month."""
    match value:
        case "class":
            return [*narrower(figures, policy)]
        case "weekday":
            return [names for names in DAY_NAMES if not {*figures}.isdisjoint(names)]
        case _:
            return figures


def _denied(tests: Sequence[Test]) -> bool:
    """Return whether *tests* want a value unknown, and known or compared as well."""
    several = [each for test in tests for each in test.comparisons]
    known = {operands[0] for how, operands in several if how is Comparison.KNOWN}
    compared = any(how is not Comparison.KNOWN for how, _ in several)
    return False in known and (True in known or compared)


def _opposed(tests: Sequence[Test]) -> bool:
    """Return whether *tests* want a value to be and not to be the same, whatever that is."""
    several = [each for test in tests for each in test.comparisons]
    return any(
        (OPPOSITE[how], operands) in several
        for how, operands in several
        if how in OPPOSITE
    )


def _inside(
    figure: object,
    low: Sequence[Edge],
    high: Sequence[Edge],
) -> bool:
    point = (figure, 0)
    return all(bound <= point for bound in low) and all(point <= b for b in high)


def _crossed(low: Edge, high: Edge) -> bool:
    return bool(low[0] > high[0] or (low[0] == high[0] and low[1] > high[1]))


def _plain(
    operand: Operand, value: str, policy: Policy
) -> Fraction | int | str | bool | date | None:
    """Return a figure that stands in the file; *None* for one that has to be asked."""
    base = base_of(value)
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
