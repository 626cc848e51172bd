"""
An account as its entries have made it: kind, days, kept facts, granted levels.

What was said of it holds from the day it was said for until the next, in whatever order
it was told.  Rules ask as of their own day, so that how late something is told, or how
late somebody lets time pass, changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from attrs import evolve, field, frozen

from .entries import Entry
from .errors import Undeclared
from .model import AccountId, AccountKind, Mode
from .operations import (
    AmendAccount,
    Apply,
    Assess,
    CloseAccount,
    Facts,
    FactValue,
    OpenAccount,
    SetTier,
    TierAction,
)


def _as_it_is(value: FactValue) -> tuple[bool, FactValue]:
    """Return what tells *value* from one that Python takes for equal: 1 from true."""
    return isinstance(value, bool), value


@frozen(kw_only=True)
class Fact:
    """
    What was said of an account, to be kept with it.

    Args:
        name: The fact's.
        value: What it is from then on.
        since: The day it was said for.
    """

    name: str
    value: FactValue = field(eq=_as_it_is)
    since: date


@frozen(kw_only=True)
class Tier:
    """
    A place on a ladder that people decide: one that was said, or the one that is held.

    Args:
        ladder: Which.
        level: The level given; *None* after it was withdrawn, or where it is none.
        suspended: Whether it counts as not held for the time being.  Said without a level
            it suspends what is held then.
        since: The day it was said for.
        until: The last day on which it holds, where it has a term; from then on what was
            held before it is held again.
    """

    ladder: str
    level: str | None
    suspended: bool = False
    since: date
    until: date | None = None


@frozen(kw_only=True)
class Account:
    """
    An account as its entries have made it.

    Args:
        facts: All that the policy has had kept with it, by name and day.
        tiers: All places that it was given, by ladder and day; of one day in the order
            in which they were told.
    """

    id: AccountId
    kind: AccountKind
    mode: Mode
    opened_on: date
    closed_on: date | None = None
    facts: tuple[Fact, ...] = ()
    tiers: tuple[Tier, ...] = ()

    def facts_on(self, day: date = date.max) -> Facts:
        """Return what is kept with it on *day*; by default what was said for the last."""
        day = self._within(day)
        return tuple({f.name: f.value for f in self.facts if f.since <= day}.items())

    def tier(self, ladder: str, day: date) -> Tier | None:
        """Return its place on *ladder* on *day*, or *None* where none was set by then."""
        return _in_term(self._places(ladder, day), self._within(day))

    def placed_since(self, ladder: str, day: date) -> date | None:
        """
        Return since when its place on *ladder* has been what it is on *day*.

        That is the day of the entry that gave it, or the day after a term from which it
        ran back; *None* where none was set by then.
        """
        begun: list[date] = []
        for place in reversed(self._places(ladder, day)):
            if place.until is None or self._within(day) <= place.until:
                return max([place.since, *begun])
            begun.append(place.until + timedelta(days=1))
        return max(begun, default=None)

    def _places(self, ladder: str, day: date) -> list[Tier]:
        """Return what it held on *ladder* up to *day*, each from when it was said."""
        held: list[Tier] = []
        for said in self.tiers:
            if said.ladder == ladder and said.since <= self._within(day):
                held.append(_following(said, _in_term(held, said.since)))
        return held

    def _within(self, day: date) -> date:
        """Return *day*, or that of opening: of those before nothing else can be known."""
        return max(day, self.opened_on)


def _in_term(held: Iterable[Tier], day: date) -> Tier | None:
    """Return the last of *held* whose term, if it has one, is not over on *day*."""
    there = [tier for tier in held if tier.until is None or day <= tier.until]
    return there[-1] if there else None


def _following(said: Tier, before: Tier | None) -> Tier:
    """
    Return the place that is held once *said* is said of whoever has the place *before*.

    A suspended level that is given again is the one it was, its term included.
    """
    if before is None:
        return said
    if said.suspended:
        return evolve(before, suspended=True, since=said.since)
    if before.suspended and before.level == said.level:
        return evolve(before, suspended=False, since=said.since)
    return said


def opened(operation: OpenAccount, day: date) -> Account:
    """Return the account that *operation* opens on *day*."""
    return Account(
        id=operation.account,
        kind=operation.kind,
        mode=operation.mode,
        opened_on=day,
        facts=_kept((), operation, day),
    )


def changed(account: Account | None, entry: Entry) -> Account:
    """Return *account* as *entry* leaves it."""
    operation, day = entry.operation, entry.effective_on
    match operation:
        case OpenAccount():
            return opened(operation, day)
        case AmendAccount() if account is not None:
            return evolve(account, facts=_kept(account.facts, operation, day))
        case CloseAccount() if account is not None:
            return evolve(account, closed_on=day)
        case SetTier() | Apply() | Assess() if account is not None:
            tiers = (*account.tiers, _said(operation, day))
            return evolve(
                account, tiers=tuple(sorted(tiers, key=lambda t: (t.ladder, t.since)))
            )
        case _:
            raise Undeclared(f"the account that {entry.id!r} changes")


def _kept(
    facts: Iterable[Fact], operation: OpenAccount | AmendAccount, day: date
) -> tuple[Fact, ...]:
    """Return *facts* with what *operation* says for *day*, the last word on that day."""
    said = [Fact(name=name, value=value, since=day) for name, value in operation.facts]
    by_day = {(fact.name, fact.since): fact for fact in (*facts, *said)}
    return tuple(by_day[key] for key in sorted(by_day))


def _said(operation: SetTier | Apply | Assess, day: date) -> Tier:
    """Return the place that *operation* sets on *day*."""
    action = operation.action if isinstance(operation, SetTier) else TierAction.GRANT
    return Tier(
        ladder=operation.ladder,
        level=operation.level,
        suspended=action is TierAction.SUSPEND,
        since=day,
        until=operation.until,
    )
