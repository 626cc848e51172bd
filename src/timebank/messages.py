"""
What findings say, in English and Simplified Chinese.

Findings are codes and figures; here alone they become sentences.  Both languages stand
side by side, so that a text cannot be added in one of them only.  Each sentence says what
was found, what was wanted and, where somebody can do something, what.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from attrs import frozen

from .model import Finding, Reason, Scalar, Unit
from .names import NONE, Names, since_called, value_called, values_called, word_called
from .texts import Language, Text, in_language, joined
from .words import COUNTED, compared_told, fraction_told, word

__all__ = [
    "TEXTS",
    "Language",
    "Text",
    "finding_text",
    "finding_told",
]


TEXTS: Final[Mapping[Reason, Text]] = {
    Reason.ID_CONFLICT: Text(
        "the id {wanted} was used for another request: "
        "choose another id, or ask exactly what was asked then",
        "编号 {wanted} 已用于另一项请求：请换一个编号，或与原请求完全一致",
    ),
    Reason.ID_VOID: Text(
        "the id {wanted} was made void before this request arrived: "
        "if it is meant to count after all, send it under another id",
        "编号 {wanted} 在本请求到达之前已作废：如确需登记，请换一个编号",
    ),
    Reason.ID_TAKEN: Text(
        "the id {found} is taken already and cannot be made void: "
        "if an entry has it, reverse that entry",
        "编号 {found} 已被使用，不能作废：如已有记录使用该编号，请冲销该记录",
    ),
    Reason.ID_DUE: Text(
        "what falls due is asked under one id, so that it is done once: {wanted}, "
        "and not {found}",
        "到期事项只能以唯一编号办理，以免重复：应为 {wanted}，而非 {found}",
    ),
    Reason.NOT_DUE: Text(
        "nothing is due of {account} here before {wanted}; the day is {found}: "
        "wait for it, or correct the day",
        "账户 {account} 在 {wanted} 之前无到期事项，所给日期为 {found}：请等到当天，或更正日期",
    ),
    Reason.DAY_FUTURE: Text(
        "{found} is yet to come; today is {wanted}: correct the day, or wait for it",
        "日期 {found} 尚未到来（今天是 {wanted}）：请更正日期，或到当天再登记",
    ),
    Reason.POLICY_NONE: Text(
        "no policy holds on {found} (first day of the first: {wanted}): "
        "correct the day, or adopt a policy that holds then",
        "{found} 没有生效的政策（最早生效日：{wanted}）：请更正日期，或先采纳当日适用的政策",
    ),
    Reason.POLICY_UNIT_CHANGED: Text(
        "{what} is kept otherwise in this ledger and never changes: "
        "give the new unit another name",
        "单位 {what} 在本账本中已有定义，不能更改：请为新单位另取名称",
    ),
    Reason.POLICY_UNIT_DROPPED: Text(
        "the unit {wanted} is kept in this ledger for ever: leave it in the policy",
        "单位 {wanted} 已在本账本中使用，须一直保留：请在政策中留下它",
    ),
    Reason.POLICY_LIMITS_APPEND: Text(
        "account {account} keeps no running balance and cannot be limited: "
        "leave its kind without floor and cap, and go by none of its figures",
        "账户 {account} 不逐笔结余，无法设限：请勿为该类账户设置下限或上限，也勿以其数值为条件",
    ),
    Reason.POLICY_OF_LEDGER: Text(
        "{code} is the same for the whole ledger, or locked, as {wanted} says: the policy "
        "of {found} leaves it as it is; limits of its own it sets in its rules",
        "{code} 由整个账本的政策“{wanted}”统一规定或锁定：{found} 的政策不得改动，"
        "如需另设限额，请写在规则的 limits 中",
    ),
    Reason.POLICY_GONE_BY: Text(
        "the policy holds from {found}, which is before it was adopted: what is told or "
        "corrected of the days up to {wanted} goes by it from now on; if it is to hold "
        "from {wanted} only, adopt the one before again, and then this one with "
        "--holds-from {wanted}",
        "此政策自 {found} 起有效，早于采纳之日：今后补登或更正 {wanted} 以前的事项均依此政策；"
        "如只应自 {wanted} 起有效，请重新采纳原政策，再以 --holds-from {wanted} 采纳此政策",
    ),
    Reason.ACCOUNT_UNKNOWN: Text(
        "there is no account {account}: open it first, or check the number",
        "没有账户 {account}：请先开户，或核对编号",
    ),
    Reason.ACCOUNT_CLOSED: Text(
        "account {account} was closed on {found}: check the number, or open a new one",
        "账户 {account} 已于 {found} 注销：请核对编号，或另开新户",
    ),
    Reason.ACCOUNT_EXISTS: Text(
        "account {account} was opened on {found} already: use it, or choose another number",
        "账户 {account} 已于 {found} 开立：请直接使用，或另选编号",
    ),
    Reason.ACCOUNT_NOT_EMPTY: Text(
        "account {account} still has {found}: spend, give or donate them first",
        "账户 {account} 尚有 {found}：请先兑换、赠予或捐出",
    ),
    Reason.ACCOUNT_OWES: Text(
        "account {account} owes {found}: let that be earned, or given to it, first",
        "账户 {account} 尚欠 {found}：请先以服务偿还，或由他人赠予",
    ),
    Reason.ACCOUNT_KIND: Text(
        "the policy has no accounts of kind {found}; it has: {wanted}",
        "政策中没有“{found}”类账户；可开立：{wanted}",
    ),
    Reason.ACCOUNT_NAME: Text(
        "{found} is not an account that the policy names; it names: {wanted}",
        "政策没有列出账户 {found}；所列为：{wanted}",
    ),
    Reason.ACCOUNT_MODE: Text(
        "account {account} cannot be kept without a running balance, "
        "because accounts of kind {found} may be limited: open it strict",
        "“{found}”类账户可能设限，账户 {account} 须逐笔结余：请以 strict 方式开立",
    ),
    Reason.SAME_ACCOUNT: Text(
        "{account} cannot be both sides: check who serves whom, or who gives to whom",
        "{account} 不能同时是双方：请核对服务者与服务对象（或赠予方与受赠方）",
    ),
    Reason.MAY_NOT: Text(
        "account {account} may not do this ({found}); accounts of its kind may: {wanted}",
        "账户 {account} 不可办理“{found}”；该类账户可办理：{wanted}",
    ),
    Reason.NO_RULE: Text(
        "the policy has no rule for this ({wanted}), so it does not allow it",
        "政策中没有关于此项（{wanted}）的规定，因此不能办理",
    ),
    Reason.NOTHING_MOVES: Text(
        "nothing moves: no rule on {wanted} concerns this, or what the rules make of it is 0",
        "没有任何变动：{wanted}的规定均不适用于此，或按规定计为 0",
    ),
    Reason.NOT_IN_POLICY: Text(
        "the policy has no {found} here; it has: {wanted}",
        "政策中没有“{found}”；可用的有：{wanted}",
    ),
    Reason.COUNTS_OTHERWISE: Text(
        "{what} is counted by {wanted}: "
        "record it as that, a service by time or a mark by number",
        "“{what}”按{wanted}计：请按此登记（按时长的登记为服务，按次数的登记为事项）",
    ),
    Reason.FACT_NEEDED: Text(
        "{wanted} must be known here and was not given: add it",
        "需要提供 {wanted}，但未填写：请补充",
    ),
    Reason.FUNCTION_NEEDED: Text(
        "the policy uses {wanted}, a function that is not there: "
        "run timebank with what brings it",
        "政策使用了函数 {wanted}，而此处没有：请在提供该函数的程序中办理",
    ),
    Reason.FACT_WRONG: Text(
        "{what} cannot be {found}; it is: {wanted}",
        "{what} 不能是“{found}”；应为：{wanted}",
    ),
    Reason.AT_LEAST: Text(
        "{what} must be at least {wanted}; it is {found}",
        "{what} 至少须为 {wanted}，现为 {found}",
    ),
    Reason.AT_MOST: Text(
        "{what} may be at most {wanted}; it is {found}",
        "{what} 最多可为 {wanted}，现为 {found}",
    ),
    Reason.ABOVE: Text(
        "{what} must be more than {wanted}; it is {found}",
        "{what} 须大于 {wanted}，现为 {found}",
    ),
    Reason.BELOW: Text(
        "{what} must be less than {wanted}; it is {found}",
        "{what} 须小于 {wanted}，现为 {found}",
    ),
    Reason.ONE_OF: Text(
        "{what} must be {wanted}; it is {found}",
        "{what} 须为 {wanted}，现为 {found}",
    ),
    Reason.NONE_OF: Text(
        "{what} must not be {wanted}; it is {found}",
        "{what} 不得为 {wanted}，现为 {found}",
    ),
    Reason.WITHIN: Text(
        "the day must lie from {wanted} of a year; it is {found}",
        "日期须在每年 {wanted} 之间，现为 {found}",
    ),
    Reason.GIVEN: Text(
        "{what} must be {wanted}",
        "{what} 须{wanted}",
    ),
    Reason.ANY_OF: Text(
        "at least one of these must be as the policy wants it, and none is: {wanted}",
        "以下各项至少须有一项符合政策要求，现均不符合：{wanted}",
    ),
    Reason.NOT: Text(
        "the policy makes an exception of this case, by {wanted}",
        "政策将此情形排除在外（依据：{wanted}）",
    ),
    Reason.GRAIN: Text(
        "{found} is finer than {wanted}, the part it is kept in: "
        "agree on a figure, or let the policy round",
        "{found} 比记账的最小单位 {wanted} 还细：请商定一个数值，或由政策规定如何取整",
    ),
    Reason.NEGATIVE: Text(
        "the amount comes to {found}, below nothing: check the figures given",
        "算得的数额为 {found}，小于零：请核对所填数值",
    ),
    Reason.LIMIT: Text(
        "with this it would be {found} ({what}); the limit is {wanted}: "
        "ask for less, or later",
        "加上本次将达 {found}（{what}），超过限额 {wanted}：请减少数量，或以后再办",
    ),
    Reason.CAP: Text(
        "account {account} would have {found}; the most it may have is {wanted}: "
        "spend some first, or ask for less",
        "账户 {account} 将有 {found}，超过上限 {wanted}：请先使用一部分，或减少数量",
    ),
    Reason.FLOOR: Text(
        "account {account} would be left with {found}; at least {wanted} must stay: "
        "ask for less, or earn more first",
        "账户 {account} 将余 {found}，低于下限 {wanted}：请减少数量，或待积累足够后再办",
    ),
    Reason.LOT_SHORT: Text(
        "account {account} has only {found} left that have not expired, "
        "and this takes {wanted}: ask for less",
        "账户 {account} 未过期的仅 {found}，需要 {wanted}：请减少数量",
    ),
    Reason.LOT_EMPTY: Text(
        "account {account} has nothing free of lot {found} that could expire",
        "账户 {account} 的批次 {found} 没有可到期的自由余额",
    ),
    Reason.BOUND: Text(
        "{found} is beyond what the books can hold: check the figures given",
        "{found} 超出账本可记录的范围：请核对所填数值",
    ),
    Reason.DROPPED: Text(
        "{found} were not credited: the limit is {wanted} ({what})",
        "有 {found} 未计入：限额为 {wanted}（{what}）",
    ),
    Reason.DIVERTED: Text(
        "{found} went to {account}: the limit is {wanted} ({what})",
        "有 {found} 转入 {account}：限额为 {wanted}（{what}）",
    ),
    Reason.SHORT: Text(
        "{account}: {found} instead of {wanted}, for there was no more",
        "{account}：仅 {found}（应为 {wanted}），余额不足",
    ),
    Reason.OVERLAP: Text(
        "{account} served elsewhere at the same time, in record {found}: "
        "correct the time of one of them",
        "{account} 在同一时间另有服务记录 {found}：请更正其中一条的时间",
    ),
    Reason.TARGET_UNKNOWN: Text(
        "the journal has no entry {found} of this sort: check its id",
        "账本中没有此类记录 {found}：请核对编号",
    ),
    Reason.TARGET_KIND: Text(
        "{wanted} ({found}) cannot be undone: record what should hold instead",
        "{wanted}（{found}）不能冲销：请另行登记正确的情况",
    ),
    Reason.TARGET_UNDONE: Text(
        "{wanted} was undone already, by {found}",
        "{wanted} 已由 {found} 冲销，无须再次办理",
    ),
    Reason.TARGET_DEPENDANTS: Text(
        "{wanted} has led to {found}: undo that first, or say on whose --authority "
        "it is done all the same",
        "{wanted} 之后已有 {found}：请先冲销后者；如经批准仍须办理，请以 --authority 写明批准人",
    ),
    Reason.CORRECTION_KIND: Text(
        "a correction puts the same in place: {wanted}, not {found}; "
        "for anything else, reverse the entry and record anew",
        "更正须为同类：应为 {wanted}，而非 {found}；其他情况请先冲销，再重新登记",
    ),
    Reason.ORDER_CLOSED: Text(
        "order {wanted} is closed ({found}): place a new one",
        "订单 {wanted} 已结束（{found}）：如有需要请重新下单",
    ),
    Reason.ORDER_REMAINS: Text(
        "{wanted} pieces are left of the order; {found} were asked for: ask for fewer",
        "订单只余 {wanted} 件，本次要求 {found} 件：请减少数量",
    ),
    Reason.ORDER_LAPSED: Text(
        "the order stood until {wanted}, and it is {found}: what it still holds goes back, "
        "so place a new one if it is still wanted",
        "订单保留至 {wanted}，今天是 {found}：仍冻结的部分将退回，如仍需要请重新下单",
    ),
    Reason.MOVE_CLOSED: Text(
        "there is no way {found}; from there it goes to: {wanted}",
        "不能由此变动：{found}；由此可至：{wanted}",
    ),
    Reason.MOVE_SUSPENDED: Text(
        "the way {found} is closed for the time being, until {wanted}",
        "{found} 暂停办理，直至 {wanted}",
    ),
    Reason.TIER_HELD: Text(
        "{account} has {found} already",
        "{account} 已是 {found}，无须再次授予",
    ),
    Reason.TIER_NOT_HELD: Text(
        "{account} has no level of {wanted} that could be taken",
        "{account} 没有 {wanted} 的等级，无可暂停或取消",
    ),
    Reason.TIER_AUTOMATIC: Text(
        "levels of {found} come by themselves; nobody grants or takes them",
        "{found} 的等级依记录自动产生，无须授予，也不能取消",
    ),
    Reason.TIER_SUSPENDED: Text(
        "{account} has {found}, which is suspended: "
        "it is granted again by those who suspended it, and not applied for",
        "{account} 的 {found} 已被暂停：须由暂停方恢复，不能另行申请",
    ),
    Reason.TERM: Text(
        "the last day of this must be {wanted}; it is {found}: name another",
        "到期日须为 {wanted}，现为 {found}：请另行填写",
    ),
    Reason.MET: Text(
        "{what} is {found}, and {wanted} is asked: met",
        "{what} 现为 {found}，要求为 {wanted}：已符合",
    ),
    Reason.NOT_ASSESSED: Text(
        "by what the books say of that day, {account} has {wanted} and not {found}: "
        "let time pass, and the assessment is made from them",
        "依当日账目，{account} 的等级应为 {wanted}，而非 {found}：请执行到期处理，由系统据账评定",
    ),
    Reason.NO_PERIOD_END: Text(
        "no period ends on {found}; this is assessed every: {wanted}",
        "{found} 不是评定周期的最后一天；评定周期为：{wanted}",
    ),
    Reason.RANKED_OTHERWISE: Text(
        "the list has {found}, and by the books it is {wanted}: have it made anew",
        "名单为 {found}，依账目应为 {wanted}：请重新生成",
    ),
    Reason.TIER_NO_APPLICATION: Text(
        "levels of {found} are not applied for: ask those who grant them",
        "{found} 的等级不接受申请：请与评定方联系",
    ),
    Reason.OVERRIDDEN: Text(
        "allowed by authority in spite of {what}: {found} against {wanted}",
        "经授权放行，不计{what}：现为 {found}，对照 {wanted}",
    ),
    Reason.AWAITED: Text(
        "waits for {wanted} to confirm {what}; last day: {found}",
        "待 {wanted} 确认（{what}）；期限：{found}",
    ),
    Reason.PUBLISHED: Text(
        "is published until {found} ({what}): whoever objects says so by then",
        "公示至 {found}（{what}）：如有异议，请在此之前提出",
    ),
    Reason.CLAIM_VOID: Text(
        "does not count and never will: it ended on {wanted} ({found})",
        "不计入：已于 {wanted} 终止（{found}）",
    ),
    Reason.CLAIM_UNKNOWN: Text(
        "the journal has no claim {found}: check its id",
        "账本中没有申报 {found}：请核对编号",
    ),
    Reason.CLAIM_ENDED: Text(
        "claim {wanted} waits no more since {found}: what counts can be reversed, and what "
        "does not be submitted anew",
        "申报 {wanted} 已由 {found} 办结：已计入的可以冲销，未计入的可以重新申报",
    ),
    Reason.CLAIM_IDLE: Text(
        "{found} is a claim that counts in nothing: as long as it waits it can be withdrawn",
        "{found} 是尚未计入的申报：仍在等待时可以撤回",
    ),
    Reason.STEP_PAST: Text(
        "the claim is not at {found} but at {wanted}: look at it again",
        "该申报不在步骤 {found}，而在 {wanted}：请重新查看",
    ),
    Reason.STEP_ROLE: Text(
        "{found} cannot do this here; it is for: {wanted}",
        "“{found}”不能办理此步骤；应由：{wanted}",
    ),
    Reason.STEP_TWICE: Text(
        "{found} has confirmed this step already: another person is needed",
        "{found} 已确认过此步骤：须由另一人确认",
    ),
    Reason.APART: Text(
        "{found} has acted at {wanted} already, and this must be another person",
        "{found} 已办理过 {wanted}，此步骤须由另一人办理",
    ),
    Reason.SUBMITTER: Text(
        "only {wanted}, who submitted it, can withdraw it, and not {found}: "
        "others object to it",
        "只有申报人 {wanted} 可以撤回，{found} 不可：其他人可提出异议",
    ),
    Reason.TARGET_CLAIM: Text(
        "{wanted} only let {found} count: undo {found}",
        "{wanted} 只是使 {found} 计入：请冲销 {found}",
    ),
    Reason.FLAG: Text(
        "{account}: to be looked at by {wanted}: {found}",
        "{account}：请 {wanted} 处理：{found}",
    ),
}
"""
By reason, with fields yet to be filled in.

``{wanted}`` and ``{found}`` bring their unit along; ``{what}`` is what was looked at,
``{account}`` whose figure it is, ``{code}`` the place in the policy.
"""

_NONE: Final = Text("none", "无")
_AND: Final = Text(", ", "、")
_OR: Final = Text(" or ", " 或 ")
_ABSENT: Final[Mapping[Reason, Text]] = {
    Reason.MOVE_SUSPENDED: Text("further notice", "另行通知"),
    Reason.POLICY_NONE: Text("none is adopted yet", "尚无政策"),
    Reason.FLAG: Text("see the policy", "见政策"),
}
"""What to say in place of a figure or word that is not there."""

_VOCABULARY: Final = frozenset(
    {
        Reason.ACCOUNT_KIND,
        Reason.ACCOUNT_MODE,
        Reason.CORRECTION_KIND,
        Reason.FACT_WRONG,
        Reason.GIVEN,
        Reason.MAY_NOT,
        Reason.NONE_OF,
        Reason.NO_RULE,
        Reason.NOTHING_MOVES,
        Reason.ONE_OF,
        Reason.ORDER_CLOSED,
        Reason.TARGET_KIND,
    }
)
"""Reasons whose findings hold such words."""

_TABLES_OF_WORDS: Final = frozenset({"accounts", "ladders", "procedures", "units"})
"""Tables whose findings name things of the table itself."""

_LIMITS: Final = frozenset(
    {Reason.LIMIT, Reason.DROPPED, Reason.DIVERTED, Reason.OVERRIDDEN}
)
"""Reasons that look at a window or a bound of an account."""

_COMPARISONS: Final = frozenset(
    {Reason.AT_LEAST, Reason.AT_MOST, Reason.ABOVE, Reason.BELOW}
)
"""Reasons that compare two figures, or two words of which one is higher."""


def finding_text(
    finding: Finding,
    *,
    language: str = Language.EN,
    units: Mapping[str, Unit] | None = None,
    names: Names = NONE,
) -> str:
    """
    Return what *finding* says, with its code.

    Args:
        finding: The verdict.
        language: ``en`` or ``zh``.
        units: The ledger's units by name; amounts are then shown in them, else in parts.
        names: What its policies call their things, as `timebank.Bank.names` has it; else
            they are told by their keys.
    """
    told = _Told(finding, language, units or {}, names)
    text = TEXTS[finding.reason].in_(language)
    sentence = text.format(
        code=finding.code,
        what=told.what(),
        wanted=told.shown(finding.wanted),
        found=told.shown(finding.found),
        account=finding.account or _NONE.in_(language),
    )
    return f"{sentence} [{finding.code}]"


def finding_told(
    finding: Finding, *, units: Mapping[str, Unit] | None = None, names: Names = NONE
) -> Text:
    """Return what *finding* says, with its code, in every language."""
    en, zh = (
        finding_text(finding, language=each, units=units, names=names)
        for each in Language
    )
    return Text(en, zh)


@frozen
class _Told:
    """One finding in one language."""

    finding: Finding
    language: str
    units: Mapping[str, Unit]
    names: Names

    def shown(self, value: Scalar | None) -> str:
        """Return what was wanted or found."""
        if value is None or value == "":
            return _ABSENT.get(self.finding.reason, _NONE).in_(self.language)
        if self.finding.unit is not None:
            return self._amount(value, self.finding.unit)
        said, told = str(value), ""
        match self.finding.reason:
            case Reason.WITHIN:
                told = said.replace(", ", Text(" to ", " 至 ").in_(self.language))
            case Reason.COUNTS_OTHERWISE:
                told = COUNTED[said]
            case Reason.FLAG:
                # the question as it was asked, whatever a later policy asks
                asked = self.names.get(self.finding.code)
                told = asked if asked == said else said
            case Reason.ANY_OF | Reason.NOT:
                told = values_called(said, self.names)
            case Reason.FACT_NEEDED:
                told = self._needed(said)
            case Reason.ACCOUNT_KIND:
                told = joined([self._typed(each) for each in said.split(", ")], _AND)
            case reason if reason in _COMPARISONS or _asked(self.finding) == "time":
                figures = [
                    compared_told(each, _asked(self.finding))
                    for each in said.split(", ")
                ]
                figure = joined(figures, Text(", ", ", "))
                told = figure if figure != said else self._words(said)
            case _:
                told = self._words(said)
        return str(in_language(told, self.language))

    def what(self) -> str:
        """
        Return what the finding is about, which its code ends with.

        ``rules.gift.requires.payee.kind`` looks at ``payee.kind``,
        ``rules.gift.limits.month`` at a month, ``classes.deed.counts`` at ``deed``.
        """
        code = self.finding.code
        if self.finding.reason is Reason.COUNTS_OTHERWISE:
            code = code.removesuffix(".counts")
        table, _, name = code.partition(".")
        told: str = code
        if value := _asked(self.finding):
            told = values_called(value, self.names)
        elif called := self.names.get(code):
            told = called
        elif ".steps." in code:
            told = code.partition(".steps.")[2]
        elif table in ("classes", "facts", "units"):
            told = name
        elif self.finding.reason in _LIMITS:
            _, _, key = code.partition(".limits.")
            key = key or code.rpartition(".")[2]
            told = since_called(key, self.names) or word(key)
        return str(in_language(told, self.language))

    def _amount(self, value: Scalar, name: str) -> str:
        unit = self.units.get(name)
        shown = unit.show(value) if unit and isinstance(value, int) else str(value)
        figure = fraction_told(shown).in_(self.language)
        return f"{figure} {unit.called.in_(self.language) if unit else name}"

    def _needed(self, value: str) -> str:
        """Return a fact that has to be given, with the key it is given by."""
        called = value_called(value, self.names)
        if called is None:
            return value
        return Text("{n} ({v})", "{n}（{v}）", n=called, v=value)

    def _typed(self, said: str) -> str:
        """Return a word as people say it, with the one that is typed."""
        called = self._word(said)
        if in_language(called, self.language) == said:
            return said
        return Text("{n} ({v})", "{n}（{v}）", n=called, v=said)

    def _words(self, words: str) -> str:
        """Return several words, as people say them."""
        between = Text(", ", ", ")
        if self.finding.reason in _VOCABULARY:
            either = self.finding.reason in (Reason.ONE_OF, Reason.NONE_OF)
            between = _OR if either else _AND
        return joined([self._word(each) for each in words.split(", ")], between)

    def _word(self, said: str) -> str:
        if called := self._called(said):
            return called
        if " → " in said:
            ends = [self._word(end) for end in said.split(" → ")]
            return joined(ends, Text(" → ", " → "))
        return word(said) if self.finding.reason in _VOCABULARY else said

    def _called(self, word: str) -> Text | None:
        """Return what the policy calls *word*, where the code says of what table it is."""
        if value := _asked(self.finding):
            return word_called(word, value, self.names)
        if self.finding.reason is Reason.NOT_IN_POLICY:
            return None  # what can be typed
        table, *rest = self.finding.code.split(".")
        if table not in _TABLES_OF_WORDS:
            return None
        level = f"{table}.{rest[0]}.levels.{word}" if rest else ""
        return self.names.get(level) or self.names.get(f"{table}.{word}")


_WITHIN_ALL: Final = re.compile(r"^(all\.\d+\.)+")
"""Where in a condition a test stands that must hold as all others."""


def _asked(finding: Finding) -> str:
    """Return the value that *finding* is about, where it is about one."""
    for condition in (".requires.", ".needs."):
        if condition in finding.code:
            return _WITHIN_ALL.sub("", finding.code.partition(condition)[2])
    return ""
