"""
Recording what happened.
"""

from __future__ import annotations

from typing import Annotated, Final

from attrs import frozen
from cyclopts import Parameter

from .. import operations as ops
from .access import (
    DEFAULT_ACCESS,
    DEFAULT_WHEN,
    Access,
    When,
)
from .endings import understood
from .facts import FactsTyped, facts
from .helping import Help
from .posting import post
from .sharing import common, given, one_or_several, served
from .typed import Length, OwnId, TimeOfDay, Whole

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
        tuple[str, ...],
        Parameter(
            metavar="ACCOUNT[=TIME]",
            help=Help(
                "Whom they served, where that is an account here; several who were "
                "served at once, each with how long, such as v-0012=0:30. What a rule "
                "asks of one of them is --fact v-0012:age=67.",
                "服务对象（如在此有账户）；同时服务多人时逐一写明，可注明各自时长，"
                "如 v-0012=0:30；规则针对某人所需的情况写作 --fact v-0012:age=67。",
            ),
        ),
    ] = (),
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
            alone, several = one_or_several(
                recipient, lambda typed: served(typed, about.fact, length, bank)
            )
            operation = ops.RecordService(
                provider=provider,
                service_class=class_,
                minutes=length,
                recipient=alone,
                organiser=about.organiser,
                starts_at=starts,
                event=about.event,
                facts=facts(bank, common(about.fact, several)),
                sponsor=about.sponsor,
                body=about.body,
                evidence=about.evidence,
                recipients=several,
            )
        return post(bank, operation, when)


def mark(  # noqa: PLR0913 - the switches of one command
    member: Member,
    class_: Class,
    number: Annotated[
        Whole, Parameter(help=Help("How many; 1 by default.", "数量；默认为 1。"))
    ] = 1,
    /,
    *,
    recipient: Annotated[
        tuple[str, ...],
        Parameter(
            metavar="ACCOUNT[=NUMBER]",
            help=Help(
                "Whom it was for, where that is an account here; several at once, each "
                "with how many were theirs, such as v-0012=2. What a rule asks of one "
                "of them is --fact v-0012:age=67.",
                "为谁而做（如在此有账户）；同时为多人时逐一写明，可注明各自数量，"
                "如 v-0012=2；规则针对某人所需的情况写作 --fact v-0012:age=67。",
            ),
        ),
    ] = (),
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
            alone, several = one_or_several(
                recipient, lambda typed: given(typed, about.fact, number, bank)
            )
            operation = ops.RecordMark(
                member=member,
                mark=class_,
                number=number,
                organiser=about.organiser,
                event=about.event,
                facts=facts(bank, common(about.fact, several)),
                recipient=alone,
                sponsor=about.sponsor,
                body=about.body,
                evidence=about.evidence,
                recipients=several,
            )
        return post(bank, operation, when)
