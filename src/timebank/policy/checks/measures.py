"""
Measures: whether what they look at is there.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..hints import Mistake
from ..measures import MeasureKind
from ..rules import Policy
from ..windows import LIFETIME
from .values import check_name


def measures(policy: Policy) -> Iterator[Mistake]:
    """Find what is wrong with the measures."""
    for name, measure in policy.measures.items():
        place = f"measures.{name}"
        given = [kind for kind in MeasureKind if getattr(measure, kind) is not None]
        if len(given) != 1:
            yield place, f"has one of {', '.join(MeasureKind)}; found {len(given)}"
            continue
        yield from check_name(
            measure.unit, policy.units, f"{place}.{measure.kind}", "unit"
        )
        for unit in measure.broken_by:
            yield from check_name(unit, policy.units, f"{place}.broken_by", "unit")
        streak = measure.kind is MeasureKind.STREAK
        if measure.broken_by and not streak:
            yield f"{place}.broken_by", "only a streak is broken"
        if streak and not measure.broken_by:
            yield f"{place}.broken_by", "is missing: say which units break the streak"
        if streak and measure.unit in measure.broken_by:
            yield f"{place}.broken_by", f"{measure.unit!r} would break its own streak"
        if measure.kind is MeasureKind.BALANCE and measure.window != LIFETIME:
            yield f"{place}.window", "a balance is of now and has no window"
        if name in policy.ladders:
            yield place, "is the name of a ladder too"
