"""
What a clerk does with every sheet and at the end of every day, for both examples.

Read a sheet, record its rows, hand back the ones that were refused; then have the books
audited, and compare them with somebody else's sums.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from attrs import field, frozen

from timebank import Bank, Finding
from timebank.exchange import (
    ImportReport,
    Layout,
    Names,
    RowFinding,
    RowProblem,
    Table,
    import_table,
    names_of,
    problem_text,
    read_sheet,
    read_table,
    write_refused,
)
from timebank.messages import Language, finding_text

BOOKS: Final = "books.db"

Progress = Callable[[str, int, int], None]
"""Told of which file, or of which step, how much is done, of how much."""


def fresh(folder: Path) -> str:
    """Return the address of a database in *folder*; the books of an earlier run go."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in ("", "-wal", "-shm", "-turn"):
        (folder / f"{BOOKS}{file}").unlink(missing_ok=True)
    return f"sqlite:///{(folder / BOOKS).resolve()}"


# ---------------------------------------------------------------- sheets


@frozen(kw_only=True)
class Imported:
    """
    A sheet, and what became of its rows.

    Args:
        path: The file.
        table: Its rows, read.
        report: What became of each.
        refused_to: The workbook with the refused rows, where there are any.
        remarks_to: The list of what the rules noted about recorded rows, likewise.
    """

    path: Path
    table: Table
    report: ImportReport
    refused_to: Path | None = None
    remarks_to: Path | None = None

    def day_of(self, number: int) -> str:
        """Return the day of the row *number*."""
        row = next(row for row in self.table.rows if row.number == number)
        return row.request.effective_on.isoformat() if row.request else ""


@frozen
class Desk:
    """
    Where sheets come in.

    Args:
        bank: The books.
        out: Where refused rows and remarks go.
        language: What those are written in.
        progress: Told how far an import is.
    """

    bank: Bank
    out: Path
    language: Language
    progress: Progress
    names: Names = field(init=False)

    @names.default
    def _names(self) -> Names:
        return names_of(self.bank.policies())

    def read(self, path: Path, layout: Layout) -> Table:
        """Read the rows of a sheet; nothing is recorded yet."""
        return read_table(
            read_sheet(path), layout, names=self.names, actor=self.bank.actor
        )

    def record(self, path: Path, table: Table) -> Imported:
        """Record the rows of a sheet, each on its own, and write down what was refused."""
        report = self._imported(path, table)
        refused_to = remarks_to = None
        if report.refused:
            refused_to = self.out / f"{path.stem}-refused.xlsx"
            write_refused(
                refused_to,
                table,
                report.refused,
                text=self.text,
                language="zh" if self.language is Language.ZH else "en",
            )
        if report.noted:
            remarks_to = self.out / f"{path.stem}-remarks.csv"
            with remarks_to.open("w", encoding="utf-8-sig", newline="") as file:
                csv.writer(file).writerows(
                    (noted.number, noted.id, self.text(finding))
                    for noted in report.noted
                    for finding in noted.findings
                )
        return Imported(
            path=path,
            table=table,
            report=report,
            refused_to=refused_to,
            remarks_to=remarks_to,
        )

    def record_again(self, path: Path, table: Table) -> Imported:
        """Record the rows once more; what was written down the first time stays."""
        return Imported(path=path, table=table, report=self._imported(path, table))

    def _imported(self, path: Path, table: Table) -> ImportReport:
        return import_table(
            self.bank,
            table,
            progress=lambda done, rows: self.progress(path.name, done, rows),
        )

    def bring(self, path: Path, layout: Layout) -> Imported:
        """Read a sheet and record its rows."""
        return self.record(path, self.read(path, layout))

    def text(self, finding: RowFinding) -> str:
        """Return what a finding says, in the desk's language."""
        return reason_text(finding, self.bank, self.language)


def reason_text(finding: RowFinding, bank: Bank, language: Language) -> str:
    """Return what is wrong with a row: by the file's own fault, or by the rules."""
    if isinstance(finding, RowProblem):
        return problem_text(finding, "zh" if language is Language.ZH else "en")
    return finding_text(
        finding, language=language, units=bank.units(), names=bank.names()
    )


def cause_of(finding: RowFinding) -> str:
    """Return the place in the policy that forbids it, or else the kind of fault."""
    if isinstance(finding, Finding) and "." in finding.code:
        return finding.code
    return finding.reason.value


def by_cause(report: ImportReport) -> Counter[str]:
    """Count the refused rows by cause; a row with two counts for both."""
    return Counter(
        cause
        for refused in report.refused
        for cause in sorted({cause_of(finding) for finding in refused.findings})
    )


def noted(imported: Imported, code: str) -> Iterator[tuple[str, Finding]]:
    """Yield the findings with *code* that rows were recorded with, and their days."""
    for row in imported.report.noted:
        for finding in row.findings:
            if finding.code == code:
                yield imported.day_of(row.number), finding


# ---------------------------------------------------------------- the books


@frozen(kw_only=True)
class Audit:
    """
    Whether the books are right.

    Args:
        entries: Entries in the journal.
        postings: Their postings.
        faults: Whatever breaks a law, with its place.
        balances: Balances compared with the independent sums.
        differing: Those that are not the same, as ``account unit: ours, theirs``.
    """

    entries: int
    postings: int
    faults: tuple[str, ...]
    balances: int
    differing: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults and not self.differing


def audit(
    bank: Bank, sums: Mapping[str, Mapping[str, int]], progress: Progress
) -> Audit:
    """Verify the books, and compare every balance with *sums* (account, unit, parts)."""
    progress("audit", 0, 2)
    report = bank.verify()
    progress("audit", 1, 2)
    ours: dict[tuple[str, str], int] = {
        (account.id, unit): bank.balance(account.id, unit).total
        for account in bank.accounts()
        for unit in bank.units()
    }
    theirs = {
        (who, unit): parts for who, held in sums.items() for unit, parts in held.items()
    }
    progress("audit", 2, 2)
    return Audit(
        entries=report.entries,
        postings=report.postings,
        faults=report.faults,
        balances=len(ours),
        differing=tuple(
            f"{who} {unit}: {ours.get((who, unit))}, {theirs.get((who, unit), 0)}"
            for who, unit in sorted({*ours, *theirs})
            if ours.get((who, unit)) != theirs.get((who, unit), 0)
        ),
    )
