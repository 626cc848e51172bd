"""
What the demo says, in English and Simplified Chinese, side by side.

``{fields}`` are filled in by whoever prints a text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from timebank.messages import Text

# ---------------------------------------------------------------- both parts

MAKING: Final = Text("drawing the sheets", "生成示例表格")
AUDITING: Final = Text("checking the books", "核对账本")

RECORDED: Final = Text("What was recorded", "入账情况")
SHEET: Final = Text("sheet", "表格")
ROWS: Final = Text("rows", "行数")
RECORDED_ROWS: Final = Text("recorded", "已入账")
REFUSED_ROWS: Final = Text("refused", "退回")
REMARKED_ROWS: Final = Text("with a remark", "有提示")
TOTALS: Final = Text("totals skipped", "跳过合计")

REFUSED: Final = Text("What was refused in {sheet}, and why", "{sheet} 退回情况及原因")
WHY: Final = Text("reason", "原因")
ROW: Final = Text("row", "行")
WHAT_TO_DO: Final = Text("what is wrong, and what to do", "问题与处理办法")
REFUSED_TO: Final = Text(
    "These rows, with the reasons beside them, are in {file}: mended, it can be imported.",
    "以上各行及原因见 {file}，改正后可直接再次导入。",
)
MORE: Final = Text(
    "… and {more} more; all of them are in {file}", "……另有 {more} 条，全部见 {file}"
)

BOOKS: Final = Text("The books", "账本核对")
VERIFIED: Final = Text(
    "verified: {entries} entries with {postings} postings keep every law",
    "核验通过：{entries} 条记录、{postings} 笔分录，全部合规",
)
FAULTY: Final = Text("NOT IN ORDER: {fault}", "有误：{fault}")
FOLD_AGREES: Final = Text(
    "the independent fold agrees on {balances} balances",
    "独立汇总核对一致：共 {balances} 个余额",
)
FOLD_DIFFERS: Final = Text(
    "THE INDEPENDENT FOLD DIFFERS (account unit: ours, theirs): {difference}",
    "与独立汇总不一致（账户 单位：账本，汇总）：{difference}",
)
FILES: Final = Text("Files written", "生成的文件")

MEMBER: Final = Text("member", "志愿者")
HOURS: Final = Text("hours", "时长")
DAY: Final = Text("day", "日期")

# ---------------------------------------------------------------- the district's month

MONTH: Final = Text(
    "1 · A district's month, under the rules of Guangzhou's public-welfare time bank",
    "一、某区的一个月：广州公益时间银行规则",
)
CLOSED: Final = Text(
    "{account} was closed on {day}; {rows} rows of March still name it.",
    "{account} 已于 {day} 注销；3月仍有 {rows} 行填了该编号。",
)
HANDED_OVER: Final = Text(
    "Of the orders, {at_once} were handed over at once; {waited} were set aside first "
    "and fetched later that day.",
    "兑换中 {at_once} 笔当场领取，{waited} 笔先预留、当日稍后领取。",
)
AGAIN: Final = Text(
    "The same orders were then imported again: {recorded} recorded, {known} known already.",
    "同一份兑换表再次导入：新入账 {recorded} 条，已有 {known} 条。",
)
REMARKS: Final = Text("Recorded with a remark in {sheet}", "{sheet} 已入账但有提示的行")
REMARK: Final = Text("what the rules noted", "规则提示")
SOME_MEMBERS: Final = Text(
    "A few members; examples/guangzhou/README.md says why these",
    "部分志愿者（为何选他们，见 examples/guangzhou/README.md）",
)
POINTS: Final = Text("points", "积分")
STAR: Final = Text("star", "星级")
STATUS: Final = Text("account", "账户")
OPEN: Final = Text("open", "正常")
CLOSED_ON: Final = Text("closed on {day}", "{day} 注销")
STATEMENT: Final = Text(
    "Statement of {account}, in {unit}", "{account} 的对账单（{unit}）"
)
EARLIER: Final = Text("… {earlier} earlier lines", "……之前还有 {earlier} 行")
ENTRY: Final = Text("entry", "编号")
WHAT: Final = Text("what", "事由")
AMOUNT: Final = Text("amount", "变动")
FREE: Final = Text("free", "可用")
HELD: Final = Text("set aside", "预留")

# ---------------------------------------------------------------- the community's year

YEAR: Final = Text(
    "2 · A community's year: Xuefu, 2016",
    "二、一个社区的一年：学府社区，2016 年",
)
COUNTED: Final = Text("Services and marks of the year", "全年服务与事项")
CLASS: Final = Text("class", "类别")
TIMES: Final = Text("times", "次数")
GROUPS: Final = Text("Groups when the year ends", "年末分组")
GROUP: Final = Text("group", "组别")
MEMBERS: Final = Text("members", "人数")
MOVES_REFUSED: Final = Text(
    "Moves between groups that were refused", "未获准的分组变动"
)
CONTRIBUTION: Final = Text("Highest contribution values", "贡献值前列")
VALUE: Final = Text("contribution", "贡献值")
ATTENDED: Final = Text("meetings attended", "出席例会")
FLAGGED: Final = Text("Missed three meetings in a row", "连续三次缺席例会")
FLAGGED_STILL: Final = Text("when the year ends", "年末状态")
STILL: Final = Text("still flagged", "仍有标记")
NO_LONGER: Final = Text("no longer", "已解除")
DORMANT: Final = Text(
    "{dormant} of {members} members are dormant: no service within the last year.",
    "{members} 名成员中有 {dormant} 名休眠：近一年没有服务。",
)

# ---------------------------------------------------------------- words

CAUSES: Final[Mapping[str, Text]] = {
    "account-unknown": Text("no such member", "编号不存在"),
    "account-closed": Text("member has left", "账户已注销"),
    "id-number": Text("id is a number, digits may be lost", "编号被存为数字"),
    "id-personal": Text("shaped like an identity card", "像身份证号或手机号"),
    "day-future": Text("day yet to come", "日期尚未到来"),
    "class-unknown": Text("no such class of service", "没有该服务类别"),
    "item-unknown": Text("not on the list of items", "不在兑换目录中"),
    "not-positive": Text("length of zero or below", "时长不大于零"),
    "minutes-fraction": Text("not in whole minutes", "不是整分钟"),
    "minutes-too-many": Text("longer than a day", "超过一天"),
    "duration-unreadable": Text("length cannot be read", "时长无法识别"),
    "duration-disagrees": Text("length and times disagree", "时长与起止时间不符"),
    "formula-empty": Text("formula without a result", "公式没有结果"),
    "clock-unreadable": Text("no time of day", "不是有效时刻"),
    "end-before-start": Text("ends before it starts", "结束早于开始"),
    "overlap": Text("overlaps another record", "与另一记录时间重叠"),
    "classes.old_for_old.requires.recipient.age": Text(
        "recipient is not older", "服务对象不比志愿者年长"
    ),
    "row-twice": Text("same row twice", "重复的行"),
    "record-id-twice": Text("record id used for another", "记录编号已用于另一条"),
    "rules.redeem.requires.star": Text("has no star yet", "尚无星级"),
    "accounts.member.points.floor": Text("too few points", "积分不足"),
}
"""Why rows are refused, shortly, by kind of fault or place in the policy."""

KINDS: Final[Mapping[str, Text]] = {
    "service": Text("service", "服务"),
    "order": Text("redemption", "兑换"),
    "fulfil": Text("handed over", "领取"),
}
"""What the operations of a statement are called; another is shown by its code."""
