"""
The contract between the bank and whatever keeps its journal.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, runtime_checkable

from attrs import frozen

from ..accounts import Account
from ..adoptions import Adoption
from ..balances import Balance, Kept
from ..entries import Entry
from ..model import START, AccountId, Bucket, EntryId, Position
from ..scope import Needs
from ..standing import Standing, Taken

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.orm import Session

TIME_ZONE: Final = "Asia/Shanghai"
"""What turns moments into days where a ledger is set to nothing else."""


@frozen(kw_only=True)
class Settings:
    """
    What a ledger is set to, once and for ever.

    Args:
        name: The ledger.
        time_zone: IANA name; turns the moment of recording into its day.
        keep_refusals: Whether refused requests are kept as entries without postings.
    """

    name: str
    time_zone: str = TIME_ZONE
    keep_refusals: bool = False


class Line(NamedTuple):
    """
    One line of a statement: a posting, and the balance after it.

    A tuple, because a page has many: a value of attrs takes five times as long to make.

    Args:
        position: Where its entry stands.
        line: Its place within the entry, from 0.
        entry: The entry's id.
        kind: What the operation is called, such as ``service``.
        effective_on: The day the posting counts for.
        recorded_on: The day the bank learned of it.
        amount: Signed parts.
        bucket: Free or held.
        rule: The policy's rule.
        balance: Free and held after it; *None* for accounts kept without balances.
    """

    position: Position
    line: int
    entry: EntryId
    kind: str
    effective_on: date
    recorded_on: date
    amount: int
    bucket: Bucket
    rule: str
    balance: Balance | None


@frozen(kw_only=True)
class Private:
    """A person's details with the salt of their commitment."""

    salt: bytes
    values: Mapping[str, str]


class StoredPosting(NamedTuple):
    """A posting as the store keeps it, derived columns and all, in the order of its table."""

    line: int
    account: AccountId
    unit: str
    bucket: str
    amount: int
    lot: EntryId | None
    lot_expires_on: str | None
    rule: str
    undoes: int
    day: str
    origin: int
    seq: int | None
    free_after: int | None
    held_after: int | None
    labels: str | None


class StoredEntry(NamedTuple):
    """An entry as the store keeps it: its table's columns in order, and its postings."""

    position: Position
    id: EntryId
    kind: str
    effective_on: str
    recorded_at: int
    recorded_on: str
    target: EntryId | None
    root: EntryId
    provider: AccountId | None
    starts: int | None
    ends: int | None
    body: str
    postings: tuple[StoredPosting, ...]


@frozen(kw_only=True)
class Caches:
    """What a store keeps beside the facts, all of which derives from them."""

    accounts: Mapping[AccountId, Account]
    balances: Mapping[tuple[AccountId, str], Kept]
    head: Position
    voided: Mapping[EntryId, Position]
    """Ids taken before their entry arrived, each with where that stands."""
    policy_position: Position
    """Where the last policy was adopted."""
    guards: tuple[str, ...]
    """Guards against changing facts that ought to be there and are not."""
    postings: int
    """How many postings are kept, those at which no entry stands, too."""
    repeated: frozenset[EntryId] = frozenset()
    """Ids under which more than one entry is kept, where the store could keep such."""


class Glance(Protocol):
    """
    Figures that are asked for one at a time, each of the moment at which it is.
    """

    def balance(
        self,
        account: AccountId,
        unit: str,
        *,
        as_of: Position | None = None,
        effective_on: date | None = None,
    ) -> Balance:
        """
        Return a balance: now, after a position, or of postings that count by a day.

        It is nothing where there is no such account or unit.
        """
        ...

    def statement(
        self,
        account: AccountId,
        unit: str,
        *,
        after: tuple[Position, int],
        limit: int | None,
    ) -> list[Line]:
        """Return postings of *account* in *unit* after a (position, line), oldest first."""
        ...


class Reading(Glance, Protocol):
    """
    One consistent view of a ledger: all its answers are of the same moment.
    """

    @property
    def head(self) -> Position:
        """The position of the last entry, or `START`."""
        ...

    def adoptions(self) -> Sequence[Adoption]:
        """Return the policies adopted so far, in order."""
        ...

    def threads(self, ids: Iterable[EntryId]) -> Standing:
        """Return a standing that holds only the threads of *ids*."""
        ...

    def load(self, needs: Needs) -> Standing:
        """Return all that *needs* names; in a turn, locked until it ends."""
        ...

    def past(self, needs: Needs, until: Position) -> Standing:
        """
        Return what *needs* names of the entries up to *until*, as things stood there.

        Without accounts, balances and policies: those are few, and whoever goes through a
        journal keeps them.
        """
        ...

    def entries(
        self, *, after: Position = START, until: Position | None = None
    ) -> Iterator[tuple[Position, Entry]]:
        """Yield entries after a position, in order, as they stream from the store."""
        ...

    def bodies(
        self, *, after: Position = START, until: Position | None = None
    ) -> Iterator[tuple[Position, str]]:
        """Yield the same entries as they are kept, body by body."""
        ...

    def accounts(self, ids: Collection[AccountId] | None = None) -> Iterator[Account]:
        """Yield every account, or those of *ids* that there are, in order of id."""
        ...

    def private(self, id: EntryId) -> Private | None:
        """Return the private details of entry *id*, unless there are none or no more."""
        ...

    def stored(
        self, *, after: Position = START, until: Position | None = None
    ) -> Iterator[StoredEntry]:
        """Yield the same entries with all that is kept of them, derived columns too."""
        ...

    def privates(
        self, ids: Collection[EntryId] | None = None
    ) -> Iterator[tuple[EntryId, Private]]:
        """Yield all private details that are left, or those of *ids*."""
        ...

    def caches(self) -> Caches:
        """Return every cache, for an audit."""
        ...

    def strays(self) -> Sequence[Position]:
        """Return the positions at which postings are kept and no entry stands."""
        ...


class Turn(Reading, Protocol):
    """A unit of work: load, append, and commit on leaving, or leave no trace."""

    def append(
        self,
        several: Sequence[Taken],
        privates: Mapping[EntryId, Private],
        *,
        last: bool = False,
    ) -> Position:
        """
        Add entries, as the turn's standing has taken them in, and their private details.

        What was loaded last named every account that they move or change, except those
        kept without balances, their ids, and the threads of their targets.

        Args:
            several: In order.
            privates: By the ids of entries.
            last: Whether the turn does nothing after it, so that it may be committed at
                once.

        Returns:
            The position of the first; the others follow without gaps.  Of none, the one
            after the last that the turn has seen.

        Raises:
            StoreDamaged: If an id is in the journal already, or twice among them.  The
                bank looks ids up before it decides; this is the second line.
            Overtaken: If what was loaded has changed since; the turn is to be done again.
                So it is if the entries do not follow those that the turn appended before,
                which came to stand further on than was thought when these were taken in.
            NotCanonical: If an entry has no body.
        """
        ...

    def erase(self, id: EntryId) -> bool:
        """Delete the private details of entry *id*; return whether there were any."""
        ...


class Store(Protocol):
    """
    Journals, many ledgers in one place.

    The laws below are the whole contract.  `timebank.testing.StoreMachine` and the races
    beside it check them, and any object that passes is a store; no base class is needed.

    1. Positions of a ledger are 1, 2, 3, … with no gaps, in the order of appending, and a
       reader that asks for what is after the last position it saw misses none.
    2. A turn is all or nothing: after an error nothing of it is left.
    3. What has been read once is read the same for ever.
    4. An entry id occurs at most once in a ledger.
    5. What `Turn.load` returns equals the fold of the journal, for all that was named, and
       is still true when the turn appends, or the turn is overtaken and adds nothing.
       What `Reading.past` returns equals the fold of the entries up to that position.
    6. Two turns never take the same position: one of them waits, or is overtaken.
    7. What was committed survives the death of the process.
    """

    @property
    def shares_turns(self) -> bool:
        """
        Whether requests of several threads that meet are to share a turn.

        It is worth it where a turn costs more than what is decided in it.  Nothing that a
        thread may hold while it waits for others, such as a reading, may then keep
        anybody else from beginning a turn for ever.
        """
        ...

    def create(self, settings: Settings) -> None:
        """
        Make an empty ledger.

        Raises:
            LedgerExists: If there is one of that name.
            Overtaken: If somebody else makes one at the same moment; ask again.
        """
        ...

    def settings(self, ledger: str) -> Settings:
        """
        Return what the ledger is set to.

        Raises:
            NoLedger: If there is none of that name.
        """
        ...

    def ledgers(self) -> tuple[str, ...]:
        """Return the names of all ledgers, sorted."""
        ...

    def turn(self, ledger: str) -> AbstractContextManager[Turn]:
        """Begin a unit of work; it commits on leaving, and undoes itself after an error."""
        ...

    def reading(self, ledger: str) -> AbstractContextManager[Reading]:
        """Begin a consistent view."""
        ...

    def glance(self, ledger: str) -> AbstractContextManager[Glance]:
        """Begin to ask for single figures, which need no view: a transaction costs more."""
        ...

    def close(self) -> None:
        """Let go of connections and files."""
        ...


@runtime_checkable
class Joinable(Protocol):
    """A store that can work inside a transaction that somebody else began."""

    def within(self, host: Connection | Session) -> Store:
        """
        Return the same store inside the transaction of *host*.

        It never commits, rolls back or retries.

        Raises:
            RetryTransaction: From a turn, if the host has to begin again.
        """
        ...
