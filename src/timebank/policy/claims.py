"""
Claims as their policy sees them: which procedure, how far it has come, what it awaits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from attrs import evolve, frozen

from ..claims import Placed, claim_acted_on, ends_claim, is_claim
from ..entries import Entry
from ..model import Effect, EntryId, Finding, Position, Reason
from ..operations import ConfirmStep, ObjectToStep
from ..standing import Standing
from .bodies import body_of, in_force
from .case import Case
from .conditions import holds
from .expressions import FactNeeded
from .files import compiled
from .procedures import ACCEPTED, ENDS, SUBMITTER, VOID, Procedure, Span, Step
from .rules import Policy
from .stages import Act, Confirmed, Course, Said, Stage


def procedure_before(case: Case) -> str | None:
    """
    Return the procedure that stands before an operation: the first whose *when* holds.

    Raises:
        FactNeeded: If that cannot be told.
    """
    for name, procedure in case.policy.procedures.items():
        if case.on in procedure.on and holds(procedure.when, case):
            return name
    return None


@frozen(kw_only=True)
class Claim:
    """
    A claim, and how far it has come by a day.

    Args:
        entry: What was submitted.
        position: Where it stands.
        name: Its procedure.
        course: The procedure, with the calendar that counts its days.
        stage: How far it has come; *None* where it has ended, or that cannot be told,
            because working days are counted through a year whose holidays no policy lists.
        lacks: What would have to be known to tell it.
        ended_by: The entry that settled it or made it void.
        counts: Whether it does, where it has ended.
    """

    entry: Entry
    position: Position
    name: str
    course: Course
    stage: Stage | None
    lacks: str | None = None
    ended_by: EntryId | None = None
    counts: bool = False

    @property
    def procedure(self) -> Procedure:
        """What it has to go through."""
        return self.course.procedure

    @property
    def at(self) -> str | None:
        """The step or end it is at; *None* where that cannot be told."""
        if self.ended_by is not None:
            return ACCEPTED if self.counts else VOID
        return self.stage.at if self.stage else None

    @property
    def step(self) -> Step | None:
        """The step it is at; *None* at an end, or where that cannot be told."""
        known = self.at is not None and self.at not in ENDS
        return self.procedure.step(str(self.at)) if known else None


def claim_of(standing: Standing, id: EntryId, day: date) -> Claim | None:
    """Return claim *id* as it is on *day*, or *None* where there is no such claim."""
    members = standing.thread(id)
    placed = next((m for m in members if m[1].id == id and is_claim(m[1])), None)
    if placed is None:
        return None
    position, entry = placed
    policy = compiled(standing.adopted(entry.policy).text)
    name = _procedure_named(entry)
    course = course_of(
        policy.procedures[name], policy, standing, day, body_of(entry.asked)
    )
    acts = [e for _, e in members if claim_acted_on(e) == id]
    ended = next((e for e in acts if ends_claim(e)), None)
    claim = Claim(entry=entry, position=position, name=name, course=course, stage=None)
    if ended is not None:
        return evolve(claim, ended_by=ended.id, counts=ended.settles)
    try:
        stage = course.stage_of(entry.recorded.on, _said(acts), day)
    except FactNeeded as unknown:
        return evolve(claim, lacks=str(unknown))
    return evolve(claim, stage=stage)


def course_of(
    procedure: Procedure,
    policy: Policy,
    standing: Standing,
    day: date,
    body: str | None,
) -> Course:
    """
    Return *procedure* with the calendar that counts its days.

    That is its own policy's; and where that does not list a year, because nobody knew its
    holidays yet, that of the policy in force on *day* for its *body*.
    """

    def last_day(span: Span, start: date) -> date:
        try:
            return span.last_day(start, policy.calendar)
        except FactNeeded:
            today = in_force(standing.adoptions, day, body)
            if today is None or today.hash == policy.hash:
                raise
            return span.last_day(start, compiled(today.text).calendar)

    return Course(procedure, last_day)


def awaiting(name: str, procedure: Procedure, stage: Stage) -> Finding:
    """Return the finding that says what a claim at *stage* waits for."""
    step = procedure.step(stage.at)
    return Finding(
        code=step_code(name, stage.at),
        reason=Reason.PUBLISHED if step.for_ else Reason.AWAITED,
        effect=Effect.WAITS,
        wanted=", ".join(step.by) or None,
        found=stage.until.isoformat() if stage.until else None,
    )


def voided(name: str, stage: Stage) -> Finding:
    """Return the finding that says at which step a claim became void."""
    return Finding(
        code=step_code(name, stage.left or VOID),
        reason=Reason.CLAIM_VOID,
        effect=Effect.VOIDS,
        wanted=stage.since.isoformat(),
        found=stage.left,
    )


def withdrawn(day: date) -> Finding:
    """Return the finding that says that a claim was taken back on *day*."""
    return Finding(
        code="claim",
        reason=Reason.CLAIM_VOID,
        effect=Effect.VOIDS,
        wanted=day.isoformat(),
        found=SUBMITTER,
    )


def step_code(name: str, step: str) -> str:
    """Return the place of a step in the policy."""
    return f"procedures.{name}.steps.{step}"


def _procedure_named(claim: Entry) -> str:
    """Return the procedure of *claim*, which its finding names."""
    codes = [f.code for f in claim.findings if f.effect is Effect.WAITS]
    return codes[0].split(".")[1]


def _said(acts: Iterable[Entry]) -> Iterator[Said]:
    for entry in acts:
        match entry.operation:
            case ConfirmStep(step=step, role=role):
                by = Confirmed(step, entry.actor, role)
                yield Said(Act.CONFIRM, by, entry.recorded.on)
            case ObjectToStep(step=step, role=role):
                by = Confirmed(step, entry.actor, role or "")
                yield Said(Act.OBJECT, by, entry.recorded.on)
            case _:
                continue


def open_claims(standing: Standing, day: date) -> Iterator[Claim]:
    """
    Yield the claims that wait, as they are on *day*, in the order they were submitted.

    Args:
        standing: Folded from the whole journal.
        day: The day on which it is asked.
    """
    placed: list[Placed] = [standing.known[id] for id in standing.claims]
    for _, entry in sorted(placed, key=lambda each: each[0]):
        claim = claim_of(standing, entry.id, day)
        if claim is not None:
            yield claim
