"""
The ways in which a condition can hold: each a set of tests that must all hold.

``all``, ``any`` and ``not`` are multiplied out, so that what can never hold is found however it is
written.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain, product
from typing import Final

from attrs import evolve

from ..conditions import Comparison, Condition, Test
from ..expressions import Named
from ..rules import Policy
from ..shapes import SHAPES

Way = tuple[Test, ...]
"""Tests of one comparison each, all of which must hold."""

WAYS_MAX: Final = 512
"""Beyond so many ways a condition is not looked into: it is taken as one that can hold."""

OPPOSITE: Final[Mapping[Comparison, Comparison]] = {
    Comparison.MIN: Comparison.BELOW,
    Comparison.BELOW: Comparison.MIN,
    Comparison.MAX: Comparison.ABOVE,
    Comparison.ABOVE: Comparison.MAX,
    Comparison.IS: Comparison.IS_NOT,
    Comparison.IS_NOT: Comparison.IS,
}
_ORDER: Final[Mapping[Comparison, Callable[[int, int], bool]]] = {
    Comparison.MIN: operator.ge,
    Comparison.MAX: operator.le,
    Comparison.ABOVE: operator.gt,
    Comparison.BELOW: operator.lt,
}


class TooMany(Exception):
    """A condition with more ways than are looked into."""


def ways(condition: Condition | None) -> list[Way]:
    """
    Return the ways in which *condition* can hold; one without tests where it asks nothing.

    Raises:
        TooMany: If there are more than are looked into.
    """
    if condition is None:
        return [()]
    parts = [[tuple(chain(*map(_single, condition.tests)))]]
    parts += map(ways, condition.all)
    if condition.any:
        parts.append(_bounded(chain.from_iterable(map(ways, condition.any))))
    parts += [ways_not(inner) for inner in condition.negated]
    return all_of(parts)


def all_of(parts: Iterable[list[Way]]) -> list[Way]:
    """
    Return the ways in which all *parts* can hold at once.

    Raises:
        TooMany: If there are more than are looked into.
    """
    found: list[Way] = [()]
    for part in parts:
        found = _bounded(one + other for one, other in product(found, part))
    return found


def ways_not(condition: Condition) -> list[Way]:
    """Return the ways in which *condition* can fail to hold."""
    found = [_opposite(t) for tests in condition.tests for t in _single(tests)]
    for inner in condition.all:
        found += ways_not(inner)
    if condition.any:
        found += all_of(map(ways_not, condition.any))
    for inner in condition.negated:
        found += ways(inner)
    return _bounded(found)


def _opposite(test: Test) -> Way:
    """Return what must hold where *test* does not: nothing, where that cannot be said."""
    ((comparison, operands),) = test.comparisons
    if comparison is Comparison.KNOWN:
        return (Test(test.value, ((comparison, (operands[0] is not True,)),)),)
    opposite = OPPOSITE.get(comparison)
    return (Test(test.value, ((opposite, operands),)),) if opposite else ()


def _single(test: Test) -> Iterator[Test]:
    for comparison in test.comparisons:
        yield evolve(test, comparisons=(comparison,))


def _bounded(found: Iterable[Way]) -> list[Way]:
    listed = []
    for way in found:
        listed.append(way)
        if len(listed) > WAYS_MAX:
            raise TooMany
    return listed


# ---------------------------------------------------------------- levels


def with_needs(way: Way, policy: Policy) -> list[Way]:
    """
    Return *way* with what the levels that it asks for need themselves.

    Only for ladders whose levels come by themselves: a level that was granted may be
    held though its needs are met no longer.

    Raises:
        TooMany: If there are more than are looked into.
    """
    parts: list[list[Way]] = [[way]]
    for name in {test.value for test in way}:
        role, _, base = name.rpartition(".")
        ladder = policy.ladders.get(base)
        if ladder is None or ladder.decided or not ladder.levels:
            continue
        tests = [test for test in way if test.value == name]
        asked: list[Way] = []
        for rank in range(-1, len(ladder.levels)):
            if not all(_level_passes(test, rank, base, policy) for test in tests):
                continue
            if rank < 0 or ladder.levels[rank].name == ladder.start:
                asked = [()]
                break
            needed = all_of([ways(ladder.needs), ways(ladder.levels[rank].needs)])
            asked += (tuple(_of_role(t, role) for t in need) for need in needed)
        parts.append(asked or [()])
    return all_of(parts)


def _level_passes(test: Test, rank: int, ladder: str, policy: Policy) -> bool:
    """Return whether a level of that *rank* passes *test*, as far as can be told."""
    ((comparison, operands),) = test.comparisons
    ranks = [
        policy.ladders[ladder].rank(operand.name)
        for operand in operands
        if isinstance(operand, Named)
    ]
    if len(ranks) != len(operands):
        return True
    if comparison in (Comparison.IS, Comparison.IS_NOT):
        return (rank in ranks) is (comparison is Comparison.IS)
    in_order = _ORDER.get(comparison)
    return in_order is None or in_order(rank, ranks[0])


def _of_role(test: Test, role: str) -> Test:
    if not role or "." in test.value or test.value in SHAPES["tier"].fields:
        return test
    return evolve(test, value=f"{role}.{test.value}")
