"""
A policy's worked examples, run: the tests that stand in the file itself.

Each example is played on books in memory: what is ``given`` is put in place, the
operations are done one after the other, and ``expect`` is compared with what came of it.
`reading` reads the operations, `stage` holds the books.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from attrs import frozen

from ..model import exact, show
from ..policy.expressions import FactNeeded
from ..policy.hints import as_written
from ..policy.rules import Example, Policy
from .reading import flat
from .stage import Stage

__all__ = ["Played", "play_examples"]


@frozen(kw_only=True)
class Played:
    """
    What became of one example.

    Args:
        name: The example.
        failures: What was expected and what was found, for each that differs.
    """

    name: str
    failures: tuple[str, ...]


def play_examples(policy: Policy) -> tuple[Played, ...]:
    """Run every worked example of *policy*, in the order of the file."""
    return tuple(
        Played(name=name, failures=tuple(_play(policy, example)))
        for name, example in policy.examples.items()
    )


def _play(policy: Policy, example: Example) -> Iterator[str]:
    stage = Stage(policy=policy, example=example)
    try:
        stage.set_up()
        for table in example.do:
            stage.do(table)
    except _UNPLAYABLE as error:
        yield f"cannot be played: {_said(error)}"
        return
    failures = list(_compared(stage, example))
    if failures and stage.refused and "refused" not in example.expect:
        yield f"the last operation was refused by {stage.refused[0]}"
    yield from failures


def _compared(stage: Stage, example: Example) -> Iterator[str]:
    for name, wanted in flat(example.expect):
        try:
            found = stage.found(name)
            agrees = _agree(wanted, found)
        except _UNPLAYABLE as error:
            yield f"{name}: {_said(error)}"
            continue
        if not agrees:
            told = _first(found) if isinstance(wanted, str) else found
            yield f"{name}: expected {as_written(wanted)}, found {_written(told)}"


_UNPLAYABLE: Final = (LookupError, TypeError, ValueError, ArithmeticError, FactNeeded)
"""What an example that asks for what there is not ends in."""


def _said(error: Exception) -> str:
    if isinstance(error, FactNeeded):
        return f"cannot be told: {error} is not known"
    return str(error.args[0]) if isinstance(error, KeyError) else str(error)


def _written(found: object) -> str:
    if isinstance(found, tuple):
        return as_written(list(found))
    return show(found) if isinstance(found, Fraction) else as_written(found)


def _agree(wanted: object, found: object) -> bool:
    """Compare as the file means it: one code is the first, a list is all of them."""
    if isinstance(found, tuple):
        if isinstance(wanted, list):
            return sorted(map(str, wanted)) == sorted(found)
        return wanted == _first(found)
    if isinstance(found, bool) or isinstance(wanted, bool):
        return wanted is found
    if isinstance(found, Fraction) and isinstance(wanted, int | str):
        return exact(wanted) == found
    return str(wanted) == str(found)


def _first(found: object) -> object:
    if isinstance(found, tuple):
        return found[0] if found else ""
    return found
