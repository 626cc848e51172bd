"""
The audit: recompute everything from the journal and compare it with what is kept.

One pass over the journal folds a standing of its own.  Each entry is held against the
laws of ``docs/explanation/laws.md``, each column against its body, and at the end each
cache against the fold.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain, islice
from typing import Final

from attrs import define, field, frozen

from ..entries import Entry
from ..errors import (
    NotCanonical,
    PolicyInvalid,
    UnbalancedEntry,
    Undeclared,
    VerificationFailed,
)
from ..model import EntryId, Position
from ..operations import VoidId
from ..recalling import KEPT_MAX, Memory, acted_on
from ..scope import NO_FUNCTIONS, Functions, Needs
from ..standing import Standing
from ..storage.codec import commitment, decode_entry, encode_entry
from ..storage.protocol import Caches, Private, Reading, StoredEntry
from ..storage.rows import stored_entry
from ..texts import Text
from .again import NOT_DECIDED, asked_again, decided_again, ranked_again
from .caches import Made, stale
from .differences import differences, otherwise_written
from .laws import Told, Unchecked, broken
from .outlines import Outline
from .plain import Plain

PIECE: Final = 500
"""How many entries are fetched, and what they act on recalled, at once."""
OF_DAMAGE: Final = (
    *(LookupError, NotCanonical, PolicyInvalid, UnbalancedEntry, Undeclared),
    UnicodeEncodeError,  # of half a character, which a body can only hold as an escape
)
"""What comes of bodies that agree with nothing; whatever else is raised is our mistake."""
NOT_WRITTEN: Final = Text("law 2: cannot be written again", "定律 2：无法重新写出")
NOT_HELD: Final = Text("cannot be held against the laws", "无法对照定律检查")
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


def _at(position: int, text: Text) -> Text:
    return Text("position {n}: {text}", "第 {n} 条：{text}", n=position, text=text)


@define
class _Audit:
    reading: Reading
    decide_again: bool
    by_values: bool
    memory: Memory
    suspects: set[EntryId]
    fold: Standing = field(init=False)
    plain: Plain = field(init=False)
    voided: dict[EntryId, Position] = field(factory=dict)
    entries: int = 0
    postings: int = 0
    decided_again: int = 0
    faults: list[Text] = field(factory=list)
    unchecked: list[Text] = field(factory=list)

    @fold.default
    def _from_the_beginning(self) -> Standing:
        return self.memory.begin()

    @plain.default
    def _nothing_taken(self) -> Plain:
        return Plain(self.fold, self.memory, self.suspects)

    def fault(self, position: int, text: Text) -> None:
        self.faults.append(_at(position, text))

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
                    ids={entry.id for entry in entries},
                    threads=set(chain.from_iterable(map(acted_on, entries))),
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
            (NOT_WRITTEN, self._write_again),
            (NOT_HELD, self._hold_against_laws),
            (NOT_DECIDED, self._decide_again),
            (NOT_RANKED, self._rank_again),
            (NOT_COMPUTED, self._fold),
        ):
            try:
                self._tell(stored.position, step(entry, stored))
            except OF_DAMAGE as error:
                what = f"{type(error).__name__}: {error}"
                told = Text("{text}: {what}", "{text}：{what}", text=text, what=what)
                self.fault(stored.position, told)
            except Exception as error:
                error.add_note(f"This was met at position {stored.position}.")
                raise

    def _tell(self, position: Position, several: Iterable[Told]) -> None:
        for each in several:
            if isinstance(each, Unchecked):
                self.unchecked.append(_at(position, each.text))
            else:
                self.fault(position, each)

    def _write_again(self, entry: Entry, stored: StoredEntry) -> Iterator[Told]:
        written = encode_entry(entry)
        if written != stored.body:
            yield otherwise_written(entry.id, stored.body, written)

    def _hold_against_laws(self, entry: Entry, _: StoredEntry) -> Iterator[Told]:
        for id in acted_on(entry):
            self.fold.thread(id)  # which is recalled with it
        return broken(entry, self.fold)

    def _decide_again(self, entry: Entry, _: StoredEntry) -> Iterator[Told]:
        request = asked_again(entry) if self.decide_again else None
        if isinstance(request, Text):
            yield request
        elif request is not None:
            self.decided_again += 1
            yield from decided_again(entry, request, self.fold)

    def _rank_again(self, entry: Entry, _: StoredEntry) -> Iterable[Told]:
        return ranked_again(entry, self.fold, self.reading) if self.decide_again else ()

    def _fold(self, entry: Entry, stored: StoredEntry) -> Iterator[Told]:
        if entry.target is not None and self.fold.find(entry.target) is None:
            return
        taken = self.fold.apply(entry, stored.position)
        if isinstance(entry.operation, VoidId):
            self.voided[entry.operation.voided] = stored.position
            self.suspects.add(entry.operation.voided)
        expected = stored_entry(taken, stored.body)
        if stored != expected:
            for text in differences(stored, expected):
                yield Text("law 7: {text}", "定律 7：{text}", text=text)

    # ------------------------------------------------------------ caches

    def compare(self, caches: Caches) -> None:
        """Hold the caches against the fold."""
        self.plain.hand_over()
        made = Made(
            head=self.entries,
            voided=self.voided,
            fold=self.fold,
            # what was read with entries is all there is where it is as many
            strays=() if caches.postings == self.postings else self.reading.strays(),
        )
        for position, text in stale(caches, made):
            self.fault(position, text)

    def compare_privates(self, reading: Reading) -> None:
        """Hold all private details against the commitments in their entries."""
        privates = reading.privates()
        try:
            while several := dict(islice(privates, PIECE)):
                self._recall(Needs(ids=set(several)))
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
