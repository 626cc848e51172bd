"""
What it takes to take in an entry, to write it and to read it: calls, which do not vary.

Each is some 50 ns of an import, and these come to each entry beside what deciding takes.
"""

import cProfile
import pstats
from datetime import UTC, date, datetime

import pytest

from timebank import operations as ops
from timebank.entries import Entry, Recorded
from timebank.model import EntryId, Mode, Position, Posting
from timebank.standing import Standing
from timebank.storage.codec import decode_entry, encode_entry
from timebank.storage.rows import stored_entry

DAY = date(2024, 3, 1)
WHO = ("ada", "ben", "issuer")


def entry(id, operation, *legs):
    return Entry(
        id=EntryId(id),
        operation=operation,
        effective_on=DAY,
        recorded=Recorded(at=datetime(2024, 3, 1, 8, tzinfo=UTC), on=DAY),
        actor="desk-1",
        policy="0" * 64,
        postings=tuple(
            Posting(account=who, unit="hours", amount=amount, rule="move")
            for who, amount in legs
        ),
    )


def opened(who):
    kind, mode = ("issuer", Mode.APPEND) if who == "issuer" else ("member", Mode.STRICT)
    return entry(f"open/{who}", ops.OpenAccount(account=who, kind=kind, mode=mode))


GIFT = ops.Give(payer="ada", payee="ben", unit="hours", amount=5)
SERVICE = ops.RecordService(provider="ada", service_class="care", minutes=60)


def calls(work, first, again):
    """Return how many calls of functions *work* takes for *again*, once done for *first*."""
    work(first)
    profile = cProfile.Profile()
    profile.enable()
    work(again)
    profile.disable()
    return pstats.Stats(profile).total_calls


@pytest.mark.parametrize(
    ("operation", "legs", "most"),
    [
        (GIFT, (("ada", -5), ("ben", 5)), (90, 80, 35, 80)),
        (SERVICE, (("issuer", -60), ("ada", 60)), (90, 80, 35, 85)),
    ],
    ids=["gift", "service"],
)
def test_an_entry_is_taken_in_written_and_read_in_few_calls(operation, legs, most):
    books = Standing()
    for position, each in enumerate(map(opened, WHO), start=1):
        books.apply(each, Position(position))
    several = [entry(f"e{n}", operation, *legs) for n in range(2)]

    rows = []

    def take(one):
        rows.append(books.apply(one, Position(books.head + 1)))

    taken = calls(take, *several)
    written = calls(lambda one: stored_entry(one, ""), *rows)
    encoded = calls(encode_entry, *several)
    read = calls(decode_entry, *map(encode_entry, several))

    found = taken, written, encoded, read
    assert all(n < limit for n, limit in zip(found, most, strict=True)), found
