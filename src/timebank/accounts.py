"""
An account as its entries have made it: kind, days, kept facts, granted levels.
"""

from __future__ import annotations

from datetime import date

from attrs import evolve, frozen

from .entries import Entry
from .errors import Undeclared
from .model import AccountId, AccountKind, Mode
from .operations import (
    AmendAccount,
    Apply,
    CloseAccount,
    Facts,
    OpenAccount,
    SetTier,
    TierAction,
)


@frozen(kw_only=True)
class Tier:
    """
    An account's place on a ladder that people decide.

    Args:
        level: The level granted; *None* after it was withdrawn.
        suspended: Whether it counts as not held for the time being.
        since: Effective day of the entry that said so.
    """

    level: str | None
    suspended: bool
    since: date


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

    def tier(self, ladder: str) -> Tier | None:
        """Return its place on *ladder*, or *None* where no entry has set one."""
        return dict(self.tiers).get(ladder)


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
            tiers = dict(account.tiers)
            tiers[operation.ladder] = _tier(
                tiers.get(operation.ladder), operation, entry.effective_on
            )
            return evolve(account, tiers=tuple(sorted(tiers.items())))
        case Apply() if account is not None:
            granted = Tier(
                level=operation.level, suspended=False, since=entry.effective_on
            )
            tiers = dict(account.tiers) | {operation.ladder: granted}
            return evolve(account, tiers=tuple(sorted(tiers.items())))
        case _:
            raise Undeclared(f"the account that {entry.id!r} changes")


def _tier(before: Tier | None, operation: SetTier, day: date) -> Tier:
    match operation.action:
        case TierAction.GRANT:
            return Tier(level=operation.level, suspended=False, since=day)
        case TierAction.SUSPEND:
            level = before.level if before else None
            return Tier(level=level, suspended=True, since=day)
        case _:
            return Tier(level=None, suspended=False, since=day)
