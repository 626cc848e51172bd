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
from ..conditions import Comparison, Condition, holds
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
from ..rules import Policy, Rule
from ..shapes import SHAPES, WEEKDAYS, base_of
from ..windows import is_window
from .demands import classes_met
from .extents import extent
from .shutting import left_open
from .ways import TooMany, Way, all_of, ways


@frozen
class _Counted:
    """What is split: records of an operation, by a field that counts in steps of *one*."""

    on: str
    field: str
    grid: tuple[int, ...]
    one: Fraction


_COUNTED: Final = (
    _Counted("service", "time", (*range(1, 61), *range(75, 721, 15)), Fraction(1, 60)),
    _Counted("contribution", "number", tuple(range(1, 25)), Fraction(1)),
)
CASES_MAX: Final = 64
"""So many combinations of words (choices, classes, levels) are looked at."""


def splitting_gain(policy: Policy) -> Iterator[Mistake]:
    """Note rules by which two records give more than one of both together."""
    for name, rule in policy.rules.items():
        if rule.amount is None or not (most := _together_at_most(rule)):
            continue
        for counted in _COUNTED:
            if counted.on in rule.on:
                sign = _sign(rule, counted.on, policy)
                gain = _first_gain(rule, policy, counted, most, sign) if sign else None
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


def _first_gain(
    rule: Rule,
    policy: Policy,
    counted: _Counted,
    most: Callable[[Fraction], Fraction],
    sign: int,
) -> Text | None:
    field, one = counted.field, counted.one
    gates = _gates(rule, policy, field)
    is_open = left_open(rule, policy, counted.on)
    still = {name: [*filter(is_open, gate)] for name, gate in gates.items()}
    for words in _cases(rule, policy, field):
        accepted = _accepting(words, gates, policy, (field, one))
        after_one = _accepting(words, still, policy, (field, one))

        @cache
        def gives(so_many: int, words: Mapping[str, Value] = words) -> Fraction:
            asked = _Record({**words, field: so_many * one}, policy)
            return number(rule.amount or Constant(Fraction(0)), asked)

        try:
            for a, b in combinations_with_replacement(counted.grid, 2):
                apart, whole = most(gives(a) + gives(b)), most(gives(a + b))
                gains = sign * apart > sign * whole
                if gains and accepted(a) & after_one(b) & accepted(a + b):
                    return _told(field, (a, b), (apart, whole), costs=sign < 0)
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
        try:
            if not holds(Condition(tests=(test,)), record):
                return False
        except FactNeeded:
            continue  # it hangs on what is not in the file
    return True


def _told(
    field: str,
    parts: tuple[int, int],
    amounts: tuple[Fraction, Fraction],
    *,
    costs: bool,
) -> Text:
    (a, b), (apart, whole) = parts, amounts
    return Text(
        "splitting gains: {a} and {b} {move} {apart}, {sum} at once {whole}; "
        "limit it, or leave it if the programme means it",
        "拆分有利：{a} 与 {b} {move} {apart}，一次 {sum} {move} {whole}；"
        "可设限额，如本意如此则不必理会",
        a=_so_much(field, a),
        b=_so_much(field, b),
        sum=_so_much(field, a + b),
        move=Text("cost", "付") if costs else Text("give", "得"),
        apart=show(apart),
        whole=show(whole),
    )


def _so_much(field: str, number: int) -> Text | str:
    if field == "time":
        return Text("{n} min", "{n} 分钟", n=number)
    return str(number)


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
