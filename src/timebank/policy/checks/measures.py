"""
Measures: whether what they look at is there.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...texts import Text
from ..hints import Mistake
from ..measures import MeasureKind
from ..rules import Policy
from ..windows import LIFETIME
from .calendar import check_window
from .values import UNIT, check_name


def measures(policy: Policy) -> Iterator[Mistake]:
    """Find what is wrong with the measures."""
    for name, measure in policy.measures.items():
        place = f"measures.{name}"
        given = [kind for kind in MeasureKind if getattr(measure, kind) is not None]
        if len(given) != 1:
            yield (
                place,
                Text(
                    "has one of {kinds}; found {found}",
                    "须有其中一个：{kinds}；现有 {found} 个",
                    kinds=", ".join(MeasureKind),
                    found=len(given),
                ),
            )
            continue
        yield from check_name(
            measure.unit, policy.units, f"{place}.{measure.kind}", UNIT
        )
        for unit in measure.broken_by:
            yield from check_name(unit, policy.units, f"{place}.broken_by", UNIT)
        streak = measure.kind is MeasureKind.STREAK
        if measure.broken_by and not streak:
            yield (
                f"{place}.broken_by",
                Text("only a streak is broken", "只有连续计量才会中断"),
            )
        if streak and not measure.broken_by:
            yield (
                f"{place}.broken_by",
                Text(
                    "is missing: say which units break the streak",
                    "缺少：请写明哪些单位使连续中断",
                ),
            )
        if streak and measure.unit in measure.broken_by:
            yield (
                f"{place}.broken_by",
                Text(
                    "{unit!r} would break its own streak",
                    "{unit!r} 会使自身的连续中断",
                    unit=measure.unit,
                ),
            )
        if measure.kind is MeasureKind.BALANCE and measure.window != LIFETIME:
            yield (
                f"{place}.window",
                Text(
                    "a balance is of now and has no window",
                    "余额指当下，没有期间",
                ),
            )
        yield from check_window(measure.window, f"{place}.window", policy)
        if name in policy.ladders:
            yield place, Text("is the name of a ladder too", "同时也是等级体系的名称")
