"""
Deciding what is said of claims; and which operations become claims.

An operation that a procedure stands before is decided like any other, and refused if that
is refused.  What it would move is then left out, and it waits.  What is said of it counts
on the day the bank learns of it, so that nobody is in time by writing an earlier day.
"""

from __future__ import annotations

from typing import Final

from attrs import evolve, frozen

from ..model import Effect, EntryId, Reason
from ..operations import (
    Assess,
    ConfirmStep,
    ExpireLot,
    ObjectToStep,
    PlaceOrder,
    SettleClaim,
    WithdrawClaim,
    asked_of,
)
from ..policy.asking import Asking, askings
from ..policy.bodies import body_of
from ..policy.case import Case
from ..policy.claims import (
    Claim,
    awaiting,
    claim_of,
    course_of,
    procedure_before,
    step_code,
    voided,
    withdrawn,
)
from ..policy.conditions import fact_needed
from ..policy.draft import Draft
from ..policy.expressions import FactNeeded
from ..policy.procedures import ACCEPTED, EACH, SUBMITTER, VOID, Procedure, Step
from ..policy.shapes import ROLES
from ..policy.stages import Act, Confirmed, Said, Stage
from ..policy.trace import Stage as Decided
from .desk import Desk

# ---------------------------------------------------------------- becoming a claim

OF_ITSELF: Final = (Assess, ExpireLot)
"""What time brings and the facts of a day decide: there is nothing to confirm in it."""


def put_off(desk: Desk) -> None:
    """
    Make a claim of the request, where a procedure stands before what it asks.

    A correction waits for the procedure that stands before what it puts in place; what it
    corrects stands until then.
    """
    if desk.adoption is None or not desk.policy.procedures or desk.refused:
        return
    operation = desk.request.operation
    asked = asked_of(operation)
    asks = () if isinstance(asked, OF_ITSELF) else askings(asked, desk.policy)
    names = {name for ask in asks if (name := _procedure_before(desk, ask))}
    name = next((name for name in desk.policy.procedures if name in names), None)
    if name is None or desk.refused:
        return
    procedure = desk.policy.procedures[name]
    _check_parties(desk, name, procedure, asks[0])
    if desk.refused:
        return
    course = course_of(
        procedure,
        desk.policy,
        desk.standing,
        desk.recorded.on,
        body_of(asked),
    )
    try:
        stage = course.begin(desk.recorded.on)
    except FactNeeded as unknown:
        code = step_code(name, procedure.steps[0].name)
        desk.findings.append(fact_needed(code, unknown))
        return
    desk.trace.note(Decided.AWAITS, f"procedures.{name}", procedure=name)
    desk.draft = Draft(desk.draft.position, desk.draft.day)
    desk.findings = [awaiting(name, procedure, stage)]


def _procedure_before(desk: Desk, ask: Asking) -> str | None:
    case: Case = desk.case(ask).before()
    if isinstance(asked_of(desk.request.operation), PlaceOrder):
        fields = desk.priced(case)
        case = evolve(case, fields=fields) if fields else case
    try:
        return procedure_before(case)
    except FactNeeded as unknown:
        desk.findings.append(fact_needed("procedures", unknown))
        return None


def _check_parties(desk: Desk, name: str, procedure: Procedure, ask: Asking) -> None:
    """Find steps that a party has to confirm which the operation does not name."""
    parties = {role for role in ask.shape.roles if role not in ask.roles}
    for step in procedure.steps:
        lacking = [role for role in step.by if role in parties]
        if lacking and (step.need == EACH or len(lacking) == len(step.by)):
            desk.refuse(
                f"{step_code(name, step.name)}.by",
                Reason.FACT_NEEDED,
                wanted=", ".join(lacking),
            )


# ---------------------------------------------------------------- what is said of one


@frozen
class _Open:
    """A claim that waits, and how far it has come."""

    claim: Claim
    stage: Stage

    def code(self, key: str = "") -> str:
        """Return the place in the policy of the step it is at."""
        return step_code(self.claim.name, self.stage.at) + key


def decide_confirm(desk: Desk, operation: ConfirmStep) -> None:
    """Confirm a step: by those it asks for, each once, and apart from whom it must be."""
    found = _open(desk, operation.claim)
    step = _at_step(desk, found, operation.step)
    if found is None or step is None:
        return
    _check_role(desk, found, step, operation.role)
    actor = desk.request.actor
    if actor in {each.actor for each in found.stage.confirmed}:
        desk.refuse(found.code(".need"), Reason.STEP_TWICE, found=actor)
    _check_apart(desk, found, step, actor)
    _say(desk, found, Act.CONFIRM, operation.role)


def decide_object(desk: Desk, operation: ObjectToStep) -> None:
    """Say no at a step: one of those it asks for, or of a notice anybody."""
    found = _open(desk, operation.claim)
    step = _at_step(desk, found, operation.step)
    if found is None or step is None:
        return
    if step.by:
        _check_role(desk, found, step, operation.role or "")
    _say(desk, found, Act.OBJECT, operation.role or "")


def decide_withdraw(desk: Desk, operation: WithdrawClaim) -> None:
    """Take a claim back: its submitter may, and others say no to it."""
    claim = _waiting(desk, operation.claim)
    if claim is None:
        return
    if desk.request.actor != claim.entry.actor:
        desk.refuse(
            "claim",
            Reason.SUBMITTER,
            wanted=claim.entry.actor,
            found=desk.request.actor,
        )
        return
    desk.findings.append(withdrawn(desk.recorded.on))


def decide_settle(desk: Desk, operation: SettleClaim) -> None:
    """Let a claim count, or not, on which time has decided by the request's day."""
    found = _open(desk, operation.claim)
    if found is None:
        return
    if found.stage.ended:
        left = found.stage.left or ""
        desk.trace.note(
            Decided.DECIDED,
            step_code(found.claim.name, left),
            procedure=found.claim.name,
            step=left,
            last=found.stage.since,
            result=found.stage.at,
        )
        _go_on(desk, found.claim, found.stage)
        return
    waits = awaiting(found.claim.name, found.claim.procedure, found.stage)
    desk.findings.append(evolve(waits, effect=Effect.REFUSES))


def _waiting(desk: Desk, id: EntryId) -> Claim | None:
    """Return a claim that waits, or add a finding."""
    desk.target = id
    known = desk.standing.find(id) is not None
    claim = claim_of(desk.standing, id, desk.today) if known else None
    if claim is None:
        desk.refuse("claim", Reason.CLAIM_UNKNOWN, found=id)
    elif claim.ended_by is not None:
        desk.refuse("claim", Reason.CLAIM_ENDED, wanted=id, found=claim.ended_by)
    else:
        return claim
    return None


def _open(desk: Desk, id: EntryId) -> _Open | None:
    """Return a claim that waits, as time has left it, or add a finding."""
    claim = _waiting(desk, id)
    if claim is None:
        return None
    if claim.stage is None:
        desk.refuse("claim", Reason.FACT_NEEDED, wanted=claim.lacks)
        return None
    return _Open(claim, claim.stage)


def _at_step(desk: Desk, found: _Open | None, name: str) -> Step | None:
    """Return the step *name* if the claim is at it, or add a finding."""
    if found is None:
        return None
    step = found.claim.step
    if step is None or step.name != name:
        desk.refuse("step", Reason.STEP_PAST, wanted=found.stage.at, found=name)
        return None
    return step


def _check_role(desk: Desk, found: _Open, step: Step, role: str) -> None:
    if role not in step.by:
        by = ", ".join(step.by)
        desk.refuse(found.code(".by"), Reason.STEP_ROLE, wanted=by, found=role)
    elif step.in_person and role in ROLES:
        asks = askings(asked_of(found.claim.entry.operation), desk.policy)
        parties = sorted({ask.roles[role] for ask in asks if role in ask.roles})
        if desk.request.actor not in parties:
            desk.refuse(
                found.code(".in_person"),
                Reason.STEP_ROLE,
                wanted=", ".join(parties),
                found=desk.request.actor,
            )


def _check_apart(desk: Desk, found: _Open, step: Step, actor: str) -> None:
    """Find somebody who acted where the policy wants another; one person, all roles."""
    apart = found.claim.procedure.apart
    if step.name not in apart:
        return
    acted = {
        each.step
        for each in found.stage.ever
        if each.step in apart and each.step != step.name and each.actor == actor
    }
    if SUBMITTER in apart and found.claim.entry.actor == actor:
        acted.add(SUBMITTER)
    if acted:
        desk.refuse(
            f"procedures.{found.claim.name}.apart",
            Reason.APART,
            wanted=", ".join(sorted(acted)),
            found=actor,
        )


def _say(desk: Desk, found: _Open, act: Act, role: str) -> None:
    if desk.refused:
        return
    by = Confirmed(found.stage.at, desk.request.actor, role)
    said = Said(act, by, desk.recorded.on)
    try:
        stage = found.claim.course.take(found.stage, said)
    except FactNeeded as unknown:
        desk.findings.append(fact_needed(found.code(), unknown))
        return
    _go_on(desk, found.claim, stage)


def _go_on(desk: Desk, claim: Claim, stage: Stage) -> None:
    """Say where the claim is now; at the end it is decided again, or void."""
    if stage.at == ACCEPTED:
        desk.settling = claim
    elif stage.at == VOID:
        desk.findings.append(voided(claim.name, stage))
    else:
        desk.findings.append(awaiting(claim.name, claim.procedure, stage))


def put_into_effect(desk: Desk, claim: Claim) -> Desk:
    """
    Return a desk that decides *claim* again: its day, its facts, its policy.

    What it moves counts where the claim stands; floors, caps and lots are those of the
    day on which it is settled.
    """
    entry = claim.entry
    request = evolve(
        desk.request,
        id=entry.id,
        operation=entry.operation,
        effective_on=entry.effective_on,
    )
    again = Desk(
        request=request,
        standing=desk.standing,
        recorded=desk.recorded,
        trace=desk.trace,
        claim=claim,
    )
    again.adoption, again.policy = desk.adoption, desk.policy
    again.today = desk.today
    about = desk.standing.said(entry.asked)
    again.draft = Draft(claim.position, entry.effective_on, about)
    return again
