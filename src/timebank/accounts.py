"""
An account as its entries have made it: kind, days, kept facts, granted levels.
"""

from __future__ import annotations

from datetime import date, timedelta

from attrs import evolve, frozen

from .entries import Entry
from .errors import Undeclared
from .model import AccountId, AccountKind, Mode
from .operations import (
    AmendAccount,
    Apply,
    Assess,
    CloseAccount,
    Facts,
    OpenAccount,
    SetTier,
    TierAction,
)

_Placing = SetTier | Apply | Assess


@frozen(kw_only=True)
class Tier:
    """
    An account's place on a ladder that people decide.

    Args:
        level: The level given; *None* after it was withdrawn, or where it is none.
        suspended: Whether it counts as not held for the time being.
        since: Effective day of the entry that said so.
        until: The last day on which it holds, where it has a term.
        before: The place it runs back to then; *None* for none.
    """

    level: str | None
    suspended: bool
    since: date
    until: date | None = None
    before: Tier | None = None

    def on(self, day: date) -> Tier | None:
        """Return the place on *day*: this one, or what it ran back to by then."""
        if self.until is None or day <= self.until:
            return self
        return self.before.on(day) if self.before else None

    def begun(self, day: date) -> date:
        """Return since when the place has been what it is on *day*."""
        if self.until is None or day <= self.until:
            return self.since
        back = self.until + timedelta(days=1)
        return max(back, self.before.begun(day)) if self.before else back


@frozen(kw_only=True)
class Account:
    """
    An account as its entries have made it.

    Args:
        facts: What the policy keeps with it.
        tiers: By ladder, in order of name.
    """

    id: AccountId
    kind: AccountKind
    mode: Mode
    opened_on: date
    closed_on: date | None = None
    facts: Facts = ()
    tiers: tuple[tuple[str, Tier], ...] = ()

    def tier(self, ladder: str, day: date = date.min) -> Tier | None:
        """
        Return its place on *ladder*, or *None* where no entry has set one.

        Args:
            ladder: Which.
            day: By when terms may have run out; by default none has.
        """
        found = dict(self.tiers).get(ladder)
        return found.on(day) if found else None

    def placed_since(self, ladder: str, day: date) -> date | None:
        """
        Return since when its place on *ladder* has been what it is on *day*.

        That is the day of the entry that gave it, or the day after a term from which it
        ran back; *None* where no entry has set one.
        """
        found = dict(self.tiers).get(ladder)
        return found.begun(day) if found else None


def opened(operation: OpenAccount, day: date) -> Account:
    """Return the account that *operation* opens on *day*."""
    return Account(
        id=operation.account,
        kind=operation.kind,
        mode=operation.mode,
        opened_on=day,
        facts=operation.facts,
    )


def changed(account: Account | None, entry: Entry) -> Account:
    """Return *account* as *entry* leaves it."""
    operation = entry.operation
    match operation:
        case OpenAccount():
            return opened(operation, entry.effective_on)
        case AmendAccount() if account is not None:
            facts = dict(account.facts) | dict(operation.facts)
            return evolve(account, facts=tuple(sorted(facts.items())))
        case CloseAccount() if account is not None:
            return evolve(account, closed_on=entry.effective_on)
        case SetTier() if account is not None:
            return _placed(account, operation, _set(account, operation, entry))
        case Apply() | Assess() if account is not None:
            return _placed(account, operation, _given(account, operation, entry))
        case _:
            raise Undeclared(f"the account that {entry.id!r} changes")


def _placed(account: Account, operation: _Placing, tier: Tier) -> Account:
    tiers = dict(account.tiers) | {operation.ladder: tier}
    return evolve(account, tiers=tuple(sorted(tiers.items())))


def _given(account: Account, operation: _Placing, entry: Entry) -> Tier:
    """
    Return the place that *operation* gives; one with a term runs back to the last.

    A suspended level that is given again is the one it was, its term included.
    """
    day, until = entry.effective_on, operation.until
    before = account.tier(operation.ladder, day)
    if before is not None and before.suspended and before.level == operation.level:
        return evolve(before, suspended=False, since=day)
    return Tier(
        level=operation.level,
        suspended=False,
        since=day,
        until=until,
        before=before if until is not None else None,
    )


def _set(account: Account, operation: SetTier, entry: Entry) -> Tier:
    day = entry.effective_on
    match operation.action:
        case TierAction.GRANT:
            return _given(account, operation, entry)
        case TierAction.SUSPEND:
            before = account.tier(operation.ladder, day)
            if before is None:
                return Tier(level=None, suspended=True, since=day)
            return evolve(before, suspended=True, since=day)
        case _:
            return Tier(level=None, suspended=False, since=day)
