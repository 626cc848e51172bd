"""
What an explanation says, in English and Chinese.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from attrs import frozen

from ..messages import finding_told
from ..model import ISSUER, MINUTES_AN_HOUR, Posting, Scalar, Unit
from ..names import (
    NONE,
    Names,
    called_and_typed,
    since_called,
    value_called,
    values_called,
    word_called,
)
from ..operations import TAGS
from ..policy.files import compiled
from ..policy.procedures import ACCEPTED, VOID
from ..policy.trace import MOVING, Noted, Stage
from ..texts import Text, joined
from ..words import COMPARED, WORDS, compared_told, fraction_told, word

if TYPE_CHECKING:
    from . import Explanation, Later

_THINGS: Final = {
    "rule": "rules",
    "item": "items",
    "procedure": "procedures",
    "ladder": "ladders",
}
"""Figures that are things of the policy, and in which table."""
_ENDS: Final = {
    ACCEPTED: Text("the claim counts", "申报计入"),
    VOID: Text("the claim is void", "申报作废"),
}
_SHORT: Final = 12
"""Characters of a policy's hash that are shown."""

_TEXTS: Final[Mapping[Stage, Text]] = {
    Stage.RULE: Text("rule {rule}{whose}:", "规则 {rule}{whose}："),
    Stage.ASKED_OF: Text("  of {account}:", "  就 {account}："),
    Stage.PASSED_OVER: Text(
        "rule {rule}: is for other classes or units", "规则 {rule}：用于其他类别或单位"
    ),
    Stage.APART: Text("  so the rule does not apply", "  因此该规则不适用"),
    Stage.CHOICE: Text(
        "  by {what}, which is {found}: {result}", "  按 {what}，现为 {found}：{result}"
    ),
    Stage.AMOUNT: Text("  comes to {parts}", "  得 {parts}"),
    Stage.PRICE: Text(
        "{pieces} of {item} cost {price}", "{item} × {pieces}，价格 {price}"
    ),
    Stage.RUNNING: Text(
        "  in all {in_all}; grown by {grown}, of which {left} is still to pay: {due}",
        "  累计应为 {in_all}；本次增加 {grown}，尚待给付 {left}：{due}",
    ),
    Stage.LIMIT: Text(
        "  limit {key}: {used} of {most} used before, {asked} more asked for, and there is room for {passed}",
        "  限额（{key}）：此前已用 {used}，上限 {most}，本次 {asked}：可计 {passed}",
    ),
    Stage.TIMES: Text(
        "  limit {key}: {used} of {most} times used before",
        "  限额（{key}）：此前已有 {used} 次，上限 {most} 次",
    ),
    Stage.PIECES: Text(
        "  limit {key}: {used} of {most} pieces used before, {asked} more asked for",
        "  限额（{key}）：此前已有 {used} 件，上限 {most} 件，本次 {asked} 件",
    ),
    Stage.CAP: Text(
        "  {account} has {there} and may have {most}; of {asked} to come there is room for {passed}",
        "  {account} 现有 {there}，上限 {most}，本次 {asked}：可计 {passed}",
    ),
    Stage.FLOOR: Text(
        "{account} is left with {left}; {least} must stay",
        "{account} 余 {left}；至少须余 {least}",
    ),
    Stage.MOVES: Text(
        "  {parts} from {payer} to {payee}{lot}",
        "  {parts}，由 {payer} 至 {payee}{lot}",
    ),
    Stage.HOLDS: Text(
        "  {parts} of {payer} are set aside{lot}", "  冻结 {payer} 的 {parts}{lot}"
    ),
    Stage.TURNS: Text(
        "  {parts} to {payee}, newly issued", "  {parts} 发给 {payee}（新发）"
    ),
    Stage.CAPTURES: Text(
        "{parts} set aside of {payer} go to {payee}{lot}",
        "{payer} 冻结的 {parts} 付给 {payee}{lot}",
    ),
    Stage.RELEASES: Text(
        "{parts} set aside are given back to {payer}{lot}",
        "归还 {payer} 冻结的 {parts}{lot}",
    ),
    Stage.EXPIRES: Text(
        "{parts} of {payer} go to {payee}, because their time is over{lot}",
        "{payer} 的 {parts} 已到期，转至 {payee}{lot}",
    ),
    Stage.KEEPS: Text(
        "{parts} remain with {payer}, and expire no more",
        "{parts} 仍归 {payer}，不再到期",
    ),
    Stage.BEGUN: Text(
        "the period from {first} to {last} has begun{share}",
        "周期 {first} 至 {last} 已开始{share}",
    ),
    Stage.OVER: Text(
        "the period from {first} to {last} is over{share}",
        "周期 {first} 至 {last} 已结束{share}",
    ),
    Stage.ASSESSED: Text(
        "{ladder} was assessed as of {day}: from {found} to {result}",
        "按 {day} 评定 {ladder}：由 {found} 至 {result}",
    ),
    Stage.ALL_ASSESSED: Text(
        "{ladder} was assessed as of {day}, and whoever was to move has moved",
        "{ladder} 已按 {day} 评定，应变动者均已变动",
    ),
    Stage.DECIDED: Text(
        "time has decided: step {step} of {procedure} ended with {last}, and {result}",
        "时间已定：{procedure} 的步骤 {step} 至 {last} 届满，{result}",
    ),
    Stage.AWAITS: Text(
        "this counts once procedure {procedure} is through",
        "以上须经程序 {procedure} 办结后生效",
    ),
    Stage.MEANS: Text(
        "  {account} has {most} to give, {asked} asked for",
        "  {account} 可付 {most}，应付 {asked}",
    ),
    Stage.UNDOES: Text(
        "takes back what {target} did: {account} {parts}",
        "冲销 {target}：{account} {parts}",
    ),
}
"""What was done, by stage; tests and steps of formulas are worded below."""

_TESTED: Final[Mapping[Stage, Text]] = {
    Stage.WHEN: Text("  asks whether {test}", "  判断是否 {test}"),
    Stage.REQUIRES: Text("  requires that {test}", "  要求 {test}"),
    Stage.NEEDS: Text("needs that {test}", "须 {test}"),
}
_HOURS: Final = Unit("hours", MINUTES_AN_HOUR)
_VERDICT: Final = {
    True: Text("yes", "是"),
    False: Text("no", "否"),
    None: Text("not known", "不详"),
}
_STEPS: Final[Mapping[str, Text]] = {
    "of": Text("  {by}{of}", "  {by}{of}"),
    "less": Text("  less {by}{of}: {result}", "  减 {by}{of}：{result}"),
    "times": Text("  times {by}{of}: {result}", "  乘 {by}{of}：{result}"),
    "divide": Text("  divided by {by}{of}: {result}", "  除以 {by}{of}：{result}"),
    "plus": Text("  plus {by}{of}: {result}", "  加 {by}{of}：{result}"),
    "at_least": Text("  at least {by}{of}: {result}", "  不少于 {by}{of}：{result}"),
    "at_most": Text("  at most {by}{of}: {result}", "  不多于 {by}{of}：{result}"),
    "every": Text(
        "  for every full {by}{of} {gives}: {result}",
        "  每满 {by}{of} 计 {gives}：{result}",
    ),
    "bands": Text("  by bands: {result}", "  按档：{result}"),
    "round": Text("  rounded {how} to {by}: {result}", "  {how}取整到 {by}：{result}"),
    "use": Text(
        "  by {function} of the host: {result}", "  按主机的 {function}：{result}"
    ),
    "": Text("  {needed} is not known", "  不知 {needed}"),
}
_ROUNDED: Final[Mapping[str, Text]] = {
    "down": Text("down", "向下"),
    "up": Text("up", "向上"),
    "nearest": Text("half up", "四舍五入"),
}


@frozen
class Teller:
    """Words for explanations, amounts in the ledger's *units*, things by their *names*."""

    units: Mapping[str, Unit]
    names: Names = NONE

    def lines(self, told: Explanation) -> Iterator[Text]:
        """Yield what *told* says, line by line."""
        yield from self._head(told)
        for noted in told.noted:
            if told.moves or noted.stage not in MOVING:
                yield self.noted(noted)
        for posting in told.postings:
            if posting.account != ISSUER:
                yield self._posting(posting)
        for finding in told.findings:
            text = finding_told(finding, units=self.units, names=self.names)
            yield (
                Text("refused: {text}", "不予办理：{text}", text=text)
                if finding.refuses
                else Text("note: {text}", "说明：{text}", text=text)
            )
        if not told.postings:
            yield Text("nothing moved", "没有变动")
        for each in told.later:
            yield _later(each)
        if told.again is False:
            yield Text(
                "decided again, it would come out otherwise: see timebank verify --decide",
                "重新判定的结果有所不同：请运行 timebank verify --decide",
            )

    def _head(self, told: Explanation) -> Iterator[Text]:
        where = (
            Text("position {n}", "第 {n} 条", n=told.position)
            if told.position is not None
            else Text("not recorded", "未登记")
        )
        yield Text(
            "{id} ({where}): {kind}, counts for {day}, recorded {recorded} by {actor}",
            "{id}（{where}）：{kind}，计入 {day}，{recorded} 由 {actor} 登记",
            id=told.id,
            where=where,
            kind=WORDS[TAGS[type(told.request.operation)]],
            day=told.request.effective_on,
            recorded=told.recorded.on,
            actor=told.request.actor,
        )
        if told.adoption is None:
            return
        yield Text(
            "decided by {name} ({hash}), in force from {day}{body}",
            "依据 {name}（{hash}），自 {day} 起有效{body}",
            name=compiled(told.adoption.text).policy.called,
            hash=told.adoption.hash[:_SHORT],
            day=told.adoption.holds_from,
            body=Text(" for {body}", "，适用于 {body}", body=told.adoption.body)
            if told.adoption.body
            else "",
        )

    def noted(self, noted: Noted) -> Text:
        """Return what *noted* says."""
        if noted.stage in _TESTED:
            return self._tested(noted)
        if noted.stage is Stage.STEP:
            return self._step(noted)
        said = self._figures(noted)
        if noted.stage is Stage.RULE:
            said["whose"] = _whose(noted.figures.get("account"))
        elif noted.stage is Stage.CHOICE:
            said = self._asked(said)
        elif noted.stage in (Stage.BEGUN, Stage.OVER):
            said["share"] = _share(noted.figures.get("share"))
        elif noted.stage is Stage.ASSESSED:
            for figure in ("found", "result"):
                said[figure] = self._level(noted, figure)
        elif noted.stage is Stage.DECIDED:
            said["step"] = self.names.get(noted.code) or said["step"]
            said["result"] = _ENDS[str(said["result"])]
        return _deeper(noted, _filled(_TEXTS[noted.stage], said))

    def _figures(self, noted: Noted) -> dict[str, object]:
        said: dict[str, object] = {"lot": "", **noted.figures}
        for name, figure in noted.figures.items():
            if isinstance(figure, int) and noted.unit and not _is_bare(noted, name):
                said[name] = self._amount(figure, noted.unit)
        for name in _RECKONED.intersection(said):
            said[name] = _reckoned(said[name])
        if lot := noted.figures.get("lot"):
            said["lot"] = _lot(lot, noted.figures.get("until"))
        if "key" in said:
            key = str(said["key"])
            said["key"] = since_called(key, self.names) or word(key)
        for figure, table in _THINGS.items():
            if figure in said:
                said[figure] = self._thing(str(said[figure]), table)
        if "needed" in said:
            said["needed"] = values_called(str(said["needed"]), self.names)
        return said

    def _level(self, noted: Noted, figure: str) -> Text | str:
        level = str(noted.figures[figure])
        if not level:
            return Text("none", "无")
        return word_called(level, str(noted.figures["ladder"]), self.names) or level

    def _thing(self, name: str, table: str) -> str:
        """Return what people call a thing of the policy, with its key."""
        return called_and_typed(self.names.get(f"{table}.{name}"), name)

    def _asked(self, said: dict[str, object]) -> dict[str, object]:
        """Return *said* with the value that is asked, and what it is, as people say it."""
        value = str(said["what"])
        words = {
            key: _words(str(said[key]), value, self.names)
            for key in ("wanted", "found")
            if type(said.get(key)) is str and said[key]
        }
        return {**said, **words, "what": values_called(value, self.names)}

    def _amount(self, parts: int, unit: str) -> Text:
        known = self.units.get(unit)
        return Text(
            "{figure} {unit}",
            "{figure} {unit}",
            figure=known.show(parts) if known else parts,
            unit=known.called if known else unit,
        )

    def _tested(self, noted: Noted) -> Text:
        said = self._asked(self._figures(noted))
        held = _VERDICT[noted.held]
        if "needed" in said:
            test = Text("{needed} is known", "知道 {needed}", needed=said["needed"])
        else:
            test = _filled(COMPARED[str(said["how"])], said)
        asked = Text(_TESTED[noted.stage].en, _TESTED[noted.stage].zh, test=test)
        if "found" not in said:
            return Text("{asked}: {held}", "{asked}：{held}", asked=asked, held=held)
        return Text(
            "{asked}: it is {found}: {held}",
            "{asked}：现为 {found}：{held}",
            asked=asked,
            found=said["found"] if said["found"] != "" else Text("none", "无"),
            held=held,
        )

    def _step(self, noted: Noted) -> Text:
        said = {"by": "", "gives": "", **self._figures(noted)}
        of = str(noted.figures.get("of") or "")
        if of == "time":
            hours = Fraction(str(noted.figures["by"]))
            said["by"] = _HOURS.show(int(hours * MINUTES_AN_HOUR))
        called = [value_called(one, self.names) or word(one) for one in of.split(", ")]
        values = joined(called, Text(", ", "、"))
        said["of"] = Text(" ({of})", "（{of}）", of=values) if of else ""
        said["how"] = _ROUNDED.get(str(said.get("how", "")), "")
        return _deeper(noted, _filled(_STEPS[str(said.get("verb", ""))], said))

    def _posting(self, posting: Posting) -> Text:
        held = Text(" held", "（冻结）") if posting.bucket == "held" else ""
        sign = "-" if posting.amount < 0 else "+"
        return Text(
            "= {account} {sign}{amount}{held}",
            "= {account} {sign}{amount}{held}",
            account=posting.account,
            sign=sign,
            amount=self._amount(abs(posting.amount), posting.unit),
            held=held,
        )


def _words(words: str, value: str, names: Names) -> Text:
    """Return the *words* that a test compares *value* with, as people say them."""
    each = (
        word_called(one, value, names) or compared_told(one, value)
        for one in words.split(", ")
    )
    return joined(each, Text(", ", "、"))


_RECKONED: Final = frozenset(
    {"by", "gives", "result", "in_all", "grown", "left", "due"}
)
"""Figures that may be fractions."""


def _reckoned(figure: object) -> object:
    """Return a *figure* that was worked out, or a sum of such, as people say it."""
    if type(figure) is not str or "/" not in figure:
        return figure
    return joined(map(fraction_told, figure.split(" + ")), Text(" + ", " + "))


def _is_bare(noted: Noted, name: str) -> bool:
    """Return whether a whole number is no amount."""
    times = (Stage.TIMES, Stage.PIECES)
    counted = noted.stage in times and name in ("used", "most", "asked")
    return counted or name == "depth"


def _filled(text: Text, said: Mapping[str, object]) -> Text:
    return Text(text.en, text.zh, **said)


def _whose(account: Scalar | None) -> Text | str:
    if account is None:
        return ""
    return Text(", of {account}", "（就 {account}）", account=account)


def _deeper(noted: Noted, text: Text) -> Text:
    """Return *text* set in as far as what it tells is within something else."""
    depth = noted.figures.get("depth", 0)
    blanks = "  " * depth if isinstance(depth, int) else ""
    return Text("{blanks}{text}", "{blanks}{text}", blanks=blanks, text=text)


def _share(share: Scalar | None) -> Text | str:
    if share is None:
        return ""
    return Text(", of which {share} counts", "，其中计 {share}", share=share)


def _lot(id: Scalar, until: Scalar | None) -> Text:
    if until is None:
        return Text(" (of lot {id})", "（批次 {id}）", id=id)
    return Text(
        " (of lot {id}, until {until})", "（批次 {id}，{until} 止）", id=id, until=until
    )


def _later(later: Later) -> Text:
    kind = WORDS[TAGS[type(later.operation)]]
    return (
        Text(
            "undone since by {id} (position {n}): {kind}",
            "此后由 {id}（第 {n} 条）冲销：{kind}",
            id=later.id,
            n=later.position,
            kind=kind,
        )
        if later.undoes
        else Text(
            "followed by {id} (position {n}): {kind}",
            "此后有 {id}（第 {n} 条）：{kind}",
            id=later.id,
            n=later.position,
            kind=kind,
        )
    )
