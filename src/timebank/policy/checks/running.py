"""
Running rules: whether what they run over can be told, and what they have paid.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile

from ...texts import Text
from ..expressions import names_in_formula
from ..hints import Mistake
from ..measures import MeasureKind
from ..rules import Policy, Rule
from ..shapes import SHAPES
from ..splits import Split
from .values import MEASURE, check_name

_OVER = (MeasureKind.SUM, MeasureKind.COUNT, MeasureKind.DAYS)


def running_misfits(name: str, rule: Rule, policy: Policy) -> Iterator[Mistake]:
    """Find a running rule that cannot tell what is still to pay."""
    if rule.running is None:
        return
    place = f"rules.{name}.running"
    yield from check_name(rule.running, policy.measures, place, MEASURE)
    yield from _of_formula(place, rule)
    yield from _of_ends(place, rule)
    measure = policy.measures.get(rule.running)
    if measure is None or not any(getattr(measure, kind) for kind in MeasureKind):
        return
    if measure.kind not in _OVER:
        yield (
            place,
            Text(
                "runs over a measure that is a sum, a count or days, not a {kind}",
                "只能随合计、次数或天数类指标累进，不能随 {kind}",
                kind=measure.kind,
            ),
        )
        return
    if measure.window.rolling or measure.window.previous:
        yield (
            place,
            Text(
                "runs over a window of the calendar or a lifetime, not over {window!r}: "
                "what falls out of it was paid all the same",
                "只能随日历期间或累计累进，不能随 {window!r}：移出期间的部分早已支付",
                window=measure.window.text,
            ),
        )
    if measure.same:
        yield (
            place,
            Text(
                "runs over all of the window: what was paid is not told apart by {same}",
                "须随整个期间累进：已付部分无法按 {same} 区分",
                same=", ".join(measure.same),
            ),
        )
    if measure.unit == rule.unit:
        yield (
            place,
            Text(
                "{measure!r} measures {unit}, which the rule itself moves",
                "{measure!r} 计的是 {unit}，而该规则变动的正是它",
                measure=rule.running,
                unit=measure.unit,
            ),
        )
    elif not _moved_before(name, rule, str(measure.unit), policy):
        yield (
            place,
            Text(
                "no rule before it moves {unit}, so it would not see what it pays for: "
                "write that rule first",
                "其前没有规则变动 {unit}，因此看不到本次：请先写那条规则",
                unit=measure.unit,
            ),
        )


def _of_formula(place: str, rule: Rule) -> Iterator[Mistake]:
    if rule.running not in set(names_in_formula(rule.amount)):
        yield (
            place,
            Text(
                "the amount does not ask {measure!r}: it says what should have been "
                "paid in all, by that",
                "amount 未用到 {measure!r}：它应据此说明合计应付多少",
                measure=rule.running,
            ),
        )


def _of_ends(place: str, rule: Rule) -> Iterator[Mistake]:
    """Find ends by which what was paid before cannot be told."""
    for on in rule.on:
        if (shape := SHAPES.get(on)) is None:
            continue
        whole = rule.goals(shape) == Split.whole(shape.subject)
        if on in ("redeem", "cancel") or not (
            whole or rule.source(shape) == shape.subject
        ):
            yield (
                place,
                Text(
                    "on {on} it cannot tell what it has paid: it goes to the {subject}, "
                    "or comes from them, as a whole",
                    "{on} 时无从得知已付多少：须全部付给 {subject}，或全部由其支出",
                    on=on,
                    subject=shape.subject,
                ),
            )


def _moved_before(name: str, rule: Rule, unit: str, policy: Policy) -> bool:
    earlier = takewhile(lambda pair: pair[0] != name, policy.rules.items())
    return any(
        other.unit == unit and set(other.on) & set(rule.on) for _, other in earlier
    )
