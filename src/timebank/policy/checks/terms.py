"""
When a rule acts and until when it holds: whether its lengths of time are any, and matter.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...texts import Text
from ..hints import Mistake
from ..periods import EVERY
from ..rules import Rule
from .values import PERIOD, check_name, check_stretch


def term_misfits(place: str, rule: Rule) -> Iterator[Mistake]:
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
