"""
The sheets that clerks keep: their columns, and how a row becomes an operation.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from typing import Final

from attrs import evolve

from ..model import AccountKind
from ..operations import (
    OpenAccount,
    Part,
    PlaceOrder,
    RecordMark,
    RecordService,
    SetTier,
    TierAction,
)
from . import cells
from .cells import Cell, is_blank, shown, shown_minutes
from .headings import Column, heading_key
from .problems import Fault, RowReason
from .reading import Draft, Layout, Reading

_DATE: Final = Column(
    name="date",
    text="日期",
    aliases=("服务日期", "活动日期", "service date", "day"),
    required=True,
)
_MEMBER_HEADINGS: Final = (
    "志愿者号",
    "志愿者ID",
    "会员编号",
    "成员编号",
    "volunteer id",
    "volunteer number",
    "volunteer",
    "member id",
    "member",
)
_NAME: Final = Column(name="name", text="姓名", aliases=("志愿者姓名", "名字", "名称"))
_REMARKS: Final = Column(
    name="remarks", text="备注", aliases=("说明", "remark", "notes")
)
_SERIAL: Final = Column(name="no.", text="序号", aliases=("no",))
_RECORD: Final = Column(
    name="record id",
    text="记录编号",
    aliases=("记录号", "记录ID", "record", "record no."),
)
_SHARED: Final = (_RECORD, _REMARKS, _SERIAL)


def _member(name: str, *aliases: str) -> Column:
    return Column(
        name=name,
        text="志愿者编号",
        aliases=(*_MEMBER_HEADINGS, *aliases),
        required=True,
    )


def _service(row: Reading) -> Draft:
    provider = row.need("provider", cells.account)
    organiser = row.take("organiser", cells.account)
    service_class = row.need("class", row.names.class_of)
    served = tuple(dict.fromkeys(row.take("recipient", cells.accounts) or ()))
    starts_at, minutes = _times(row)
    facts = row.facts(provider_age="provider.age", recipient_age="recipient.age")
    operation = None
    if provider and service_class and minutes and not row.problems:
        alone = len(served) == 1
        several = () if alone else [Part(account=a, amount=minutes) for a in served]
        operation = RecordService(
            provider=provider,
            service_class=service_class,
            minutes=minutes,
            recipient=served[0] if alone else None,
            organiser=organiser,
            starts_at=starts_at,
            facts=facts,
            recipients=several,
        )
    key = {
        "provider": provider,
        "organiser": organiser,
        "class": service_class,
        "recipient": "、".join(served) or None,
        "start": starts_at,
        "minutes": minutes,
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
    between = _between(row, start, end, stated=bool(stated))
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
    row: Reading, start: int | None, end: int | None, *, stated: bool
) -> int | None:
    if start is not None and end is not None:
        if end > start:
            return end - start
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


def _mark(row: Reading) -> Draft:
    member = row.need("member", cells.account)
    mark = row.need("mark", row.names.class_of)
    number = _count(row, "number")
    facts = row.facts()
    operation = None
    if member and mark and number and not row.problems:
        operation = RecordMark(member=member, mark=mark, number=number, facts=facts)
    key = {"member": member, "mark": mark, "number": number}
    return Draft(operation=operation, key=key, told_apart_by=("record id",))


def _count(row: Reading, name: str) -> int | None:
    """A number of 1 or more; 1 where it is blank."""
    if is_blank(row.cell(name)):
        return 1
    return row.need(name, lambda cell: cells.whole(cell, least=1))


_KINDS: Final[Mapping[str, AccountKind]] = {
    "个人": AccountKind.MEMBER,
    "志愿者": AccountKind.MEMBER,
    "会员": AccountKind.MEMBER,
    "member": AccountKind.MEMBER,
    "家庭": AccountKind.FAMILY,
    "family": AccountKind.FAMILY,
    "团队": AccountKind.GROUP,
    "服务队": AccountKind.GROUP,
    "group": AccountKind.GROUP,
    "商户": AccountKind.MERCHANT,
    "merchant": AccountKind.MERCHANT,
}


def _kind(cell: Cell) -> AccountKind | Fault:
    if fault := cells.without_value(cell):
        return fault
    kind = _KINDS.get(heading_key(cell))
    if kind is None:
        wanted = ", ".join(_KINDS)
        return Fault(reason=RowReason.KIND_UNKNOWN, found=shown(cell), wanted=wanted)
    return kind


def _opening(row: Reading) -> Draft:
    member = row.need("member", cells.account)
    kind = row.take("kind", _kind) or AccountKind.MEMBER
    name = row.take("name", _private_text)
    facts = row.facts()
    operation = None
    if member and not row.problems:
        operation = OpenAccount(account=member, kind=kind, facts=facts)
    return Draft(
        operation=operation,
        key={"member": member, "kind": kind.value},
        private={"name": name} if name else {},
    )


def _private_text(cell: Cell) -> str | Fault:
    return cells.without_value(cell) or unicodedata.normalize("NFC", shown(cell))


def _order(row: Reading) -> Draft:
    payer = row.need("payer", cells.account)
    item = row.need("item", row.names.item_of)
    quantity = _count(row, "quantity")
    beneficiary = row.take("beneficiary", cells.account)
    facts = row.facts()
    operation = None
    if payer and item and quantity and not row.problems:
        operation = PlaceOrder(
            payer=payer,
            item=item,
            quantity=quantity,
            beneficiary=beneficiary,
            facts=facts,
        )
    key = {
        "payer": payer,
        "item": item,
        "quantity": quantity,
        "beneficiary": beneficiary,
    }
    return Draft(operation=operation, key=key, told_apart_by=("record id",))


def _tier(row: Reading) -> Draft:
    member = row.need("member", cells.account)
    ladder = row.need("ladder", cells.word)
    level = row.take("level", cells.word)
    facts = row.facts()
    operation = None
    if member and ladder and not row.problems:
        operation = SetTier(
            account=member,
            ladder=ladder,
            action=TierAction.WITHDRAW if level is None else TierAction.GRANT,
            level=level,
            facts=facts,
        )
    key = {"member": member, "ladder": ladder, "level": level}
    return Draft(operation=operation, key=key, told_apart_by=("record id",))


_SERVICES: Final = Layout(
    name="services",
    build=_service,
    either=(("duration",), ("minutes",), ("start", "end")),
    columns=(
        _DATE,
        _member("provider", "服务者编号", "provider id"),
        _NAME,
        Column(
            name="organiser",
            text="服务队编号",
            aliases=("团队编号", "队伍编号", "organizer", "team", "team id"),
        ),
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
        Column(
            name="recipient",
            text="服务对象编号",
            aliases=("受助人编号", "受益人编号", "recipient id"),
        ),
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
        *_SHARED,
    ),
)

_MARKS: Final = Layout(
    name="marks",
    build=_mark,
    columns=(
        _DATE,
        _member("member"),
        _NAME,
        Column(
            name="mark", text="事项", aliases=("项目", "类别", "class"), required=True
        ),
        Column(name="number", text="数量", aliases=("次数", "count")),
        *_SHARED,
    ),
)

_MEMBERS: Final = Layout(
    name="members",
    build=_opening,
    columns=(
        Column(
            name="date",
            text="登记日期",
            aliases=("注册日期", "日期", "registered", "registered on"),
            required=True,
        ),
        _member("member", "账户编号", "账号", "account"),
        _NAME,
        Column(name="kind", text="类型", aliases=("账户类型", "类别", "type")),
        *_SHARED,
    ),
)

_REDEMPTIONS: Final = Layout(
    name="redemptions",
    build=_order,
    columns=(
        _DATE,
        _member("payer", "payer id"),
        _NAME,
        Column(
            name="item",
            text="物品",
            aliases=("兑换物品", "物品名称", "兑换项目", "goods"),
            required=True,
        ),
        Column(name="quantity", text="数量", aliases=("件数", "pieces")),
        Column(
            name="beneficiary",
            text="受益人编号",
            aliases=("服务对象编号", "beneficiary id"),
        ),
        *_SHARED,
    ),
)

_TIERS: Final = Layout(
    name="tiers",
    build=_tier,
    columns=(
        _DATE,
        _member("member"),
        _NAME,
        Column(name="ladder", text="阶梯", aliases=("等级体系", "系列"), required=True),
        Column(name="level", text="等级", aliases=("级别", "tier"), required=True),
        *_SHARED,
    ),
)

_ALL: Final = (_SERVICES, _MARKS, _MEMBERS, _REDEMPTIONS, _TIERS)

LAYOUTS: Final[Mapping[str, Layout]] = {
    layout.name: evolve(layout, others=tuple(o for o in _ALL if o is not layout))
    for layout in _ALL
}

SERVICES: Final = LAYOUTS["services"]
"""Services: who served when, in which class, for how long."""

MARKS: Final = LAYOUTS["marks"]
"""Things counted that are not time: meetings, suggestions, shifts."""

MEMBERS: Final = LAYOUTS["members"]
"""Accounts to open."""

REDEMPTIONS: Final = LAYOUTS["redemptions"]
"""Orders: what members redeem their credits for."""

TIERS: Final = LAYOUTS["tiers"]
"""Levels that people decide; a blank level is a withdrawal."""
