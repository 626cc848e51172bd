"""
Feeding a sheet's requests to the bank, and gathering what became of each row.

An import that was interrupted is simply made again: ids come from the rows, so that what
is recorded already is recognised and nothing is recorded twice.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import Final, Protocol

from attrs import define, field, frozen
from attrs import validators as v

from ..entries import Outcome, Refusal, Request
from ..errors import BatchRefused
from ..model import EntryId, Finding
from .numbers import Numbers
from .problems import RowProblem
from .tables import Row, SkippedRow, Table

CHUNK: Final = 500
"""Requests in one turn of the bank: long enough to be fast, short enough to let others in."""

RowFinding = RowProblem | Finding
"""Why a row was refused: by the file's own fault, or by the bank."""


class Books(Protocol):
    """
    What an import needs of a bank.

    Both answer each request with an outcome or a refusal, in order.
    """

    def batch(
        self, requests: Sequence[Request], /, *, atomic: bool = ...
    ) -> tuple[Outcome | Refusal, ...]:
        """
        Record each on its own; with *atomic* all of them or none.

        Raises:
            BatchRefused: If *atomic*, and at least one is refused.
        """
        ...

    def rehearse(self, requests: Sequence[Request], /) -> tuple[Outcome | Refusal, ...]:
        """Answer as `batch` would, and record nothing."""
        ...


@frozen(kw_only=True)
class RefusedRow:
    """A row that was not recorded, with everything that speaks against it."""

    row: Row
    findings: tuple[RowFinding, ...] = field(validator=v.min_len(1))


@frozen(kw_only=True)
class NotedRow:
    """A row that was recorded, and about which the rules noted something."""

    number: int
    id: EntryId
    findings: tuple[Finding, ...]


@frozen(kw_only=True)
class ImportReport:
    """
    What became of every row, by its number in the file.

    Args:
        recorded: Rows recorded now; in a rehearsal, those that would be.
        known: Rows that stood in the journal already, from an earlier import.
        withheld: Rows without fault that were not recorded, because the import was to be
            whole and others had faults.
        refused: Rows that were not recorded, and why.
        noted: Rows recorded with a remark of the rules: parts dropped, flags raised.
        skipped: Rows that are no records: totals, headings again.
        rehearsed: Whether nothing was to be recorded.
    """

    recorded: Collection[int] = ()
    known: Collection[int] = ()
    withheld: Collection[int] = ()
    refused: tuple[RefusedRow, ...] = ()
    noted: tuple[NotedRow, ...] = ()
    skipped: tuple[SkippedRow, ...] = ()
    rehearsed: bool = False


Progress = Callable[[int, int], None]
"""Told how many rows are done, of how many."""


def _no_progress(done: int, rows: int) -> None:
    """Nobody watches."""


def import_table(  # noqa: PLR0913 - the switches of one command
    books: Books,
    table: Table,
    *,
    chunk: int = CHUNK,
    dry_run: bool = False,
    atomic: bool = False,
    progress: Progress = _no_progress,
) -> ImportReport:
    """
    Record the rows of *table*, and report on every one.

    They are read as they go to the bank, and of those that were simply recorded no more
    than their numbers is kept.  With *dry_run* and *atomic* all are in memory at once.

    Args:
        books: Where to record them.
        table: The rows.
        chunk: How many requests go to the bank in one turn.
        dry_run: Whether to record nothing; all rows are then judged in one go, each as
            though those before it had been recorded.
        atomic: Whether to record all rows or none.
        progress: Told how far the import is, after every turn.

    Raises:
        SheetUnreadable: If the file is another than it was when it was looked through.
            What was recorded by then stands; the import may be made again.
    """
    if chunk < 1:
        raise ValueError(f"a chunk has at least one request, found {chunk}")
    rows, report = len(table.rows), _Report()
    progress(0, rows)
    withheld = False
    if dry_run:
        report.take(_answered(books.rehearse, [*table.rows]))
    elif atomic:
        answers, withheld = _all_or_none(books, [*table.rows])
        report.take(answers)
    else:
        for answers in _turn_by_turn(books, table.rows, chunk):
            report.take(answers)
            progress(report.done, rows)
    progress(rows, rows)
    return report.whole(table, withheld=withheld, rehearsed=dry_run)


Answered = Sequence[tuple[Row, Outcome | Refusal | None]]
"""Rows in order, each with what the bank said; nothing where it was not asked."""


def _answered(
    ask: Callable[[Sequence[Request]], Iterable[Outcome | Refusal]],
    rows: Sequence[Row],
) -> Answered:
    requests = [(row.number, row.request) for row in rows if row.request is not None]
    answers = ask([request for _, request in requests]) if requests else ()
    answer_to = {
        number: answer for (number, _), answer in zip(requests, answers, strict=True)
    }
    return [(row, answer_to.get(row.number)) for row in rows]


def _all_or_none(books: Books, rows: Sequence[Row]) -> tuple[Answered, bool]:
    """Return the answers, and whether nothing was recorded because one is a refusal."""
    if all(row.request for row in rows):
        # where one is refused, what is said of each is found out below
        with suppress(BatchRefused):
            return _answered(partial(books.batch, atomic=True), rows), False
    return _answered(books.rehearse, rows), True


def _turn_by_turn(books: Books, rows: Iterable[Row], chunk: int) -> Iterator[Answered]:
    ask = partial(books.batch, atomic=False)
    waiting: list[Row] = []
    many = 0
    for row in rows:
        waiting.append(row)
        many += row.request is not None
        if many == chunk:
            yield _answered(ask, waiting)
            waiting, many = [], 0
    yield _answered(ask, waiting)


@define
class _Report:
    """What became of the rows so far."""

    recorded: Numbers = field(factory=Numbers)
    known: Numbers = field(factory=Numbers)
    refused: list[RefusedRow] = field(factory=list)
    noted: list[NotedRow] = field(factory=list)

    @property
    def done(self) -> int:
        return len(self.recorded) + len(self.known) + len(self.refused)

    def take(self, answers: Answered) -> None:
        for row, answer in answers:
            match answer:
                case None:
                    self.refused.append(RefusedRow(row=row, findings=row.problems))
                case Refusal():
                    self.refused.append(RefusedRow(row=row, findings=answer.findings))
                case Outcome():
                    (self.known if answer.replayed else self.recorded).add(row.number)
                    if answer.findings:
                        noted = NotedRow(
                            number=row.number,
                            id=answer.entry.id,
                            findings=answer.findings,
                        )
                        self.noted.append(noted)

    def whole(self, table: Table, *, withheld: bool, rehearsed: bool) -> ImportReport:
        return ImportReport(
            recorded=() if withheld else self.recorded,
            known=self.known,
            withheld=self.recorded if withheld else (),
            refused=tuple(self.refused),
            noted=() if withheld else tuple(self.noted),
            skipped=table.skipped,
            rehearsed=rehearsed,
        )
