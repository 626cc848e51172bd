"""
How an entry becomes rows: the columns that index its body, and the running balances.

Both stores and the audit use these, so what is stored is what is checked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from attrs import define, field

from ..entries import Entry
from ..labels import is_counted
from ..model import AccountId, Bucket, EntryId, Position, Posting
from ..operations import TAGS, RecordService
from ..shifts import shift_of
from ..standing import NO_BALANCE, Balance, Leg
from .codec import encode_entry, encode_labels
from .protocol import StoredEntry, StoredPosting

_BUCKETS: Final = {bucket: bucket.value for bucket in Bucket}
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""From when microseconds are counted."""
_PART: Final = timedelta(microseconds=1)


@define
class Running:
    """
    Balances as they run: each with the number of postings behind it.

    Args:
        strict: Whether an account keeps one; others have none.
        balances: What is known so far.
    """

    strict: Callable[[AccountId], bool]
    balances: dict[tuple[AccountId, str], tuple[Balance, int]] = field(factory=dict)

    def take(self, posting: Posting) -> tuple[Balance, int] | None:
        """Take in *posting*; return the balance after it, or *None* where none is kept."""
        key = posting.account, posting.unit
        if key not in self.balances and not self.strict(posting.account):
            return None
        before, seq = self.balances.get(key, (NO_BALANCE, 0))
        after = self.balances[key] = before.plus(posting), seq + 1
        return after


def stored_entry(  # noqa: PLR0913 - what a row is made of
    entry: Entry,
    position: Position,
    *,
    root: EntryId,
    counts: Entry | None,
    legs: Sequence[Leg],
    position_of: Callable[[EntryId], int],
    running: Running,
    body: str | None = None,
) -> StoredEntry:
    """
    Return the rows of *entry*, and move the running balances on.

    Args:
        entry: The entry.
        position: Where it stands.
        root: The first entry of its thread.
        counts: The entry as it counts; *None* where it counts in nothing.
        legs: Its postings with the entry and day each counts for.
        position_of: Where an entry of its thread stands.
        running: The balances before it.
        body: Its body, where it was encoded already.
    """
    asked = counts.asked if counts else None
    service = asked if isinstance(asked, RecordService) else None
    shift = shift_of(service, counts.effective_on) if counts and service else None
    effective_on = entry.effective_on.isoformat()
    postings = []
    for leg in legs:
        # nearly all legs count for the entry itself
        itself = leg.origin == entry.id
        postings.append(
            _stored_posting(
                leg,
                effective_on if itself else leg.day.isoformat(),
                position if itself else position_of(leg.origin),
                running.take(leg.posting),
            )
        )
    return StoredEntry(
        position=position,
        id=entry.id,
        kind=TAGS[type(entry.operation)],
        effective_on=effective_on,
        recorded_at=(entry.recorded.at - EPOCH) // _PART,
        recorded_on=entry.recorded.on.isoformat(),
        target=entry.target,
        root=root,
        provider=service.provider if service and shift else None,
        starts=shift[0] if shift else None,
        ends=shift[1] if shift else None,
        body=encode_entry(entry) if body is None else body,
        postings=tuple(postings),
    )


def _stored_posting(
    leg: Leg, day: str, origin: int, after: tuple[Balance, int] | None
) -> StoredPosting:
    posting = leg.posting
    lot = posting.lot
    balance, seq = after or (None, None)
    # in the order of the table: by name it takes twice as long
    return StoredPosting(
        posting.account,
        posting.unit,
        _BUCKETS[posting.bucket],
        posting.amount,
        lot.id if lot else None,
        lot.expires_on.isoformat() if lot and lot.expires_on else None,
        posting.rule,
        int(posting.undoes),
        day,
        origin,
        seq,
        balance.free if balance else None,
        balance.held if balance else None,
        encode_labels(leg.labels) if is_counted(posting) else None,
    )
