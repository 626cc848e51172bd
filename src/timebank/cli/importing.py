"""
Importing a clerk's spreadsheet, and telling what became of every row.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from ..bank import Bank
from ..errors import StorageError
from ..messages import finding_text
from ..texts import Text, joined, of_system
from .access import DEFAULT_ACCESS, NO_POLICY, Access, AsJson
from .endings import NEXT_LINE, ExitCode, Stopped
from .helping import Help
from .progress import progress
from .show import Json, counts, document, say
from .spoken import here, spoken

if TYPE_CHECKING:
    from ..exchange import ImportReport, RowFinding, Table
    from ..exchange.importing import Progress

LayoutName = Literal["services", "marks", "members", "redemptions", "tiers"]


def import_(  # noqa: PLR0913 - the switches of one command
    file: Annotated[
        Path,
        Parameter(
            help=Help(
                "The spreadsheet: .xlsx, .xls, .xlsb, .ods, or text with commas or tabs.",
                "电子表格：.xlsx、.xls、.xlsb、.ods，或以逗号、制表符分隔的文本。",
            )
        ),
    ],
    /,
    *,
    as_: Annotated[
        LayoutName,
        Parameter(name="--as", help=Help("What its rows are.", "各行是什么。")),
    ],
    sheet: Annotated[
        str | None,
        Parameter(
            help=Help(
                "Which sheet, where a workbook has several with content.",
                "哪个工作表（有多个非空工作表时）。",
            )
        ),
    ] = None,
    dry_run: Annotated[
        bool,
        Parameter(
            help=Help(
                "Say what would happen, and record nothing.",
                "只说明将会如何，不作登记。",
            )
        ),
    ] = False,
    all_or_nothing: Annotated[
        bool,
        Parameter(
            help=Help("Record every row, or none at all.", "全部登记，或全部不登记。")
        ),
    ] = False,
    refused: Annotated[
        Path | None,
        Parameter(
            help=Help(
                "Write the refused rows into this .xlsx workbook, with the reasons "
                "beside them; mended, it can be imported.",
                "将退回的各行连同原因写入此 .xlsx 工作簿；改正后可再导入。",
            )
        ),
    ] = None,
    json: AsJson = False,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Import a spreadsheet: each row is recorded, or refused with every reason.

    The same row, or the same file, is never recorded twice; an import that
    was interrupted is simply made again. Ends with 4 if a row was refused.

    --json prints {file, as, dry_run, recorded: [row], known: [row],
    withheld: [row], skipped: [row], unread: [heading],
    refused: [{row, reasons}], noted: [{row, entry, notes}]}.

    导入电子表格：每行或登记，或退回并说明全部原因。

    同一行、同一文件绝不重复登记；中断的导入重新运行即可。有任何一行被退回时，以 4 结束。

    --json 输出 {file, as, dry_run, recorded: [row], known: [row],
    withheld: [row], skipped: [row], unread: [heading],
    refused: [{row, reasons}], noted: [{row, entry, notes}]}。
    """
    from .. import exchange  # noqa: PLC0415 - only this command reads spreadsheets

    if refused:
        _can_be_written(refused)
    with access.writing() as bank:
        policies = bank.policies()
        if not policies:
            raise Stopped(NO_POLICY, ExitCode.REFUSED)
        table = exchange.read_table(
            exchange.read_sheet(file, sheet=sheet),
            exchange.LAYOUTS[as_],
            names=exchange.names_of(policies),
            actor=bank.actor,
        )
        with progress(file.name) as told, _told_how_far(told) as reached:
            report = exchange.import_table(
                bank,
                table,
                dry_run=dry_run,
                atomic=all_or_nothing,
                progress=reached,
            )
        text = _texts(bank)
    if json:
        told_of = {"file": str(file), "as": as_, "unread": [*table.head.ignored]}
        document({**told_of, **_report_json(report, text)})
    else:
        _tell(file, as_, report, text)
        _tell_unread(table.head.ignored)
    if not report.refused:
        return ExitCode.DONE
    if refused:
        _write(refused, table, report, text)
    raise Stopped(_closing(file, report, len(table.rows), refused), ExitCode.BAD_FILE)


@contextmanager
def _told_how_far(told: Progress) -> Iterator[Progress]:
    """Say of an import that a failing store ends how many rows were done by then."""
    done, rows = 0, 0

    def reached(now: int, of: int) -> None:
        nonlocal done, rows
        done, rows = now, of
        told(now, of)

    try:
        yield reached
    except StorageError as error:
        if not done:
            raise
        before = Text(
            "  before that {done} of {rows} rows were done; import the file again: "
            "what is recorded is known",
            "  此前 {rows} 行中已处理 {done} 行；请重新导入：已登记的不会重复",
            done=done,
            rows=rows,
        )
        end = joined([error.text, before], NEXT_LINE)
        raise Stopped(end, ExitCode.STORAGE) from error


def _can_be_written(workbook: Path) -> None:
    """Stop before the first row is recorded where the workbook could not be written."""
    if workbook.suffix.lower() != ".xlsx":
        raise Stopped(
            Text(
                "--refused writes a workbook: {workbook} must end in .xlsx",
                "--refused 写入工作簿：{workbook} 须以 .xlsx 结尾",
                workbook=workbook,
            )
        )
    folder = workbook.parent
    if not folder.is_dir():
        raise _not_written(
            workbook, Text("there is no folder {f}", "没有文件夹 {f}", f=folder)
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        raise _not_written(
            workbook,
            Text(
                "nothing can be written in the folder {folder}",
                "文件夹 {folder} 不可写入",
                folder=folder,
            ),
        )
    if workbook.is_dir():
        raise _not_written(workbook, Text("it is a folder", "这是一个文件夹"))


def _write(
    workbook: Path,
    table: Table,
    report: ImportReport,
    text: Callable[[RowFinding], str],
) -> None:
    from ..exchange import write_refused  # noqa: PLC0415

    try:
        write_refused(workbook, table, report.refused, text=text, language=spoken())
    except OSError as error:
        raise _not_written(workbook, of_system(error)) from None


def _not_written(workbook: Path, why: str) -> Stopped:
    return Stopped(
        Text(
            "--refused: {workbook} cannot be written: {why}; name another place",
            "--refused：无法写入 {workbook}：{why}；请另指一处",
            workbook=workbook,
            why=why,
        ),
        ExitCode.STORAGE,
    )


def _texts(bank: Bank) -> Callable[[RowFinding], str]:
    from ..exchange import RowProblem, problem_text  # noqa: PLC0415

    units, names = bank.units(), bank.names()

    def text(found: RowFinding) -> str:
        if isinstance(found, RowProblem):
            return problem_text(found, spoken())
        return finding_text(found, language=spoken(), units=units, names=names)

    return text


# ---------------------------------------------------------------- telling


def _tell(
    file: Path, as_: str, report: ImportReport, text: Callable[[RowFinding], str]
) -> None:
    say(
        Text(
            "{file}, as {kind}{rehearsed}",
            "{file}，类型 {kind}{rehearsed}",
            file=file.name,
            kind=as_,
            rehearsed=Text(", rehearsed", "，试演") if report.rehearsed else "",
        )
    )
    recorded = (
        Text("to be recorded", "将登记")
        if report.rehearsed
        else Text("recorded", "已登记")
    )
    withheld = Text("withheld", "暂未登记")
    found = {
        recorded: len(report.recorded),
        withheld: len(report.withheld),
        Text("known already", "此前已登记"): len(report.known),
        Text("refused", "退回"): len(report.refused),
        Text("noted", "有说明"): len(report.noted),
        Text("skipped", "略过"): len(report.skipped),
    }
    counts({what: n for what, n in found.items() if n or what != withheld}, figures=7)
    for each in report.refused:
        why = _joined(each.findings, text)
        number = each.row.number
        say(Text("row {n} refused: {why}", "第 {n} 行退回：{why}", n=number, why=why))
    for row in report.noted:
        why = _joined(row.findings, text)
        say(Text("row {n} noted: {why}", "第 {n} 行说明：{why}", n=row.number, why=why))


def _tell_unread(headings: tuple[str, ...]) -> None:
    if headings:
        said = joined(headings, Text(", ", "、"))
        say(Text("columns not read: {said}", "未读取的列：{said}", said=said))


def _joined(findings: tuple[RowFinding, ...], text: Callable[[RowFinding], str]) -> str:
    return here(Text("; ", "；")).join(text(finding) for finding in findings)


def _closing(
    file: Path, report: ImportReport, rows: int, workbook: Path | None
) -> Text:
    lines = [
        Text(
            "{file}: {refused} of {rows} rows were refused",
            "{file}：{rows} 行中有 {refused} 行退回",
            file=file,
            refused=len(report.refused),
            rows=rows,
        )
    ]
    if report.withheld:
        lines.append(
            Text(
                "  nothing was recorded: --all-or-nothing wants every row right",
                "  均未登记：--all-or-nothing 要求每行都正确",
            )
        )
    if workbook:
        lines.append(
            Text(
                "  they are in {workbook}: mend them there, and import that file",
                "  退回的各行在 {workbook}：请在其中改正，再导入该文件",
                workbook=workbook,
            )
        )
    elif not report.withheld:
        lines.append(
            Text(
                "  mend them in the file and import it again: what is recorded is known",
                "  请在文件中改正后重新导入：已登记的不会重复",
            )
        )
    return joined(lines, NEXT_LINE)


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
