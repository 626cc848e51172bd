"""
Everything `timebank` raises on purpose.

* TimebankError
  - Refused               the rules said no; `findings` says which, and why
  - BatchRefused          an all-or-nothing batch held at least one refusal; nothing was recorded
  - UnknownEntry          the journal has no entry of that id
  - UnknownAccount        the ledger has no account of that id
  - UnknownUnit           no policy of the ledger has that unit
  - JournalForked         the journal is not the one that a consumer has followed so far
  - PolicyInvalid         a policy could not be understood; every mistake with its place
  - UnbalancedEntry       postings that do not sum to zero in each unit
  - NotCanonical          a value that has no canonical JSON
  - Undeclared            a decision read what `needs` had not named: a bug in timebank
  - VerificationFailed    the books break a law; every fault with its position
  - SheetUnreadable       a file that is not a spreadsheet we can read, or lacks a column
  - ExtraMissing          an optional package is not installed
  - StorageError
    · BadUrl              a database URL that no store understands, or no file there
    · NoLedger            the database has no ledger of that name
    · LedgersDiffer       a ledger of that name is there, and is not a copy of this one
    · LedgerExists        the database has a ledger of that name already
    · SchemaUnknown       the database was written by another version of timebank
    · StoreBusy           another process held the books too long; try again
    · Overtaken           another turn was quicker each time; try again
    · StoreUnreachable    no connection, or it was lost; ask again under the same id
    · StoreReadOnly       the server takes no writes
    · NoRight             the database role may not do this
    · ServerTooOld        the server lacks what the books need
    · RetryTransaction    the host's transaction met another; roll it back and begin again
    · CannotJoin          what the host gave is no transaction that the books can join
    · StoreFull           the disk, or the file's size limit, is full
    · StoreDamaged        the database file cannot be read, or broke a guard

Every exception is an attrs class: its fields are its facts and its text is made from
them.  Match on the class and read the fields; never parse the text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from attrs import define, field

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .entries import Refusal
    from .model import AccountId, EntryId, Finding, Unit
    from .texts import Text


class TimebankError(Exception):
    """Base class of every error raised on purpose by this package."""

    tries_max: ClassVar[int] = 1
    """How often it is worth making the same call, unchanged; 1 where it cannot help."""

    @property
    def retryable(self) -> bool:
        """Whether the same call, made again unchanged, may succeed."""
        return self.tries_max > 1


@define
class Refused(TimebankError):
    """An operation that the rules forbid, with every finding and not only the first."""

    id: EntryId
    findings: tuple[Finding, ...]
    units: Mapping[str, Unit] = field(factory=dict, repr=False)

    def __str__(self) -> str:
        from .messages import finding_text  # noqa: PLC0415 - text is made at the edge

        forbidding = [f for f in self.findings if f.refuses]
        return f"{self.id}: " + "; ".join(
            finding_text(f, units=self.units) for f in forbidding
        )


@define
class BatchRefused(TimebankError):
    """A batch that was to be recorded whole, and of which nothing was recorded."""

    refusals: tuple[Refusal, ...]
    units: Mapping[str, Unit] = field(factory=dict, repr=False)

    def __str__(self) -> str:
        first = Refused(self.refusals[0].id, self.refusals[0].findings, self.units)
        more = len(self.refusals) - 1
        return f"nothing was recorded: {first}" + (
            f" (and {more} more)" if more else ""
        )


@define
class UnknownEntry(TimebankError):
    """The journal has no entry of that id."""

    id: EntryId

    def __str__(self) -> str:
        return f"the journal has no entry {self.id!r}; `timebank journal` lists them"


@define
class UnknownAccount(TimebankError):
    """The ledger has no account of that id."""

    account: AccountId

    def __str__(self) -> str:
        return (
            f"the ledger has no account {self.account!r}; `timebank account list` "
            "shows those it has"
        )


@define
class UnknownUnit(TimebankError):
    """No policy of the ledger has that unit."""

    unit: str
    known: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"no unit {self.unit!r} in this ledger; there is: {', '.join(self.known)}"
        )


@define
class JournalForked(TimebankError):
    """
    The journal is not the one that a consumer has followed so far.

    Args:
        after: The position up to which the consumer has followed it.
        last: The entry that stood there, if the consumer kept its id.
        found: The entry that stands there now; *None* if the journal ends before.
        head: Where the journal ends.
    """

    after: int
    last: EntryId | None
    found: EntryId | None
    head: int

    def __str__(self) -> str:
        last = f", which was {self.last!r}" if self.last else ""
        found = (
            f"the journal ends at {self.head}"
            if self.found is None
            else f"{self.found!r} stands there"
        )
        lags = "; a replica may merely be late" if self.found is None else ""
        return (
            f"asked for what comes after position {self.after}{last}; {found}: the books "
            f"are older than what was read of them, or are others{lags}. Rebuild what was "
            "made of them from position 0, or from the last whose entry is still the same"
        )


@define
class PolicyInvalid(TimebankError):
    """
    A policy that could not be understood.

    Args:
        name: The file or programme.
        mistakes: Place in the policy (``rules.redeem.requires.star``) → what is wrong there.
        files: Place → the file that it is in, where the policy is made of several.
    """

    name: str
    mistakes: Mapping[str, Text]
    files: Mapping[str, str] = field(factory=dict)

    def __str__(self) -> str:
        return self.in_("en")

    def in_(self, language: str) -> str:
        """Return the name and every mistake with its place, in *language*."""
        lines = [
            f"  {f'{self.files[place]}: ' if place in self.files else ''}{place}: "
            f"{text.in_(language)}"
            for place, text in self.mistakes.items()
        ]
        return "\n".join([f"{self.name}:", *lines])


@define
class UnbalancedEntry(TimebankError):
    """Postings that do not sum to zero in each unit (law 1)."""

    id: EntryId
    residue: Mapping[str, int]

    def __str__(self) -> str:
        left = ", ".join(f"{amount} {unit}" for unit, amount in self.residue.items())
        return (
            f"the postings of {self.id!r} must sum to zero in each unit; left: {left}"
        )


@define
class NotCanonical(TimebankError):
    """A value outside the profile of canonical JSON that bodies are kept in."""

    place: str
    reason: str

    def __str__(self) -> str:
        return f"{self.place} has no canonical JSON: {self.reason}"


@define
class Undeclared(TimebankError):
    """A decision read what its `needs` had not named; never the caller's fault."""

    what: str

    def __str__(self) -> str:
        return f"the decision read {self.what}, which needs() had not named"


@define
class VerificationFailed(TimebankError):
    """The books break a law; faults in order of position."""

    faults: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join(self.faults)


@define
class SheetUnreadable(TimebankError):
    """A file that is not a spreadsheet we can read, is empty, or lacks a column."""

    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


@define
class ExtraMissing(TimebankError):
    """An optional package is not installed."""

    extra: str
    package: str

    def __str__(self) -> str:
        return f"{self.package} is missing; run: pip install 'timebank[{self.extra}]'"


class StorageError(TimebankError):
    """Something between us and the database."""


def _without_password(url: str) -> str:
    # up to the last @, because a password may hold whatever its owner typed
    hidden = re.sub(r"(?<=://)([^:/?#@]*):.*@", r"\1:***@", url)
    return re.sub(r"(?<=password=)[^&\s]*", "***", hidden)


@define
class BadUrl(StorageError):
    """A database URL that no store understands; its password is left out."""

    url: str = field(converter=_without_password)
    reason: str = "use sqlite:///path/to/file.db or postgresql://ROLE@HOST/DATABASE"

    def __str__(self) -> str:
        return f"{self.url!r} is no database that can be opened: {self.reason}"


@define
class NoLedger(StorageError):
    """The database has no ledger of that name."""

    ledger: str
    known: tuple[str, ...]

    def __str__(self) -> str:
        known = ", ".join(self.known) or "none yet; `timebank init` makes one"
        return f"no ledger {self.ledger!r} here; there is: {known}"


@define
class LedgerExists(StorageError):
    """The database has a ledger of that name already."""

    ledger: str

    def __str__(self) -> str:
        return f"ledger {self.ledger!r} exists already; open it, or choose another name"


@define
class LedgersDiffer(StorageError):
    """Where a ledger was to be copied to is one of its name that is not its copy."""

    ledger: str
    detail: str

    def __str__(self) -> str:
        return (
            f"the ledger {self.ledger!r} there is not a copy of this one: {self.detail}; "
            "it was left as it is: copy to another database"
        )


@define
class SchemaUnknown(StorageError):
    """The database was written by another version of timebank."""

    found: int | None
    known: int

    def __str__(self) -> str:
        if self.found is None:
            return (
                "the database holds no ledgers yet; `timebank init` makes the first, "
                "and `timebank schema create URL` the tables alone"
            )
        remedy = (
            "bring it up to date: `timebank schema upgrade URL`"
            if self.found < self.known
            else "install a newer timebank"
        )
        return (
            f"the database has schema {self.found}, this timebank knows {self.known}; "
            f"nothing was changed: {remedy}"
        )


@define
class StoreBusy(StorageError):
    """Another process held the books too long."""

    tries_max: ClassVar[int] = 3  # each has waited long already

    waited_seconds: float
    detail: str = ""

    def __str__(self) -> str:
        held = f"another process held the books for {self.waited_seconds:.0f} s"
        return f"{self.detail or held}; nothing was recorded: try again"


@define
class Overtaken(StorageError):
    """Another turn was quicker, and this one has to be decided again."""

    tries_max: ClassVar[int] = 50  # somebody else got on each time

    detail: str = "another turn was quicker"

    def __str__(self) -> str:
        return f"{self.detail}; nothing was recorded: try again"


@define
class StoreUnreachable(StorageError):
    """
    The connection to the database could not be made, or was lost.

    Whether what was being written is recorded is not known: the same request, under the
    same id, finds out, and is recorded once.
    """

    tries_max: ClassVar[int] = 4

    detail: str
    remedy: str = "ask again under the same id, which records it once"

    def __str__(self) -> str:
        return f"the database cannot be reached ({self.detail}): {self.remedy}"


@define
class StoreReadOnly(StorageError):
    """The server takes no writes: a standby, or set so."""

    detail: str

    def __str__(self) -> str:
        return (
            f"the database takes no writes ({self.detail}): connect to the primary; "
            "with several hosts in the URL add target_session_attrs=read-write"
        )


@define
class ServerTooOld(StorageError):
    """The database server lacks what the books need."""

    found: str
    wanted: str

    def __str__(self) -> str:
        return (
            f"the server is {self.found}, and {self.wanted} or newer is needed: "
            "upgrade it, or use another"
        )


@define
class NoRight(StorageError):
    """The database role may not do this."""

    detail: str

    def __str__(self) -> str:
        return (
            f"the database refuses it ({self.detail}); the owner of the tables gives a "
            "role its rights: timebank schema grants URL ROLE | psql URL; and whoever may "
            "make tables makes them: timebank schema create URL --sql | psql URL"
        )


@define
class RetryTransaction(StorageError):
    """A transaction that the host began met another; only the host can begin it again."""

    detail: str

    def __str__(self) -> str:
        return (
            f"{self.detail}; nothing was recorded: roll your transaction back, "
            "and begin it again"
        )


@define
class CannotJoin(StorageError):
    """A host's transaction that the books cannot be kept in; nothing was recorded."""

    found: str
    remedy: str

    def __str__(self) -> str:
        return f"the books cannot join this transaction: {self.found}; {self.remedy}"


@define
class StoreFull(StorageError):
    """The disk, or the file's size limit, is full."""

    detail: str

    def __str__(self) -> str:
        return f"no room to write ({self.detail}); nothing was recorded: make room and try again"


@define
class StoreDamaged(StorageError):
    """The database file cannot be read, or one of its guards was broken."""

    detail: str

    def __str__(self) -> str:
        return f"the database cannot be used as it is: {self.detail}"


def may_begin_again(error: BaseException) -> bool:
    """
    Return whether a host's transaction that *error* ended may succeed if begun again.

    So it is for `RetryTransaction`, and where the database had a statement or the commit
    of the host's own give way to another transaction: a deadlock, a serialization failure
    (SQLSTATE 40001, 40P01), a SQLite file that was busy.  SQLAlchemy's errors are
    understood, Django's, and those of the drivers.
    """
    met = (error, getattr(error, "orig", None), error.__cause__)
    return isinstance(error, RetryTransaction) or any(
        getattr(each, "sqlstate", None) in {"40001", "40P01", "55P03"}
        or str(getattr(each, "sqlite_errorname", "")).startswith("SQLITE_BUSY")
        for each in met
    )
