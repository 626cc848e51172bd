"""
Limits of rules: whether what they look at is there, and they can bind.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...texts import Text
from ..expressions import Constant
from ..filters import Side
from ..hints import Mistake, nearest
from ..measures import COUNTED, Measure, MeasureKind
from ..rules import Excess, ExcessKind, Item, Limit, Policy, Rule
from ..shapes import SHAPES
from ..windows import KINDS as WINDOWS
from ..windows import is_window, window
from .calendar import check_window
from .measures import check_filter, check_same
from .splits import check_excess
from .values import below_nothing, check_formula, check_value


def limits(rule: Rule, place: str, policy: Policy) -> Iterator[Mistake]:
    """Find what is wrong with the limits of *rule*, which stands at *place*."""
    shapes = [SHAPES[on] for on in rule.on if on in SHAPES]
    roles = {role for shape in shapes for role in shape.roles}
    for key, limit in rule.limits.items():
        at = f"{place}.limits.{key}"
        yield from _limited_by(key, limit, at, rule, policy)
        yield from check_excess(limit.excess, rule.unit, f"{at}.excess", policy, roles)
        yield from check_formula(limit.at_most, f"{at}.at_most", policy, rule.on)
        yield from _without_effect(key, limit, at, rule)


def item_limits(place: str, item: Item, policy: Policy) -> Iterator[Mistake]:
    """Find what is wrong with the limits of *item*, which stands at *place*."""
    for key, limit in item.limits.items():
        at = f"{place}.limits.{key}"
        if not is_window(key):
            yield (
                at,
                Text(
                    "{key!r} is no window: what an item may be redeemed is counted over one",
                    "{key!r} 不是期间：兑换项目的限额按期间计",
                    key=key,
                ),
            )
            continue
        yield from _over_window(key, limit, at, policy)
        yield from check_formula(limit.at_most, f"{at}.at_most", policy, ["redeem"])
        if limit.excess != Excess():
            yield (
                f"{at}.excess",
                Text(
                    "a price is paid whole or not at all: leave it out",
                    "价格须足额支付或不支付：不必写",
                ),
            )
    records = {name for name, unit in policy.units.items() if unit.record}
    counted = any(
        "redeem" in rule.on and rule.unit in records for rule in policy.rules.values()
    )
    free = isinstance(item.price, Constant) and item.price.number == 0
    if item.limits and free and not counted:
        yield (
            f"{place}.limits",
            Text(
                "nothing is posted for what is free, and so nothing is counted: let a "
                "rule on redeem post a record from the issuer to the payer",
                "免费项目不产生记录，无从计数：请用 redeem 规则由发行方向付方记一笔记录",
            ),
        )


def _limited_by(
    key: str, limit: Limit, at: str, rule: Rule, policy: Policy
) -> Iterator[Mistake]:
    """Find what is wrong with what a limit looks at: a window, or a measure."""
    most = limit.at_most
    if isinstance(most, Constant) and most.number < 0:
        yield f"{at}.at_most", below_nothing(most)
    if is_window(key):
        yield from _over_window(key, limit, at, policy)
        return
    whose, _, name = key.rpartition(".")
    if (measure := policy.measures.get(name)) is None:
        yield (
            at,
            Text(
                "{key!r} is neither a measure nor a window; {hint}",
                "{key!r} 既不是指标，也不是期间；{hint}",
                key=key,
                hint=nearest(key, [*policy.measures, *WINDOWS]),
            ),
        )
        return
    if whose:
        yield from check_value(key, at, policy, rule.on)
    yield from _beside_measure(limit, at)
    shapes = [SHAPES[on] for on in rule.on if on in SHAPES]
    falls = any(rule.source(shape) == (whose or shape.subject) for shape in shapes)
    if _is_idle(whose, measure, rule, policy):
        yield at, _moves_nothing_of(whose)
    elif len(measure.kinds) == 1:
        yield from _by_measure(key, measure, at, rule, falls=falls)


def _is_idle(whose: str, measure: Measure, rule: Rule, policy: Policy) -> bool:
    """
    Return whether *rule* surely moves nothing of *whose*.

    Whom a fact tells may be anybody, whoever has a role among them.  A figure that is only
    looked at, such as a balance, may be that of a role that the rule does not move.
    """
    shapes = [SHAPES[on] for on in rule.on if on in SHAPES]
    ends = {word for s in shapes for word in (rule.source(s), *rule.goals(s).words)}
    named = set(policy.named_accounts())
    if whose in ends or whose in named:
        return whose not in ends
    roles = {role for shape in shapes for role in shape.roles}
    counted = {*measure.kinds} <= COUNTED
    return whose in roles and counted and ends <= {*named, *roles, None}


def _moves_nothing_of(account: str) -> Text:
    return Text(
        "can never bind: the rule moves nothing of {account}",
        "永不起作用：该规则不变动 {account} 的积分",
        account=account,
    )


def _over_window(key: str, limit: Limit, at: str, policy: Policy) -> Iterator[Mistake]:
    yield from check_window(window(key), at, policy)
    if limit.count and limit.pieces:
        yield (
            f"{at}.pieces",
            Text(
                "either orders are counted, or their pieces: leave out one of the two",
                "或计次数，或计件数：请删去其中之一",
            ),
        )
    yield from check_filter(limit.where, f"{at}.where", policy)
    yield from check_same(limit.same, f"{at}.same")
    if window(key).previous:
        yield (
            at,
            Text(
                "can never bind: it is over before the rule moves anything",
                "永远不起作用：规则划转之前，该期间已经结束",
            ),
        )
    for test in limit.where.tests:
        if test.label == "rule":
            yield (
                f"{at}.where.rule",
                Text(
                    "a limit over a window counts what its own rule moved: for several "
                    "rules together take a measure",
                    "按期间的限额只计本规则的变动：几条规则合计请用指标",
                ),
            )


def _beside_measure(limit: Limit, at: str) -> Iterator[Mistake]:
    """Find keys that the measure has, and not the limit."""
    if limit.count:
        yield (
            f"{at}.count",
            Text(
                "times are counted over a window, or by a measure that counts them",
                "次数按期间计，或用计次数的指标",
            ),
        )
    if limit.pieces:
        yield (
            f"{at}.pieces",
            Text(
                "pieces are counted over a window, such as quarter",
                "件数按期间计，如 quarter",
            ),
        )
    for key, given in (("same", limit.same), ("where", limit.where.tests)):
        if given:
            yield (
                f"{at}.{key}",
                Text(
                    "is for windows: a measure has its own",
                    "用于期间：指标有其自身的条件",
                ),
            )


def _by_measure(
    key: str, measure: Measure, at: str, rule: Rule, *, falls: bool
) -> Iterator[Mistake]:
    if measure.kind is MeasureKind.TENURE:
        yield (
            at,
            Text(
                "{key!r} is no figure that a rule could raise",
                "{key!r} 不是规则能够增加的数",
                key=key,
            ),
        )
    elif measure.unit not in (None, rule.unit):
        yield (
            at,
            Text(
                "{key!r} measures {one}, and the rule moves {other}",
                "{key!r} 计量 {one}，而规则变动的是 {other}",
                key=key,
                one=measure.unit,
                other=rule.unit,
            ),
        )
    elif falls and measure.unit and not measure.counts and measure.side is not Side.OUT:
        yield (
            at,
            Text(
                "{key!r} falls as credits leave: limit what leaves over a window, or by "
                'a measure with side = "out"',
                '{key!r} 随支出而减少：请按期间限制支出，或用 side = "out" 的指标',
                key=key,
            ),
        )
    elif not falls and measure.side is Side.OUT:
        yield (
            at,
            Text(
                "can never bind: {key!r} counts what leaves, and nothing does",
                "永不起作用：{key!r} 计支出，而该规则没有支出",
                key=key,
            ),
        )


def _without_effect(key: str, limit: Limit, at: str, rule: Rule) -> Iterator[Mistake]:
    """Find a window in which the rule counts nothing, and an excess it cannot divert."""
    if "redeem" in rule.on and limit.excess.kind is ExcessKind.DIVERT:
        yield (
            f"{at}.excess",
            Text(
                "an order holds its price whole: nothing is diverted",
                "订单须足额冻结：不得转移",
            ),
        )
    if limit.pieces and set(rule.on) != {"redeem"}:
        yield (
            f"{at}.pieces",
            Text(
                "only what is redeemed has pieces, and the rule is on {on}",
                "只有兑换才有件数，而该规则用于 {on}",
                on=", ".join(rule.on),
            ),
        )
    if not is_window(key):
        return
    for on in rule.on:
        if (shape := SHAPES.get(on)) is None:
            continue
        ends = (rule.source(shape), *rule.goals(shape).words)
        if None not in ends and shape.subject not in ends:
            yield (
                at,
                Text(
                    "can never bind: on {on} the rule moves nothing of the {subject}, "
                    "and so nothing is counted",
                    "永不起作用：{on} 时该规则不变动 {subject} 的积分，因此无可计数",
                    on=on,
                    subject=shape.subject,
                ),
            )
