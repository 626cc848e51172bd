"""
Whether a policy's names and types fit together, found when it is checked and not when used.

What fits and can never happen all the same is `reach`'s; amounts too fine are `grain`'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from ...texts import Text
from ..hints import Mistake, by_place
from ..rules import LANGUAGE, Policy
from ..shapes import OF_ACCOUNT, SHAPES
from ..windows import is_window
from .accounts import accounts, facts, units
from .alike import unalike
from .bodies import bodies
from .calendar import calendar
from .classes import classes
from .conditions import check_condition
from .grain import too_fine
from .ladders import ladder_misfits
from .limits import item_limits
from .measures import measures
from .movements import rule_misfits
from .procedures import procedures
from .rankings import ranking_misfits
from .reach import unreachable
from .values import check_formula, unfit


def mistakes(policy: Policy) -> Mapping[str, Text]:
    """Return every mistake in *policy*, by its place."""
    found = [*misfits(policy), *unreachable(policy), *too_fine(policy)]
    return by_place(found)


def misfits(policy: Policy) -> Iterator[Mistake]:
    """Yield names and types that do not fit together."""
    if policy.language != LANGUAGE:
        yield (
            "language",
            Text(
                "is {found}; this timebank reads {known}",
                "为 {found}；本版本可读 {known}",
                found=policy.language,
                known=LANGUAGE,
            ),
        )
    yield from _words(policy)
    yield from calendar(policy)
    yield from bodies(policy)
    yield from units(policy)
    yield from accounts(policy)
    yield from facts(policy)
    yield from measures(policy)
    yield from unalike(policy)
    for name, rule in policy.rules.items():
        yield from rule_misfits(name, rule, policy)
    yield from classes(policy)
    for name, item in policy.items.items():
        place = f"items.{name}"
        yield from check_condition(
            item.requires, f"{place}.requires", policy, ["redeem"]
        )
        yield from check_formula(item.price, f"{place}.price", policy, ["redeem"])
        yield from item_limits(place, item, policy)
        if item.channel == "cash" and policy.policy.status not in (
            "historic",
            "foreign",
        ):
            yield (
                f"{place}.channel",
                Text(
                    "credits are not paid out in cash by a programme in force on the "
                    "mainland",
                    "内地现行的项目不得以现金兑付积分",
                ),
            )
    for name, ladder in policy.ladders.items():
        yield from ladder_misfits(name, ladder, policy)
    yield from procedures(policy)
    for name, ranking in policy.rankings.items():
        yield from ranking_misfits(name, ranking, policy)
    for name, flag in policy.flags.items():
        yield from check_condition(flag.when, f"flags.{name}.when", policy, ["tier"])


# ---------------------------------------------------------------- names


_NAMED: Final = (
    "units",
    "facts",
    "classes",
    "measures",
    "figures",
    "rules",
    "items",
    "ladders",
    "rankings",
    "flags",
    "procedures",
)
_VALUES: Final = {
    *(*OF_ACCOUNT, "unit", "all", "any", "not"),
    *(word for shape in SHAPES.values() for word in (*shape.fields, *shape.roles)),
}


_DOT: Final = Text(
    "a name holds no dot: dots part places", "名称不可含句点：句点用于分隔位置"
)


def _unfit(name: str) -> Text | None:
    return unfit(name) or (_DOT if "." in name else None)


def _words(policy: Policy) -> Iterator[Mistake]:
    """Find names that could not be asked for, or that mean something else already."""
    for table in _NAMED:
        for name in getattr(policy, table):
            if problem := _unfit(name):
                yield f"{table}.{name}", problem
            if table in ("facts", "measures", "ladders") and name in _VALUES:
                yield (
                    f"{table}.{name}",
                    Text(
                        "is a word of the language: take another name",
                        "是政策语言自身的词：请改用其他名称",
                    ),
                )
    for name in policy.calendar.hours:
        if problem := _unfit(name):
            yield f"calendar.hours.{name}", problem
    for name in policy.measures:
        if is_window(name):
            yield (
                f"measures.{name}",
                Text(
                    "is the name of a window: take another name",
                    "是期间的名称：请改用其他名称",
                ),
            )
