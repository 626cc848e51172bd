"""
What is worth a second look, and refuses nothing: a programme may mean it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...texts import Text
from ..conditions import names_in_condition
from ..expressions import Formula, Lookup, Step, Steps
from ..filters import WORDED, Filter
from ..hints import Mistake, by_place
from ..ladders import Ladder
from ..rules import ExcessKind, Policy, Rule
from ..shapes import SHAPES
from .demands import always
from .extents import become, moved
from .splitting import splitting_gain


def notes(policy: Policy) -> Mapping[str, Text]:
    """Return what is worth a second look in *policy*, which is sound, by its place."""
    return by_place(
        [
            *_units(policy),
            *_asking_nothing(policy),
            *_counting_orders(policy),
            *_given_away(policy),
            *_falling(policy),
            *_saying_nothing(policy),
            *_closed_levels(policy),
            *splitting_gain(policy),
        ]
    )


# ---------------------------------------------------------------- units


def _units(policy: Policy) -> Iterator[Mistake]:
    """Note units that are only earned, or that nobody can have."""
    arriving = {rule.unit for rule in policy.rules.values() if _comes(rule)}
    arriving |= become(policy)
    leaving = {rule.unit for rule in policy.rules.values() if _leaves(rule)}
    for name, unit in policy.units.items():
        place = f"units.{name}"
        if name not in moved(policy):
            yield (
                place,
                Text(
                    "no rule moves it: nobody will ever have any",
                    "没有规则变动它：谁也不会有",
                ),
            )
        elif name not in arriving and not _may_owe(name, policy):
            yield (
                place,
                Text(
                    "is spent and never earned: no rule brings it in from the issuer, "
                    "and no floor lets anybody owe it",
                    "有支出而无来源：没有规则由发行方发放，也没有账户可以透支",
                ),
            )
        elif name not in leaving and not unit.record:
            yield (
                place,
                Text(
                    "is earned and never spent: if it is only counted, say record = true",
                    "有来源而无支出：如只作统计，请写 record = true",
                ),
            )


def _comes(rule: Rule) -> bool:
    return any(rule.source(SHAPES[on]) == "issuer" for on in rule.on if on in SHAPES)


def _leaves(rule: Rule) -> bool:
    return any(
        rule.source(SHAPES[on]) not in ("issuer", None)
        for on in rule.on
        if on in SHAPES
    )


def _may_owe(unit: str, policy: Policy) -> bool:
    return any(
        (kind.units[unit].floor is not None)
        for kind in policy.accounts.values()
        if unit in kind.units
    )


# ---------------------------------------------------------------- conditions and bands


def _asking_nothing(policy: Policy) -> Iterator[Mistake]:
    """Note gates that always hold."""
    gates = [
        (f"rules.{name}.{key}", on, condition)
        for name, rule in policy.rules.items()
        for key, condition in (("when", rule.when), ("requires", rule.requires))
        for on in rule.on
        if on in SHAPES
    ]
    gates += [
        (f"items.{name}.requires", "redeem", item.requires)
        for name, item in policy.items.items()
    ]
    for place, on, condition in gates:
        if condition is not None and always(condition, on, policy):
            yield place, Text("asks nothing: it always holds", "没有作用：总是成立")


def _counting_orders(policy: Policy) -> Iterator[Mistake]:
    """Note limits that count orders, where one order may be of many pieces."""
    limited = [
        (f"rules.{name}", rule.limits, rule.requires)
        for name, rule in policy.rules.items()
        if "redeem" in rule.on
    ]
    limited += [
        (f"items.{name}", item.limits, item.requires)
        for name, item in policy.items.items()
    ]
    for place, limits, requires in limited:
        if requires is not None and "quantity" in names_in_condition(requires):
            continue
        for key, limit in limits.items():
            if limit.count:
                yield (
                    f"{place}.limits.{key}.count",
                    Text(
                        "counts orders, and one order may be of many pieces: if pieces "
                        "are meant, say pieces = true instead",
                        "计的是订单次数，而一份订单可含多件：如指件数，请改写 pieces = true",
                    ),
                )


def _given_away(policy: Policy) -> Iterator[Mistake]:
    """Note limits on a price that let the goods go for less where they are used up."""
    for name, rule in policy.rules.items():
        if "redeem" not in rule.on or rule.source(SHAPES["redeem"]) != "payer":
            continue
        for key, limit in rule.limits.items():
            if limit.excess.kind is ExcessKind.DROP:
                yield (
                    f"rules.{name}.limits.{key}.excess",
                    Text(
                        "what is beyond the limit is not charged, and the goods are "
                        "handed over all the same: if they are not to be, leave it out",
                        "超出上限的部分不收取，而商品仍然交付：如不应交付，请删去此项",
                    ),
                )


def _falling(policy: Policy) -> Iterator[Mistake]:
    """Note bands that give no more than the one below."""
    formulas: list[tuple[str, Formula | None]] = [
        (f"rules.{name}.amount", rule.amount) for name, rule in policy.rules.items()
    ]
    formulas += [
        (f"items.{name}.price", item.price) for name, item in policy.items.items()
    ]
    for place, formula in formulas:
        for step in _steps(formula):
            gives = [figure for _, figure in step.bands]
            rises = sorted(set(gives))
            if gives not in (rises, rises[::-1]):
                yield (
                    place,
                    Text(
                        "a band gives no more than the one below it, though others do",
                        "各档有增有减：有一档不比下一档多",
                    ),
                )


def _steps(formula: Formula | None) -> Iterator[Step]:
    match formula:
        case Steps():
            for step in formula.steps:
                yield step
                for operand in step.operands:
                    yield from _steps(operand)
        case Lookup():
            for chosen in (*formula.choices.values(), formula.otherwise):
                yield from _steps(chosen)
        case _:
            return


def _saying_nothing(policy: Policy) -> Iterator[Mistake]:
    """Note filters that pass what has no such label at all."""
    for name, measure in policy.measures.items():
        if measure.unit is not None:
            moved_by = _moving(policy, measure.unit)
            yield from _passing(f"measures.{name}.where", measure.where, moved_by)
    for name, rule in policy.rules.items():
        for key, limit in rule.limits.items():
            place = f"rules.{name}.limits.{key}.where"
            yield from _passing(place, limit.where, {name: rule})


def _moving(policy: Policy, unit: str) -> Mapping[str, Rule]:
    return {name: rule for name, rule in policy.rules.items() if rule.unit == unit}


def _passing(
    place: str, where: Filter, moved_by: Mapping[str, Rule]
) -> Iterator[Mistake]:
    picks = {test.label: test for test in where.tests}
    ons = {
        on
        for name, rule in moved_by.items()
        for on in rule.on
        if ("rule" not in picks or picks["rule"].holds([name]))
        and ("on" not in picks or picks["on"].holds([on]))
    }
    for label, test in picks.items():
        fields = {on: SHAPES[on].fields for on in sorted(ons) if on in SHAPES}
        silent = [on for on, said in fields.items() if label not in said]
        if label in WORDED and test.is_not and not test.is_ and silent:
            yield (
                f"{place}.{label}",
                Text(
                    "passes what has no {label} at all too: {ons}; if that is not meant, "
                    "say which operations, as with on = {others!r}",
                    "没有 {label} 的也会计入：{ons}；如非本意，请写明业务，如 on = {others!r}",
                    label=label,
                    ons=", ".join(silent),
                    others=next((on for on in fields if on not in silent), "service"),
                ),
            )


# ---------------------------------------------------------------- ladders


def _closed_levels(policy: Policy) -> Iterator[Mistake]:
    """Note levels that every way to is closed, until further notice, from the first day."""
    for name, ladder in policy.ladders.items():
        for level in _closed(ladder, policy):
            yield (
                f"ladders.{name}.levels.{level}",
                Text(
                    "is reached by nobody for the time being: every way there is suspended",
                    "目前无人能达到：通往它的途径均已暂停",
                ),
            )


def _closed(ladder: Ladder, policy: Policy) -> Iterator[str]:
    if not ladder.moves:
        return
    first = policy.policy.from_
    reached = {ladder.start}
    while (
        onward := {
            to
            for move in ladder.moves
            if move.from_ in reached
            and not any(on <= first and end is None for on, end in move.suspended)
            for to in move.to
        }
        - reached
    ):
        reached |= onward
    yield from (rung.name for rung in ladder.levels if rung.name not in reached)
