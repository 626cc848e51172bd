"""
The books themselves: making a ledger, reading it, auditing it.
"""

from __future__ import annotations

import json as jsonlib
from itertools import islice
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from cyclopts import Parameter
from cyclopts.validators import Number

from ..accounts import Account
from ..bank import create
from ..entries import Entry
from ..model import (
    BALANCE_MAX,
    ENTRY_ID,
    LEDGER,
    START,
    AccountKind,
    Bucket,
    Position,
    Unit,
    clean_id,
)
from ..names import called_and_typed
from ..operations import TAGS
from ..policy.rules import Policy
from ..storage.codec import encode_entry
from ..storage.protocol import Line
from ..texts import Text, joined
from ..view import View
from . import show, views
from .about import about
from .access import DEFAULT_ACCESS, NO_POLICY, Access
from .endings import ExitCode, Stopped, understood
from .helping import Help
from .show import Json
from .typed import Day, Whole

POSITION: Final = Text("position", "序号")
DAY: Final = Text("day", "日期")
KIND: Final = Text("kind", "种类")
ENTRY: Final = Text("entry", "记录编号")
UNIT: Final = Text("unit", "单位")
FREE: Final = Text("free", "可用")
HELD: Final = Text("held", "冻结")
"""Headings of columns."""

AsJson = Annotated[
    bool, Parameter(help=Help("Print one JSON document.", "输出一个 JSON 文档。"))
]
PositionTyped = Annotated[Whole, Parameter(validator=Number(gte=0, lte=BALANCE_MAX))]
Limit = Annotated[Whole, Parameter(validator=Number(gte=1, lte=BALANCE_MAX))]
AccountId = Annotated[str, Parameter(name="ACCOUNT", help=Help("Whose.", "哪个账户。"))]


def init(
    *,
    time_zone: Annotated[
        str,
        Parameter(
            help=Help(
                "What turns a moment into a day, for ever: an IANA name.",
                "用以确定日期的时区，选定后不变：IANA 名称。",
            )
        ),
    ] = "Asia/Shanghai",
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
        time_zone=_known_zone(time_zone),
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


def _known_zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (KeyError, ValueError, OSError):
        raise Stopped(
            Text(
                "--time-zone: {name!r} is no time zone known here; "
                "an IANA name is wanted, such as Asia/Shanghai",
                "--time-zone：此处没有时区 {name!r}；须为 IANA 名称，如 Asia/Shanghai",
                name=name,
            )
        ) from None


# ---------------------------------------------------------------- balances


def balance(  # noqa: PLR0913 - the switches of one command
    account: AccountId,
    unit: Annotated[
        str | None,
        Parameter(
            name="UNIT",
            help=Help(
                "In what; in all units by default.", "哪个单位；默认为所有单位。"
            ),
        ),
    ] = None,
    /,
    *,
    as_of: Annotated[
        PositionTyped | None,
        Parameter(
            help=Help(
                "What was believed after this position of the journal.",
                "截至账本的这一条时的情况。",
            )
        ),
    ] = None,
    effective_on: Annotated[
        Day | None,
        Parameter(
            help=Help(
                "What counts by the end of this day, back-dated entries included.",
                "截至这一天结束时的情况，包括补登的记录。",
            )
        ),
    ] = None,
    json: AsJson = False,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Show what an account has: free, and held by orders.

    --json prints {account, as_of, effective_on, units,
    balances: {UNIT: {free, held, total}}}, in parts.

    显示账户的余额：可用的，以及因订单冻结的。

    --json 输出 {account, as_of, effective_on, units,
    balances: {UNIT: {free, held, total}}}，以最小份计。
    """
    with access.reading() as bank:
        units = bank.units()
        if not units:
            raise Stopped(NO_POLICY, ExitCode.REFUSED)
        wanted = [bank.unit(unit)] if unit else list(units.values())
        found = {
            each: bank.balance(
                account, each.name, as_of=as_of, effective_on=effective_on
            )
            for each in wanted
        }
    if json:
        show.document(
            {
                "account": account,
                "as_of": as_of,
                "effective_on": effective_on.isoformat() if effective_on else None,
                "units": show.units_json({u.name: u for u in wanted}),
                "balances": {u.name: show.balance_json(b) for u, b in found.items()},
            }
        )
        return ExitCode.DONE
    figures = (FREE, HELD, Text("total", "合计"))
    rows = [
        (
            called_and_typed(u.text, u.name),
            *(u.show(b.free), u.show(b.held), u.show(b.total)),
        )
        for u, b in found.items()
    ]
    show.table((UNIT, *figures), rows, figures=figures)
    return ExitCode.DONE


def statement(  # noqa: PLR0913 - the switches of one command
    account: AccountId,
    unit: Annotated[str, Parameter(name="UNIT", help=Help("In what.", "哪个单位。"))],
    /,
    *,
    after: Annotated[
        PositionTyped,
        Parameter(
            help=Help("Only what stands after this position.", "只看这一条之后的。")
        ),
    ] = 0,
    limit: Annotated[
        Limit | None, Parameter(help=Help("At most so many lines.", "至多这么多行。"))
    ] = None,
    json: AsJson = False,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Show every movement of an account in one unit, with the balance after it.

    Oldest first. --json prints {account, unit, units, lines: [{position,
    line, entry, kind, effective_on, recorded_on, amount, bucket, rule,
    free, held}]}, in parts; free and held are null for an account that is
    kept without balances.

    逐笔显示账户在一个单位内的变动，以及每笔之后的余额。

    由旧到新。--json 输出 {account, unit, units, lines: [{position,
    line, entry, kind, effective_on, recorded_on, amount, bucket, rule,
    free, held}]}，以最小份计；不保留余额的账户，free 与 held 为空。
    """
    with access.reading() as bank:
        of = bank.unit(unit)
        lines = bank.statement(account, unit, after=(after + 1, -1), limit=limit)
    if json:
        show.document(
            {
                "account": account,
                "unit": unit,
                "units": show.units_json({unit: of}),
                "lines": [_line_json(line) for line in lines],
            }
        )
        return ExitCode.DONE
    figures = (Text("amount", "数量"), FREE, HELD)
    headings = (POSITION, DAY, KIND, ENTRY, Text("bucket", "状态"), *figures)
    rows = [_line_row(line, of) for line in lines]
    show.table(headings, rows, figures=(POSITION, *figures))
    return ExitCode.DONE


def _line_json(line: Line) -> dict[str, Json]:
    return {
        "position": line.position,
        "line": line.line,
        "entry": line.entry,
        "kind": line.kind,
        "effective_on": line.effective_on.isoformat(),
        "recorded_on": line.recorded_on.isoformat(),
        "amount": line.amount,
        "bucket": line.bucket.value,
        "rule": line.rule,
        "free": line.balance.free if line.balance else None,
        "held": line.balance.held if line.balance else None,
    }


def _line_row(line: Line, unit: Unit) -> tuple[str, ...]:
    return (
        str(line.position),
        str(line.effective_on),
        show.word(line.kind),
        line.entry,
        FREE if line.bucket is Bucket.FREE else HELD,
        f"{'+' * (line.amount > 0)}{unit.show(line.amount)}",
        unit.show(line.balance.free) if line.balance else "",
        unit.show(line.balance.held) if line.balance else "",
    )


# ---------------------------------------------------------------- levels


def tiers(
    account: Annotated[
        str | None,
        Parameter(
            name="ACCOUNT",
            help=Help(
                "Whose; every member's by default.", "哪个账户；默认为所有个人账户。"
            ),
        ),
    ] = None,
    /,
    *,
    on: Annotated[
        Day | None,
        Parameter(
            help=Help(
                "The day that windows of measures end on; today by default.",
                "指标的期间截至哪一天；默认为今天。",
            )
        ),
    ] = None,
    json: AsJson = False,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Show levels, what a member could apply for, measures, and flags.

    --json prints {on, units, accounts: [{account, tiers, eligible, measures,
    flags, balances}]}; a measure is {unit, amount} in parts, or {count}.

    显示等级、可申请的等级、指标和提示。

    --json 输出 {on, units, accounts: [{account, tiers, eligible, measures,
    flags, balances}]}；指标为以最小份计的 {unit, amount}，或 {count}。
    """
    with access.reading() as bank:
        day = on or bank.today()
        policy, units = bank.policy_on(day), bank.units()
        whose = [account] if account else _members(list(bank.accounts()))
        found = [bank.standing(each, on=day) for each in whose]
    if json:
        show.document(
            {
                "on": day.isoformat(),
                "units": show.units_json(units),
                "accounts": [
                    {"account": v.account.id, **views.view_json(v, policy)}
                    for v in found
                ],
            }
        )
    elif account:
        show.table(views.HEADINGS, views.view_rows(found[0], policy))
    else:
        _overview(found, policy)
    return ExitCode.DONE


def _members(accounts: list[Account]) -> list[str]:
    return [
        a.id for a in accounts if a.kind is AccountKind.MEMBER and a.closed_on is None
    ]


def _overview(found: list[View], policy: Policy) -> None:
    headings = [
        Text("account", "账户"),
        *(ladder.text or name for name, ladder in policy.ladders.items()),
        *(figures := [m.text or name for name, m in policy.measures.items()]),
        Text("flags", "提示"),
    ]
    rows = [
        [
            view.account.id,
            *(
                views.place(ladder, name, level)[1] if level else ""
                for name, ladder in policy.ladders.items()
                for level in [view.tiers.get(name)]
            ),
            *(
                views.measure_text(value, measure, policy)
                if (value := views.measures(view).get(name)) is not None
                else ""
                for name, measure in policy.measures.items()
            ),
            joined(
                (policy.flags[flag].text or flag for flag in view.flags),
                Text(", ", "，"),
            ),
        ]
        for view in found
    ]
    show.table(headings, rows, figures=figures)


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
