"""
Letting time pass: recording what has fallen due.
"""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from ..bank import Bank
from ..due import TickReport
from ..entries import Entry, Outcome, Refusal
from ..errors import Refused
from ..messages import finding_told
from ..model import Finding, Reason
from ..operations import TAGS
from ..texts import Text
from . import show
from .access import DEFAULT_ACCESS, Access, AsJson
from .causes import refused
from .endings import ExitCode, Stopped
from .helping import Help
from .show import Json
from .typed import Day


def tick(
    *,
    until: Annotated[
        Day | None,
        Parameter(
            help=Help(
                "The last day that counts; today by default.",
                "计到哪一天为止；默认为今天。",
            )
        ),
    ] = None,
    json: AsJson = False,
    access: Access = DEFAULT_ACCESS,
) -> int:
    """
    Record what has fallen due: terms of orders and credits, ends of periods.

    Run it daily, late or twice: nothing is done a second time. What the rules
    refuse stays due; the rest is recorded, and the command ends with 1.

    --json prints {until, done: [{id, position, operation, on, flags: [{code,
    account, for}]}], refused: [{id, operation, on, reasons}]}.

    登记已到期的事项：到期的订单和积分、规则的周期结算等。

    可每天运行，晚运行或重复运行均可：不会办理第二次。规则不允许的仍待办理；其余照常登记，
    命令以 1 结束。

    --json 输出 {until, done: [{id, position, operation, on, flags: [{code, account,
    for}]}], refused: [{id, operation, on, reasons}]}。
    """
    with access.writing() as bank:
        if until is not None and until > (today := bank.today()):
            raise Stopped(
                Text(
                    "--until {until} is yet to come; today is {today}",
                    "--until：{until} 尚未到来；今天是 {today}",
                    until=until,
                    today=today,
                )
            )
        report = bank.tick(until)
        if json:
            show.document(_json(report))
        else:
            _tell(report, bank)
    return ExitCode.REFUSED if report.refused else ExitCode.DONE


def _json(report: TickReport) -> dict[str, Json]:
    return {
        "until": report.until.isoformat(),
        "done": [
            {
                "id": outcome.entry.id,
                "position": outcome.position,
                **_asked(outcome.entry),
                "flags": [
                    {"code": f.code, "account": f.account, "for": f.wanted}
                    for f in _flags(outcome)
                ],
            }
            for outcome in report.done
        ],
        "refused": [
            {
                "id": refusal.id,
                **_asked(refusal),
                "reasons": [f.reason for f in refusal.findings if f.refuses],
            }
            for refusal in report.refused
        ],
    }


def _tell(report: TickReport, bank: Bank) -> None:
    units, names = bank.units(), bank.names()
    show.say(
        Text(
            "until {until}: {n} done",
            "截至 {until}：办理 {n} 项",
            until=report.until,
            n=len(report.done),
        )
    )
    for outcome in report.done:
        show.say(
            Text(
                "  {id} (position {position})",
                "  {id}（第 {position} 条）",
                id=outcome.entry.id,
                position=outcome.position,
            )
        )
        for line in show.moved(outcome.entry, units):
            show.say(Text("    {line}", "    {line}", line=line))
        for finding in _flags(outcome):
            text = finding_told(finding, units=units, names=names)
            show.say(Text("    note: {text}", "    说明：{text}", text=text))
    for refusal in report.refused:
        error = Refused(refusal.id, refusal.findings, units, names)
        show.say(refused(error).text)


def _flags(outcome: Outcome) -> list[Finding]:
    """Return the flags that an entry raised; of all it notes, those ask somebody."""
    return [f for f in outcome.findings if f.reason is Reason.FLAG]


def _asked(said: Entry | Refusal) -> dict[str, Json]:
    tag = TAGS[type(said.operation)]
    return {"operation": tag, "on": said.effective_on.isoformat()}
