"""
Functions of the host's that a policy uses, and whether they are there.

A policy file says what each is given (``with``), so that what a decision reads is known
without them, and so that they see nothing else.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from typing import Any

import attrs

from ..model import Finding, Reason
from ..scope import Functions, HostFunction
from ..texts import Text
from .conditions import names_in_condition
from .expressions import Step, Verb, names_in_formula
from .hints import Mistake, nearest
from .ladders import Ladder
from .measures import Measure
from .nested import parts_of
from .rankings import Ranking
from .rules import Policy
from .shapes import base_of


def functions_of(policy: Policy) -> frozenset[str]:
    """Return the functions that *policy* uses, each with its version."""
    return frozenset(step.function for _, step in _steps(policy))


def functions_behind(thing: Ladder | Ranking, policy: Policy) -> frozenset[str]:
    """Return the functions that *thing* goes by, also through what it is made of."""
    ahead: list[Ladder | Ranking | Measure] = [thing]
    known: dict[str, Ladder | Measure] = {**policy.measures, **policy.ladders}
    found = set[str]()
    while ahead:
        part = ahead.pop()
        found |= {step.function for _, step in _uses("", part)}
        bases = {base_of(name) for name in _asked(part)}
        ahead += [known.pop(base) for base in sorted(bases & known.keys())]
    return frozenset(found)


def functions_needed(
    thing: Ladder | Ranking, code: str, policy: Policy, functions: Functions
) -> Iterator[Finding]:
    """Find, at *code*, what *thing* goes by and the host does not give."""
    for name in sorted(functions_behind(thing, policy) - functions.keys()):
        yield Finding(code=code, reason=Reason.FUNCTION_NEEDED, wanted=name)


def _asked(part: Ladder | Ranking | Measure) -> Iterator[str]:
    """Yield the names of values that *part* asks."""
    if isinstance(part, Measure):
        yield from names_in_formula(part.formula)
        return
    if isinstance(part, Ranking):
        yield from names_in_formula(part.value)
        yield from part.ties.by
    asked = part.conditions() if isinstance(part, Ladder) else [part.among]
    for condition in asked:
        yield from names_in_condition(condition)


def functions_lacking(policy: Policy, functions: Functions) -> Iterator[Mistake]:
    """Find functions that the host has not given, or that take something else."""
    for place, step in _steps(policy):
        function = functions.get(step.function)
        if function is None:
            yield (
                place,
                Text(
                    "the host has no function {name}; {hint}: hand it over by functions=, "
                    "or take the version that is there",
                    "宿主程序没有函数 {name}；{hint}：请以 functions= 提供，"
                    "或改用现有的版本",
                    name=step.function,
                    hint=nearest(step.function, functions),
                ),
            )
        elif not _takes(function, step):
            yield (
                place,
                Text(
                    "{name} takes {signature}, found {given} beside the figure so far",
                    "{name} 的参数为 {signature}，除当前数值外现给出 {given}",
                    name=step.function,
                    signature=inspect.signature(function),
                    given=", ".join(step.given) or "–",
                ),
            )


def _takes(function: HostFunction, step: Step) -> bool:
    try:
        signature = inspect.signature(function)
    except ValueError:
        return True  # written in C, and says nothing of itself
    try:
        signature.bind(Fraction(0), **dict.fromkeys(step.given))
    except TypeError:
        return False
    return True


@lru_cache(maxsize=64)
def _steps(policy: Policy) -> tuple[tuple[str, Step], ...]:
    """Return the steps of *policy* that use a function, with their places."""
    return tuple(_uses("", policy))


def _uses(place: str, value: Any) -> Iterator[tuple[str, Step]]:  # noqa: ANN401
    """Yield the steps in *value*, of the language, that use a function, with their places."""
    parts = parts_of(value)
    if parts is not None:
        for key, inner in parts.items():
            yield from _uses(f"{place}.{key}" if place else str(key), inner)
        return
    if isinstance(value, Step) and value.verb is Verb.USE:
        yield place, value
    if attrs.has(type(value)):
        value = [getattr(value, a.name) for a in attrs.fields(type(value))]
    if isinstance(value, list | tuple):
        for each in value:
            yield from _uses(place, each)
