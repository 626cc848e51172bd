"""
Floors, caps, limits and excess against each other: whether there is room at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Final

from ...model import show
from ...texts import Text
from ..expressions import Constant, Formula, Lookup, Step, Steps, Verb
from ..hints import Mistake
from ..rules import NO_LIMIT, Bounds, Excess, Limit, Policy, Rule
from ..shapes import ACCOUNT, SHAPES
from ..windows import is_window
from .extents import extent


def no_room(policy: Policy) -> Iterator[Mistake]:
    """Find bounds that leave no room, and limits and excess without effect."""
    for kind, rule in policy.accounts.items():
        for unit, bounds in rule.units.items():
            at = f"accounts.{kind}.{unit}"
            yield from _crossed(at, bounds)
            yield from _refused_in_turn(f"{at}.excess.to", bounds.excess, unit, policy)
    for name, moves in policy.rules.items():
        at = f"rules.{name}.limits"
        yield from _never_bind(at, moves.limits)
        for key, limit in moves.limits.items():
            yield from _limit(f"{at}.{key}", key, limit, moves, policy)
    for name, item in policy.items.items():
        yield from _never_bind(f"items.{name}.limits", item.limits)


# ---------------------------------------------------------------- floors and caps


def _crossed(at: str, bounds: Bounds) -> Iterator[Mistake]:
    for word, floor, cap in _pairs(bounds.floor or Constant(Fraction(0)), bounds.cap):
        if floor > cap:
            yield (
                f"{at}.floor",
                Text(
                    "is above the cap of {cap}{choice}",
                    "高于上限 {cap}{choice}",
                    cap=show(cap),
                    choice=f" ({word})" if word else "",
                ),
            )


def _pairs(
    floor: Formula, cap: Formula | None
) -> Iterator[tuple[str, Fraction, Fraction]]:
    """Yield each floor with each cap that an account can have at once, and for whom."""
    (value, least), (other_value, most) = _bands(floor), _bands(cap)
    if least and most and value == other_value:
        for start in sorted({start for start, _ in (*least, *most)}):
            yield f"≥ {show(start)}", _given(least, start), _given(most, start)
        return
    low, high = _figures(floor), _figures(cap)
    together = (
        isinstance(floor, Lookup) and isinstance(cap, Lookup) and floor.by == cap.by
    )
    for word in dict.fromkeys([*low, *high]):
        for other in [word] if together else high:
            lowest = low.get(word, low.get("else"))
            highest = high.get(other, high.get("else"))
            if lowest is not None and highest is not None:
                yield word or other, lowest, highest


def _figures(formula: Formula | None) -> Mapping[str, Fraction]:
    """Return the figures that stand in *formula*, by the choice each is for."""
    match formula:
        case Constant():
            return {"": formula.number}
        case Lookup():
            chosen = {**formula.choices, "else": formula.otherwise}
            return {w: f.number for w, f in chosen.items() if isinstance(f, Constant)}
        case _:
            _, bands = _bands(formula)
            return {f"≥ {show(start)}": gives for start, gives in bands}


def _bands(formula: Formula | None) -> tuple[Sequence[Step], Sequence[_Band]]:
    """Return the bands that *formula* ends in, and the steps to what they go by."""
    if not isinstance(formula, Steps) or formula.steps[-1].verb is not Verb.BANDS:
        return (), ()
    return formula.steps[:-1], formula.steps[-1].bands


def _given(bands: Sequence[_Band], figure: Fraction) -> Fraction:
    return next((g for start, g in reversed(bands) if start <= figure), Fraction(0))


_Band = tuple[Fraction, Fraction]
"""From which figure on it gives how much."""


# ---------------------------------------------------------------- excess


def _refused_in_turn(
    place: str, excess: Excess, unit: str, policy: Policy
) -> Iterator[Mistake]:
    """Find an excess that goes where a cap would refuse it."""
    into = excess.as_ or unit
    for word in excess.to.words if excess.to else ():
        kind = policy.named_accounts().get(word)
        cap = policy.bounds(kind, into).cap if kind is not None else None
        if isinstance(cap, Lookup) and cap.by == ACCOUNT:
            cap = cap.choices.get(word, cap.otherwise)
        if cap in (None, NO_LIMIT):
            continue
        yield (
            place,
            Text(
                "{account} has a cap of its own in {unit}, and what does not fit there "
                "is refused: send it where there is none",
                "{account} 的 {unit} 也有上限，放不下的会被拒绝：请转入没有上限的账户",
                account=word,
                unit=into,
            ),
        )


# ---------------------------------------------------------------- limits

_IN_DAYS: Final = {
    "week": 7,
    "month": 31,
    "quarter": 92,
    "half-year": 184,
    "year": 366,
    "programme year": 366,
}
_IN_MONTHS: Final = {"month": 1, "quarter": 3, "half-year": 6, "year": 12}


def _limit(
    place: str, key: str, limit: Limit, rule: Rule, policy: Policy
) -> Iterator[Mistake]:
    yield from _refused_in_turn(f"{place}.excess.to", limit.excess, rule.unit, policy)
    for on in rule.on:
        same_unit = limit.excess.as_ in (None, rule.unit)
        if on in SHAPES and limit.excess.to == rule.goals(SHAPES[on]) and same_unit:
            yield (
                f"{place}.excess.to",
                Text(
                    "goes to {account}, where the rest goes too: nothing is held back",
                    "转给 {account}，与未超出部分相同：等于没有限额",
                    account=", ".join(limit.excess.to.words),
                ),
            )
    if not isinstance(limit.at_most, Constant):
        return
    if limit.at_most.number == 0:
        yield (
            f"{place}.at_most",
            Text(
                "leaves no room for anything: leave the rule out instead",
                "没有任何余地：请删去该规则",
            ),
        )
    if is_window(key) or key not in policy.measures:
        return
    high = extent(key, policy, capped=True).high
    if high is not None and high[0] <= limit.at_most.number:
        yield (
            place,
            Text(
                "can never bind: {key} is never above {most}",
                "永不起作用：{key} 不会高于 {most}",
                key=key,
                most=show(high[0]),
            ),
        )


def _never_bind(place: str, limits: Mapping[str, Limit]) -> Iterator[Mistake]:
    for inner, less in limits.items():
        for outer, more in limits.items():
            times = _times_in(inner, outer)
            one, other = less.at_most, more.at_most
            if times == 0 or less.counted != more.counted:
                continue
            if (less.same, less.where) != (more.same, more.where):
                continue
            if not isinstance(one, Constant) or not isinstance(other, Constant):
                continue
            if times is not None and other.number >= times * one.number:
                yield (
                    f"{place}.{outer}",
                    Text(
                        "can never bind: {most} a {inner} keep within it",
                        "永不起作用：每 {inner} 至多 {most}，已在其内",
                        most=show(one.number),
                        inner=inner,
                    ),
                )
            elif one.number >= other.number and less.excess == more.excess:
                yield (
                    f"{place}.{inner}",
                    Text(
                        "can never bind: {most} a {outer} are reached first",
                        "永不起作用：每 {outer} 至多 {most}，会先达到",
                        most=show(other.number),
                        outer=outer,
                    ),
                )


def _times_in(inner: str, outer: str) -> int | None:
    """
    Return how many windows *inner* there can be in one *outer*.

    *None* where they have no end, 0 where one does not lie within the other.
    """
    if inner == outer or inner not in ("day", *_IN_DAYS):
        return 0
    if outer == "lifetime":
        return None
    if inner == "day":
        return _IN_DAYS.get(outer, 0)
    if inner in _IN_MONTHS and outer in _IN_MONTHS:
        return _IN_MONTHS[outer] // _IN_MONTHS[inner]
    return 0
