"""
Levels: applied for, granted, suspended and withdrawn.
"""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from .. import operations as ops
from .access import DEFAULT_ACCESS, DEFAULT_WHEN, Access, When
from .endings import ExitCode, understood
from .posting import post
from .recording import Member
from .typed import FactsTyped, facts

Ladder = Annotated[str, Parameter(help="The policy's ladder.")]


Level = Annotated[str, Parameter(help="Which level.")]


def apply_for_tier(  # noqa: PLR0913 - the switches of one command
    account: Member,
    ladder: Ladder,
    level: Level,
    /,
    *,
    fact: FactsTyped = (),
    when: When = DEFAULT_WHEN,
    access: Access = DEFAULT_ACCESS,
) -> ExitCode:
    """
    Apply for a level of a ladder; it is granted where its needs are met.
    """
    with access.writing() as bank:
        with understood():
            operation = ops.Apply(
                account=account, ladder=ladder, level=level, facts=facts(bank, fact)
            )
        return post(bank, operation, when, access)


def grant_tier(  # noqa: PLR0913 - the switches of one command
    account: Member,
    ladder: Ladder,
    level: Level,
    /,
    *,
    fact: FactsTyped = (),
    when: When = DEFAULT_WHEN,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Grant a level of a ladder that people decide.
    """
    return _set_tier(
        ops.TierAction.GRANT,
        account,
        ladder,
        level=level,
        fact=fact,
        when=when,
        access=access,
    )


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
    """
    return _set_tier(
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
    """
    return _set_tier(
        ops.TierAction.WITHDRAW, account, ladder, fact=fact, when=when, access=access
    )


def _set_tier(  # noqa: PLR0913 - what the three commands above share
    action: ops.TierAction,
    account: str,
    ladder: str,
    *,
    level: str | None = None,
    fact: tuple[str, ...],
    when: When,
    access: Access,
) -> ExitCode:
    with access.writing() as bank:
        with understood():
            operation = ops.SetTier(
                account=account,
                ladder=ladder,
                action=action,
                level=level,
                facts=facts(bank, fact),
            )
        return post(bank, operation, when, access)
