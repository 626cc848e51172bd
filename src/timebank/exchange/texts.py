"""
The text of each row problem, in English and Simplified Chinese: one table, nothing else.

`{column}`, `{found}` and `{wanted}` are the problem's fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ..texts import Language, Text
from .problems import RowProblem, RowReason

ROW_HEADING: Final = Text(en="Row in the first file", zh="原行号")
REASON_HEADING: Final = Text(en="Why it was refused", zh="退回原因")

TEXTS: Final[Mapping[RowReason, Text]] = {
    RowReason.CELL_EMPTY: Text(
        en="{column} is empty: fill it in (of merged cells only the first has a value)",
        zh="“{column}”为空：请填写（合并单元格只有第一格有值）",
    ),
    RowReason.FORMULA_EMPTY: Text(
        en="{column} holds the formula {found} without a result: open the file in Excel "
        "or WPS, save it, or type the value in its place",
        zh="“{column}”是没有结果的公式 {found}：请用 Excel 或 WPS 打开并保存，或直接填入数值",
    ),
    RowReason.FORMULA_ERROR: Text(
        en="{column} shows the error {found}: mend the formula, or type the value in its place",
        zh="“{column}”显示错误 {found}：请改正公式，或直接填入数值",
    ),
    RowReason.DATE_UNREADABLE: Text(
        en="{column}: {found} is no date; write it like 2026-03-05",
        zh="“{column}”：{found} 不是日期；请写成 2026-03-05 的样子",
    ),
    RowReason.DATE_NUMBER: Text(
        en="{column}: {found} is a number; format the column as a date",
        zh="“{column}”：{found} 是数字；请把该列设为日期格式",
    ),
    RowReason.CLOCK_UNREADABLE: Text(
        en="{column}: {found} is no time of day; write {wanted}",
        zh="“{column}”：{found} 不是一天中的时间；请填写 {wanted}",
    ),
    RowReason.DURATION_UNREADABLE: Text(
        en="{column}: {found} is no duration; write it like 2.5 (hours), 2:30 or 150分钟",
        zh="“{column}”：{found} 不是时长；请写成 2.5（小时）、2:30 或 150分钟",
    ),
    RowReason.DURATION_MISSING: Text(
        en="how long it took is missing: give {wanted}",
        zh="缺少时长：请填写 {wanted}",
    ),
    RowReason.DURATION_DISAGREES: Text(
        en="{column} says {found}, but start and end are {wanted} apart: mend one of them",
        zh="“{column}”为 {found}，而开始与结束时间相差 {wanted}：请改正其中之一",
    ),
    RowReason.MINUTES_FRACTION: Text(
        en="{column}: {found} is not a whole number of minutes; hours are kept to the minute",
        zh="“{column}”：{found} 不是整分钟；时长精确到分钟",
    ),
    RowReason.MINUTES_TOO_MANY: Text(
        en="{column}: {found} is more than a day (24:00); record each day by itself",
        zh="“{column}”：{found} 超过一天（24:00）；请按天分别填写",
    ),
    RowReason.START_MISSING: Text(
        en="there is an end, {found}, but {column} is empty: give both or neither",
        zh="只有结束时间 {found}，“{column}”为空：请两项都填或都不填",
    ),
    RowReason.END_MISSING: Text(
        en="there is a start, {found}, but neither {column} nor a duration: give one of them",
        zh="只有开始时间 {found}，没有“{column}”也没有时长：请填写其一",
    ),
    RowReason.END_BEFORE_START: Text(
        en="{column} {found} is not after the start, {wanted}: mend one of them, or, if "
        "it went on over midnight, give the duration too",
        zh="“{column}”{found} 不晚于开始时间 {wanted}："
        "请改正其中之一；若跨过午夜，请一并填写时长",
    ),
    RowReason.NUMBER_UNREADABLE: Text(
        en="{column}: {found} is no whole number",
        zh="“{column}”：{found} 不是整数",
    ),
    RowReason.NUMBER_FRACTION: Text(
        en="{column}: {found} is not whole; only whole numbers count here",
        zh="“{column}”：{found} 不是整数；此处只能填整数",
    ),
    RowReason.NUMBER_TOO_LARGE: Text(
        en="{column}: {found} is beyond {wanted}, the largest number the books hold",
        zh="“{column}”：{found} 超过账本允许的最大数 {wanted}",
    ),
    RowReason.NOT_POSITIVE: Text(
        en="{column}: {found} is not above zero; to undo a record, reverse it",
        zh="“{column}”：{found} 不大于零；如要撤销记录，请冲销",
    ),
    RowReason.YES_NO_UNREADABLE: Text(
        en="{column}: {found} is neither yes nor no",
        zh="“{column}”：{found} 既不是“是”也不是“否”",
    ),
    RowReason.TEXT_MALFORMED: Text(
        en="{column}: {found} is longer than {wanted} characters or holds characters that "
        "cannot be seen: type it anew",
        zh="“{column}”：{found} 超过 {wanted} 个字符，或含有不可见的字符：请重新键入",
    ),
    RowReason.ID_NUMBER: Text(
        en="{column}: {found} is a number, which may have lost leading zeros or digits; "
        "format the column as text and enter it again",
        zh="“{column}”：{found} 是数字，可能丢失了前导零或末尾数位；请把该列设为文本格式后重新填写",
    ),
    RowReason.ID_PERSONAL: Text(
        en="{column}: {found} is shaped like an identity-card or mobile number; such numbers "
        "never enter the books: use a number of your own, such as the volunteer number",
        zh="“{column}”：{found} 像身份证号或手机号；此类号码不入账，请用自编的号码，如志愿者编号",
    ),
    RowReason.CLASS_UNKNOWN: Text(
        en="{column}: the policy has no {found}; it has {wanted}",
        zh="“{column}”：政策中没有 {found}；有：{wanted}",
    ),
    RowReason.ITEM_UNKNOWN: Text(
        en="{column}: the policy has no item {found}; it has {wanted}",
        zh="“{column}”：政策中没有物品 {found}；有：{wanted}",
    ),
    RowReason.NAME_AMBIGUOUS: Text(
        en="{column}: {found} may mean {wanted}: write one of these",
        zh="“{column}”：{found} 可以指 {wanted}：请写其中之一",
    ),
    RowReason.KIND_UNKNOWN: Text(
        en="{column}: {found} is no kind of account; write {wanted}",
        zh="“{column}”：{found} 不是账户类型；请填写 {wanted}",
    ),
    RowReason.ROW_TWICE: Text(
        en="the same as row {found}: delete it; if it truly happened twice, tell the two "
        "apart by {wanted}",
        zh="与第 {found} 行相同：请删除；如确实发生了两次，请用{wanted}区分",
    ),
    RowReason.ROW_TWICE_OVER: Text(
        en="the same as row {found}: delete it",
        zh="与第 {found} 行相同：请删除",
    ),
    RowReason.RECORD_ID_TWICE: Text(
        en="{column} {wanted} stands in row {found} already, for something else: give each "
        "record a number of its own",
        zh="“{column}”{wanted} 已用于第 {found} 行的另一条记录：每条记录须有自己的编号",
    ),
}


def problem_text(problem: RowProblem, language: str = Language.EN) -> str:
    """Return what *problem* is and what to do about it, in *language*."""
    return (
        TEXTS[problem.reason]
        .in_(language)
        .format(column=problem.column, found=problem.found, wanted=problem.wanted)
    )
