"""
A policy's worked examples, run: the tests that stand in the file itself.

Each example is played on books in memory: what is ``given`` is put in place, the
operations are done one after the other, and ``expect`` is compared with what came of it.
`reading` reads the operations, `stage` holds the books, `words` is what both are written in.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from attrs import frozen

from ..messages import finding_told
from ..model import exact, show
from ..policy.expressions import FactNeeded
from ..policy.hints import as_written, text_of
from ..policy.rules import Example, Policy
from ..scope import NO_FUNCTIONS, Functions
from ..standing import Standing
from ..texts import Text
from .stage import Stage
from .words import flat

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
    failures: tuple[Text, ...]


def play_examples(
    policy: Policy, *, functions: Functions = NO_FUNCTIONS
) -> tuple[Played, ...]:
    """
    Run every worked example of *policy*, in the order of the file.

    Args:
        policy: Whose.
        functions: Functions of the host's that it uses.
    """
    return tuple(
        Played(name=name, failures=tuple(_play(policy, example, functions)))
        for name, example in policy.examples.items()
    )


def _play(policy: Policy, example: Example, functions: Functions) -> Iterator[Text]:
    books = Standing(functions=functions)
    stage = Stage(policy=policy, example=example, standing=books)
    try:
        stage.set_up()
        for table in example.do:
            stage.do(table)
    except _UNPLAYABLE as error:
        yield Text("cannot be played: {why}", "无法演算：{why}", why=_said(error))
        return
    failures = list(_compared(stage, example))
    if failures:
        yield from _refusals(stage, example)
    yield from failures


def _refusals(stage: Stage, example: Example) -> Iterator[Text]:
    """Tell what was refused, but of the last operation where a refusal is expected."""
    units = {name: stage.policy.unit(name) for name in stage.policy.units}
    before = list(stage.refusals)
    last = before.pop() if stage.refused else None
    for place, refusal in dict.fromkeys(before):
        yield Text(
            "operation {place} was refused: {why}",
            "第 {place} 项业务被拒绝：{why}",
            place=place,
            why=finding_told(refusal, units=units),
        )
    if last is not None and "refused" not in example.expect:
        yield Text(
            "the last operation was refused: {why}",
            "最后一项业务被拒绝：{why}",
            why=finding_told(last[1], units=units),
        )


def _compared(stage: Stage, example: Example) -> Iterator[Text]:
    for name, wanted in flat(example.expect):
        try:
            found = stage.found(name)
            agrees = _agree(wanted, found)
        except _UNPLAYABLE as error:
            yield Text("{name}: {why}", "{name}：{why}", name=name, why=_said(error))
            continue
        if not agrees:
            told = _first(found) if isinstance(wanted, str) else found
            yield Text(
                "{name}: expected {wanted}, found {found}",
                "{name}：预期 {wanted}，现为 {found}",
                name=name,
                wanted=as_written(wanted),
                found=_written(told),
            )


_UNPLAYABLE: Final = (LookupError, TypeError, ValueError, ArithmeticError, FactNeeded)
"""What an example that asks for what there is not ends in."""


def _said(error: Exception) -> Text:
    if isinstance(error, FactNeeded):
        return Text(
            "cannot be told: {name} is not known",
            "无从得知：{name} 未知",
            name=error.name,
        )
    return text_of(error)


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
