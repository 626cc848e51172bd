"""
Whether conditions compare values that there are with what they can be compared with.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Final

from ...model import show
from ...texts import Text
from ..conditions import Away, Comparison, Condition, Operand, Test
from ..expressions import Constant, Named
from ..hints import Mistake, as_written
from ..rules import Policy
from ..shapes import WORDS, base_of
from .parties import is_party, party_misfits
from .values import (
    CHOICE,
    CLASS,
    LEVEL,
    check_formula,
    check_name,
    check_stretch,
    check_value,
    is_date,
    is_yes_no,
    words_of,
)


def check_condition(
    condition: Condition | None, place: str, policy: Policy, ons: Iterable[str]
) -> Iterator[Mistake]:
    """Find what *condition* asks and nobody can answer, or compares amiss."""
    if condition is None:
        return
    for test in condition.tests:
        yield from _test(test, f"{place}.{test.value}", policy, ons)
    for index, one in enumerate(condition.all):
        yield from check_condition(one, f"{place}.all.{index}", policy, ons)
    for inner in (*condition.any, *condition.negated):
        yield from check_condition(inner, place, policy, ons)


def _test(
    test: Test, place: str, policy: Policy, ons: Iterable[str]
) -> Iterator[Mistake]:
    found = list(check_value(test.value, place, policy, ons))
    yield from found
    if found:
        return
    base = base_of(test.value)
    for comparison, operands in test.comparisons:
        for operand in operands if comparison is not Comparison.KNOWN else ():
            if is_party(test.value, policy):
                yield from party_misfits(operand, comparison, place, policy)
                if isinstance(operand, Named):
                    yield from check_value(operand.name, place, policy, ons)
                continue
            yield from _operand(operand, comparison, base, (place, policy, ons))


_FIELDS: Final[Mapping[str, Text]] = {
    "class": CLASS,
    "kind": Text("kind", "账户种类"),
    "item": Text("item", "兑换项目"),
    "ladder": Text("ladder", "等级体系"),
    "ranking": Text("ranking", "排名"),
    "channel": Text("channel", "兑换方式"),
    "cause": Text("cause", "销户原因"),
    "weekday": Text("weekday", "星期"),
    "day_type": Text("type of day", "日期类型"),
    "event": Text("event", "活动"),
    "body": Text("body", "所属组织"),
    "evidence": Text("kind of evidence", "凭据"),
    "purpose": Text("purpose", "用途"),
}
"""What the words of an operation's own values are called."""


def _operand(
    operand: Operand,
    comparison: Comparison,
    base: str,
    where: tuple[str, Policy, Iterable[str]],
) -> Iterator[Mistake]:
    place, policy, ons = where
    if comparison is Comparison.WITHIN:
        if not is_date(base, policy):
            yield (
                place,
                Text(
                    "only a day lies within a stretch of the year",
                    "只有日期才能落在一年中的某段",
                ),
            )
        return
    fact = policy.facts.get(base)
    words = words_of(base, policy)
    if words is not None or base in WORDS:
        what = LEVEL if base in policy.ladders else CHOICE if fact else _FIELDS[base]
        if what != LEVEL and comparison not in (Comparison.IS, Comparison.IS_NOT):
            yield (
                place,
                Text(
                    "a {what} is tested with is or is_not, not {comparison}",
                    "{what}只能用 is 或 is_not 判断，不能用 {comparison}",
                    what=what,
                    comparison=comparison,
                ),
            )
        elif words is not None:
            word = operand.name if isinstance(operand, Named) else _figure(operand)
            yield from check_name(word, words, place, what)
    elif is_yes_no(base, policy):
        if not isinstance(operand, bool):
            yield (
                place,
                Text(
                    "is yes or no: test it with true or false",
                    "为是或否：请用 true 或 false 判断",
                ),
            )
        elif comparison not in (Comparison.IS, Comparison.IS_NOT):
            yield (
                place,
                Text(
                    "yes or no is tested with is or is_not, not {comparison}",
                    "是或否只能用 is 或 is_not 判断，不能用 {comparison}",
                    comparison=comparison,
                ),
            )
    elif is_date(base, policy):
        yield from _day(operand, place, policy, ons)
    elif isinstance(operand, bool | date | Away):
        yield (
            place,
            Text(
                "is a number, found {found}",
                "为数字，现为 {found}",
                found=as_written(operand),
            ),
        )
    else:
        yield from check_formula(operand, place, policy, ons)


def _day(
    operand: Operand, place: str, policy: Policy, ons: Iterable[str]
) -> Iterator[Mistake]:
    """Find what no day is compared with."""
    if isinstance(operand, Away):
        yield from check_stretch(operand.stretch, place)
    other = operand.origin if isinstance(operand, Away) else None
    if isinstance(operand, Named):
        other = operand.name
    if other is not None and is_date(other, policy):
        yield from check_value(other, place, policy, ons)
    elif (
        other is not None or isinstance(operand, bool) or not isinstance(operand, date)
    ):
        yield (
            place,
            Text(
                "is a date: test it with a day such as 2024-01-01, the name of another "
                'date, or {{ ago = "3 years" }}',
                "为日期：请用日期判断，如 2024-01-01、另一日期的名称，"
                '或 {{ ago = "3 years" }}',
            ),
        )


def _figure(operand: Operand) -> str:
    return show(operand.number) if isinstance(operand, Constant) else str(operand)
