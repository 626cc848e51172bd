"""
One turn of the bank: many requests decided together, each on what those before it left.

What they all need is loaded once.  Then each is looked up by its id, decided, and taken
into the standing that the next one sees.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Final

from attrs import define, evolve, field

from . import operations as ops
from .accounts import Account
from .adoptions import Adoption, policy_on
from .decide import decide
from .entries import Entry, Outcome, Recorded, Refusal, Request
from .model import START, AccountId, EntryId, Finding, Position, Reason, Unit
from .policy.asking import forget_askings
from .policy.bodies import body_of, in_force
from .policy.counted import units_of
from .policy.files import compiled, load_policy
from .policy.names import names_of
from .policy.needs import needs_of, target_of
from .scope import NO_FUNCTIONS, Functions, Needs, union
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


@define(kw_only=True)
class Session:
    """
    Many requests decided in one turn, each on what those before it left.
    """

    reading: Reading
    recorded: Recorded
    keep_refusals: bool
    functions: Functions = NO_FUNCTIONS
    standing: Standing = field(init=False)
    taken: list[Taken] = field(factory=list)
    privates: dict[EntryId, Private] = field(factory=dict)
    verdicts: list[Outcome | Refusal | Entry] = field(factory=list)

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

    def decide_all(self, requests: Sequence[Request]) -> None:
        """Load what all of them need, once, and decide them in order."""
        for request in requests:
            if type(request.operation) is ops.AdoptPolicy:
                # raises with every mistake, before any is used
                load_policy(request.operation.text, functions=self.functions)
        self.standing = self._loaded(requests)
        self.standing.functions = self.functions
        for request in requests:
            verdict = self._decide(request)
            self.verdicts.append(verdict)
            if self.keep_refusals and isinstance(verdict, Refusal):
                self._note(verdict)
        forget_askings()

    def _loaded(self, requests: Sequence[Request]) -> Standing:
        """
        Load what *requests* need; and more, where that grew before it was locked.

        What they need follows from policies, from threads, and from what accounts keep of
        one another, which is all read before anything is locked: meanwhile somebody else
        may have adopted a policy, acted on a target, or amended an account.
        """
        targets = {t for r in requests if (t := target_of(r.operation)) is not None}
        adopted = tuple(self.reading.adoptions())
        threads, kept = self._threads(targets), dict[AccountId, KeptFacts]()
        needs = Needs()
        while True:
            planned = self._with_planned(threads, requests) if targets else threads
            self._add_needs(needs, requests, adopted, planned, kept)
            if unknown := needs.asked - kept.keys():
                known = {a.id: a for a in self.reading.accounts(unknown)}
                kept |= {id: _kept(known.get(id)) for id in unknown}
                continue
            standing = self.reading.load(needs)
            now = tuple(standing.adoptions)
            told = {id: _kept(standing.account(id)) for id in needs.asked}
            if (now, told) == (adopted, kept) and (
                not targets or _acted(standing, targets) == _acted(threads, targets)
            ):
                return standing
            adopted, threads, kept = now, self._threads(targets), told
            needs = union([needs])

    def _add_needs(
        self,
        needs: Needs,
        requests: Sequence[Request],
        adopted: Sequence[Adoption],
        threads: Standing,
        kept: Mapping[AccountId, KeptFacts],
    ) -> None:
        """Add to *needs* what each of *requests* needs."""
        to_come = [
            r.operation for r in requests if type(r.operation) is ops.AdoptPolicy
        ]
        kept = _also_kept(kept, requests, threads)
        for request in requests:
            needs_of(
                request.id,
                request.operation,
                request.effective_on,
                _texts(request, adopted, to_come, self.recorded.on),
                thread=_thread(request, threads) if threads.roots else (),
                today=self.recorded.on,
                kept=kept,
                among=needs,
            )

    def _threads(self, targets: Iterable[EntryId]) -> Standing:
        return self.reading.threads(targets) if targets else _NO_THREADS

    def _with_planned(self, threads: Standing, requests: Sequence[Request]) -> Standing:
        """
        Return *threads* as far as they can be known beforehand, with the entries to come.

        A request may act on an entry that one before it in the batch will make.
        """
        planned = Standing(
            known=dict(threads.known),
            roots=dict(threads.roots),
            threads={root: list(members) for root, members in threads.threads.items()},
        )
        for request in requests:
            if request.id not in planned.known:
                planned.take_thread(self._planned(request), START)
        return planned

    def _planned(self, request: Request) -> Entry:
        return Entry(
            id=request.id,
            operation=request.operation,
            effective_on=request.effective_on,
            recorded=self.recorded,
            actor=request.actor,
            policy="",
            target=target_of(request.operation),
        )

    def _decide(self, request: Request) -> Outcome | Refusal | Entry:
        known = self.standing.find(request.id)
        if known is not None:
            return self._again(request, *known)
        if self.standing.is_void(request.id):
            return self._id_refused(request, Reason.ID_VOID)
        private = _salted(request.private)
        verdict = decide(
            request,
            self.standing,
            self.recorded,
            commitment=commitment(private.values, private.salt) if private else None,
        )
        if isinstance(verdict, Entry):
            self._take(verdict, private)
        return verdict

    def _take(self, entry: Entry, private: Private | None = None) -> None:
        taken = self.standing.apply(entry, Position(self.standing.head + 1))
        self.taken.append(taken)
        if private is not None:
            self.privates[entry.id] = private

    def _again(
        self, request: Request, position: Position, entry: Entry
    ) -> Outcome | Refusal:
        """Return the first outcome again, or the conflict where the request is another."""
        if same_request(entry, request.operation, request.effective_on) and (
            self._same_private(request, entry)
        ):
            return Outcome(entry=entry, position=position, replayed=True)
        return self._id_refused(request, Reason.ID_CONFLICT, found=position)

    def _id_refused(
        self, request: Request, reason: Reason, found: int | None = None
    ) -> Refusal:
        adoption = self.standing.policy_on(self.recorded.on)
        finding = Finding(code="id", reason=reason, found=found, wanted=request.id)
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

    def _note(self, refusal: Refusal) -> None:
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

    def outcomes(self, first: Position) -> tuple[Outcome | Refusal, ...]:
        """Return the verdicts, with the positions that the entries now have."""
        places = {
            taken.entry.id: Position(first + index)
            for index, taken in enumerate(self.taken)
        }
        return tuple(
            Outcome(entry=v, position=places[v.id])
            if isinstance(v, Entry)
            else evolve(v, position=places.get(v.entry.id, v.position))
            if isinstance(v, Outcome)
            else v
            for v in self.verdicts
        )


_NO_THREADS: Final = Standing()
"""What is known beforehand where nothing that is asked acts on an entry."""


def _texts(
    request: Request,
    adopted: Sequence[Adoption],
    to_come: Sequence[ops.AdoptPolicy],
    today: date,
) -> set[str]:
    """
    Return the policies that may decide *request*.

    Those in force on its day and today, those that the batch itself adopts by then, and
    for what acts on an entry the one that entry was decided under.
    """
    operation = request.operation
    days = {request.effective_on, today}
    body = body_of(operation)
    found = [policy_on(adopted, day) for day in days]
    if body is not None:
        found += [in_force(adopted, day, body) for day in days]
    opens = type(operation) is ops.OpenAccount
    if opens or target_of(operation) is not None or (to_come and body is not None):
        # the entry that it acts on, or the tree of bodies, may be another's
        found += adopted
    texts = {adoption.text for adoption in found if adoption is not None}
    if to_come:
        last = max(days)
        texts.update(a.text for a in to_come if opens or a.holds_from <= last)
    return texts


KeptFacts = frozenset[tuple[str, ops.FactValue]]
"""What an account keeps, or kept on some day: which of it counts, the day decides."""


def _kept(account: Account | None) -> KeptFacts:
    return (
        frozenset((f.name, f.value) for f in account.facts) if account else frozenset()
    )


def _also_kept(
    kept: Mapping[AccountId, KeptFacts],
    requests: Iterable[Request],
    threads: Standing,
) -> Mapping[AccountId, KeptFacts]:
    """Return *kept* with what accounts will keep if *requests* are granted."""
    also = dict(kept)
    for request in requests:
        asked = request.operation
        if isinstance(asked, ops.OnClaim) and asked.claim in threads.known:
            # which may come to count
            asked = threads.known[asked.claim][1].operation
        match asked:
            case ops.OpenAccount() | ops.AmendAccount() as operation:
                before = also.get(operation.account, frozenset())
                also[operation.account] = before | set(operation.facts)
            case _:
                pass
    return also


def _acted(standing: Standing, targets: Iterable[EntryId]) -> set[EntryId]:
    """Return the entries of the threads of *targets*, as far as they are recorded."""
    return {entry.id for target in targets for _, entry in standing.thread(target)}


def _thread(request: Request, threads: Standing) -> list[Entry]:
    target = target_of(request.operation)
    if target is None or target not in threads.roots:
        return []
    return [e for _, e in threads.thread(target) if e.id != request.id]


def _salted(private: Mapping[str, str]) -> Private | None:
    if not private:
        return None
    return Private(salt=secrets.token_bytes(SALT_BYTES), values=dict(private))
