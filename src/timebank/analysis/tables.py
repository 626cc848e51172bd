"""
Which tables the journal is told in, and what their columns say.

Nothing personal is among them: no private details, no facts that rules were told (an age,
a relation), and no bodies, which hold those.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from attrs import evolve, field, frozen

from ..accounts import Account
from ..model import Finding
from ..storage.codec import decode_labels
from ..storage.protocol import StoredPosting
from .columns import Column, Table, Type, Value
from .moment import Kept, Page

# ---------------------------------------------------------------- entries

POSITION: Final = Column(
    name="position",
    type=Type.WHOLE,
    text="where the entry stands in the journal: 1, 2, 3 …",
    read=lambda kept: kept.stored.position,
)
OF_ENTRY: Final = (
    Column(
        name="entry",
        type=Type.TEXT,
        text="the entry's id",
        read=lambda kept: kept.stored.id,
    ),
    Column(
        name="kind",
        type=Type.WORD,
        text="what was asked: `service`, `gift`, `order`, `reverse` …; "
        "`refusal` where a refusal is kept",
        read=lambda kept: kept.stored.kind,
    ),
    Column(
        name="effective_on",
        type=Type.DAY,
        text="the day the fact counts for",
        read=lambda kept: kept.stored.effective_on,
    ),
    Column(
        name="recorded_at",
        type=Type.MOMENT,
        text="the moment the bank learned of it",
        read=lambda kept: kept.stored.recorded_at,
    ),
    Column(
        name="recorded_on",
        type=Type.DAY,
        text="that moment's day in the ledger's time zone",
        read=lambda kept: kept.stored.recorded_on,
    ),
    Column(
        name="policy",
        type=Type.WORD,
        text="the hash of the policy that it was decided under",
        read=lambda kept: kept.entry.policy,
    ),
)
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
            read=lambda kept: kept.entry.actor,
        ),
        Column(
            name="target",
            type=Type.TEXT,
            text="the id of the entry that it acts on: undone, corrected, fulfilled …",
            read=lambda kept: kept.stored.target,
            optional=True,
        ),
        Column(
            name="root",
            type=Type.TEXT,
            text="the id of the first entry of its thread: a service and all that "
            "corrected it have one",
            read=lambda kept: kept.stored.root,
        ),
        Column(
            name="waits",
            type=Type.TRUTH,
            text="whether a procedure had to be gone through first",
            read=lambda kept: kept.entry.waits,
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


def _of_its_entry(column: Column) -> Column:
    """Return a column of the entry for rows of something that is `kept` in it."""
    return evolve(column, read=lambda row: column.read(row.kept))


# ---------------------------------------------------------------- postings


@frozen
class Leg:
    """A posting, and what a row of it is made of."""

    kept: Kept
    line: int
    posting: StoredPosting
    kind: str
    scale: int
    labels: Mapping[str, list[str]] = field()

    @labels.default
    def _read(self) -> Mapping[str, list[str]]:
        labels: dict[str, list[str]] = {}
        if self.posting.labels is not None:
            for name, value in decode_labels(self.posting.labels):
                labels.setdefault(name, []).append(value)
        return labels


def _legs(page: Page) -> Iterator[Leg]:
    kinds, units = page.moment.kinds, page.moment.units
    for kept in page.entries:
        for line, posting in enumerate(kept.stored.postings):
            kind, unit = kinds[posting.account], units[posting.unit]
            yield Leg(kept, line, posting, kind.value, unit.scale)


LABELS: Final[Mapping[str, str]] = {
    "class": "the class of the service or mark",
    "event": "the event it belongs to",
    "body": "the organising body",
    "item": "the item redeemed",
    "evidence": "the evidence that was named",
    "purpose": "the purpose that was named",
    "provider": "who served",
    "organiser": "who organised it",
    "sponsor": "who sponsored it",
    "payer": "who paid",
    "payee": "who was paid",
    "beneficiary": "for whom it was redeemed",
    "merchant": "who delivers",
    "member": "whom an opening, a closing or a period is about",
    "heir": "who inherits",
}
"""Labels that say one thing; a leg has none that would name its own account."""


def _label(name: str, text: str) -> Column:
    def read(leg: Leg) -> Value:
        said = leg.labels.get(name)
        return said[0] if said else None

    return Column(name=name, type=Type.WORD, text=text, read=read, optional=True)


POSTINGS: Final = Table(
    name="postings",
    text="a posting: one leg of an entry",
    columns=(
        _of_its_entry(POSITION),
        Column(
            name="line",
            type=Type.WHOLE,
            text="its place within the entry, from 0",
            read=lambda leg: leg.line,
        ),
        Column(
            name="account",
            type=Type.WORD,
            text="whose credits move",
            read=lambda leg: leg.posting.account,
        ),
        Column(
            name="account_kind",
            type=Type.WORD,
            text="what that account is: `member`, `pool`, `issuer` …",
            read=lambda leg: leg.kind,
        ),
        Column(
            name="unit",
            type=Type.WORD,
            text="the unit they are counted in",
            read=lambda leg: leg.posting.unit,
        ),
        Column(
            name="scale",
            type=Type.WHOLE,
            text="how many parts there are in one of the unit: 60 for hours kept in "
            "minutes",
            read=lambda leg: leg.scale,
        ),
        Column(
            name="bucket",
            type=Type.WORD,
            text="`free`, or `held` by an order",
            read=lambda leg: leg.posting.bucket,
        ),
        Column(
            name="amount",
            type=Type.WHOLE,
            text="how many parts came in; below zero, went out",
            read=lambda leg: leg.posting.amount,
        ),
        Column(
            name="day",
            type=Type.DAY,
            text="the day the posting counts for: of what undoes, cancels or settles "
            "another entry, that one's",
            read=lambda leg: leg.posting.day,
        ),
        Column(
            name="origin",
            type=Type.WHOLE,
            text="the position of the entry whose day that is",
            read=lambda leg: leg.posting.origin,
        ),
        Column(
            name="undoes",
            type=Type.TRUTH,
            text="whether it takes back a posting of the entry's target",
            read=lambda leg: leg.posting.undoes,
        ),
        Column(
            name="rule",
            type=Type.WORD,
            text="the policy's rule that asked for it",
            read=lambda leg: leg.posting.rule or None,
            optional=True,
        ),
        Column(
            name="lot",
            type=Type.TEXT,
            text="the id of the entry that made the lot it belongs to",
            read=lambda leg: leg.posting.lot,
            optional=True,
        ),
        Column(
            name="lot_expires_on",
            type=Type.DAY,
            text="the last day on which that lot can be used",
            read=lambda leg: leg.posting.lot_expires_on,
            optional=True,
        ),
        Column(
            name="free_after",
            type=Type.WHOLE,
            text="what the account has free after it, in this unit; nothing for "
            "accounts kept without balances",
            read=lambda leg: leg.posting.free_after,
            optional=True,
        ),
        Column(
            name="held_after",
            type=Type.WHOLE,
            text="what is held of it after it, likewise",
            read=lambda leg: leg.posting.held_after,
            optional=True,
        ),
        *map(_of_its_entry, OF_ENTRY),
        Column(
            name="operation",
            type=Type.WORD,
            text="the policy's word for what it counts as: `service`, `gift`, "
            "`redeem` …; of what undoes another, that one's (the label `on`)",
            read=_label("on", "").read,
            optional=True,
        ),
        *(_label(name, text) for name, text in LABELS.items()),
        Column(
            name="quantity",
            type=Type.WHOLE,
            text="how many pieces were redeemed, where it was more than one",
            read=lambda leg: next(map(int, leg.labels.get("quantity", ())), None),
            optional=True,
        ),
        Column(
            name="recipient",
            type=Type.WORDS,
            text="who was served: one or several",
            read=lambda leg: leg.labels.get("recipient"),
            optional=True,
        ),
        Column(
            name="other",
            type=Type.WORDS,
            text="the kinds of the accounts on the other side",
            read=lambda leg: leg.labels.get("other"),
            optional=True,
        ),
    ),
    rows=_legs,
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
        for line, finding in enumerate(kept.entry.findings):
            yield Verdict(kept, line, finding)


def _parts(finding: Finding, said: int | str | None) -> int | None:
    """Return an amount; other figures may be of a person, such as an age."""
    return said if finding.unit is not None and isinstance(said, int) else None


FINDINGS: Final = Table(
    name="findings",
    text="a finding: what a rule noted of an entry, or why it refused it",
    columns=(
        _of_its_entry(POSITION),
        Column(
            name="line",
            type=Type.WHOLE,
            text="its place within the entry, from 0",
            read=lambda verdict: verdict.line,
        ),
        Column(
            name="code",
            type=Type.WORD,
            text="the place in the policy, such as `accounts.member.points.cap`",
            read=lambda verdict: verdict.finding.code,
        ),
        Column(
            name="reason",
            type=Type.WORD,
            text="what kind of verdict it is",
            read=lambda verdict: verdict.finding.reason.value,
        ),
        Column(
            name="effect",
            type=Type.WORD,
            text="`refuses`, `notes`, `waits` or `voids`",
            read=lambda verdict: verdict.finding.effect.value,
        ),
        Column(
            name="account",
            type=Type.WORD,
            text="whose figure it is",
            read=lambda verdict: verdict.finding.account,
            optional=True,
        ),
        Column(
            name="unit",
            type=Type.WORD,
            text="the unit of the two amounts",
            read=lambda verdict: verdict.finding.unit,
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
            read=lambda account: account.id,
        ),
        Column(
            name="kind",
            type=Type.WORD,
            text="what it is: `member`, `pool`, `issuer` …",
            read=lambda account: account.kind.value,
        ),
        Column(
            name="mode",
            type=Type.WORD,
            text="`strict`, or `append`: kept without balances",
            read=lambda account: account.mode.value,
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
