"""
Policies: checking a file, listing those that ship, adopting one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from cyclopts import Parameter

from ..errors import PolicyInvalid
from ..model import ENTRY_ID, clean_id
from ..names import Names, place_called
from ..operations import AdoptPolicy
from ..policy.checks.notes import notes
from ..policy.files import compiled, load_policy
from ..policy.names import names_of
from ..policy.schema import policy_schema
from ..rehearsal import Played, play_examples
from ..shipped import programme, programmes
from ..texts import Text, joined
from . import show
from .access import DEFAULT_ACCESS, Access, AsJson, IdTyped, OnTyped
from .endings import NEXT_LINE, ExitCode, Stopped, understood
from .functions import FunctionsTyped, functions_at
from .helping import Help
from .policy_files import text_of
from .posting import tell
from .show import Json
from .spoken import here
from .typed import Day

FileOrProgramme = Annotated[
    str,
    Parameter(
        name="POLICY",
        help=Help(
            "A policy file, or the name of a programme that ships: "
            "timebank policy list shows them.",
            "政策文件，或随附项目的名称：timebank policy list 可列出。",
        ),
    ),
]


# ---------------------------------------------------------------- check


def check(
    policy: FileOrProgramme,
    /,
    *,
    json: AsJson = False,
    functions: FunctionsTyped = None,
) -> int:
    """
    Check a policy: every mistake with its place, and every worked example played.

    Ends with 1 if there is any mistake, or an example comes to something
    else than it expects. What is only worth a second look is told as a note.
    --json prints {policy, sound, mistakes: [{place, file, text}],
    notes: [{place, text}], examples: [{name, failures}]}.

    检查政策：列出每处错误及其位置，并演算每个示例。

    有任何错误，或任何示例的结果与预期不同，以 1 结束。值得再看一眼的，作为说明列出。
    --json 输出 {policy, sound, mistakes: [{place, file, text}],
    notes: [{place, text}], examples: [{name, failures}]}。
    """
    text, used = text_of(policy), functions_at(functions)
    try:
        sound = load_policy(text, name=policy, functions=used)
    except PolicyInvalid as error:
        if json:
            show.document(_verdict(policy, error, {}, ()))
        raise
    played, noted = play_examples(sound, functions=used), notes(sound)
    if json:
        show.document(_verdict(policy, None, noted, played))
    else:
        _tell_each(noted, played, names_of([sound]))
    if any(example.failures for example in played):
        raise Stopped(_differing(policy, played), ExitCode.REFUSED)
    if not json:
        show.say(_no_mistake(policy, len(played)))
    return ExitCode.DONE


def _tell_each(
    noted: Mapping[str, str], played: tuple[Played, ...], names: Names
) -> None:
    for place, note in noted.items():
        where = place_called(place, names)
        show.say(Text("note     {p}: {note}", "说明  {p}：{note}", p=where, note=note))
    for example in played:
        show.say(
            Text("differs  {name}", "不符  {name}", name=example.name)
            if example.failures
            else Text("holds    {name}", "相符  {name}", name=example.name)
        )


def _differing(policy: str, played: tuple[Played, ...]) -> Text:
    first = Text(
        "{policy}: {failed} of {played} examples differ",
        "{policy}：{played} 个示例中有 {failed} 个不符",
        policy=policy,
        failed=sum(1 for example in played if example.failures),
        played=len(played),
    )
    lines = [
        Text("  {name}: {text}", "  {name}：{text}", name=example.name, text=text)
        for example in played
        for text in example.failures
    ]
    return joined([first, *lines], NEXT_LINE)


def _no_mistake(policy: str, played: int) -> Text:
    if not played:
        return Text(
            "{policy}: no mistake; there is no worked example to play",
            "{policy}：没有错误；没有可演算的示例",
            policy=policy,
        )
    several = Text("{n} worked examples", "{n} 个示例", n=played)
    return Text(
        "{policy}: no mistake; {examples} held",
        "{policy}：没有错误；{examples}均相符",
        policy=policy,
        examples=Text("1 worked example", "1 个示例") if played == 1 else several,
    )


def _verdict(
    name: str,
    error: PolicyInvalid | None,
    noted: Mapping[str, str],
    played: tuple[Played, ...],
) -> dict[str, Json]:
    mistakes = error.mistakes if error else {}
    files = error.files if error else {}
    return {
        "policy": name,
        "sound": not mistakes and not any(e.failures for e in played),
        "mistakes": [
            {"place": place, "file": files.get(place), "text": here(text)}
            for place, text in mistakes.items()
        ],
        "notes": [{"place": p, "text": here(text)} for p, text in noted.items()],
        "examples": [
            {"name": e.name, "failures": [here(text) for text in e.failures]}
            for e in played
        ],
    }


# ---------------------------------------------------------------- schema


def schema() -> int:
    """
    Print the schema of policy files, by which an editor completes keys and finds slips.

    It is a JSON Schema. Save it beside the policy, and let the first line of the policy
    be: #:schema ./policy.schema.json

    输出政策文件的模式：编辑器据此补全键名并标出笔误。

    它是 JSON Schema。请存放在政策文件旁，并在政策文件第一行写：
    #:schema ./policy.schema.json
    """
    show.document(policy_schema())
    return ExitCode.DONE


# ---------------------------------------------------------------- show


def list_(*, json: AsJson = False) -> int:
    """
    List the programmes that ship, with their source and status.

    --json prints {programmes: [{name, title, source, status, from}]}.

    列出随附的项目及其来源和状态。

    --json 输出 {programmes: [{name, title, source, status, from}]}。
    """
    heads = {
        name: load_policy(programme(name), name=name).policy for name in programmes()
    }
    if json:
        show.document(
            {
                "programmes": [
                    {
                        "name": name,
                        "title": head.name,
                        "source": head.source,
                        "status": head.status,
                        "from": head.from_.isoformat(),
                    }
                    for name, head in heads.items()
                ]
            }
        )
        return ExitCode.DONE
    rows = [(n, h.called, h.status, str(h.from_)) for n, h in heads.items()]
    headings = (
        *(Text("name", "名称"), Text("programme", "项目")),
        *(Text("status", "状态"), Text("from", "生效日期")),
    )
    show.table(headings, rows)
    return ExitCode.DONE


# ---------------------------------------------------------------- adopt


def adopt(  # noqa: PLR0913 - the switches of one command
    policy: FileOrProgramme,
    /,
    *,
    holds_from: Annotated[
        Day | None,
        Parameter(
            help=Help(
                "The first day it holds; what the policy itself says by default.",
                "生效首日；默认以政策所写为准。",
            )
        ),
    ] = None,
    body: Annotated[
        str | None,
        Parameter(
            help=Help(
                "The body whose policy it is, one of the ledger's policy's own; "
                "the whole ledger by default.",
                "该政策属于哪个机构（须为账本政策所列）；默认为整个账本。",
            )
        ),
    ] = None,
    on: OnTyped = None,
    id: IdTyped = None,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Put a policy in force, and open the accounts that it names.

    The journal keeps its full text. Later policies are adopted beside it:
    each day is judged by the one that held.

    使政策生效，并开立其指定的账户。

    账本保存政策全文。此后采纳的政策与之并存：每一天依当日有效的政策判定。
    """
    text = text_of(policy)
    load_policy(text, name=policy, functions=functions_at(access.functions))
    with access.writing() as bank:
        with understood():
            id = None if id is None else clean_id(id, ENTRY_ID)
        outcome = bank.adopt(
            text,
            on=on or bank.today(),
            holds_from=holds_from,
            body=body,
            id=id,
        )
        tell(bank, outcome)
        asked = outcome.entry.operation
        assert isinstance(asked, AdoptPolicy)  # noqa: S101 - what was posted
        name = compiled(asked.text).policy.called
        whose = Text(" for {body}", "，适用于 {body}", body=asked.body)
        show.say(
            Text(
                "  {name}, holds from {day}{whose}",
                "  {name}，自 {day} 起有效{whose}",
                name=name,
                day=asked.holds_from,
                whose=whose if asked.body else "",
            )
        )
    return ExitCode.DONE
