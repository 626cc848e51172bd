"""
Periods that began or are over: what their rules do for each account.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from operator import itemgetter
from typing import Final

from ..accounts import Account
from ..model import AccountId, AccountKind, Mode
from ..operations import EndPeriod
from ..policy.days import days_later
from ..policy.files import compiled
from ..policy.periods import (
    acts_on,
    asked_from,
    concerns,
    liable_from,
    period_id,
    period_of,
)
from ..policy.rhythm import Before, done_before, left_from
from ..policy.rules import Edge, Policy, Rule
from ..standing import Standing
from .things import Due, Timetable, Turn


def _ended(books: Standing, until: date) -> Iterator[Turn]:
    """
    Yield what each rule at the end of periods has still to do for each open account.

    A period counts where the policy that holds on its last day has the rule, and where
    the account was there by then for as long as the rule asks.  An account that has been
    closed owes nothing more.

    Rules of one day are asked in the order of the file, each for all accounts, in the
    order in which these were opened.
    """
    yield from _turns(books, until, Edge.END)


def _begun(books: Standing, until: date) -> Iterator[Turn]:
    """
    Yield what each rule at the start of periods has still to do for each open account.

    That is due on the period's first day, or on the first within it on which the account
    has been there for as long as the rule asks; the policy of that day counts.
    """
    yield from _turns(books, until, Edge.START)


ENDED_PERIODS: Final = Timetable(_ended)
BEGUN_PERIODS: Final = Timetable(_begun)


def _turns(books: Standing, until: date, at: Edge) -> Iterator[Turn]:
    done: dict[tuple[date, str], set[AccountId]] = {}
    for _, entry in books.known.values():
        if isinstance(asked := entry.operation, EndPeriod):
            done.setdefault((entry.effective_on, asked.rule), set()).add(asked.account)
    for due_on, day, _, name, accounts in sorted(
        _asked(books, until, at), key=itemgetter(0, 1, 2)
    ):
        policy = _policy(books, day)
        if policy is None or due_on > until:
            continue
        rule = policy.rules[name]
        left = [
            account
            for id, account in accounts.items()
            if id not in done.get((day, name), ())
        ]
        due = [
            Due(
                id=period_id(name, day, account),
                operation=EndPeriod(account=account, rule=name),
                on=day,
            )
            for account in _concerned(
                left, rule, policy, day, done_before(name, day, books)
            )
        ]
        yield due_on, due


def _asked(
    books: Standing, until: date, at: Edge
) -> Iterator[tuple[date, date, int, str, _Accounts]]:
    """Yield when rules can be asked what they did on which day, and of whom."""
    for day, asked_for in _days(books, until, at).items():
        policy = _policy(books, day)
        rules = policy.rules.items() if policy else ()
        for place, (name, rule) in enumerate(rules):
            if name in asked_for and _is_at(rule, at):
                yield asked_from(rule, day), day, place, name, asked_for[name]


_Accounts = Mapping[AccountId, Account]


def _days(books: Standing, through: date, at: Edge) -> dict[date, dict[str, _Accounts]]:
    """
    Return the days on which rules may act, by any policy, and of whom they are asked then.

    On the day of a period that is everybody; on others it is whom the rule has concerned
    since that very day, for whom the period starts then.
    """
    everybody = books.accounts
    opened = min((a.opened_on for a in everybody.values()), default=through)
    found: dict[date, dict[str, _Accounts]] = {}
    for adoption in books.adoptions:
        policy = compiled(adoption.text)
        for name, rule in policy.rules.items():
            if not _is_at(rule, at):
                continue
            for since, some in _newcomers(rule, everybody).items():
                if adoption.holds_from <= since <= through:
                    of_day = found.setdefault(since, {})
                    of_day[name] = {**of_day.get(name, {}), **some}
            day = max(adoption.holds_from, opened)
            while day < date.max:
                period = period_of(rule, day, policy.calendar)
                on = acts_on(rule, period, period.first)
                if on > through:
                    break
                found.setdefault(on, {})[name] = everybody
                day = days_later(period.last, 1)
    return found


def _newcomers(rule: Rule, accounts: _Accounts) -> dict[date, dict[AccountId, Account]]:
    """Return the days since which a rule at the start concerns accounts, and which."""
    found: dict[date, dict[AccountId, Account]] = {}
    for id, account in accounts.items() if rule.at is Edge.START else ():
        found.setdefault(liable_from(rule, account), {})[id] = account
    return found


def _policy(books: Standing, day: date) -> Policy | None:
    adoption = books.policy_on(day)
    return compiled(adoption.text) if adoption else None


def _is_at(rule: Rule, at: Edge) -> bool:
    return "period" in rule.on and (rule.at or Edge.END) is at


def _concerned(
    accounts: Iterable[Account],
    rule: Rule,
    policy: Policy,
    day: date,
    before: Before | None,
) -> Iterator[AccountId]:
    """
    Yield for whom *rule* acts on *day*, by the calendar of *policy*.

    For whom it did all of the period *before*, at other times, it does not act again.
    """
    period = period_of(rule, day, policy.calendar)
    kinds: dict[tuple[AccountKind, Mode], bool] = {}
    for account in accounts:
        since = liable_from(rule, account)
        if account.closed_on is not None or since > period.last:
            continue
        if acts_on(rule, period, since) != day:
            continue
        of_kind = account.kind, account.mode
        if of_kind not in kinds:
            kinds[of_kind] = concerns(rule, account, policy)
        if not kinds[of_kind]:
            continue
        if left_from(before, rule, account, (period, policy.calendar)) <= period.last:
            yield account.id
