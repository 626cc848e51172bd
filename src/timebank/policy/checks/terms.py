"""
When a rule acts and until when it holds: whether its lengths of time are any, and matter.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...texts import Text
from ..expressions import names_in_condition, names_in_formula
from ..hints import Mistake
from ..periods import EVERY
from ..rules import Policy, Rule
from .values import PERIOD, check_name, check_stretch


def term_misfits(place: str, rule: Rule, policy: Policy) -> Iterator[Mistake]:
    """Find a length of time that is none, or that nothing goes by."""
    yield from check_stretch(rule.hold, f"{place}.hold")
    yield from check_stretch(rule.after, f"{place}.after")
    yield from check_name(rule.every, EVERY, f"{place}.every", PERIOD)
    if rule.hold is not None and set(rule.on) != {"redeem"}:
        yield (
            f"{place}.hold",
            Text(
                "only what is ordered is held: say on = 'redeem'",
                "只有订单会冻结积分：请写 on = 'redeem'",
            ),
        )
    if "period" in rule.on and rule.every is None:
        yield (
            f"{place}.every",
            Text(
                "is missing: say at the end of which period, one of {known}",
                "缺少：请写明在何种期间结束时进行，可为 {known}",
                known=", ".join(EVERY),
            ),
        )
    for key in ("every", "after"):
        if "period" not in rule.on and getattr(rule, key) is not None:
            yield (
                f"{place}.{key}",
                Text(
                    "goes by periods: say on = 'period'",
                    "以期间为准：请写 on = 'period'",
                ),
            )
    if "period" in rule.on:
        yield from _never_told(place, rule, policy)


def _never_told(place: str, rule: Rule, policy: Policy) -> Iterator[Mistake]:
    """Find facts that nobody is asked for when a period ends, and that have no default."""
    parts = [
        ("when", names_in_condition(rule.when)),
        ("requires", names_in_condition(rule.requires)),
        ("amount", names_in_formula(rule.amount)),
    ]
    parts += [
        (f"limits.{key}.at_most", names_in_formula(limit.at_most))
        for key, limit in rule.limits.items()
    ]
    for part, names in parts:
        for name in sorted(set(names)):
            fact = policy.facts.get(name.rpartition(".")[2])
            if fact is not None and not fact.kept and fact.default is None:
                yield (
                    f"{place}.{part}",
                    Text(
                        "nobody is asked for {name!r} when a period ends: keep it with "
                        "the account, or give it a default",
                        "期末结算时无人提供 {name!r}：请将其随账户保存，或设定默认值",
                        name=name,
                    ),
                )
