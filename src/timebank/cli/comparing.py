"""
Policies held against each other: what would change.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Final

from cyclopts import Parameter

from ..policy.diff import Change, How, changes, gone_by
from ..policy.files import load_policy
from ..texts import Text, joined
from . import show
from .access import DEFAULT_ACCESS, Access, AsJson
from .endings import ExitCode
from .functions import functions_at
from .helping import Help
from .policy_files import text_of
from .show import Json
from .spoken import here


def diff(
    policy: Annotated[
        str,
        Parameter(
            name="POLICY",
            help=Help(
                "A file or programme: what is now, or, alone, what is to come.",
                "文件或项目：原政策；若只给一个，则为新政策。",
            ),
        ),
    ],
    other: Annotated[
        str | None,
        Parameter(
            name="OTHER",
            help=Help(
                "What is to come; without it POLICY is compared with what is in force.",
                "新政策；不填则将 POLICY 与现行政策比较。",
            ),
        ),
    ] = None,
    /,
    *,
    json: AsJson = False,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Say in words what changes from one policy to another, and what to beware of.

    Ends with 1 if a policy cannot be read; that there are changes is no
    failure. --json prints {changes: [{place, how, before, after, text,
    warnings}], beware}, where how is added, dropped, changed or moved,
    and beware says that the policy would hold for days gone by.

    用文字说明两份政策之间的变化，以及须注意之处。

    政策无法读取时以 1 结束；有变化不算失败。--json 输出 {changes:
    [{place, how, before, after, text, warnings}], beware}，其中 how 为
    added、dropped、changed 或 moved；beware 说明新政策将溯及以往。
    """
    after, functions = text_of(other or policy), functions_at(access.functions)
    load_policy(after, name=other or policy, functions=functions)
    if other is not None:
        before = text_of(policy)
        load_policy(before, name=policy, functions=functions)
    else:
        with access.reading() as bank:
            before = bank.policy.text
    found, beware = changes(before, after), gone_by(before, after)
    if json:
        show.document(
            {
                "changes": [_json(change) for change in found],
                "beware": here(beware) if found and beware else None,
            }
        )
        return ExitCode.DONE
    rules = [change for change in found if not _of_examples(change)]
    for change in rules:
        show.say(change.text)
        for warning in change.warnings:
            show.say(Text("  ! {warning}", "  ！{warning}", warning=warning))
    if examples := Counter(c.how for c in found if _of_examples(c)):
        show.say(_told_of_examples(examples))
    if found and beware:
        show.say(Text("! {warning}", "！{warning}", warning=beware))
    if not found:
        show.say(Text("nothing changes", "没有变化"))
    return ExitCode.DONE


_EXAMPLES: Final = {
    How.ADDED: Text("{n} new", "新增 {n}"),
    How.DROPPED: Text("{n} no longer there", "取消 {n}"),
    How.CHANGED: Text("{n} changed", "变更 {n}"),
    How.MOVED: Text("{n} in another order", "次序变更 {n}"),
}
"""How many places of examples: they bind nobody, and `policy check` tells what holds."""


def _told_of_examples(found: Mapping[How, int]) -> Text:
    several = (
        Text(text.en, text.zh, n=found[how])
        for how, text in _EXAMPLES.items()
        if how in found
    )
    return Text(
        "examples: {several}",
        "示例：{several}",
        several=joined(several, Text(", ", "、")),
    )


def _of_examples(change: Change) -> bool:
    return change.place.startswith("examples.")


def _json(change: Change) -> dict[str, Json]:
    return {
        "place": change.place,
        "how": change.how.value,
        "before": change.before,
        "after": change.after,
        "text": here(change.text),
        "warnings": [here(warning) for warning in change.warnings],
    }
