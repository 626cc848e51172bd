"""
Names: what people call the things of policies, where those say so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from ..texts import Text
from .rules import Policy

NAMED: Final = (
    *("units", "accounts", "facts", "classes", "measures"),
    *("rules", "items", "ladders", "flags", "procedures"),
)
"""The tables whose things have a text."""


def names_of(policies: Iterable[Policy]) -> Mapping[str, Text]:
    """
    Return what *policies* call their things, by place; later ones prevail.

    A place is ``measures.total``, ``ladders.star.levels.one``, ``procedures.week.steps.desk``.
    """
    return {
        place: text
        for policy in policies
        for place, text in _texts(policy)
        if text is not None
    }


def _texts(policy: Policy) -> Iterator[tuple[str, Text | None]]:
    for table in NAMED:
        for name, thing in getattr(policy, table).items():
            yield f"{table}.{name}", thing.text
    for name, ladder in policy.ladders.items():
        for rung in ladder.levels:
            yield f"ladders.{name}.levels.{rung.name}", rung.text
    for name, procedure in policy.procedures.items():
        for step in procedure.steps:
            yield f"procedures.{name}.steps.{step.name}", step.text
