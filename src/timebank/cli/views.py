"""
What the books say of an account, as rows and as JSON.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Final

from ..accounts import Account
from ..operations import FactValue
from ..policy.measures import Measure, MeasureKind
from ..policy.rules import Policy
from ..view import View
from . import show
from .show import Json

AMOUNTS: Final = frozenset({MeasureKind.SUM, MeasureKind.STREAK, MeasureKind.BALANCE})
"""Measures that come to so much of a unit; the others count entries or days."""

Row = tuple[str, str, str]
HEADINGS: Final[Row] = ("what", "name", "value")


def facts_text(account: Account) -> str:
    """Return the facts kept with *account*: ``age=67, partner=yes``."""
    return ", ".join(f"{name}={_typed(value)}" for name, value in account.facts)


def _typed(value: FactValue) -> str:
    return ("no", "yes")[value] if isinstance(value, bool) else str(value)


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
            for name, value in account.facts
        },
    }


def account_rows(account: Account) -> list[Row]:
    """Return what an account is, as rows."""
    rows = [
        ("account", "", account.id),
        ("kind", "", account.kind.value),
        ("opened", "", str(account.opened_on)),
    ]
    if account.closed_on:
        rows.append(("closed", "", str(account.closed_on)))
    rows += [("fact", name, _typed(value)) for name, value in account.facts]
    return rows


def view_json(view: View, policy: Policy) -> dict[str, Json]:
    """Return what the rules say of an account: levels, measures, flags, balances."""
    return {
        "balances": {u: show.balance_json(b) for u, b in view.balances.items()},
        "tiers": {ladder: level or None for ladder, level in view.tiers.items()},
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
    return {"count": int(value)}


def _parts(value: Fraction, measure: Measure, policy: Policy) -> int:
    """The figure in parts again: it was made of whole ones."""
    return int(value * policy.unit(measure.unit).scale)


def measures(view: View) -> dict[str, Fraction]:
    """Return the measures that have a figure."""
    return {n: v for n, v in view.measures.items() if isinstance(v, Fraction)}


def measure_text(value: Fraction, measure: Measure, policy: Policy) -> str:
    """Write a measure: in its unit, or as a number of times or days."""
    if measure.kind in AMOUNTS:
        unit = policy.unit(measure.unit)
        return f"{unit.show(_parts(value, measure, policy))} {unit.name}"
    noun = "days" if measure.kind is MeasureKind.DAYS else "times"
    return f"{int(value)} {noun}"


def view_rows(view: View, policy: Policy) -> list[Row]:
    """Return what the rules say of an account, as rows."""
    rows: list[Row] = []
    for name, balance in view.balances.items():
        unit = policy.unit(name)
        held = f" ({unit.show(balance.held)} held)" if balance.held else ""
        rows.append(("balance", name, f"{unit.show(balance.total)}{held}"))
    rows += [("level", ladder, level or "none") for ladder, level in view.tiers.items()]
    rows += [
        ("eligible", ladder, level or "none") for ladder, level in view.eligible.items()
    ]
    rows += [
        ("measure", name, measure_text(value, policy.measures[name], policy))
        for name, value in measures(view).items()
    ]
    rows += [
        ("flag", name, f"to be looked at by {policy.flags[name].for_}")
        for name in view.flags
    ]
    return rows
