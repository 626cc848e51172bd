"""
All that the books say of one account: balances, levels, measures, flags.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from attrs import frozen

from .accounts import Account
from .balances import Balance
from .model import AccountId
from .policy.case import Case, case_of
from .policy.conditions import Condition, holds
from .policy.expressions import FactNeeded, Level, Value
from .policy.rules import Policy
from .policy.tiers import eligible, held_tier
from .standing import Standing


@frozen(kw_only=True)
class View:
    """
    All that the books say of one account on a day.

    Args:
        account: Kind, days of opening and closing, facts kept.
        balances: By unit.
        tiers: By ladder: the level held, empty for none.
        until: By ladder: the last day of a level that has a term.
        eligible: By ladder that is applied for: the level whose needs are met.
        measures: By name, in one of their unit.
        flags: Those that are true.

    Levels and flags that go by a fact which is not kept with the account are left out.
    """

    account: Account
    balances: Mapping[str, Balance]
    tiers: Mapping[str, str]
    until: Mapping[str, date]
    eligible: Mapping[str, str]
    measures: Mapping[str, Value]
    flags: tuple[str, ...]


def view(id: AccountId, day: date, policy: Policy, standing: Standing) -> View:
    """Return what *standing*, which knows the account, says of it on *day*."""
    account = standing.accounts[id]
    case = case_of(policy, standing, id, day)
    return View(
        account=account,
        balances=dict(standing.balances_of(id)),
        tiers={n: v.name for n in policy.ladders if (v := _level(case, n))},
        until={
            name: tier.until
            for name, ladder in policy.ladders.items()
            if ladder.stored
            and (tier := held_tier(case, id, name)) is not None
            and tier.until is not None
        },
        eligible={
            name: level.name
            for name, ladder in policy.ladders.items()
            if ladder.applied_for and (level := _eligible(case, name))
        },
        measures={
            n: found for n in policy.measures if (found := _figure(case, n)) is not None
        },
        flags=tuple(n for n, f in policy.flags.items() if _is_true(f.when, case)),
    )


def _level(case: Case, ladder: str) -> Level | None:
    try:
        return case.level_of("member", ladder)
    except FactNeeded:
        return None


def _figure(case: Case, measure: str) -> Value | None:
    try:
        return case.value(measure)
    except FactNeeded:
        return None


def _eligible(case: Case, ladder: str) -> Level | None:
    try:
        return eligible(case, "member", ladder)
    except FactNeeded:
        return None


def _is_true(condition: Condition, case: Case) -> bool:
    try:
        return holds(condition, case)
    except FactNeeded:
        return False
