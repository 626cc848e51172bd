"""
The books themselves: making a ledger, reading its journal, auditing it.
"""

from __future__ import annotations

import json as jsonlib
from itertools import islice
from typing import Annotated

from cyclopts import Parameter

from ..bank_opening import create
from ..entries import Entry
from ..model import (
    ENTRY_ID,
    LEDGER,
    START,
    Position,
    clean_id,
)
from ..operations import TAGS
from ..storage.codec import encode_entry
from ..storage.protocol import TIME_ZONE
from ..texts import Text, joined
from . import show
from .about import about
from .access import DEFAULT_ACCESS, Access, AsJson
from .endings import ExitCode, Stopped, understood
from .helping import Help
from .show import DAY, ENTRY, KIND, POSITION, Json
from .typed import Limit, PositionTyped


def init(
    *,
    time_zone: Annotated[
        str,
        Parameter(
            help=Help(
                "What turns a moment into a day, for ever: an IANA name; {default} by "
                "default.",
                "用以确定日期的时区，选定后不变：IANA 名称；默认为 {default}。",
                default=TIME_ZONE,
            )
        ),
    ] = TIME_ZONE,
    keep_refusals: Annotated[
        bool,
        Parameter(
            help=Help(
                "Keep refused requests in the journal too, for ever.",
                "被退回的请求也永久保留在账本中。",
            )
        ),
    ] = False,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Make an empty ledger; and the tables, or the SQLite file, if there are none.

    For example: timebank init --db books.db --ledger liwan

    新建空账本；没有数据表或 SQLite 文件时一并新建。

    例如：timebank init --db books.db --ledger liwan
    """
    if not access.ledger:
        raise Stopped(
            Text(
                "name the ledger that is to be made: --ledger NAME",
                "请为要新建的账本命名：--ledger 名称",
            )
        )
    with understood():
        ledger = clean_id(access.ledger, LEDGER)
    create(
        access.url,
        ledger=ledger,
        actor=access.who(),
        time_zone=time_zone,
        keep_refusals=keep_refusals,
    ).close()
    show.say(
        Text(
            "made: ledger {ledger} in {db} ({zone})",
            "已新建：账本 {ledger}，在 {db}（{zone}）",
            ledger=ledger,
            db=access.db,
            zone=time_zone,
        )
    )
    show.say(
        Text(
            "next: timebank policy adopt FILE, or the name of a programme that ships",
            "下一步：timebank policy adopt 文件（或随附项目的名称）",
        )
    )
    return ExitCode.DONE


# ---------------------------------------------------------------- the journal


def journal(
    *,
    after: Annotated[
        PositionTyped,
        Parameter(
            help=Help("Only what stands after this position.", "只看这一条之后的。")
        ),
    ] = 0,
    last: Annotated[
        str | None,
        Parameter(
            help=Help(
                "The entry that you saw there; if it is another now, the books are not "
                "those you have followed, and the command ends with 5.",
                "您当时在该处看到的记录；如现在是另一条，则账本已不是您一直读取的账本，命令以 5 结束。",
            )
        ),
    ] = None,
    limit: Annotated[
        Limit | None,
        Parameter(help=Help("At most so many entries.", "至多这么多条记录。")),
    ] = None,
    json: AsJson = False,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    List the journal: what was recorded, in order.

    --json prints {units, entries: [{position, …}]}, each entry as it is kept
    for ever: the operation as asked, the postings in parts, the findings.

    按顺序列出账本：登记过的一切。

    --json 输出 {units, entries: [{position, …}]}，每条记录与永久保存的一致：
    所请求的业务、以最小份计的各笔、判定结果。
    """
    if last is not None:
        if after == START:
            raise Stopped(
                Text(
                    "--last: name the position too at which you saw it: --after",
                    "--last：请同时说明您是在第几条看到它的：--after",
                )
            )
        with understood():
            last = clean_id(last, ENTRY_ID)
    with access.reading() as bank:
        units, names = bank.units(), bank.names()
        entries = list(islice(bank.entries(after=after, last=last), limit))
    if json:
        show.document(
            {
                "units": show.units_json(units),
                "entries": [_entry_json(p, entry) for p, entry in entries],
            }
        )
        return ExitCode.DONE
    headings = (
        *(POSITION, DAY, KIND, ENTRY),
        *(Text("actor", "经办人"), Text("about", "内容"), Text("moved", "变动")),
    )
    rows = [
        (
            str(position),
            str(entry.effective_on),
            show.word(TAGS[type(entry.operation)]),
            entry.id,
            entry.actor,
            about(entry.operation, names),
            joined(show.moved(entry, units), Text(", ", "，")),
        )
        for position, entry in entries
    ]
    show.table(headings, rows, figures=(POSITION,))
    return ExitCode.DONE


def _entry_json(position: Position, entry: Entry) -> dict[str, Json]:
    body: dict[str, Json] = jsonlib.loads(encode_entry(entry))
    return {"position": position, **body}


def verify(
    *,
    decide: Annotated[
        bool,
        Parameter(
            help=Help(
                "Also decide every operation again under the policy it names.",
                "并按各记录所依据的政策重新判定每项业务。",
            )
        ),
    ] = False,
    json: AsJson = False,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Audit the books: recompute everything from the journal, and compare.

    Ends with 5 if anything is wrong. --json prints {sound, entries,
    postings, decided_again, faults, unchecked}; what hangs on functions
    that are not there (--functions) is unchecked, which is no fault.

    核验账本：由账本重新计算一切，并加以比较。

    如有任何不符，以 5 结束。--json 输出 {sound, entries,
    postings, decided_again, faults, unchecked}；缺少函数（--functions）
    而无法核验的列为 unchecked，不算不符。
    """
    with access.reading() as bank:
        report = bank.verify(decide_again=decide)
    if json:
        show.document(
            {
                "sound": report.sound,
                "entries": report.entries,
                "postings": report.postings,
                "decided_again": report.decided_again,
                "faults": list(report.faults),
                "unchecked": list(report.unchecked),
            }
        )
    report.raise_if_faulty()
    if not json:
        for left in report.unchecked:
            show.say(left)
        again = Text(", {n} decided again", "，重新判定 {n} 条", n=report.decided_again)
        show.say(
            Text(
                "sound: {entries} entries, {postings} postings{again}",
                "核验无误：{entries} 条记录，{postings} 笔{again}",
                entries=report.entries,
                postings=report.postings,
                again=again if decide else "",
            )
        )
    return ExitCode.DONE
