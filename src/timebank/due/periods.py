"""
Periods that are over: what their rules do for each account.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from ..accounts import Account
from ..model import AccountId, AccountKind
from ..operations import EndPeriod
from ..policy.case import Case, Draft
from ..policy.days import days_later
from ..policy.files import compiled
from ..policy.periods import concerns, liable_from, period_id, period_of
from ..policy.rules import Policy, Rule
from ..standing import Standing
from .things import Due


def ended_periods(books: Standing, until: date) -> Iterator[Due]:
    """
    Yield what each rule on ``period`` has still to do for each open account.

    A period counts where the policy that holds on its last day has the rule, and where
    the account was there by then for as long as the rule asks.  An account that has been
    closed owes nothing more.
    """
    done = {
        (entry.operation.rule, entry.effective_on, entry.operation.account)
        for _, entry in books.known.values()
        if isinstance(entry.operation, EndPeriod)
    }
    for last, name in sorted(_ends(books, until)):
        policy = _policy(books, last)
        rule = policy.rules.get(name) if policy else None
        if policy is None or rule is None or not _ends_on(last, rule, policy):
            continue
        for account in _concerned(books, rule, policy, last):
            if (name, last, account.id) not in done:
                yield Due(
                    id=period_id(name, last, account.id),
                    operation=EndPeriod(account=account.id, rule=name),
                    on=last,
                )


def _ends(books: Standing, until: date) -> set[tuple[date, str]]:
    """Return the last days of all periods before *until*, by any policy, with the rule."""
    opened = min((a.opened_on for a in books.accounts.values()), default=until)
    found = set()
    for adoption in books.adoptions:
        policy = compiled(adoption.text)
        for name, rule in policy.rules.items():
            day = max(adoption.holds_from, opened)
            while "period" in rule.on:
                period = period_of(rule, day, policy.calendar)
                if period.last >= until:
                    break
                found.add((period.last, name))
                day = days_later(period.last, 1)
    return found


def _policy(books: Standing, day: date) -> Policy | None:
    adoption = books.policy_on(day)
    return compiled(adoption.text) if adoption else None


def _ends_on(day: date, rule: Rule, policy: Policy) -> bool:
    return "period" in rule.on and period_of(rule, day, policy.calendar).last == day


def _concerned(
    books: Standing, rule: Rule, policy: Policy, last: date
) -> Iterator[Account]:
    kinds: dict[tuple[AccountKind, str], bool] = {}
    for account in books.accounts.values():
        if account.closed_on is not None or liable_from(rule, account) > last:
            continue
        of_kind = account.kind, account.mode
        if of_kind not in kinds:
            case = _case(books, policy, account.id, last)
            kinds[of_kind] = concerns(rule, account, case)
        if kinds[of_kind]:
            yield account


def _case(books: Standing, policy: Policy, account: AccountId, day: date) -> Case:
    return Case(
        policy=policy,
        standing=books,
        on="period",
        day=day,
        roles={"member": account},
        fields={},
        facts={},
        draft=Draft(books.head + 1, day),
    )
