"""
The sheet of services: who served when, in which class, for how long, and in what company.

What a mark names beside itself is what a service does, and is read here for both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

from ..model import AccountId
from ..operations import MINUTES_MAX, Part, RecordService
from . import cells
from .cells import Cell, shown_minutes
from .columns import COMPANY, DATE, NAME, SHARED, member
from .headings import Column
from .problems import Fault, RowReason
from .reading import Draft, Layout, Reading

Company: TypeAlias = dict[str, str | None]


def company(row: Reading) -> Company:
    """Return who and what else the row names, by field; those to whom it was done apart."""
    return {
        "organiser": row.take("organiser", cells.account),
        "sponsor": row.take("sponsor", cells.account),
        "event": row.take("event", cells.label),
        "body": row.take("body", cells.word),
        "evidence": row.take("evidence", cells.word),
    }


def recipients(row: Reading) -> tuple[AccountId, ...]:
    """Return those to whom it was done, each once."""
    return tuple(dict.fromkeys(row.take("recipient", cells.accounts) or ()))


def one_of(served: tuple[AccountId, ...]) -> AccountId | None:
    """Return the only recipient, where there is one."""
    return served[0] if len(served) == 1 else None


def several_of(served: tuple[AccountId, ...], amount: int) -> tuple[Part, ...]:
    """Return several recipients, each of whom had the whole *amount*."""
    if len(served) == 1:
        return ()
    return tuple(Part(account=each, amount=amount) for each in served)


def company_key(
    named: Company, served: tuple[AccountId, ...]
) -> Mapping[str, str | None]:
    """Return what of it makes a record another one: all but what it rests on."""
    key = {name: said for name, said in named.items() if name != "evidence"}
    return {**key, "recipient": "、".join(served) or None}


def _service(row: Reading) -> Draft:
    provider = row.need("provider", cells.account)
    service_class = row.need("class", row.names.class_of)
    named, served = company(row), recipients(row)
    starts_at, minutes = _times(row)
    facts = row.facts(provider_age="provider.age", recipient_age="recipient.age")
    operation = None
    if provider and service_class and minutes and not row.problems:
        operation = RecordService(
            provider=provider,
            service_class=service_class,
            minutes=minutes,
            recipient=one_of(served),
            starts_at=starts_at,
            facts=facts,
            recipients=several_of(served, minutes),
            **named,
        )
    key = {
        "provider": provider,
        "class": service_class,
        "start": starts_at,
        "minutes": minutes,
        **company_key(named, served),
    }
    return Draft(operation=operation, key=key, told_apart_by=("start", "record id"))


def _times(row: Reading) -> tuple[int | None, int | None]:
    """The minute it began, where given, and how many minutes it took, if that can be told."""
    faults = len(row.problems)
    start = row.take("start", cells.minute_of_day)
    end = row.take("end", lambda cell: cells.minute_of_day(cell, ends=True))
    stated = [
        (name, minutes)
        for name in ("duration", "minutes")
        if (minutes := row.take(name, _LENGTHS[name])) is not None
    ]
    if len(row.problems) > faults:
        return None, None
    between = _between(row, start, end, [length for _, length in stated])
    if not stated and start is end is None:
        row.fault("duration", _no_duration(row))
    lengths = ([] if between is None else [between]) + [length for _, length in stated]
    for name, minutes in stated:
        if minutes != lengths[0]:
            found, wanted = shown_minutes(minutes), shown_minutes(lengths[0])
            reason = RowReason.DURATION_DISAGREES
            row.fault(name, Fault(reason=reason, found=found, wanted=wanted))
    return start, lengths[0] if lengths else None


def _minutes(cell: Cell) -> int | Fault:
    return cells.duration(cell, numbers_are_minutes=True)


_LENGTHS: Final[Mapping[str, Callable[[Cell], int | Fault]]] = {
    "duration": cells.duration,
    "minutes": _minutes,
}


def _between(
    row: Reading, start: int | None, end: int | None, stated: Sequence[int]
) -> int | None:
    """
    Return how long it took from *start* to *end*, where both are given.

    An end before its start is the next day's where a length says so too, and else as
    likely a slip of the pen, worth half a day: it is never guessed which.
    """
    if start is not None and end is not None:
        if end > start:
            return end - start
        over_midnight = end + MINUTES_MAX - start
        if over_midnight in stated:
            return over_midnight
        found, wanted = shown_minutes(end), shown_minutes(start)
        reason = RowReason.END_BEFORE_START
        row.fault("end", Fault(reason=reason, found=found, wanted=wanted))
    elif end is not None:
        found = shown_minutes(end)
        row.fault("start", Fault(reason=RowReason.START_MISSING, found=found))
    elif start is not None and not stated:
        found = shown_minutes(start)
        row.fault("end", Fault(reason=RowReason.END_MISSING, found=found))
    return None


def _no_duration(row: Reading) -> Fault:
    wanted = (
        f"{row.heading('duration')} / {row.heading('start')} – {row.heading('end')}"
    )
    return Fault(reason=RowReason.DURATION_MISSING, wanted=wanted)


LAYOUT: Final = Layout(
    name="services",
    build=_service,
    either=(("duration",), ("minutes",), ("start", "end")),
    columns=(
        DATE,
        member("provider", "服务者编号", "provider id"),
        NAME,
        Column(
            name="class",
            text="服务类别",
            aliases=("服务类型", "类别", "service class", "category"),
            required=True,
        ),
        Column(
            name="start",
            text="开始时间",
            aliases=("服务开始时间", "start time", "from"),
        ),
        Column(name="end", text="结束时间", aliases=("服务结束时间", "end time", "to")),
        Column(
            name="duration",
            text="时长",
            aliases=(
                "服务时长",
                "时长(小时)",
                "服务时长(小时)",
                "小时数",
                "duration (hours)",
                "hours",
            ),
        ),
        Column(
            name="minutes",
            text="时长(分钟)",
            aliases=("服务时长(分钟)", "分钟数", "duration (minutes)"),
        ),
        *COMPANY,
        Column(
            name="provider_age",
            text="志愿者年龄",
            aliases=("provider.age", "provider age"),
        ),
        Column(
            name="recipient_age",
            text="服务对象年龄",
            aliases=("recipient.age", "recipient age"),
        ),
        *SHARED,
    ),
)
