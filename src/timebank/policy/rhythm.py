"""
What is left of a period where a rule has come to act at other times.

The periods of a rule follow each other without a gap as long as `every` and `at` stay as
they are.  Where a later policy changes them, a period overlaps what was done before, or
begins some days after it: what is left runs from the day on which that ended.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from attrs import frozen

from ..accounts import Account
from ..standing import Standing
from .calendar import Calendar
from .days import days_later
from .files import compiled
from .periods import Period, acts_on, concerns, liable_from, period_of
from .rules import Edge, Policy, Rule


@frozen(kw_only=True)
class Before:
    """
    The last period that a rule did while an earlier policy held.

    Args:
        rule: The rule as it was.
        policy: That policy.
        period: The period.
        through: The last day on which that policy held.
        since: The first day from which the rule has acted as it does now.
    """

    rule: Rule
    policy: Policy
    period: Period
    through: date
    since: date

    def did(self, account: Account) -> bool:
        """Return whether that period was done for *account*."""
        since = liable_from(self.rule, account)
        return (
            since <= self.period.last
            and acts_on(self.rule, self.period, since) <= self.through
        )


def done_before(name: str, day: date, standing: Standing) -> Before | None:
    """
    Return what the rule *name* did last, by an earlier policy, before the period of *day*.

    *None* where the policy of that day did the period before it, or no earlier one had the
    rule.
    """
    of_all = (a.holds_from for a in standing.adoptions if a.body is None)
    through, since, found = day, date.min, None
    for first in sorted({first for first in of_all if first <= day}, reverse=True):
        adoption = standing.policy_on(first)
        policy = compiled(adoption.text) if adoption else None
        rule = policy.rules.get(name) if policy else None
        if policy is None or rule is None or "period" not in rule.on:
            break
        period = period_of(rule, through, policy.calendar)
        if since == date.min or not first <= _on(rule, period) <= through:
            period = period_of(rule, days_later(period.first, -1), policy.calendar)
        done = first <= _on(rule, period)
        if since != date.min and (done or rule.at is not Edge.START):
            # at the end it would have done a period whole that began before it held
            found = Before(
                rule=rule, policy=policy, period=period, through=through, since=since
            )
        if done:
            break
        if since == date.min or rule.at is Edge.START:
            since = first
        through = days_later(first, -1)
    return found


def left_from(
    before: Before | None,
    rule: Rule,
    account: Account,
    turn: tuple[Period, Calendar],
) -> date:
    """
    Return the first day that *rule* has still to do for *account* at its *turn*.

    That is the period's first day, unless the rule acted otherwise before: then the day
    after what it did last, later than that or earlier.
    """
    (period, calendar), since = turn, liable_from(rule, account)
    if before is None or not concerns(before.rule, account, before.policy):
        return period.first
    if rule.at is Edge.START and since >= before.since:
        return period.first  # it came when the rule acted as it does now
    after = days_later(before.period.last, 1)
    if before.did(account):
        return after
    return min(period.first, max(after, period_of(rule, since, calendar).first))


def part_left(period: Period, first: date) -> Fraction:
    """Return how much of *period* there is from *first* to its end; 2 for twice as much."""
    left = Period(first, period.last)
    if period.months and (left.months or first > period.last):
        return Fraction(left.months, period.months)
    days = (period.last - period.first).days + 1
    return Fraction((left.last - left.first).days + 1, days)


def _on(rule: Rule, period: Period) -> date:
    return acts_on(rule, period, period.first)
