"""
Which level an account has on a ladder, and where an assessment takes it.

What entries gave is read off the account; from there automatic ways that are open at all
times lead on, for as long as their needs are met.  What is assessed at the end of a period
becomes an entry, which asks here again.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from ..model import AccountId, Effect, EntryId, Finding
from .conditions import Condition, holds, looked_at
from .due_ids import due_id
from .expressions import FactNeeded, Level
from .ladders import Keep, Ladder, Move, MoveBy

if TYPE_CHECKING:
    from ..accounts import Tier
    from .calendar import Calendar
    from .case import Case
    from .windows import Every

Part = tuple[str, Condition | None]
"""A condition and its place."""


def held_tier(case: Case, account: AccountId, name: str) -> Tier | None:
    """Return the place that entries gave *account* on the case's day, where it counts."""
    found = case.account(account)
    tier = found.tier(name, case.day) if found else None
    if tier is None or tier.suspended or tier.level is None:
        return None
    return tier


def held_level(case: Case, account: AccountId, name: str) -> str | None:
    """Return the level that entries gave *account*, this operation among them."""
    start = case.policy.ladders[name].start
    if (account, name) in case.draft.levels:
        return case.draft.levels[account, name] or start
    tier = held_tier(case, account, name)
    return tier.level if tier else start


def level_of(case: Case, role: str, name: str) -> Level:
    """Return the level that *role*'s account has on ladder *name*."""
    ladder = case.policy.ladders[name]
    if not ladder.stored:
        return eligible(case, role, name)
    level = held_level(case, case.roles[role], name) or ""
    seen = {level}
    while (onward := _onward(case.about(role), name, level)) not in (None, *seen):
        level = str(onward)
        seen.add(level)
    return Level(ladder.rank(level), level)


def _onward(case: Case, name: str, level: str) -> str | None:
    """Return where the first automatic way leads that is open at all times and met."""
    ladder = case.policy.ladders[name]
    for index, way, to in automatic_ways(ladder, level):
        if way.every is None and way.closed_until(case.day) is None:
            asked = asked_of(ladder, name, index, to)
            if all(holds(needs, case) for _, needs in asked):
                return to
    return None


def automatic_ways(ladder: Ladder, level: str) -> Iterator[tuple[int, Move, str]]:
    """Yield the automatic ways from *level* with their place and end, in their order."""
    for index, way in enumerate(ladder.moves):
        if way.by is MoveBy.AUTOMATIC and way.from_ == level:
            for to in way.to:
                yield index, way, to


def asked_of(ladder: Ladder, name: str, index: int, to: str) -> tuple[Part, ...]:
    """
    Return what must hold for an automatic way to be taken, each with its place.

    Up: what the ladder, the higher level and the way need.  Down: what the way needs, or,
    where it says nothing, that the level left is no longer met.
    """
    way = ladder.moves[index]
    own = (f"ladders.{name}.moves.{index}.needs", way.needs)
    if ladder.rank(to) > ladder.rank(way.from_):
        return (*needs_of_level(ladder, name, to), own)
    if way.needs is not None:
        return (own,)
    left = [needs for _, needs in needs_of_level(ladder, name, way.from_) if needs]
    unmet = Condition(any=tuple(Condition(negated=(needs,)) for needs in left))
    return ((own[0], unmet),)


def needs_of_level(ladder: Ladder, name: str, level: str) -> tuple[Part, ...]:
    """Return what the ladder and one of its levels need, each with its place."""
    rung = ladder.rung(level)
    return (
        (f"ladders.{name}.needs", ladder.needs),
        (f"ladders.{name}.levels.{level}.needs", rung.needs if rung else None),
    )


def eligible(case: Case, role: str, name: str) -> Level:
    """Return the highest level of ladder *name* whose needs *role* meets now."""
    ladder = case.policy.ladders[name]
    seen_from = case.about(role)
    met = holds(ladder.needs, seen_from)
    for rank in reversed(range(len(ladder.levels))):
        rung = ladder.levels[rank]
        if met and holds(rung.needs, seen_from):
            return Level(rank, rung.name)
    return Level(ladder.rank(ladder.start), ladder.start or "")


# ---------------------------------------------------------------- assessments


@frozen(kw_only=True)
class Assessed:
    """
    Where an assessment takes an account.

    Args:
        level: The level it has from then on; *None* for none.
        until: The last day of it, where it has a term.
        findings: What was met and what was not, as notes.
    """

    level: str | None
    until: date | None
    findings: tuple[Finding, ...]


def assessment_id(day: date, ladder: str, account: AccountId | None = None) -> EntryId:
    """
    Return the one id under which *account* is moved by the assessment of *day*.

    Without an account it is the id of the end of that assessment.
    """
    return due_id(day, "ladder", ladder, *([account] if account else []))


def ends_on(ladder: Ladder, day: date, calendar: Calendar) -> frozenset[Every]:
    """Return the periods of *ladder* that end on *day*."""
    return frozenset(
        period for period in ladder.periods if period.span(day, calendar)[1] == day
    )


def assessed(case: Case, name: str) -> Assessed | None:
    """
    Return where the assessment of the case's day takes its subject; *None*: nowhere.

    Levels and facts are those of that day, whatever was set since.

    Raises:
        FactNeeded: If it hangs on something that is not known.
    """
    ladder = case.policy.ladders[name]
    ending = ends_on(ladder, case.day, case.policy.calendar)
    account = case.account(case.roles[case.subject])
    place = account.tier(name, case.day) if account else None
    if not ending or (place is not None and place.suspended):
        return None
    held = level_of(case, case.subject, name).name
    if ladder.every in ending:
        return _by_levels(case, ladder, name, held)
    for index, way, to in automatic_ways(ladder, held):
        if way.every not in ending or way.closed_until(case.day) is not None:
            continue
        asked = asked_of(ladder, name, index, to)
        if all(holds(needs, case) for _, needs in asked):
            if way.needs is None and ladder.rank(to) < ladder.rank(held):
                asked = needs_of_level(ladder, name, held)
            until = way.term.ends(case.day)[1] if way.term else None
            notes = tuple(_noted(case, asked))
            return Assessed(level=to, until=until, findings=notes)
    return None


def _by_levels(case: Case, ladder: Ladder, name: str, held: str) -> Assessed | None:
    """Return the level that the needs of levels alone lead to from *held*."""
    reached = eligible(case, case.subject, name).name
    if ladder.rank(reached) > ladder.rank(held):
        if ladder.applied_for:
            return None
    elif ladder.keep is Keep.FOR_EVER or reached == held:
        return None
    judged = reached if ladder.rank(reached) > ladder.rank(held) else held
    notes = tuple(_noted(case, needs_of_level(ladder, name, judged)))
    return Assessed(level=reached or None, until=None, findings=notes)


def _noted(case: Case, asked: tuple[Part, ...]) -> Iterator[Finding]:
    account = case.roles[case.subject]
    for place, needs in asked:
        try:
            for finding in looked_at(needs, case, place):
                yield evolve(finding, effect=Effect.NOTES, account=account)
        except FactNeeded:
            continue  # what decided the matter is noted; this did not
