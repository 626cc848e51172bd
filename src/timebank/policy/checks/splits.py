"""
Where things go: whether the ends of a split or an excess are there, and shares are whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from ...model import show
from ...texts import Text
from ..hints import Mistake
from ..rules import Excess, Policy
from ..splits import Split
from .values import UNIT, check_end, check_name


def check_split(
    split: Split | None, place: str, policy: Policy, roles: Iterable[str]
) -> Iterator[Mistake]:
    """Find ends that are nobody, and shares that lose or make something."""
    if split is None:
        return
    for word in split.words:
        yield from check_end(word, place, policy, roles)
    shares = [share for _, share in split.shares]
    if any(share <= 0 for share in shares):
        yield place, Text("a share is more than nothing", "份额须大于零")
    if (total := sum(shares, start=Fraction(0))) != 1:
        yield (
            place,
            Text(
                "the shares sum to {total}, and must to 1",
                "份额之和为 {total}，须为 1",
                total=show(total),
            ),
        )


def check_excess(
    excess: Excess, unit: str, place: str, policy: Policy, roles: Iterable[str]
) -> Iterator[Mistake]:
    """Find an excess of *unit* that goes nowhere, or that cannot be turned into another."""
    yield from check_split(excess.to, f"{place}.to", policy, roles)
    if excess.as_ is None:
        return
    yield from check_name(excess.as_, policy.units, f"{place}.as", UNIT)
    from_, to = policy.units.get(unit), policy.units.get(excess.as_)
    if excess.as_ == unit:
        yield (
            f"{place}.as",
            Text(
                "{unit!r} stays what it is: leave it out",
                "仍为 {unit!r}：不必写",
                unit=unit,
            ),
        )
    elif from_ is not None and to is not None and to.scale % from_.scale:
        yield (
            f"{place}.as",
            Text(
                "{one!r} is kept in 1/{fine} and {other!r} in 1/{scale}: "
                "not every excess is a whole part of it",
                "{one!r} 的最小单位为 1/{fine}，{other!r} 为 1/{scale}：余数未必能整除",
                one=unit,
                fine=from_.scale,
                other=excess.as_,
                scale=to.scale,
            ),
        )
