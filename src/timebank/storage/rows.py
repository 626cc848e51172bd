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
from ..standing import NO_BALANCE, Balance, Leg, shift_of
from .codec import encode_entry, encode_labels
from .protocol import StoredEntry, StoredPosting

_BUCKETS: Final = {bucket: bucket.value for bucket in Bucket}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


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
        self.balances[key] = before.plus(posting), seq + 1
        return self.balances[key]


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
    return StoredEntry(
        position=position,
        id=entry.id,
        kind=TAGS[type(entry.operation)],
        effective_on=entry.effective_on.isoformat(),
        recorded_at=(entry.recorded.at - _EPOCH) // timedelta(microseconds=1),
        recorded_on=entry.recorded.on.isoformat(),
        target=entry.target,
        root=root,
        provider=service.provider if service and shift else None,
        starts=shift[0] if shift else None,
        ends=shift[1] if shift else None,
        body=encode_entry(entry) if body is None else body,
        postings=tuple(_stored_posting(leg, position_of, running) for leg in legs),
    )


def _stored_posting(
    leg: Leg, position_of: Callable[[EntryId], int], running: Running
) -> StoredPosting:
    posting = leg.posting
    after, seq = running.take(posting) or (None, None)
    lot = posting.lot
    return StoredPosting(
        account=posting.account,
        unit=posting.unit,
        bucket=_BUCKETS[posting.bucket],
        amount=posting.amount,
        lot=lot.id if lot else None,
        lot_expires_on=lot.expires_on.isoformat() if lot and lot.expires_on else None,
        rule=posting.rule,
        undoes=int(posting.undoes),
        day=leg.day.isoformat(),
        origin=position_of(leg.origin),
        labels=encode_labels(leg.labels) if is_counted(posting) else None,
        seq=seq,
        free_after=after.free if after else None,
        held_after=after.held if after else None,
    )
