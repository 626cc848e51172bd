"""
Importing a clerk's spreadsheet, and telling what became of every row.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from ..bank import Bank
from ..messages import finding_text
from .access import DEFAULT_ACCESS, NO_POLICY, Access
from .endings import ExitCode, Stopped
from .progress import progress
from .show import Json, document, say

if TYPE_CHECKING:
    from ..exchange import ImportReport, RowFinding

LayoutName = Literal["services", "marks", "members", "redemptions", "tiers"]


def import_(  # noqa: PLR0913 - the switches of one command
    file: Annotated[
        Path,
        Parameter(
            help="The spreadsheet: .xlsx, .xls, .xlsb, .ods, or text with commas or tabs."
        ),
    ],
    /,
    *,
    as_: Annotated[
        LayoutName,
        Parameter(name="--as", help="What its rows are."),
    ],
    sheet: Annotated[
        str | None,
        Parameter(help="Which sheet, where a workbook has several with content."),
    ] = None,
    dry_run: Annotated[
        bool, Parameter(help="Say what would happen, and record nothing.")
    ] = False,
    all_or_nothing: Annotated[
        bool, Parameter(help="Record every row, or none at all.")
    ] = False,
    refused: Annotated[
        Path | None,
        Parameter(
            help="Write the refused rows into this .xlsx workbook, with the reasons "
            "beside them; mended, it can be imported."
        ),
    ] = None,
    json: Annotated[bool, Parameter(help="Print one JSON document.")] = False,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Import a spreadsheet: each row is recorded, or refused with every reason.

    The same row, or the same file, is never recorded twice; an import that
    was interrupted is simply made again. Ends with 4 if a row was refused.

    --json prints {file, as, dry_run, recorded: [row], known: [row],
    withheld: [row], skipped: [row], refused: [{row, reasons}],
    noted: [{row, entry, notes}]}.
    """
    from .. import exchange  # noqa: PLC0415 - only this command reads spreadsheets

    if refused:
        _can_be_written(refused)
    with access.writing() as bank:
        policies = bank.policies()
        if not policies:
            raise Stopped(NO_POLICY, ExitCode.REFUSED)
        layout = exchange.LAYOUTS[as_]
        table = exchange.read_table(
            exchange.read_sheet(file, sheet=sheet),
            layout,
            names=exchange.names_of(policies),
            actor=bank.actor,
        )
        with progress(file.name) as told:
            report = exchange.import_table(
                bank,
                table,
                dry_run=dry_run,
                atomic=all_or_nothing,
                progress=told,
            )
        text = _texts(bank, access)
    if json:
        document({"file": str(file), "as": as_, **_report_json(report, text)})
    else:
        _tell(file, as_, report, text)
    if refused and report.refused:
        try:
            exchange.write_refused(
                refused, table, report.refused, text=text, language=access.language
            )
        except OSError as error:
            raise _not_written(refused, error.strerror or str(error)) from None
    if not report.refused:
        return ExitCode.DONE
    raise Stopped(_closing(file, report, len(table.rows), refused), ExitCode.BAD_FILE)


def _can_be_written(workbook: Path) -> None:
    """Stop before the first row is recorded where the workbook could not be written."""
    if workbook.suffix.lower() != ".xlsx":
        raise Stopped(f"--refused writes a workbook: {workbook} must end in .xlsx")
    folder = workbook.parent
    if not folder.is_dir():
        raise _not_written(workbook, f"there is no folder {folder}")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise _not_written(workbook, f"nothing can be written in the folder {folder}")
    if workbook.is_dir():
        raise _not_written(workbook, "it is a folder")


def _not_written(workbook: Path, why: str) -> Stopped:
    return Stopped(
        f"--refused: {workbook} cannot be written: {why}; name another place",
        ExitCode.STORAGE,
    )


def _texts(bank: Bank, access: Access) -> Callable[[RowFinding], str]:
    from ..exchange import RowProblem, problem_text  # noqa: PLC0415

    units = bank.units()

    def text(found: RowFinding) -> str:
        if isinstance(found, RowProblem):
            return problem_text(found, access.language)
        return finding_text(found, language=access.language, units=units)

    return text


# ---------------------------------------------------------------- telling


def _tell(
    file: Path, as_: str, report: ImportReport, text: Callable[[RowFinding], str]
) -> None:
    say(f"{file.name}, as {as_}" + ", rehearsed" * report.rehearsed)
    counts = {
        "to be recorded" if report.rehearsed else "recorded": len(report.recorded),
        "withheld": len(report.withheld),
        "known already": len(report.known),
        "refused": len(report.refused),
        "noted": len(report.noted),
        "skipped": len(report.skipped),
    }
    for what, count in counts.items():
        if count or what != "withheld":
            say(f"  {what:<15}{count:>7}")
    for each in report.refused:
        say(f"row {each.row.number} refused: {_joined(each.findings, text)}")
    for row in report.noted:
        say(f"row {row.number} noted: {_joined(row.findings, text)}")


def _joined(findings: tuple[RowFinding, ...], text: Callable[[RowFinding], str]) -> str:
    return "; ".join(text(finding) for finding in findings)


def _closing(file: Path, report: ImportReport, rows: int, workbook: Path | None) -> str:
    lines = [f"{file}: {len(report.refused)} of {rows} rows were refused"]
    if report.withheld:
        lines.append("  nothing was recorded: --all-or-nothing wants every row right")
    if workbook:
        lines.append(f"  they are in {workbook}: mend them there, and import that file")
    elif not report.withheld:
        lines.append(
            "  mend them in the file and import it again: what is recorded is known"
        )
    return "\n".join(lines)


def _report_json(
    report: ImportReport, text: Callable[[RowFinding], str]
) -> dict[str, Json]:
    return {
        "dry_run": report.rehearsed,
        "recorded": list(report.recorded),
        "known": list(report.known),
        "withheld": list(report.withheld),
        "skipped": [each.number for each in report.skipped],
        "refused": [
            {"row": each.row.number, "reasons": [text(f) for f in each.findings]}
            for each in report.refused
        ],
        "noted": [
            {
                "row": each.number,
                "entry": each.id,
                "notes": [text(f) for f in each.findings],
            }
            for each in report.noted
        ],
    }
