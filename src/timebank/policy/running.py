"""
Running formulas: what should have been paid in all, and what is still to pay of it.
"""

from __future__ import annotations

from fractions import Fraction

from ..model import show
from .case import Case
from .expressions import Formula, number
from .history import Selection, total
from .moving import Moving
from .trace import Stage
from .windows import Window


def still_due(
    moving: Moving, formula: Formula, stretch: Window, before: Case
) -> Fraction:
    """
    Return what a running rule pays now, in one of its unit.

    *formula* says what should have been paid in all over the measure's window.  The rule
    pays what that grows by with this operation, and never more than is still to pay: so
    what a limit dropped before does not come back, and what was paid for a record that
    was undone since is not paid again.

    Args:
        moving: The rule at work; the formula sees the legs of the rules before it.
        formula: What should have been paid in all.
        stretch: The window of the measure that it runs over.
        before: The case before anything moved.
    """
    in_all = number(formula, moving.case)
    grown = in_all - number(formula, before)
    left = in_all - Fraction(_paid(moving, stretch), moving.plan.unit.scale)
    due = max(Fraction(0), min(grown, left))
    moving.case.trace.note(
        Stage.RUNNING,
        f"{moving.plan.code}.running",
        unit=moving.plan.unit,
        in_all=show(in_all),
        grown=show(grown),
        left=show(left),
        due=show(due),
    )
    return due


def _paid(moving: Moving, stretch: Window) -> int:
    """Return what the rule has moved for the subject in the window, in parts."""
    case, subject = moving.case, moving.subject
    own = Selection(unit=moving.plan.rule.unit, rule=moving.plan.name)
    rows = case.past.rows(subject, own, case.span(subject, stretch))
    moved = total(rows)
    return -moved if case.party(moving.plan.source) == subject else moved
