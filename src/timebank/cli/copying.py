"""
Taking a ledger to another database.
"""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from ..errors import BadUrl, SchemaUnknown
from ..storage.urls import open_store
from ..texts import Text, joined
from . import show
from .access import AsJson, LedgerTyped, only, url_of
from .endings import NEXT_LINE, ExitCode, Stopped
from .helping import Help
from .progress import progress
from .show import Json

if TYPE_CHECKING:
    from ..copying import Copied
    from ..storage.protocol import Store

PLACE = Text(
    "a file, or a URL such as postgresql://HOST/DATABASE.",
    "文件，或 URL，如 postgresql://HOST/DATABASE。",
)


def copy(
    from_: Annotated[
        str,
        Parameter(
            name="FROM",
            help=Help(
                "Where the ledger is: {place}", "账本所在处：{place}", place=PLACE
            ),
        ),
    ],
    to: Annotated[
        str,
        Parameter(
            name="TO",
            help=Help("Where it is to be: {place}", "复制到何处：{place}", place=PLACE),
        ),
    ],
    /,
    *,
    ledger: LedgerTyped = None,
    create: Annotated[
        bool,
        Parameter(
            help=Help(
                "Make the database, and our tables in it, where TO has none.",
                "TO 处没有时，新建数据库及其中的数据表。",
            )
        ),
    ] = False,
    json: AsJson = False,
) -> int:
    """
    Copy a ledger to another database, and compare the two.

    Others may go on writing: it copies what is there when it begins. Made
    again, it goes on where it was interrupted, or copies what came since.
    A ledger of that name that is not its copy is left as it is. Ends with 5
    if the two differ or the copy is not sound.

    --json prints {ledger, head, entries, postings, details, erased, sound,
    faults}; entries to erased count what was done this time.

    将账本复制到另一数据库，并比较二者。

    复制期间他人可继续写入：只复制开始时已有的内容。再次运行时从中断处继续，
    或复制此后新增的内容。同名而不是其副本的账本保持原样。二者不同或副本有误时，
    以 5 结束。

    --json 输出 {ledger, head, entries, postings, details, erased, sound,
    faults}；entries 至 erased 为本次所做的数量。
    """
    from ..copying import copy_ledger  # noqa: PLC0415 - only this command copies

    source_url, target_url = url_of(from_, "FROM"), url_of(to, "TO")
    if _file(source_url) == _file(target_url):
        raise Stopped(
            Text(
                "FROM and TO are one database: name another",
                "FROM 与 TO 是同一数据库：请另指一处",
            )
        )
    with closing(open_store(source_url)) as source:
        name = ledger or only(source.ledgers(), "FROM")
        source.settings(name)  # what is not there is told before anything is made
        with closing(_opened(target_url, create=create)) as target:
            begun = time.monotonic()
            with progress(name) as told:
                copied = copy_ledger(source, target, name, progress=told)
            seconds = time.monotonic() - begun
    if json:
        show.document(_json(copied))
    else:
        _tell(copied, seconds)
    if copied.faults:
        end = Text(
            "do not use this copy; `timebank verify` says whether FROM is sound",
            "请勿使用此副本；`timebank verify` 可判断 FROM 是否无误",
        )
        raise Stopped(joined([*copied.faults, end], NEXT_LINE), ExitCode.UNSOUND)
    return ExitCode.DONE


def _json(copied: Copied) -> dict[str, Json]:
    return {
        "ledger": copied.ledger,
        "head": copied.report.entries,
        "entries": copied.entries,
        "postings": copied.postings,
        "details": copied.details,
        "erased": copied.erased,
        "sound": not copied.faults,
        "faults": list(copied.faults),
    }


def _file(url: str) -> str:
    """Return what tells one place from another, as far as a URL does."""
    prefix, _, path = url.partition(":///")
    return str(Path(path).resolve()) if prefix == "sqlite" else url


def _opened(url: str, *, create: bool) -> Store:
    try:
        return open_store(url, create=create)
    except (BadUrl, SchemaUnknown) as error:
        nothing_yet = (
            error.found is None
            if isinstance(error, SchemaUnknown)
            else url.startswith("sqlite:")
        )
        if create or not nothing_yet:
            raise
        raise Stopped(
            Text(
                "TO: {error}\nWhere there are no books yet, --create makes a place for "
                "them.",
                "TO：{error}\n尚无账本处，可用 --create 新建。",
                error=error.text,
            ),
            ExitCode.STORAGE,
        ) from error


def _tell(copied: Copied, seconds: float) -> None:
    show.say(
        Text(
            "copied: ledger {ledger}, in {seconds:.1f} s",
            "已复制：账本 {ledger}，用时 {seconds:.1f} 秒",
            ledger=copied.ledger,
            seconds=seconds,
        )
    )
    show.counts(
        {
            Text("entries copied", "复制的记录"): copied.entries,
            Text("postings", "各笔"): copied.postings,
            Text("private details", "个人信息"): copied.details,
            Text("erased since", "此后删除的"): copied.erased,
        },
        figures=9,
    )
    if not copied.faults:
        show.say(
            Text(
                "the same and sound: {entries} entries, {postings} postings",
                "二者相同且无误：{entries} 条记录，{postings} 笔",
                entries=copied.report.entries,
                postings=copied.report.postings,
            )
        )
