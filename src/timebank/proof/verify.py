"""
The audit: recompute everything from the journal and compare it with what is kept.

One pass over the journal folds a standing of its own.  Each entry is held against the
laws of ``docs/explanation/laws.md``, each column against its body, and at the end each
cache against the fold.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import chain, islice
from typing import Final

from attrs import define, evolve, field, frozen

from ..claims import claim_acted_on
from ..decide import decide, judged_on
from ..entries import Entry, Request
from ..errors import (
    NotCanonical,
    PolicyInvalid,
    UnbalancedEntry,
    Undeclared,
    VerificationFailed,
)
from ..model import (
    AccountId,
    EntryId,
    Position,
    Reason,
)
from ..operations import (
    AdoptPolicy,
    CancelOrder,
    Correct,
    ExpireLot,
    NoteRefusal,
    OpenAccount,
    PublishRanking,
    Reverse,
    VoidId,
)
from ..policy.bounds import Bench, settled, surely_settled
from ..policy.case import Case
from ..policy.draft import Draft
from ..policy.files import compiled
from ..policy.functions import functions_of
from ..policy.hints import text_of
from ..policy.ranked import ranked
from ..recalling import KEPT_MAX, Memory, acted_on
from ..scope import NO_FUNCTIONS, Functions, Needs
from ..standing import NO_BALANCE, Balance, Standing
from ..storage.codec import commitment, decode_entry
from ..storage.protocol import Caches, Private, Reading, StoredEntry
from ..storage.rows import Running, stored_entry
from ..texts import Text
from .caches import Made, stale
from .differences import differences, disagreement
from .outlines import Outline
from .plain import Plain

PIECE: Final = 500
"""How many entries are fetched, and what they act on recalled, at once."""
OF_DAMAGE: Final = (
    *(LookupError, NotCanonical, PolicyInvalid, UnbalancedEntry, Undeclared),
    UnicodeEncodeError,  # of half a character, which a body can only hold as an escape
)
"""What comes of bodies that agree with nothing; whatever else is raised is our mistake."""
NOT_HELD: Final = Text("cannot be held against the laws", "无法对照定律检查")
NOT_DECIDED: Final = Text("law 10: cannot be decided again", "定律 10：无法重新判定")
NOT_RANKED: Final = Text("law 10: cannot be ranked again", "定律 10：无法重新排名")
NOT_COMPUTED: Final = Text("law 7: cannot be computed again", "定律 7：无法重新计算")


@frozen(kw_only=True)
class Report:
    """
    What an audit found.

    Args:
        entries: How many entries were read.
        postings: How many postings.
        decided_again: How many operations were decided again, where that was asked.
        faults: What is wrong, each with its position, in order.
        unchecked: What could not be checked and why, each with its position, in order:
            it hangs on a function of the host's that is not there.
    """

    entries: int
    postings: int
    decided_again: int
    faults: tuple[str, ...]
    unchecked: tuple[str, ...] = ()

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


def verify(
    reading: Reading,
    *,
    decide_again: bool = False,
    functions: Functions = NO_FUNCTIONS,
    kept: int = KEPT_MAX,
    by_values: bool = False,
) -> Report:
    """
    Audit a ledger.

    Args:
        reading: A consistent view of it.
        decide_again: Whether to decide every operation again (law 10).
        functions: Functions of the host's that the policies use.
        kept: How many entries and movements are kept in memory; the others are read again
            when they are needed.
        by_values: Whether values are made of every body, of plain ones too; it finds the
            same, and takes several times as long.  What is decided again always has them.
    """
    caches = reading.caches()
    audit = _Audit(
        reading=reading,
        decide_again=decide_again,
        by_values=by_values or decide_again,
        memory=Memory(reading.past, kept),
        suspects={*caches.repeated, *caches.voided},
    )
    audit.fold.functions = functions
    entries = reading.stored()
    size = max(1, min(kept, PIECE))
    for stored in entries:
        if not audit.take_plain(stored):
            audit.take_mixed((stored, *islice(entries, size - 1)))
    audit.compare(caches)
    audit.compare_privates(reading)
    return Report(
        entries=audit.entries,
        postings=audit.postings,
        decided_again=audit.decided_again,
        faults=tuple(audit.faults),
        unchecked=tuple(audit.unchecked),
    )


def _read(body: str) -> Entry | Text:
    """Return the entry that *body* tells, or why it tells none."""
    try:
        return decode_entry(body)
    except UnbalancedEntry as error:
        return Text("law 1: {e}", "定律 1：{e}", e=error.text)
    except NotCanonical as error:
        return Text("the body cannot be read: {e}", "正文无法读取：{e}", e=error.text)


@define
class _Audit:
    reading: Reading
    decide_again: bool
    by_values: bool
    memory: Memory
    suspects: set[EntryId]
    fold: Standing = field(init=False)
    running: Running = field(init=False)
    plain: Plain = field(init=False)
    sums: Counter[str] = field(factory=Counter)
    voided: dict[EntryId, Position] = field(factory=dict)
    entries: int = 0
    postings: int = 0
    decided_again: int = 0
    faults: list[Text] = field(factory=list)
    unchecked: list[Text] = field(factory=list)

    @fold.default
    def _from_the_beginning(self) -> Standing:
        return self.memory.begin()

    @running.default
    def _no_balances(self) -> Running:
        return Running(self.fold.is_strict)

    @plain.default
    def _nothing_taken(self) -> Plain:
        return Plain(self.fold, self.running, self.memory, self.suspects)

    def fault(self, position: int, text: Text) -> None:
        self.faults.append(
            Text("position {n}: {text}", "第 {n} 条：{text}", n=position, text=text)
        )

    # ------------------------------------------------------------ an entry

    def take_plain(self, stored: StoredEntry) -> bool:
        """Take in an entry of which there is nothing to say; return whether it is one."""
        if self.by_values:
            return False
        outline = self.plain.outline(stored)
        return outline is not None and self._take_plain(stored, outline)

    def take_mixed(self, several: Sequence[StoredEntry]) -> None:
        """Take in entries that are plain here and there, if at all."""
        outlines = [
            None if self.by_values else self.plain.outline(each) for each in several
        ]
        others = [
            each for each, outline in zip(several, outlines, strict=True) if not outline
        ]
        read = iter(self._read_all(others))
        for index, (stored, outline) in enumerate(zip(several, outlines, strict=True)):
            if outline is None:
                self._take(stored, next(read))
            elif not self._take_plain(stored, outline):
                # whatever is the matter with it, what follows may hang on it
                rest = several[index:]
                for each, entry in zip(rest, self._read_all(rest), strict=True):
                    self._take(each, entry)
                return

    def _take_plain(self, stored: StoredEntry, outline: Outline) -> bool:
        follows = stored.position == self.entries + 1
        if not follows or not self.plain.take(stored, outline):
            return False
        self.entries += 1
        self.postings += len(stored.postings)
        return True

    def _read_all(self, several: Sequence[StoredEntry]) -> list[Entry | Text]:
        """Read bodies, and recall what they act on."""
        read = [_read(stored.body) for stored in several]
        entries = [entry for entry in read if isinstance(entry, Entry)]
        if entries:
            self._recall(
                Needs(
                    ids=frozenset(entry.id for entry in entries),
                    threads=frozenset(chain.from_iterable(map(acted_on, entries))),
                )
            )
        return read

    def _recall(self, needs: Needs) -> None:
        """Recall at once what would else be recalled one by one."""
        self.plain.hand_over()
        self.memory.tidy(self.fold)
        with suppress(NotCanonical, UnbalancedEntry):
            self.memory.recall(self.fold, needs)
        # what cannot be read is told of whoever asks for it

    def _take(self, stored: StoredEntry, entry: Entry | Text) -> None:
        self.plain.hand_over()
        expected = self.entries + 1
        self.entries += 1
        self.postings += len(stored.postings)
        if stored.position != expected:
            self.fault(
                expected,
                Text(
                    "is missing; the next entry stands at {next}",
                    "缺失；下一条记录在第 {next} 条",
                    next=stored.position,
                ),
            )
            self.entries = stored.position
        if isinstance(entry, Text):
            self.fault(stored.position, entry)
            return
        for text, step in (
            (NOT_HELD, self._hold_against_laws),
            (NOT_DECIDED, self._decide_again),
            (NOT_RANKED, self._rank_again),
            (NOT_COMPUTED, self._fold),
        ):
            try:
                step(entry, stored)
            except OF_DAMAGE as error:
                what = f"{type(error).__name__}: {error}"
                told = Text("{text}: {what}", "{text}：{what}", text=text, what=what)
                self.fault(stored.position, told)
            except Exception as error:
                error.add_note(f"This was met at position {stored.position}.")
                raise

    def _hold_against_laws(self, entry: Entry, stored: StoredEntry) -> None:
        for id in acted_on(entry):
            self.fold.thread(id)  # which is recalled with it
        for text in self._laws(entry):
            self.fault(stored.position, text)

    def _laws(self, entry: Entry) -> Iterator[Text]:
        before = self.fold.find(entry.id)
        if before is not None:
            yield Text(
                "law 5: the id {id!r} is taken at {position}",
                "定律 5：编号 {id!r} 已由第 {position} 条使用",
                id=entry.id,
                position=before[0],
            )
        if self.fold.is_void(entry.id):
            yield Text(
                "law 5: the id {id!r} was void before",
                "定律 5：编号 {id!r} 此前已作废",
                id=entry.id,
            )
        if isinstance(entry.operation, NoteRefusal) and entry.postings:
            yield Text("law 6: a refusal moves credits", "定律 6：退回记录变动了积分")
        if not entry.actor:
            yield Text("law 8: the entry names no actor", "定律 8：记录没有经办人")
        yield from self._laws_of_policy(entry)
        yield from self._laws_of_target(entry)
        yield from self._laws_of_claim(entry)
        if not isinstance(entry.operation, NoteRefusal):
            yield from self._accounts(entry)
            yield from self._limits(entry)

    def _laws_of_policy(self, entry: Entry) -> Iterator[Text]:
        if isinstance(entry.operation, AdoptPolicy):
            text = entry.operation.text
            if hashlib.sha256(text.encode()).hexdigest() != entry.policy:
                yield Text(
                    "law 8: the policy's text is not that of {policy!r}",
                    "定律 8：政策全文与 {policy!r} 不符",
                    policy=entry.policy,
                )
            try:
                compiled(text)
            except PolicyInvalid as error:
                yield Text(
                    "law 8: the policy cannot be read: {error}",
                    "定律 8：政策无法读取：{error}",
                    error=error.text,
                )
            return
        refused_without = isinstance(entry.operation, NoteRefusal) and not entry.policy
        adopted = any(each.hash == entry.policy for each in self.fold.adoptions)
        if not (adopted or refused_without):
            yield Text(
                "law 8: the policy {policy!r} was never adopted",
                "定律 8：政策 {policy!r} 从未采纳",
                policy=entry.policy,
            )

    def _laws_of_target(self, entry: Entry) -> Iterator[Text]:
        undone = [p for p in entry.postings if p.undoes]
        if entry.target is None:
            if undone:
                yield Text(
                    "law 9: legs undo something, and no target is named",
                    "定律 9：有冲销的各笔，却没有指明所冲销的记录",
                )
            return
        if self.fold.find(entry.target) is None:
            yield Text(
                "law 3: the target {target!r} does not stand before it",
                "定律 3：所指的记录 {target!r} 不在其前",
                target=entry.target,
            )
            return
        counts = self.fold.in_effect(entry)
        if counts is None or not isinstance(counts.operation, Reverse | Correct):
            return
        before = self.fold.undone_by(counts.operation.target)
        if before is not None:
            yield Text(
                "law 9: {target!r} was undone by {before!r} already",
                "定律 9：{target!r} 已由 {before!r} 冲销",
                target=counts.target,
                before=before,
            )
        target = self.fold.counted(counts.operation.target)
        if target is None:
            yield Text(
                "law 9: the claim {target!r} never counted, and is undone",
                "定律 9：申报 {target!r} 从未计入，却被冲销",
                target=counts.target,
            )
            return
        negated = Counter(evolve(p, undoes=False, amount=-p.amount) for p in undone)
        if negated != Counter(target.own_postings):
            yield Text(
                "law 9: the legs do not negate those of {target!r}",
                "定律 9：各笔与 {target!r} 的不能相抵",
                target=counts.target,
            )

    def _laws_of_claim(self, entry: Entry) -> Iterator[Text]:
        claim = claim_acted_on(entry)
        if entry.postings and (entry.waits or (claim and not entry.settles)):
            yield Text(
                "law 6: it moves credits although its claim does not count",
                "定律 6：申报尚未计入，却变动了积分",
            )
        if claim is not None and claim not in self.fold.claims:
            yield Text(
                "law 9: no claim {claim!r} waits any more, and it acts on it",
                "定律 9：没有等待中的申报 {claim!r}，却有记录对其办理",
                claim=claim,
            )

    def _accounts(self, entry: Entry) -> Iterator[Text]:
        moved = dict.fromkeys(p.account for p in entry.postings)
        if moved.keys() <= self.fold.accounts.keys():
            return
        counts = self.fold.in_effect(entry)
        operation = counts.operation if counts else entry.operation
        opened = operation.account if isinstance(operation, OpenAccount) else None
        for account in moved:
            if account not in self.fold.accounts and account != opened:
                yield Text(
                    "law 4: it moves the account {account!r}, which no entry before it "
                    "opened, so that no limit holds it",
                    "定律 4：变动了账户 {account!r}，此前没有记录开立该账户，因此不受限额约束",
                    account=account,
                )

    def _limits(self, entry: Entry) -> Iterator[Text]:
        if not entry.postings:
            return
        today = judged_on(
            entry.operation, entry.effective_on, entry.recorded.on, self.fold
        )
        adoption = self.fold.policy_on(today)
        if adoption is None:
            return
        try:
            policy = compiled(adoption.text)
        except PolicyInvalid:
            return  # told where it was adopted
        changes: dict[tuple[AccountId, str], Balance] = {}
        for posting in entry.postings:
            key = posting.account, posting.unit
            changes[key] = changes.get(key, NO_BALANCE).plus(posting)
        if surely_settled(changes, self.fold, policy):
            return
        draft = Draft(self.fold.head + 1, entry.effective_on)
        for leg in self.fold.legs(entry):
            place, _ = self.fold.known.get(leg.origin, (draft.position, entry))
            draft.take(leg, place)
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
            today=today,
            bounds=policy,
            caps=not isinstance(entry.operation, Reverse | CancelOrder | ExpireLot),
            floors=not isinstance(entry.operation, ExpireLot),
        )
        allowed = {f.code for f in entry.findings if f.reason is Reason.OVERRIDDEN}
        for finding in settled(case, bench):
            if finding.reason is Reason.FUNCTION_NEEDED:
                text = Text(
                    "law 4: not checkable without {function}",
                    "定律 4：缺少 {function}，无法核验",
                    function=finding.wanted,
                )
                self._leave(self.entries, text)
            elif finding.code not in allowed:
                yield Text(
                    "law 4: {account!r} is left with {found} {unit}, "
                    "beyond {code} ({wanted})",
                    "定律 4：{account!r} 变为 {found} {unit}，超出 {code}（{wanted}）",
                    account=finding.account,
                    found=finding.found,
                    unit=finding.unit,
                    code=finding.code,
                    wanted=finding.wanted,
                )

    def _fold(self, entry: Entry, stored: StoredEntry) -> None:
        if entry.target is not None and self.fold.find(entry.target) is None:
            return
        self.fold.apply(entry, stored.position)
        if isinstance(entry.operation, VoidId):
            self.voided[entry.operation.voided] = stored.position
            self.suspects.add(entry.operation.voided)
        expected = stored_entry(
            entry,
            stored.position,
            root=self.fold.roots[entry.id],
            counts=self.fold.in_effect(entry),
            legs=self.fold.moved[entry.id],
            position_of=lambda id: self.fold.known[id][0],
            running=self.running,
            body=stored.body,
        )
        for posting in entry.postings:
            self.sums[posting.unit] += posting.amount
        if stored == expected:
            return
        for text in differences(stored, expected):
            self.fault(
                stored.position, Text("law 7: {text}", "定律 7：{text}", text=text)
            )

    # ------------------------------------------------------------ law 10

    def _decide_again(self, entry: Entry, stored: StoredEntry) -> None:
        if not self.decide_again:
            return
        position = stored.position
        operation = entry.operation
        refused = isinstance(operation, NoteRefusal)
        try:
            request = Request(
                id=operation.refused
                if isinstance(operation, NoteRefusal)
                else entry.id,
                operation=(
                    operation.operation
                    if isinstance(operation, NoteRefusal)
                    else operation
                ),
                effective_on=entry.effective_on,
                actor=entry.actor,
            )
        except ValueError as error:  # such as an actor that nobody could be
            what = Text(
                "{told}: {error}",
                "{told}：{error}",
                told=NOT_DECIDED,
                error=text_of(error),
            )
            self.fault(position, what)
            return
        if refused and any(f.code == "id" for f in entry.findings):
            return
        self.decided_again += 1
        verdict = decide(
            request, self.fold, entry.recorded, commitment=entry.commitment
        )
        text = disagreement(entry, verdict, refused=refused)
        if text is None:
            return
        if lacking := self._lacking(entry):
            text = Text(
                "law 10: not checkable without {functions}",
                "定律 10：缺少 {functions}，无法核验",
                functions=", ".join(lacking),
            )
            self._leave(position, text)
        else:
            self.fault(position, text)

    def _leave(self, position: int, text: Text) -> None:
        self.unchecked.append(
            Text("position {n}: {text}", "第 {n} 条：{text}", n=position, text=text)
        )

    def _lacking(self, entry: Entry) -> list[str]:
        """Return the functions that *entry* may hang on, and did or does without."""
        used = {
            str(f.wanted) for f in entry.findings if f.reason is Reason.FUNCTION_NEEDED
        }
        today = self.fold.policy_on(entry.recorded.on)
        for adoption in self.fold.adoptions:
            if adoption.hash == entry.policy or adoption is today:
                there = self.fold.functions
                used |= functions_of(compiled(adoption.text)) - there.keys()
        return sorted(used)

    def _rank_again(self, entry: Entry, stored: StoredEntry) -> None:
        """Make a ranking anew from all the books, as of the position it was made at."""
        asked = entry.asked
        if not self.decide_again or not isinstance(asked, PublishRanking):
            return
        if self._lacking(entry):
            return  # told where it was decided again
        memory = Memory(self.reading.past)
        books = memory.begin()
        books.functions = self.fold.functions
        for position, each in self.reading.entries(until=Position(asked.through)):
            memory.take(books, each, position)
        policy = compiled(self.fold.adopted(entry.policy).text)
        whole = ranked(asked.ranking, entry.effective_on, policy, books)
        missing = [place.account for place in whole if place not in asked.places]
        if whole != asked.places:
            self.fault(
                stored.position,
                Text(
                    "law 10: made again as of position {n}, the ranking has {whole} "
                    "places and not {found}; missing or other: {missing}",
                    "定律 10：依第 {n} 条时的账目重新排名，应有 {whole} 名而非 {found} 名；"
                    "缺少或不同者：{missing}",
                    n=asked.through,
                    whole=len(whole),
                    found=len(asked.places),
                    missing=", ".join(missing),
                ),
            )

    # ------------------------------------------------------------ caches

    def compare(self, caches: Caches) -> None:
        """Hold the caches against the fold."""
        self.plain.hand_over()
        for unit, amount in self.sums.items():
            if amount:
                self.fault(
                    self.entries,
                    Text(
                        "law 1: the ledger's {unit} sum to {amount}",
                        "定律 1：账本的 {unit} 合计为 {amount}",
                        unit=unit,
                        amount=amount,
                    ),
                )
        made = Made(
            head=self.entries,
            voided=self.voided,
            fold=self.fold,
            balances=self.running.balances,
        )
        for position, text in stale(caches, made):
            self.fault(position, text)

    def compare_privates(self, reading: Reading) -> None:
        """Hold all private details against the commitments in their entries."""
        privates = reading.privates()
        try:
            while several := dict(islice(privates, PIECE)):
                self._recall(Needs(ids=frozenset(several)))
                for id, private in several.items():
                    self._compare_private(id, private)
        except NotCanonical as error:
            self.fault(
                self.entries,
                Text(
                    "law 7: private details cannot be read: {error}",
                    "定律 7：个人信息无法读取：{error}",
                    error=error.text,
                ),
            )

    def _compare_private(self, id: EntryId, private: Private) -> None:
        position, entry = self.fold.find(id) or (self.entries, None)
        if entry is None or entry.commitment != commitment(
            private.values, private.salt
        ):
            self.fault(
                position,
                Text(
                    "law 7: the private details of {id!r} are not its own",
                    "定律 7：{id!r} 的个人信息不是它自己的",
                    id=id,
                ),
            )
