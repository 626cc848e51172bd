"""
What the plain bank is made of: entries, legs, accounts, days, and sums over them.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date, timedelta
from operator import itemgetter
from typing import Any, NamedTuple

from timebank import operations as ops


class Leg(NamedTuple):
    account: str
    unit: str
    bucket: str
    amount: int
    lot: tuple[str, date] | None
    rule: str
    undoes: bool
    day: date
    """The day it counts for: its own entry's, or that of the entry it undoes."""
    origin: str
    """The entry it counts for."""
    about: Any
    """What that asked."""


class Made(NamedTuple):
    """An entry."""

    id: str
    operation: Any
    day: date
    today: date
    policy: int
    target: str | None
    legs: tuple[Leg, ...]
    notes: frozenset[str]
    pieces: int = 0
    """What a fulfilment hands over."""
    actor: str = "desk"
    fate: str = ""
    """Of a claim and what is said of it: whether it ``waits``, ``counts`` or is ``void``."""

    @property
    def asked(self):
        if isinstance(self.operation, ops.Correct):
            return self.operation.replacement
        return self.operation

    @property
    def own(self):
        return [leg for leg in self.legs if not leg.undoes]


class Kept(NamedTuple):
    kind: str
    opened: date
    closed: bool = False
    trusted: tuple[tuple[date, bool], ...] = ()
    """What was said of it, with the days, as it was told."""
    tiers: tuple[tuple[date, ops.SetTier], ...] = ()
    """The same of its levels."""


OF_TIME = (ops.EndPeriod, ops.ExpireLot, ops.SettleClaim)


class Trial:
    """One operation being decided: what it would move, and what speaks against it."""

    def __init__(self, id, operation, day, today, *, actor="desk"):
        self.id, self.operation, self.day = id, operation, day
        self.today, self.actor = today, actor
        # floors, caps and lots are those of today; of what time brings, of its day
        self.judged = day if isinstance(operation, OF_TIME) else today
        self.policy = self.bounds = 1
        self.legs: list[Leg] = []
        self.no: set[str] = set()
        self.notes: set[str] = set()
        self.accounts: dict[str, Kept] = {}
        self.authority: str | None = None
        self.target: str | None = None
        self.instead_of: str | None = None
        self.pieces = 0
        self.fate = ""

    @property
    def asked(self):
        return getattr(self.operation, "replacement", self.operation)

    def add(self, account, unit, amount, **where):
        if amount:
            own = {"rule": "", "bucket": "free", "lot": None, "undoes": False}
            counts = {"day": self.day, "origin": self.id, "about": self.asked}
            self.legs.append(
                Leg(account=account, unit=unit, amount=amount, **(own | counts | where))
            )

    def say(self, code, *, overridable=False):
        if overridable and self.authority:
            self.notes.add(code)
        else:
            self.no.add(code)


# ---------------------------------------------------------------- days


def first_of_month(day, months=0):
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def span(window, day):
    """First and last day of *window* around *day*, both counted."""
    if window == "lifetime":
        return date.min, date.max
    if window == "day":
        return day, day
    if window == "week":
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=6)
    if window == "month":
        return first_of_month(day), first_of_month(day, 1) - timedelta(days=1)
    return day - timedelta(days=window - 1), day  # the last so many days


def last_usable_day(unit, earned_on):
    """The end of the month after the one credits were earned in; forty days for vouchers."""
    if unit == "vouchers":
        return earned_on + timedelta(days=39)
    return first_of_month(earned_on, 2) - timedelta(days=1)


def last_use(unit, lot):
    """The last day of a lot, which no voucher has while there is a pause."""
    _, last = lot
    paused = last and date(2024, 4, 5) <= last <= date(2024, 4, 20)
    return date(2024, 4, 20) if unit == "vouchers" and paused else last


def in_thirds(parts):
    """One third and two: what is over goes to whom more is lacking."""
    one = parts // 3 + (parts % 3 == 2)
    return one, parts - one


def due_id(day, *parts):
    words = ["due", day.isoformat(), *parts]
    written = "/".join(words)
    if len(written) <= 100 and not any("/" in part for part in parts):
        return written
    return (
        f"{written[:67]}~{hashlib.sha256(json.dumps(words).encode()).hexdigest()[:32]}"
    )


# ---------------------------------------------------------------- plain figures


class Held(NamedTuple):
    free: int
    held: int

    @property
    def total(self):
        return self.free + self.held


def balance(legs, account, unit):
    mine = [g for g in legs if (g.account, g.unit) == (account, unit)]
    return Held(
        sum(g.amount for g in mine if g.bucket == "free"),
        sum(g.amount for g in mine if g.bucket == "held"),
    )


def month_later(day):
    """The same day of the next month, or the last that month has."""
    following = first_of_month(day, 1)
    return min(
        following + timedelta(days=day.day - 1),
        first_of_month(following, 1) - timedelta(days=1),
    )


def within(day, stretch):
    return stretch[0] <= day <= stretch[1]


def shift_of(service, day):
    if service.starts_at is None:
        return None
    start = day.toordinal() * 1440 + service.starts_at
    return start, start + service.minutes


def may_have_a_meal(facts):
    if facts.get("relation") == "self":
        return True
    return facts.get("relation") == "child" and facts.get("beneficiary.age", 0) >= 70


def amended(kept, operation, day):
    """Return *kept* with what *operation* says of trust, if it says anything."""
    said = dict(operation.facts).get("trusted")
    return kept if said is None else kept._replace(trusted=(*kept.trusted, (day, said)))


def retiered(kept, operation, day):
    return kept._replace(tiers=(*kept.tiers, (day, operation)))


def by_day(kept, said, day):
    """Return what was said for days up to *day*, in their order, however it was told."""
    day = max(day, kept.opened)
    return [what for since, what in sorted(said, key=itemgetter(0)) if since <= day]


def is_trusted(kept, day):
    return [False, *by_day(kept, kept.trusted, day)][-1]


def is_paused(kept, day):
    return any(
        max(day, kept.opened) <= said.until
        for said in by_day(kept, kept.tiers, day)
        if said.ladder == "trust"
    )


def granted(kept, ladder, day):
    """Return the level granted by *day*, and whether it is suspended."""
    level, suspended = None, False
    for said in by_day(kept, kept.tiers, day):
        if said.ladder == ladder:
            level, suspended = {
                ops.TierAction.GRANT: (said.level, False),
                ops.TierAction.SUSPEND: (level, True),
                ops.TierAction.WITHDRAW: (None, False),
            }[said.action]
    return level, suspended
