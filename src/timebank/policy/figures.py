"""
Formulas by name, written out where they are used.

What a policy says once as ``figures.NAME`` stands, once it is read, in every formula that
names it.  So whoever looks at a formula, a check, a decision or an explanation, sees it
whole, and nothing else knows of figures.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import attrs

from ..texts import Text
from .expressions import Formula, Named
from .hints import Mistake, unlike
from .rules import Policy

_PREFIX: Final = "figures."


def written_out(policy: Policy) -> Policy | list[Mistake]:
    """Return *policy* with its figures written out, or what cannot be."""
    if not policy.figures:
        return policy
    found = [*_amiss(policy.figures), *_unused(policy)]
    found = found or [*_too_deep(policy.figures)]
    return found or attrs.evolve(policy, **_changed(policy, policy.figures))


def _amiss(figures: Mapping[str, Formula]) -> Iterator[Mistake]:
    """Find figures that need themselves, and names of none."""
    asks = {name: frozenset(_names_in(formula)) for name, formula in figures.items()}
    for name in figures:
        place = f"{_PREFIX}{name}"
        for asked in sorted(asks[name] - figures.keys()):
            yield place, unlike(asked, figures)
        reached, ahead = frozenset[str](), asks[name]
        while ahead:
            reached |= ahead
            ahead = frozenset(n for each in ahead for n in asks.get(each, ())) - reached
        if name in reached:
            yield (
                place,
                Text(
                    "needs itself, so it can never be told",
                    "依赖自身，因此永远无法得出",
                ),
            )


DEEPEST: Final = 8
"""So many figures may be made one of the other."""


def _too_deep(figures: Mapping[str, Formula]) -> Iterator[Mistake]:
    """Find figures of which too many are made one of the other; none needs itself."""
    asks = {name: frozenset(_names_in(formula)) for name, formula in figures.items()}
    known: set[str] = set()  # those that are made of few enough
    for _ in range(DEEPEST):
        known |= {name for name in figures if asks[name] <= known}
    for name in figures.keys() - known:
        if asks[name] <= known:
            yield (
                f"{_PREFIX}{name}",
                Text(
                    "is made of figures that are made of figures, more than {most} deep: "
                    "say it with fewer",
                    "由其他数值逐层得出，超过 {most} 层：请减少层次",
                    most=DEEPEST,
                ),
            )


def _names_in(value: object) -> Iterator[str]:
    """Yield the names of the figures that *value* uses."""
    if isinstance(value, Named) and value.name.startswith(_PREFIX):
        yield value.name.removeprefix(_PREFIX)
    for _, inner in _parts(value):
        yield from _names_in(inner)


def _unused(policy: Policy) -> Iterator[Mistake]:
    """Find figures that no formula uses."""
    for name in sorted(policy.figures.keys() - {*_names_in(policy)}):
        yield f"{_PREFIX}{name}", Text("no formula uses it", "没有公式使用它")


def _in_full(value: Any, figures: Mapping[str, Formula]) -> Any:  # noqa: ANN401
    """Return *value* with the formulas of *figures* in place of their names."""
    if isinstance(value, Named) and value.name.startswith(_PREFIX):
        formula = figures.get(value.name.removeprefix(_PREFIX))
        return value if formula is None else _in_full(formula, figures)
    changed = _changed(value, figures)
    if not changed:
        return value
    if isinstance(value, tuple):
        return tuple(changed.get(i, old) for i, old in enumerate(value))
    if isinstance(value, Mapping):
        return {**value, **changed}
    return attrs.evolve(value, **changed)


def _changed(value: Any, figures: Mapping[str, Formula]) -> dict[Any, Any]:  # noqa: ANN401
    """Return the parts of *value* that come out otherwise, by place, key or field."""
    new = ((key, old, _in_full(old, figures)) for key, old in _parts(value))
    return {key: full for key, old, full in new if full is not old}


def _parts(value: Any) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401
    """Yield what *value* is made of, by place, key or field."""
    if isinstance(value, tuple):
        yield from enumerate(value)
    elif isinstance(value, Mapping):
        yield from value.items()
    elif attrs.has(type(value)):
        for attribute in attrs.fields(type(value)):
            if attribute.init:
                yield attribute.alias, getattr(value, attribute.name)
