"""
What can never happen under a policy: demands, limits, prices and levels out of reach.

Only figures that stand in the file are looked at; what hangs on facts or on history is
not guessed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Final

from ...model import AccountKind, show
from ...texts import Text
from ..expressions import Constant
from ..hints import Mistake
from ..rules import Counting, Item, KindRule, Limit, Policy
from .demands import alone, always, classes_met, demands
from .ladders import circles, unreachable_levels
from .values import below_nothing


def unreachable(policy: Policy) -> Iterator[Mistake]:
    """Find what the policy says and can never happen."""
    for name, rule in policy.rules.items():
        yield from demands(name, rule, policy)
        yield from _limits(f"rules.{name}.limits", rule.limits)
    for name, class_ in policy.classes.items():
        on = "service" if class_.counts is Counting.TIME else "contribution"
        yield from alone((f"classes.{name}.requires", class_.requires), on, policy)
        if not any(name in classes_met(rule, policy) for rule in policy.rules.values()):
            yield (
                f"classes.{name}",
                Text(
                    "no rule on {on} is for it, so it is refused",
                    "没有适用的 {on} 规则，因此一律不予登记",
                    on=on,
                ),
            )
    for name, item in policy.items.items():
        yield from alone((f"items.{name}.requires", item.requires), "redeem", policy)
        yield from _price(name, item, policy)
    for name, ladder in policy.ladders.items():
        yield from unreachable_levels(f"ladders.{name}", ladder, policy)
    for name, flag in policy.flags.items():
        at = f"flags.{name}.when"
        yield from alone((at, flag.when), "tier", policy, capped=False)
        if always(flag.when, "tier", policy):
            yield (
                at,
                Text(
                    "always holds, so that it never becomes true and is never raised",
                    "总是成立，无从变为成立，因此永不提示",
                ),
            )
    yield from circles(policy)


# ---------------------------------------------------------------- limits and prices

_IN_DAYS: Final = {
    "week": 7,
    "month": 31,
    "quarter": 92,
    "half-year": 184,
    "year": 366,
    "programme year": 366,
}
_IN_MONTHS: Final = {"month": 1, "quarter": 3, "half-year": 6, "year": 12}


def _limits(place: str, limits: Mapping[str, Limit]) -> Iterator[Mistake]:
    for inner, less in limits.items():
        for outer, more in limits.items():
            times = _times_in(inner, outer)
            one, other = less.at_most, more.at_most
            if times == 0 or less.count is not more.count:
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


def _price(name: str, item: Item, policy: Policy) -> Iterator[Mistake]:
    place = f"items.{name}"
    rules = [rule for rule in policy.rules.values() if "redeem" in rule.on]
    if not rules:
        yield (
            place,
            Text(
                "no rule on redeem is for it, so nobody can redeem it",
                "没有适用的 redeem 规则，因此无人能兑换",
            ),
        )
    if not isinstance(item.price, Constant):
        return
    price = item.price.number
    if price < 0:
        yield f"{place}.price", below_nothing(item.price)
    payers = [kind for kind, rule in policy.accounts.items() if _may_pay(kind, rule)]
    for rule in rules:
        if rule.amount is None and rule.when is None:
            reach = [_most(kind, rule.unit, policy) for kind in payers]
            if reach and all(most is not None and price > most for most in reach):
                yield (
                    f"{place}.price",
                    Text(
                        "is out of reach: no account can have {price} {unit}",
                        "无法企及：任何账户都不可能有 {price} {unit}",
                        price=show(price),
                        unit=rule.unit,
                    ),
                )


def _may_pay(kind: AccountKind, rule: KindRule) -> bool:
    named = (AccountKind.POOL, AccountKind.FUND, AccountKind.ISSUER)
    return kind not in named and (rule.may is None or "redeem" in rule.may)


def _most(kind: AccountKind, unit: str, policy: Policy) -> Fraction | None:
    """Return the most that an account of *kind* can spend at once, where that is said."""
    bounds = policy.bounds(kind, unit)
    if isinstance(bounds.cap, Constant) and isinstance(bounds.floor, Constant):
        return bounds.cap.number - bounds.floor.number
    return None
