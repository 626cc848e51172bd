"""
Periods that are over: what their rules do for each account.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from ..accounts import Account
from ..model import AccountId, AccountKind, Mode
from ..operations import EndPeriod
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

    Rules of one day are asked in the order of the file, each for all accounts, in the
    order in which these were opened.
    """
    done: dict[tuple[date, str], set[AccountId]] = {}
    for _, entry in books.known.values():
        if isinstance(asked := entry.operation, EndPeriod):
            done.setdefault((entry.effective_on, asked.rule), set()).add(asked.account)
    for last, rules in sorted(_ends(books, until).items()):
        policy = _policy(books, last)
        for name, rule in policy.rules.items() if policy else ():
            if policy is None or name not in rules or not _ends_on(last, rule, policy):
                continue
            left = [
                account
                for id, account in books.accounts.items()
                if id not in done.get((last, name), ())
            ]
            for account in _concerned(left, rule, policy, last):
                yield Due(
                    id=period_id(name, last, account),
                    operation=EndPeriod(account=account, rule=name),
                    on=last,
                )


def _ends(books: Standing, until: date) -> dict[date, set[str]]:
    """Return the last days of all periods before *until*, by any policy, with the rules."""
    opened = min((a.opened_on for a in books.accounts.values()), default=until)
    found: dict[date, set[str]] = {}
    for adoption in books.adoptions:
        policy = compiled(adoption.text)
        for name, rule in policy.rules.items():
            day = max(adoption.holds_from, opened)
            while "period" in rule.on:
                period = period_of(rule, day, policy.calendar)
                if period.last >= until:
                    break
                found.setdefault(period.last, set()).add(name)
                day = days_later(period.last, 1)
    return found


def _policy(books: Standing, day: date) -> Policy | None:
    adoption = books.policy_on(day)
    return compiled(adoption.text) if adoption else None


def _ends_on(day: date, rule: Rule, policy: Policy) -> bool:
    return "period" in rule.on and period_of(rule, day, policy.calendar).last == day


def _concerned(
    accounts: Iterable[Account], rule: Rule, policy: Policy, last: date
) -> Iterator[AccountId]:
    kinds: dict[tuple[AccountKind, Mode], bool] = {}
    for account in accounts:
        if account.closed_on is not None or liable_from(rule, account) > last:
            continue
        of_kind = account.kind, account.mode
        if of_kind not in kinds:
            kinds[of_kind] = concerns(rule, account, policy)
        if kinds[of_kind]:
            yield account.id
