"""
Accounts: opening, amending, closing, showing.
"""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from .. import operations as ops
from ..bank import Bank
from ..errors import UnknownAccount
from ..model import AccountId, AccountKind, Mode
from . import show, views
from .access import DEFAULT_ACCESS, DEFAULT_WHEN, Access, When
from .endings import ExitCode, understood
from .posting import post
from .typed import FactsTyped, OwnId, facts

Id = Annotated[
    str,
    Parameter(
        help="The account: your own number for it, such as the volunteer number. "
        "Never an identity-card or mobile number."
    ),
]
Kind = Annotated[AccountKind, Parameter(help="What it is.")]


def open_(  # noqa: PLR0913 - the switches of one command
    account: Id,
    /,
    *,
    kind: Kind = AccountKind.MEMBER,
    name: Annotated[
        str | None,
        Parameter(help="A person's name; kept apart from the books, and erasable."),
    ] = None,
    mode: Annotated[
        Mode,
        Parameter(
            help="append: an account without limits that many write to at once, and "
            "that keeps no running balance. For ever."
        ),
    ] = Mode.STRICT,
    sponsor: Annotated[
        str | None, Parameter(help="The account of who brought the new member.")
    ] = None,
    fact: FactsTyped = (),
    when: When = DEFAULT_WHEN,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Open an account.

    A member, a team, a shop: whoever holds credits or organises services
    has one.
    """
    with access.writing() as bank:
        with understood():
            operation = ops.OpenAccount(
                account=account,
                kind=kind,
                mode=mode,
                facts=facts(bank, fact),
                sponsor=sponsor,
            )
        private = {"name": name} if name else None
        return post(bank, operation, when, access, private=private)


def amend(
    account: Id,
    /,
    *,
    fact: FactsTyped = (),
    when: When = DEFAULT_WHEN,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Change facts that the policy keeps with an account.

    Facts that are not named stay as they are.
    """
    with access.writing() as bank:
        with understood():
            operation = ops.AmendAccount(account=account, facts=facts(bank, fact))
        return post(bank, operation, when, access)


def close(  # noqa: PLR0913 - the switches of one command
    account: Id,
    /,
    *,
    cause: Annotated[
        OwnId, Parameter(help="Why, in the policy's word: death, leaving, moving …")
    ],
    heir: Annotated[
        str | None, Parameter(help="Who is to have what is left, if the policy allows.")
    ] = None,
    fact: FactsTyped = (),
    when: When = DEFAULT_WHEN,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Close an account for ever.

    What it still has must have gone somewhere first, unless the policy
    says where.
    """
    with access.writing() as bank:
        with understood():
            operation = ops.CloseAccount(
                account=account, cause=cause, facts=facts(bank, fact), heir=heir
            )
        return post(bank, operation, when, access)


def show_(
    account: Id,
    /,
    *,
    json: Annotated[bool, Parameter(help="Print one JSON document.")] = False,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Show all that the books say of one account.

    Balances, levels, what it could apply for, measures, flags; and the
    private details kept beside the books, until they are erased.
    --json prints {units, account, kind, mode, opened_on, closed_on, facts,
    private, balances, tiers, eligible, measures, flags}.
    """
    with access.reading() as bank:
        policy, units = bank.policy, bank.units()
        view = bank.standing(account)
        private = _private(bank, account)
    if json:
        show.document(
            {
                "units": show.units_json(units),
                **views.account_json(view.account),
                "private": {**private},
                **views.view_json(view, policy),
            }
        )
    else:
        rows = [
            *views.account_rows(view.account),
            *(("private", name, value) for name, value in private.items()),
            *views.view_rows(view, policy),
        ]
        show.table(views.HEADINGS, rows)
    return ExitCode.DONE


def _openings(bank: Bank, account: str) -> list[str]:
    """The entries that opened *account*: its private details are kept beside them."""
    return [
        entry.id
        for _, entry in bank.entries()
        if isinstance(entry.operation, ops.OpenAccount)
        and entry.operation.account == account
    ]


def _private(bank: Bank, account: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for opening in _openings(bank, account):
        found |= bank.private(opening) or {}
    return found


def erase(account: Id, /, *, access: Access = DEFAULT_ACCESS) -> int:
    """
    Erase the private details kept for an account, such as the name, for ever.

    The books stay as they are, and still verify.
    """
    with access.writing() as bank:
        openings = _openings(bank, account)
        if not openings:
            raise UnknownAccount(AccountId(account))
        erased = [bank.erase(opening) for opening in openings]
    if any(erased):
        show.say(f"erased: the private details of {account}")
    else:
        show.say(f"{account} has no private details, or no more")
    return ExitCode.DONE


def list_(
    *,
    kind: Annotated[
        AccountKind | None, Parameter(help="Only accounts of this kind.")
    ] = None,
    json: Annotated[bool, Parameter(help="Print one JSON document.")] = False,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    List the accounts, in order of their ids.

    --json prints {accounts: [{account, kind, mode, opened_on, closed_on,
    facts}]}.
    """
    with access.reading() as bank:
        found = [a for a in bank.accounts() if kind is None or a.kind is kind]
    if json:
        show.document({"accounts": [views.account_json(a) for a in found]})
        return ExitCode.DONE
    rows = [
        (a.id, a.kind, str(a.opened_on), str(a.closed_on or ""), views.facts_text(a))
        for a in found
    ]
    show.table(("account", "kind", "opened", "closed", "facts"), rows)
    return ExitCode.DONE
