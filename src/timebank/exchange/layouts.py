"""
The sheets that clerks keep: their columns, and how a row becomes an operation.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Final

from attrs import evolve

from ..model import AccountKind
from ..operations import (
    OpenAccount,
    PlaceOrder,
    RecordMark,
    SetTier,
    TierAction,
)
from . import cells
from .cells import Cell, is_blank, shown
from .columns import (
    BODY,
    COMPANY,
    DATE,
    MERCHANT,
    NAME,
    SHARED,
    SPONSOR,
    member,
)
from .headings import Column, heading_key
from .problems import Fault, RowReason
from .reading import Draft, Layout, Reading
from .services import (
    LAYOUT,
    company,
    company_key,
    one_of,
    recipients,
    several_of,
)


def _mark(row: Reading) -> Draft:
    member = row.need("member", cells.account)
    mark = row.need("mark", row.names.class_of)
    number = _count(row, "number")
    named, served = company(row), recipients(row)
    facts = row.facts()
    operation = None
    if member and mark and number and not row.problems:
        operation = RecordMark(
            member=member,
            mark=mark,
            number=number,
            facts=facts,
            recipient=one_of(served),
            recipients=several_of(served, number),
            **named,
        )
    key = {
        "member": member,
        "mark": mark,
        "number": number,
        **company_key(named, served),
    }
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
    "person": AccountKind.MEMBER,
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
    sponsor = row.take("sponsor", cells.account)
    name = row.take("name", _private_text)
    facts = row.facts()
    operation = None
    if member and not row.problems:
        operation = OpenAccount(account=member, kind=kind, facts=facts, sponsor=sponsor)
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
    merchant = row.take("merchant", cells.account)
    body = row.take("body", cells.word)
    facts = row.facts()
    operation = None
    if payer and item and quantity and not row.problems:
        operation = PlaceOrder(
            payer=payer,
            item=item,
            quantity=quantity,
            beneficiary=beneficiary,
            merchant=merchant,
            facts=facts,
            body=body,
        )
    key = {
        "payer": payer,
        "item": item,
        "quantity": quantity,
        "beneficiary": beneficiary,
        "merchant": merchant,
        "body": body,
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


_MARKS: Final = Layout(
    name="marks",
    build=_mark,
    columns=(
        DATE,
        member("member"),
        NAME,
        Column(
            name="mark", text="事项", aliases=("项目", "类别", "class"), required=True
        ),
        Column(name="number", text="数量", aliases=("次数", "count")),
        *COMPANY,
        *SHARED,
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
        member("member", "账户编号", "账号", "account"),
        NAME,
        Column(name="kind", text="类型", aliases=("账户类型", "类别", "type")),
        SPONSOR,
        *SHARED,
    ),
)

_REDEMPTIONS: Final = Layout(
    name="redemptions",
    build=_order,
    columns=(
        DATE,
        member("payer", "payer id"),
        NAME,
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
        MERCHANT,
        BODY,
        *SHARED,
    ),
)

_TIERS: Final = Layout(
    name="tiers",
    build=_tier,
    columns=(
        DATE,
        member("member"),
        NAME,
        Column(name="ladder", text="阶梯", aliases=("等级体系", "系列"), required=True),
        Column(name="level", text="等级", aliases=("级别", "tier"), required=True),
        *SHARED,
    ),
)

_ALL: Final = (LAYOUT, _MARKS, _MEMBERS, _REDEMPTIONS, _TIERS)

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
