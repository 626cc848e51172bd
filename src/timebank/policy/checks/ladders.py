"""
Ladders: whether their levels and moves fit, and can be reached.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Final

from ...texts import Text
from ..conditions import Comparison, Condition
from ..expressions import Constant
from ..filters import Side
from ..hints import Mistake
from ..ladders import Keep, Ladder
from ..measures import Measure, MeasureKind
from ..rules import Policy
from ..windows import LIFETIME
from .calendar import check_every
from .conditions import check_condition
from .demands import alone
from .moves import move_misfits, unreachable_moves
from .values import LEVEL, check_name, check_once


def ladder_misfits(name: str, ladder: Ladder, policy: Policy) -> Iterator[Mistake]:
    """Find what is wrong with one ladder."""
    place = f"ladders.{name}"
    yield from check_every(ladder.every, f"{place}.every", policy)
    names = [rung.name for rung in ladder.levels]
    if not names:
        yield (
            f"{place}.levels",
            Text("has at least one level", "至少须有一个等级"),
        )
    yield from check_once(names, f"{place}.levels")
    yield from check_name(ladder.start, names, f"{place}.start", LEVEL)
    yield from check_condition(ladder.needs, f"{place}.needs", policy, ["tier"])
    for rung in ladder.levels:
        at = f"{place}.levels.{rung.name}.needs"
        yield from check_condition(rung.needs, at, policy, ["tier"])
    yield from move_misfits(name, ladder, policy)
    unsaid = ladder.keep is not Keep.FOR_EVER and ladder.every is None
    if ladder.applied_for and unsaid and not ladder.moves:
        yield (
            f"{place}.keep",
            Text(
                'what is applied for is kept: say keep = "for ever", or when it is '
                'assessed, such as every = "year"',
                '经申请取得的等级予以保留：请写 keep = "for ever"，或写明何时评定，如 every = "year"',
            ),
        )
    if not ladder.stored and ladder.keep is Keep.FOR_EVER:
        yield from _kept_for_ever(place, ladder, policy)


def _kept_for_ever(place: str, ladder: Ladder, policy: Policy) -> Iterator[Mistake]:
    """
    Find needs that can stop being met.

    An automatic level is never stored, so it can only be kept for ever where it cannot be
    lost: by what a record came to over a lifetime.
    """
    asked = [
        (f"{place}.needs", ladder.needs),
        *((f"{place}.levels.{r.name}.needs", r.needs) for r in ladder.levels),
    ]
    for at, needs in asked:
        for value in _losable(needs, policy):
            yield (
                f"{at}.{value}",
                Text(
                    "can fall again, so an automatic level cannot be kept for ever "
                    "by it; measure a record over its lifetime, say when it is "
                    'assessed (every = "month"), or say keep = "while met"',
                    "可能回落，自动等级不能凭它永久保留；请改为计量记录类单位的累计数，"
                    '写明评定周期（every = "month"），或写 keep = "while met"',
                ),
            )


_RISING: Final = (Comparison.MIN, Comparison.ABOVE)
_FALLING: Final = (Comparison.MAX, Comparison.BELOW)


def _losable(
    needs: Condition | None, policy: Policy, *, wanted: bool = True
) -> Iterator[str]:
    """Yield the values by which *needs*, once they are as *wanted*, can fail again."""
    if needs is None:
        return
    one_way = _RISING if wanted else _FALLING
    for test in needs.tests:
        measure = policy.measures.get(test.value)
        grows = measure is not None and _only_grows(measure, policy)
        if not grows or any(how not in one_way for how, _ in test.comparisons):
            yield test.value
    for inner in (*needs.all, *needs.any):
        yield from _losable(inner, policy, wanted=wanted)
    for inner in needs.negated:
        yield from _losable(inner, policy, wanted=not wanted)


def _only_grows(measure: Measure, policy: Policy) -> bool:
    """Return whether *measure* never falls, unless what it counts is undone."""
    if len(measure.kinds) != 1:
        return True  # told where measures are looked at
    if measure.kind is MeasureKind.TENURE:
        return measure.since == "opened"  # a date that is kept can be amended
    unit = policy.units.get(str(measure.unit))
    grows = (MeasureKind.SUM, MeasureKind.COUNT, MeasureKind.DAYS)
    return (
        unit is not None
        and (unit.record or measure.side is not Side.NET)
        and measure.kind in grows
        and measure.window == LIFETIME
    )


def unreachable_levels(name: str, ladder: Ladder, policy: Policy) -> Iterator[Mistake]:
    """Find levels that nobody can have, or that ask nothing of their own."""
    place = f"ladders.{name}"
    yield from alone((f"{place}.needs", ladder.needs), "tier", policy)
    for rung in ladder.levels:
        yield from alone(
            (f"{place}.levels.{rung.name}.needs", rung.needs), "tier", policy
        )
    if ladder.moves:
        yield from unreachable_moves(name, ladder, policy)
    for below, above in zip(ladder.levels, ladder.levels[1:], strict=False):
        at = f"{place}.levels.{above.name}.needs"
        decided = ladder.applied_for or ladder.moves
        if not decided and above.needs is None:
            yield (
                at,
                Text(
                    "asks nothing, so nobody is left at {below!r}",
                    "没有任何要求，因此无人会停留在 {below!r}",
                    below=below.name,
                ),
            )
        elif above.needs is not None and above.needs == below.needs:
            yield (
                at,
                Text(
                    "asks the same as {below!r} below it",
                    "与其下的 {below!r} 要求相同",
                    below=below.name,
                ),
            )
        elif falls := _falling(below.needs, above.needs):
            yield (
                f"{at}.{falls}",
                Text(
                    "asks less than {below!r} below it",
                    "要求低于其下的 {below!r}",
                    below=below.name,
                ),
            )
        elif above.needs is not None and _implied(below.needs, above.needs):
            yield (
                at,
                Text(
                    "is met by everybody at {below!r}, so nobody is left there",
                    "凡在 {below!r} 者均已符合，因此无人会停留在那里",
                    below=below.name,
                ),
            )


def _falling(below: Condition | None, above: Condition | None) -> str | None:
    """Return a value of which the higher level asks less than the lower."""
    lower, higher = _least(below), _least(above)
    return next((v for v in lower if v in higher and higher[v] < lower[v]), None)


def _implied(below: Condition | None, above: Condition) -> bool:
    """Return whether whoever meets *below* meets *above* too, going by figures alone."""
    lower, higher = _least(below), _least(above)
    compared = [each for test in above.tested() for each in test.comparisons]
    plain = len(compared) == len(higher)
    return plain and all(v in lower and higher[v] <= lower[v] for v in higher)


def _least(needs: Condition | None) -> Mapping[str, Fraction]:
    return {
        test.value: operands[0].number
        for _, test in (needs.demands() if needs else ())
        for comparison, operands in test.comparisons
        if comparison is Comparison.MIN and isinstance(operands[0], Constant)
    }
