"""
Claims in the plain bank: how far each has come, told from the beginning every time.
"""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from timebank import operations as ops

from .plain_figures import Trial, due_id

ACTS = (ops.ConfirmStep, ops.ObjectToStep, ops.WithdrawClaim, ops.SettleClaim)
ENDS = ("counts", "void")


class Step(NamedTuple):
    """By whom and for how many days; where time, enough of them and a no lead."""

    by: tuple[str, ...]
    need: int | str
    days: int | None
    late: str
    then: str
    no: str


PROCEDURES = {
    "checked": {
        "check": Step(("team", "recipient"), "each", 3, "board", "notice", "void"),
        "board": Step(("board",), 2, 4, "void", "notice", "void"),
        "notice": Step((), 0, 2, "counts", "counts", "board"),
    },
    "agreed": {"agree": Step(("lead",), 1, None, "", "counts", "void")},
    "seen": {"see": Step(("lead", "payee"), 1, 5, "counts", "counts", "void")},
}
APART = ("submitter", "check", "board")
"""Whose people must all be different, where something is checked."""


class Stage:
    """Where a claim is, and who has confirmed what: ``(step, actor, role)``."""

    def __init__(self, steps, day):
        self.steps, self.left, self.ever = steps, None, []
        self.at = ""
        self.enter(next(iter(steps)), day)

    def enter(self, at, day):
        self.left, self.at, self.since, self.here = self.at, at, day, []

    @property
    def until(self):
        days = None if self.at in ENDS else self.steps[self.at].days
        return None if days is None else self.since + timedelta(days=days)

    def wait(self, day):
        """Let the days pass until *day*."""
        while self.until is not None and self.until < day:
            self.enter(self.steps[self.at].late, self.until)

    def confirm(self, actor, role, day):
        self.here.append((actor, role))
        self.ever.append((self.at, actor))
        step = self.steps[self.at]
        if step.need == "each":
            enough = {role for _, role in self.here} >= set(step.by)
        else:
            enough = len({actor for actor, _ in self.here}) >= step.need
        if enough:
            self.enter(step.then, max(day, self.since))

    def object(self, day):
        self.enter(self.steps[self.at].no, max(day, self.since))


def procedure_before(operation):
    match operation:
        case ops.RecordService(service_class="escort"):
            return "checked"
        case ops.PlaceOrder(item="trip"):
            return "agreed"
        case ops.Give(unit="credits", amount=amount) if amount >= 300:
            return "seen"
        case ops.Give(unit="coins" | "vouchers", amount=amount) if amount >= 5:
            return "seen"
    return None


def is_claim(entry):
    return entry is not None and entry.fate == "waits" and not is_act(entry)


def is_act(entry):
    return isinstance(entry.operation, ACTS)


def said_of(books, id):
    return [e for e in books.entries if is_act(e) and e.operation.claim == id]


def ended_by(books, id):
    return next((e for e in said_of(books, id) if e.fate in ENDS), None)


def waiting(books):
    """The claims that wait, in the order in which they were submitted."""
    return [e for e in books.entries if is_claim(e) and not ended_by(books, e.id)]


def stage_of(books, claim, today):
    stage = Stage(PROCEDURES[procedure_before(claim.asked)], claim.today)
    for entry in said_of(books, claim.id):
        stage.wait(entry.today)
        match entry.operation:
            case ops.ConfirmStep(role=role):
                stage.confirm(entry.actor, role, entry.today)
            case ops.ObjectToStep():
                stage.object(entry.today)
    stage.wait(today)
    return stage


def claims_that_ended(books, today):
    """Those that need no more than that somebody looks."""
    for claim in waiting(books):
        stage = stage_of(books, claim, today)
        if stage.at in ENDS:
            day = stage.since + timedelta(days=1)
            yield due_id(day, "claim", claim.id), ops.SettleClaim(claim=claim.id), day


# ---------------------------------------------------------------- deciding


def put_off(trial):
    """Make a claim of what has to wait."""
    operation = trial.operation
    corrects = isinstance(operation, ops.Correct)
    asked = operation.replacement if corrects else operation
    name = procedure_before(asked)
    if name is None or trial.no:
        return
    if name == "checked" and asked.recipient is None:
        trial.say("procedures.checked.steps.check.by")
    else:
        first = next(iter(PROCEDURES[name]))
        trial.legs, trial.notes = [], {f"procedures.{name}.steps.{first}"}
        trial.fate = "waits"


def act(books, trial, operation):
    """Decide what is said of a claim."""
    trial.target = operation.claim
    claim = books.entry(operation.claim)
    if not is_claim(claim) or ended_by(books, claim.id):
        trial.say("claim")
        return
    name = procedure_before(claim.asked)
    stage, at = stage_of(books, claim, trial.today), f"procedures.{name}.steps."
    match operation:
        case ops.WithdrawClaim():
            if trial.actor != claim.actor:
                trial.say("claim")
            trial.notes.add("claim")
            trial.fate = "void"
            return
        case ops.SettleClaim():
            if stage.at not in ENDS:
                trial.say(at + stage.at)
        case ops.ConfirmStep(step=step) | ops.ObjectToStep(step=step) if (
            stage.at != step or stage.at in ENDS
        ):
            trial.say("step")
        case ops.ConfirmStep(role=role):
            check_confirmation(trial, claim, stage, f"procedures.{name}")
            stage.confirm(trial.actor, role, trial.today)
        case ops.ObjectToStep(role=role):
            by = stage.steps[stage.at].by
            if by and role not in by:
                trial.say(f"{at}{stage.at}.by")
            stage.object(trial.today)
    if trial.no:
        return
    trial.fate = stage.at if stage.at in ENDS else "waits"
    if stage.at == "counts":
        put_into_effect(books, trial, claim)
    else:
        trial.notes.add(at + (stage.left if stage.at == "void" else stage.at))


def check_confirmation(trial, claim, stage, code):
    here = f"{code}.steps.{stage.at}"
    if trial.operation.role not in stage.steps[stage.at].by:
        trial.say(f"{here}.by")
    if trial.actor in {actor for actor, _ in stage.here}:
        trial.say(f"{here}.need")
    acted = {step for step, actor in stage.ever if actor == trial.actor}
    acted |= {"submitter"} if claim.actor == trial.actor else set()
    if stage.at in APART and (acted - {stage.at}) & set(APART):
        trial.say(f"{code}.apart")


def put_into_effect(books, trial, claim):
    """Decide the claim again: of its day, by its policy, as things are now."""
    again = Trial(claim.id, claim.operation, claim.day, trial.today)
    again.policy, again.bounds = claim.policy, trial.bounds
    again.judged = trial.judged
    books.draft(again)
    trial.legs, trial.no = again.legs, trial.no | again.no
    trial.notes |= again.notes
