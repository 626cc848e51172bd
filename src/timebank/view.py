"""
All that the books say of one account: balances, levels, measures, flags.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from attrs import frozen

from .accounts import Account
from .model import AccountId
from .policy.asking import of_day
from .policy.case import Case, Draft
from .policy.expressions import Condition, FactNeeded, Level, Value, holds
from .policy.ladders import Admission
from .policy.rules import Policy
from .standing import Balance, Standing


@frozen(kw_only=True)
class View:
    """
    All that the books say of one account on a day.

    Args:
        account: Kind, days of opening and closing, facts kept.
        balances: By unit.
        tiers: By ladder: the level held, empty for none.
        eligible: By ladder that is applied for: the level whose needs are met.
        measures: By name, in one of their unit.
        flags: Those that are true.

    Levels and flags that go by a fact which is not kept with the account are left out.
    """

    account: Account
    balances: Mapping[str, Balance]
    tiers: Mapping[str, str]
    eligible: Mapping[str, str]
    measures: Mapping[str, Value]
    flags: tuple[str, ...]


def view(id: AccountId, day: date, policy: Policy, standing: Standing) -> View:
    """Return what *standing*, which knows the account, says of it on *day*."""
    account = standing.accounts[id]
    case = Case(
        policy=policy,
        standing=standing,
        on="tier",
        day=day,
        roles={"member": id},
        fields=of_day(day),
        facts={},
        draft=Draft(standing.head + 1, day),
    )
    return View(
        account=account,
        balances=dict(standing.balances_of(id)),
        tiers={n: v.name for n in policy.ladders if (v := _level(case, n))},
        eligible={
            name: level.name
            for name, ladder in policy.ladders.items()
            if ladder.entry is Admission.APPLY and (level := _eligible(case, name))
        },
        measures={n: case.measure(id, m) for n, m in policy.measures.items()},
        flags=tuple(n for n, f in policy.flags.items() if _is_true(f.when, case)),
    )


def _level(case: Case, ladder: str) -> Level | None:
    try:
        return case.level_of("member", ladder)
    except FactNeeded:
        return None


def _eligible(case: Case, ladder: str) -> Level | None:
    try:
        return case.eligible("member", ladder)
    except FactNeeded:
        return None


def _is_true(condition: Condition, case: Case) -> bool:
    try:
        return holds(condition, case)
    except FactNeeded:
        return False
