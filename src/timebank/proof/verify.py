"""
The audit: recompute everything from the journal and compare it with what is kept.

One pass over the journal folds a standing of its own.  Each entry is held against the
laws of ``docs/explanation/laws.md``, each column against its body, and at the end each
cache against the fold.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator

import attrs
from attrs import define, evolve, field, frozen

from ..decide import decide
from ..entries import Entry, Request
from ..errors import (
    NotCanonical,
    PolicyInvalid,
    UnbalancedEntry,
    VerificationFailed,
)
from ..model import (
    START,
    Effect,
    EntryId,
    Position,
    Posting,
    Reason,
)
from ..operations import (
    AdoptPolicy,
    CancelOrder,
    Correct,
    NoteRefusal,
    OpenAccount,
    Reverse,
    VoidId,
)
from ..policy.bounds import Bench, settled
from ..policy.case import Case, Draft
from ..policy.files import compiled
from ..standing import Standing
from ..storage.codec import commitment, decode_entry
from ..storage.protocol import Caches, Private, Reading, StoredEntry
from ..storage.rows import Running, stored_entry


@frozen(kw_only=True)
class Report:
    """
    What an audit found.

    Args:
        entries: How many entries were read.
        postings: How many postings.
        decided_again: How many operations were decided again, where that was asked.
        faults: What is wrong, each with its position, in order.
    """

    entries: int
    postings: int
    decided_again: int
    faults: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults

    def raise_if_faulty(self) -> None:
        """
        Do nothing if the books are sound.

        Raises:
            VerificationFailed: With every fault.
        """
        if self.faults:
            raise VerificationFailed(self.faults)


def verify(reading: Reading, *, decide_again: bool = False) -> Report:
    """
    Audit a ledger.

    Args:
        reading: A consistent view of it.
        decide_again: Whether to decide every operation again (law 10).
    """
    audit = _Audit(decide_again=decide_again)
    for stored in reading.stored():
        audit.take(stored)
    audit.compare(reading.caches())
    audit.compare_privates(reading)
    return Report(
        entries=audit.entries,
        postings=audit.postings,
        decided_again=audit.decided_again,
        faults=tuple(audit.faults),
    )


@define
class _Audit:
    decide_again: bool
    fold: Standing = field(factory=Standing)
    running: Running = field(init=False)
    sums: Counter[str] = field(factory=Counter)
    voided: dict[EntryId, Position] = field(factory=dict)
    entries: int = 0
    postings: int = 0
    decided_again: int = 0
    faults: list[str] = field(factory=list)

    @running.default
    def _no_balances(self) -> Running:
        return Running(self.fold.is_strict)

    def fault(self, position: int, text: str) -> None:
        self.faults.append(f"position {position}: {text}")

    # ------------------------------------------------------------ an entry

    def take(self, stored: StoredEntry) -> None:
        expected = self.entries + 1
        self.entries += 1
        self.postings += len(stored.postings)
        if stored.position != expected:
            self.fault(
                expected, f"is missing; the next entry stands at {stored.position}"
            )
            self.entries = stored.position
        try:
            entry = decode_entry(stored.body)
        except UnbalancedEntry as error:
            self.fault(stored.position, f"law 1: {error}")
            return
        except NotCanonical as error:
            self.fault(stored.position, f"the body cannot be read: {error}")
            return
        for text, step in (
            ("cannot be held against the laws", self._hold_against_laws),
            ("law 10: cannot be decided again", self._decide_again),
            ("law 7: cannot be computed again", self._fold),
        ):
            try:
                step(entry, stored)
            except Exception as error:  # noqa: BLE001 - an audit tells, and goes on
                what = f"{type(error).__name__}: {error}"
                self.fault(stored.position, f"{text}: {what}")

    def _hold_against_laws(self, entry: Entry, stored: StoredEntry) -> None:
        for text in self._laws(entry):
            self.fault(stored.position, text)

    def _laws(self, entry: Entry) -> Iterator[str]:
        fold = self.fold
        if entry.id in fold.known:
            yield f"law 5: the id {entry.id!r} is taken at {fold.known[entry.id][0]}"
        if entry.id in fold.voided:
            yield f"law 5: the id {entry.id!r} was void before"
        if isinstance(entry.operation, NoteRefusal) and entry.postings:
            yield "law 6: a refusal moves credits"
        if not entry.actor:
            yield "law 8: the entry names no actor"
        yield from self._laws_of_policy(entry)
        yield from self._laws_of_target(entry)
        if not isinstance(entry.operation, NoteRefusal):
            yield from self._accounts(entry)
            yield from self._limits(entry)

    def _laws_of_policy(self, entry: Entry) -> Iterator[str]:
        known = {adoption.hash for adoption in self.fold.adoptions}
        if isinstance(entry.operation, AdoptPolicy):
            text = entry.operation.text
            if hashlib.sha256(text.encode()).hexdigest() != entry.policy:
                yield f"law 8: the policy's text is not that of {entry.policy!r}"
            try:
                compiled(text)
            except PolicyInvalid as error:
                yield f"law 8: the policy cannot be read: {error}"
            return
        refused_without = isinstance(entry.operation, NoteRefusal) and not entry.policy
        if entry.policy not in known and not refused_without:
            yield f"law 8: the policy {entry.policy!r} was never adopted"

    def _laws_of_target(self, entry: Entry) -> Iterator[str]:
        undone = [p for p in entry.postings if p.undoes]
        if entry.target is None:
            if undone:
                yield "law 9: legs undo something, and no target is named"
            return
        if entry.target not in self.fold.known:
            yield f"law 3: the target {entry.target!r} does not stand before it"
            return
        if not isinstance(entry.operation, Reverse | Correct):
            return
        before = self.fold.undone_by(entry.target)
        if before is not None:
            yield f"law 9: {entry.target!r} was undone by {before!r} already"
        target = self.fold.known[entry.target][1]
        negated = Counter(evolve(p, undoes=False, amount=-p.amount) for p in undone)
        if negated != Counter(target.own_postings):
            yield f"law 9: the legs do not negate those of {entry.target!r}"

    def _accounts(self, entry: Entry) -> Iterator[str]:
        operation = entry.operation
        opened = operation.account if isinstance(operation, OpenAccount) else None
        for account in dict.fromkeys(p.account for p in entry.postings):
            if account not in self.fold.accounts and account != opened:
                yield (
                    f"law 4: it moves the account {account!r}, which no entry before it "
                    "opened, so that no limit holds it"
                )

    def _limits(self, entry: Entry) -> Iterator[str]:
        adoption = self.fold.policy_on(entry.recorded.on)
        if adoption is None:
            return
        try:
            policy = compiled(adoption.text)
        except PolicyInvalid:
            return  # told where it was adopted
        draft = Draft(self.fold.head + 1, entry.effective_on)
        for posting in entry.postings:
            draft.add(posting)
        case = Case(
            policy=policy,
            standing=self.fold,
            on="tier",
            day=entry.effective_on,
            roles={},
            fields={},
            facts={},
            draft=draft,
        )
        bench = Bench(
            id=entry.id,
            recorded_on=entry.recorded.on,
            bounds=policy,
            caps=not isinstance(entry.operation, Reverse | CancelOrder),
        )
        allowed = {f.code for f in entry.findings if f.reason is Reason.OVERRIDDEN}
        for finding in settled(case, bench):
            if finding.code not in allowed:
                yield (
                    f"law 4: {finding.account!r} is left with {finding.found} {finding.unit}, "
                    f"beyond {finding.code} ({finding.wanted})"
                )

    def _fold(self, entry: Entry, stored: StoredEntry) -> None:
        if entry.target is not None and entry.target not in self.fold.known:
            return
        self.fold.apply(entry, stored.position)
        if isinstance(entry.operation, VoidId):
            self.voided[entry.operation.voided] = stored.position
        expected = stored_entry(
            entry,
            stored.position,
            root=self.fold.roots[entry.id],
            legs=self.fold.legs(entry),
            position_of=lambda id: self.fold.known[id][0],
            running=self.running,
            body=stored.body,
        )
        for posting in entry.postings:
            self.sums[posting.unit] += posting.amount
        for text in _differences(stored, expected):
            self.fault(stored.position, f"law 7: {text}")

    # ------------------------------------------------------------ law 10

    def _decide_again(self, entry: Entry, stored: StoredEntry) -> None:
        if not self.decide_again:
            return
        position = stored.position
        operation = entry.operation
        refused = isinstance(operation, NoteRefusal)
        request = Request(
            id=operation.refused if isinstance(operation, NoteRefusal) else entry.id,
            operation=(
                operation.operation if isinstance(operation, NoteRefusal) else operation
            ),
            effective_on=entry.effective_on,
            actor=entry.actor,
        )
        if refused and any(f.code == "id" for f in entry.findings):
            return
        self.decided_again += 1
        verdict = decide(
            request, self.fold, entry.recorded, commitment=entry.commitment
        )
        if isinstance(verdict, Entry) and not refused:
            if verdict != entry:
                self.fault(
                    position, f"law 10: decided again, {_changes(entry, verdict)}"
                )
        elif isinstance(verdict, Entry):
            self.fault(position, "law 10: decided again, it would be accepted")
        elif not refused or verdict.findings != entry.findings:
            codes = ", ".join(
                f.code for f in verdict.findings if f.effect is Effect.REFUSES
            )
            self.fault(position, f"law 10: decided again, it is refused by {codes}")

    # ------------------------------------------------------------ caches

    def compare(self, caches: Caches) -> None:
        """Hold the caches against the fold."""
        head = self.entries
        for unit, amount in self.sums.items():
            if amount:
                self.fault(head, f"law 1: the ledger's {unit} sum to {amount}")
        if caches.head != self.entries:
            self.fault(head, f"law 3: the head says {caches.head}")
        if caches.voided != self.voided:
            self.fault(
                head, "law 7: the ids taken by voids are not those of the journal"
            )
        adopted = max((a.position for a in self.fold.adoptions), default=START)
        if caches.policy_position != adopted:
            self.fault(
                head,
                f"law 7: the last policy is kept as {caches.policy_position}, is {adopted}",
            )
        for id in sorted({*caches.accounts, *self.fold.accounts}):
            kept, folded = caches.accounts.get(id), self.fold.accounts.get(id)
            if kept != folded:
                self.fault(
                    head, f"law 7: account {id!r} is kept as {kept}, is {folded}"
                )
        for key in sorted({*caches.balances, *self.running.balances}):
            found = caches.balances.get(key)
            computed = self.running.balances.get(key)
            if found != computed:
                self.fault(
                    head, f"law 7: balance {key} is kept as {found}, is {computed}"
                )
        for stray in caches.strays:
            self.fault(stray, "law 7: postings are kept and no entry stands there")
        for guard in caches.guards:
            self.fault(head, f"law 2: the guard {guard!r} is missing")

    def compare_privates(self, reading: Reading) -> None:
        """Hold all private details against the commitments in their entries."""
        try:
            for id, private in reading.privates():
                self._compare_private(id, private)
        except NotCanonical as error:
            self.fault(self.entries, f"law 7: private details cannot be read: {error}")

    def _compare_private(self, id: EntryId, private: Private) -> None:
        position, entry = self.fold.known.get(id, (self.entries, None))
        if entry is None or entry.commitment != commitment(
            private.values, private.salt
        ):
            self.fault(
                position, f"law 7: the private details of {id!r} are not its own"
            )


def _differences(stored: StoredEntry, expected: StoredEntry) -> Iterator[str]:
    for attribute in attrs.fields(StoredEntry):
        if attribute.name == "postings":
            continue
        found = getattr(stored, attribute.name)
        wanted = getattr(expected, attribute.name)
        if found != wanted:
            yield f"{attribute.name} is kept as {found!r}, is {wanted!r}"
    if len(stored.postings) != len(expected.postings):
        yield f"{len(stored.postings)} postings are kept, {len(expected.postings)} are made"
        return
    for line, (kept, made) in enumerate(
        zip(stored.postings, expected.postings, strict=True)
    ):
        if kept.labels is None:
            # from before there were any: whoever asks reads the entry, as here
            made = evolve(made, labels=None)  # noqa: PLW2901 - the same without
        if kept != made:
            yield f"posting {line} is kept as {kept}, is {made}"


def _changes(entry: Entry, verdict: Entry) -> str:
    def legs(postings: tuple[Posting, ...]) -> str:
        return ", ".join(
            f"{p.account} {p.amount:+} parts of {p.unit}" for p in postings
        )

    if entry.postings == verdict.postings:
        return "the legs are the same and the findings or the policy are not"
    return f"it moves {legs(verdict.postings)} and not {legs(entry.postings)}"
