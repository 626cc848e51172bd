"""
Policies: checking a file, showing what is in force, adopting one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated

from cyclopts import Parameter

from ..errors import PolicyInvalid
from ..model import ENTRY_ID, clean_id
from ..operations import AdoptPolicy
from ..policy.checks.notes import notes
from ..policy.files import compiled, load_policy, merged
from ..policy.hints import in_full
from ..policy.merging import Merged
from ..policy.rules import Policy
from ..programmes import programme, programmes
from ..rehearsal import Played, play_examples
from . import show
from .access import DEFAULT_ACCESS, DEFAULT_WHEN, Access, When
from .endings import ExitCode, Stopped, understood
from .policy_files import text_of
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


# ---------------------------------------------------------------- check


def check(policy: FileOrProgramme, /, *, json: AsJson = False) -> int:
    """
    Check a policy: every mistake with its place, and every worked example played.

    Ends with 1 if there is any mistake, or an example comes to something
    else than it expects. What is only worth a second look is told as a note.
    --json prints {policy, sound, mistakes: [{place, file, text}],
    notes: [{place, text}], examples: [{name, failures}]}.
    """
    text = text_of(policy)
    try:
        sound = load_policy(text, name=policy)
    except PolicyInvalid as error:
        if json:
            show.document(_verdict(policy, error, {}, ()))
        raise
    played, noted = play_examples(sound), notes(sound)
    failed = [example for example in played if example.failures]
    if json:
        show.document(_verdict(policy, None, noted, played))
    else:
        for place, note in noted.items():
            show.say(f"note     {place}: {note}")
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
            {"place": place, "file": files.get(place), "text": text}
            for place, text in mistakes.items()
        ],
        "notes": [{"place": p, "text": text} for p, text in noted.items()],
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


def show_(  # noqa: PLR0913 - what may be asked of it
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
    effective: Annotated[
        bool,
        Parameter(
            help="Print what holds, value by value, which file says it, and instead "
            "of what."
        ),
    ] = False,
    on: Annotated[
        Day | None, Parameter(help="The policy that holds on this day.")
    ] = None,
    body: Annotated[
        str | None, Parameter(help="The policy for what is done for this body.")
    ] = None,
    json: AsJson = False,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Show what a policy says: its source, units, classes, items, ladders, flags.

    --json prints {policy, source, status, from, hash, silent, units,
    classes, items, ladders, flags, rules, text}; with --effective it is
    {values: [{place, value, file, instead: [{value, file}]}],
    dropped: [{place, file}]}.
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
        return load_policy(text_of(name), name=name)
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
    show.table(("place", "value", "said by", "instead of"), rows)


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
    body: Annotated[
        str | None,
        Parameter(
            help="The body whose policy it is, one of the ledger's policy's own; "
            "the whole ledger by default."
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
            text,
            on=when.on or bank.today(),
            holds_from=holds_from,
            body=body,
            id=id,
        )
        tell(bank, outcome, access)
        asked = outcome.entry.operation
        assert isinstance(asked, AdoptPolicy)  # noqa: S101 - what was posted
        name = compiled(asked.text).policy.name
        whose = f" for {asked.body}" if asked.body else ""
        show.say(f"  {name}, holds from {asked.holds_from}{whose}")
    return ExitCode.DONE
