"""
Floors and caps: how far an operation may leave an account (law 4).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from fractions import Fraction
from functools import lru_cache

from attrs import define, evolve

from ..accounts import Account
from ..balances import Balance
from ..model import (
    BALANCE_MAX,
    ISSUER,
    AccountId,
    AccountKind,
    Effect,
    EntryId,
    Finding,
    Reason,
    Scalar,
    Unit,
    show,
)
from ..standing import Standing
from .case import Case
from .conditions import fact_needed
from .expressions import (
    Constant,
    FactNeeded,
    Formula,
    chosen_of,
    names_in_formula,
    number,
)
from .rules import NO_LIMIT, Policy
from .shapes import base_of
from .trace import UNHEARD, Stage


@define(kw_only=True)
class Bench:
    """
    What a movement is drafted with.

    Args:
        id: The entry's id, which names the lots it creates.
        today: The day whose limits hold; lots that expired before it cannot be spent.
        bounds: The policy in force on that day, whose floors and caps hold.
        hold: Whether leaving credits are only set aside.
        take: Whether a payer that has too little gives what it has.
        caps: Whether caps are asked; releases, reversals and refunds ask none.
        floors: Whether floors are asked; what expires asks none.
        authority: Who allowed an account to end beyond its limit, where somebody did.
    """

    id: EntryId
    today: date
    bounds: Policy
    hold: bool = False
    take: bool = False
    caps: bool = True
    floors: bool = True
    authority: str | None = None


def settled(case: Case, bench: Bench) -> Iterable[Finding]:
    """
    Return what is wrong with the balances that the draft leaves (law 4).

    Most leave nothing wrong, and most of those are told quickly, for a third of the time.
    """
    draft = case.draft
    if (
        case.trace is UNHEARD
        and draft.opened is None
        and surely_settled(draft.balances, case.standing, bench.bounds)
    ):
        return ()
    return found_wrong(case, bench)


def found_wrong(case: Case, bench: Bench) -> Iterator[Finding]:
    """
    Yield what is wrong with the balances that the draft leaves (law 4).

    An account outside its limits, by a changed policy say, may still move inward.
    A closed account moves no more, except in what is only a record.  Nothing passes
    2^53−1.
    """
    for (account, unit), change in case.draft.balances.items():
        found = case.account(account)
        if found is None or account == ISSUER:
            continue
        after = case.balance(account, unit)
        at = f"accounts.{found.kind}.{unit}"
        try:
            floor, cap = limits_of(found, unit, case, bench)
        except FactNeeded as unknown:
            yield fact_needed(at, unknown)
            continue
        if max(abs(after.free), abs(after.total)) > BALANCE_MAX:
            yield Finding(
                code="amount",
                reason=Reason.BOUND,
                found=told(after.total, bench.bounds.unit(unit)),
                unit=unit,
                account=account,
            )
        if found.closed_on is not None and not bench.bounds.units[unit].record:
            finding = Finding(
                code="account",
                reason=Reason.ACCOUNT_CLOSED,
                found=found.closed_on.isoformat(),
                account=account,
            )
            yield overridable(bench, finding)
        if floor is not None and change.free < 0:
            case.trace.note(
                Stage.FLOOR,
                f"{at}.floor",
                unit=bench.bounds.unit(unit),
                account=account,
                least=floor,
                left=after.free,
                held=after.free >= floor,
            )
        beyond = []
        if not bench.floors:
            floor = None
        if change.free < 0 and floor is not None and after.free < floor:
            beyond.append((Reason.FLOOR, "floor", floor, after.free))
        if bench.caps and change.total > 0 and cap is not None and after.total > cap:
            beyond.append((Reason.CAP, "cap", cap, after.total))
        for reason, key, wanted, left in beyond:
            finding = Finding(
                code=f"{at}.{key}",
                reason=reason,
                wanted=told(wanted, bench.bounds.unit(unit)),
                found=told(left, bench.bounds.unit(unit)),
                unit=unit,
                account=account,
            )
            yield overridable(bench, finding)


def surely_settled(
    changes: Mapping[tuple[AccountId, str], Balance], standing: Standing, bounds: Policy
) -> bool:
    """
    Return whether `found_wrong` has nothing to yield, as far as that is quickly told.

    It looks only at figures that are the same for everybody.
    """
    for (account, unit), change in changes.items():
        if account == ISSUER or (found := standing.account(account)) is None:
            continue
        floor, cap = bounds_of(bounds, found.kind, unit)
        before = standing.balance(account, unit)
        free, held = before.free + change.free, before.held + change.held
        if found.closed_on is not None or held < 0:
            return False
        if not (-BALANCE_MAX <= free <= BALANCE_MAX - held):
            return False
        if floor is not None and not (isinstance(floor, int) and free >= floor):
            return False
        if cap is not None and not (isinstance(cap, int) and free + held <= cap):
            return False
    return True


def told(parts: int, unit: Unit) -> Scalar:
    """Return *parts* as a finding can hold them: beyond what a body can, as text."""
    if abs(parts) <= BALANCE_MAX:
        return parts
    return show(Fraction(parts, unit.scale))


def overridable(bench: Bench, finding: Finding) -> Finding:
    """Return *finding*, which authority turns from a refusal into a note."""
    if bench.authority is None:
        return finding
    return evolve(finding, reason=Reason.OVERRIDDEN, effect=Effect.NOTES)


def limits_of(
    account: Account, unit: str, case: Case, bench: Bench
) -> tuple[int | None, int | None]:
    """
    Return the floor and cap of *account* in parts, *None* where there is no limit.

    A figure finer than the unit is rounded to the strict side: floors up, caps down.

    Raises:
        FactNeeded: If they go by something that is not known of the account.
    """
    floor, cap = bounds_of(bench.bounds, account.kind, unit)
    if floor is not None and not isinstance(floor, int):
        floor = _floored(_figure(floor, account, case, bench), unit, bench.bounds)
    if cap is not None and not isinstance(cap, int):
        cap = _capped(_figure(cap, account, case, bench), unit, bench.bounds)
    return floor, cap


@lru_cache(maxsize=1024)
def bounds_of(
    policy: Policy, kind: AccountKind, unit: str
) -> tuple[int | Formula | None, int | Formula | None]:
    """Return floor and cap: in parts where they are the same for everybody."""
    if unit not in policy.units:
        return None, None
    bounds = policy.bounds(kind, unit)
    floor, cap = (
        None if limit == NO_LIMIT else limit for limit in (bounds.floor, bounds.cap)
    )
    return (
        _floored(floor.number, unit, policy) if isinstance(floor, Constant) else floor,
        _capped(cap.number, unit, policy) if isinstance(cap, Constant) else cap,
    )


@lru_cache(maxsize=1024)
def is_capped(policy: Policy, unit: str) -> bool:
    """Return whether accounts of any kind have a cap in *unit*."""
    return any(bounds_of(policy, kind, unit)[1] is not None for kind in AccountKind)


@lru_cache(maxsize=1024)
def cap_moves(policy: Policy, kind: AccountKind, unit: str) -> bool:
    """Return whether a cap may become another by what an operation moves."""
    names = {base_of(n) for n in names_in_formula(policy.bounds(kind, unit).cap)}
    return not names.isdisjoint((*policy.measures, *policy.ladders))


def _floored(figure: Fraction | None, unit: str, policy: Policy) -> int | None:
    return None if figure is None else math.ceil(figure * policy.unit(unit).scale)


def _capped(figure: Fraction | None, unit: str, policy: Policy) -> int | None:
    return None if figure is None else math.floor(figure * policy.unit(unit).scale)


def _figure(
    formula: Formula, account: Account, case: Case, bench: Bench
) -> Fraction | None:
    # the figures are today's policy's and today's; of an operation's facts they ask none
    today = evolve(case, policy=bench.bounds, day=bench.today, facts={})
    of_account = today.of_account(account.id)
    chosen = chosen_of(formula, of_account)
    return None if chosen == NO_LIMIT else number(chosen, of_account)
