"""
What was asked, and what came of it: requests, entries, refusals, outcomes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from attrs import Attribute, field, frozen
from attrs import validators as v

from . import fields
from .errors import UnbalancedEntry
from .model import (
    ACCOUNT_ID,
    ACTOR,
    ENTRY_ID,
    Effect,
    EntryId,
    Finding,
    Position,
    Posting,
    check_seen,
)
from .operations import OnClaim, OpenAccount, Operation, asked_of
from .texts import Text

_DETAILS: Final = Text(
    "private details as texts by name, such as {'name': '陈梅'}",
    "按名称列出的文字形式的个人资料，如 {'name': '陈梅'}",
)


def _details(_: object, __: Attribute[Any], private: Mapping[str, str]) -> None:
    if private == {}:  # as most have none
        return
    if not isinstance(private, Mapping):
        raise fields.unlike(private, _DETAILS)
    for each in (*private, *private.values()):
        if not isinstance(each, str):
            raise fields.unlike(each, _DETAILS)


@frozen(kw_only=True)
class Request:
    """
    An operation as it reaches the bank.

    Args:
        id: Chosen by the caller from business facts; the same id twice is how a retry
            stays safe.
        operation: What is asked.
        effective_on: The day the fact counts for.
        actor: Who asks; an opaque name that the host can trace.
        private: A person's details (name, remarks), kept apart from the journal and
            erasable; the entry holds only a salted commitment to them.
    """

    id: EntryId = field(converter=fields.entry)
    operation: Operation
    effective_on: date = field(validator=fields.day)
    actor: str = field(converter=fields.actor)
    private: Mapping[str, str] = field(factory=dict, validator=_details)


def check_new(request: Request) -> None:
    """
    Look whether *request* may be asked: more is wanted of what is new.

    What was recorded before it was wanted is read, and decided again, as it is.

    Raises:
        ValueError: If an id, an account to be opened, or who asks, holds what cannot be
            seen; or a fact is told twice.
    """
    asked = asked_of(request.operation)
    check_seen(request.id, ENTRY_ID)
    check_seen(request.actor, ACTOR)
    if type(asked) is OpenAccount:
        check_seen(asked.account, ACCOUNT_ID)
    facts = getattr(asked, "facts", ())
    if len(facts) > 1 and len(dict(facts)) < len(facts):
        names = [name for name, _ in facts]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(
            Text(
                "fact {name!r} is told twice: tell it once",
                "情况 {name!r} 重复：只填一次",
                name=twice,
            )
        )


def _in_utc(_: object, __: Attribute[Any], at: datetime) -> None:
    if at.tzinfo is not UTC and at.utcoffset() != timedelta(0):
        raise ValueError(f"recorded_at must be in UTC, found {at.isoformat()}")


@frozen(kw_only=True)
class Recorded:
    """
    When the bank learned of a request, as the shell gives it.

    Args:
        at: The moment, aware and in UTC.
        on: The same moment's day in the ledger's time zone.

    Raises:
        ValueError: If *at* is not in UTC.
    """

    at: datetime = field(validator=_in_utc)
    on: date


def _balanced(entry: Entry, _: Attribute[Any], postings: tuple[Posting, ...]) -> None:
    sums: dict[tuple[str, bool], int] = {}
    for posting in postings:
        of = posting.unit, posting.undoes
        sums[of] = sums.get(of, 0) + posting.amount
    if any(sums.values()):
        residue = {unit: amount for (unit, _), amount in sums.items() if amount}
        raise UnbalancedEntry(entry.id, residue)


@frozen(kw_only=True)
class Entry:
    """
    One accepted operation, for ever.

    Args:
        id: The request's.
        operation: As asked, facts included.
        effective_on: The day the fact counts for.
        recorded: When the bank learned of it.
        actor: Who asked.
        policy: Hash of the policy it was decided under.
        target: The entry it acts on: undone, corrected, fulfilled or cancelled.
        postings: What moved, possibly nothing; sums to zero in each unit, both in all
            and over the legs that undo.
        findings: What the rules noted; in a refusal that is kept, why it was refused.
        commitment: Salted hash of the private details, hexadecimal, where there are any.

    Raises:
        UnbalancedEntry: If the postings do not sum to zero in each unit.
    """

    id: EntryId = field(converter=fields.entry)
    operation: Operation
    effective_on: date = field(validator=fields.day)
    recorded: Recorded
    actor: str
    policy: str
    target: EntryId | None = None
    postings: tuple[Posting, ...] = field(default=(), validator=_balanced)
    findings: tuple[Finding, ...] = ()
    commitment: str | None = None

    @property
    def asked(self) -> Operation:
        """The operation whose effect the entry has: a correction's replacement."""
        return asked_of(self.operation)

    @property
    def waits(self) -> bool:
        """Whether a procedure has to be gone through before it, or its claim, counts."""
        return bool(self.findings) and any(
            finding.effect is Effect.WAITS for finding in self.findings
        )

    @property
    def settles(self) -> bool:
        """Whether it puts the claim that it acts on into effect."""
        return isinstance(self.operation, OnClaim) and not any(
            finding.effect in (Effect.WAITS, Effect.VOIDS) for finding in self.findings
        )

    @property
    def own_postings(self) -> tuple[Posting, ...]:
        """The legs that are its own, without those that undo its target."""
        return tuple(p for p in self.postings if not p.undoes)


@frozen(kw_only=True)
class Refusal:
    """A request that the rules forbid, with every finding; nothing moved."""

    id: EntryId
    operation: Operation
    effective_on: date
    actor: str
    policy: str
    findings: tuple[Finding, ...] = field(validator=v.min_len(1))


@frozen(kw_only=True)
class Outcome:
    """
    What became of an accepted request.

    Args:
        entry: The entry in the journal.
        position: Where it stands.
        replayed: Whether it stood there already, from an earlier call with the same id.
    """

    entry: Entry
    position: Position
    replayed: bool = False

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What the rules noted: parts dropped or diverted, flags raised."""
        return self.entry.findings


def same_findings(some: Iterable[Finding], others: Iterable[Finding]) -> bool:
    """
    Return whether both are the same findings, in whatever order they are told.

    Law 10 is about what was found.  An order is only how it is told: there are notes of
    refusals that tell services and accounts in the order in which their store gave them.
    """
    return Counter(some) == Counter(others)
