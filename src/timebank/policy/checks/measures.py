"""
Measures and filters: whether what they look at is there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from ...labels import WORDS
from ...model import AccountKind
from ...texts import Text
from ..expressions import names_in_formula
from ..filters import COMPARED, EVERYTHING, Filter, Side
from ..hints import Mistake
from ..measures import HISTORICAL, Measure, MeasureKind
from ..rules import FactType, Policy
from ..windows import LIFETIME
from .calendar import check_window
from .values import (
    CLASS,
    LABEL,
    UNIT,
    check_formula,
    check_name,
    check_once,
)


def measures(policy: Policy) -> Iterator[Mistake]:
    """Find what is wrong with the measures."""
    for name, measure in policy.measures.items():
        place = f"measures.{name}"
        if len(measure.kinds) != 1:
            yield (
                place,
                Text(
                    "has one of {kinds}; found {found}",
                    "须有其中一个：{kinds}；现有 {found} 个",
                    kinds=", ".join(MeasureKind),
                    found=len(measure.kinds),
                ),
            )
            continue
        if name in policy.ladders:
            yield place, Text("is the name of a ladder too", "同时也是等级体系的名称")
        if measure.formula is not None:
            yield from _formula(measure, f"{place}.formula", policy)
        if measure.unit is not None:
            at = f"{place}.{measure.kind}"
            yield from check_name(measure.unit, policy.units, at, UNIT)
        yield from _broken(measure, place, policy)
        yield from _looking_back(measure, place)
        yield from _since(measure, f"{place}.since", policy)
        yield from check_window(measure.window, f"{place}.window", policy)
        yield from check_filter(measure.where, f"{place}.where", policy)
        yield from check_same(measure.same, f"{place}.same")


def _formula(measure: Measure, place: str, policy: Policy) -> Iterator[Mistake]:
    """Find what a measure is made of and no account has by itself."""
    yield from check_formula(measure.formula, place, policy, ["tier"])
    for name in names_in_formula(measure.formula):
        fact = policy.facts.get(name)
        if fact is not None and not fact.kept:
            yield (
                place,
                Text(
                    "{name!r} is no fact kept with the account",
                    "{name!r} 不是账户留存的情况",
                    name=name,
                ),
            )


def _broken(measure: Measure, place: str, policy: Policy) -> Iterator[Mistake]:
    at = f"{place}.broken_by"
    for unit in measure.broken_by:
        yield from check_name(unit, policy.units, at, UNIT)
    streak = measure.kind is MeasureKind.STREAK
    if measure.broken_by and not streak:
        yield at, Text("only a streak is broken", "只有连续计量才会中断")
    if streak and not measure.broken_by:
        yield (
            at,
            Text(
                "is missing: say which units break the streak",
                "缺少：请写明哪些单位使连续中断",
            ),
        )
    if streak and measure.unit in measure.broken_by:
        yield (
            at,
            Text(
                "{unit!r} would break its own streak",
                "{unit!r} 会使自身的连续中断",
                unit=measure.unit,
            ),
        )
    if streak and measure.side is not Side.NET:
        yield (
            f"{place}.side",
            Text("a streak has no sides", "连续计量不分收支"),
        )


def _looking_back(measure: Measure, place: str) -> Iterator[Mistake]:
    """Find what picks from history, in a measure that does not look at it."""
    if measure.kind in HISTORICAL:
        return
    if measure.window != LIFETIME:
        balance = measure.kind in (MeasureKind.BALANCE, MeasureKind.AVAILABLE)
        yield (
            f"{place}.window",
            Text("a balance is of now and has no window", "余额指当下，没有期间")
            if balance
            else _LOOKS_AT_NOTHING,
        )
    picked: Mapping[str, bool] = {
        "where": measure.where != EVERYTHING,
        "same": bool(measure.same),
        "side": measure.side is not Side.NET,
    }
    for key, given in picked.items():
        if given:
            yield f"{place}.{key}", _LOOKS_AT_NOTHING


def _since(measure: Measure, place: str, policy: Policy) -> Iterator[Mistake]:
    """Find a day to count from that no account keeps."""
    if measure.since == "opened":
        return
    if measure.kind is not MeasureKind.TENURE:
        yield (
            place,
            Text("only a tenure counts from a day", "只有 tenure 自某日起算"),
        )
    kept = [n for n, f in policy.facts.items() if f.kept and f.type is FactType.DATE]
    yield from check_name(measure.since, ["opened", *kept], place, KEPT_DATE)


KEPT_DATE: Final = Text("date kept with the account", "账户留存的日期")

_LOOKS_AT_NOTHING: Final = Text(
    "has no effect: only sum, count, days and streak look at history",
    "不起作用：只有 sum、count、days、streak 看历史记录",
)

# ---------------------------------------------------------------- filters


def check_filter(where: Filter, place: str, policy: Policy) -> Iterator[Mistake]:
    """Find words that a label can never say."""
    channels = {item.channel for item in policy.items.values() if item.channel}
    known = {
        "on": list(WORDS.values()),
        "rule": list(policy.rules),
        "class": list(policy.classes),
        "item": list(policy.items),
        "channel": sorted(channels),
        "other": [str(kind) for kind in AccountKind],
    }
    for test in where.tests:
        at = f"{place}.{test.label}"
        words = (*test.is_, *test.is_not)
        yield from check_once(words, at)
        if test.label in known:
            what = CLASS if test.label == "class" else WORD
            for word in words:
                yield from check_name(word, known[test.label], at, what)


WORD: Final = Text("word", "词")


def check_same(same: Sequence[str], place: str) -> Iterator[Mistake]:
    """Find labels that an operation does not say before it moves anything."""
    yield from check_once(same, place)
    for label in same:
        yield from check_name(label, COMPARED, place, LABEL)
