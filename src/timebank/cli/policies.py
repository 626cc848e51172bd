"""
Policies: checking a file, showing what is in force, adopting one.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ..errors import PolicyInvalid
from ..model import ENTRY_ID, clean_id
from ..operations import AdoptPolicy
from ..policy.files import compiled, load_policy
from ..policy.rules import Policy
from ..programmes import programme, programmes
from ..rehearsal import Played, play_examples
from ..texts import Text
from . import show
from .access import DEFAULT_ACCESS, DEFAULT_WHEN, Access, When
from .endings import ExitCode, Stopped, understood
from .posting import tell
from .show import Json
from .typed import Day

FileOrProgramme = Annotated[
    str,
    Parameter(
        name="POLICY",
        help="A policy file, or the name of a programme that ships: "
        "timebank policy list shows them.",
    ),
]
AsJson = Annotated[bool, Parameter(help="Print one JSON document.")]


def text_of(name: str) -> str:
    """
    Return the policy file *name*, or the programme of that name that ships.

    Raises:
        Stopped: If it is neither.
        PolicyInvalid: If it is not UTF-8.
        OSError: If it cannot be read.
    """
    path = Path(name)
    if not path.is_file():
        if name in programmes():
            return programme(name)
        raise Stopped(
            f"there is no file {name}, and no programme of that name; "
            f"those that ship: {', '.join(programmes())}"
        )
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PolicyInvalid(
            name,
            {
                "file": Text(
                    "is not UTF-8 (byte {byte}): save it as UTF-8",
                    "不是 UTF-8（第 {byte} 字节）：请以 UTF-8 保存",
                    byte=error.start,
                )
            },
        ) from None


# ---------------------------------------------------------------- check


def check(policy: FileOrProgramme, /, *, json: AsJson = False) -> int:
    """
    Check a policy: every mistake with its place, and every worked example played.

    Ends with 1 if there is any mistake, or an example comes to something
    else than it expects. --json prints {policy, sound,
    mistakes: [{place, text}], examples: [{name, failures}]}.
    """
    text = text_of(policy)
    try:
        played = play_examples(load_policy(text, name=policy))
    except PolicyInvalid as error:
        if json:
            show.document(_verdict(policy, error, ()))
        raise
    failed = [example for example in played if example.failures]
    if json:
        show.document(_verdict(policy, None, played))
    else:
        for example in played:
            show.say(f"{'differs' if example.failures else 'holds  '}  {example.name}")
    if failed:
        lines = [f"  {e.name}: {text}" for e in failed for text in e.failures]
        raise Stopped(
            "\n".join(
                [f"{policy}: {len(failed)} of {len(played)} examples differ", *lines]
            ),
            ExitCode.REFUSED,
        )
    if not json:
        show.say(
            f"{policy}: no mistake; {_count(len(played), 'worked example')} held"
            if played
            else f"{policy}: no mistake; there is no worked example to play"
        )
    return ExitCode.DONE


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def _verdict(
    name: str, error: PolicyInvalid | None, played: tuple[Played, ...]
) -> dict[str, Json]:
    mistakes = error.mistakes if error else {}
    return {
        "policy": name,
        "sound": not mistakes and not any(e.failures for e in played),
        "mistakes": [{"place": p, "text": text} for p, text in mistakes.items()],
        "examples": [{"name": e.name, "failures": list(e.failures)} for e in played],
    }


# ---------------------------------------------------------------- show


def list_(*, json: AsJson = False) -> int:
    """
    List the programmes that ship, with their source and status.

    --json prints {programmes: [{name, title, source, status, from}]}.
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
    rows = [(n, h.name, h.status, str(h.from_)) for n, h in heads.items()]
    show.table(("name", "programme", "status", "from"), rows)
    return ExitCode.DONE


def show_(
    policy: Annotated[
        str | None,
        Parameter(
            name="POLICY",
            help="A file or programme; the policy in force by default.",
        ),
    ] = None,
    /,
    *,
    text: Annotated[bool, Parameter(help="Print the file itself.")] = False,
    on: Annotated[
        Day | None, Parameter(help="The policy that holds on this day.")
    ] = None,
    json: AsJson = False,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Show what a policy says: its source, units, classes, items, ladders, flags.

    --json prints {policy, source, status, from, hash, silent, units,
    classes, items, ladders, flags, rules, text}.
    """
    found = _found(policy, on, access)
    if json:
        show.document(_policy_json(found))
    elif text:
        show.say(found.text.rstrip("\n"))
    else:
        _summarise(found)
    return ExitCode.DONE


def _found(name: str | None, on: date | None, access: Access) -> Policy:
    if name is not None:
        return load_policy(text_of(name), name=name)
    with access.reading() as bank:
        return bank.policy_on(on or bank.today())


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
            name: {"counts": each.counts.value, "text": each.text}
            for name, each in policy.classes.items()
        },
        "items": {name: {"text": each.text} for name, each in policy.items.items()},
        "ladders": {
            name: [{"level": r.name, "text": r.text} for r in each.levels]
            for name, each in policy.ladders.items()
        },
        "flags": {
            name: {"for": each.for_, "text": each.text}
            for name, each in policy.flags.items()
        },
        "rules": list(policy.rules),
        "text": policy.text,
    }


def _summarise(policy: Policy) -> None:
    head = policy.policy
    show.say(f"{head.name} ({head.status}, from {head.from_})")
    show.say(f"source: {head.source}")
    show.say(f"hash: {policy.hash}")
    show.say("")
    rows = [
        ("unit", name, f"1/{each.scale}, {'a record' if each.record else 'spendable'}")
        for name, each in policy.units.items()
    ]
    rows += [
        ("class", name, _spoken(each.text, f"counts {each.counts}"))
        for name, each in policy.classes.items()
    ]
    rows += [("item", name, each.text or "") for name, each in policy.items.items()]
    rows += [("rule", name, each.text or "") for name, each in policy.rules.items()]
    rows += [
        ("ladder", name, ", ".join(_spoken(r.name, r.text) for r in each.levels))
        for name, each in policy.ladders.items()
    ]
    rows += [
        ("flag", name, _spoken(f"for {each.for_}", each.text))
        for name, each in policy.flags.items()
    ]
    rows += [("silent on", "", what) for what in head.silent]
    show.table(("what", "name", "says"), rows)


def _spoken(first: str | None, second: str | None) -> str:
    return f"{first} ({second})" if first and second else first or second or ""


# ---------------------------------------------------------------- adopt


def adopt(
    policy: FileOrProgramme,
    /,
    *,
    holds_from: Annotated[
        Day | None,
        Parameter(
            help="The first day it holds; what the policy itself says by default."
        ),
    ] = None,
    when: When = DEFAULT_WHEN,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Put a policy in force, and open the accounts that it names.

    The journal keeps its full text. Later policies are adopted beside it:
    each day is judged by the one that held.
    """
    text = text_of(policy)
    load_policy(text, name=policy)
    with access.writing() as bank:
        with understood():
            id = None if when.id is None else clean_id(when.id, ENTRY_ID)
        outcome = bank.adopt(
            text, on=when.on or bank.today(), holds_from=holds_from, id=id
        )
        tell(bank, outcome, access)
        asked = outcome.entry.operation
        assert isinstance(asked, AdoptPolicy)  # noqa: S101 - what was posted
        name = compiled(asked.text).policy.name
        show.say(f"  {name}, holds from {asked.holds_from}")
    return ExitCode.DONE
