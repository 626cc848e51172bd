"""
A ledger from one store to another: the same bodies, and what is kept apart from them.

Entries are read in one view of the source and appended batch by batch, as they are;
nothing is decided again.  What an interrupted copy left is held against the source and
taken as it stands, so that the same call goes on where the last one stopped, and copies
what has come since where nothing stopped it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice, zip_longest
from typing import Final, TypeVar

from attrs import frozen

from .entries import Entry
from .errors import (
    LedgerExists,
    LedgersDiffer,
    NoLedger,
    NotCanonical,
    StoreDamaged,
    UnbalancedEntry,
    VerificationFailed,
)
from .model import EntryId, Position
from .proof.verify import Report, verify
from .retries import again
from .storage.appending import append_to, needs_to_append
from .storage.codec import decode_entry, encode_entry
from .storage.protocol import Caches, Private, Reading, Settings, Store
from .texts import Text

BATCH: Final = 1000
"""How many entries are read and appended at a time."""

Progress = Callable[[int, int], None]
"""Told how many entries are there now, and of how many."""

_BUSY: Final = Text("somebody else is writing to it", "另有他人正在写入")
_Row = tuple[Position, str]
_T = TypeVar("_T")


@frozen(kw_only=True)
class Copied:
    """
    What a copy came to.

    Args:
        ledger: Its name.
        entries: How many entries were copied this time.
        postings: How many postings they have.
        details: How many of them brought private details.
        erased: How many private details were erased in the copy, because they were
            erased in the source since they were copied.
        differences: How the copy differs from the source, each with its position.
        report: The audit of the copy.
    """

    ledger: str
    entries: int
    postings: int
    details: int
    erased: int
    differences: tuple[str, ...]
    report: Report

    @property
    def faults(self) -> tuple[str, ...]:
        """How the copy differs, and what its audit found."""
        return self.differences + self.report.faults

    def raise_if_faulty(self) -> None:
        """
        Do nothing if the copy is the source's equal, and sound.

        Raises:
            VerificationFailed: With every fault.
        """
        if self.faults:
            raise VerificationFailed(self.faults)


def copy_ledger(
    source: Store,
    target: Store,
    ledger: str,
    *,
    batch: int = BATCH,
    progress: Progress = lambda _done, _of: None,
) -> Copied:
    """
    Copy *ledger* from *source* to *target*, or go on copying it, and compare the two.

    It copies up to the head that it sees when it begins, whoever writes to the source
    meanwhile; called again it copies what came since.  One batch is one turn, and only
    one batch is held at a time; the audit at the end takes as much memory as any.

    Args:
        source: Where it is; it is only read.
        target: Where it is to be: without a ledger of that name, with an empty one, or
            with the beginning of this one.
        ledger: Its name.
        batch: How many entries to read and append at a time.
        progress: Told after each batch how far it is.

    Raises:
        NoLedger: If the source has none of that name.
        LedgersDiffer: If the target has another of that name; it was left as it is.
        StoreDamaged: If the source holds what nobody can write again.
        StorageError: If either store cannot be used; what was copied stays, and the same
            call goes on.
    """
    settings = source.settings(ledger)
    _made_alike(target, settings)
    with source.reading(ledger) as origin:
        there = _agreeing(origin, target, ledger)
        entries = postings = details = 0
        bodies = origin.bodies(after=there, until=origin.head)
        for rows in _in_batches(bodies, batch):
            pieces = _readable(rows, after=Position(there + entries))
            privates = _privates(origin, pieces)
            _append(target, ledger, rows, pieces, privates)
            entries += len(pieces)
            postings += sum(len(entry.postings) for entry in pieces)
            details += len(privates)
            progress(there + entries, origin.head)
        erased = _erase_again(source, target, ledger)
        with target.reading(ledger) as copy:
            differences = tuple(_differences(origin, copy, after=there))
    # the audit takes long, and the source need not be kept waiting for it
    with target.reading(ledger) as copy:
        report = verify(copy)
    return Copied(
        ledger=ledger,
        entries=entries,
        postings=postings,
        details=details,
        erased=erased,
        differences=differences,
        report=report,
    )


def _in_batches(items: Iterable[_T], size: int = BATCH) -> Iterator[tuple[_T, ...]]:
    them = iter(items)
    while some := tuple(islice(them, size)):
        yield some


# ---------------------------------------------------------------- before


def _made_alike(target: Store, settings: Settings) -> None:
    """Make sure that the target has a ledger of these settings."""
    try:
        found = target.settings(settings.name)
    except NoLedger:
        try:
            again(target.create)(settings)
        except LedgerExists:  # somebody else copies it too
            pass
        else:
            return
        found = target.settings(settings.name)
    if found != settings:
        raise LedgersDiffer(
            settings.name,
            Text(
                "its time zone is {zone} and refusals are {kept}",
                "其时区为 {zone}，退回记录{kept}",
                zone=found.time_zone,
                kept=Text("kept", "保留")
                if found.keep_refusals
                else Text("not kept", "不保留"),
            ),
        )


def _agreeing(origin: Reading, target: Store, ledger: str) -> Position:
    """Return where the target's journal ends, which is a beginning of the source's."""
    with target.reading(ledger) as copy:
        head = copy.head
        if head > origin.head:
            raise LedgersDiffer(
                ledger,
                Text(
                    "it ends at position {head}, and this one at {ours}",
                    "其止于第 {head} 条，而本账本止于第 {ours} 条",
                    head=head,
                    ours=origin.head,
                ),
            )
        for position in _differing(origin.bodies(until=head), copy.bodies(until=head)):
            why = Text(
                "another entry stands at position {position}",
                "第 {position} 条是另一条记录",
                position=position,
            )
            raise LedgersDiffer(ledger, why)
        return head


def _differing(wanted: Iterable[_Row], found: Iterable[_Row]) -> Iterator[Position]:
    """Yield the positions at which two journals differ, as far as either goes."""
    for one, other in zip_longest(wanted, found):
        if one != other:
            yield (one or other)[0]


# ---------------------------------------------------------------- a batch


def _readable(rows: Iterable[_Row], *, after: Position) -> list[Entry]:
    """
    Return the entries of *rows*, which stand after a position.

    Raises:
        StoreDamaged: If one cannot be read, would not come out as it is, or is missing.
    """
    entries = []
    for expected, (position, body) in enumerate(rows, start=after + 1):
        if position != expected:
            raise StoreDamaged.missing(expected)
        try:
            entry = decode_entry(body)
            same = encode_entry(entry) == body
        except (NotCanonical, UnbalancedEntry) as error:
            raise StoreDamaged(
                Text(
                    "position {position} cannot be read ({error}); see `timebank verify`",
                    "第 {position} 条无法读取（{error}）；请运行 `timebank verify`",
                    position=position,
                    error=error.text,
                )
            ) from error
        if not same:
            raise StoreDamaged(
                Text(
                    "the body at position {position} is not canonical and cannot be "
                    "written again as it is",
                    "第 {position} 条的正文不规范，无法照原样重写",
                    position=position,
                )
            )
        entries.append(entry)
    return entries


def _privates(origin: Reading, entries: Iterable[Entry]) -> dict[EntryId, Private]:
    committed = [entry.id for entry in entries if entry.commitment is not None]
    return dict(origin.privates(committed)) if committed else {}


@again
def _append(
    target: Store,
    ledger: str,
    rows: tuple[_Row, ...],
    entries: list[Entry],
    privates: Mapping[EntryId, Private],
) -> None:
    """Append one batch, unless an earlier try or somebody else has done so just now."""
    before, last = Position(rows[0][0] - 1), rows[-1][0]
    with target.turn(ledger) as turn:
        targets = {entry.target for entry in entries if entry.target is not None}
        standing = turn.load(needs_to_append(entries, turn.threads(targets)))
        if standing.head >= last:
            if tuple(turn.bodies(after=before, until=last)) != rows:
                raise LedgersDiffer(ledger, _BUSY)
        elif standing.head != before or (
            append_to(turn, standing, entries, privates) != before + 1
        ):
            raise LedgersDiffer(ledger, _BUSY)


# ---------------------------------------------------------------- after


def _erase_again(source: Store, target: Store, ledger: str) -> int:
    """
    Erase in the target what was erased in the source since it was copied.

    The source is looked at anew: what was erased while its entries were being copied, or
    before an interrupted copy went on, must not live on in the copy.
    """
    with source.reading(ledger) as now, target.reading(ledger) as copy:
        gone = [
            id
            for some in _in_batches((id for id, _ in copy.privates()))
            for id in _without_details(now, some)
        ]

    @again
    def erase(some: tuple[EntryId, ...]) -> None:
        with target.turn(ledger) as turn:
            for id in some:
                turn.erase(id)

    for some in _in_batches(gone):
        erase(some)
    return len(gone)


def _without_details(reading: Reading, ids: tuple[EntryId, ...]) -> list[EntryId]:
    left = dict(reading.privates(ids))
    return [id for id in ids if id not in left]


def _differences(origin: Reading, copy: Reading, *, after: Position) -> Iterator[str]:
    """Yield how *copy* differs from *origin*; up to *after* they were compared before."""
    head = origin.head
    bodies = origin.bodies(after=after, until=head), copy.bodies(after=after)
    for position in _differing(*bodies):
        yield f"position {position}: the body is not the one that was copied"
    yield from _differing_caches(head, origin.caches(), copy.caches())
    for some in _in_batches(copy.privates()):
        wanted = dict(origin.privates([id for id, _ in some]))
        for id, private in some:
            if wanted.get(id) != private:
                yield f"position {head}: the private details of {id!r} are others"


def _differing_caches(head: Position, wanted: Caches, found: Caches) -> Iterator[str]:
    if wanted.voided != found.voided:
        yield f"position {head}: the ids taken by voids are others"
    for id in sorted({*wanted.accounts, *found.accounts}):
        if wanted.accounts.get(id) != found.accounts.get(id):
            yield f"position {head}: the account {id!r} is kept otherwise"
    for key in sorted({*wanted.balances, *found.balances}):
        was, is_ = wanted.balances.get(key), found.balances.get(key)
        if was != is_:
            yield f"position {head}: the balance {key} is {is_}, was {was}"
