"""
Accounts: opening, amending, closing, showing.
"""

from __future__ import annotations

from typing import Annotated, Final

from cyclopts import Parameter

from .. import operations as ops
from ..bank import Bank
from ..errors import UnknownAccount
from ..model import AccountId, AccountKind, Mode
from ..texts import Text
from . import show, views
from .access import DEFAULT_ACCESS, DEFAULT_WHEN, Access, AsJson, When
from .endings import ExitCode, understood
from .facts import FactsTyped, facts
from .helping import Help
from .posting import post
from .typed import OwnId

Id = Annotated[
    str,
    Parameter(
        help=Help(
            "The account: your own number for it, such as the volunteer number. "
            "Never an identity-card or mobile number.",
            "账户：自编号码，如志愿者编号。不得使用身份证号码或手机号码。",
        )
    ),
]
PRIVATE: Final = Text("private", "个人信息")
Kind = Annotated[
    AccountKind,
    Parameter(
        help=Help("What it is; a member by default.", "账户种类；默认为 member。")
    ),
]


def open_(  # noqa: PLR0913 - the switches of one command
    account: Id,
    /,
    *,
    kind: Kind = AccountKind.MEMBER,
    name: Annotated[
        str | None,
        Parameter(
            help=Help(
                "A person's name; kept apart from the books, and erasable.",
                "姓名；与账本分开保存，可以删除。",
            )
        ),
    ] = None,
    mode: Annotated[
        Mode,
        Parameter(
            help=Help(
                "append: an account without limits that many write to at once, and "
                "that keeps no running balance. For ever; strict by default.",
                "append：没有限额、可多人同时记入、不保留逐笔余额的账户。"
                "选定后不变；默认为 strict。",
            )
        ),
    ] = Mode.STRICT,
    sponsor: Annotated[
        str | None,
        Parameter(
            help=Help("The account of who brought the new member.", "介绍人的账户。")
        ),
    ] = None,
    fact: FactsTyped = (),
    when: When = DEFAULT_WHEN,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Open an account.

    A member, a team, a shop: whoever holds credits or organises services
    has one.

    开立账户。

    个人、团队、商户：凡持有积分或组织服务的，都有一个账户。
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
        return post(bank, operation, when, private=private)


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

    变更政策随账户保存的情况。

    未列出的情况保持不变。
    """
    with access.writing() as bank:
        with understood():
            operation = ops.AmendAccount(account=account, facts=facts(bank, fact))
        return post(bank, operation, when)


def close(  # noqa: PLR0913 - the switches of one command
    account: Id,
    /,
    *,
    cause: Annotated[
        OwnId,
        Parameter(
            help=Help(
                "Why, in the policy's word: death, leaving, moving …",
                "原因，用政策中的词：death（去世）、leaving（退出）、moving（迁出）……",
            )
        ),
    ],
    heir: Annotated[
        str | None,
        Parameter(
            help=Help(
                "Who is to have what is left, if the policy allows.",
                "所余由谁继承（如政策允许）。",
            )
        ),
    ] = None,
    fact: FactsTyped = (),
    when: When = DEFAULT_WHEN,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Close an account for ever.

    What it still has must have gone somewhere first, unless the policy
    says where.

    永久注销账户。

    账户所余须先有去处，除非政策已有规定。
    """
    with access.writing() as bank:
        with understood():
            operation = ops.CloseAccount(
                account=account, cause=cause, facts=facts(bank, fact), heir=heir
            )
        return post(bank, operation, when)


def show_(
    account: Id,
    /,
    *,
    json: AsJson = False,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Show all that the books say of one account.

    Balances, levels, what it could apply for, measures, flags; and the
    private details kept beside the books, until they are erased.
    --json prints {units, account, kind, mode, opened_on, closed_on, facts,
    private, balances, tiers, eligible, measures, flags}.

    显示账本中关于一个账户的全部内容。

    余额、等级、可申请的等级、指标、提示；以及与账本分开保存、尚未删除的个人信息。
    --json 输出 {units, account, kind, mode, opened_on, closed_on, facts,
    private, balances, tiers, eligible, measures, flags}。
    """
    with access.reading() as bank:
        policy, units, names = bank.policy, bank.units(), bank.names()
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
            *views.account_rows(view.account, names),
            *((PRIVATE, name, value) for name, value in private.items()),
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

    永久删除为账户保存的个人信息，如姓名。

    账本保持不变，仍可核验。
    """
    with access.writing() as bank:
        openings = _openings(bank, account)
        if not openings:
            raise UnknownAccount(AccountId(account))
        erased = [bank.erase(opening) for opening in openings]
    if any(erased):
        show.say(
            Text(
                "erased: the private details of {account}",
                "已删除：{account} 的个人信息",
                account=account,
            )
        )
    else:
        show.say(
            Text(
                "{account} has no private details, or no more",
                "{account} 没有个人信息，或已不再有",
                account=account,
            )
        )
    return ExitCode.DONE


def list_(
    *,
    kind: Annotated[
        AccountKind | None,
        Parameter(help=Help("Only accounts of this kind.", "只列这一种账户。")),
    ] = None,
    json: AsJson = False,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    List the accounts, in order of their ids.

    --json prints {accounts: [{account, kind, mode, opened_on, closed_on,
    facts}]}.

    按编号列出账户。

    --json 输出 {accounts: [{account, kind, mode, opened_on, closed_on,
    facts}]}。
    """
    with access.reading() as bank:
        found = [a for a in bank.accounts() if kind is None or a.kind is kind]
        names = bank.names()
    if json:
        show.document({"accounts": [views.account_json(a) for a in found]})
        return ExitCode.DONE
    rows = [
        (
            a.id,
            views.kind_text(a.kind, names),
            str(a.opened_on),
            str(a.closed_on or ""),
            views.facts_text(a),
        )
        for a in found
    ]
    headings = (
        *(Text("account", "账户"), Text("kind", "种类"), Text("opened", "开户")),
        *(Text("closed", "销户"), Text("facts", "情况")),
    )
    show.table(headings, rows)
    return ExitCode.DONE
