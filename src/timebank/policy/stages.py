"""
Stages: how far a claim has come in its procedure.

That is a pure function of what was said of it, the procedure and the day.  Time runs in it
by itself, so a deadline that nobody looked at has passed all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from enum import StrEnum

from attrs import evolve, field, frozen

from .procedures import EACH, ENDS, Procedure, Span, Step


class Act(StrEnum):
    """What can be said of a claim at a step."""

    CONFIRM = "confirm"
    OBJECT = "object"


@frozen
class Confirmed:
    """That somebody confirmed a step, and as what; one person, whatever the roles."""

    step: str
    actor: str
    role: str


@frozen
class Said:
    """What somebody said of a claim, and on which day the bank learned of it."""

    act: Act
    by: Confirmed
    on: date


@frozen(kw_only=True)
class Stage:
    """
    How far a claim has come.

    Args:
        at: The step it is at, or the end.
        since: The day on which that began: the end of the step before.
        until: Its last day, where it has one.
        confirmed: Who has confirmed the step since it began.
        ever: Who has confirmed any step.
        left: The step it came from, where there is one.
    """

    at: str
    since: date
    until: date | None = None
    confirmed: tuple[Confirmed, ...] = ()
    ever: tuple[Confirmed, ...] = ()
    left: str | None = None

    @property
    def ended(self) -> bool:
        """Whether it is accepted or void."""
        return self.at in ENDS


LastDay = Callable[[Span, date], date]
"""Return the last day of a span that began on a day."""


@frozen
class Course:
    """
    A procedure with the calendar that its days are counted by.

    Args:
        procedure: The steps.
        last_day: Counts days.
    """

    procedure: Procedure
    last_day: LastDay = field(eq=False)

    def begin(self, day: date) -> Stage:
        """Return the stage of a claim that was submitted on *day*."""
        return self._enter(self.procedure.steps[0].name, day, ())

    def on_day(self, stage: Stage, day: date) -> Stage:
        """Return *stage* as time alone has made it by *day*."""
        while stage.until is not None and stage.until < day:
            step = self.procedure.step(stage.at)
            passed = self.procedure.after(step) if step.for_ else str(step.else_)
            stage = self._enter(passed, stage.until, stage.ever, stage.at)
        return stage

    def take(self, stage: Stage, said: Said) -> Stage:
        """Return the stage after *said*, which fits the step that *stage* is at."""
        step, day = self.procedure.step(stage.at), max(said.on, stage.since)
        if said.act is Act.OBJECT:
            return self._enter(step.objection, day, stage.ever, stage.at)
        stage = evolve(
            stage,
            confirmed=(*stage.confirmed, said.by),
            ever=(*stage.ever, said.by),
        )
        if not _enough(step, stage.confirmed):
            return stage
        return self._enter(self.procedure.after(step), day, stage.ever, stage.at)

    def stage_of(self, submitted: date, said: Iterable[Said], day: date) -> Stage:
        """
        Return how far a claim has come by *day*.

        Args:
            submitted: The day the bank learned of it.
            said: What was said of it, in order.
            day: Time runs until then, and never backwards.
        """
        stage = self.begin(submitted)
        for each in said:
            stage = self.take(self.on_day(stage, each.on), each)
        return self.on_day(stage, day)

    def _enter(
        self,
        at: str,
        day: date,
        ever: tuple[Confirmed, ...],
        left: str | None = None,
    ) -> Stage:
        lasts = None if at in ENDS else self.procedure.step(at).lasts
        until = None if lasts is None else self.last_day(lasts, day)
        return Stage(at=at, since=day, until=until, ever=ever, left=left)


def _enough(step: Step, confirmed: Iterable[Confirmed]) -> bool:
    """Return whether those who *confirmed* a step are as many as it asks."""
    if step.need == EACH:
        return {each.role for each in confirmed} >= set(step.by)
    return len({each.actor for each in confirmed}) >= step.need
