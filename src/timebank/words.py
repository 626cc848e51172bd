"""
Words of policies and of the journal, and figures, as people say them.

Both languages side by side.  What is told with them is elsewhere: findings in `messages`,
explanations in `explain`, listings in `cli`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from .model import MINUTES_AN_HOUR
from .texts import Text

# ---------------------------------------------------------------- words

WORDS: Final[Mapping[str, Text]] = {
    # what can be asked, as policies call it
    "service": Text("service", "服务"),
    "contribution": Text("mark", "事项"),
    "redeem": Text("redemption", "兑换"),
    "gift": Text("gift", "赠予"),
    "donate": Text("donation", "捐赠"),
    "grant": Text("grant", "发放"),
    "allocate": Text("allocation", "分配"),
    "open": Text("opening", "开户"),
    "close": Text("closing", "销户"),
    "expire": Text("an expiry", "到期"),
    "period": Text("what a period brings", "周期结算"),
    "apply": Text("application", "申请等级"),
    # … and as entries do
    "open-account": Text("an opening", "开户"),
    "amend-account": Text("an amendment", "账户变更"),
    "close-account": Text("a closing", "销户"),
    "adopt-policy": Text("an adoption of a policy", "采纳政策"),
    "mark": Text("mark", "事项"),
    "donation": Text("donation", "捐赠"),
    "allocation": Text("allocation", "分配"),
    "share-out": Text("a sharing out", "统一分配"),
    "order": Text("order", "订单"),
    "fulfil": Text("delivery", "交付"),
    "cancel": Text("cancellation", "取消订单"),
    "reverse": Text("a reversal", "冲销"),
    "correct": Text("correction", "更正"),
    "void": Text("an id made void", "作废编号"),
    "set-tier": Text("a level set", "等级评定"),
    "ranking": Text("a ranking", "排名"),
    "rank": Text("place in a ranking", "排名名次"),
    "assessment": Text("an assessment", "等级评估"),
    "assessment-end": Text("the end of an assessment", "评估结束"),
    "application": Text("an application", "申请等级"),
    "refusal": Text("a refusal kept", "退回记录"),
    "confirm": Text("a confirmation", "确认"),
    "object": Text("an objection", "异议"),
    "withdraw": Text("a claim withdrawn", "撤回申报"),
    "settle": Text("a claim settled", "办结申报"),
    "fulfilled": Text("all delivered", "已全部交付"),
    # kinds of accounts
    "member": Text("member", "个人"),
    "family": Text("family", "家庭"),
    "group": Text("group", "团队"),
    "merchant": Text("merchant", "商户"),
    "pool": Text("pool", "公共池"),
    "fund": Text("fund", "基金"),
    "issuer": Text("issuer", "发行方"),
    "peer": Text("another bank", "其他时间银行"),
    # types
    "time": Text("time", "时长"),
    "number": Text("number", "数字"),
    "yes-no": Text("yes or no", "是或否"),
    "date": Text("a date", "日期"),
    "account": Text("an account", "账户"),
    "given": Text("given here: add it", "在此给出：请补充"),
    "not given": Text("left out here: take it away", "在此留空：请删去"),
    "True": Text("yes", "是"),
    "False": Text("no", "否"),
    "yes": Text("yes", "是"),
    "no": Text("no", "否"),
    # what operations say themselves
    "asked": Text("what was asked for", "所求数量"),
    "price": Text("the price", "价格"),
    "quantity": Text("pieces", "件数"),
    "share": Text("the part of the period", "期间占比"),
    "cash": Text("money", "现金"),
    # windows
    "day": Text("a day", "当日"),
    "week": Text("a week", "本周"),
    "month": Text("a month", "当月"),
    "quarter": Text("a quarter", "本季度"),
    "half-year": Text("half a year", "本半年"),
    "year": Text("a year", "本年"),
    "programme year": Text("a programme year", "本项目年度"),
    "term": Text("a term", "本学期"),
    "lifetime": Text("ever", "累计"),
    "to date": Text("to date", "截至当日"),
    # … and what else an account comes up against
    "cap": Text("the account's cap", "账户上限"),
    "floor": Text("the account's floor", "账户下限"),
    "target": Text("what depends on it", "后续记录"),
}
"""Words of the language of policies and entries, as people say them."""

COUNTED: Final = {"time": Text("time", "时长"), "number": Text("number", "次数")}
"""How a class counts, as people say it."""

COMPARED: Final[Mapping[str, Text]] = {
    "min": Text("{what} is at least {wanted}", "{what} 至少为 {wanted}"),
    "max": Text("{what} is at most {wanted}", "{what} 至多为 {wanted}"),
    "above": Text("{what} is above {wanted}", "{what} 高于 {wanted}"),
    "below": Text("{what} is below {wanted}", "{what} 低于 {wanted}"),
    "is": Text("{what} is {wanted}", "{what} 为 {wanted}"),
    "is_not": Text("{what} is not {wanted}", "{what} 不为 {wanted}"),
    "within": Text("{what} is within {wanted}", "{what} 在 {wanted} 之内"),
    "known": Text("{what} is given", "已给出 {what}"),
    "any": Text("one of the ways by {what} holds", "以下条件之一成立：{what}"),
    "not": Text("what is said of {what} does not hold", "关于 {what} 的条件不成立"),
}
"""Tests as they are told, by comparison."""

_ROLLING: Final = re.compile(r"last (\d+) (day|week|month|year)s?")
_COUNTED: Final = re.compile(r"(\d+) (day|week|month|year)s?")
_STRETCHES: Final = {"day": "天", "week": "周", "month": "个月", "year": "年"}


def word(said: str) -> Text:
    """Return *said* as people say it, where it is of our language; else as it is."""
    if said in WORDS:
        return WORDS[said]
    chinese = said
    if rolling := _ROLLING.fullmatch(said):
        chinese = f"最近 {rolling[1]} {_STRETCHES[rolling[2]]}"
    elif counted := _COUNTED.fullmatch(said):
        chinese = f"每 {counted[1]} {_STRETCHES[counted[2]]}"
    elif said.startswith("since "):
        chinese = f"自取得 {said.removeprefix('since ')} 现有等级起"
    return Text(said, chinese)


# ---------------------------------------------------------------- figures

_FRACTION: Final = re.compile(r"(-?)(\d+)/(\d+)")
_PARTS_TOLD: Final = 12
"""A figure in more parts than a dozen is told as about how much it is, too."""


def fraction_told(figure: str) -> Text:
    """
    Return a *figure* as people say it: 11/3 as 3 2/3, 173/271 as 173/271, about 0.638.

    What is no fraction is returned as it is.
    """
    parted = _FRACTION.fullmatch(figure)
    if parted is None:
        return Text(figure, figure)
    sign, (above, below) = parted[1], map(int, parted.groups()[1:])
    if below > _PARTS_TOLD:
        about = f"{sign}{above / below:.3f}"
        return Text(
            "{figure}, about {about}",
            "{figure}，约 {about}",
            figure=figure,
            about=about,
        )
    whole, rest = divmod(above, below)
    if not whole or not rest:
        return Text(figure, figure)
    return Text(f"{sign}{whole} {rest}/{below}", f"{sign}{whole} 又 {rest}/{below}")


def compared_told(figure: str, value: str) -> Text:
    """Return a *figure* that a *value* is compared with, or has, as people say it."""
    if value == "time":
        return Text(length := _length(figure), length)
    return fraction_told(figure)


def _length(hours: str) -> str:
    """Return a length of time as it is typed: ``3:40`` for 11/3 hours, ``7:30`` for 7.5."""
    try:
        minutes = Fraction(hours) * MINUTES_AN_HOUR
    except ValueError:
        return hours  # another value, by its name
    if minutes.denominator != 1 or minutes % MINUTES_AN_HOUR == 0:
        return hours
    return f"{minutes // MINUTES_AN_HOUR}:{minutes.numerator % MINUTES_AN_HOUR:02}"
