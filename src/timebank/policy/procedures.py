"""
The tables of procedures: what must happen before an operation counts.

How far a claim has come in one is told by `stages`.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final, Literal

from attrs import frozen

from ..texts import Text
from .calendar import Calendar
from .conditions import Condition
from .days import days_later

ACCEPTED: Final = "accepted"
"""The end at which a claim counts."""
VOID: Final = "void"
"""The end at which it never will."""
ENDS: Final = (ACCEPTED, VOID)
SUBMITTER: Final = "submitter"
"""Who submitted the claim, where steps are named whose people must differ."""
EACH: Final = "each"

SPAN: Final = r"([1-9]\d{0,3}) (working )?days?"
"""How a span is written, as a regular expression."""


@frozen
class Span:
    """So many days, or so many working days, the last of them included."""

    count: int
    working: bool = False

    def last_day(self, start: date, calendar: Calendar) -> date:
        """
        Return its last day, where *start* is the day on which it began and does not count.

        Raises:
            FactNeeded: If working days are counted through a year that *calendar* lacks.
        """
        if self.working:
            return calendar.working_days_later(start, self.count)
        return days_later(start, self.count)

    def __str__(self) -> str:
        words = "working days" if self.working else "days"
        return f"{self.count} {words if self.count > 1 else words.removesuffix('s')}"


def span(text: str) -> Span | None:
    """Return the span that *text* writes, such as ``5 working days``, or *None*."""
    found = re.fullmatch(SPAN, text)
    return Span(int(found[1]), bool(found[2])) if found else None


Need = int | Literal["each"]
"""How many different people, or one of each role."""


@frozen(kw_only=True)
class Step:
    """
    One step: people who confirm, or a notice that runs.

    Args:
        name: The step; ``accepted``, ``void`` and ``submitter`` are taken.
        by: The roles of those who can confirm it, one or more; a party of the operation
            (``recipient``) means whoever acts for that account.
        in_person: Whether a party must be called, as actor, as its account is: where nobody
            vouches for who acts for whom.
        need: How many different people must, or ``"each"``: one for every role of ``by``.
        within: How long they have: ``"10 days"``, ``"5 working days"``.  By default for ever.
        for_: Instead of ``by``: how long a notice runs; it is over when nobody has objected.
        else_: Where the claim goes when they have not confirmed by then; goes with
            ``within``.
        then: Where the claim goes when the step is done.  By default to the next step, and
            after the last one to ``accepted``.
        objection: Where it goes when somebody says no: one of those who can confirm, or of
            a notice anybody.
        text: What people call it.
    """

    name: str
    by: tuple[str, ...] = ()
    in_person: bool = False
    need: Need = 1
    within: Span | None = None
    for_: Span | None = None
    else_: str | None = None
    then: str | None = None
    objection: str = VOID
    text: Text | None = None

    @property
    def lasts(self) -> Span | None:
        """How long it lasts at most."""
        return self.for_ or self.within


@frozen(kw_only=True)
class Procedure:
    """
    What must happen before an operation counts.

    Args:
        on: The operations it stands before, one or more.
        steps: In turn.
        when: A condition; of several procedures the first that holds is taken, and where
            none does the operation counts at once.  By default always.
        apart: Steps, and ``submitter``, whose people must all be different.
        text: What people call it.
    """

    on: tuple[str, ...]
    steps: tuple[Step, ...]
    when: Condition | None = None
    apart: tuple[str, ...] = ()
    text: Text | None = None

    def step(self, name: str) -> Step:
        """Return the step *name*."""
        return {step.name: step for step in self.steps}[name]

    def after(self, step: Step) -> str:
        """Return where a claim goes when *step* is done."""
        if step.then is not None:
            return step.then
        onward = self.steps[self.steps.index(step) + 1 :]
        return onward[0].name if onward else ACCEPTED
