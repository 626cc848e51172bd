"""
Which tables the journal is told in, and what their columns say.

Nothing personal is among them: no private details, no facts that rules were told (an age,
a relation), and no bodies, which hold those.
"""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter
from typing import Final

from attrs import frozen

from ..accounts import Account
from ..model import Effect, Finding
from .columns import OF_ENTRY, POSITION, Column, Table, Type, of_its_entry
from .moment import Kept, Page
from .postings import POSTINGS

# ---------------------------------------------------------------- entries


def _waits(kept: Kept) -> bool:
    return any(each.effect is Effect.WAITS for each in kept.heading.findings)


ENTRIES: Final = Table(
    name="entries",
    text="an entry of the journal, whether it moved anything or not",
    columns=(
        POSITION,
        *OF_ENTRY,
        Column(
            name="actor",
            type=Type.WORD,
            text="who asked, by the name that the host gave",
            read=attrgetter("heading.actor"),
        ),
        Column(
            name="target",
            type=Type.TEXT,
            text="the id of the entry that it acts on: undone, corrected, fulfilled …",
            read=attrgetter("stored.target"),
            optional=True,
        ),
        Column(
            name="root",
            type=Type.TEXT,
            text="the id of the first entry of its thread: a service and all that "
            "corrected it have one",
            read=attrgetter("stored.root"),
        ),
        Column(
            name="waits",
            type=Type.TRUTH,
            text="whether a procedure had to be gone through first",
            read=_waits,
        ),
        Column(
            name="postings",
            type=Type.WHOLE,
            text="how many postings it has",
            read=lambda kept: len(kept.stored.postings),
        ),
    ),
    rows=lambda page: page.entries,
)

# ---------------------------------------------------------------- findings


@frozen
class Verdict:
    """A finding, and where it stands."""

    kept: Kept
    line: int
    finding: Finding


def _verdicts(page: Page) -> Iterator[Verdict]:
    for kept in page.entries:
        for line, finding in enumerate(kept.heading.findings):
            yield Verdict(kept, line, finding)


def _parts(finding: Finding, said: int | str | None) -> int | None:
    """Return an amount; other figures may be of a person, such as an age."""
    return said if finding.unit is not None and isinstance(said, int) else None


FINDINGS: Final = Table(
    name="findings",
    text="a finding: what a rule noted of an entry, or why it refused it",
    columns=(
        of_its_entry(POSITION),
        Column(
            name="line",
            type=Type.WHOLE,
            text="its place within the entry, from 0",
            read=attrgetter("line"),
        ),
        Column(
            name="code",
            type=Type.WORD,
            text="the place in the policy, such as `accounts.member.points.cap`",
            read=attrgetter("finding.code"),
        ),
        Column(
            name="reason",
            type=Type.WORD,
            text="what kind of verdict it is",
            read=attrgetter("finding.reason.value"),
        ),
        Column(
            name="effect",
            type=Type.WORD,
            text="`refuses`, `notes`, `waits` or `voids`",
            read=attrgetter("finding.effect.value"),
        ),
        Column(
            name="account",
            type=Type.WORD,
            text="whose figure it is",
            read=attrgetter("finding.account"),
            optional=True,
        ),
        Column(
            name="unit",
            type=Type.WORD,
            text="the unit of the two amounts",
            read=attrgetter("finding.unit"),
            optional=True,
        ),
        Column(
            name="wanted",
            type=Type.WHOLE,
            text="the amount that the rule asked for, in parts; nothing where it asked "
            "for something else",
            read=lambda verdict: _parts(verdict.finding, verdict.finding.wanted),
            optional=True,
        ),
        Column(
            name="found",
            type=Type.WHOLE,
            text="the amount that there was, likewise",
            read=lambda verdict: _parts(verdict.finding, verdict.finding.found),
            optional=True,
        ),
    ),
    rows=_verdicts,
)

# ---------------------------------------------------------------- accounts


def _closed(account: Account) -> str | None:
    return account.closed_on.isoformat() if account.closed_on else None


ACCOUNTS: Final = Table(
    name="accounts",
    text="an account",
    columns=(
        Column(
            name="account",
            type=Type.TEXT,
            text="its id",
            read=attrgetter("id"),
        ),
        Column(
            name="kind",
            type=Type.WORD,
            text="what it is: `member`, `pool`, `issuer` …",
            read=attrgetter("kind.value"),
        ),
        Column(
            name="mode",
            type=Type.WORD,
            text="`strict`, or `append`: kept without balances",
            read=attrgetter("mode.value"),
        ),
        Column(
            name="opened_on",
            type=Type.DAY,
            text="the day it was opened",
            read=lambda account: account.opened_on.isoformat(),
        ),
        Column(
            name="closed_on",
            type=Type.DAY,
            text="the day it was closed",
            read=_closed,
            optional=True,
        ),
    ),
    rows=lambda page: page.moment.accounts,
    whole=True,
)

TABLES: Final = (POSTINGS, ENTRIES, FINDINGS, ACCOUNTS)
"""Every table."""
