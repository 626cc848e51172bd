"""
The books themselves: making a ledger, reading it, auditing it.
"""

from __future__ import annotations

import json as jsonlib
from itertools import islice
from typing import Annotated
from zoneinfo import ZoneInfo

from cyclopts import Parameter
from cyclopts.validators import Number

from ..accounts import Account
from ..bank import create
from ..entries import Entry
from ..model import (
    BALANCE_MAX,
    ENTRY_ID,
    LEDGER,
    START,
    AccountKind,
    Position,
    Unit,
    clean_id,
)
from ..operations import TAGS
from ..policy.rules import Policy
from ..storage.codec import encode_entry
from ..storage.protocol import Line
from ..view import View
from . import show, views
from .about import about
from .access import DEFAULT_ACCESS, NO_POLICY, Access
from .endings import ExitCode, Stopped, understood
from .show import Json
from .typed import Day, Whole

AsJson = Annotated[bool, Parameter(help="Print one JSON document.")]
PositionTyped = Annotated[Whole, Parameter(validator=Number(gte=0, lte=BALANCE_MAX))]
Limit = Annotated[Whole, Parameter(validator=Number(gte=1, lte=BALANCE_MAX))]
AccountId = Annotated[str, Parameter(name="ACCOUNT", help="Whose.")]


def init(
    *,
    time_zone: Annotated[
        str,
        Parameter(help="What turns a moment into a day, for ever: an IANA name."),
    ] = "Asia/Shanghai",
    keep_refusals: Annotated[
        bool,
        Parameter(help="Keep refused requests in the journal too, for ever."),
    ] = False,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Make an empty ledger; and the tables, or the SQLite file, if there are none.

    For example: timebank init --db books.db --ledger liwan
    """
    if not access.ledger:
        raise Stopped("name the ledger that is to be made: --ledger NAME")
    with understood():
        ledger = clean_id(access.ledger, LEDGER)
    create(
        access.url,
        ledger=ledger,
        actor=access.who(),
        time_zone=_known_zone(time_zone),
        keep_refusals=keep_refusals,
    ).close()
    show.say(f"made: ledger {ledger} in {access.db} ({time_zone})")
    show.say("next: timebank policy adopt FILE, or the name of a programme that ships")
    return ExitCode.DONE


def _known_zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (KeyError, ValueError, OSError):
        raise Stopped(
            f"--time-zone: {name!r} is no time zone known here; "
            "an IANA name is wanted, such as Asia/Shanghai"
        ) from None


# ---------------------------------------------------------------- balances


def balance(  # noqa: PLR0913 - the switches of one command
    account: AccountId,
    unit: Annotated[
        str | None, Parameter(name="UNIT", help="In what; in all units by default.")
    ] = None,
    /,
    *,
    as_of: Annotated[
        PositionTyped | None,
        Parameter(help="What was believed after this position of the journal."),
    ] = None,
    effective_on: Annotated[
        Day | None,
        Parameter(
            help="What counts by the end of this day, back-dated entries included."
        ),
    ] = None,
    json: AsJson = False,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Show what an account has: free, and held by orders.

    --json prints {account, as_of, effective_on, units,
    balances: {UNIT: {free, held, total}}}, in parts.
    """
    with access.reading() as bank:
        units = bank.units()
        if not units:
            raise Stopped(NO_POLICY, ExitCode.REFUSED)
        wanted = [bank.unit(unit)] if unit else list(units.values())
        found = {
            each: bank.balance(
                account, each.name, as_of=as_of, effective_on=effective_on
            )
            for each in wanted
        }
    if json:
        show.document(
            {
                "account": account,
                "as_of": as_of,
                "effective_on": effective_on.isoformat() if effective_on else None,
                "units": show.units_json({u.name: u for u in wanted}),
                "balances": {u.name: show.balance_json(b) for u, b in found.items()},
            }
        )
        return ExitCode.DONE
    figures = ("free", "held", "total")
    rows = [
        (u.name, u.show(b.free), u.show(b.held), u.show(b.total))
        for u, b in found.items()
    ]
    show.table(("unit", *figures), rows, figures=figures)
    return ExitCode.DONE


def statement(  # noqa: PLR0913 - the switches of one command
    account: AccountId,
    unit: Annotated[str, Parameter(name="UNIT", help="In what.")],
    /,
    *,
    after: Annotated[
        PositionTyped, Parameter(help="Only what stands after this position.")
    ] = 0,
    limit: Annotated[Limit | None, Parameter(help="At most so many lines.")] = None,
    json: AsJson = False,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Show every movement of an account in one unit, with the balance after it.

    Oldest first. --json prints {account, unit, units, lines: [{position,
    line, entry, kind, effective_on, recorded_on, amount, bucket, rule,
    free, held}]}, in parts; free and held are null for an account that is
    kept without balances.
    """
    with access.reading() as bank:
        of = bank.unit(unit)
        lines = bank.statement(account, unit, after=(after + 1, -1), limit=limit)
    if json:
        show.document(
            {
                "account": account,
                "unit": unit,
                "units": show.units_json({unit: of}),
                "lines": [_line_json(line) for line in lines],
            }
        )
        return ExitCode.DONE
    figures = ("amount", "free", "held")
    headings = ("position", "day", "kind", "entry", "bucket", *figures)
    rows = [_line_row(line, of) for line in lines]
    show.table(headings, rows, figures=("position", *figures))
    return ExitCode.DONE


def _line_json(line: Line) -> dict[str, Json]:
    return {
        "position": line.position,
        "line": line.line,
        "entry": line.entry,
        "kind": line.kind,
        "effective_on": line.effective_on.isoformat(),
        "recorded_on": line.recorded_on.isoformat(),
        "amount": line.amount,
        "bucket": line.bucket.value,
        "rule": line.rule,
        "free": line.balance.free if line.balance else None,
        "held": line.balance.held if line.balance else None,
    }


def _line_row(line: Line, unit: Unit) -> tuple[str, ...]:
    return (
        str(line.position),
        str(line.effective_on),
        line.kind,
        line.entry,
        line.bucket.value,
        f"{'+' * (line.amount > 0)}{unit.show(line.amount)}",
        unit.show(line.balance.free) if line.balance else "",
        unit.show(line.balance.held) if line.balance else "",
    )


# ---------------------------------------------------------------- levels


def tiers(
    account: Annotated[
        str | None, Parameter(name="ACCOUNT", help="Whose; every member's by default.")
    ] = None,
    /,
    *,
    on: Annotated[
        Day | None,
        Parameter(help="The day that windows of measures end on; today by default."),
    ] = None,
    json: AsJson = False,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Show levels, what a member could apply for, measures, and flags.

    --json prints {on, units, accounts: [{account, tiers, eligible, measures,
    flags, balances}]}; a measure is {unit, amount} in parts, or {count}.
    """
    with access.reading() as bank:
        day = on or bank.today()
        policy, units = bank.policy_on(day), bank.units()
        whose = [account] if account else _members(list(bank.accounts()))
        found = [bank.standing(each, on=day) for each in whose]
    if json:
        show.document(
            {
                "on": day.isoformat(),
                "units": show.units_json(units),
                "accounts": [
                    {"account": v.account.id, **views.view_json(v, policy)}
                    for v in found
                ],
            }
        )
    elif account:
        show.table(views.HEADINGS, views.view_rows(found[0], policy))
    else:
        _overview(found, policy)
    return ExitCode.DONE


def _members(accounts: list[Account]) -> list[str]:
    return [
        a.id for a in accounts if a.kind is AccountKind.MEMBER and a.closed_on is None
    ]


def _overview(found: list[View], policy: Policy) -> None:
    headings = ["account", *policy.ladders, *policy.measures, "flags"]
    rows = [
        [
            view.account.id,
            *(view.tiers.get(ladder) or "" for ladder in policy.ladders),
            *(
                views.measure_text(value, measure, policy)
                if (value := views.measures(view).get(name)) is not None
                else ""
                for name, measure in policy.measures.items()
            ),
            ", ".join(view.flags),
        ]
        for view in found
    ]
    show.table(headings, rows, figures=policy.measures)


# ---------------------------------------------------------------- the journal


def journal(
    *,
    after: Annotated[
        PositionTyped, Parameter(help="Only what stands after this position.")
    ] = 0,
    last: Annotated[
        str | None,
        Parameter(
            help="The entry that you saw there; if it is another now, the books are not "
            "those you have followed, and the command ends with 5."
        ),
    ] = None,
    limit: Annotated[Limit | None, Parameter(help="At most so many entries.")] = None,
    json: AsJson = False,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    List the journal: what was recorded, in order.

    --json prints {units, entries: [{position, …}]}, each entry as it is kept
    for ever: the operation as asked, the postings in parts, the findings.
    """
    if last is not None:
        if after == START:
            raise Stopped("--last: name the position too at which you saw it: --after")
        with understood():
            last = clean_id(last, ENTRY_ID)
    with access.reading() as bank:
        units = bank.units()
        entries = list(islice(bank.entries(after=after, last=last), limit))
    if json:
        show.document(
            {
                "units": show.units_json(units),
                "entries": [_entry_json(p, entry) for p, entry in entries],
            }
        )
        return ExitCode.DONE
    headings = ("position", "day", "kind", "entry", "actor", "about", "moved")
    rows = [
        (
            str(position),
            str(entry.effective_on),
            TAGS[type(entry.operation)],
            entry.id,
            entry.actor,
            about(entry.operation),
            ", ".join(show.moved(entry, units)),
        )
        for position, entry in entries
    ]
    show.table(headings, rows, figures=("position",))
    return ExitCode.DONE


def _entry_json(position: Position, entry: Entry) -> dict[str, Json]:
    body: dict[str, Json] = jsonlib.loads(encode_entry(entry))
    return {"position": position, **body}


def verify(
    *,
    decide: Annotated[
        bool,
        Parameter(help="Also decide every operation again under the policy it names."),
    ] = False,
    json: AsJson = False,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Audit the books: recompute everything from the journal, and compare.

    Ends with 5 if anything is wrong. --json prints {sound, entries,
    postings, decided_again, faults}.
    """
    with access.reading() as bank:
        report = bank.verify(decide_again=decide)
    if json:
        show.document(
            {
                "sound": report.sound,
                "entries": report.entries,
                "postings": report.postings,
                "decided_again": report.decided_again,
                "faults": list(report.faults),
            }
        )
    report.raise_if_faulty()
    if not json:
        again = f", {report.decided_again} decided again" if decide else ""
        show.say(f"sound: {report.entries} entries, {report.postings} postings{again}")
    return ExitCode.DONE
