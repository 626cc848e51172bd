"""
Deciding to put a policy in force.
"""

from __future__ import annotations

from ..model import AccountKind, Effect, Finding, Reason
from ..operations import AdoptPolicy
from ..policy.bodies import strays
from ..policy.days import days_later
from ..policy.files import compiled
from ..policy.reads import gauged
from ..policy.rules import Policy
from .accounts import limits
from .desk import Desk


def decide_adopt(desk: Desk, operation: AdoptPolicy) -> None:
    """
    Adopt a policy, checked before it came here, that leaves the ledger's units as they are.

    A body's policy differs from that of the whole ledger only in what can differ.  A
    unit's scale, whether it is only a record, and whether it has lots never change, and
    no unit is dropped: balances in it remain.  An append account, which has no running
    balance, cannot be put under a limit.  That it holds for days which had another policy
    is noted.
    """
    policy = compiled(operation.text)
    desk.policy_hash = policy.hash
    for adoption in desk.standing.adoptions:
        _check_units(desk, compiled(adoption.text), policy)
    if operation.body is not None:
        _check_body(desk, operation, operation.body, policy)
    for account in desk.standing.append_accounts():
        limited = limits(policy, account.kind)
        if limited and account.kind is not AccountKind.ISSUER:
            desk.refuse(
                f"accounts.{account.kind}.{limited[0]}",
                Reason.POLICY_LIMITS_APPEND,
                account=account.id,
            )
        elif account.id in gauged(policy):
            desk.refuse(
                f"accounts.{account.kind}",
                Reason.POLICY_LIMITS_APPEND,
                account=account.id,
            )
    if not desk.refused:
        _note_days_gone_by(desk, operation)


def _note_days_gone_by(desk: Desk, operation: AdoptPolicy) -> None:
    """
    Note that days which went by another policy until now will go by this one.

    Until now is the day of recording, whatever day the adoption is said to be of: what was
    recorded meanwhile was decided by the other.
    """
    on, first = desk.recorded.on, operation.holds_from
    # no body has a policy before the whole ledger has one
    if first < on and desk.standing.policy_on(days_later(on, -1)) is not None:
        desk.findings.append(
            Finding(
                code="policy.from",
                reason=Reason.POLICY_GONE_BY,
                effect=Effect.NOTES,
                wanted=on.isoformat(),
                found=first.isoformat(),
            )
        )


def _check_body(desk: Desk, operation: AdoptPolicy, body: str, policy: Policy) -> None:
    adoption = desk.standing.policy_on(operation.holds_from)
    if adoption is None:
        found = operation.holds_from.isoformat()
        desk.refuse("policy", Reason.POLICY_NONE, found=found)
        return
    of_all = compiled(adoption.text)
    if body not in of_all.known_bodies():
        known = ", ".join(of_all.known_bodies())
        desk.refuse("bodies", Reason.NOT_IN_POLICY, wanted=known, found=body)
    for place in dict.fromkeys(strays(of_all, policy)):
        desk.refuse(
            place, Reason.POLICY_OF_LEDGER, wanted=of_all.policy.name, found=body
        )


def _check_units(desk: Desk, earlier: Policy, policy: Policy) -> None:
    for name, before in earlier.units.items():
        after = policy.units.get(name)
        if after is None:
            desk.refuse(f"units.{name}", Reason.POLICY_UNIT_DROPPED, wanted=name)
        elif after.kept != before.kept:
            desk.refuse(
                f"units.{name}",
                Reason.POLICY_UNIT_CHANGED,
                wanted=str(before.scale),
                found=str(after.scale),
            )
