"""
Columns that several kinds of sheet have: their headings, in both languages.
"""

from __future__ import annotations

from typing import Final

from .headings import Column

DATE: Final = Column(
    name="date",
    text="日期",
    aliases=("服务日期", "活动日期", "service date", "day"),
    required=True,
)
NAME: Final = Column(name="name", text="姓名", aliases=("志愿者姓名", "名字", "名称"))
RECIPIENT: Final = Column(
    name="recipient",
    text="服务对象编号",
    aliases=("受助人编号", "受益人编号", "recipient id"),
)
ORGANISER: Final = Column(
    name="organiser",
    text="服务队编号",
    aliases=("团队编号", "队伍编号", "organizer", "team", "team id"),
)
SPONSOR: Final = Column(
    name="sponsor",
    text="出资方编号",
    aliases=("推荐人编号", "介绍人编号", "sponsor id"),
)
MERCHANT: Final = Column(
    name="merchant", text="商户编号", aliases=("商户", "merchant id")
)
EVENT: Final = Column(name="event", text="活动编号", aliases=("场次编号", "event id"))
BODY: Final = Column(
    name="body", text="所属机构", aliases=("机构", "站点", "街道", "station")
)
EVIDENCE: Final = Column(name="evidence", text="凭证", aliases=("依据", "证明材料"))
COMPANY: Final = (ORGANISER, RECIPIENT, SPONSOR, EVENT, BODY, EVIDENCE)
"""Who and what else a service or a mark may name."""

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
_REMARKS: Final = Column(
    name="remarks", text="备注", aliases=("说明", "remark", "notes")
)
_SERIAL: Final = Column(name="no.", text="序号", aliases=("no",))
_RECORD: Final = Column(
    name="record id",
    text="记录编号",
    aliases=("记录号", "记录ID", "record", "record no."),
)
SHARED: Final = (_RECORD, _REMARKS, _SERIAL)
"""What every sheet may have."""


def member(name: str, *aliases: str) -> Column:
    """Return the column of whom a row is about, as *name*."""
    return Column(
        name=name,
        text="志愿者编号",
        aliases=(*_MEMBER_HEADINGS, *aliases),
        required=True,
    )
