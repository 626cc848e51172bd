"""
Rules for several at once: who may pool, and in which order applicants are served.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...texts import Text
from ..hints import Mistake
from ..rules import FactType, Policy, Rule, Short
from ..shapes import WORDS, base_of
from .parties import is_party
from .values import check_once, check_value


def several_misfits(place: str, rule: Rule, policy: Policy) -> Iterator[Mistake]:
    """Find a pooling that there is not, and an order that orders nothing."""
    if rule.payers < 1:
        yield (
            f"{place}.payers",
            Text(
                "is 1 or more, found {found}",
                "须为 1 或以上，现为 {found}",
                found=rule.payers,
            ),
        )
    if rule.payers > 1 and set(rule.on) != {"redeem"}:
        yield (
            f"{place}.payers",
            Text(
                "only an order is paid by several: say on = 'redeem'",
                "只有兑换可由多人支付：请写 on = 'redeem'",
            ),
        )
    if rule.recipients < 1:
        yield (
            f"{place}.recipients",
            Text(
                "is 1 or more, found {found}",
                "须为 1 或以上，现为 {found}",
                found=rule.recipients,
            ),
        )
    if rule.recipients > 1 and not set(rule.on) <= {"service", "contribution"}:
        yield (
            f"{place}.recipients",
            Text(
                "only a service or a contribution is for several: say on = 'service' or "
                "'contribution'",
                "只有服务或贡献可有多个对象：请写 on = 'service' 或 'contribution'",
            ),
        )
    if rule.short is Short.TAKE and "redeem" in rule.on:
        yield (
            f"{place}.short",
            Text(
                "a price is paid whole or not at all",
                "价格须足额支付，不得只取一部分",
            ),
        )
    yield from _order(f"{place}.order", rule, policy)


def _order(place: str, rule: Rule, policy: Policy) -> Iterator[Mistake]:
    if rule.order and "allocate" not in rule.on:
        yield (
            place,
            Text(
                "only applicants for an allocation are served in order: "
                "say on = 'allocate'",
                "只有分配的申请人才排序：请写 on = 'allocate'",
            ),
        )
    yield from check_once(rule.order, place)
    for name in rule.order:
        yield from check_value(name, place, policy, ["allocate"])
        fact = policy.facts.get(base_of(name))
        worded = fact is not None and fact.type is FactType.CHOICE
        if (
            worded
            or name in (*WORDS, "kind", "weekday", "day_type")
            or is_party(name, policy)
        ):
            yield (
                place,
                Text(
                    "{name!r} is a word, of which none is higher: take a number, yes or "
                    "no, a day or a level",
                    "{name!r} 是文字，无高低之分：请用数字、是或否、日期或等级",
                    name=name,
                ),
            )
