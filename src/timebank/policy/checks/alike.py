"""
What is counted by agreeing with an operation, and where none says it.

A measure or a limit with ``same`` asks the operation at hand; where that can never say so
much, or where there is none, whoever is asked about would be refused for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from ...texts import Text
from ..conditions import names_in_condition
from ..expressions import names_in_formula
from ..hints import Mistake
from ..rules import Counting, Limit, Policy, Rule
from ..shapes import SHAPES, base_of
from ..windows import is_window

_Asked = tuple[str, Iterable[str], Iterable[str]]
"""A place, the names of the values that it asks, and the operations it is asked on."""

_NONE: Final = ("tier",)
"""Where an account is asked about by itself."""


def unalike(policy: Policy) -> Iterator[Mistake]:
    """Find what is to be the same as an operation says, and none says it there."""
    for place, names, ons in (*_of_operations(policy), *_of_accounts(policy)):
        for name in dict.fromkeys(names):
            for label in _labels(name, policy):
                yield from _unsaid(label, place, ons)
    for rule_name, rule in policy.rules.items():
        for key, limit in rule.limits.items():
            for label in limit.same:
                place = f"rules.{rule_name}.limits.{key}.same"
                yield from _unsaid(label, place, rule.on)
    for item_name, item in policy.items.items():
        for key, limit in item.limits.items():
            for label in limit.same:
                place = f"items.{item_name}.limits.{key}.same"
                yield from _unsaid(label, place, ["redeem"])


def _unsaid(label: str, place: str, ons: Iterable[str]) -> Iterator[Mistake]:
    for on in ons:
        shape = SHAPES.get(on)
        if shape is None or label in (*shape.fields, *shape.roles):
            continue
        yield (
            place,
            Text(
                "counts what has the same {label} as the operation, and an account is "
                "asked about by itself here: leave `same` out",
                "统计与业务的 {label} 相同者，而此处只看账户本身：请去掉 same",
                label=label,
            )
            if on in _NONE
            else Text(
                "counts what has the same {label} as the operation, and {on} has none",
                "统计与业务的 {label} 相同者，而 {on} 没有 {label}",
                label=label,
                on=on,
            ),
        )


def _labels(name: str, policy: Policy, seen: frozenset[str] = frozenset()) -> list[str]:
    """Return what must be the same for the value *name*, and for what it is made of."""
    base = base_of(name)
    measure = policy.measures.get(base)
    if measure is None or base in seen:
        return []
    made_of = names_in_formula(measure.formula)
    inner = [_labels(each, policy, seen | {base}) for each in made_of]
    return [*measure.same, *(label for labels in inner for label in labels)]


def _of_operations(policy: Policy) -> Iterator[_Asked]:
    for name, rule in policy.rules.items():
        for part, names in _in_rule(rule):
            yield f"rules.{name}.{part}", names, rule.on
    for name, class_ in policy.classes.items():
        on = "service" if class_.counts is Counting.TIME else "contribution"
        yield f"classes.{name}.requires", names_in_condition(class_.requires), [on]
    for name, item in policy.items.items():
        place = f"items.{name}"
        yield f"{place}.requires", names_in_condition(item.requires), ["redeem"]
        yield f"{place}.price", names_in_formula(item.price), ["redeem"]
        for part, names in _in_limits(item.limits):
            yield f"{place}.{part}", names, ["redeem"]
    for name, procedure in policy.procedures.items():
        place = f"procedures.{name}.when"
        yield place, names_in_condition(procedure.when), procedure.on


def _in_rule(rule: Rule) -> Iterator[tuple[str, Iterable[str]]]:
    yield "when", names_in_condition(rule.when)
    yield "requires", names_in_condition(rule.requires)
    yield "amount", names_in_formula(rule.amount)
    yield "order", rule.order
    yield from _in_limits(rule.limits)


def _in_limits(limits: Mapping[str, Limit]) -> Iterator[tuple[str, Iterable[str]]]:
    for key, limit in limits.items():
        yield f"limits.{key}.at_most", names_in_formula(limit.at_most)
        if not is_window(key):
            yield f"limits.{key}", [key]


def _of_accounts(policy: Policy) -> Iterator[_Asked]:
    for name, ladder in policy.ladders.items():
        place = f"ladders.{name}"
        yield f"{place}.needs", names_in_condition(ladder.needs), _NONE
        for rung in ladder.levels:
            at = f"{place}.levels.{rung.name}.needs"
            yield at, names_in_condition(rung.needs), _NONE
        for index, move in enumerate(ladder.moves):
            at = f"{place}.moves.{index}.needs"
            yield at, names_in_condition(move.needs), _NONE
    for name, ranking in policy.rankings.items():
        place = f"rankings.{name}"
        yield f"{place}.value", names_in_formula(ranking.value), _NONE
        yield f"{place}.among", names_in_condition(ranking.among), _NONE
        yield f"{place}.ties", ranking.ties.by, _NONE
    for kind, rule in policy.accounts.items():
        for unit, bounds in rule.units.items():
            for key in ("floor", "cap"):
                names = names_in_formula(getattr(bounds, key))
                yield f"accounts.{kind}.{unit}.{key}", names, _NONE
