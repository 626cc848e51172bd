"""
Rankings: whether what they go by is there, and known when a period ends.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...model import show
from ...texts import Text
from ..conditions import names_in_condition
from ..expressions import Named, names_in_formula
from ..hints import Mistake
from ..rankings import Ranking
from ..rules import Policy
from .calendar import check_every
from .conditions import check_condition
from .demands import alone
from .values import check_formula, check_known, check_once


def ranking_misfits(name: str, ranking: Ranking, policy: Policy) -> Iterator[Mistake]:
    """Find what is wrong with one ranking."""
    place = f"rankings.{name}"
    yield from check_every(ranking.every, f"{place}.every", policy)
    yield from check_formula(ranking.value, f"{place}.value", policy, ["tier"])
    yield from check_condition(ranking.among, f"{place}.among", policy, ["tier"])
    yield from alone((f"{place}.among", ranking.among), "tier", policy)
    for value in ranking.ties.by:
        yield from check_formula(Named(value), f"{place}.ties", policy, ["tier"])
    yield from check_once(ranking.ties.by, f"{place}.ties")
    take = ranking.take
    if take is not None and (take <= 0 or (take > 1 and take.denominator != 1)):
        yield (
            f"{place}.take",
            Text(
                "is a whole number, or a share such as '1/10', found {found}",
                "应为整数，或如 '1/10' 的比例，现为 {found}",
                found=show(take),
            ),
        )
    if take is None and not ranking.ties.kept:
        yield (
            f"{place}.ties",
            Text(
                "says nothing where all are taken: say `take`",
                "全部列入时不起作用：请写 take",
            ),
        )
    asked = {
        *names_in_formula(ranking.value),
        *names_in_condition(ranking.among),
        *ranking.ties.by,
    }
    yield from check_known(asked, place, policy)
