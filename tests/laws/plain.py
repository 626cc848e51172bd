"""
The bank once more, as plainly as it can be said: a list of entries, and sums over it.

It knows one programme, `everything.toml`, by heart: its rules are written here a second
time, as code, from the meaning of the policy language and not from its implementation.
Nothing is kept that could be wrong beside the list: every balance, window, streak, lot and
order is added up afresh whenever somebody asks.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

from timebank import operations as ops

from . import plain_claims
from .plain_figures import (
    Kept,
    Made,
    Trial,
    amended,
    balance,
    due_id,
    granted,
    in_thirds,
    is_paused,
    is_trusted,
    last_usable_day,
    last_use,
    may_have_a_meal,
    retiered,
    shift_of,
    span,
    within,
)
from .plain_time import (
    PERIODS,
    acts_on,
    concerns,
    liable_from,
    months_full,
    period,
)

UNITS = ("hours", "credits", "coins", "points", "vouchers", "attended", "missed")
RECORDS = ("hours", "points", "attended", "missed")
VERSIONS = {
    1: {"cap": 600, "day": 240, "rice": 75},
    2: {"cap": 480, "day": 180, "rice": 90},
}
"""What differs between the two versions of the policy, in parts."""

ROLES = {
    ops.RecordService: {"provider": "provider", "recipient": "recipient"},
    ops.RecordMark: {"provider": "member"},
    ops.Give: {"payer": "payer", "payee": "payee"},
    ops.Donate: {"payer": "payer"},
    ops.Allocate: {"payee": "payee"},
    ops.Grant: {"payee": "payee"},
    ops.PlaceOrder: {"payer": "payer", "beneficiary": "beneficiary"},
    ops.CloseAccount: {"member": "account"},
    ops.EndPeriod: {"member": "account"},
    ops.ExpireLot: {"member": "account"},
    ops.SetTier: {"member": "account"},
}
"""Role → field of the operation; the first role is whose figures bare names mean."""

WORDS = {
    ops.RecordService: "service",
    ops.RecordMark: "contribution",
    ops.Give: "gift",
    ops.Donate: "donate",
    ops.Allocate: "allocate",
    ops.Grant: "grant",
    ops.PlaceOrder: "redeem",
}
LADDERS = {
    "star": ("one", "two"),
    "badge": ("bronze", "silver"),
    "circle": ("C", "B", "A"),
    "conduct": ("barred", "clear"),
    "trust": ("pause", "full"),
}
START = {"circle": "C", "conduct": "clear"}
MOVES = {
    "circle": {"C": ("B", "A"), "B": ("A",), "A": ("C",)},
    "conduct": {"clear": ("barred",), "barred": ("clear",)},
}
MAY = {"group": ("donate", "gift")}
OF_THEIR_DAY = (ops.RecordService, ops.RecordMark, ops.EndPeriod, ops.ExpireLot)
"""What goes by the policy of its day, and not of the day it is recorded."""
UNDOABLE = (
    *WORDS,
    *(ops.FulfilOrder, ops.CancelOrder, ops.Correct, ops.EndPeriod, ops.ExpireLot),
)


class Plain:
    """The books: entries, accounts, policies, voided ids."""

    def __init__(self):
        self.entries: list[Made] = []
        self.accounts: dict[str, Kept] = {}
        self.policies: list[tuple[int, date]] = []
        self.void: set[str] = set()

    # ------------------------------------------------------------ reading

    def entry(self, id):
        return next((e for e in self.entries if e.id == id), None)

    def counted(self, id):
        """The entry as it counts: a claim with the legs of what settled it, or not at all."""
        entry = self.entry(id)
        if plain_claims.is_claim(entry):
            settler = plain_claims.ended_by(self, id)
            if settler is None or settler.fate != "counts":
                return None
            return entry._replace(legs=settler.legs)
        acts = entry is not None and isinstance(entry.operation, plain_claims.ACTS)
        return None if acts else entry

    def place(self, id):
        """Position; what is being decided comes after everything."""
        ids = [e.id for e in self.entries]
        return ids.index(id) if id in ids else len(ids)

    def legs(self):
        return [leg for e in self.entries for leg in e.legs]

    def policy_on(self, day):
        return next((v for v, first in reversed(self.policies) if first <= day), None)

    def undone_by(self, id):
        undoing = [
            e
            for e in self.entries
            if isinstance(e.operation, ops.Reverse | ops.Correct)
            and e.operation.target == id
            and self.counted(e.id)
        ]
        return undoing[0].id if undoing else None

    def statement(self, account, unit):
        """Each posting with the balance after it."""
        free = held = 0
        lines = []
        for entry in self.entries:
            for leg in entry.legs:
                if (leg.account, leg.unit) == (account, unit):
                    free += leg.amount * (leg.bucket == "free")
                    held += leg.amount * (leg.bucket == "held")
                    lines.append(
                        (entry.id, leg.day, leg.bucket, leg.amount, free, held)
                    )
        return lines

    def order(self, id):
        """Pieces handed over, who closed it, what is held; *None* if it is no order."""
        entry = self.counted(id)
        if entry is None or not isinstance(entry.asked, ops.PlaceOrder):
            return None
        return self.order_without(id, None)

    def order_without(self, id, ignored):
        order = self.counted(id)
        acting = [
            e
            for e in self.entries
            if isinstance(e.asked, ops.FulfilOrder | ops.CancelOrder)
            and e.asked.order == id
            and self.undone_by(e.id) is None
            and e.id != ignored
        ]
        delivered = order.asked.delivered and self.undone_by(id) is None
        done = order.asked.quantity if delivered else 0
        done += sum(e.pieces for e in acting)
        cancelled = [e.id for e in acting if isinstance(e.asked, ops.CancelOrder)]
        held = defaultdict(int)
        for e in (order, *acting):
            for leg in e.own:
                if leg.bucket == "held":
                    held[leg.rule, leg.account, leg.unit, leg.lot] += leg.amount
        closed_by = self.undone_by(id) or (cancelled[0] if cancelled else None)
        if closed_by == self.undone_by(id) and closed_by:
            held = {}
        return done, closed_by, {k: v for k, v in held.items() if v}

    def term(self, order):
        """The last day of an order and the rule that says so, or nothing."""
        held = {g.rule for g in order.own if g.bucket == "held"}
        days = {"redeem": 20, "trip": 5}
        return (
            min((order.day + timedelta(days=days[r]), r) for r in held & days.keys())
            if held & days.keys()
            else None
        )

    def has_lapsed(self, order, today):
        """The code of the term that is over."""
        term = self.term(order)
        over = term is not None and today > term[0]
        return f"rules.{term[1]}.hold" if over else None

    def level(self, account, ladder, legs, day, accounts=None):
        """The level held, empty for none; the star comes by itself."""
        if ladder == "star":
            total = balance(legs, account, "hours").total
            return "two" if total >= 300 else "one" if total >= 120 else ""
        kept = (accounts or self.accounts)[account]
        if ladder == "trust":
            return "pause" if is_paused(kept, day) else "full"
        level, suspended = granted(kept, ladder, day)
        if level is None or suspended:
            return START.get(ladder, "")
        return level

    def measures(self, account, day, legs=None):
        """Every measure of the policy, in parts."""
        legs = self.legs() if legs is None else legs
        hours = self.rows(legs, account, "hours")
        month, last_10, last_14 = span("month", day), span(10, day), span(14, day)
        broken = max(
            ((d, self.place(o)) for d, o, _ in self.rows(legs, account, "attended")),
            default=(date.min, -1),
        )
        return {
            "total": balance(legs, account, "hours").total,
            "month_hours": sum(a for (d, *_), a in hours.items() if within(d, month)),
            "recent": sum(within(d, last_14) for d, *_ in hours),
            "served_days": len({d for d, *_ in hours if within(d, last_10)}),
            "missed_running": sum(
                amount
                for (d, o, _), amount in self.rows(legs, account, "missed").items()
                if (d, self.place(o)) > broken
            ),
            "at_fairs": self.at_fairs(legs, account, span(7, day)),
            "own_credits": balance(legs, account, "credits").total,
            "own_coins": balance(legs, account, "coins").total,
        }

    def at_fairs(self, legs, account, stretch):
        """What came in at fairs."""
        rows = self.marked(legs, account)
        return sum(
            amount
            for day, asked, amount in rows
            if asked.mark == "fair" and amount > 0 and within(day, stretch)
        )

    def marked(self, legs, account):
        """What vouchers each mark brought: day, what was asked, and how many."""
        about = {leg.origin: leg.about for leg in legs}
        return [
            (day, about[origin], amount)
            for (day, origin, rule), amount in self.rows(
                legs, account, "vouchers"
            ).items()
            if rule == "vouchers"
        ]

    def rows(self, legs, account, unit):
        """What moved free credits and still stands, by day, entry and rule."""
        sums = defaultdict(int)
        for leg in legs:
            if (leg.account, leg.unit, leg.bucket) == (account, unit, "free"):
                sums[leg.day, leg.origin, leg.rule] += leg.amount
        return {key: amount for key, amount in sums.items() if amount}

    def flags(self, account, day, legs, accounts=None):
        found = self.measures(account, day, legs)
        circle = self.level(account, "circle", legs, day, accounts)
        absent = circle == "A" and found["missed_running"] >= 2
        return {
            *(["flags.absent"] if absent else []),
            *(["flags.in_debt"] if found["own_coins"] < 0 else []),
        }

    # ------------------------------------------------------------ deciding

    def decide(self, id, operation, day, today, actor="desk"):
        """Return the entry; or the codes of everything that forbids it; or a replay."""
        known = self.entry(id)
        if known is not None:
            same = (known.operation, known.day) == (operation, day)
            return known if same else {"id"}
        if id in self.void:
            return {"id"}
        asked = operation
        if isinstance(operation, ops.Correct):
            asked = operation.replacement
        policy = self.policy_on(day if isinstance(asked, OF_THEIR_DAY) else today)
        if isinstance(operation, plain_claims.ACTS):
            claim = self.entry(operation.claim)
            policy = claim.policy if plain_claims.is_claim(claim) else policy
        trial = Trial(id, operation, day, today, actor=actor)
        trial.policy = policy
        trial.bounds = self.policy_on(trial.judged) or policy
        if day > today:
            trial.say("effective_on")
        if policy is None and not isinstance(operation, ops.AdoptPolicy):
            return {*trial.no, "policy"}
        if isinstance(operation, plain_claims.ACTS):
            plain_claims.act(self, trial, operation)
        else:
            self.draft(trial)
            plain_claims.put_off(trial)
        if trial.no:
            return trial.no
        return Made(
            id,
            operation,
            day,
            today,
            policy,
            trial.target,
            tuple(trial.legs),
            frozenset(trial.notes),
            trial.pieces,
            actor,
            trial.fate,
        )

    def draft(self, trial):
        """Find what an operation would move, and what forbids it."""
        operation = trial.operation
        getattr(self, f"_{type(operation).__name__}")(trial, operation)

    def take(self, entry):
        """Take in an entry that `decide` made."""
        self.entries.append(entry)
        operation = entry.operation
        known = self.accounts.get(getattr(operation, "account", ""))
        match operation:
            case ops.OpenAccount():
                kept = Kept(operation.kind.value, entry.day)
                kept = amended(kept, operation, entry.day)
                self.accounts[operation.account] = kept
            case ops.AmendAccount():
                kept = amended(known, operation, entry.day)
                self.accounts[operation.account] = kept
            case ops.CloseAccount():
                self.accounts[operation.account] = known._replace(closed=True)
            case ops.SetTier():
                kept = retiered(known, operation, entry.day)
                self.accounts[operation.account] = kept
            case ops.VoidId():
                self.void.add(operation.voided)
            case ops.AdoptPolicy():
                self.policies.append((policy_of(operation), operation.holds_from))

    # ------------------------------------------------------------ who and what

    def _roles(self, asked):
        fields = ROLES[type(asked)]
        named = {role: getattr(asked, name) for role, name in fields.items()}
        return {role: account for role, account in named.items() if account is not None}

    def _in_order(self, trial, asked):
        """Whether the accounts are there, and the subject may ask this at all."""
        before = len(trial.no)
        roles = self._roles(asked)
        for role, account in roles.items():
            kept = self.accounts.get(account)
            if kept is None or kept.closed:
                trial.say(role)
        ends = list(roles.values())
        if isinstance(asked, ops.RecordService | ops.Give) and len(
            set(ends)
        ) == 1 < len(ends):
            trial.say("recipient" if isinstance(asked, ops.RecordService) else "payee")
        subject = self.accounts.get(next(iter(roles.values())))
        if subject is not None and type(asked) in WORDS:
            may = MAY.get(subject.kind)
            if may is not None and WORDS[type(asked)] not in may:
                trial.say(f"accounts.{subject.kind}.may")
        return roles if len(trial.no) == before else None

    def _now(self, trial):
        """All legs, those of the trial among them."""
        return self.legs() + trial.legs

    def _before(self, trial):
        """What gates see: nothing of its own has moved, what it undoes is gone."""
        return self.legs() + [leg for leg in trial.legs if leg.undoes]

    def _raise_flags(self, trial, account):
        if trial.no:
            return
        accounts = {**self.accounts, **trial.accounts}
        old, new = self.legs(), self._now(trial)
        for each in {account, *(leg.account for leg in trial.legs)} - {None, "issuer"}:
            before = self.flags(each, trial.day, old, {**accounts, **self.accounts})
            trial.notes |= self.flags(each, trial.day, new, accounts) - before

    # ------------------------------------------------------------ moving

    def _limited(self, trial, rule, subject, parts, limit):
        """Return what a window leaves of *parts*, and what it diverts."""
        key, window, most, unit, sign, excess = limit
        # what somebody got by the same rule leaves them no more to give
        rows = {
            row: sign * amount
            for row, amount in self.rows(self._now(trial), subject, unit).items()
            if row[2] == rule and sign * amount > 0
        }
        ends = {trial.day}
        if isinstance(window, int):
            # a rolling window is also asked about on every later day that sees this one
            last = trial.day + timedelta(days=window - 1)
            ends |= {row[0] for row in rows if trial.day < row[0] <= last}
        used = [
            [
                amount
                for row, amount in rows.items()
                if within(row[0], span(window, end))
            ]
            for end in ends
        ]
        code = f"rules.{rule}.limits.{key}"
        if excess == "count":
            if max(map(len, used)) + 1 > most:
                trial.say(code)
            return parts, 0
        room = max(0, most - max(map(sum, used)))
        if parts <= room:
            return parts, 0
        if excess == "refuse":
            trial.say(code)
            return parts, 0
        trial.notes.add(code)
        return room, parts - room if excess == "divert" else 0

    def _capped(self, trial, payee, unit, parts):
        """Return what the payee's cap leaves, and what it diverts."""
        kind = self.accounts[payee].kind if payee in self.accounts else "issuer"
        _, cap = self._bounds(trial, payee, unit)
        if cap is None:
            return parts, 0
        room = max(0, cap - balance(self._now(trial), payee, unit).total)
        if parts <= room:
            return parts, 0
        if unit == "coins":
            # a cap that refuses, which authority may override: `_settle`
            return parts, 0
        trial.notes.add(f"accounts.{kind}.{unit}.cap")
        return room, parts - room if kind == "member" else 0

    def _moves(self, trial, parts):
        """Refuse who asked for an amount of which nothing is left."""
        if not parts and not trial.no:
            trial.say("rules")

    def _no_rule(self, trial):
        """Refuse what no rule is for; what it would have replaced is taken back all the same."""
        trial.say("rules")
        self._settle(trial)

    def _bounds(self, trial, account, unit):
        kept = trial.accounts.get(account) or self.accounts[account]
        if kept.kind == "issuer":
            return None, None
        floor, cap = 0, None
        if (kept.kind, unit) == ("member", "credits"):
            cap = VERSIONS[trial.bounds]["cap"]
        elif (kept.kind, unit) == ("member", "coins"):
            floor, cap = (-6 if is_trusted(kept, trial.judged) else -3), 12
        elif (kept.kind, unit) == ("group", "credits"):
            cap = 240
        elif (kept.kind, unit) == ("fund", "coins"):
            floor = -12
        return floor, cap

    def _pay(self, trial, rule, unit, payer, payees):
        for payee, parts in payees:
            for lot, amount in self._leaving(trial, unit, payer, parts):
                arriving = lot
                if unit in ("credits", "vouchers") and lot is None:
                    arriving = (trial.id, last_usable_day(unit, trial.day))
                trial.add(payer, unit, -amount, rule=rule, lot=lot)
                kept = None if payee == "issuer" else arriving
                trial.add(payee, unit, amount, rule=rule, lot=kept)

    def _hold(self, trial, rule, unit, payer, parts):
        for lot, amount in self._leaving(trial, unit, payer, parts):
            trial.add(payer, unit, -amount, rule=rule, lot=lot)
            trial.add(payer, unit, amount, rule=rule, lot=lot, bucket="held")

    def _leaving(self, trial, unit, payer, parts):
        """The lots to take from: those that end first, then those had longest."""
        if payer == "issuer" or unit not in ("credits", "vouchers"):
            return [(None, parts)]
        lots = defaultdict(int)
        for leg in self._now(trial):
            if (leg.account, leg.unit) == (payer, unit):
                lots[leg.lot] += leg.amount * (leg.bucket == "free")
        taken = []
        ordered = list(lots.items())[::-1]  # as they first came, the newest first
        if unit == "credits":
            ordered = sorted(lots.items(), key=lambda pair: pair[0][1] or date.max)
        for lot, free in ordered:
            usable = lot[1] is None or last_use(unit, lot) >= trial.judged
            if usable and free > 0 and parts > 0:
                taken.append((lot, min(free, parts)))
                parts -= min(free, parts)
        if parts > 0:
            trial.say(f"units.{unit}.lots")
        return taken

    def _settle(self, trial, *, caps=True):
        """Hold the balances that the trial leaves against floors and caps."""
        for account, unit in dict.fromkeys((g.account, g.unit) for g in trial.legs):
            if account == "issuer":
                continue
            moved = balance(trial.legs, account, unit)
            after = balance(self._now(trial), account, unit)
            floor, cap = self._bounds(trial, account, unit)
            kept = trial.accounts.get(account) or self.accounts[account]
            at = f"accounts.{kept.kind}.{unit}"
            if kept.closed and unit not in RECORDS:
                trial.say("account", overridable=True)
            if moved.free < 0 and after.free < floor:
                trial.say(f"{at}.floor", overridable=True)
            if caps and cap is not None and moved.total > 0 and after.total > cap:
                trial.say(f"{at}.cap", overridable=True)

    # ------------------------------------------------------------ earning

    def _RecordService(self, trial, asked):  # noqa: N802
        roles = self._in_order(trial, asked)
        if roles is None:
            return
        who = asked.provider
        if asked.service_class == "night":
            age = dict(asked.facts).get("provider.age")
            if age is None or age < 18:
                trial.say("classes.night.requires.provider.age")
        self._pay(trial, "hours", "hours", "issuer", [(who, asked.minutes)])
        if asked.service_class == "errand":
            self._errand(trial, asked, who)
        else:
            self._earn_credits(trial, asked, who)
        self._pay(
            trial, "points", "points", "issuer", [(who, self._points(trial, who))]
        )
        self._settle(trial)
        self._check_overlap(trial, asked)
        self._raise_flags(trial, who)

    def _points(self, trial, who):
        """What is still to pay of a quarter point for each quarter after the first hour."""
        month = span("month", trial.day)

        def so_far(legs, unit, rule):
            rows = self.rows(legs, who, unit).items()
            return sum(a for (d, _, r), a in rows if r == rule and within(d, month))

        now, before = self._now(trial), self._before(trial)
        in_all = max(0, so_far(now, "hours", "hours") - 60) // 15
        grown = in_all - max(0, so_far(before, "hours", "hours") - 60) // 15
        return max(0, min(grown, in_all - so_far(now, "points", "points")))

    def _errand(self, trial, asked, who):
        if asked.recipient is None:
            trial.say("rules.errand.from")
            return
        coins = -(-asked.minutes // 60)
        limit = ("month", "month", 8, "coins", 1, "refuse")
        coins, _ = self._limited(trial, "errand", who, coins, limit)
        coins, _ = self._capped(trial, who, "coins", coins)
        self._pay(trial, "errand", "coins", asked.recipient, [(who, coins)])

    def _earn_credits(self, trial, asked, who):
        parts = asked.minutes // 15 * 15
        most = VERSIONS[trial.policy]["day"]
        parts, _ = self._limited(
            trial, "credits", who, parts, ("day", "day", most, "credits", 1, "drop")
        )
        parts, over = self._limited(
            trial,
            "credits",
            who,
            parts,
            ("last 7 days", 7, 540, "credits", 1, "divert"),
        )
        parts, beyond = self._capped(trial, who, "credits", parts)
        payees = [(who, parts), ("pool:common", over), ("pool:common", beyond)]
        self._pay(trial, "credits", "credits", "issuer", payees)

    def _check_overlap(self, trial, asked):
        shift = shift_of(asked, trial.day)
        for e in self.entries:
            if shift is None or not isinstance(e.asked, ops.RecordService):
                continue
            other = shift_of(e.asked, e.day)
            if (
                e.asked.provider == asked.provider
                and other is not None
                and e.id != trial.instead_of
                and self.counted(e.id)
                and self.undone_by(e.id) is None
                and shift[0] < other[1]
                and other[0] < shift[1]
            ):
                trial.say("starts_at")

    def _RecordMark(self, trial, asked):  # noqa: N802
        roles = self._in_order(trial, asked)
        if roles is None:
            return
        who = asked.member
        if asked.mark == "training":
            coins = asked.number * 3
            limit = ("lifetime", "lifetime", 2, "coins", 1, "count")
            self._limited(trial, "training", who, coins, limit)
            room = max(0, 8 - balance(self._now(trial), who, "coins").total)
            if coins > room:
                trial.notes.add("rules.training.limits.own_coins")
                coins = room
            coins, _ = self._capped(trial, who, "coins", coins)
            self._pay(trial, "training", "coins", "issuer", [(who, coins)])
        elif asked.mark in ("fair", "feast"):
            vouchers = self._vouchers(trial, asked)
            self._pay(trial, "vouchers", "vouchers", "issuer", [(who, vouchers)])
        else:
            name = {"meeting": "attended", "absence": "missed"}[asked.mark]
            self._pay(trial, name, name, "issuer", [(who, asked.number)])
        self._settle(trial)
        self._raise_flags(trial, who)

    def _vouchers(self, trial, asked):
        """What there is room for: in the week at one event, and at fairs in seven days."""
        who, parts, now = asked.member, asked.number, self._now(trial)
        rows = self.marked(now, who)
        week = span("week", trial.day)
        if asked.event is None:
            trial.say("rules.vouchers.limits.week")
            return 0
        same = [a for d, o, a in rows if within(d, week) and o.event == asked.event]
        if parts > max(0, 3 - sum(same)):
            trial.say("rules.vouchers.limits.week")
        if asked.mark == "feast":
            return parts
        # and in the seven days to each later fair that has this one in them
        days = {d for d, o, _ in rows if o.mark == "fair" and d > trial.day}
        ends = {trial.day, *(d for d in days if d <= trial.day + timedelta(days=6))}
        used = max(self.at_fairs(now, who, span(7, end)) for end in ends)
        if parts > max(0, 4 - used):
            trial.notes.add("rules.vouchers.limits.at_fairs")
        return min(parts, max(0, 4 - used))

    # ------------------------------------------------------------ giving

    def _Give(self, trial, asked):  # noqa: N802
        if self._in_order(trial, asked) is None:
            return
        parts, diverted = asked.amount, 0
        if asked.unit == "coins":
            held = self.level(asked.payer, "circle", self._before(trial), trial.day)
            if held == "C":
                trial.say("rules.gift_coins.requires.circle")
            rule = "gift_coins"
        elif asked.unit == "credits":
            rule = "gift"
            payee = self.measures(asked.payee, trial.day, self._before(trial))
            if payee["missed_running"] > 1:
                trial.say("rules.gift.requires.payee.missed_running")
            limit = ("month", "month", 360, "credits", -1, "refuse")
            parts, _ = self._limited(trial, rule, asked.payer, parts, limit)
        elif asked.unit == "vouchers":
            rule = "gift_vouchers"
            for role, account in self._roles(asked).items():
                prefix = "payee." if role == "payee" else ""
                if self.level(account, "trust", [], trial.day) == "pause":
                    trial.say(f"rules.gift_vouchers.requires.{prefix}trust")
        else:
            self._no_rule(trial)
            return
        parts, diverted = self._capped(trial, asked.payee, asked.unit, parts)
        self._moves(trial, parts + diverted)
        payees = [(asked.payee, parts), ("pool:common", diverted)]
        self._pay(trial, rule, asked.unit, asked.payer, payees)
        self._settle(trial)
        self._raise_flags(trial, asked.payer)

    def _Donate(self, trial, asked):  # noqa: N802
        if self._in_order(trial, asked) is None:
            return
        if asked.unit != "credits":
            self._no_rule(trial)
            return
        payees = [("pool:common", asked.amount)]
        self._pay(trial, "give_on", "credits", asked.payer, payees)
        self._settle(trial)
        self._raise_flags(trial, asked.payer)

    def _Allocate(self, trial, asked):  # noqa: N802
        if self._in_order(trial, asked) is None:
            return
        parts, back = self._capped(trial, asked.payee, "credits", asked.amount)
        self._moves(trial, parts + back)
        payees = [(asked.payee, parts), ("pool:common", back)]
        self._pay(trial, "share", "credits", "pool:common", payees)
        self._settle(trial)
        self._raise_flags(trial, asked.payee)

    def _Grant(self, trial, asked):  # noqa: N802
        if self._in_order(trial, asked) is None:
            return
        limit = ("last 30 days", 30, 2, "coins", 1, "count")
        parts, _ = self._limited(trial, "support", asked.payee, asked.amount, limit)
        parts, _ = self._capped(trial, asked.payee, "coins", parts)
        self._pay(trial, "support", "coins", "fund:city", [(asked.payee, parts)])
        self._settle(trial)
        self._raise_flags(trial, asked.payee)

    # ------------------------------------------------------------ redeeming

    def _PlaceOrder(self, trial, asked):  # noqa: N802
        if self._in_order(trial, asked) is None:
            return
        who, pieces = asked.payer, asked.quantity
        if asked.item == "meal" and not may_have_a_meal(dict(asked.facts)):
            trial.say("items.meal.requires.any")
        self._check_ladders(trial, who)
        price = {
            "rice": VERSIONS[trial.policy]["rice"],
            "outing": 120,
            "trip": 60,
            "meal": 45,
        }
        limit = ("month", "month", 300, "credits", -1, "drop")
        parts, _ = self._limited(
            trial, "redeem", who, price[asked.item] * pieces, limit
        )
        moves = [("redeem", "credits", "issuer", parts)]
        if asked.item == "outing":
            moves.append(("share_of_cost", "coins", "fund:city", pieces))
        if asked.item == "trip":
            self._check_trust(trial, who)
            moves.append(("trip", "vouchers", None, pieces * 2))
        for rule, unit, to, amount in moves:
            if asked.delivered:
                halves = zip(
                    ("pool:left", "pool:right"), in_thirds(amount), strict=True
                )
                payees = [(to, amount)] if to else list(halves)
                self._pay(trial, rule, unit, who, payees)
            else:
                self._hold(trial, rule, unit, who, amount)
        self._settle(trial)
        self._raise_flags(trial, who)

    def _check_ladders(self, trial, who, *, code="rules.redeem.requires"):
        before = self._before(trial)
        if self.level(who, "star", before, trial.day) == "":
            trial.say(f"{code}.star")
        if self.level(who, "conduct", before, trial.day) != "clear":
            trial.say(f"{code}.conduct")

    def _check_trust(self, trial, who):
        if self.level(who, "trust", [], trial.day) == "pause":
            trial.say("rules.trip.requires.trust")

    def _live_order(self, trial, id):
        trial.target = id
        order = self.order(id)
        if order is None:
            trial.say("order")
            return None
        done, closed_by, held = self.order_without(id, trial.instead_of)
        left = self.entry(id).asked.quantity - done
        if closed_by is not None or left == 0:
            trial.say("order")
            return None
        return done, left, held

    def _FulfilOrder(self, trial, asked):  # noqa: N802
        found = self._live_order(trial, asked.order)
        if found is None:
            return
        done, left, held = found
        trial.pieces = asked.quantity or left
        if trial.pieces > left:
            trial.say("quantity")
            return
        order = self.counted(asked.order)
        lapsed = self.has_lapsed(order, trial.today)
        if trial.instead_of is None and lapsed:
            trial.say(lapsed)
        for role, account in self._roles(order.asked).items():
            if self.accounts[account].closed:
                trial.say(role)
        if any(rule == "redeem" for rule, *_ in held):
            self._check_ladders(trial, order.asked.payer)
        if any(rule == "trip" for rule, *_ in held):
            self._check_trust(trial, order.asked.payer)
        self._capture(trial, order, done + trial.pieces, held)
        self._settle(trial)
        self._raise_flags(trial, order.asked.payer)

    def _capture(self, trial, order, done, held):
        """After k of n pieces, ⌊k/n of the price⌋ has been taken."""
        for rule, to in (("redeem", "issuer"), ("share_of_cost", "fund:city")):
            for (_, account, unit, lot), part in self._taken(order, done, held, rule):
                trial.add(account, unit, -part, rule=rule, lot=lot, bucket="held")
                kept = None if to == "issuer" else lot
                trial.add(to, unit, part, rule=rule, lot=kept)
        taken = self._taken(order, done, held, "trip")
        gets = self._parted_on(trial, order, sum(part for _, part in taken))
        for (_, account, unit, lot), part in taken:
            trial.add(account, unit, -part, rule="trip", lot=lot, bucket="held")
            left = part
            for to in gets:
                got = min(left, gets[to])
                gets[to] -= got
                left -= got
                trial.add(to, unit, got, rule="trip", lot=lot)

    def _taken(self, order, done, held, rule):
        """What of each held lot is taken, the first set aside first."""
        mine = {key: amount for key, amount in held.items() if key[0] == rule}
        price = sum(g.amount for g in order.own if (g.bucket, g.rule) == ("held", rule))
        still = max(
            0, price * done // order.asked.quantity - price + sum(mine.values())
        )
        taken = []
        for key, amount in mine.items():
            taken.append((key, min(amount, still)))
            still -= min(amount, still)
        return taken

    def _parted_on(self, trial, order, parts):
        """Thirds of all that is handed over, less what was, taking nothing back."""
        fulfilments = {
            e.id
            for e in self.entries
            if isinstance(e.asked, ops.FulfilOrder) and e.asked.order == order.id
        } - {trial.instead_of}
        pools = ("pool:left", "pool:right")
        given = [
            sum(
                g.amount
                for g in self.legs()
                if g.origin in fulfilments and (g.account, g.rule) == (pool, "trip")
            )
            for pool in pools
        ]
        wanted = in_thirds(sum(given) + parts)
        gets = [max(0, w - g) for w, g in zip(wanted, given, strict=True)]
        over = sum(gets) - parts
        gets[1] -= (back := min(over, gets[1]))
        gets[0] -= over - back
        return dict(zip(pools, gets, strict=True))

    def _CancelOrder(self, trial, asked):  # noqa: N802
        found = self._live_order(trial, asked.order)
        if found is None:
            return
        order = self.counted(asked.order)
        if lapsed := self.has_lapsed(order, trial.today):
            trial.notes.add(lapsed)
        for (rule, account, unit, lot), amount in found[2].items():
            for bucket, sign in (("held", -1), ("free", 1)):
                trial.add(
                    account,
                    unit,
                    sign * amount,
                    rule=rule,
                    lot=lot,
                    bucket=bucket,
                    day=order.day,
                    origin=order.id,
                    about=order.asked,
                )

    # ------------------------------------------------------------ what time brings

    def _EndPeriod(self, trial, asked):  # noqa: N802
        if self._in_order(trial, asked) is None:
            return
        who, kept = asked.account, self.accounts[asked.account]
        if asked.rule not in PERIODS:
            trial.say("rules")
            return
        if not concerns(asked.rule, kept):
            trial.say(f"rules.{asked.rule}.when")
        first, last = period(asked.rule, trial.day)
        since = liable_from(asked.rule, kept)
        due = acts_on(asked.rule, trial.day, since)
        if not trial.no and since > last:
            trial.say(f"rules.{asked.rule}.after")
        too_early = trial.today <= due if asked.rule == "levy" else trial.today < due
        if not trial.no and (trial.day != due or too_early):
            trial.say(f"rules.{asked.rule}.every")
        self._check_asked_once(trial, asked, due)
        if trial.no:
            return
        if asked.rule == "levy":
            # a third of it for each month that is full
            coins = months_full(max(first, since), last)
            floor, _ = self._bounds(trial, who, "coins")
            there = max(0, balance(self.legs(), who, "coins").free - floor)
            if coins > there:
                trial.notes.add("rules.levy.amount")
            self._pay(trial, "levy", "coins", who, [("issuer", min(coins, there))])
        else:
            parts, over = self._capped(trial, who, "credits", 30)
            payees = [(who, parts), ("pool:common", over)]
            self._pay(trial, "allowance", "credits", "issuer", payees)
        self._settle(trial)
        self._raise_flags(trial, who)

    def _check_asked_once(self, trial, asked, due):
        target = trial.instead_of and self.entry(trial.instead_of)
        if target is None:
            if trial.id != due_id(due, "period", asked.rule, asked.account):
                trial.say("id")
        elif (target.asked, target.day) != (asked, trial.day):
            trial.say("replacement")

    def _ExpireLot(self, trial, asked):  # noqa: N802
        if self._in_order(trial, asked) is None:
            return
        unit, free = asked.unit, defaultdict(int)
        for leg in self.legs():
            if (leg.account, leg.unit, leg.bucket) == (asked.account, unit, "free"):
                free[leg.lot] += leg.amount
        found = [
            lot for lot in free if lot[0] == asked.lot and lot[1] and free[lot] > 0
        ]
        if not found:
            trial.say(f"units.{unit}.lots")
            return
        (lot,) = found
        if trial.day <= last_use(unit, lot) and not trial.no:
            trial.say(f"units.{unit}.lots.expires")
        to, new = ("pool:common", (trial.id, None))
        if unit == "vouchers":
            to, new = "issuer", None
        trial.add(asked.account, unit, -free[lot], lot=lot)
        trial.add(to, unit, free[lot], lot=new)
        self._raise_flags(trial, asked.account)

    # ------------------------------------------------------------ mending

    def _undo(self, trial, id):
        """Draft the negation of an entry's own legs; return it if it can be undone."""
        trial.target = id
        target = self.counted(id)
        if (
            target is None
            or not isinstance(target.operation, UNDOABLE)
            or self.undone_by(id)
        ):
            trial.say("target")
            return None
        if self._acting_on(target):
            trial.say("target")
        trial.legs += [g._replace(amount=-g.amount, undoes=True) for g in target.own]
        return target

    def _check_lots(self, trial):
        """A lot that is gone cannot be taken back, unless somebody answers for it."""
        moved = defaultdict(int)
        for leg in trial.legs:
            if leg.lot is not None and leg.bucket == "free":
                moved[leg.account, leg.lot] += leg.amount
        for (account, lot), change in moved.items():
            free = sum(
                leg.amount
                for leg in self._now(trial)
                if (leg.account, leg.lot, leg.bucket) == (account, lot, "free")
            )
            if change < 0 and free < 0:
                trial.say("target", overridable=True)

    def _acting_on(self, target):
        order = None
        if isinstance(target.asked, ops.PlaceOrder):
            order = target.id
        elif isinstance(target.asked, ops.FulfilOrder):
            order = target.asked.order
        return [
            e.id
            for e in self.entries
            if isinstance(e.asked, ops.FulfilOrder | ops.CancelOrder)
            and order is not None
            and e.asked.order == order
            and e.id != target.id
            and self.undone_by(e.id) is None
            and (order == target.id or isinstance(e.asked, ops.CancelOrder))
        ]

    def _used_lots(self, trial, target):
        """Whether anybody has taken from the lot that the target made, and it stands."""
        sums = defaultdict(int)
        for leg in self.legs():
            if leg.lot and leg.lot[0] == target.id and leg.bucket == "free":
                sums[leg.origin, leg.account] += leg.amount
        used = [o for (o, _), amount in sums.items() if amount < 0 and o != target.id]
        if used:
            trial.say("target", overridable=True)

    def _Reverse(self, trial, operation):  # noqa: N802
        trial.authority = operation.authority
        target = self._undo(trial, operation.target)
        if target is None:
            return
        self._used_lots(trial, target)
        self._check_lots(trial)
        if isinstance(target.asked, ops.CancelOrder):
            self._check_put_back(trial, self.entry(target.asked.order))
        self._settle(trial, caps=False)
        known = type(target.asked) in ROLES
        roles = self._roles(target.asked) if known else {}
        self._raise_flags(trial, next(iter(roles.values()), None))

    def _check_put_back(self, trial, order):
        """An order that is put back may find its month used up by others."""
        who, month = order.asked.payer, span("month", order.day)
        back = [g for g in trial.legs if (g.rule, g.bucket) == ("redeem", "free")]
        rows = self.rows(self._now(trial), who, "credits")
        used = -sum(
            amount
            for row, amount in rows.items()
            if row[2] == "redeem" and within(row[0], month)
        )
        if back and used > 300:
            trial.say("rules.redeem.limits.month", overridable=True)

    def _Correct(self, trial, operation):  # noqa: N802
        trial.authority, trial.instead_of = operation.authority, operation.target
        asked, id = operation.replacement, operation.target
        target = self._undo(trial, id)
        if target is None:
            return
        self._used_lots(trial, target)
        if type(asked) is not type(target.asked):
            trial.say("replacement")
        elif isinstance(asked, ops.FulfilOrder) and asked.order != target.asked.order:
            trial.say("replacement.order")
        else:
            getattr(self, f"_{type(asked).__name__}")(trial, asked)
        self._check_lots(trial)
        trial.target = id

    def _VoidId(self, trial, operation):  # noqa: N802
        id = operation.voided
        if self.entry(id) is not None or id in self.void or id == trial.id:
            trial.say("voided")

    # ------------------------------------------------------------ accounts, tiers, policy

    def _OpenAccount(self, trial, operation):  # noqa: N802
        if operation.account in self.accounts:
            trial.say("account")
            return
        kept = amended(Kept(operation.kind.value, trial.day), operation, trial.day)
        trial.accounts[operation.account] = kept
        if kept.kind == "member":
            self._pay(trial, "welcome", "coins", "issuer", [(operation.account, 2)])
        self._settle(trial)

    def _AmendAccount(self, trial, operation):  # noqa: N802
        kept = self.accounts.get(operation.account)
        if kept is None or kept.closed:
            trial.say("account")

    def _CloseAccount(self, trial, operation):  # noqa: N802
        if self._in_order(trial, operation) is None:
            return
        who, before = operation.account, self._before(trial)
        credits = balance(before, who, "credits").total
        coins = balance(before, who, "coins").total
        if credits < 0:
            trial.say("rules.estate.amount")
        else:
            self._pay(trial, "estate", "credits", who, [("pool:common", credits)])
        if coins < 0:
            trial.say("rules.farewell.amount")
        else:
            self._pay(trial, "farewell", "coins", who, [("issuer", coins)])
        self._settle(trial)
        for unit in UNITS:
            left = balance(self._now(trial), who, unit)
            if unit not in RECORDS and (left.free or left.held):
                trial.say(f"accounts.{self.accounts[who].kind}.{unit}")
        self._raise_flags(trial, who)

    def _SetTier(self, trial, operation):  # noqa: N802
        if self._in_order(trial, operation) is None:
            return
        ladder, who = operation.ladder, operation.account
        code = f"ladders.{ladder}"
        if ladder == "star":
            trial.say(code)
            return
        legs = self._before(trial)
        kept = self.accounts[who]
        if ladder == "trust":
            self._check_pause(trial, operation)
            return
        last, suspended = granted(kept, ladder, trial.day)
        held = self.level(who, ladder, legs, trial.day)
        to = operation.level
        if operation.action is ops.TierAction.GRANT:
            if held == to:
                trial.say(code)
            if ladder == "badge":
                found = self.measures(who, trial.day, legs)
                needs = {
                    "bronze": {"total": 60},
                    "silver": {"total": 180, "served_days": 2},
                }
                for name, least in needs[to].items():
                    if found[name] < least:
                        trial.say(f"{code}.levels.{to}.needs.{name}")
            elif held != to and not (suspended and last == to):
                self._check_move(trial, ladder, held, to)
        elif last is None:
            trial.say(code)
        elif operation.action is ops.TierAction.WITHDRAW and ladder in MOVES:
            self._check_move(trial, ladder, last, START[ladder])
        trial.accounts[who] = retiered(kept, operation, trial.day)
        self._raise_flags(trial, who)

    def _check_pause(self, trial, operation):
        """A pause is of three days to ten, and is over before the next."""
        who, until = operation.account, operation.until
        if self.level(who, "trust", [], trial.day) == "pause":
            trial.say("ladders.trust")
        elif until is None or not 2 <= (until - trial.day).days <= 9:
            trial.say("ladders.trust.moves")
        trial.accounts[who] = retiered(self.accounts[who], operation, trial.day)
        self._raise_flags(trial, who)

    def _check_move(self, trial, ladder, held, to):
        shut = held == "B" and date(2024, 3, 10) <= trial.day <= date(2024, 3, 20)
        if to not in MOVES[ladder][held] or (shut and to == "A"):
            trial.say(f"ladders.{ladder}.moves")

    def _AdoptPolicy(self, trial, operation):  # noqa: N802
        if operation.holds_from < trial.day and self.policy_on(trial.day) is not None:
            trial.notes.add("policy.from")  # days that went by another one until now


def policy_of(adoption):
    """Which of the two versions is adopted."""
    return 2 if 'price = "1.5"' in adoption.text else 1
