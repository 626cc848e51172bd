"""
Classes: what they require, and the wider classes that they are in.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...texts import Text
from ..conditions import names_in_condition
from ..hints import Mistake
from ..rules import ClassRule, Counting, Policy
from .conditions import check_condition
from .values import CLASS, check_name, check_once, no_figure


def classes(policy: Policy) -> Iterator[Mistake]:
    """Find what is wrong with the classes."""
    for name, class_ in policy.classes.items():
        place = f"classes.{name}"
        on = "service" if class_.counts is Counting.TIME else "contribution"
        at = f"{place}.requires"
        yield from check_condition(class_.requires, at, policy, [on])
        for asked in names_in_condition(class_.requires):
            figure = asked.removeprefix("class.")
            if figure != asked and figure not in policy.class_figures(name):
                yield at, no_figure(figure, [name])
        yield from _wider(name, class_, f"{place}.in", policy)


def _wider(
    name: str, class_: ClassRule, place: str, policy: Policy
) -> Iterator[Mistake]:
    yield from check_once(class_.in_, place)
    for wider in class_.in_:
        yield from check_name(wider, policy.classes, place, CLASS)
        other = policy.classes.get(wider)
        if other is not None and other.counts is not class_.counts:
            yield (
                place,
                Text(
                    "{wider!r} counts {one}, and {name!r} counts {other}",
                    "{wider!r} 计 {one}，而 {name!r} 计 {other}",
                    wider=wider,
                    one=other.counts,
                    name=name,
                    other=class_.counts,
                ),
            )
        if name in policy.wider(wider):
            yield (
                place,
                Text(
                    "comes back to itself: no class is wider than itself",
                    "绕回自身：类别不能比自身更宽",
                ),
            )
