"""
Periods at whose end a ladder is assessed: who moves, and that it was done.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from heapq import merge
from typing import Final, NamedTuple

from ..accounts import Account
from ..adoptions import Adoption
from ..operations import Assess, EndAssessment
from ..policy.calendar import Calendar
from ..policy.case import case_of
from ..policy.days import days_later
from ..policy.expressions import FactNeeded
from ..policy.files import compiled
from ..policy.ladders import Ladder
from ..policy.rules import NAMED, Policy
from ..policy.tiers import assessed, assessment_id
from ..standing import Standing
from .things import Due, Timetable, Turn, over


class _Assessment(NamedTuple):
    """An assessment that is not over: when, and by which ladder of which policy."""

    day: date
    adopted_at: int
    place: int
    name: str
    text: str


def _turns(books: Standing, until: date) -> Iterator[Turn]:
    """
    Yield for each assessment that is not over who is to move, and then that it was done.

    A period's last day has to be over; nobody is assessed before there were accounts.
    Ladders of one day are assessed in the order of the file, each as those before it left
    things.  Where a move is refused the assessment is not over, and none after it begins.
    """
    people = [a for a in books.accounts.values() if a.kind not in NAMED]
    began = min((account.opened_on for account in people), default=until)
    ladders = [
        _open(books, adoption, place, max(adoption.holds_from, began), until)
        for adoption in books.adoptions
        for place in range(len(compiled(adoption.text).ladders))
    ]
    for day, _, _, name, text in merge(*ladders):
        morning = over(day)
        yield morning, ()  # who is to move is seen when it comes
        policy = compiled(text)
        moves = list(_moves(books, policy, name, day))
        while any(each.id not in books.known for each in moves):
            yield morning, moves
            if any(each.id not in books.known for each in moves):
                moves = list(_moves(books, policy, name, day))
        done = assessment_id(day, name)
        while done not in books.known:
            yield morning, [Due(id=done, operation=EndAssessment(ladder=name), on=day)]


ASSESSMENTS: Final = Timetable(_turns)


def _open(
    books: Standing, adoption: Adoption, place: int, first: date, until: date
) -> Iterator[_Assessment]:
    """Yield the assessments of a ladder from *first* on that are not over, in order."""
    policy = compiled(adoption.text)
    name, ladder = list(policy.ladders.items())[place]
    for day in _ends(ladder, policy.calendar, first):
        if day >= until:
            return
        if (
            assessment_id(day, name) not in books.known
            and books.policy_on(day) is adoption
        ):
            yield _Assessment(day, adoption.position, place, name, adoption.text)


def _ends(ladder: Ladder, calendar: Calendar, day: date) -> Iterator[date]:
    """Yield the last days of the periods of *ladder* from *day* on."""
    while ladder.periods and day < date.max:
        last = min(every.span(day, calendar)[1] for every in ladder.periods)
        yield last
        day = days_later(last, 1)


def _moves(books: Standing, policy: Policy, name: str, day: date) -> Iterator[Due]:
    """Yield who is moved by the assessment of *day*, each once."""
    for account in books.accounts.values():
        id = assessment_id(day, name, account.id)
        if id in books.known or not _is_asked(account, day):
            continue
        try:
            to = assessed(case_of(policy, books, account.id, day), name)
        except FactNeeded:
            continue  # what is not known of somebody moves nobody
        if to is not None:
            yield Due(
                id=id,
                operation=Assess(
                    account=account.id, ladder=name, level=to.level, until=to.until
                ),
                on=day,
            )


def _is_asked(account: Account, day: date) -> bool:
    there = account.opened_on <= day and account.closed_on is None
    return there and account.kind not in NAMED
