"""
When a rule acts and until when it holds: whether its lengths of time are any, and matter.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...model import ISSUER
from ...texts import Text
from ..conditions import names_in_condition
from ..expressions import names_in_formula
from ..hints import Mistake
from ..lots import last_day
from ..periods import some_periods
from ..rules import Edge, Policy, Rule
from ..shapes import SHAPES, base_of
from ..units import Expiry
from ..windows import PERIODS
from .calendar import check_every
from .values import check_stretch


def expiries(unit: str, policy: Policy) -> Iterator[Expiry]:
    """Yield when lots of *unit* expire, by the unit or by what makes them."""
    lots = policy.units[unit].lots
    several = [rule.expires for rule in policy.rules.values() if rule.unit == unit]
    yield from filter(None, [lots.expires if lots else None, *several])


def check_expiry(
    expires: Expiry | None, place: str, policy: Policy
) -> Iterator[Mistake]:
    """Find an expiry that is none."""
    if expires is None:
        return
    if (expires.after is None) == (expires.end_of is None):
        yield (
            place,
            Text(
                "has either `after` or `end_of`", "`after` 与 `end_of` 须且只须有一个"
            ),
        )
    yield from check_every(expires.end_of, f"{place}.end_of", policy)
    yield from check_stretch(expires.after, f"{place}.after")
    yield from check_stretch(expires.plus, f"{place}.plus")


def _makes_no_lots(place: str, rule: Rule, policy: Policy) -> Iterator[Mistake]:
    """Find an expiry of a rule that makes nothing to expire."""
    unit = policy.units.get(rule.unit)
    if rule.expires is None or unit is None:
        return
    if unit.lots is None:
        yield (
            f"{place}.expires",
            Text(
                "{unit!r} is kept in no lots: say lots = {{}} for the unit",
                "{unit!r} 不按批次保存：请为该单位写 lots = {{}}",
                unit=rule.unit,
            ),
        )
    elif all(rule.source(SHAPES[on]) != ISSUER for on in rule.on if on in SHAPES):
        yield (
            f"{place}.expires",
            Text(
                "has no effect: only what the issuer gives is new, all else keeps its lot",
                "不起作用：只有发行方给出的才是新批次，其他均保留原批次",
            ),
        )


def term_misfits(place: str, rule: Rule, policy: Policy) -> Iterator[Mistake]:
    """Find a length of time that is none, or that nothing goes by."""
    yield from check_stretch(rule.hold, f"{place}.hold")
    yield from check_stretch(rule.after, f"{place}.after")
    yield from check_stretch(rule.closes, f"{place}.closes")
    yield from check_every(rule.every, f"{place}.every", policy)
    yield from check_expiry(rule.expires, f"{place}.expires", policy)
    yield from _makes_no_lots(place, rule, policy)
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
                "is missing: say for which period, such as one of {known}",
                "缺少：请写明以何种期间为准，如 {known}",
                known=", ".join(PERIODS),
            ),
        )
    if rule.closes is not None and rule.at is Edge.START:
        yield (
            f"{place}.closes",
            Text(
                "waits after the end of a period: leave out at = 'start'",
                "在期末之后等待：请删去 at = 'start'",
            ),
        )
    for key in ("every", "at", "after", "closes"):
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
        if rule.every is not None:
            yield from _nothing_yet(place, rule, policy)
            yield from _dead_at_once(place, rule, policy)


def _asked(rule: Rule) -> Iterator[tuple[str, list[str]]]:
    """Yield the parts of *rule* that ask something, with the names in each."""
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
        yield part, sorted(set(names))


def _nothing_yet(place: str, rule: Rule, policy: Policy) -> Iterator[Mistake]:
    """Find measures whose window begins with the period at whose start they are asked."""
    if rule.at is not Edge.START or rule.after is not None:
        return
    firsts = [period.first for period in some_periods(rule, policy)]
    for part, names in _asked(rule):
        for name in names:
            measure = policy.measures.get(base_of(name))
            if measure is None or measure.window.every is None:
                continue
            if measure.window.previous:
                continue
            spans = [measure.window.span(first, policy.calendar) for first in firsts]
            if [first for first, _ in spans] == firsts:
                yield (
                    f"{place}.{part}",
                    Text(
                        "{name!r} holds nothing yet when the period starts: let it look "
                        "at what was before, as with window = {window!r}",
                        "{name!r} 在期初尚无内容：请改看此前，如 window = {window!r}",
                        name=name,
                        window=f"previous {measure.window.text}",
                    ),
                )


def _dead_at_once(place: str, rule: Rule, policy: Policy) -> Iterator[Mistake]:
    """Find credits that expire on the very day on which a period's end makes them."""
    unit = policy.units.get(rule.unit)
    expires = rule.expires or (unit.lots.expires if unit and unit.lots else None)
    if rule.at is Edge.START or (rule.from_ or ISSUER) != ISSUER or expires is None:
        return
    if [*check_stretch(expires.after, place), *check_stretch(expires.plus, place)]:
        return
    if all(
        last_day(expires, p.last, policy.calendar) == p.last
        for p in some_periods(rule, policy)
    ):
        yield (
            f"{place}.at",
            Text(
                "what is made at the end of the period expires on that day, and nobody "
                "can use it: say at = 'start', or let it last longer",
                "期末产生的积分当天即到期，无人可用：请写 at = 'start'，或延长有效期",
            ),
        )


def _never_told(place: str, rule: Rule, policy: Policy) -> Iterator[Mistake]:
    """Find facts that nobody is asked for in a period, and that have no default."""
    for part, names in _asked(rule):
        for name in names:
            fact = policy.facts.get(base_of(name))
            if fact is not None and not fact.kept and fact.default is None:
                yield (
                    f"{place}.{part}",
                    Text(
                        "nobody is asked for {name!r} by a period: keep it with the "
                        "account, or give it a default",
                        "周期结算时无人提供 {name!r}：请将其随账户保存，或设定默认值",
                        name=name,
                    ),
                )
