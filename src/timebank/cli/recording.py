"""
Recording what happened, and mending what was recorded wrongly.
"""

from __future__ import annotations

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
from .helping import Help
from .posting import post
from .show import say, word
from .typed import Day, FactsTyped, Length, OwnId, TimeOfDay, Whole, facts

_T = TypeVar("_T")

Member = Annotated[
    str, Parameter(help=Help("Whose account it is counted for.", "计入哪个账户。"))
]
Class = Annotated[
    str,
    Parameter(
        name="CLASS",
        help=Help("The policy's class, such as care.", "政策中的类别，如 care。"),
    ),
]
Organiser = Annotated[
    str | None,
    Parameter(
        help=Help(
            "The account of the team that organised it.", "组织方（团队）的账户。"
        )
    ),
]
Event = Annotated[
    OwnId | None,
    Parameter(help=Help("Your own name for the occasion.", "您自己对该次活动的称呼。")),
]
Target = Annotated[str, Parameter(help=Help("The id of the entry.", "记录编号。"))]
Sponsor = Annotated[
    str | None,
    Parameter(
        help=Help(
            "The account of who stands behind it: a firm, a patron.",
            "出资方的账户：企业、赞助人。",
        )
    ),
]
Body = Annotated[
    OwnId | None,
    Parameter(
        help=Help(
            "The body it belongs to, by your own name for it.",
            "所属机构，用您自己的名称。",
        )
    ),
]
Evidence = Annotated[
    OwnId | None,
    Parameter(
        help=Help(
            "What it rests on, in the policy's word: sign-in …",
            "依据，用政策中的词：sign-in（签到）……",
        )
    ),
]
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
Starts = Annotated[
    TimeOfDay | None,
    Parameter(
        help=Help(
            "When it began, such as 9:30; overlaps are then refused.",
            "开始时间，如 9:30；填写后不得与其他服务重叠。",
        )
    ),
]


@Parameter(name="*")
@frozen(kw_only=True)
class Occasion:
    """
    What else is said of what was done.

    Args:
        organiser: The team that organised it.
        event: Your own name for the occasion.
        sponsor: Who stands behind it.
        body: For whom, or through whom, it was done.
        evidence: What it rests on.
        fact: The facts that rules ask for.
    """

    organiser: Organiser = None
    event: Event = None
    sponsor: Sponsor = None
    body: Body = None
    evidence: Evidence = None
    fact: FactsTyped = ()


UNTOLD: Final = Occasion()


def service(  # noqa: PLR0913 - the switches of one command
    provider: Annotated[
        str,
        Parameter(help=Help("Who served, and is credited.", "谁提供服务并获得积分。")),
    ],
    class_: Class,
    length: Length,
    /,
    *,
    recipient: Annotated[
        str | None,
        Parameter(
            help=Help(
                "Whom they served, where that is an account here.",
                "服务对象（如在此有账户）。",
            )
        ),
    ] = None,
    starts: Starts = None,
    about: Occasion = UNTOLD,
    when: When = DEFAULT_WHEN,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Record a service: who served, what it was, how long it took.

    For example:
    timebank record v-0007 care 2:50 --on 2026-03-05 --id sheet-3/row-41

    登记服务：谁服务，何种服务，用时多久。

    例如：
    timebank record v-0007 care 2:50 --on 2026-03-05 --id sheet-3/row-41
    """
    with access.writing() as bank:
        with understood():
            operation = ops.RecordService(
                provider=provider,
                service_class=class_,
                minutes=length,
                recipient=recipient,
                organiser=about.organiser,
                starts_at=starts,
                event=about.event,
                facts=facts(bank, about.fact),
                sponsor=about.sponsor,
                body=about.body,
                evidence=about.evidence,
            )
        return post(bank, operation, when)


def mark(  # noqa: PLR0913 - the switches of one command
    member: Member,
    class_: Class,
    number: Annotated[Whole, Parameter(help=Help("How many.", "数量。"))] = 1,
    /,
    *,
    recipient: Annotated[
        str | None,
        Parameter(
            help=Help(
                "Whom it was for, where that is an account here.",
                "为谁而做（如在此有账户）。",
            )
        ),
    ] = None,
    about: Occasion = UNTOLD,
    when: When = DEFAULT_WHEN,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Record something counted that is not time.

    A meeting attended or missed, a suggestion, a shift: whatever class of
    the policy counts numbers. For example: timebank mark v-0007 meeting

    登记不以时间计的事项。

    出席或缺席会议、提出建议、值班：政策中任何按次数计的类别。
    例如：timebank mark v-0007 meeting
    """
    with access.writing() as bank:
        with understood():
            operation = ops.RecordMark(
                member=member,
                mark=class_,
                number=number,
                organiser=about.organiser,
                event=about.event,
                facts=facts(bank, about.fact),
                recipient=recipient,
                sponsor=about.sponsor,
                body=about.body,
                evidence=about.evidence,
            )
        return post(bank, operation, when)


# ---------------------------------------------------------------- mending


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


def correct(  # noqa: PLR0913 - the switches of one command
    entry: Target,
    /,
    *,
    member: Annotated[
        str | None,
        Parameter(
            help=Help("Who it should have been counted for.", "应计入谁的账户。")
        ),
    ] = None,
    class_: Annotated[
        str | None,
        Parameter(
            name="--class", help=Help("What it should have been.", "应属哪一类别。")
        ),
    ] = None,
    length: Annotated[
        Length | None,
        Parameter(
            help=Help("How long a service should have been.", "服务应为多长时间。")
        ),
    ] = None,
    starts: Annotated[
        TimeOfDay | None,
        Parameter(help=Help("When a service should have begun.", "服务应从何时开始。")),
    ] = None,
    number: Annotated[
        Whole | None,
        Parameter(help=Help("How many a mark should have been.", "事项应为多少。")),
    ] = None,
    amount: Annotated[
        str | None,
        Parameter(
            help=Help(
                "How much a gift, donation, allocation or grant should be.",
                "赠予、捐赠、分配或发放应为多少。",
            )
        ),
    ] = None,
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
    changes = _Changes(
        member=member,
        class_=class_,
        length=length,
        starts=starts,
        number=number,
        amount=amount,
    )
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
        when = When(on=on or target.effective_on, id=id, what_if=what_if)
        code = post(bank, operation, when)
    if when.on != target.effective_on and not what_if:
        say(
            Text(
                "  moved from {before} to {after}",
                "  由 {before} 改为 {after}",
                before=target.effective_on,
                after=when.on,
            )
        )
    return code


@frozen(kw_only=True)
class _Changes:
    """What an entry should have been; None where it stays as it is."""

    member: str | None
    class_: str | None
    length: int | None
    starts: int | None
    number: int | None
    amount: str | None

    @property
    def named(self) -> list[str]:
        """The options that were given."""
        given = asdict(self).items()
        return [name.rstrip("_") for name, value in given if value is not None]


def _mended(bank: Bank, target: Entry, changes: _Changes) -> ops.Movable:
    asked = target.asked
    match asked:
        case ops.RecordService():
            _only(changes, target, "member", "class", "length", "starts")
            return evolve(
                asked,
                provider=_or(changes.member, asked.provider),
                service_class=_or(changes.class_, asked.service_class),
                minutes=_or(changes.length, asked.minutes),
                starts_at=_or(changes.starts, asked.starts_at),
            )
        case ops.RecordMark():
            _only(changes, target, "member", "class", "number")
            return evolve(
                asked,
                member=_or(changes.member, asked.member),
                mark=_or(changes.class_, asked.mark),
                number=_or(changes.number, asked.number),
            )
        case ops.Give() | ops.Donate() | ops.Allocate() | ops.Grant():
            _only(changes, target, "amount")
            if changes.amount is None:
                return asked
            amount = bank.unit(asked.unit).parts(changes.amount)
            return evolve(asked, amount=amount)
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


def _or(new: _T | None, old: _T) -> _T:
    return old if new is None else new


def _only(changes: _Changes, target: Entry, *allowed: str) -> None:
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
