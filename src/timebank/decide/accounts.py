"""
Deciding to open, amend and close accounts.
"""

from __future__ import annotations

from ..accounts import opened
from ..model import ISSUER, AccountKind, Mode, Reason
from ..operations import AmendAccount, CloseAccount, OpenAccount
from ..policy.asking import asking
from ..policy.files import compiled
from ..policy.movement import move
from ..policy.reads import gauged
from ..policy.rules import NAMED, NO_LIMIT, Policy
from .desk import Desk

_PREFIXES = tuple(f"{kind}:" for kind in NAMED)


def decide_open(desk: Desk, operation: OpenAccount) -> None:
    """Open an account of a kind that the policy has; rules may credit it (a welcome)."""
    known = desk.standing.account(operation.account)
    if known is not None:
        desk.refuse(
            "account",
            Reason.ACCOUNT_EXISTS,
            found=known.opened_on.isoformat(),
            account=operation.account,
        )
    _check_kind(desk, operation)
    ask = asking(operation, desk.policy)
    assert ask is not None, "opening can be asked of every policy"  # noqa: S101
    desk.check_facts(ask, kept=True)
    if operation.sponsor is not None:
        desk.check_open(operation.sponsor, "sponsor")
    desk.check_apart(ask)
    if desk.refused:
        return
    desk.draft.opened = opened(operation, desk.request.effective_on)
    case = desk.case(ask)
    desk.findings += move(case, desk.bench())
    desk.raise_flags(case)


def _check_kind(desk: Desk, operation: OpenAccount) -> None:
    policy, kind, id = desk.policy, operation.kind, operation.account
    if kind is not AccountKind.ISSUER and kind not in policy.accounts:
        desk.refuse(
            f"accounts.{kind}",
            Reason.ACCOUNT_KIND,
            wanted=", ".join(policy.accounts),
            found=kind.value,
            account=id,
        )
        return
    named = policy.named_accounts()
    reserved = id == ISSUER or id.startswith(_PREFIXES)
    if named.get(id) is not kind and (reserved or kind in NAMED):
        names = [name for name, k in named.items() if k is kind]
        desk.refuse(
            f"accounts.{kind}.names",
            Reason.ACCOUNT_NAME,
            wanted=", ".join(names),
            found=id,
            account=id,
        )
    policies = [compiled(adoption.text) for adoption in desk.standing.adoptions]
    limited = any(limits(each, kind) or id in gauged(each) for each in policies)
    if operation.mode is Mode.APPEND and (kind not in NAMED or limited):
        desk.refuse(
            f"accounts.{kind}", Reason.ACCOUNT_MODE, found=kind.value, account=id
        )


def limits(policy: Policy, kind: AccountKind) -> list[str]:
    """Return the units in which *policy* limits accounts of *kind*."""
    return [
        unit
        for unit in policy.units
        if (bounds := policy.bounds(kind, unit)).floor != NO_LIMIT
        or bounds.cap is not None
    ]


def decide_amend(desk: Desk, operation: AmendAccount) -> None:
    """Change the facts that the policy keeps with an account."""
    desk.check_open(operation.account, "account")
    for name, given in operation.facts:
        desk.check_fact(name, given, name, kept=True)


def decide_close(desk: Desk, operation: CloseAccount) -> None:
    """
    Close an account that is empty once the policy's rules for closing have moved.

    Units that are only records may remain: what somebody did stays on the books.  An
    account that the policy names, or that keeps no balance, is never closed.
    """
    ask = desk.ask(operation)
    if ask is None:
        return
    case = desk.case(ask)
    account = desk.standing.accounts[operation.account]
    kind = account.kind
    named = {
        name
        for adoption in desk.standing.policies_on(desk.recorded.on)
        for name in compiled(adoption.text).named_accounts()
    }
    if account.mode is Mode.APPEND or account.id in named:
        may = ", ".join(desk.policy.may(kind) or ())
        desk.refuse(
            f"accounts.{kind}.names",
            Reason.MAY_NOT,
            wanted=may,
            found="close",
            account=account.id,
        )
        return
    desk.findings += move(case, desk.bench())
    units = {
        *desk.standing.balances_of(operation.account),
        *(
            unit
            for account, unit in desk.draft.balances
            if account == operation.account
        ),
    }
    for unit in sorted(units):
        left = case.balance(operation.account, unit)
        record = unit in desk.policy.units and desk.policy.units[unit].record
        if not record and (left.free or left.held):
            owes = left.total < 0
            desk.refuse(
                f"accounts.{kind}.{unit}",
                Reason.ACCOUNT_OWES if owes else Reason.ACCOUNT_NOT_EMPTY,
                found=abs(left.total),
                unit=unit,
                account=operation.account,
            )
    desk.raise_flags(case)
