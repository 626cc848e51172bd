"""
Units, kinds of accounts and facts: whether their names and figures fit.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction

from ...model import ISSUER, AccountKind, show
from ...operations import FactValue
from ...texts import Text
from ..case import fact_value
from ..expressions import Constant, Formula, Lookup, names_in_formula
from ..hints import Mistake, as_written
from ..rules import NO_LIMIT, Bounds, Excess, FactRule, FactType, Policy
from ..shapes import ACCOUNT
from .splits import check_excess
from .terms import check_expiry, expiries
from .values import (
    OPERATION,
    OPERATIONS,
    UNIT,
    check_end,
    check_formula,
    check_name,
    check_once,
    check_stretches,
    unfit,
)


def units(policy: Policy) -> Iterator[Mistake]:
    """Find what is wrong with the units."""
    for name, unit in policy.units.items():
        if not 1 <= unit.scale <= 10**6:
            yield (
                f"units.{name}.scale",
                Text(
                    "is 1 to 1 000 000, found {found}",
                    "应为 1 至 1 000 000，现为 {found}",
                    found=unit.scale,
                ),
            )
        if unit.lots is None:
            continue
        if unit.record:
            yield (
                f"units.{name}.lots",
                Text(
                    "a record is never spent, so it has no lots",
                    "记录类单位不可支出，因此没有批次",
                ),
            )
        expires = unit.lots.expires
        yield from check_expiry(expires, f"units.{name}.lots.expires", policy)
        yield from check_end(unit.lots.to, f"units.{name}.lots.to", policy, ())
        if not 0 <= unit.lots.keeps < 1:
            yield (
                f"units.{name}.lots.keeps",
                Text(
                    "is a share of what expires, from 0 and below 1, found {found}",
                    "为到期部分中保留的份额，须不小于 0 且小于 1，现为 {found}",
                    found=show(unit.lots.keeps),
                ),
            )
        for key, said in (
            ("to", unit.lots.to != ISSUER),
            ("keeps", unit.lots.keeps),
            ("pauses", unit.lots.pauses),
        ):
            if said and not any(expiries(name, policy)):
                yield (
                    f"units.{name}.lots.{key}",
                    Text(
                        "has no effect: these lots never expire",
                        "不起作用：该单位的批次永不到期",
                    ),
                )
        yield from check_stretches(unit.lots.pauses, f"units.{name}.lots.pauses")


def accounts(policy: Policy) -> Iterator[Mistake]:
    """Find what is wrong with the kinds of accounts and their bounds."""
    for kind, rule in policy.accounts.items():
        place = f"accounts.{kind}"
        for word in rule.may or ():
            yield from check_name(word, OPERATIONS, f"{place}.may", OPERATION)
        if rule.names and kind not in (AccountKind.POOL, AccountKind.FUND):
            yield (
                f"{place}.names",
                Text(
                    "only pools and funds are named by a policy",
                    "政策只为公共池和基金指定名称",
                ),
            )
        for name in rule.names:
            if problem := unfit(f"{kind}:{name}"):
                yield f"{place}.names", problem
        yield from check_once(rule.names, f"{place}.names")
        if kind is AccountKind.ISSUER and (rule.units or rule.may is not None):
            yield (
                place,
                Text(
                    "the issuer asks for nothing and has no limits",
                    "发行方不办理业务，也没有限额",
                ),
            )
        for unit, bounds in rule.units.items():
            yield from _bounds(f"{place}.{unit}", unit, bounds, policy)


def _bound(place: str, formula: Formula, policy: Policy) -> Iterator[Mistake]:
    """Find what a floor or cap goes by that nobody can tell of the account alone."""
    known = _closed(formula)
    names = list(names_in_formula(known))
    known_of_account = {ACCOUNT, "kind", *policy.measures, *policy.ladders}
    known_of_account |= {name for name, fact in policy.facts.items() if fact.kept}
    if strange := [name for name in names if name not in known_of_account]:
        for name in strange:
            yield (
                place,
                Text(
                    "{name!r} is nothing of the account itself: a fact kept with it, a "
                    "measure, a ladder, or its kind",
                    "{name!r} 与账户本身无关：须为随账户保存的情况、指标、等级阶梯或账户种类",
                    name=name,
                ),
            )
    else:
        yield from check_formula(known, place, policy, ["tier"])


def _closed(formula: Formula) -> Formula:
    """Return *formula* with a figure wherever it says that there is no limit."""
    if formula == NO_LIMIT:
        return Constant(Fraction(0))
    if not isinstance(formula, Lookup):
        return formula
    otherwise = formula.otherwise
    return Lookup(
        formula.by,
        {word: _closed(chosen) for word, chosen in formula.choices.items()},
        None if otherwise is None else _closed(otherwise),
    )


def _bounds(place: str, unit: str, bounds: Bounds, policy: Policy) -> Iterator[Mistake]:
    yield from check_name(unit, policy.units, place, UNIT)
    yield from check_excess(bounds.excess, unit, f"{place}.excess", policy, [])
    for key, formula in (("floor", bounds.floor), ("cap", bounds.cap)):
        if formula is None or formula == NO_LIMIT:
            continue
        yield from _bound(f"{place}.{key}", formula, policy)
    below = isinstance(bounds.floor, Constant) and bounds.floor.number < 0
    if below and unit in policy.units and policy.units[unit].lots:
        yield (
            f"{place}.floor",
            Text(
                "credits in lots cannot be spent before they are there",
                "按批次保存的积分不能透支",
            ),
        )
    if bounds.cap in (None, NO_LIMIT) and bounds.excess != Excess():
        yield (
            f"{place}.excess",
            Text("there is no cap to exceed", "没有上限，谈不上超出"),
        )


def facts(policy: Policy) -> Iterator[Mistake]:
    """Find what is wrong with the facts."""
    for name, rule in policy.facts.items():
        if name in policy.measures or name in policy.ladders:
            yield (
                f"facts.{name}",
                Text(
                    "is the name of a measure or ladder too",
                    "同时也是指标或等级体系的名称",
                ),
            )
        if rule.type is FactType.CHOICE and not rule.choices:
            yield (
                f"facts.{name}",
                Text("has at least one choice", "至少须有一个选项"),
            )
        yield from check_once(rule.choices, f"facts.{name}")
        if rule.default is not None and not _is_of(rule, rule.default):
            yield (
                f"facts.{name}.default",
                Text(
                    "is not a {type}: {found}",
                    "类型不符，应为 {type}：{found}",
                    type=rule.type,
                    found=as_written(rule.default),
                ),
            )


def _is_of(rule: FactRule, value: FactValue) -> bool:
    try:
        fact_value(rule, value)
    except ValueError:
        return False
    return not isinstance(value, datetime)  # a moment is no day
