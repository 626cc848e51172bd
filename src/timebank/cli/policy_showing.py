"""
What a policy says: in brief, as a document, or value by value with who says it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Annotated, Any, Final, TypeVar

from cyclopts import Parameter

from ..policy.files import load_policy, merged
from ..policy.hints import in_full
from ..policy.ladders import Ladder
from ..policy.measures import Measure
from ..policy.merging import Merged
from ..policy.procedures import Procedure
from ..policy.rules import ClassRule, FactRule, Item, KindRule, Policy, Rule
from ..policy.units import UnitRule
from ..texts import Text, joined
from ..words import COUNTED
from . import show
from .access import DEFAULT_ACCESS, Access, AsJson
from .endings import ExitCode
from .functions import functions_at
from .helping import Help
from .policy_files import text_of
from .show import Json
from .spoken import here
from .typed import Day


def show_(  # noqa: PLR0913 - what may be asked of it
    policy: Annotated[
        str | None,
        Parameter(
            name="POLICY",
            help=Help(
                "A file or programme; the policy in force by default.",
                "文件或项目；默认为现行政策。",
            ),
        ),
    ] = None,
    /,
    *,
    text: Annotated[
        bool, Parameter(help=Help("Print the file itself.", "输出文件本身。"))
    ] = False,
    effective: Annotated[
        bool,
        Parameter(
            help=Help(
                "Print what holds, value by value, which file says it, and instead "
                "of what.",
                "逐项输出现行的值、由哪个文件规定、替代了什么。",
            )
        ),
    ] = False,
    on: Annotated[
        Day | None,
        Parameter(
            help=Help("The policy that holds on this day.", "在这一天有效的政策。")
        ),
    ] = None,
    body: Annotated[
        str | None,
        Parameter(
            help=Help(
                "The policy for what is done for this body.", "适用于该机构的政策。"
            )
        ),
    ] = None,
    json: AsJson = False,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Show what a policy says: its source and all that it names.

    --json prints {policy, source, status, from, hash, silent, units,
    classes, items, ladders, procedures, rankings, figures, flags, rules,
    text}; with --effective it is
    {values: [{place, value, file, instead: [{value, file}]}],
    dropped: [{place, file}]}.

    显示政策的内容：来源及其定义的一切。

    --json 输出 {policy, source, status, from, hash, silent, units,
    classes, items, ladders, procedures, rankings, figures, flags, rules,
    text}；用 --effective 时为
    {values: [{place, value, file, instead: [{value, file}]}],
    dropped: [{place, file}]}。
    """
    found = _found(policy, on, body, access)
    if effective:
        _show_effective(merged(found.text, name=policy or found.policy.name), json=json)
    elif json:
        show.document(_policy_json(found))
    elif text:
        show.say(found.text.rstrip("\n"))
    else:
        _summarise(found)
    return ExitCode.DONE


def _found(
    name: str | None, on: date | None, body: str | None, access: Access
) -> Policy:
    if name is not None:
        return load_policy(
            text_of(name), name=name, functions=functions_at(access.functions)
        )
    with access.reading() as bank:
        return bank.policy_on(on or bank.today(), body)


def _policy_json(policy: Policy) -> dict[str, Json]:
    head = policy.policy
    return {
        "policy": head.name,
        "source": head.source,
        "status": head.status,
        "from": head.from_.isoformat(),
        "hash": policy.hash,
        "silent": list(head.silent),
        "units": show.units_json({name: policy.unit(name) for name in policy.units}),
        "classes": {
            name: {"counts": each.counts.value, "text": _said(each.text)}
            for name, each in policy.classes.items()
        },
        "items": {
            name: {"text": _said(each.text)} for name, each in policy.items.items()
        },
        "ladders": {
            name: [{"level": r.name, "text": _said(r.text)} for r in each.levels]
            for name, each in policy.ladders.items()
        },
        "procedures": {
            name: {"on": list(each.on), "text": _said(each.text)}
            for name, each in policy.procedures.items()
        },
        "rankings": list(policy.rankings),
        "figures": list(policy.figures),
        "flags": {
            name: {"for": each.for_, "text": _said(each.text)}
            for name, each in policy.flags.items()
        },
        "rules": list(policy.rules),
        "text": policy.text,
    }


def _said(text: Text | None) -> str | None:
    return None if text is None else here(text)


def _summarise(policy: Policy) -> None:
    head = policy.policy
    show.say(
        Text(
            "{name} ({status}, from {day})",
            "{name}（{status}，自 {day} 起）",
            name=head.called,
            status=head.status,
            day=head.from_,
        )
    )
    show.say(Text("source: {source}", "来源：{source}", source=head.source))
    show.say(Text("hash: {hash}", "摘要：{hash}", hash=policy.hash))
    show.say("")
    headings = (Text("what", "内容"), Text("name", "名称"), Text("says", "说明"))
    show.table(headings, [*_rows(policy)])


_Row = tuple[str, str, str]
_Called = FactRule | KindRule | Measure | Item | Rule
_T = TypeVar("_T", UnitRule, ClassRule, Ladder, Procedure)


def _rows(policy: Policy) -> Iterator[_Row]:
    """Yield all that *policy* names: of what table, by what name, and what it is."""
    said = merged(policy.text, name=policy.policy.name).tables
    yield from _each(Text("unit", "单位"), policy.units, _kept)
    yield from _each(Text("class", "类别"), policy.classes, _counts)
    tables: tuple[tuple[Text, str, Mapping[Any, _Called]], ...] = (
        (Text("account", "账户"), "accounts", policy.accounts),
        (Text("fact", "情况"), "facts", policy.facts),
        (Text("measure", "指标"), "measures", policy.measures),
        (Text("item", "兑换项目"), "items", policy.items),
        (Text("rule", "规则"), "rules", policy.rules),
    )
    for what, table, things in tables:
        for name, each in things.items():
            yield what, str(name), _beside(each.text, _brief(table, said[table][name]))
    yield from _each(Text("ladder", "等级体系"), policy.ladders, _levels)
    yield from _each(Text("procedure", "程序"), policy.procedures, _steps)
    for name, ranking in said.get("rankings", {}).items():
        yield Text("ranking", "排名"), name, in_full(ranking["value"])
    for name, figure in said.get("figures", {}).items():
        yield Text("figure", "算式"), name, in_full(figure)
    for name, flag in policy.flags.items():
        whose = Text("for {who}", "由 {who} 处理", who=flag.for_)
        yield Text("flag", "提示"), name, _beside(whose, flag.text)
    for what_not in policy.policy.silent:
        yield Text("silent on", "未作规定"), "", what_not


def _each(
    what: Text, things: Mapping[str, _T], says: Callable[[_T], Text]
) -> Iterator[_Row]:
    for name, each in things.items():
        yield what, name, _beside(each.text, says(each))


def _show_effective(layers: Merged, *, json: bool) -> None:
    """Print every value that holds, the file that says it, and what it replaces."""
    if json:
        show.document(
            {
                "values": [
                    {
                        "place": place,
                        "value": in_full(said[-1].value),
                        "file": said[-1].file,
                        "instead": [
                            {"value": in_full(each.value), "file": each.file}
                            for each in reversed(said[:-1])
                        ],
                    }
                    for place, said in layers.said.items()
                ],
                "dropped": [
                    {"place": place, "file": file}
                    for place, file in layers.dropped.items()
                ],
            }
        )
        return
    rows = [
        (
            place,
            in_full(said[-1].value),
            said[-1].file,
            ", ".join(f"{in_full(e.value)} ({e.file})" for e in reversed(said[:-1])),
        )
        for place, said in layers.said.items()
    ]
    rows += [(place, "–", file, "") for place, file in layers.dropped.items()]
    headings = (
        *(Text("place", "位置"), Text("value", "值")),
        *(Text("said by", "所在文件"), Text("instead of", "所替代的")),
    )
    show.table(headings, rows)


_FIRST: Final = ("on", "class", "item", "unit", "every", "price", "channel")
"""What a rule or an item is; all its details are for ``--text`` and ``--effective``."""


def _brief(table: str, said: object) -> str:
    """Return what a thing of *table* is, as the file says it."""
    if not isinstance(said, Mapping):
        return in_full(said)
    kept = _FIRST if table in ("rules", "items") else said.keys() - {"text"}
    told = {key: each for key, each in said.items() if key in kept}
    return in_full(told) if told else ""


def _kept(each: UnitRule) -> Text:
    record = Text("a record", "仅作记录")
    return Text(
        "1/{scale}, {kind}",
        "1/{scale}，{kind}",
        scale=each.scale,
        kind=record if each.record else Text("spendable", "可支出"),
    )


def _levels(each: Ladder) -> Text:
    named = (_beside(rung.name, rung.text) for rung in each.levels)
    return joined(named, Text(", ", "、"))


def _steps(each: Procedure) -> Text:
    named = (_beside(step.name, step.text) for step in each.steps)
    return joined(named, Text(", ", "、"))


def _counts(each: ClassRule) -> Text:
    return Text("counts {how}", "按{how}计", how=COUNTED[each.counts])


def _beside(first: str | None, second: str | None) -> str:
    if first and second:
        return Text("{one} ({two})", "{one}（{two}）", one=first, two=second)
    return first or second or ""
