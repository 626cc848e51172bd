"""
Rules and their limits: whether what they name and ask is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet

from ...texts import Text
from ..conditions import names_in_condition
from ..expressions import Constant, names_in_formula
from ..hints import Mistake
from ..rules import Policy, Rule
from ..shapes import SHAPES, Shape, base_of
from ..whom import WORDS, word_in
from .conditions import check_condition
from .demands import classes_met
from .limits import limits
from .running import running_misfits
from .several import several_misfits
from .splits import check_split
from .terms import term_misfits
from .values import (
    CLASS,
    OPERATION,
    OPERATIONS,
    UNIT,
    below_nothing,
    check_end,
    check_formula,
    check_name,
    check_once,
    check_value,
    no_figure,
)


def rule_misfits(name: str, rule: Rule, policy: Policy) -> Iterator[Mistake]:
    """Find what is wrong with one rule."""
    place = f"rules.{name}"
    shapes = [SHAPES[on] for on in rule.on if on in SHAPES]
    roles = {role for shape in shapes for role in shape.roles}
    yield from _operations(place, rule)
    yield from check_name(rule.unit, policy.units, f"{place}.unit", UNIT)
    yield from _classes(place, rule, policy)
    yield from _class_figures(name, rule, policy)
    yield from check_end(rule.from_, f"{place}.from", policy, roles)
    yield from check_split(rule.to, f"{place}.to", policy, roles)
    yield from _unsaid(place, rule, policy)
    for shape in shapes:
        yield from _ends(place, rule, shape)
    if isinstance(rule.amount, Constant) and rule.amount.number < 0:
        yield f"{place}.amount", below_nothing(rule.amount)
    yield from _origins(place, rule, policy, {rule.source(shape) for shape in shapes})
    if "open" in rule.on:
        yield from _never_kept(place, rule, policy)
    yield from term_misfits(place, rule, policy)
    yield from running_misfits(name, rule, policy)
    yield from several_misfits(place, rule, policy)
    yield from check_condition(rule.when, f"{place}.when", policy, rule.on)
    yield from check_condition(rule.requires, f"{place}.requires", policy, rule.on)
    yield from check_formula(rule.amount, f"{place}.amount", policy, rule.on)
    yield from limits(rule, place, policy)


def _classes(place: str, rule: Rule, policy: Policy) -> Iterator[Mistake]:
    """Find classes that there are not, or that are not of the rule's operations."""
    for class_ in rule.class_ or ():
        yield from check_name(class_, policy.classes, f"{place}.class", CLASS)
        if class_ in policy.classes and class_ not in classes_met(rule, policy):
            counts = policy.classes[class_].counts
            on = {"time": "service", "number": "contribution"}[counts]
            yield (
                f"{place}.class",
                Text(
                    "{name!r} counts {counts}: say on = {on!r}",
                    "{name!r} 按 {counts} 计：请写 on = {on!r}",
                    name=class_,
                    counts=counts,
                    on=on,
                ),
            )


def _ends(place: str, rule: Rule, shape: Shape) -> Iterator[Mistake]:
    """Find what neither the rule nor the operation says of a movement."""
    if rule.source(shape) is None:
        yield (
            f"{place}.from",
            Text(
                "is missing: say where the credits come from",
                "缺少：请写明积分来自何处",
            ),
        )
    if not rule.goals(shape).shares:
        yield (
            f"{place}.to",
            Text(
                "is missing: say where the credits go",
                "缺少：请写明积分去往何处",
            ),
        )
    if rule.amount is None and shape.amount is None:
        yield (
            f"{place}.amount",
            Text("is missing: say how much moves", "缺少：请写明数量"),
        )
    if (from_ := rule.source(shape)) in rule.goals(shape).words:
        yield (
            f"{place}.to",
            Text(
                "comes from {end} and goes there: nothing would move",
                "来自 {end} 又去往 {end}：什么也不会变动",
                end=from_,
            ),
        )


def _origins(
    place: str, rule: Rule, policy: Policy, origins: AbstractSet[str | None]
) -> Iterator[Mistake]:
    """Find records that do not come from the issuer, and prices that nobody pays."""
    unit = policy.units.get(rule.unit)
    if unit is not None and unit.record and origins - {"issuer"}:
        yield (
            f"{place}.from",
            Text(
                "{unit!r} is a record: it comes only from the issuer",
                "{unit!r} 为记录类单位：只能来自发行方",
                unit=rule.unit,
            ),
        )
    record = unit is not None and unit.record
    if "redeem" in rule.on and origins != {"payer"} and not (record or rule.amount):
        yield (
            f"{place}.from",
            Text(
                "the price comes from the payer: say the amount that comes from elsewhere",
                "价格须由付方支出：从别处支出的，请写明数量",
            ),
        )


def _operations(place: str, rule: Rule) -> Iterator[Mistake]:
    """Find what is wrong with the operations that a rule belongs to."""
    if not rule.on:
        yield (
            f"{place}.on",
            Text(
                "is at least one of {known}",
                "至少须为其中一项：{known}",
                known=", ".join(OPERATIONS),
            ),
        )
    for on in rule.on:
        yield from check_name(on, OPERATIONS, f"{place}.on", OPERATION)
    yield from check_once(rule.on, f"{place}.on")
    if {"redeem", "cancel"} <= set(rule.on):
        yield (
            f"{place}.on",
            Text(
                "what a cancellation costs is no part of the price: write a rule of its "
                "own",
                "取消的费用不属于价格：请另立规则",
            ),
        )


def _unsaid(place: str, rule: Rule, policy: Policy) -> Iterator[Mistake]:
    """Find ends that go by a word which an operation of the rule has not."""
    ends = [
        ("from", rule.from_),
        *(("to", w) for w in (rule.to.words if rule.to else ())),
    ]
    for key, end in ends:
        name = word_in(end, policy) if end is not None else None
        for on in rule.on if name is not None else ():
            if name in WORDS and on in SHAPES and name not in SHAPES[on].fields:
                yield from check_value(str(name), f"{place}.{key}", policy, [on])


def _asked(rule: Rule) -> Iterator[tuple[str, Iterable[str]]]:
    """Yield the parts of *rule* that ask something, with the names in each."""
    yield "when", names_in_condition(rule.when)
    yield "requires", names_in_condition(rule.requires)
    yield "amount", names_in_formula(rule.amount)
    for key, limit in rule.limits.items():
        yield f"limits.{key}.at_most", names_in_formula(limit.at_most)


def _never_kept(place: str, rule: Rule, policy: Policy) -> Iterator[Mistake]:
    """Find facts that nobody can give as an account is opened: only kept ones are."""
    for part, names in _asked(rule):
        for name in sorted(set(names)):
            fact = policy.facts.get(base_of(name))
            if fact is not None and not fact.kept and fact.default is None:
                yield (
                    f"{place}.{part}",
                    Text(
                        "an account is opened with the facts that it keeps, and {name!r} "
                        "is none: keep it with the account, or give it a default",
                        "开户时只登记随账户保存的情况，而 {name!r} 不在其中："
                        "请将其随账户保存，或设定默认值",
                        name=name,
                    ),
                )


def _class_figures(name: str, rule: Rule, policy: Policy) -> Iterator[Mistake]:
    """Find figures of a class that not every class of the rule has."""
    for part, names in _asked(rule):
        figures = [n.removeprefix("class.") for n in names if n.startswith("class.")]
        for figure in figures:
            lacking = [
                c
                for c in classes_met(rule, policy)
                if figure not in policy.class_figures(c)
            ]
            if lacking:
                yield f"rules.{name}.{part}", no_figure(figure, lacking)
