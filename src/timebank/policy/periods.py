"""
Periods: when a rule acts, whom it concerns from when on, and for how much of them.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Final

from attrs import frozen

from ..accounts import Account
from ..model import AccountId, EntryId, Mode
from ..standing import Standing
from .calendar import Calendar
from .case import case_of
from .conditions import Condition, holds
from .days import days_later, months_between, months_later, stretch_later
from .due_ids import due_id
from .rules import NAMED, Edge, Policy, Rule
from .windows import Every

_KIND: Final = ("kind", "member.kind")


@frozen
class Period:
    """The days of one period of a rule, both counted."""

    first: date
    last: date

    @property
    def months(self) -> int:
        """How many months it is made of; 0 where it is not made of whole ones."""
        end = days_later(self.last, 1)
        months = months_between(self.first, end)
        return months if months_later(self.first, months) == end else 0

    @property
    def parts(self) -> int:
        """How many months it is made of, or else days."""
        return self.months or (self.last - self.first).days + 1

    def share(self, since: date) -> Fraction:
        """Return the part of its months that is full from *since* on, or else of its days."""
        first, end = max(self.first, since), days_later(self.last, 1)
        full = months_between(first, end) if self.months else max(0, (end - first).days)
        return Fraction(full, self.parts)


def period_of(rule: Rule, day: date, calendar: Calendar) -> Period:
    """Return the period of *rule* that holds *day*."""
    return Period(*(rule.every or Every("day")).span(day, calendar))


def some_periods(rule: Rule, policy: Policy) -> list[Period]:
    """Return some of the periods of *rule*, enough for each month to be met."""
    found: list[Period] = []
    day = policy.policy.from_
    for _ in range(12):
        found.append(period_of(rule, day, policy.calendar))
        day = days_later(found[-1].last, 1)
    return found


def acts_on(rule: Rule, period: Period, since: date) -> date:
    """
    Return the day of *period* on which *rule* acts for whom it concerns *since* a day.

    At the start that is the period's first day, or the first on which it concerns them.
    """
    return max(period.first, since) if rule.at is Edge.START else period.last


def asked_from(rule: Rule, day: date) -> date:
    """Return the first day on which *rule* can be asked what it does on *day*."""
    if rule.at is Edge.START:
        return day
    over = days_later(day, 1)
    return over if rule.closes is None else stretch_later(over, rule.closes)


def period_id(rule: str, day: date, account: AccountId) -> EntryId:
    """Return the one id under which *rule* is asked what it does for *account* on *day*."""
    return due_id(day, "period", rule, account)


def liable_from(rule: Rule, account: Account) -> date:
    """Return the first day from which *rule* concerns *account*."""
    if rule.after is None:
        return account.opened_on
    return stretch_later(account.opened_on, rule.after)


def concerns(rule: Rule, account: Account, policy: Policy) -> bool:
    """
    Return whether *rule* is asked for accounts of that kind.

    It is asked for the kinds that its ``when`` names; where that names none, for all but
    the policy's own accounts.  An account kept without a balance is never asked.
    """
    if account.mode is Mode.APPEND:
        return False
    asked = rule.when.demands() if rule.when else ()
    tests = tuple(test for _, test in asked if test.value in _KIND)
    if tests:
        alone = Standing(accounts={account.id: account})
        case = case_of(policy, alone, account.id, account.opened_on)
        return holds(Condition(tests=tests), case)
    return account.kind not in NAMED
