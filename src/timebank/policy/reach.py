"""
What can never happen under a policy: demands, limits, prices and levels out of reach.

Only figures that stand in the file are looked at; what hangs on facts or on history is
not guessed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any, Final

from ..model import AccountKind, show
from .expressions import (
    Comparison,
    Condition,
    Constant,
    Named,
    Operand,
    Test,
    names_in_condition,
)
from .hints import Mistake
from .rules import (
    SHAPES,
    Counting,
    FactType,
    Item,
    KindRule,
    Ladder,
    Limit,
    Policy,
    Rule,
)

Part = tuple[str, Condition | None]
"""A condition and its place."""


def unreachable(policy: Policy) -> Iterator[Mistake]:
    """Find what the policy says and can never happen."""
    for name, rule in policy.rules.items():
        yield from _demands(name, rule, policy)
        yield from _limits(f"rules.{name}.limits", rule.limits)
    for name, class_ in policy.classes.items():
        on = "service" if class_.counts is Counting.TIME else "contribution"
        yield from _alone((f"classes.{name}.requires", class_.requires), on, policy)
        if not any(name in classes_met(rule, policy) for rule in policy.rules.values()):
            yield f"classes.{name}", f"no rule on {on} is for it, so it is refused"
    for name, item in policy.items.items():
        yield from _alone((f"items.{name}.requires", item.requires), "redeem", policy)
        yield from _price(name, item, policy)
    for name, ladder in policy.ladders.items():
        yield from _ladder(f"ladders.{name}", ladder, policy)
    for name, flag in policy.flags.items():
        yield from _alone((f"flags.{name}.when", flag.when), "tier", policy)
    yield from _circles(policy)


def classes_met(rule: Rule, policy: Policy) -> list[str]:
    """Return the classes whose services or contributions *rule* can meet."""
    on = {Counting.TIME: "service", Counting.NUMBER: "contribution"}
    return [
        name
        for name, class_ in policy.classes.items()
        if on[class_.counts] in rule.on and (rule.class_ is None or name in rule.class_)
    ]


# ---------------------------------------------------------------- demands

_WORDS: Final = ("class", "kind", "item", "channel", "cause")


def _demands(name: str, rule: Rule, policy: Policy) -> Iterator[Mistake]:
    when: Part = (f"rules.{name}.when", rule.when)
    requires: Part = (f"rules.{name}.requires", rule.requires)
    for on in rule.on:
        if on not in SHAPES:
            continue
        yield from _alone(when, on, policy)
        yield from _alone(requires, on, policy)
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


def _alone(part: Part, on: str, policy: Policy) -> Iterator[Mistake]:
    place, _ = part
    for value, tests in _by_value([part], on).items():
        if _exclude([test for _, test in tests], policy):
            written = tests[0][1].value
            yield (
                f"{place}.{written}",
                f"can never hold: nothing is all that of {value}",
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
                f"can never hold together with {places[0]}",
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


# ---------------------------------------------------------------- limits and prices

_IN_DAYS: Final = {"week": 7, "month": 31, "quarter": 92, "half-year": 184, "year": 366}
_IN_MONTHS: Final = {"month": 1, "quarter": 3, "half-year": 6, "year": 12}


def _limits(place: str, limits: Mapping[str, Limit]) -> Iterator[Mistake]:
    for inner, less in limits.items():
        for outer, more in limits.items():
            times = _times_in(inner, outer)
            one, other = less.at_most, more.at_most
            if times == 0 or less.count is not more.count:
                continue
            if not isinstance(one, Constant) or not isinstance(other, Constant):
                continue
            if times is not None and other.number >= times * one.number:
                yield (
                    f"{place}.{outer}",
                    f"can never bind: {show(one.number)} a {inner} keep within it",
                )
            elif one.number >= other.number and less.excess == more.excess:
                yield (
                    f"{place}.{inner}",
                    f"can never bind: {show(other.number)} a {outer} are reached first",
                )


def _times_in(inner: str, outer: str) -> int | None:
    """
    Return how many windows *inner* there can be in one *outer*.

    *None* where they have no end, 0 where one does not lie within the other.
    """
    if inner == outer or inner not in ("day", *_IN_DAYS):
        return 0
    if outer == "lifetime":
        return None
    if inner == "day":
        return _IN_DAYS.get(outer, 0)
    if inner in _IN_MONTHS and outer in _IN_MONTHS:
        return _IN_MONTHS[outer] // _IN_MONTHS[inner]
    return 0


def _price(name: str, item: Item, policy: Policy) -> Iterator[Mistake]:
    place = f"items.{name}"
    rules = [rule for rule in policy.rules.values() if "redeem" in rule.on]
    if not rules:
        yield place, "no rule on redeem is for it, so nobody can redeem it"
    if not isinstance(item.price, Constant):
        return
    price = item.price.number
    if price < 0:
        yield f"{place}.price", f"is below nothing: {show(price)}"
    payers = [kind for kind, rule in policy.accounts.items() if _may_pay(kind, rule)]
    for rule in rules:
        if rule.amount is None and rule.when is None:
            reach = [_most(kind, rule.unit, policy) for kind in payers]
            if reach and all(most is not None and price > most for most in reach):
                yield (
                    f"{place}.price",
                    f"is out of reach: no account can have {show(price)} {rule.unit}",
                )


def _may_pay(kind: AccountKind, rule: KindRule) -> bool:
    named = (AccountKind.POOL, AccountKind.FUND, AccountKind.ISSUER)
    return kind not in named and (rule.may is None or "redeem" in rule.may)


def _most(kind: AccountKind, unit: str, policy: Policy) -> Fraction | None:
    """Return the most that an account of *kind* can spend at once, where that is said."""
    bounds = policy.bounds(kind, unit)
    if isinstance(bounds.cap, Constant) and isinstance(bounds.floor, Constant):
        return bounds.cap.number - bounds.floor.number
    return None


# ---------------------------------------------------------------- ladders


def _ladder(place: str, ladder: Ladder, policy: Policy) -> Iterator[Mistake]:
    for rung in ladder.levels:
        yield from _alone(
            (f"{place}.levels.{rung.name}.needs", rung.needs), "tier", policy
        )
    if ladder.moves:
        yield from _moves(place, ladder)
    for below, above in zip(ladder.levels, ladder.levels[1:], strict=False):
        at = f"{place}.levels.{above.name}.needs"
        if not ladder.decided and above.needs is None:
            yield at, f"asks nothing, so nobody is left at {below.name!r}"
        elif above.needs is not None and above.needs == below.needs:
            yield at, f"asks the same as {below.name!r} below it"
        elif falls := _falling(below.needs, above.needs):
            yield f"{at}.{falls}", f"asks less than {below.name!r} below it"


def _falling(below: Condition | None, above: Condition | None) -> str | None:
    """Return a value of which the higher level asks less than the lower."""
    lower, higher = _least(below), _least(above)
    return next((v for v in lower if v in higher and higher[v] < lower[v]), None)


def _least(needs: Condition | None) -> Mapping[str, Fraction]:
    return {
        test.value: operands[0].number
        for test in (needs.tests if needs else ())
        for comparison, operands in test.comparisons
        if comparison is Comparison.MIN and isinstance(operands[0], Constant)
    }


def _moves(place: str, ladder: Ladder) -> Iterator[Mistake]:
    if ladder.start is None:
        yield f"{place}.start", "is missing: moves begin somewhere"
        return
    for index, move in enumerate(ladder.moves):
        if not set(move.to) - {move.from_}:
            yield f"{place}.moves.{index}.to", "leads nowhere"
        for first, until in move.suspended:
            if until is not None and until < first:
                yield f"{place}.moves.{index}.suspended", f"ends before {first}"
    reached = {ladder.start}
    while (
        onward := {to for m in ladder.moves if m.from_ in reached for to in m.to}
        - reached
    ):
        reached |= onward
    for rung in ladder.levels:
        if rung.name not in reached:
            yield f"{place}.levels.{rung.name}", "is never reached: no move leads there"


def _circles(policy: Policy) -> Iterator[Mistake]:
    """Find ladders whose needs come back to themselves."""
    asks = {
        name: {
            base
            for rung in ladder.levels
            for value in names_in_condition(rung.needs)
            if (base := value.rpartition(".")[2]) in policy.ladders
        }
        for name, ladder in policy.ladders.items()
    }
    for name, asked in asks.items():
        seen: set[str] = set()
        ahead = set(asked)
        while ahead:
            seen |= ahead
            ahead = {onward for other in ahead for onward in asks[other]} - seen
        if name in seen:
            yield f"ladders.{name}", "needs itself, so its levels can never be told"
