"""
Recording what happened, and mending what was recorded wrongly.
"""

from __future__ import annotations

from typing import Annotated, TypeVar

from attrs import asdict, evolve, frozen
from cyclopts import Parameter

from .. import operations as ops
from ..bank import Bank
from ..entries import Entry
from .access import DEFAULT_ACCESS, DEFAULT_WHEN, RECORDING, Access, IdTyped, When
from .endings import Stopped, understood
from .posting import post
from .show import say
from .typed import Day, FactsTyped, Length, OwnId, TimeOfDay, Whole, facts

_T = TypeVar("_T")

Member = Annotated[str, Parameter(help="Whose account it is counted for.")]
Class = Annotated[
    str, Parameter(name="CLASS", help="The policy's class, such as care.")
]
Organiser = Annotated[
    str | None, Parameter(help="The account of the team that organised it.")
]
Event = Annotated[OwnId | None, Parameter(help="Your own name for the occasion.")]
Sponsor = Annotated[
    str | None, Parameter(help="The account of who stands behind it: a firm, a patron.")
]
Body = Annotated[
    OwnId | None, Parameter(help="The body it belongs to, by your own name for it.")
]
Evidence = Annotated[
    OwnId | None, Parameter(help="What it rests on, in the policy's word: sign-in …")
]
Target = Annotated[str, Parameter(help="The id of the entry.")]
Authority = Annotated[
    str | None,
    Parameter(
        help="Who allowed it although something depends on the entry, or an account "
        "ends below its limit; recorded for ever."
    ),
]
Starts = Annotated[
    TimeOfDay | None,
    Parameter(help="When it began, such as 9:30; overlaps are then refused."),
]


def service(  # noqa: PLR0913 - the switches of one command
    provider: Annotated[str, Parameter(help="Who served, and is credited.")],
    class_: Class,
    length: Length,
    /,
    *,
    recipient: Annotated[
        str | None, Parameter(help="Whom they served, where that is an account here.")
    ] = None,
    organiser: Organiser = None,
    starts: Starts = None,
    event: Event = None,
    sponsor: Sponsor = None,
    body: Body = None,
    evidence: Evidence = None,
    fact: FactsTyped = (),
    when: When = DEFAULT_WHEN,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Record a service: who served, what it was, how long it took.

    For example:
    timebank record v-0007 care 2:50 --on 2026-03-05 --id sheet-3/row-41
    """
    with access.writing() as bank:
        with understood():
            operation = ops.RecordService(
                provider=provider,
                service_class=class_,
                minutes=length,
                recipient=recipient,
                organiser=organiser,
                starts_at=starts,
                event=event,
                facts=facts(bank, fact),
                sponsor=sponsor,
                body=body,
                evidence=evidence,
            )
        return post(bank, operation, when, access)


def mark(  # noqa: PLR0913 - the switches of one command
    member: Member,
    class_: Class,
    number: Annotated[Whole, Parameter(help="How many.")] = 1,
    /,
    *,
    recipient: Annotated[
        str | None, Parameter(help="Whom it was for, where that is an account here.")
    ] = None,
    organiser: Organiser = None,
    event: Event = None,
    sponsor: Sponsor = None,
    body: Body = None,
    evidence: Evidence = None,
    fact: FactsTyped = (),
    when: When = DEFAULT_WHEN,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Record something counted that is not time.

    A meeting attended or missed, a suggestion, a shift: whatever class of
    the policy counts numbers. For example: timebank mark v-0007 meeting
    """
    with access.writing() as bank:
        with understood():
            operation = ops.RecordMark(
                member=member,
                mark=class_,
                number=number,
                organiser=organiser,
                event=event,
                facts=facts(bank, fact),
                recipient=recipient,
                sponsor=sponsor,
                body=body,
                evidence=evidence,
            )
        return post(bank, operation, when, access)


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
    """
    with access.writing() as bank:
        with understood():
            operation = ops.Reverse(target=entry, authority=authority)
        return post(bank, operation, when, access)


def void(
    id: Annotated[OwnId, Parameter(name="VOIDED", help="The id to take.")],
    /,
    *,
    when: When = DEFAULT_WHEN,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Take an id before its entry arrives, so that the late entry is refused.
    """
    with access.writing() as bank:
        with understood():
            operation = ops.VoidId(voided=id)
        return post(bank, operation, when, access)


def correct(  # noqa: PLR0913 - the switches of one command
    entry: Target,
    /,
    *,
    member: Annotated[
        str | None, Parameter(help="Who it should have been counted for.")
    ] = None,
    class_: Annotated[
        str | None, Parameter(name="--class", help="What it should have been.")
    ] = None,
    length: Annotated[
        Length | None, Parameter(help="How long a service should have been.")
    ] = None,
    starts: Annotated[
        TimeOfDay | None, Parameter(help="When a service should have begun.")
    ] = None,
    number: Annotated[
        Whole | None, Parameter(help="How many a mark should have been.")
    ] = None,
    amount: Annotated[
        str | None,
        Parameter(help="How much a gift, donation, allocation or grant should be."),
    ] = None,
    authority: Authority = None,
    on: Annotated[
        Day | None,
        Parameter(
            group=RECORDING,
            help="The day it should have counted for, such as 2026-03-05; the day of "
            "the entry by default.",
        ),
    ] = None,
    id: IdTyped = None,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Undo an entry and put a mended one in its place, as one step.

    What is not named stays as it was, the day too. Services, marks and
    amounts can be corrected; reverse anything else, and record it again.
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
            "say what it should have been: --length 1:30, --class care, --on DAY …"
        )
    with access.writing() as bank:
        target = bank.entry(entry).entry
        with understood():
            operation = ops.Correct(
                target=entry,
                replacement=_mended(bank, target, changes),
                authority=authority,
            )
        when = When(on=on or target.effective_on, id=id)
        code = post(bank, operation, when, access)
    if when.on != target.effective_on:
        say(f"  moved from {target.effective_on} to {when.on}")
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
                f"{target.id} is of kind {ops.TAGS[type(asked)]}, which is not corrected: "
                f"reverse it (timebank reverse {target.id}) and record it again"
            )


def _or(new: _T | None, old: _T) -> _T:
    return old if new is None else new


def _only(changes: _Changes, target: Entry, *allowed: str) -> None:
    for name in changes.named:
        if name not in allowed:
            raise Stopped(
                f"{target.id} is of kind {ops.TAGS[type(target.asked)]} and has no "
                f"--{name}; it has: {', '.join(f'--{known}' for known in allowed)}"
            )
