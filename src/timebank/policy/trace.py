"""
How a decision came about: what was looked at, in order, with the figures.

`decide` tells a trace what it looks at while it looks; where nobody listens nothing is
kept.  So an explanation is made by the code that decides, and cannot drift from it.
Texts are made of it in `explain`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Final

from attrs import define, field, frozen

from ..model import BALANCE_MAX, ISSUER, Bucket, Scalar, Unit, show
from .conditions import Condition, holds, judged, shown
from .expressions import (
    Constant,
    FactNeeded,
    Facts,
    Formula,
    Lookup,
    Steps,
    Value,
    Verb,
    chosen_of,
    number,
    stepped,
    word_of,
)


class Stage(StrEnum):
    """What a note is about; `NOTED` says which figures each has."""

    RULE = "rule"
    PASSED_OVER = "passed over"
    ASKED_OF = "asked of"
    WHEN = "when"
    APART = "does not apply"
    REQUIRES = "requires"
    NEEDS = "needs"
    STEP = "step"
    CHOICE = "choice"
    AMOUNT = "amount"
    PRICE = "price"
    RUNNING = "running"
    LIMIT = "limit"
    TIMES = "times"
    PIECES = "pieces"
    CAP = "cap"
    FLOOR = "floor"
    MOVES = "moves"
    HOLDS = "holds"
    TURNS = "turns"
    CAPTURES = "captures"
    RELEASES = "releases"
    EXPIRES = "expires"
    KEEPS = "keeps"
    BEGUN = "period begun"
    OVER = "period over"
    ASSESSED = "assessed"
    ALL_ASSESSED = "all assessed"
    DECIDED = "decided by time"
    AWAITS = "awaits"
    MEANS = "means"
    UNDOES = "undoes"


@frozen(kw_only=True)
class Noted:
    """
    One thing that a decision looked at or did.

    Args:
        stage: What it is about.
        code: Its place in the policy, as findings have it.
        figures: By name; whole numbers are parts of *unit* where there is one.
        unit: What amounts are counted in.
        held: Whether a test held; *None* where it could not be told, or nothing was tested.
    """

    stage: Stage
    code: str
    figures: Mapping[str, Scalar] = field(factory=dict)
    unit: str | None = None
    held: bool | None = None

    def moved(self) -> list[tuple[str, Bucket, int]]:
        """Return the accounts and buckets it moved, each with how many parts."""
        said = {name: str(figure) for name, figure in self.figures.items()}
        parts = self.figures.get("parts", 0)
        if self.stage not in MOVING or not isinstance(parts, int):
            return []
        payer, payee = said.get("payer", ISSUER), said.get("payee", "")
        if self.stage is Stage.UNDOES:
            return [(said["account"], Bucket(said["bucket"]), parts)]
        if self.stage is Stage.HOLDS:
            return [(payer, Bucket.FREE, -parts), (payer, Bucket.HELD, parts)]
        if self.stage is Stage.RELEASES:
            return [(payer, Bucket.HELD, -parts), (payer, Bucket.FREE, parts)]
        taken = Bucket.HELD if self.stage is Stage.CAPTURES else Bucket.FREE
        return [(payer, taken, -parts), (payee, Bucket.FREE, parts)]


Figure = Value | int | None


@define
class Trace:
    """
    What is told of a decision while it is made.

    Args:
        noted: What was told so far; *None* where nobody listens.
    """

    noted: list[Noted] | None = None

    def note(
        self,
        stage: Stage,
        code: str,
        *,
        unit: Unit | str | None = None,
        held: bool | None = None,
        **figures: Figure,
    ) -> None:
        """Keep what was looked at or done."""
        if self.noted is not None:
            self.noted.append(
                Noted(
                    stage=stage,
                    code=code,
                    unit=unit.name if isinstance(unit, Unit) else unit,
                    held=held,
                    figures={
                        name: _scalar(figure)
                        for name, figure in figures.items()
                        if figure is not None
                    },
                )
            )

    def condition(
        self, stage: Stage, condition: Condition | None, facts: Facts, code: str
    ) -> None:
        """Keep how every test of *condition* went."""
        if self.noted is None or condition is None:
            return
        for at, test in condition.demands(code):
            try:
                for each in judged(test, facts):
                    self.noted.append(
                        Noted(
                            stage=stage,
                            code=at,
                            unit=each.unit.name if each.unit else None,
                            held=each.held,
                            figures={
                                "what": test.value,
                                "how": str(each.comparison),
                                "wanted": shown(each.wanted, each.unit),
                                "found": shown([each.found], each.unit),
                            },
                        )
                    )
            except FactNeeded as unknown:
                self.note(stage, at, what=test.value, needed=unknown.name)
        self._alternatives(stage, condition, facts, code)

    def _alternatives(
        self, stage: Stage, condition: Condition, facts: Facts, code: str
    ) -> None:
        for index, one in enumerate(condition.all):
            self._alternatives(stage, one, facts, f"{code}.all.{index}")
        if condition.any:
            # whoever passes by one way need not know that others were closed
            self._whether(stage, "any", condition.any, facts, f"{code}.any")
        for one in condition.negated:
            self._whether(stage, "not", [one], facts, f"{code}.not")

    def _whether(
        self, stage: Stage, how: str, ways: Sequence[Condition], facts: Facts, code: str
    ) -> None:
        asked = ", ".join(dict.fromkeys(t.value for way in ways for t in way.tested()))
        lacking: str | None = None
        for way in ways:
            try:
                met = holds(way, facts)
            except FactNeeded as unknown:
                lacking = unknown.name
                continue
            if met:
                self.note(stage, code, what=asked, how=how, held=how == "any")
                return
        if lacking is not None:
            self.note(stage, code, what=asked, needed=lacking)
        else:
            self.note(stage, code, what=asked, how=how, held=how != "any")

    def formula(
        self, formula: Formula | None, facts: Facts, code: str, unit: Unit | None
    ) -> None:
        """Keep the steps by which *formula* comes to its figure, if it has any."""
        if self.noted is None or formula is None or isinstance(formula, Constant):
            return
        try:
            self._worked(formula, facts, code, unit)
        except FactNeeded as unknown:
            self.note(Stage.STEP, code, unit=unit, verb="", needed=unknown.name)

    def _worked(
        self,
        formula: Formula,
        facts: Facts,
        code: str,
        unit: Unit | None,
        depth: int | None = None,
    ) -> None:
        """Keep the steps of *formula*, those of what it is made of first and deeper."""
        deeper = (depth or 0) + 1
        match formula:
            case Steps():
                so_far = Fraction(0)
                for step in formula.steps:
                    so_far = stepped(so_far, step, facts)
                    if step.verb is Verb.OF and len(step.operands) == 1:
                        self._worked(step.operands[0], facts, code, unit, depth)
                        continue
                    self._made_of(step.made_of, facts, code, unit, deeper)
                    self.note(
                        Stage.STEP,
                        code,
                        unit=unit,
                        verb=str(step.verb),
                        by=_by([number(f, facts) for f in step.operands]),
                        how=str(step.direction) if step.direction else None,
                        gives=number(step.gives, facts) if step.gives else None,
                        of=_named(step.operands),
                        function=step.function or None,
                        result=show(so_far),
                        depth=depth,
                    )
            case Lookup():
                self._made_of([formula], facts, code, unit, deeper)
                word = word_of(facts.value(formula.by))
                found = show(number(formula, facts))
                self.note(
                    Stage.CHOICE,
                    code,
                    unit=unit,
                    what=formula.by,
                    found=word,
                    result=found,
                    depth=depth,
                )
            case _:
                self.note(
                    Stage.STEP,
                    code,
                    unit=unit,
                    verb="of",
                    by=show(number(formula, facts)),
                    of=_named((formula,)),
                    result=show(number(formula, facts)),
                    depth=depth,
                )

    def _made_of(
        self,
        formulas: Iterable[Formula],
        facts: Facts,
        code: str,
        unit: Unit | None,
        depth: int,
    ) -> None:
        """Keep the steps of those of *formulas* that have any."""
        for formula in formulas:
            chosen = chosen_of(formula, facts)
            if isinstance(chosen, Steps):
                self._worked(chosen, facts, code, unit, depth)


def _scalar(figure: Figure) -> Scalar:
    if isinstance(figure, bool | date | str):
        return word_of(figure)
    if isinstance(figure, int):
        return figure if abs(figure) <= BALANCE_MAX else str(figure)
    return word_of(figure) if figure is not None else ""


def _by(figures: Iterable[Fraction]) -> str | None:
    return " + ".join(show(figure) for figure in figures) or None


def _named(formulas: Iterable[Formula]) -> str | None:
    names = [str(getattr(f, "name", getattr(f, "by", ""))) for f in formulas]
    return ", ".join(filter(None, names)) or None


UNHEARD: Final = Trace()
"""The trace of a decision that nobody asks about."""

MOVING: Final = frozenset(
    {
        Stage.MOVES,
        Stage.HOLDS,
        Stage.TURNS,
        Stage.CAPTURES,
        Stage.RELEASES,
        Stage.EXPIRES,
        Stage.KEEPS,
        Stage.UNDOES,
    }
)
"""Stages at which something moves."""
