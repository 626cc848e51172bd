"""
Deciding to publish a ranking.

What can be told of those who are on the list is looked at here, each by what the books say
now.  Whether somebody is missing is a question to all the books: an audit asks it.
"""

from __future__ import annotations

from ..entries import Entry
from ..model import AccountId, Reason
from ..operations import TAGS, Place, PublishRanking
from ..policy.asking import line_of
from ..policy.case import Case
from ..policy.conditions import fact_needed, failures
from ..policy.days import days_later
from ..policy.expressions import FactNeeded
from ..policy.functions import functions_needed
from ..policy.movement import move
from ..policy.ranked import Key, ends_on, key_of, line, placed, ranking_id, within
from ..policy.rankings import Ranking
from .desk import Desk


def decide_ranking(
    desk: Desk,
    operation: PublishRanking,
    *,
    instead_of: Entry | None = None,
) -> None:
    """
    Record a list, and move for each on it what rules on ``rank`` say.

    A list that has gone through a procedure counts as it was submitted: what came after
    is for objections.

    Args:
        desk: Where; its draft may hold the legs that a correction undoes.
        operation: What is asked; the request's day is the one that the values are of.
        instead_of: The list that it replaces.
    """
    name = operation.ranking
    ranking = desk.policy.rankings.get(name)
    if ranking is None:
        known = ", ".join(desk.policy.rankings)
        desk.refuse("rankings", Reason.NOT_IN_POLICY, wanted=known, found=name)
        return
    _check_once(desk, operation, instead_of)
    _check_over(desk, operation, ranking)
    code, there = f"rankings.{name}", desk.standing.functions
    desk.findings += functions_needed(ranking, code, desk.policy, there)
    cases = [(place, _case(desk, name, place)) for place in operation.places]
    keys: dict[AccountId, Key] = {}
    for place, case in cases:
        if case is not None and desk.claim is None:
            keys |= _looked_at(desk, case, ranking, place)
    if desk.claim is None:
        _check_order(desk, operation, ranking, keys)
    moved = [case for _, case in cases if case is not None and not desk.refused]
    for case in moved:
        found = move(case, desk.bench())
        desk.findings += (each for each in found if each not in desk.findings)
    desk.raise_flags(*moved)


def _check_once(
    desk: Desk, operation: PublishRanking, instead_of: Entry | None
) -> None:
    """Find a list of that day published under another id, or put in another's place."""
    day = desk.request.effective_on
    if instead_of is None:
        only = ranking_id(desk.standing, operation.ranking, day)
        if desk.request.id != only:
            desk.refuse("id", Reason.ID_DUE, wanted=only, found=desk.request.id)
        return
    before = instead_of.asked
    same = isinstance(before, PublishRanking) and before.ranking == operation.ranking
    if not same or instead_of.effective_on != day:
        desk.refuse(
            "replacement",
            Reason.CORRECTION_KIND,
            wanted=f"{TAGS[PublishRanking]} {instead_of.effective_on}",
            found=f"{TAGS[PublishRanking]} {day}",
        )


def _check_over(desk: Desk, operation: PublishRanking, ranking: Ranking) -> None:
    """Find a day that ends no period, one not over yet, and a position still to come."""
    code, day = f"rankings.{operation.ranking}", desk.request.effective_on
    if not ends_on(ranking, day, desk.policy.calendar):
        desk.refuse(
            f"{code}.every",
            Reason.NO_PERIOD_END,
            wanted=str(ranking.every),
            found=day.isoformat(),
        )
    due = days_later(day, 1)
    if ranking.every is not None and desk.recorded.on < due:
        desk.refuse(
            f"{code}.every",
            Reason.NOT_DUE,
            wanted=due.isoformat(),
            found=desk.recorded.on.isoformat(),
        )
    if operation.through > desk.standing.head:
        desk.refuse(
            "through",
            Reason.AT_MOST,
            wanted=desk.standing.head,
            found=operation.through,
        )


def _case(desk: Desk, name: str, place: Place) -> Case | None:
    """Return the case of one line, or *None* and a finding where nobody is there."""
    before = len(desk.findings)
    desk.check_open(place.account, f"rankings.{name}")
    known = len(desk.findings) == before
    return desk.case(line_of(name, place)) if known else None


def _looked_at(
    desk: Desk, case: Case, ranking: Ranking, place: Place
) -> dict[AccountId, Key]:
    """Return what the account of one line is ranked by, or add findings."""
    code = f"rankings.{case.fields['ranking']}"
    asked = case.of_account(place.account)
    desk.findings += failures(ranking.among, asked, f"{code}.among")
    try:
        return {place.account: key_of(ranking, asked)}
    except FactNeeded as unknown:
        desk.findings.append(fact_needed(f"{code}.value", unknown))
        return {}


def _check_order(
    desk: Desk,
    operation: PublishRanking,
    ranking: Ranking,
    keys: dict[AccountId, Key],
) -> None:
    """Find lines that are not what the books say, and a list that is too long."""
    code = f"rankings.{operation.ranking}"
    if desk.refused:
        return
    wanted = tuple(placed(keys.items()))
    for should, line_found in zip(wanted, operation.places, strict=False):
        if should != line_found:
            desk.refuse(
                f"{code}.value",
                Reason.RANKED_OTHERWISE,
                wanted=_told(should),
                found=_told(line_found),
                account=line_found.account,
            )
            return
    if len(wanted) != len(operation.places):
        desk.refuse(
            f"{code}.value",
            Reason.RANKED_OTHERWISE,
            wanted=str(len(wanted)),
            found=str(len(operation.places)),
        )
    if not within(ranking, wanted, line(ranking)):
        desk.refuse(
            f"{code}.take",
            Reason.AT_MOST,
            wanted=line(ranking),
            found=len(operation.places),
        )


def _told(place: Place) -> str:
    return f"{place.place}. {place.account} ({place.value})"
