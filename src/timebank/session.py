"""
One turn of the bank: many requests decided together, each on what those before it left.

What they all need is loaded once.  Then each is looked up by its id, decided, and taken
into the standing that the next one sees.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from attrs import define, evolve, field

from . import operations as ops
from .decide import decide
from .entries import Entry, Outcome, Recorded, Refusal, Request
from .model import EntryId, Finding, Position, Reason, Unit
from .needed import loaded
from .policy.asking import forget_askings
from .policy.counted import units_of
from .policy.files import compiled, load_policy
from .policy.names import names_of
from .scope import Functions
from .standing import Standing, Taken
from .storage.codec import commitment, same_request
from .storage.protocol import Private, Reading
from .texts import Text

SALT_BYTES: Final = 32


def new_id(at: datetime) -> EntryId:
    """
    Return a fresh entry id: a UUID of version 7 (RFC 9562), made at *at*.

    It sorts near its neighbours in an index; the order of entries never comes from it.
    """
    # a clock that was never set may stand before 1970, for which there is no such id
    milliseconds = max(0, int(at.timestamp() * 1000))
    random = secrets.randbits(74)
    high = (milliseconds << 16) | (7 << 12) | (random >> 62)
    low = (0b10 << 62) | (random & (2**62 - 1))
    return EntryId(str(uuid.UUID(int=(high << 64) | low)))


def decided(
    requests: Sequence[Request],
    reading: Reading,
    recorded: Recorded,
    *,
    keep_refusals: bool,
    functions: Functions,
) -> Session:
    """
    Load what *requests* need, once, and decide them in order.

    Args:
        requests: In order.
        reading: What they are decided on; nothing is added to it.
        recorded: When the bank learned of them.
        keep_refusals: Whether refusals are kept as entries.
        functions: Functions that policies may use.
    """
    for request in requests:
        if type(request.operation) is ops.AdoptPolicy:
            # raises with every mistake, before any is used
            load_policy(request.operation.text, functions=functions)
    standing = loaded(reading, requests, recorded)
    standing.functions = functions
    session = Session(reading, recorded, standing)
    for request in requests:
        verdict = session.decide(request)
        session.verdicts.append(verdict)
        if keep_refusals and isinstance(verdict, Refusal):
            session.note(verdict)
    forget_askings()
    return session


@define
class Session:
    """
    Requests decided in one turn, each on what those before it left.

    Args:
        reading: What they are decided on.
        recorded: When the bank learned of them.
        standing: What was loaded, as they have left it.
        taken: What is to be recorded, where it will stand if nobody else records anything.
        privates: The private details of entries, by id.
        verdicts: One for each request, in order.
    """

    reading: Reading
    recorded: Recorded
    standing: Standing
    taken: list[Taken] = field(factory=list, init=False)
    privates: dict[EntryId, Private] = field(factory=dict, init=False)
    verdicts: list[Outcome | Refusal] = field(factory=list, init=False)

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        """The requests refused so far."""
        return tuple(v for v in self.verdicts if isinstance(v, Refusal))

    def units(self) -> Mapping[str, Unit]:
        """Return the ledger's units, for texts."""
        return units_of(self.standing.adoptions)

    def names(self) -> Mapping[str, Text]:
        """Return what the ledger's policies call their things, for texts."""
        return names_of(compiled(each.text) for each in self.standing.adoptions)

    def decide(self, request: Request) -> Outcome | Refusal:
        """Decide *request*, and take in what is to be recorded of it."""
        known = self.standing.find(request.id)
        if known is not None:
            return self._again(request, *known)
        if self.standing.is_void(request.id):
            return self._id_refused(request, Reason.ID_VOID)
        private = _salted(request.private) if request.private else None
        verdict = decide(
            request,
            self.standing,
            self.recorded,
            commitment=commitment(private.values, private.salt) if private else None,
        )
        return self._take(verdict, private) if isinstance(verdict, Entry) else verdict

    def _take(self, entry: Entry, private: Private | None = None) -> Outcome:
        position = Position(self.standing.head + 1)
        self.taken.append(self.standing.apply(entry, position))
        if private is not None:
            self.privates[entry.id] = private
        return Outcome(entry=entry, position=position)

    def _again(
        self, request: Request, position: Position, entry: Entry
    ) -> Outcome | Refusal:
        """Return the first outcome again, or the conflict where the request is another."""
        if same_request(entry, request.operation, request.effective_on) and (
            self._same_private(request, entry)
        ):
            return Outcome(entry=entry, position=position, replayed=True)
        # not where it stands: of an entry of this turn that is only thought yet
        return self._id_refused(request, Reason.ID_CONFLICT)

    def _id_refused(self, request: Request, reason: Reason) -> Refusal:
        adoption = self.standing.policy_on(self.recorded.on)
        finding = Finding(code="id", reason=reason, wanted=request.id)
        return Refusal(
            id=request.id,
            operation=request.operation,
            effective_on=request.effective_on,
            actor=request.actor,
            policy=adoption.hash if adoption else "",
            findings=(finding,),
        )

    def _same_private(self, request: Request, entry: Entry) -> bool:
        """
        Compare private details by recomputing the stored commitment.

        After they were erased there is nothing to compare with, and any will do.
        """
        if entry.commitment is None:
            return not request.private
        kept = self.privates.get(entry.id) or self.reading.private(entry.id)
        if kept is None:
            return True
        return commitment(request.private, kept.salt) == entry.commitment

    def note(self, refusal: Refusal) -> None:
        """
        Keep *refusal* as an entry without postings.

        It stands where the request was decided, so that deciding it again finds the same.
        """
        entry = Entry(
            id=new_id(self.recorded.at),
            operation=ops.NoteRefusal(refused=refusal.id, operation=refusal.operation),
            effective_on=refusal.effective_on,
            recorded=self.recorded,
            actor=refusal.actor,
            policy=refusal.policy,
            findings=refusal.findings,
        )
        self._take(entry)

    def verdicts_from(self, first: Position) -> tuple[Outcome | Refusal, ...]:
        """Return the verdicts, now that the first of the entries stands at *first*."""
        thought = self.taken[0].position if self.taken else first
        if first == thought:
            return tuple(self.verdicts)
        # others have recorded something between the loading and the head
        return tuple(
            evolve(v, position=Position(v.position + first - thought))
            if isinstance(v, Outcome) and v.position >= thought
            else v
            for v in self.verdicts
        )


def _salted(private: Mapping[str, str]) -> Private:
    return Private(salt=secrets.token_bytes(SALT_BYTES), values=dict(private))
