"""
Periods at whose end a ladder is assessed: who moves, and that it was done.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from ..accounts import Account
from ..model import Position
from ..operations import Assess, EndAssessment
from ..policy.calendar import Calendar
from ..policy.case import case_of
from ..policy.days import days_later
from ..policy.expressions import FactNeeded
from ..policy.files import compiled
from ..policy.ladders import Ladder
from ..policy.rules import NAMED, Policy
from ..policy.tiers import assessed, assessment_id
from ..policy.windows import Window
from ..standing import Standing
from .things import Due


def assessments(books: Standing, until: date) -> Iterator[Due]:
    """
    Yield what the first assessment that is not over has still to do.

    A period's last day has to be over; nobody is assessed before there were accounts.
    Ladders of one day are assessed in the order of the file, each as those before it left
    things.  When nobody is left to be moved, that it was done falls due itself.
    """
    open_ = min(_open(books, until), default=None)
    if open_ is None:
        return
    day, _, _, name, policy = open_
    moved = False
    for due in _assessment(books, policy, name, day):
        moved = True
        yield due
    if not moved:
        yield Due(
            id=assessment_id(day, name), operation=EndAssessment(ladder=name), on=day
        )


_Open = tuple[date, Position, int, str, Policy]
"""When, by which policy, and which of its ladders."""


def _open(books: Standing, until: date) -> Iterator[_Open]:
    """Yield for each ladder the first assessment before *until* that is not over."""
    people = (a for a in books.accounts.values() if a.kind not in NAMED)
    began = min((account.opened_on for account in people), default=until)
    for adoption in books.adoptions:
        policy = compiled(adoption.text)
        for index, (name, ladder) in enumerate(policy.ladders.items()):
            for day in _ends(ladder, policy.calendar, max(adoption.holds_from, began)):
                if day >= until:
                    break
                if (
                    assessment_id(day, name) not in books.known
                    and books.policy_on(day) is adoption
                ):
                    yield day, adoption.position, index, name, policy
                    break


def _ends(ladder: Ladder, calendar: Calendar, day: date) -> Iterator[date]:
    """Yield the last days of the periods of *ladder* from *day* on."""
    while ladder.periods and day < date.max:
        spans = (Window(period).span(day, calendar) for period in ladder.periods)
        last = min(end for _, end in spans if end is not None)
        yield last
        day = days_later(last, 1)


def _assessment(books: Standing, policy: Policy, name: str, day: date) -> Iterator[Due]:
    """Yield who is moved by the assessment of *day*."""
    for id, account in books.accounts.items():
        if not _is_asked(account, day):
            continue
        try:
            to = assessed(case_of(policy, books, id, day), name)
        except FactNeeded:
            continue  # what is not known of somebody moves nobody
        if to is not None:
            yield Due(
                id=assessment_id(day, name, id),
                operation=Assess(
                    account=id, ladder=name, level=to.level, until=to.until
                ),
                on=day,
            )


def _is_asked(account: Account, day: date) -> bool:
    there = account.opened_on <= day and account.closed_on is None
    return there and account.kind not in NAMED
