"""
The reference store: a list of entries and their fold, in memory.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from threading import RLock

from attrs import define, field

from ..accounts import Account
from ..adoptions import Adoption
from ..balances import NO_BALANCE, Balance
from ..entries import Entry
from ..errors import LedgerExists, NoLedger, Overtaken, StoreBusy, StoreDamaged
from ..model import START, AccountId, EntryId, Position
from ..operations import TAGS, VoidId
from ..scope import Needs
from ..standing import Standing, Taken
from .codec import encode_entry
from .protocol import Caches, Line, Private, Settings, StoredEntry
from .rows import stored_entry


@define
class _Books:
    """One ledger: the journal with its bodies, and its fold."""

    settings: Settings
    journal: list[tuple[Entry, str]] = field(factory=list)
    private: Mapping[EntryId, Private] = field(factory=dict)
    lock: RLock = field(factory=RLock)
    in_turn: bool = False
    _fold: Standing = field(factory=Standing)

    @property
    def fold(self) -> Standing:
        """The fold of the journal."""
        if self._fold.head != len(self.journal):
            # begun anew by who comes next, where this is broken off on the way
            fold, self._fold = self._fold, Standing()
            _take_in(fold, self.journal)
            self._fold = fold
        return self._fold


def _take_in(fold: Standing, journal: Sequence[tuple[Entry, str]]) -> None:
    """Have *fold* take in what *journal* has beyond it."""
    beyond = journal[fold.head :]
    for position, (entry, _) in enumerate(beyond, start=fold.head + 1):
        fold.apply(entry, Position(position))


@define
class MemoryStore:
    """Journals that live as long as the process."""

    # not shown: all that everybody ever did, and their private details
    _books: dict[str, _Books] = field(factory=dict, init=False, repr=False)

    @property
    def shares_turns(self) -> bool:
        """Whether requests that meet share a turn: no, because readings hold turns up."""
        return False

    def create(self, settings: Settings) -> None:
        """Make an empty ledger."""
        books = _Books(settings)
        if self._books.setdefault(settings.name, books) is not books:
            raise LedgerExists(settings.name)

    def settings(self, ledger: str) -> Settings:
        """Return what the ledger is set to."""
        return self._of(ledger).settings

    def ledgers(self) -> tuple[str, ...]:
        """Return the names of all ledgers, sorted."""
        return tuple(sorted(self._books))

    def _of(self, ledger: str) -> _Books:
        if ledger not in self._books:
            raise NoLedger(ledger, self.ledgers())
        return self._books[ledger]

    @contextmanager
    def turn(self, ledger: str) -> Iterator[MemoryTurn]:
        """Begin a unit of work; others wait until it ends."""
        books = self._of(ledger)
        with books.lock:
            if books.in_turn:  # of this very thread, which would wait for itself
                raise StoreBusy(0)
            try:
                books.in_turn = True
                turn = MemoryTurn(books)
                yield turn
                turn.commit()
            finally:
                books.in_turn = False

    @contextmanager
    def reading(self, ledger: str) -> Iterator[MemoryTurn]:
        """Begin a consistent view; writers wait until it ends."""
        books = self._of(ledger)
        with books.lock:
            yield MemoryTurn(books)

    def glance(self, ledger: str) -> AbstractContextManager[MemoryTurn]:
        """Begin a consistent view, which costs nothing."""
        return self.reading(ledger)

    def close(self) -> None:
        """Nothing to let go of."""


@define
class MemoryTurn:
    """A unit of work on one ledger: others see what it appends when it commits."""

    _books: _Books
    _appended: list[tuple[Entry, str]] = field(factory=list)
    _privates: dict[EntryId, Private] = field(factory=dict)
    _erased: set[EntryId] = field(factory=set)
    _before: Standing = field(factory=Standing)

    @property
    def _journal(self) -> Sequence[tuple[Entry, str]]:
        """What was committed, and what was appended since."""
        committed = self._books.journal
        return [*committed, *self._appended] if self._appended else committed

    @property
    def _fold(self) -> Standing:
        """The fold of that: a new one, because nothing appended may be left in the other."""
        if not self._appended:
            return self._books.fold
        fold = Standing()
        _take_in(fold, self._journal)
        return fold

    @property
    def _private(self) -> Mapping[EntryId, Private]:
        """The private details that are left."""
        if not (self._privates or self._erased):
            return self._books.private
        ever = {**self._books.private, **self._privates}
        return {id: kept for id, kept in ever.items() if id not in self._erased}

    @property
    def head(self) -> Position:
        """The position of the last entry."""
        return Position(len(self._books.journal) + len(self._appended))

    def adoptions(self) -> Sequence[Adoption]:
        """Return the policies adopted so far."""
        return tuple(self._fold.adoptions)

    def threads(self, ids: Iterable[EntryId]) -> Standing:
        """Return a standing that holds only the threads of *ids*."""
        return self.load(Needs(threads=set(ids)))

    def load(self, needs: Needs) -> Standing:
        """Return all that *needs* names."""
        return self._fold.scoped(needs)

    def past(self, needs: Needs, until: Position) -> Standing:
        """Return what *needs* names of the entries up to *until*."""
        if until < self._before.head:
            self._before = Standing()
        for position, entry in self.entries(
            after=Position(self._before.head), until=until
        ):
            self._before.apply(entry, position)
        past = self._before.scoped(needs.beside_accounts)
        past.adoptions.clear()
        return past

    def append(
        self,
        several: Sequence[Taken],
        privates: Mapping[EntryId, Private],
        *,
        last: bool = False,
    ) -> Position:
        """Add entries when the turn commits, which is at once if it does nothing after."""
        first = Position(self.head + 1)
        if several and several[0].position != first:
            raise Overtaken
        before, ids = self._books.fold.known, {e.id for e, _ in self._appended}
        appended = []
        for entry in (taken.entry for taken in several):
            if entry.id in before or entry.id in ids:
                raise StoreDamaged(f"the id {entry.id!r} is taken")
            ids.add(entry.id)
            # what has no body is refused here too
            appended.append((entry, encode_entry(entry)))
        self._appended += appended
        self._privates |= privates
        if last:
            self.commit()
        return first

    def erase(self, id: EntryId) -> bool:
        """Delete private details when the turn commits."""
        there = id in self._private
        self._erased.add(id)
        return there

    def commit(self) -> None:
        """Let others see what was appended: all of it, or nothing."""
        books, private = self._books, self._private
        end, before = len(books.journal), books.private
        try:
            # what came of it is found again: kept, it would be as much as the entry
            books.journal.extend(self._appended)
            books.private = private
            self._appended, self._privates, self._erased = [], {}, set()
        except BaseException:
            del books.journal[end:]
            books.private = before
            raise

    def entries(
        self, *, after: Position = START, until: Position | None = None
    ) -> Iterator[tuple[Position, Entry]]:
        """Yield entries after a position."""
        for position, entry, _ in self._placed(after, until):
            yield position, entry

    def bodies(
        self, *, after: Position = START, until: Position | None = None
    ) -> Iterator[tuple[Position, str]]:
        """Yield the bodies after a position."""
        for position, _, body in self._placed(after, until):
            yield position, body

    def _placed(
        self, after: Position, until: Position | None
    ) -> Iterator[tuple[Position, Entry, str]]:
        several = enumerate(self._journal[after:until], start=after + 1)
        yield from ((Position(place), *kept) for place, kept in several)

    def accounts(self, ids: Collection[AccountId] | None = None) -> Iterator[Account]:
        """Yield every account, or those of *ids*."""
        known = self._fold.accounts
        wanted = known if ids is None else known.keys() & set(ids)
        yield from (known[id] for id in sorted(wanted))

    def balance(
        self,
        account: AccountId,
        unit: str,
        *,
        as_of: Position | None = None,
        effective_on: date | None = None,
    ) -> Balance:
        """Return a balance."""
        fold = self._fold
        if as_of is None and effective_on is None and fold.is_strict(account):
            return fold.balance(account, unit)
        total = NO_BALANCE
        for _, entry in self.entries(until=as_of):
            for leg in fold.legs(entry):
                of_account = (leg.posting.account, leg.posting.unit) == (account, unit)
                if of_account and (effective_on is None or leg.day <= effective_on):
                    total = total.plus(leg.posting)
        return total

    def statement(
        self,
        account: AccountId,
        unit: str,
        *,
        after: tuple[Position, int],
        limit: int | None,
    ) -> list[Line]:
        """Return postings of *account* in *unit*."""
        lines: list[Line] = []
        fold, balance = self._fold, NO_BALANCE
        strict = fold.is_strict(account)
        for position, entry in self.entries():
            for number, leg in enumerate(fold.legs(entry)):
                if (leg.posting.account, leg.posting.unit) != (account, unit):
                    continue
                balance = balance.plus(leg.posting)
                if (position, number) > after:
                    lines.append(
                        Line(
                            position=position,
                            line=number,
                            entry=entry.id,
                            kind=TAGS[type(entry.operation)],
                            effective_on=leg.day,
                            recorded_on=entry.recorded.on,
                            amount=leg.posting.amount,
                            bucket=leg.posting.bucket,
                            rule=leg.posting.rule,
                            balance=balance if strict else None,
                        )
                    )
        return lines[:limit]

    def private(self, id: EntryId) -> Private | None:
        """Return the private details of entry *id*."""
        return self._private.get(id)

    def privates(
        self, ids: Collection[EntryId] | None = None
    ) -> Iterator[tuple[EntryId, Private]]:
        """Yield all private details that are left, or those of *ids*."""
        kept = self._private
        yield from (
            (id, kept[id]) for id in (kept if ids is None else ids) if id in kept
        )

    def stored(
        self, *, after: Position = START, until: Position | None = None
    ) -> Iterator[StoredEntry]:
        """Yield entries after a position with the columns another store would keep."""
        # from the first on, because the balances run
        fold = Standing()
        for position, entry, body in self._placed(START, until):
            taken = fold.apply(entry, position)
            if position > after:
                yield stored_entry(taken, body)

    def caches(self) -> Caches:
        """Return the fold, which is all the caches there are."""
        fold = self._fold
        return Caches(
            accounts=dict(fold.accounts),
            balances=fold.running(),
            head=self.head,
            voided={
                entry.operation.voided: position
                for position, entry in self.entries()
                if isinstance(entry.operation, VoidId)
            },
            policy_position=max((a.position for a in fold.adoptions), default=START),
            guards=(),
            postings=sum(len(entry.postings) for _, entry in self.entries()),
        )

    def strays(self) -> Sequence[Position]:
        """Return none: postings are kept in their entries."""
        return ()
