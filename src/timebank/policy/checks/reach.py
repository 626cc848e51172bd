"""
What can never happen under a policy: demands, limits, prices and levels out of reach.

Only figures that stand in the file are looked at; what hangs on facts or on history is
not guessed.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from ...model import AccountKind, show
from ...texts import Text
from ..expressions import Constant
from ..hints import Mistake
from ..rules import Counting, Item, KindRule, Policy
from .circles import circles
from .demands import alone, always, classes_met, demands
from .ladders import unreachable_levels
from .procedures import unreachable_steps
from .room import no_room
from .values import below_nothing


def unreachable(policy: Policy) -> Iterator[Mistake]:
    """Find what the policy says and can never happen."""
    for name, rule in policy.rules.items():
        yield from demands(name, rule, policy)
    for name, class_ in policy.classes.items():
        on = "service" if class_.counts is Counting.TIME else "contribution"
        yield from alone((f"classes.{name}.requires", class_.requires), on, policy)
        met = any(name in classes_met(rule, policy) for rule in policy.rules.values())
        if not met and not any(name in c.in_ for c in policy.classes.values()):
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
        yield from unreachable_levels(name, ladder, policy)
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
    yield from no_room(policy)
    yield from unreachable_steps(policy)


# ---------------------------------------------------------------- prices


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
