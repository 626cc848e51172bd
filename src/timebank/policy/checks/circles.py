"""
Circles: measures and ladders that need themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ...texts import Text
from ..conditions import names_in_condition
from ..expressions import names_in_formula
from ..hints import Mistake
from ..rules import Policy
from ..shapes import base_of


def circles(policy: Policy) -> Iterator[Mistake]:
    """Find measures and ladders that come back to themselves."""
    found = circular(policy)
    for name in policy.measures:
        if name in found:
            yield (
                f"measures.{name}",
                Text(
                    "needs itself, so it can never be told",
                    "依赖自身，因此永远无法得出",
                ),
            )
    for name in policy.ladders:
        if name in found:
            yield (
                f"ladders.{name}",
                Text(
                    "needs itself, so its levels can never be told",
                    "以自身为条件，等级无从判定",
                ),
            )


def circular(policy: Policy) -> frozenset[str]:
    """Return the measures and ladders that need themselves."""
    asks = _asks(policy)
    return frozenset(name for name in asks if name in _reached(asks[name], asks))


def _asks(policy: Policy) -> Mapping[str, frozenset[str]]:
    """Return which measures and ladders each of them asks."""
    known = policy.measures.keys() | policy.ladders.keys()

    def bases(names: Iterable[str]) -> frozenset[str]:
        return frozenset(base_of(name) for name in names) & known

    return {
        **{
            name: bases(names_in_formula(measure.formula))
            for name, measure in policy.measures.items()
        },
        **{
            name: bases(
                value
                for needs in ladder.conditions()
                for value in names_in_condition(needs)
            )
            for name, ladder in policy.ladders.items()
        },
    }


def _reached(
    first: frozenset[str], asks: Mapping[str, frozenset[str]]
) -> frozenset[str]:
    seen, ahead = frozenset[str](), first
    while ahead:
        seen |= ahead
        ahead = frozenset(onward for each in ahead for onward in asks[each]) - seen
    return seen
