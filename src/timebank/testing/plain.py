"""
The plainest reading of a journal, to hold stores and folds against.

A journal is a list of entries.  Everything here is a loop over it that can be checked by
eye; nothing is kept, nothing is quick, and nothing is shared with the code it judges.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Final

from attrs import frozen

from ..balances import Balance
from ..entries import Entry
from ..history import Event
from ..labels import Labels
from ..model import ISSUER, AccountId, Bucket, EntryId, Lot, Mode, Position, Posting
from ..operations import (
    TAGS,
    Allocate,
    Apply,
    CancelOrder,
    CloseAccount,
    Donate,
    EndPeriod,
    FulfilOrder,
    Give,
    Grant,
    OnClaim,
    OpenAccount,
    Operation,
    PlaceOrder,
    RecordMark,
    RecordService,
    SetTier,
    ShareOut,
)
from ..storage.protocol import Line


@frozen(kw_only=True)
class Counted:
    """
    A posting with where it stands and where it counts.

    Args:
        position: Where its entry stands.
        line: Its place within the entry.
        entry: Its entry.
        posting: The posting.
        counts_for: The entry in whose stead it counts: what a leg that undoes another
            takes back counts where that leg did, what a cancellation gives back counts
            for the order, and what lets a claim count counts as the claim.
        counted_at: Where that entry stands.
    """

    position: Position
    line: int
    entry: Entry
    posting: Posting
    counts_for: Entry
    counted_at: Position

    @property
    def day(self) -> date:
        """The day it counts for."""
        return self.counts_for.effective_on


def postings(journal: Sequence[Entry]) -> Iterator[Counted]:
    """Yield every posting of *journal*, in order."""
    places = {entry.id: place for place, entry in enumerate(journal, start=1)}
    by_id = {entry.id: entry for entry in journal}

    def stood_for(entry: Entry, rule: str) -> Entry:
        asked = entry.asked
        if isinstance(asked, OnClaim):
            return by_id[asked.claim]
        if not isinstance(asked, CancelOrder):
            return entry
        # what it gives back was the order's; what it costs is its own
        moved = {
            posting.rule
            for other in journal
            if asked.order in (other.id, getattr(other.asked, "claim", None))
            for posting in other.own_postings
        }
        return by_id[asked.order] if rule in moved else entry

    for place, entry in enumerate(journal, start=1):
        acts = by_id[entry.asked.claim] if isinstance(entry.asked, OnClaim) else entry
        for line, posting in enumerate(entry.postings):
            undone = by_id[acts.target] if posting.undoes and acts.target else entry
            counts_for = stood_for(undone, posting.rule)
            yield Counted(
                position=Position(place),
                line=line,
                entry=entry,
                posting=posting,
                counts_for=counts_for,
                counted_at=Position(places[counts_for.id]),
            )


def of_account(
    journal: Sequence[Entry], account: AccountId, unit: str
) -> Iterator[Counted]:
    """Yield the postings of *account* in *unit*."""
    for counted in postings(journal):
        if (counted.posting.account, counted.posting.unit) == (account, unit):
            yield counted


def balance(
    journal: Sequence[Entry],
    account: AccountId,
    unit: str,
    *,
    as_of: int | None = None,
    effective_on: date | None = None,
) -> Balance:
    """Return what *account* has in *unit*."""
    sums = dict.fromkeys(Bucket, 0)
    for counted in of_account(journal, account, unit):
        if as_of is not None and counted.position > as_of:
            continue
        if effective_on is not None and counted.day > effective_on:
            continue
        sums[counted.posting.bucket] += counted.posting.amount
    return Balance(sums[Bucket.FREE], sums[Bucket.HELD])


def balances(
    journal: Sequence[Entry],
) -> dict[tuple[AccountId, str], tuple[Balance, int]]:
    """Return every balance that is kept, each with the number of postings behind it."""
    kept = strict(journal)
    counts = Counter(
        (c.posting.account, c.posting.unit)
        for c in postings(journal)
        if c.posting.account in kept
    )
    return {key: (balance(journal, *key), count) for key, count in counts.items()}


def strict(journal: Sequence[Entry]) -> frozenset[AccountId]:
    """Return the accounts that are kept with a balance."""
    openings = [e.operation for e in journal if isinstance(e.operation, OpenAccount)]
    return frozenset(o.account for o in openings if o.mode is Mode.STRICT)


def statement(journal: Sequence[Entry], account: AccountId, unit: str) -> list[Line]:
    """Return the lines of *account* in *unit*, oldest first."""
    kept = account in strict(journal)
    lines, free, held = [], 0, 0
    for counted in of_account(journal, account, unit):
        if counted.posting.bucket is Bucket.FREE:
            free += counted.posting.amount
        else:
            held += counted.posting.amount
        lines.append(
            Line(
                position=counted.position,
                line=counted.line,
                entry=counted.entry.id,
                kind=TAGS[type(counted.entry.operation)],
                effective_on=counted.day,
                recorded_on=counted.entry.recorded.on,
                amount=counted.posting.amount,
                bucket=counted.posting.bucket,
                rule=counted.posting.rule,
                balance=Balance(free, held) if kept else None,
            )
        )
    return lines


def events(journal: Sequence[Entry], account: AccountId, unit: str) -> dict[Event, int]:
    """Return what moved the free credits of *account*, where the sum is not nothing."""
    sums: Counter[Event] = Counter()
    for counted in of_account(journal, account, unit):
        if counted.posting.bucket is Bucket.FREE:
            event = Event(
                counted.day,
                counted.counted_at,
                counted.posting.rule,
                labels(journal, counted),
            )
            sums[event] += counted.posting.amount
    return {event: amount for event, amount in sums.items() if amount}


SAID: Final[Mapping[type[Operation], str]] = {
    RecordService: "service provider recipient organiser sponsor class event body evidence",
    RecordMark: "contribution provider recipient organiser sponsor class event body evidence",
    PlaceOrder: "redeem payer beneficiary merchant item body",
    Give: "gift payer payee purpose body",
    Donate: "donate payer purpose body",
    Grant: "grant payee purpose body",
    Allocate: "allocate payee purpose body",
    ShareOut: "allocate purpose body",
    OpenAccount: "open member sponsor",
    CloseAccount: "close member heir",
    SetTier: "tier member",
    Apply: "apply member",
    EndPeriod: "period member",
}
"""By operation: its word, and then the labels that it may have."""

CALLED: Final[Mapping[tuple[type[Operation], str], str]] = {
    (RecordService, "class"): "service_class",
    (RecordMark, "class"): "mark",
    (RecordMark, "provider"): "member",
    (OpenAccount, "member"): "account",
    (CloseAccount, "member"): "account",
    (SetTier, "member"): "account",
    (Apply, "member"): "account",
    (EndPeriod, "member"): "account",
}
"""Where the field of an operation is called otherwise than its label."""

NO_ROLES: Final = ("class", "item", "event", "body", "evidence", "purpose")


def labels(journal: Sequence[Entry], counted: Counted) -> Labels:
    """Return what the movement that *counted* belongs to was about."""
    asked = counted.counts_for.asked
    found, cancels = set(_others(journal, counted)), isinstance(asked, CancelOrder)
    if isinstance(asked, FulfilOrder | CancelOrder):
        asked = next(e.asked for e in journal if e.id == asked.order)
    word, *names = SAID.get(type(asked), "").split(" ")
    if word:
        found.add(("on", "cancel" if cancels else word))
    for name in names:
        value = getattr(asked, CALLED.get((type(asked), name), name))
        own = name not in NO_ROLES and value == counted.posting.account
        if value is not None and not own:
            found.add((name, value))
    for part in getattr(asked, "recipients", ()):
        if part.account != counted.posting.account:
            found.add(("recipient", part.account))
    if isinstance(asked, PlaceOrder) and asked.quantity > 1:
        found.add(("quantity", str(asked.quantity)))
    return tuple(sorted(found))


def _others(journal: Sequence[Entry], counted: Counted) -> Labels:
    """Return the kinds of accounts on the other side of the rule's movement."""
    one = counted.posting
    kinds = {
        e.operation.account: e.operation.kind.value
        for e in journal
        if isinstance(e.operation, OpenAccount)
    }
    across = {
        "issuer" if other.account == ISSUER else kinds.get(other.account)
        for other in counted.entry.postings
        if other.account != one.account
        and (other.unit, other.rule, other.undoes) == (one.unit, one.rule, one.undoes)
        and (other.amount > 0) is not (one.amount > 0)
    }
    return tuple(sorted(("other", kind) for kind in across if kind))


def lots(
    journal: Sequence[Entry], account: AccountId, unit: str
) -> list[tuple[Lot, Balance]]:
    """Return the lots of *account*: earliest expiry first, then as they first came."""
    sums: dict[Lot, Counter[Bucket]] = {}
    for counted in of_account(journal, account, unit):
        if counted.posting.lot is not None:
            buckets = sums.setdefault(counted.posting.lot, Counter())
            buckets[counted.posting.bucket] += counted.posting.amount
    left = [
        (lot, Balance(buckets[Bucket.FREE], buckets[Bucket.HELD]))
        for lot, buckets in sums.items()
        if any(buckets.values())
    ]
    return sorted(left, key=lambda pair: pair[0].expires_on or date.max)


def users(journal: Sequence[Entry], lot: EntryId) -> list[EntryId]:
    """Return the entries that took from *lot* and still stand, in order of id."""
    sums: Counter[tuple[EntryId, AccountId]] = Counter()
    for counted in postings(journal):
        posting = counted.posting
        if posting.lot and posting.lot.id == lot and posting.bucket is Bucket.FREE:
            sums[counted.counts_for.id, posting.account] += posting.amount
    return sorted({entry for (entry, _), amount in sums.items() if amount < 0})


def thread(journal: Sequence[Entry], id: EntryId) -> list[tuple[int, Entry]]:
    """Return entry *id* with those it acts on and those that act on them, in order."""
    roots: Mapping[EntryId, EntryId] = {}
    for entry in journal:
        root = roots[entry.target] if entry.target else entry.id
        roots = {**roots, entry.id: root}
    return [
        (place, entry)
        for place, entry in enumerate(journal, start=1)
        if id in roots and roots[entry.id] == roots[id]
    ]
