"""
What findings say, in English and Simplified Chinese.

Findings are codes and figures; here alone they become sentences.  Both languages stand
side by side, so that a text cannot be added in one of them only.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from attrs import frozen

from .model import Finding, Reason, Scalar, Unit


class Language(StrEnum):
    """A language that texts exist in."""

    EN = "en"
    ZH = "zh"


@frozen
class Text:
    """One text in every language; ``{fields}`` are filled in."""

    en: str
    zh: str

    def in_(self, language: str) -> str:
        """Return the text in *language*."""
        return self.zh if language == Language.ZH else self.en


TEXTS: Final[Mapping[Reason, Text]] = {
    Reason.ID_CONFLICT: Text(
        "the id {wanted} was used for another request, at position {found}: "
        "choose another id, or ask exactly what was asked then",
        "编号 {wanted} 已用于另一项请求（第 {found} 条）：请换一个编号，或与原请求完全一致",
    ),
    Reason.ID_VOID: Text(
        "the id {wanted} was made void before this request arrived",
        "编号 {wanted} 在本请求到达之前已作废",
    ),
    Reason.ID_TAKEN: Text(
        "the id {found} is taken already and cannot be made void",
        "编号 {found} 已被使用，不能作废",
    ),
    Reason.DAY_FUTURE: Text(
        "{found} is yet to come; today is {wanted}",
        "日期 {found} 尚未到来，今天是 {wanted}",
    ),
    Reason.POLICY_NONE: Text(
        "no policy holds on {found}; the first holds from {wanted}: adopt one that does",
        "{found} 没有生效的政策（最早自 {wanted} 起）：请先采纳一份政策",
    ),
    Reason.POLICY_UNIT_CHANGED: Text(
        "{code} is kept otherwise in this ledger and never changes: "
        "give the new unit another name",
        "{code} 在本账本中已有定义，不能更改：请为新单位另取名称",
    ),
    Reason.POLICY_UNIT_DROPPED: Text(
        "the unit {wanted} has balances in this ledger: keep it in the policy",
        "单位 {wanted} 在本账本中已有余额：请在政策中保留它",
    ),
    Reason.POLICY_LIMITS_APPEND: Text(
        "account {account} keeps no running balance and cannot be limited: "
        "leave its kind without floor and cap",
        "账户 {account} 不逐笔结余，不能设限：请勿为该类账户设置下限或上限",
    ),
    Reason.ACCOUNT_UNKNOWN: Text(
        "there is no account {account}: open it first, or check the number",
        "没有账户 {account}：请先开户，或核对编号",
    ),
    Reason.ACCOUNT_CLOSED: Text(
        "account {account} was closed on {found}",
        "账户 {account} 已于 {found} 注销",
    ),
    Reason.ACCOUNT_EXISTS: Text(
        "account {account} was opened on {found} already",
        "账户 {account} 已于 {found} 开立",
    ),
    Reason.ACCOUNT_NOT_EMPTY: Text(
        "account {account} still has {found} {unit}: spend, give or donate them first",
        "账户 {account} 尚有 {found} {unit}：请先兑换、赠予或捐出",
    ),
    Reason.ACCOUNT_KIND: Text(
        "the policy has no accounts of kind {found}; it has: {wanted}",
        "政策没有 {found} 类账户；现有：{wanted}",
    ),
    Reason.ACCOUNT_NAME: Text(
        "{found} is not an account that the policy names; it names: {wanted}",
        "{found} 不是政策所列的账户；所列为：{wanted}",
    ),
    Reason.ACCOUNT_MODE: Text(
        "account {account} cannot be kept without a running balance: "
        "accounts of kind {found} have limits",
        "账户 {account} 须逐笔结余：{found} 类账户设有限额",
    ),
    Reason.SAME_ACCOUNT: Text(
        "{account} cannot be both sides",
        "{account} 不能同时为双方",
    ),
    Reason.MAY_NOT: Text(
        "account {account} may not ask for {found}; its kind may: {wanted}",
        "账户 {account} 不可申请 {found}；该类账户可以：{wanted}",
    ),
    Reason.NO_RULE: Text(
        "the policy has no rule for this ({wanted}), so it does not allow it",
        "政策对此（{wanted}）没有规定，故不允许",
    ),
    Reason.NOT_IN_POLICY: Text(
        "the policy has no {found} here; it has: {wanted}",
        "政策中没有 {found}；现有：{wanted}",
    ),
    Reason.COUNTS_OTHERWISE: Text(
        "{code} is {wanted}: record it as that, a service by time or a mark by number",
        "{code} 为 {wanted}：请按此登记（时长记为服务，次数记为事项）",
    ),
    Reason.FACT_NEEDED: Text(
        "{wanted} must be known and was not given",
        "须提供 {wanted}，但未提供",
    ),
    Reason.FACT_WRONG: Text(
        "{found} is not what is asked here: {wanted}",
        "{found} 不符合要求：{wanted}",
    ),
    Reason.AT_LEAST: Text(
        "at least {wanted} is needed; there is {found}",
        "至少须为 {wanted}，现为 {found}",
    ),
    Reason.AT_MOST: Text(
        "at most {wanted} is allowed; there is {found}",
        "至多可为 {wanted}，现为 {found}",
    ),
    Reason.ABOVE: Text(
        "more than {wanted} is needed; there is {found}",
        "须大于 {wanted}，现为 {found}",
    ),
    Reason.BELOW: Text(
        "less than {wanted} is needed; there is {found}",
        "须小于 {wanted}，现为 {found}",
    ),
    Reason.ONE_OF: Text(
        "{wanted} is needed; there is {found}",
        "须为 {wanted}，现为 {found}",
    ),
    Reason.NONE_OF: Text(
        "{wanted} is not allowed; there is {found}",
        "不得为 {wanted}，现为 {found}",
    ),
    Reason.WITHIN: Text(
        "a day from {wanted} is needed; it is {found}",
        "日期须在 {wanted} 之间，现为 {found}",
    ),
    Reason.ANY_OF: Text(
        "none of these holds: {wanted}",
        "以下条件均不满足：{wanted}",
    ),
    Reason.NOT: Text(
        "this must not hold: {wanted}",
        "以下条件不得成立：{wanted}",
    ),
    Reason.GRAIN: Text(
        "{found} is finer than {wanted}, the part it is kept in: "
        "agree on a figure, or let the policy round",
        "{found} 小于记账最小单位 {wanted}：请商定数值，或由政策规定取整",
    ),
    Reason.NEGATIVE: Text(
        "the amount comes to {found} {unit}, below nothing",
        "数额为 {found} {unit}，低于零",
    ),
    Reason.LIMIT: Text(
        "{found} {unit} would pass the limit of {wanted}",
        "将达 {found} {unit}，超过限额 {wanted}",
    ),
    Reason.CAP: Text(
        "account {account} would have {found} {unit}; at most {wanted} is allowed",
        "账户 {account} 将有 {found} {unit}，上限为 {wanted}",
    ),
    Reason.FLOOR: Text(
        "account {account} would be left with {found} {unit}; at least {wanted} must stay",
        "账户 {account} 将余 {found} {unit}，至少须留 {wanted}",
    ),
    Reason.LOT_SHORT: Text(
        "account {account} has {found} {unit} that have not expired; {wanted} is needed",
        "账户 {account} 未过期的 {unit} 为 {found}，需要 {wanted}",
    ),
    Reason.BOUND: Text(
        "the figure {found} is beyond what the books can hold",
        "数值 {found} 超出账本可记录的范围",
    ),
    Reason.DROPPED: Text(
        "{found} {unit} were not credited: the limit is {wanted}",
        "{found} {unit} 未计入：限额为 {wanted}",
    ),
    Reason.DIVERTED: Text(
        "{found} {unit} went to {account}: the limit is {wanted}",
        "{found} {unit} 转入 {account}：限额为 {wanted}",
    ),
    Reason.OVERLAP: Text(
        "{account} served elsewhere at the same time, in record {found}",
        "{account} 在同一时间另有服务记录 {found}",
    ),
    Reason.TARGET_UNKNOWN: Text(
        "the journal has no such entry: {found}",
        "账本中没有该条目：{found}",
    ),
    Reason.TARGET_KIND: Text(
        "{wanted} ({found}) cannot be undone: record what should hold instead",
        "{wanted}（{found}）不能冲销：请另行登记应有的状态",
    ),
    Reason.TARGET_UNDONE: Text(
        "{wanted} was undone already, by {found}",
        "{wanted} 已被 {found} 冲销",
    ),
    Reason.TARGET_DEPENDANTS: Text(
        "{wanted} has led to {found}: undo that first",
        "{wanted} 已引起 {found}：请先冲销后者",
    ),
    Reason.CORRECTION_KIND: Text(
        "a correction puts the same kind in place: {wanted}, not {found}",
        "更正须为同类：应为 {wanted}，而非 {found}",
    ),
    Reason.ORDER_CLOSED: Text(
        "order {wanted} is closed: {found}",
        "订单 {wanted} 已关闭：{found}",
    ),
    Reason.ORDER_REMAINS: Text(
        "{wanted} pieces are left of the order; {found} were asked for",
        "订单尚余 {wanted} 件，要求 {found} 件",
    ),
    Reason.MOVE_CLOSED: Text(
        "there is no way {found}; from there it goes to: {wanted}",
        "不能 {found}；由此可至：{wanted}",
    ),
    Reason.MOVE_SUSPENDED: Text(
        "the way {found} is closed for the time being (last day of that: {wanted})",
        "{found} 暂停（截止日：{wanted}）",
    ),
    Reason.TIER_HELD: Text(
        "{account} holds {found} already",
        "{account} 已是 {found}",
    ),
    Reason.TIER_NOT_HELD: Text(
        "{account} holds no level of {wanted}",
        "{account} 在 {wanted} 上没有等级",
    ),
    Reason.TIER_AUTOMATIC: Text(
        "levels of {found} come by themselves; nobody grants them",
        "{found} 的等级自动产生，无须授予",
    ),
    Reason.OVERRIDDEN: Text(
        "allowed by authority although {code} stands against it ({found}, {wanted})",
        "经授权放行，虽与 {code} 不符（{found}，{wanted}）",
    ),
    Reason.FLAG: Text(
        "{account}: to be looked at by {wanted}: {found}",
        "{account}：请 {wanted} 处理：{found}",
    ),
}

_NONE: Final = Text("none", "无")


def finding_text(
    finding: Finding,
    *,
    language: str = Language.EN,
    units: Mapping[str, Unit] | None = None,
) -> str:
    """
    Return what *finding* says, with its code.

    Args:
        finding: The verdict.
        language: ``en`` or ``zh``.
        units: The ledger's units by name; amounts are then shown in them, else in parts.
    """
    unit = (units or {}).get(finding.unit or "")

    def shown(value: Scalar | None) -> str:
        if value is None or value == "":
            return _NONE.in_(language)
        if unit is not None and isinstance(value, int):
            return unit.show(value)
        return str(value)

    text = TEXTS[finding.reason].in_(language)
    sentence = text.format(
        code=finding.code,
        wanted=shown(finding.wanted),
        found=shown(finding.found),
        unit=finding.unit or "",
        account=finding.account or "",
    )
    return f"{sentence} [{finding.code}]"
