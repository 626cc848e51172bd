"""
What a policy's file says of bounds: its tables, read plainly, and its windows.

Nothing here is the library's own reading of them: `auditor` judges that one by this.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta
from typing import Any, NamedTuple

from timebank.model import exact

PERIODS = {"month": 1, "quarter": 3, "half-year": 6, "year": 12}
ROLLING = re.compile(r"last (\d+) (day|week|month|year)s?")
FIXED = re.compile(r"(\d{4}-\d\d-\d\d)\.\.(\d{4}-\d\d-\d\d)")


class Bound(NamedTuple):
    """A limit: its place, the rule that it binds, its key, and what it says."""

    place: str
    rule: str
    key: str
    says: dict[str, Any]


# ---------------------------------------------------------------- the policy's tables


def many(said):
    return [said] if isinstance(said, str) else list(said)


def bounds_of(policy):
    """Return every limit of *policy*: of rules, and of items for each rule on them."""
    found = []
    for name, rule in policy.get("rules", {}).items():
        for key, says in rule.get("limits", {}).items():
            found.append(Bound(f"rules.{name}.limits.{key}", name, key, says))
        if "redeem" not in many(rule["on"]):
            continue
        for item, about in policy.get("items", {}).items():
            for key, says in about.get("limits", {}).items():
                where = {**says.get("where", {}), "item": item}
                place = f"items.{item}.limits.{key}"
                found.append(Bound(place, name, key, {**says, "where": where}))
    return found


def ends_of(policy):
    """Return the places of every floor and cap; a record never leaves, and has no floor."""
    return [
        f"accounts.{kind}.{unit}.{end}"
        for kind in policy["accounts"]
        for unit, rule in policy["units"].items()
        for end in ("floor", "cap")
        if figures(policy, kind, unit)[end] != "none"
        and not (end == "floor" and rule.get("record"))
    ]


def figures(policy, kind, unit):
    says = policy["accounts"].get(kind, {}).get(unit, {})
    return {"floor": says.get("floor", "none" if kind == "issuer" else 0)} | {
        "cap": says.get("cap", "none")
    }


def judged(policy):
    """Return the places of all bounds that can be worked out here."""
    out = set(unjudged(policy))
    places = [bound.place for bound in bounds_of(policy)] + ends_of(policy)
    return [place for place in dict.fromkeys(places) if place not in out]


def unjudged(policy):
    """Return the places of bounds that go by what only the bank works out."""
    out = []
    for bound in bounds_of(policy):
        measure = policy.get("measures", {}).get(bound.key)
        says = {"sum": "", "window": bound.key} if measure is None else measure
        summed = {"sum", "count", "days"} & set(says)
        if not (
            is_plain(policy, bound.says["at_most"])
            and ("balance" in says or summed)
            and is_window(says.get("window", "lifetime"))
        ):
            out.append(bound.place)
    for place in ends_of(policy):
        _, kind, unit, end = place.split(".")
        if not is_plain(policy, figures(policy, kind, unit)[end]):
            out.append(place)
    return out


def is_plain(policy, formula):
    """Return whether *formula* is a number, a fact, or a choice of these by a fact."""
    if isinstance(formula, dict):
        by, *choices = formula["by"], *(v for k, v in formula.items() if k != "by")
        return is_fact(policy, by) and all(is_plain(policy, c) for c in choices)
    if isinstance(formula, list):
        return False
    return is_number(formula) or formula == "none" or is_fact(policy, formula)


def is_fact(policy, name):
    base = name.rpartition(".")[2]
    return base == "kind" or base in policy.get("facts", {})


def is_number(said):
    try:
        exact(said)
    except (ValueError, TypeError):
        return False
    return True


def wider(policy, name):
    """Return a class with all that it is in."""
    found = [name]
    for each in found:
        above = policy.get("classes", {}).get(each, {}).get("in", ())
        found += [w for w in many(above) if w not in found]
    return found


# ---------------------------------------------------------------- days


def months_later(day, months):
    """Return the same day some months on; a month that is too short ends with its last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def stretch(window, day, calendar):
    """Return the first and last day of *window* around *day*."""
    one = timedelta(days=1)
    if window == "week":
        starts = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
        first = day
        while starts[first.weekday()] != calendar.get("week_starts", "mon"):
            first -= one
        return first, first + 6 * one
    if window == "programme year":
        month, number = map(int, calendar.get("year_starts", "01-01").split("-"))
        first = date(day.year, month, number)
        if first > day:
            first = date(day.year - 1, month, number)
        return first, date(first.year + 1, month, number) - one
    if window in PERIODS:
        length = PERIODS[window]
        first = date(day.year, 1, 1)
        while months_later(first, length) <= day:
            first = months_later(first, length)
        return first, months_later(first, length) - one
    if rolling := ROLLING.fullmatch(window):
        number, unit = int(rolling[1]), rolling[2]
        if unit in ("day", "week"):
            return day - (number * {"day": 1, "week": 7}[unit] - 1) * one, day
        return months_later(day, -number * PERIODS[unit]) + one, day
    whole = {"lifetime": (date.min, date.max), "to date": (date.min, day)}
    whole["day"] = day, day
    if fixed := FIXED.fullmatch(window):
        whole[window] = date.fromisoformat(fixed[1]), date.fromisoformat(fixed[2])
    return whole[window]


def is_window(text):
    """Return whether `stretch` knows the window."""
    known = ("day", "week", "lifetime", "to date", "programme year", *PERIODS)
    return text in known or any(form.fullmatch(text) for form in (ROLLING, FIXED))


def rolls(window):
    return window.startswith("last ") or window == "to date"


def pays_by_time(rule):
    """Return whether a rule pays the time, or less."""
    amount = rule.get("amount", "time")
    if amount == "time":
        return True
    if not isinstance(amount, list) or amount[0] != {"of": "time"}:
        return False
    return all(
        set(step) <= {"less", "at_most"} or step.get("round") == "down"
        for step in amount[1:]
    )
