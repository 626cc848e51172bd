"""
What a value can be at all: how low, how high, or one of which words.

Told from the language and the file alone; of what hangs on people nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any, Final

from attrs import evolve, frozen

from ...model import show
from ...operations import MINUTES_MAX
from ...texts import Text
from ..expressions import Constant, Formula, Lookup
from ..filters import Side
from ..measures import Measure, MeasureKind
from ..rules import NO_LIMIT, FactType, Policy
from ..shapes import DAY_NAMES, DAY_TYPES, base_of

Edge = tuple[Any, int]
"""A figure, and 1 where a value lies above it, −1 where it lies below, 0 where it may be it."""


@frozen(kw_only=True)
class Extent:
    """
    What a value can be.

    Args:
        low: It is not below this.
        high: It is not above this.
        words: It is one of these.
    """

    low: Edge | None = None
    high: Edge | None = None
    words: frozenset[Any] | None = None

    def told(self) -> Text:
        """Return what it says, after *is*."""
        if self.words is not None:
            # a day goes by several names, the plain one last
            plain = (w[-1] if isinstance(w, tuple) else w for w in self.words)
            words = ", ".join(sorted(set(map(str, plain))))
            return Text("one of {words}", "只能是 {words} 之一", words=words)
        low, high = (_figure(edge) if edge else None for edge in (self.low, self.high))
        if low is not None and low == high:
            return Text("always {figure}", "总是 {figure}", figure=low)
        if high is None:
            return Text("never below {figure}", "不会低于 {figure}", figure=low)
        if low is None:
            return Text("never above {figure}", "不会高于 {figure}", figure=high)
        return Text(
            "from {low} to {high}", "在 {low} 与 {high} 之间", low=low, high=high
        )


def _figure(edge: Edge) -> str:
    return show(edge[0]) if isinstance(edge[0], Fraction) else str(edge[0])


ANYTHING: Final = Extent()

_FROM_0: Final = Extent(low=(Fraction(0), 0))
_ABOVE_0: Final = Extent(low=(Fraction(0), 1))
_FROM_1: Final = Extent(low=(Fraction(1), 0))

_OF_A_DAY: Final = Extent(low=(Fraction(0), 0), high=(Fraction(24), 0))

_FIELDS: Final = {
    "time": Extent(low=(Fraction(0), 1), high=(Fraction(MINUTES_MAX, 60), 0)),
    "number": _FROM_1,
    "quantity": _FROM_1,
    "asked": _ABOVE_0,
    "price": _FROM_0,
    "starts_at": Extent(low=(Fraction(0), 0), high=(Fraction(24), -1)),
    "day_of_month": Extent(low=(Fraction(1), 0), high=(Fraction(31), 0)),
    "month": Extent(low=(Fraction(1), 0), high=(Fraction(12), 0)),
    "cash": _FROM_0,
    "days_late": _FROM_0,
    "recipients": _FROM_0,
    "applicants": _FROM_1,
    "share": Extent(low=(Fraction(0), 0), high=(Fraction(1), 0)),
}


def extent(value: str, policy: Policy, *, capped: bool = False) -> Extent:
    """
    Return what *value* can be.

    Args:
        value: Its name, with or without a role.
        policy: The policy.
        capped: Whether no account is taken to have more than caps allow.  A reversal or
            a new policy may leave one there all the same, so that flags look beyond.
    """
    base = base_of(value)
    if base == value and (found := _of_field(value, policy)) is not None:
        return found
    if (fact := policy.facts.get(base)) is not None:
        words = {FactType.CHOICE: fact.choices, FactType.YES_NO: (True, False)}
        known = words.get(fact.type)
        return ANYTHING if known is None else Extent(words=frozenset(known))
    if (ladder := policy.ladders.get(base)) is not None:
        least = 0 if ladder.start is not None else -1
        return Extent(low=(least, 0), high=(len(ladder.levels) - 1, 0))
    if (measure := policy.measures.get(base)) is not None:
        return _of_measure(measure, policy, capped=capped)
    if base == "kind":
        return Extent(words=frozenset(str(kind) for kind in policy.accounts))
    return ANYTHING


def _of_field(name: str, policy: Policy) -> Extent | None:
    """Return what a word of the operation itself can be."""
    if name == "class":
        return Extent(words=frozenset(policy.classes))
    if name == "item":
        return Extent(words=frozenset(policy.items))
    if name == "weekday":
        return Extent(words=frozenset(DAY_NAMES))
    if name == "day_type":
        return Extent(words=frozenset(DAY_TYPES))
    return _OF_A_DAY if name.startswith("hours.") else _FIELDS.get(name)


def _of_measure(measure: Measure, policy: Policy, *, capped: bool) -> Extent:
    if len(measure.kinds) != 1:
        return ANYTHING
    if measure.kind is MeasureKind.TENURE:
        return _FROM_0
    unit = policy.units.get(str(measure.unit))
    if unit is None:
        return ANYTHING
    if measure.unit not in moved(policy):
        return Extent(low=(Fraction(0), 0), high=(Fraction(0), 0))
    grows = unit.record or measure.counts or measure.side is not Side.NET
    found = _FROM_0 if grows else ANYTHING
    if capped and measure.kind in (MeasureKind.BALANCE, MeasureKind.AVAILABLE):
        caps = (policy.bounds(k, str(measure.unit)).cap for k in policy.accounts)
        most = highest(caps)
        return evolve(found, high=None if most is None else (most, 0))
    return found


def moved(policy: Policy) -> frozenset[str]:
    """Return the units that anything moves."""
    return become(policy) | {rule.unit for rule in policy.rules.values()}


def become(policy: Policy) -> frozenset[str]:
    """Return the units that an excess of something else becomes."""
    kinds, rules = policy.accounts.values(), policy.rules.values()
    several = [bounds.excess for kind in kinds for bounds in kind.units.values()]
    several += [limit.excess for rule in rules for limit in rule.limits.values()]
    return frozenset(excess.as_ for excess in several if excess.as_ is not None)


def highest(formulas: Iterable[Formula | None]) -> Fraction | None:
    """Return the most that any of *formulas* can be; *None* where that cannot be told."""
    figures = [figure for formula in formulas for figure in figures_of(formula)]
    known = [figure for figure in figures if figure is not None]
    return max(known) if known and len(known) == len(figures) else None


def figures_of(formula: Formula | None) -> list[Fraction | None]:
    """Return every figure that *formula* can be; *None* among them for what is asked."""
    match formula:
        case Constant():
            return [formula.number]
        case Lookup():
            chosen = [*formula.choices.values(), formula.otherwise]
            several = [f for f in chosen if f is not None and f != NO_LIMIT]
            open_ended = [None] * (NO_LIMIT in chosen)
            return [*(n for f in several for n in figures_of(f)), *open_ended]
        case _:
            return [None]
