"""
Who stands where in a ranking.

The whole list is a fold over everybody; what can be told of those who are on it, each by
itself, `decide` looks at again.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Final

from ..claims import counting, is_voided
from ..entries import Entry
from ..model import AccountId, EntryId, show
from ..operations import Place, PublishRanking, Reverse
from ..standing import Standing
from .calendar import Calendar
from .case import Case, case_of
from .conditions import holds
from .due_ids import due_id
from .expressions import FactNeeded, Named, number
from .rankings import Ranking
from .rules import NAMED, Policy

Key = tuple[Fraction, ...]
"""What an account is ranked by: its value, then what tells it from others of the same."""


LISTS_MAX: Final = 10
"""How often a ranking of one day may be submitted; the ones before are void or undone."""


def ranking_ids(name: str, day: date) -> tuple[EntryId, ...]:
    """Return the ids under which a ranking of *day* may be published, in turn."""
    again = map(str, range(2, LISTS_MAX + 1))
    first = due_id(day, "ranking", name)
    return (first, *(due_id(day, "ranking", name, times) for times in again))


def ranking_id(standing: Standing, name: str, day: date) -> EntryId:
    """
    Return the one id under which a ranking of *day* can be published now.

    A list that was objected to is void, one that was reversed undone, and another one has
    the next id.

    Args:
        standing: It has to know the threads of `ranking_ids`.
        name: The policy's ranking.
        day: The day that the values are of.
    """
    *ids, last = ranking_ids(name, day)
    return next((id for id in ids if not _is_gone(id, standing)), last)


def _is_gone(id: EntryId, standing: Standing) -> bool:
    """Return whether a list was published that counts no more, or never will."""
    thread = standing.thread(id)
    reversed_ = (isinstance(e.operation, Reverse) and e.target == id for _, e in thread)
    return is_voided(id, thread) or any(reversed_)


def ranked(
    name: str, day: date, policy: Policy, standing: Standing
) -> tuple[Place, ...]:
    """Return the list of ranking *name* on *day*, by the whole *standing*."""
    ranking = policy.rankings[name]
    keys = {}
    for id, account in standing.accounts.items():
        there = account.opened_on <= day and account.closed_on is None
        if account.kind in NAMED or not there:
            continue
        case = case_of(policy, standing, id, day)
        try:
            if holds(ranking.among, case):
                keys[id] = key_of(ranking, case)
        except FactNeeded:
            continue  # of whom it is not known, there is nothing to compare
    return tuple(_taken(ranking, keys))


def published(name: str, standing: Standing, day: date | None = None) -> Entry | None:
    """
    Return the list of ranking *name* that counts: of *day*, or the one published last.

    One that waits, that was reversed or that another was put in place of does not.

    Args:
        name: The policy's ranking.
        standing: The whole of it.
        day: The day that the values are of.
    """
    lists = [
        (position, entry)
        for thread in standing.threads.values()
        for position, entry in counting(thread)
        if isinstance(entry.asked, PublishRanking)
        and entry.asked.ranking == name
        and day in (None, entry.effective_on)
        and standing.undone_by(entry.id) is None
    ]
    return max(lists, key=itemgetter(0), default=(0, None))[1]


def key_of(ranking: Ranking, case: Case) -> Key:
    """
    Return what the case's account is ranked by.

    Raises:
        FactNeeded: If it hangs on something that is not known.
    """
    by = (number(Named(name), case) for name in ranking.ties.by)
    return (number(ranking.value, case), *by)


def placed(keys: Iterable[tuple[AccountId, Key]]) -> Iterator[Place]:
    """
    Yield the places of *keys*, high first; who ties has the same place, in order of id.

    After two at place 2 comes place 4.
    """
    high_first = sorted(keys, key=itemgetter(0))
    high_first.sort(key=itemgetter(1), reverse=True)
    above = 0
    for _, group in groupby(high_first, key=itemgetter(1)):
        tied = list(group)
        for account, key in tied:
            yield Place(account=account, value=show(key[0]), place=above + 1)
        above += len(tied)


def line(ranking: Ranking, ranked: int | None = None) -> int | None:
    """
    Return how many are taken, those that tie across the line apart; *None*: all.

    A share of those *ranked* is known only where their number is.
    """
    if ranking.take is None or (ranking.take < 1 and ranked is None):
        return None
    share = ranking.take if ranking.take >= 1 else ranking.take * (ranked or 0)
    return math.floor(share)


def within(ranking: Ranking, places: Sequence[Place], line: int | None) -> bool:
    """Return whether a list in order goes no further than the *line* allows."""
    if line is None or not places:
        return True
    return places[-1].place <= line if ranking.ties.kept else len(places) <= line


def ends_on(ranking: Ranking, day: date, calendar: Calendar) -> bool:
    """Return whether the values of *day* may be ranked: the last of a period, if there are."""
    every = ranking.every
    return every is None or every.span(day, calendar)[1] == day


def _taken(ranking: Ranking, keys: Mapping[AccountId, Key]) -> Iterator[Place]:
    most, taken = line(ranking, len(keys)), list[Place]()
    for _, group in groupby(placed(keys.items()), key=attrgetter("place")):
        tied = list(group)
        if not within(ranking, [*taken, *tied], most):
            break
        taken += tied
    yield from taken
