"""
How an entry that was taken in becomes rows: its body, and the columns that index it.

Both stores and the audit use these, so what is stored is what is checked.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from ..model import Bucket
from ..operations import TAGS
from ..standing import Taken
from .codec import encode_entry, encode_labels
from .protocol import StoredEntry, StoredPosting

_BUCKETS: Final = {bucket: bucket.value for bucket in Bucket}
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""From when microseconds are counted."""
_PART: Final = timedelta(microseconds=1)
_NO_SERVICE: Final = None, (None, None)
_NOT_KEPT: Final = None, None


def stored_entry(taken: Taken, body: str | None = None) -> StoredEntry:
    """
    Return the rows of an entry.

    Args:
        taken: It, and what came of it.
        body: Its body, where it was encoded already.
    """
    entry, position, root, legs, after, service, _ = taken
    effective_on = entry.effective_on.isoformat()
    provider, (starts, ends) = service or _NO_SERVICE
    postings = []
    for line, (leg, kept) in enumerate(zip(legs, after, strict=True)):
        posting, _, at, day, labels = leg
        lot = posting.lot
        balance, seq = kept or _NOT_KEPT
        # in the order of the table, as below: by name it takes twice as long
        row = StoredPosting(
            line,
            posting.account,
            posting.unit,
            _BUCKETS[posting.bucket],
            posting.amount,
            lot.id if lot else None,
            lot.expires_on.isoformat() if lot and lot.expires_on else None,
            posting.rule,
            int(posting.undoes),
            # nearly all legs count for the entry itself
            effective_on if at == position else day.isoformat(),
            at,
            seq,
            balance.free if balance else None,
            balance.held if balance else None,
            None if labels is None else encode_labels(labels),
        )
        postings.append(row)
    return StoredEntry(
        position,
        entry.id,
        TAGS[type(entry.operation)],
        effective_on,
        (entry.recorded.at - EPOCH) // _PART,
        entry.recorded.on.isoformat(),
        entry.target,
        root,
        provider,
        starts,
        ends,
        encode_entry(entry) if body is None else body,
        tuple(postings),
    )
