"""
Mending what was recorded wrongly: undone, put right, or kept from being recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Final, TypeVar

from attrs import asdict, evolve, frozen
from cyclopts import Parameter

from .. import operations as ops
from ..bank import Bank
from ..entries import Entry
from ..texts import Text
from .access import (
    DEFAULT_ACCESS,
    DEFAULT_WHEN,
    RECORDING,
    Access,
    IdTyped,
    WhatIf,
    When,
)
from .endings import Stopped, understood
from .facts import FactsTyped, facts
from .helping import Help
from .posting import post
from .sharing import common, given, one_or_several, served, told_of
from .show import say, word
from .typed import Day, Length, OwnId, TimeOfDay, Whole

_T = TypeVar("_T")

Target = Annotated[str, Parameter(help=Help("The id of the entry.", "记录编号。"))]
Authority = Annotated[
    str | None,
    Parameter(
        help=Help(
            "Who allowed it although something depends on the entry, or an account "
            "ends below its limit; recorded for ever.",
            "尽管有后续记录、或账户将低于限额，由谁批准；永久保存。",
        )
    ),
]


def reverse(
    entry: Target,
    /,
    *,
    authority: Authority = None,
    when: When = DEFAULT_WHEN,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Undo an entry: all that it moved goes back.

    Both stay in the journal. An entry is undone once.

    冲销记录：所变动的全部退回。

    二者均保留在账本中。每条记录只能冲销一次。
    """
    with access.writing() as bank:
        with understood():
            operation = ops.Reverse(target=entry, authority=authority)
        return post(bank, operation, when)


def void(
    id: Annotated[
        OwnId, Parameter(name="VOIDED", help=Help("The id to take.", "要作废的编号。"))
    ],
    /,
    *,
    when: When = DEFAULT_WHEN,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Take an id before its entry arrives, so that the late entry is refused.

    在记录到达之前作废其编号，使迟到的记录被退回。
    """
    with access.writing() as bank:
        with understood():
            operation = ops.VoidId(voided=id)
        return post(bank, operation, when)


@Parameter(name="*")
@frozen(kw_only=True)
class Changes:
    """
    What an entry should have been; None where it stays as it is.

    Args:
        member: Who it should have been counted for.
        class_: What it should have been.
        length: How long a service should have been, in minutes.
        starts: When it should have begun, in minutes since midnight.
        number: How many a mark should have been.
        amount: How much a gift and the like should have been.
        recipient: Whom it should have been for, all of them.
        fact: Facts that should have been told, beside those that were.
    """

    member: Annotated[
        str | None,
        Parameter(
            help=Help("Who it should have been counted for.", "应计入谁的账户。")
        ),
    ] = None
    class_: Annotated[
        str | None,
        Parameter(
            name="--class", help=Help("What it should have been.", "应属哪一类别。")
        ),
    ] = None
    length: Annotated[
        Length | None,
        Parameter(
            help=Help("How long a service should have been.", "服务应为多长时间。")
        ),
    ] = None
    starts: Annotated[
        TimeOfDay | None,
        Parameter(help=Help("When a service should have begun.", "服务应从何时开始。")),
    ] = None
    number: Annotated[
        Whole | None,
        Parameter(help=Help("How many a mark should have been.", "事项应为多少。")),
    ] = None
    amount: Annotated[
        str | None,
        Parameter(
            help=Help(
                "How much a gift, donation, allocation or grant should be.",
                "赠予、捐赠、分配或发放应为多少。",
            )
        ),
    ] = None

    recipient: Annotated[
        tuple[str, ...],
        Parameter(
            metavar="ACCOUNT[=FIGURE]",
            help=Help(
                "Whom it should have been for: all of them, as when it was recorded.",
                "应是为谁：列出全部，写法与登记时相同。",
            ),
        ),
    ] = ()
    fact: FactsTyped = ()

    @property
    def named(self) -> list[str]:
        """The options that were given."""
        given = asdict(self).items()
        return [name.rstrip("_") for name, value in given if value not in (None, ())]


NONE: Final = Changes()


def correct(  # noqa: PLR0913 - the switches of one command
    entry: Target,
    /,
    *,
    changes: Changes = NONE,
    authority: Authority = None,
    on: Annotated[
        Day | None,
        Parameter(
            group=RECORDING,
            help=Help(
                "The day it should have counted for, such as 2026-03-05; the day of "
                "the entry by default.",
                "应计入的日期，如 2026-03-05；默认为原记录的日期。",
            ),
        ),
    ] = None,
    id: IdTyped = None,
    what_if: WhatIf = False,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Undo an entry and put a mended one in its place, as one step.

    What is not named stays as it was, the day too. Services, marks and
    amounts can be corrected; reverse anything else, and record it again.

    一步冲销记录并以更正后的记录代之。

    未列出的保持原样，日期亦然。服务、事项和数量可以更正；其他的请冲销后重新登记。
    """
    if not changes.named and on is None:
        raise Stopped(
            Text(
                "say what it should have been: --length 1:30, --class care, --on DAY …",
                "请说明应为何：--length 1:30、--class care、--on 日期……",
            )
        )
    with access.writing() as bank:
        target = bank.entry(entry).entry
        with understood():
            operation = ops.Correct(
                target=entry,
                replacement=_mended(bank, target, changes),
                authority=authority,
            )
        day = on or target.effective_on
        code = post(bank, operation, When(on=day, id=id, what_if=what_if))
    if not what_if:
        _moved(target.effective_on, day)
    return code


def _moved(before: date, after: date) -> None:
    if before != after:
        say(
            Text(
                "  moved from {before} to {after}",
                "  由 {before} 改为 {after}",
                before=before,
                after=after,
            )
        )


def _mended(bank: Bank, target: Entry, changes: Changes) -> ops.Movable:
    asked = target.asked
    match asked:
        case ops.RecordService():
            _only(changes, target, *_OF_SERVICES)
            minutes = _or(changes.length, asked.minutes)
            alone, several = _recipients(changes, asked, minutes, bank)
            return evolve(
                asked,
                provider=_or(changes.member, asked.provider),
                service_class=_or(changes.class_, asked.service_class),
                minutes=minutes,
                starts_at=_or(changes.starts, asked.starts_at),
                recipient=alone,
                recipients=several,
                facts=_facts(bank, asked.facts, common(changes.fact, several)),
            )
        case ops.RecordMark():
            _only(changes, target, *_OF_MARKS)
            number = _or(changes.number, asked.number)
            alone, several = _recipients(changes, asked, number, bank)
            return evolve(
                asked,
                member=_or(changes.member, asked.member),
                mark=_or(changes.class_, asked.mark),
                number=number,
                recipient=alone,
                recipients=several,
                facts=_facts(bank, asked.facts, common(changes.fact, several)),
            )
        case ops.EndPeriod():
            _only(changes, target)
            return asked  # worked out anew
        case ops.Give() | ops.Donate() | ops.Allocate() | ops.Grant():
            _only(changes, target, "amount", "fact")
            told = _facts(bank, asked.facts, changes.fact)
            if changes.amount is None:
                return evolve(asked, facts=told)
            amount = bank.unit(asked.unit).parts(changes.amount)
            return evolve(asked, amount=amount, facts=told)
        case _:
            raise Stopped(
                Text(
                    "{id} is of kind {kind}, which is not corrected: "
                    "reverse it (timebank reverse {id}) and record it again",
                    "{id} 属“{kind}”，不能更正：请冲销（timebank reverse {id}）后重新登记",
                    id=target.id,
                    kind=word(ops.TAGS[type(asked)]),
                )
            )


_OF_SERVICES: Final = ("member", "class", "length", "starts", "recipient", "fact")
_OF_MARKS: Final = ("member", "class", "number", "recipient", "fact")


def _recipients(
    changes: Changes, asked: ops.RecordService | ops.RecordMark, most: int, bank: Bank
) -> tuple[str | None, list[ops.Part]]:
    """Return the only recipient, or several, with what was told of them before."""
    told = {part.account: part.facts for part in asked.recipients}
    if changes.recipient:
        read = served if isinstance(asked, ops.RecordService) else given
        alone, several = one_or_several(
            changes.recipient, lambda typed: read(typed, changes.fact, most, bank)
        )
    else:
        alone = asked.recipient
        several = [
            evolve(part, facts=facts(bank, told_of(part.account, changes.fact)))
            for part in asked.recipients
        ]
    merged = [
        evolve(part, facts={**dict(told.get(part.account, ())), **dict(part.facts)})
        for part in several
    ]
    return alone, merged


def _facts(
    bank: Bank, before: ops.Facts, typed: Sequence[str]
) -> dict[str, ops.FactValue]:
    """Return the facts that were told, and those that are now."""
    return {**dict(before), **facts(bank, typed)}


def _or(new: _T | None, old: _T) -> _T:
    return old if new is None else new


def _only(changes: Changes, target: Entry, *allowed: str) -> None:
    for name in changes.named:
        if name not in allowed:
            raise Stopped(
                Text(
                    "{id} is of kind {kind} and has no --{name}; it has: {known}",
                    "{id} 属“{kind}”，没有 --{name}；可用：{known}",
                    id=target.id,
                    kind=word(ops.TAGS[type(target.asked)]),
                    name=name,
                    known=", ".join(f"--{each}" for each in allowed),
                )
            )
