"""
What a limit holds already: how much, or how often, in every window that it looks at.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date

from attrs import frozen

from ..labels import QUANTITY, Labels
from ..model import AccountId
from .expressions import FactNeeded, Named, number
from .filters import Side
from .history import Rows, Selection, days, pieces, selection_of, times, total
from .measures import COUNTED, Measure, MeasureKind
from .moving import Moving
from .rules import Limit
from .windows import Span, Window, is_window, window


@frozen(kw_only=True)
class Tally:
    """
    What a limit holds already.

    Args:
        parts: How much, in the rule's unit.
        times: How often, or how many pieces, this movement included, where these are
            counted and not amounts.
        own: How much of that this movement is.
    """

    parts: int = 0
    times: int | None = None
    own: int = 1


@frozen(kw_only=True)
class Scope:
    """
    What a limit looks at.

    Args:
        account: Whose movements.
        selection: Which of them.
        window: On which days.
        kind: Whether amounts are added up, or times or days counted.
    """

    account: AccountId
    selection: Selection
    window: Window
    kind: MeasureKind = MeasureKind.SUM


def _of_measure(account: AccountId, measure: Measure) -> Scope:
    return Scope(
        account=account,
        selection=selection_of(measure),
        window=measure.window,
        kind=measure.kind,
    )


def _of_window(moving: Moving, key: str, limit: Limit) -> Scope:
    """Return what a limit over a window looks at: what its own rule moved."""
    leaves = moving.case.party(moving.plan.source) == moving.subject
    return Scope(
        account=moving.subject,
        selection=Selection(
            unit=moving.plan.rule.unit,
            rule=moving.plan.name,
            where=limit.where,
            same=limit.same,
            side=Side.OUT if leaves else Side.IN,
        ),
        window=window(key),
        kind=MeasureKind.COUNT if any(limit.counted) else MeasureKind.SUM,
    )


def account_of(moving: Moving, key: str) -> AccountId | None:
    """Return whose figure the limit *key* looks at; *None* where nobody knows."""
    whose = "" if is_window(key) else key.rpartition(".")[0]
    return moving.case.party(whose) if whose else moving.subject


def tally(moving: Moving, key: str, limit: Limit, *, drafted: int = 0) -> Tally | None:
    """
    Return what *limit* holds already; *None* where it does not look at this movement.

    Args:
        moving: The rule at work.
        key: The window or measure that the limit stands under.
        limit: What it says.
        drafted: How much of this movement is in the draft already, where it is put back.

    Raises:
        FactNeeded: If the operation does not say what is to be the same, or nobody knows
            whose measure it is.
    """
    case = moving.case
    whose, _, name = key.rpartition(".")
    if is_window(key):
        scope = _of_window(moving, key, limit)
    else:
        account = account_of(moving, key)
        if account is None:
            raise FactNeeded(whose)
        measure = case.policy.measures[name]
        if measure.kind not in COUNTED:
            held = case.measure(account, measure)
            return Tally(parts=math.floor(held * moving.plan.unit.scale))
        scope = _of_measure(account, measure)
    if not _is_met(moving, scope):
        return None
    several = list(_windows(moving, scope))
    if not several:
        return None  # the day lies in no such window
    match scope.kind:
        case MeasureKind.COUNT:
            counted = pieces if limit.pieces else times
            own = int(number(Named(QUANTITY), case)) if limit.pieces else 1
            before = max(map(counted, several)) - (own if drafted else 0)
            return Tally(times=before + own, own=own)
        case MeasureKind.DAYS:
            return Tally(times=max(len(days(rows) | {case.day}) for rows in several))
        case _:
            return Tally(parts=max(map(total, several)) - drafted)


def _is_met(moving: Moving, scope: Scope) -> bool:
    """Return whether what the rule is about to move would be counted."""
    where = scope.selection.where
    if not where.tests:
        return True
    labels = _labels(moving, scope.account)
    return moving.case.past.passes(moving.plan.name, labels, where)


def _labels(moving: Moving, account: AccountId) -> Labels:
    """Return the labels that the movement will have, seen from *account*."""
    case = moving.case
    ends = [case.party(word) for word in (moving.plan.source, *moving.plan.goals.words)]
    kinds = {case.kind_of(end) for end in ends if end is not None and end != account}
    others = (("other", kind.value) for kind in kinds if kind is not None)
    return tuple(sorted([*case.draft.about, *others]))


def _windows(moving: Moving, scope: Scope) -> Iterator[Rows]:
    """
    Yield what is counted, for each window that holds the day.

    A window of the calendar is one; a rolling one also ends on every later day on which
    something was recorded, so that back-dating gains nothing.
    """
    case, account, stretch = moving.case, scope.account, scope.window
    if not stretch.rolling:
        span = case.span(account, stretch)
        rows = case.past.rows(account, scope.selection, span)
        if _holds(span, case.day):
            yield rows
        return
    calendar = case.policy.calendar
    reach = stretch.reach(case.day, calendar)
    rows = case.past.rows(account, scope.selection, reach)
    later = {event.day for event, _ in rows if event.day > case.day}
    for end in (case.day, *later):
        span = stretch.span(end, calendar)
        if _holds(span, case.day):
            yield [row for row in rows if _holds(span, row[0].day)]


def _holds(span: Span, day: date) -> bool:
    """Return whether *day* is one of *span*."""
    first, last = span
    return (first or date.min) <= day <= (last or date.max)
