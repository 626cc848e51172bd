"""
Handing the journal to those who analyse it.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import Parameter

from ..texts import Text
from . import show
from .access import DEFAULT_ACCESS, Access, AsJson
from .endings import ExitCode, Stopped
from .helping import Help
from .progress import progress

if TYPE_CHECKING:
    from ..analysis import Written

ROWS: Final = {
    "postings": Text("postings", "各笔"),
    "entries": Text("entries", "记录"),
    "findings": Text("findings", "判定"),
    "accounts": Text("accounts", "账户"),
}
"""What is counted, by table."""


def export(
    folder: Annotated[
        Path,
        Parameter(
            help=Help(
                "Where the files go; it is made where it is not there.",
                "文件所在目录；没有时新建。",
            )
        ),
    ],
    /,
    *,
    replace: Annotated[
        bool,
        Parameter(
            help=Help(
                "Replace the files of an earlier export.",
                "替换先前导出的文件。",
            )
        ),
    ] = False,
    json: AsJson = False,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Write the journal as Parquet files, for DuckDB, polars, pandas or Spark.

    A file for each table: postings, entries, findings and accounts, as they
    are when it begins; others may go on writing. No private details and no
    facts about people are in them. It needs the extra arrow.

    --json prints {ledger, head, last, rows, files}; rows and files are by table.

    将账目导出为 Parquet 文件，供 DuckDB、polars、pandas 或 Spark 使用。

    每张表一个文件：各笔（postings）、记录（entries）、判定（findings）和账户
    （accounts），均为开始导出时的状态；期间他人可继续写入。其中没有个人信息，也没有
    关于个人的事实。需要可选软件包 arrow。

    --json 输出 {ledger, head, last, rows, files}；rows 和 files 按表列出。
    """
    from ..analysis import write_parquet  # noqa: PLC0415 - only this command exports

    begun = time.monotonic()
    with access.reading() as bank, progress(bank.ledger) as told:
        try:
            written = write_parquet(bank, folder, replace=replace, progress=told)
        except FileExistsError as error:
            if folder.is_file():
                raise
            raise Stopped(
                Text(
                    "{file} is there already; --replace takes its place",
                    "{file} 已存在；可用 --replace 替换",
                    file=error.filename,
                )
            ) from error
    if json:
        show.document(
            {
                "ledger": written.ledger,
                "head": written.head,
                "last": written.last,
                "rows": dict(written.rows),
                "files": {name: str(file) for name, file in written.files.items()},
            }
        )
    else:
        _tell(written, folder, time.monotonic() - begun)
    return ExitCode.DONE


def _tell(written: Written, folder: Path, seconds: float) -> None:
    show.say(
        Text(
            "exported: ledger {ledger} up to position {head} into {folder}, in "
            "{seconds:.1f} s",
            "已导出：账本 {ledger}，至第 {head} 条，存入 {folder}，用时 {seconds:.1f} 秒",
            ledger=written.ledger,
            head=written.head,
            folder=folder,
            seconds=seconds,
        )
    )
    show.counts({ROWS[name]: many for name, many in written.rows.items()}, figures=9)
