"""
The levels of members, and what led to them.
"""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from ..accounts import Account
from ..model import (
    AccountKind,
)
from ..policy.rules import Policy
from ..texts import Text, joined
from ..view import View
from . import show, views
from .access import DEFAULT_ACCESS, Access, AsJson
from .endings import ExitCode
from .helping import Help
from .typed import Day


def tiers(
    account: Annotated[
        str | None,
        Parameter(
            name="ACCOUNT",
            help=Help(
                "Whose; every member's by default.", "哪个账户；默认为所有个人账户。"
            ),
        ),
    ] = None,
    /,
    *,
    on: Annotated[
        Day | None,
        Parameter(
            help=Help(
                "The day that windows of measures end on; today by default.",
                "指标的期间截至哪一天；默认为今天。",
            )
        ),
    ] = None,
    json: AsJson = False,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Show levels, what a member could apply for, measures, and flags.

    --json prints {on, units, accounts: [{account, tiers, eligible, measures,
    flags, balances}]}; a measure is {unit, amount} in parts, or {count}.

    显示等级、可申请的等级、指标和提示。

    --json 输出 {on, units, accounts: [{account, tiers, eligible, measures,
    flags, balances}]}；指标为以最小份计的 {unit, amount}，或 {count}。
    """
    with access.reading() as bank:
        day = on or bank.today()
        policy, units = bank.policy_on(day), bank.units()
        whose = [account] if account else _members(list(bank.accounts()))
        found = [bank.standing(each, on=day) for each in whose]
    if json:
        show.document(
            {
                "on": day.isoformat(),
                "units": show.units_json(units),
                "accounts": [
                    {"account": v.account.id, **views.view_json(v, policy)}
                    for v in found
                ],
            }
        )
    elif account:
        show.table(views.HEADINGS, views.view_rows(found[0], policy))
    else:
        _overview(found, policy)
    return ExitCode.DONE


def _members(accounts: list[Account]) -> list[str]:
    return [
        a.id for a in accounts if a.kind is AccountKind.MEMBER and a.closed_on is None
    ]


def _overview(found: list[View], policy: Policy) -> None:
    headings = [
        Text("account", "账户"),
        *(ladder.text or name for name, ladder in policy.ladders.items()),
        *(figures := [m.text or name for name, m in policy.measures.items()]),
        Text("flags", "提示"),
    ]
    rows = [
        [
            view.account.id,
            *(
                views.place(ladder, name, level)[1] if level else ""
                for name, ladder in policy.ladders.items()
                for level in [view.tiers.get(name)]
            ),
            *(
                views.measure_text(value, measure, policy)
                if (value := views.measures(view).get(name)) is not None
                else ""
                for name, measure in policy.measures.items()
            ),
            joined(
                (policy.flags[flag].text or flag for flag in view.flags),
                Text(", ", "，"),
            ),
        ]
        for view in found
    ]
    show.table(headings, rows, figures=figures)
