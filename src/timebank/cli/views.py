"""
What the books say of an account, as rows and as JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Final

from ..accounts import Account
from ..model import AccountKind
from ..model import show as figure
from ..operations import FactValue
from ..policy.days import Tenure
from ..policy.ladders import Ladder
from ..policy.measures import AMOUNTS, Measure, MeasureKind
from ..policy.rules import Policy
from ..texts import Text, joined
from ..view import View
from ..words import WORDS
from . import show
from .show import Json

COUNTED: Final = {
    None: ("{n} times", "{n} 次"),
    Tenure.DAYS: ("{n} days", "{n} 天"),
    Tenure.MONTHS: ("{n} months", "{n} 个月"),
    Tenure.YEARS: ("{n} years", "{n} 年"),
}
"""How a number of times, days, months or years is said."""

Row = tuple[str, str, str]
HEADINGS: Final[Row] = (Text("what", "内容"), Text("name", "名称"), Text("value", "值"))
NONE: Final = Text("none", "无")


def facts_text(account: Account) -> str:
    """Return the facts kept with *account*: ``age=67, partner=yes``."""
    each = (
        Text("{name}={value}", "{name}={value}", name=name, value=_typed(value))
        for name, value in account.facts_on()
    )
    return joined(each, Text(", ", "，"))


def _typed(value: FactValue) -> str:
    return WORDS[str(value)] if isinstance(value, bool) else str(value)


def account_json(account: Account) -> dict[str, Json]:
    """Return what an account is."""
    return {
        "account": account.id,
        "kind": account.kind.value,
        "mode": account.mode.value,
        "opened_on": account.opened_on.isoformat(),
        "closed_on": account.closed_on.isoformat() if account.closed_on else None,
        "facts": {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in account.facts_on()
        },
    }


def kind_text(kind: AccountKind, names: Mapping[str, Text]) -> str:
    """Return what people call accounts of *kind*, as policies say or as it is."""
    return names.get(f"accounts.{kind}") or show.word(kind)


def account_rows(account: Account, names: Mapping[str, Text]) -> list[Row]:
    """Return what an account is, as rows."""
    rows: list[Row] = [
        (Text("account", "账户"), "", account.id),
        (Text("kind", "种类"), "", kind_text(account.kind, names)),
        (Text("opened", "开户"), "", str(account.opened_on)),
    ]
    if account.closed_on:
        rows.append((Text("closed", "销户"), "", str(account.closed_on)))
    fact = Text("fact", "情况")
    rows += [(fact, name, _typed(value)) for name, value in account.facts_on()]
    return rows


def view_json(view: View, policy: Policy) -> dict[str, Json]:
    """Return what the rules say of an account: levels, measures, flags, balances."""
    return {
        "balances": {u: show.balance_json(b) for u, b in view.balances.items()},
        "tiers": {ladder: level or None for ladder, level in view.tiers.items()},
        "until": {ladder: day.isoformat() for ladder, day in view.until.items()},
        "eligible": {ladder: level or None for ladder, level in view.eligible.items()},
        "measures": {
            name: _measure_json(value, policy.measures[name], policy)
            for name, value in measures(view).items()
        },
        "flags": list(view.flags),
    }


def _measure_json(value: Fraction, measure: Measure, policy: Policy) -> Json:
    if measure.kind in AMOUNTS:
        return {"unit": measure.unit, "amount": _parts(value, measure, policy)}
    if measure.formula is not None:
        return {"figure": str(value)}
    return {"count": int(value)}


def _parts(value: Fraction, measure: Measure, policy: Policy) -> int:
    """The figure in parts again: it was made of whole ones."""
    return int(value * policy.unit(str(measure.unit)).scale)


def measures(view: View) -> dict[str, Fraction]:
    """Return the measures that have a figure."""
    return {n: v for n, v in view.measures.items() if isinstance(v, Fraction)}


def measure_text(value: Fraction, measure: Measure, policy: Policy) -> str:
    """Write a measure: in its unit, or as a number of times or days."""
    if measure.kind in AMOUNTS:
        unit = policy.unit(str(measure.unit))
        return Text(
            "{figure} {unit}",
            "{figure} {unit}",
            figure=unit.show(_parts(value, measure, policy)),
            unit=unit.called,
        )
    if measure.formula is not None:
        return figure(value)
    unit_of_time = measure.tenure
    if measure.kind is MeasureKind.DAYS:
        unit_of_time = Tenure.DAYS
    return Text(*COUNTED[unit_of_time], n=int(value))


def view_rows(view: View, policy: Policy) -> list[Row]:
    """Return what the rules say of an account, as rows."""
    rows: list[Row] = []
    for name, balance in view.balances.items():
        unit = policy.unit(name)
        held = Text(" ({n} held)", "（冻结 {n}）", n=unit.show(balance.held))
        told = Text(
            "{total}{held}",
            "{total}{held}",
            total=unit.show(balance.total),
            held=held if balance.held else "",
        )
        rows.append((Text("balance", "余额"), unit.called, told))
    for ladder, level in view.tiers.items():
        called, at = place(policy.ladders[ladder], ladder, level)
        until = view.until.get(ladder)
        term = Text(" (until {day})", "（至 {day}）", day=until)
        told = Text(
            "{level}{term}",
            "{level}{term}",
            level=at,
            term=term if until else "",
        )
        rows.append((Text("level", "等级"), called, told))
    eligible = Text("eligible", "可申请")
    rows += [
        (eligible, *place(policy.ladders[name], name, level))
        for name, level in view.eligible.items()
    ]
    rows += [
        (
            Text("measure", "指标"),
            policy.measures[name].text or name,
            measure_text(value, policy.measures[name], policy),
        )
        for name, value in measures(view).items()
    ]
    rows += [
        (
            Text("flag", "提示"),
            policy.flags[name].text or name,
            Text(
                "to be looked at by {who}",
                "请 {who} 处理",
                who=policy.flags[name].for_,
            ),
        )
        for name in view.flags
    ]
    return rows


def place(ladder: Ladder, name: str, level: str) -> tuple[str, str]:
    """Return what people call *ladder* and the level on it; *none* where there is none."""
    rungs = {rung.name: rung.text for rung in ladder.levels}
    return ladder.text or name, rungs.get(level) or level or NONE
