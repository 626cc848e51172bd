"""
Feeding a sheet's requests to the bank, and gathering what became of each row.

An import that was interrupted is simply made again: ids come from the rows, so that what
is recorded already is recognised and nothing is recorded twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, Protocol

from attrs import field, frozen
from attrs import validators as v

from ..entries import Outcome, Refusal, Request
from ..errors import BatchRefused
from ..model import EntryId, Finding
from .problems import RowProblem
from .reading import Row, SkippedRow, Table

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

    recorded: tuple[int, ...] = ()
    known: tuple[int, ...] = ()
    withheld: tuple[int, ...] = ()
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

    Args:
        books: Where to record them.
        table: The rows.
        chunk: How many requests go to the bank in one turn.
        dry_run: Whether to record nothing; all rows are then judged in one go, each as
            though those before it had been recorded.
        atomic: Whether to record all rows or none.
        progress: Told how far the import is, after every turn.
    """
    asked = [(row, row.request) for row in table.rows if row.request is not None]
    requests = [request for _, request in asked]
    faulty = len(table.rows) - len(asked)
    withheld = False
    answers: list[Outcome | Refusal] = []
    progress(faulty, len(table.rows))
    if dry_run or (atomic and faulty):
        answers.extend(books.rehearse(requests))
        withheld = not dry_run
    elif atomic:
        try:
            answers.extend(books.batch(requests, atomic=True))
        except BatchRefused:
            answers.extend(books.rehearse(requests))
            withheld = True
    else:
        for some in _chunks(requests, chunk):
            answers.extend(books.batch(some, atomic=False))
            progress(faulty + len(answers), len(table.rows))
    progress(len(table.rows), len(table.rows))
    answer_to = {
        row.number: answer for (row, _), answer in zip(asked, answers, strict=True)
    }
    return _report(table, answer_to, withheld=withheld, rehearsed=dry_run)


def _chunks(requests: list[Request], chunk: int) -> Iterator[list[Request]]:
    if chunk < 1:
        raise ValueError(f"a chunk has at least one request, found {chunk}")
    for start in range(0, len(requests), chunk):
        yield requests[start : start + chunk]


def _report(
    table: Table,
    answer_to: dict[int, Outcome | Refusal],
    *,
    withheld: bool,
    rehearsed: bool,
) -> ImportReport:
    recorded: list[int] = []
    known: list[int] = []
    refused: list[RefusedRow] = []
    noted: list[NotedRow] = []
    for row in table.rows:
        answer = answer_to.get(row.number)
        match answer:
            case None:
                refused.append(RefusedRow(row=row, findings=row.problems))
            case Refusal():
                refused.append(RefusedRow(row=row, findings=answer.findings))
            case Outcome():
                (known if answer.replayed else recorded).append(row.number)
                if answer.findings and not withheld:
                    noted.append(
                        NotedRow(
                            number=row.number,
                            id=answer.entry.id,
                            findings=answer.findings,
                        )
                    )
    return ImportReport(
        recorded=() if withheld else tuple(recorded),
        known=tuple(known),
        withheld=tuple(recorded) if withheld else (),
        refused=tuple(refused),
        noted=tuple(noted),
        skipped=table.skipped,
        rehearsed=rehearsed,
    )
