"""
Several at once: who pays with whom, and who has applied for what a pool has.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated

from cyclopts import Parameter

from .. import operations as ops
from ..bank import Bank
from ..model import MINUTES_AN_HOUR
from ..texts import Text
from .access import DEFAULT_ACCESS, DEFAULT_WHEN, Access, When
from .endings import understood
from .facts import FactsTyped, facts
from .helping import Help
from .posting import post
from .typed import OwnId, minutes, whole

PaidBy = Annotated[
    tuple[str, ...],
    Parameter(
        name="--paid-by",
        metavar="ACCOUNT=SHARE",
        help=Help(
            "Where several pay: each with a share of the price, the payer too, as "
            "v-0007=1. What a rule asks of one of them is --fact v-0012:age=67.",
            "多人共同支付时，逐一写明各自份额（含付方本人），如 v-0007=1；"
            "规则针对某人所需的情况写作 --fact v-0012:age=67。",
        ),
    ),
]
_BETWEEN = ":"


def parts(
    typed: Sequence[str], known: Sequence[str], read: Callable[[str], int], bank: Bank
) -> list[ops.Part]:
    """
    Read those who take part, each ``ACCOUNT=FIGURE``, with the facts told of them.

    Raises:
        ValueError: If one is not written so, or a fact is told of somebody else.
    """
    found = []
    for text in typed:
        account, equals, figure = text.rpartition("=")
        if not equals or not account:
            raise ValueError(
                Text(
                    "who takes part is ACCOUNT=FIGURE, such as v-0007=2; found {text!r}",
                    "参与者写作 账户=数量，如 v-0007=2；现为 {text!r}",
                    text=text,
                )
            )
        own = facts(bank, told_of(account, known))
        found.append(ops.Part(account=account, amount=read(figure), facts=own))
    return found


def told_of(account: str, typed: Sequence[str]) -> list[str]:
    """Return the facts that are told of *account* alone, as ``NAME=VALUE``."""
    whose = f"{account}{_BETWEEN}"
    return [fact.removeprefix(whose) for fact in typed if fact.startswith(whose)]


def one_or_several(
    typed: Sequence[str], read: Callable[[Sequence[str]], list[ops.Part]]
) -> tuple[str | None, list[ops.Part]]:
    """Return the one recipient who had all of it, or else each with what *read* says."""
    if len(typed) == 1 and "=" not in typed[0]:
        return typed[0], []
    return None, read(typed)


def common(typed: Sequence[str], several: Sequence[ops.Part]) -> list[str]:
    """Return the facts that are told of all, and not of one who takes part."""
    theirs = tuple(f"{part.account}{_BETWEEN}" for part in several)
    return [fact for fact in typed if not (theirs and fact.startswith(theirs))]


def share_out(
    unit: Annotated[
        str,
        Parameter(
            name="UNIT",
            help=Help(
                "The policy's unit, such as hours or points.",
                "政策中的单位，如 hours 或 points。",
            ),
        ),
    ],
    /,
    *applicants: Annotated[
        str,
        Parameter(
            name="ACCOUNT=AMOUNT",
            help=Help(
                "Who has applied, and for how much: v-0007=2:30.",
                "申请人及申请数量，如 v-0007=2:30。",
            ),
        ),
    ],
    purpose: Annotated[
        OwnId | None,
        Parameter(help=Help("What it is for.", "用途。")),
    ] = None,
    fact: FactsTyped = (),
    when: When = DEFAULT_WHEN,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Hand out what a pool has to all who have applied, as far as it goes.

    Who comes first is the policy's to say. What it asks of one of them is
    --fact v-0007:age=81.

    将公共池中的积分统一分配给所有申请人，分完为止。

    先后次序由政策规定。政策针对某人所需的情况写作 --fact v-0007:age=81。
    """
    with access.writing() as bank:
        with understood():
            several = parts(applicants, fact, bank.unit(unit).parts, bank)
            operation = ops.ShareOut(
                unit=unit,
                applicants=several,
                facts=facts(bank, common(fact, several)),
                purpose=purpose,
            )
        return post(bank, operation, when)


def payers(typed: Sequence[str], known: Sequence[str], bank: Bank) -> list[ops.Part]:
    """Read those who pay for one order together, with their shares of the price."""
    return parts(typed, known, whole, bank)


def served(
    typed: Sequence[str], known: Sequence[str], length: int, bank: Bank
) -> list[ops.Part]:
    """Read those who were served at once, each all the time or as long as is said."""
    whole_time = "{}:{:02}".format(*divmod(length, MINUTES_AN_HOUR))
    return parts(_each_with(whole_time, typed), known, minutes, bank)


def given(
    typed: Sequence[str], known: Sequence[str], number: int, bank: Bank
) -> list[ops.Part]:
    """Read those to whom something was done at once, each all of it or as many as is said."""
    return parts(_each_with(str(number), typed), known, whole, bank)


def _each_with(figure: str, typed: Sequence[str]) -> list[str]:
    return [text if "=" in text else f"{text}={figure}" for text in typed]
