"""
Ladders: whether their levels and moves fit, and can be reached.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from ...texts import Text
from ..expressions import Comparison, Condition, Constant, names_in_condition
from ..hints import Mistake
from ..ladders import Admission, Keep, Ladder
from ..measures import Measure, MeasureKind
from ..rules import Policy
from .demands import alone
from .values import LEVEL, check_condition, check_name, check_once


def ladder_misfits(name: str, ladder: Ladder, policy: Policy) -> Iterator[Mistake]:
    """Find what is wrong with one ladder."""
    place = f"ladders.{name}"
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
    for index, move in enumerate(ladder.moves):
        yield from check_name(move.from_, names, f"{place}.moves.{index}.from", LEVEL)
        for to in move.to:
            yield from check_name(to, names, f"{place}.moves.{index}.to", LEVEL)
    if ladder.entry is Admission.APPLY and ladder.keep is not Keep.FOR_EVER:
        yield (
            f"{place}.keep",
            Text(
                'what is applied for is kept: say keep = "for ever"',
                '经申请取得的等级予以保留：请写 keep = "for ever"',
            ),
        )
    if not ladder.decided and ladder.keep is Keep.FOR_EVER:
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
        for test in needs.tests if needs else ():
            measure = policy.measures.get(test.value)
            if measure is None or not _only_grows(measure, policy):
                yield (
                    f"{at}.{test.value}",
                    Text(
                        "can fall again, so an automatic level cannot be kept for ever "
                        "by it; measure a record over its lifetime, or say "
                        'keep = "while met"',
                        "可能回落，自动等级不能凭它永久保留；请改为计量记录类单位的累计数，"
                        '或写 keep = "while met"',
                    ),
                )


def _only_grows(measure: Measure, policy: Policy) -> bool:
    if all(getattr(measure, kind) is None for kind in MeasureKind):
        return True  # told where measures are looked at
    unit = policy.units.get(measure.unit)
    grows = (MeasureKind.SUM, MeasureKind.COUNT, MeasureKind.DAYS)
    return (
        unit is not None
        and unit.record
        and measure.kind in grows
        and measure.window.text == "lifetime"
    )


def unreachable_levels(place: str, ladder: Ladder, policy: Policy) -> Iterator[Mistake]:
    """Find levels that nobody can have, or that ask nothing of their own."""
    yield from alone((f"{place}.needs", ladder.needs), "tier", policy)
    for rung in ladder.levels:
        yield from alone(
            (f"{place}.levels.{rung.name}.needs", rung.needs), "tier", policy
        )
    if ladder.moves:
        yield from _moves(place, ladder)
    for below, above in zip(ladder.levels, ladder.levels[1:], strict=False):
        at = f"{place}.levels.{above.name}.needs"
        if not ladder.decided and above.needs is None:
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
        yield (
            f"{place}.start",
            Text("is missing: moves begin somewhere", "缺少：变动须有起点"),
        )
        return
    for index, move in enumerate(ladder.moves):
        if not set(move.to) - {move.from_}:
            yield f"{place}.moves.{index}.to", Text("leads nowhere", "没有去向")
        for first, until in move.suspended:
            if until is not None and until < first:
                yield (
                    f"{place}.moves.{index}.suspended",
                    Text("ends before {first}", "结束早于开始（{first}）", first=first),
                )
    reached = {ladder.start}
    while (
        onward := {to for m in ladder.moves if m.from_ in reached for to in m.to}
        - reached
    ):
        reached |= onward
    for rung in ladder.levels:
        if rung.name not in reached:
            yield (
                f"{place}.levels.{rung.name}",
                Text(
                    "is never reached: no move leads there",
                    "无法到达：没有变动通向此处",
                ),
            )


def circles(policy: Policy) -> Iterator[Mistake]:
    """Find ladders whose needs come back to themselves."""
    asks = {
        name: {
            base
            for needs in ladder.conditions()
            for value in names_in_condition(needs)
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
            yield (
                f"ladders.{name}",
                Text(
                    "needs itself, so its levels can never be told",
                    "以自身为条件，等级无从判定",
                ),
            )
