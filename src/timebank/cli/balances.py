"""
What an account has, and what has moved it.
"""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from ..model import Bucket, Unit
from ..names import called_and_typed
from ..storage.protocol import Line
from ..texts import Text
from . import show
from .access import DEFAULT_ACCESS, NO_POLICY, Access, AsJson
from .endings import ExitCode, Stopped
from .helping import Help
from .show import DAY, ENTRY, FREE, HELD, KIND, POSITION, UNIT, Json
from .typed import Day, Limit, PositionTyped

AccountId = Annotated[str, Parameter(name="ACCOUNT", help=Help("Whose.", "哪个账户。"))]


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
