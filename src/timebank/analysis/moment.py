"""
The journal up to one position, page by page.

What has been read once reads the same for ever, and positions have no gaps.  So whatever
is read up to one position is of one moment, however often and however late it is read, and
nothing has to be kept open meanwhile: each page is a reading of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final, Self

from attrs import frozen

from ..accounts import Account
from ..errors import JournalForked, StoreDamaged
from ..model import ISSUER, START, AccountId, AccountKind, EntryId, Position, Unit
from ..policy.counted import units_of
from ..storage.codec import Heading, decode_heading
from ..storage.protocol import Settings, Store, StoredEntry

if TYPE_CHECKING:
    from ..bank_figures import Figures

PAGE: Final = 2_000
"""How many entries are read at a time."""


@frozen
class Kept:
    """An entry as it is kept, and the heading of its body."""

    stored: StoredEntry
    heading: Heading


@frozen
class Page:
    """Some entries that follow each other, and the moment that they are read in."""

    moment: Moment
    entries: tuple[Kept, ...] = ()


@frozen(kw_only=True)
class Moment:
    """
    A ledger as it was after one entry.

    Args:
        store: Where it is kept.
        settings: What it is set to.
        head: The position of that entry.
        last: Its id; *None* where there is none yet.
        accounts: Every account that there was.
        units: Every unit.
    """

    store: Store
    settings: Settings
    head: Position
    last: EntryId | None
    accounts: tuple[Account, ...]
    units: Mapping[str, Unit]
    kinds: Mapping[AccountId, AccountKind]

    @classmethod
    def of(cls, bank: Figures) -> Self:
        """Return the present moment of the books of *bank*."""
        with bank.store.reading(bank.ledger) as reading:
            head, accounts = reading.head, tuple(reading.accounts())
            ends = reading.entries(after=Position(max(START, head - 1)), until=head)
            return cls(
                store=bank.store,
                settings=bank.settings,
                head=head,
                last=next((entry.id for _, entry in ends), None),
                accounts=accounts,
                units=units_of(reading.adoptions()),
                kinds={
                    ISSUER: AccountKind.ISSUER,
                    **{account.id: account.kind for account in accounts},
                },
            )

    def pages(self) -> Iterator[Page]:
        """
        Yield the journal, a page at a time.

        Raises:
            JournalForked: If the books were replaced by others meanwhile, or by an older
                copy of theirs.
            StoreDamaged: If an entry is missing.
            NotCanonical: If one cannot be read.
        """
        for before in range(START, self.head, PAGE):
            after, until = Position(before), Position(min(before + PAGE, self.head))
            with self.store.reading(self.settings.name) as reading:
                head = reading.head
                stored = tuple(reading.stored(after=after, until=until))
            if head < self.head:
                raise JournalForked(self.head, self.last, None, head)
            for expected, found in enumerate(stored, start=after + 1):
                if found.position != expected:
                    raise StoreDamaged.missing(expected)
            if len(stored) != until - after:
                raise StoreDamaged.missing(after + len(stored) + 1)
            if until == self.head and stored[-1].id != self.last:
                raise JournalForked(self.head, self.last, stored[-1].id, head)
            yield Page(self, tuple(Kept(s, decode_heading(s.body)) for s in stored))
