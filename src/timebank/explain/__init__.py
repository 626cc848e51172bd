"""
Why a figure is what it is: an entry decided once more, with everything it looked at.

The journal is folded up to where the entry stands, and the request decided again by the
same `decide`, which tells a trace what it does: there is no second implementation of any
rule.  So an explanation costs reading the journal once, whole, since what undid the entry
later is told too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from attrs import evolve, field, frozen

from ..adoptions import Adoption
from ..decide import decide
from ..entries import Entry, Recorded, Refusal, Request, same_findings
from ..errors import UnknownEntry
from ..model import Bucket, EntryId, Finding, Position, Posting, Unit
from ..operations import NoteRefusal, Operation
from ..policy.files import compiled
from ..policy.names import names_of
from ..policy.trace import Noted, Stage, Trace
from ..standing import Standing
from ..texts import Text, joined
from .telling import Teller

__all__ = ["Explanation", "Later", "explain", "explain_request"]


@frozen(kw_only=True)
class Later:
    """Something that an entry led to, or that undid it."""

    position: Position
    id: EntryId
    operation: Operation
    undoes: bool


@frozen(kw_only=True)
class Explanation:
    """
    Why an entry holds what it holds, or why a request is refused.

    Args:
        id: The entry, or the request.
        position: Where it stands; *None* for what is not in the journal.
        request: What was asked.
        recorded: When the bank learned of it.
        adoption: The policy that decided it; *None* where there was none.
        noted: Everything that was looked at and done, in order.
        postings: What moved; nothing for a refusal.
        findings: What was found, notes as well as refusals.
        refused: Whether it was refused: kept as such, or not recorded at all.
        again: Whether deciding it now gives what the journal holds; *None* for what is
            not in the journal.
        later: What acted on it since, oldest first.
        units: The ledger's units, by name.
        names: What its policies call their things, as `timebank.Bank.names` has it; the
            one that decided prevails.
    """

    id: EntryId
    position: Position | None
    request: Request
    recorded: Recorded
    adoption: Adoption | None
    noted: tuple[Noted, ...]
    postings: tuple[Posting, ...]
    findings: tuple[Finding, ...]
    refused: bool
    again: bool | None = None
    later: tuple[Later, ...] = ()
    units: dict[str, Unit] = field(factory=dict, repr=False)
    names: Mapping[str, Text] = field(factory=dict, repr=False)

    @property
    def moves(self) -> bool:
        """Whether it moves what was noted: it was not refused, and waits for nothing."""
        awaits = any(noted.stage is Stage.AWAITS for noted in self.noted)
        return not self.refused and not awaits

    @property
    def lines(self) -> tuple[Text, ...]:
        """The explanation in plain words, line by line, in every language."""
        return tuple(Teller(self.units, self.names).lines(self))

    @property
    def text(self) -> Text:
        """The explanation in plain words, in every language: ``text.in_("zh")``."""
        return joined(self.lines, Text("\n", "\n"))

    def __str__(self) -> str:
        return self.text.en

    def unaccounted(self) -> dict[tuple[str, str, Bucket], int]:
        """
        Return what moved and nothing that was noted accounts for, by account, unit and bucket.

        Empty, always; a test holds every explanation to that.
        """
        if not self.moves:
            return {}  # what was noted is what would move
        left: Counter[tuple[str, str, Bucket]] = Counter()
        for posting in self.postings:
            left[posting.account, posting.unit, posting.bucket] += posting.amount
        for noted in self.noted:
            for account, bucket, parts in noted.moved():
                left[account, str(noted.unit), bucket] -= parts
        return {key: parts for key, parts in left.items() if parts}


def explain(entries: Iterable[tuple[Position, Entry]], id: EntryId) -> Explanation:
    """
    Return why entry *id* is as it is.

    Args:
        entries: The whole journal.
        id: Which entry.

    Raises:
        UnknownEntry: If it is not among them.
    """
    fold, found, later = Standing(), None, list[Later]()
    for position, entry in entries:
        if entry.id == id:
            found = _again(entry, position, fold)
        else:
            # a correction that has waited undoes its target where it comes to count
            acts = fold.in_effect(entry) or entry
            undoes = acts.target == id and any(p.undoes for p in acts.postings)
            each = acts if undoes else entry
            if each.target == id:
                later.append(
                    Later(
                        position=position,
                        id=each.id,
                        operation=each.operation,
                        undoes=undoes,
                    )
                )
        fold.apply(entry, position)
    if found is None:
        raise UnknownEntry(id)
    return _spoken(evolve(found, later=tuple(later)), fold)


def explain_request(
    entries: Iterable[tuple[Position, Entry]], request: Request, recorded: Recorded
) -> Explanation:
    """Return what would come of *request* after all *entries*, and why."""
    fold = Standing()
    for position, entry in entries:
        fold.apply(entry, position)
    return _spoken(_decided(request, fold, recorded), fold)


def _again(entry: Entry, position: Position, before: Standing) -> Explanation:
    operation, id = entry.operation, entry.id
    kept = isinstance(operation, NoteRefusal)
    if isinstance(operation, NoteRefusal):
        id, operation = operation.refused, operation.operation
    request = Request(
        id=id, operation=operation, effective_on=entry.effective_on, actor=entry.actor
    )
    made = _decided(request, before, entry.recorded)
    # an id that was taken, or made void, was refused before anything was decided
    by_id = kept and any(finding.code == "id" for finding in entry.findings)
    same = made.postings == entry.postings and same_findings(
        made.findings, entry.findings
    )
    return evolve(
        made,
        id=entry.id,
        position=position,
        refused=kept,
        postings=entry.postings,
        findings=entry.findings,
        again=by_id or (same and made.refused is kept),
        noted=() if by_id else made.noted,
    )


def _decided(request: Request, before: Standing, recorded: Recorded) -> Explanation:
    noted: list[Noted] = []
    verdict = decide(request, before, recorded, trace=Trace(noted))
    known = {adoption.hash: adoption for adoption in before.adoptions}
    return Explanation(
        id=request.id,
        position=None,
        request=request,
        recorded=recorded,
        adoption=known.get(verdict.policy),
        noted=tuple(noted),
        postings=verdict.postings if isinstance(verdict, Entry) else (),
        findings=verdict.findings,
        refused=isinstance(verdict, Refusal),
    )


def _spoken(told: Explanation, standing: Standing) -> Explanation:
    """Return *told* with the units and names of all policies, its own before others."""
    own = [told.adoption] if told.adoption else []
    policies = [compiled(each.text) for each in (*standing.adoptions, *own)]
    units = {name: policy.unit(name) for policy in policies for name in policy.units}
    return evolve(told, units=units, names=names_of(policies))
