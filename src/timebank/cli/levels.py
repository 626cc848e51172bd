"""
Levels: applied for, granted, suspended and withdrawn.
"""

from __future__ import annotations

from typing import Annotated, Final

from attrs import frozen
from cyclopts import Parameter

from .. import operations as ops
from .access import DEFAULT_ACCESS, DEFAULT_WHEN, Access, When
from .endings import ExitCode, understood
from .facts import FactsTyped, facts
from .helping import Help
from .posting import post
from .recording import Member
from .typed import Day

Ladder = Annotated[
    str, Parameter(help=Help("The policy's ladder.", "政策中的等级体系。"))
]
Level = Annotated[str, Parameter(help=Help("Which level.", "哪个等级。"))]
Until = Annotated[
    Day | None,
    Parameter(
        help=Help(
            "The last day on which it holds, where the policy gives it a term.",
            "到期日（政策规定期限时填写）。",
        )
    ),
]


@Parameter(name="*")
@frozen(kw_only=True)
class Held:
    """
    What else is said of a level.

    Args:
        until: The last day on which it holds.
        fact: The facts that rules ask for.
    """

    until: Until = None
    fact: FactsTyped = ()


AS_THE_LADDER_SAYS: Final = Held()


def apply_for_tier(  # noqa: PLR0913 - the switches of one command
    account: Member,
    ladder: Ladder,
    level: Level,
    /,
    *,
    held: Held = AS_THE_LADDER_SAYS,
    when: When = DEFAULT_WHEN,
    access: Access = DEFAULT_ACCESS,
) -> ExitCode:
    """
    Apply for a level of a ladder; it is granted where its needs are met.

    申请等级体系中的等级；符合条件即予授予。
    """
    with access.writing() as bank:
        with understood():
            operation = ops.Apply(
                account=account,
                ladder=ladder,
                level=level,
                until=held.until,
                facts=facts(bank, held.fact),
            )
        return post(bank, operation, when)


def grant_tier(  # noqa: PLR0913 - the switches of one command
    account: Member,
    ladder: Ladder,
    level: Level,
    /,
    *,
    held: Held = AS_THE_LADDER_SAYS,
    when: When = DEFAULT_WHEN,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Grant a level of a ladder that people decide.

    授予由人评定的等级。
    """
    with access.writing() as bank:
        with understood():
            operation = ops.SetTier(
                account=account,
                ladder=ladder,
                action=ops.TierAction.GRANT,
                level=level,
                until=held.until,
                facts=facts(bank, held.fact),
            )
        return post(bank, operation, when)


def suspend_tier(
    account: Member,
    ladder: Ladder,
    /,
    *,
    fact: FactsTyped = (),
    when: When = DEFAULT_WHEN,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Suspend the level held: it counts as not held until it is granted again.

    暂停所持等级：再次授予之前视为没有。
    """
    return _no_more(
        ops.TierAction.SUSPEND, account, ladder, fact=fact, when=when, access=access
    )


def withdraw_tier(
    account: Member,
    ladder: Ladder,
    /,
    *,
    fact: FactsTyped = (),
    when: When = DEFAULT_WHEN,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Withdraw the level held.

    取消所持等级。
    """
    return _no_more(
        ops.TierAction.WITHDRAW, account, ladder, fact=fact, when=when, access=access
    )


def _no_more(  # noqa: PLR0913 - what the two commands above share
    action: ops.TierAction,
    account: str,
    ladder: str,
    *,
    fact: tuple[str, ...],
    when: When,
    access: Access,
) -> ExitCode:
    with access.writing() as bank:
        with understood():
            operation = ops.SetTier(
                account=account, ladder=ladder, action=action, facts=facts(bank, fact)
            )
        return post(bank, operation, when)
