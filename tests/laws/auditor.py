"""
An auditor of bounds: what a policy says nobody passes, worked out from the journal alone.

It reads a policy as the tables that stand in its file, and a journal entry by entry, and
calls nothing that decides.  After every entry it asks what that entry moved: whether a
floor, a cap or a limit was passed, whether more of a lot or an order was used than there
was, whether something counted twice.  At the end it asks every limit again, of every
account and window.

What it cannot work out (a limit that goes by measures, say) `bounds.unjudged` lists.

An account may be beyond its floor or cap, and only by what is told here:

* a reversal, a cancellation and an expiry may leave an account above its cap: they give
  back, and ask no cap;
* an expiry may leave it below its floor: time asks none;
* a reversal or correction may do either where an authority is named, and says so in a
  finding on that account;
* nothing else, and whoever is beyond may move inward.

A limit is passed by nothing but an order whose cancellation is undone by an authority,
which a finding says: meanwhile others had used the limit up.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from timebank import operations as ops
from timebank.entries import Refusal
from timebank.model import Bucket, Effect, Reason, exact

from .bounds import (
    bounds_of,
    figures,
    is_number,
    many,
    pays_by_time,
    rolls,
    stretch,
    unjudged,
    wider,
)

ASKS = {
    ops.RecordService: ("service", "provider", "issuer"),
    ops.RecordMark: ("contribution", "provider", "issuer"),
    ops.PlaceOrder: ("redeem", "payer", "payer"),
    ops.Give: ("gift", "payer", "payer"),
    ops.Donate: ("donate", "payer", "payer"),
    ops.Grant: ("grant", "payee", "issuer"),
    ops.Allocate: ("allocate", "payee", ""),
    ops.ShareOut: ("allocate", "payee", ""),
    ops.OpenAccount: ("open", "member", "issuer"),
    ops.CloseAccount: ("close", "member", "member"),
    ops.Apply: ("apply", "member", "issuer"),
    ops.EndPeriod: ("period", "member", "issuer"),
    ops.PublishRanking: ("rank", "member", "issuer"),
}
"""An operation's word, the role whose limits are asked, and where its credits come from."""
WORDS = {
    "service_class": "class",
    "mark": "class",
    "item": "item",
    "event": "event",
    "body": "body",
    "evidence": "evidence",
    "purpose": "purpose",
}
ROLES = {
    "provider": "provider",
    "recipient": "recipient",
    "organiser": "organiser",
    "sponsor": "sponsor",
    "payer": "payer",
    "payee": "payee",
    "heir": "heir",
    "beneficiary": "beneficiary",
    "merchant": "merchant",
    "member": "provider",
    "account": "member",
}
GIVEN_BACK = (ops.Reverse, ops.CancelOrder, ops.ExpireLot)
"""What asks no cap."""


class Move(NamedTuple):
    """One leg of free credits, and what it counts for."""

    account: str
    unit: str
    amount: int
    rule: str
    day: date
    origin: str
    said: dict[str, str]


FALLS_DUE = (
    *(ops.EndPeriod, ops.ExpireLot, ops.Assess, ops.EndAssessment, ops.SettleClaim),
)
"""What time brings; its floors and caps are those of its own day, however late it comes."""


def judged(entry):
    """Return the day whose floors and caps hold for *entry*."""
    lapsed = isinstance(entry.operation, ops.CancelOrder) and entry.id.startswith(
        "due/"
    )
    due = isinstance(entry.operation, FALLS_DUE) or lapsed
    return entry.effective_on if due else entry.recorded.on


class Auditor:
    """
    Reads a journal under one policy.

    What it finds broken is in `broken`, and in `reached` the places of the bounds that an
    entry came to exactly.
    """

    def __init__(self, policy):
        self.policy = policy
        self.limits = bounds_of(policy)
        self.broken = []
        self.reached = set()
        self.out = set(unjudged(policy))
        self.entries = {}
        self.kinds = {"issuer": "issuer"}
        self.kept = defaultdict(list)
        self.balances = defaultdict(int)
        """By account, unit and bucket."""
        self.lots = defaultdict(int)
        """By lot, account, unit and bucket."""
        self.totals = defaultdict(int)
        """By lot and unit: what all have of it."""
        self.made = {}
        """What each lot was made of."""
        self.moves = []
        self.undone = {}
        self.settled = {}
        self.over = set()
        """Claims that will never count."""
        self.let_pass = set()
        """Limits, each with an account, that somebody has answered for."""
        self.held = defaultdict(int)
        """By order: what is set aside."""
        self.pieces = defaultdict(dict)
        """By order: pieces handed over, by fulfilment."""

    def read(self, told):
        """Read entries and, where there are any among them, refusals."""
        for each in told:
            if isinstance(each, Refusal):
                self.refuse(each)
            else:
                self.take(each)
        self.ask_all()
        return self

    def say(self, entry, what):
        self.broken.append(f"{entry.id}: {what}")

    # ------------------------------------------------------------ one entry

    def take(self, entry):
        if entry.id in self.entries:
            self.say(entry, "an id twice")
        self.entries[entry.id] = entry
        counts = self.counts_as(entry)
        if counts is None:
            if entry.postings:
                self.say(entry, "moves something, and waits")
            self.hear(entry)
            return
        self.take_account(counts)
        self.take_order(counts)
        self.take_undoing(counts)
        self.take_authority(counts)
        changes = self.post(entry, counts)
        self.check_ends(entry, counts, changes)
        self.check_lots(entry)
        self.check_worth(entry, counts)
        self.check_left_out(entry, counts)
        for bound in self.limits:
            self.check_limit(entry, counts, bound)

    def counts_as(self, entry):
        """Return the entry that *entry* counts for: itself, a claim it settles, or none."""
        effects = {finding.effect for finding in entry.findings}
        idle = bool(effects & {Effect.WAITS, Effect.VOIDS})
        if not isinstance(entry.operation, ops.OnClaim):
            return None if Effect.WAITS in effects else entry
        return None if idle else self.settles(entry)

    def settles(self, entry):
        claim = entry.operation.claim
        if claim in self.settled or claim in self.over:
            self.say(entry, f"{claim} had ended")
        self.settled[claim] = entry.id
        return self.entries[claim]

    def hear(self, entry):
        if any(finding.effect is Effect.VOIDS for finding in entry.findings):
            self.over.add(entry.operation.claim)

    def take_account(self, entry):
        operation, on = entry.operation, entry.effective_on
        if isinstance(operation, ops.OpenAccount):
            self.kinds[operation.account] = operation.kind.value
        if isinstance(operation, ops.OpenAccount | ops.AmendAccount):
            day = date.min if isinstance(operation, ops.OpenAccount) else on
            self.kept[operation.account] += [(day, *fact) for fact in operation.facts]

    def take_undoing(self, entry):
        if isinstance(entry.operation, ops.Reverse | ops.Correct):
            target = entry.operation.target
            if target in self.undone:
                self.say(entry, f"{target} was undone before")
            self.undone[target] = entry.id

    def take_authority(self, entry):
        operation = entry.operation
        if not (isinstance(operation, ops.Reverse) and operation.authority):
            return
        cancelled = self.entries[operation.target].asked
        if isinstance(cancelled, ops.CancelOrder):
            payers = subjects(self.entries[cancelled.order].asked)
            self.let_pass |= {
                (finding.code, payer)
                for finding in entry.findings
                for payer in payers
                if finding.reason is Reason.OVERRIDDEN
            }

    def take_order(self, entry):
        asked = entry.asked
        if isinstance(entry.operation, ops.Reverse | ops.Correct):
            for done in self.pieces.values():
                done.pop(entry.operation.target, None)
        if isinstance(asked, ops.PlaceOrder) and asked.delivered:
            self.pieces[entry.id][entry.id] = asked.quantity
        if isinstance(asked, ops.FulfilOrder):
            done, order = self.pieces[asked.order], self.entries[asked.order].asked
            left = order.quantity - sum(done.values())
            done[entry.id] = asked.quantity or left
            if done[entry.id] > left:
                self.say(entry, f"{done[entry.id]} pieces of {left}")
            self.reach("orders", done[entry.id], left)

    def post(self, entry, counts):
        """Take in the legs; return what each account's free and whole balance changed by."""
        changes = defaultdict(lambda: [0, 0])
        sums = defaultdict(int)
        own, undone = self.stands_for(counts), None
        if isinstance(counts.operation, ops.Reverse | ops.Correct):
            undone = self.stands_for(self.entries[counts.operation.target])
        for leg in entry.postings:
            sums[leg.unit] += leg.amount
            sums[leg.unit, leg.undoes] += leg.amount
            if leg.account == "issuer":
                continue
            origin, day, said = undone if leg.undoes else own
            self.balances[leg.account, leg.unit, leg.bucket] += leg.amount
            changes[leg.account, leg.unit][1] += leg.amount
            if leg.lot is not None:
                self.take_lot(leg)
            if leg.bucket is Bucket.HELD:
                self.held[said["order"], leg.account, leg.unit, leg.rule] += leg.amount
                if self.held[said["order"], leg.account, leg.unit, leg.rule] < 0:
                    self.say(entry, f"takes more than {said['order']} holds")
                continue
            changes[leg.account, leg.unit][0] += leg.amount
            self.moves.append(
                Move(leg.account, leg.unit, leg.amount, leg.rule, day, origin, said)
            )
        if any(sums.values()):
            self.say(entry, "does not sum to zero")
        return changes

    def stands_for(self, entry):
        """Return the id and the day that own legs of *entry* count for, and what it says."""
        asked, order = entry.asked, None
        if isinstance(asked, ops.FulfilOrder | ops.CancelOrder):
            order = self.entries[asked.order]
        said = {**self.said((order or entry).asked), "order": (order or entry).id}
        if isinstance(asked, ops.CancelOrder):
            return order.id, order.effective_on, said
        return entry.id, entry.effective_on, said

    def said(self, asked):
        if type(asked) not in ASKS:
            return {}
        named = {**WORDS, **ROLES}
        told = {label: getattr(asked, at, None) for at, label in named.items()}
        found = {label: word for label, word in told.items() if isinstance(word, str)}
        return {**found, "on": ASKS[type(asked)][0]}

    # ------------------------------------------------------------ floors and caps

    def check_ends(self, entry, counts, changes):
        allowed = {
            finding.account
            for finding in entry.findings
            if finding.reason is Reason.OVERRIDDEN
        }
        authority = getattr(counts.operation, "authority", None)
        for (account, unit), (free, whole) in changes.items():
            floor, cap = self.ends(account, unit, judged(entry))
            left = self.balances[account, unit, Bucket.FREE]
            there = left + self.balances[account, unit, Bucket.HELD]
            place = f"accounts.{self.kinds[account]}.{unit}"
            excused = authority is not None and account in allowed
            if floor is not None and free < 0:
                if not (
                    left >= floor
                    or isinstance(entry.operation, ops.ExpireLot)
                    or excused
                ):
                    self.say(entry, f"{place}.floor: {account} has {left}, not {floor}")
                self.reach(f"{place}.floor", left, floor)
            if cap is not None and whole > 0:
                if not (
                    there <= cap or isinstance(entry.operation, GIVEN_BACK) or excused
                ):
                    self.say(entry, f"{place}.cap: {account} has {there}, not {cap}")
                self.reach(f"{place}.cap", there, cap)

    def ends(self, account, unit, day):
        """Return the floor and cap of an account in parts, *None* where there is none."""
        kind = self.kinds[account]
        says = figures(self.policy, kind, unit)
        scale = self.scale(unit)
        found = []
        for end, strict in (("floor", -1), ("cap", 1)):
            figure = None
            if f"accounts.{kind}.{unit}.{end}" not in self.out:
                figure = self.figure(
                    says[end], lambda name: self.own(account, name, day)
                )
            # a figure finer than a part is rounded to the strict side
            found.append(
                None if figure is None else strict * (strict * figure * scale // 1)
            )
        return found

    def own(self, account, name, day):
        """Return what was kept with *account* on *day*, of one day what was told last."""
        if name == "kind":
            return self.kinds[account]
        kept = [fact for fact in self.kept[account] if fact[1] == name]
        before = sorted((f for f in kept if f[0] <= day), key=lambda fact: fact[0])
        default = self.policy["facts"][name].get("default")
        return before[-1][2] if before else default

    def figure(self, formula, known):
        """Return a number, or *None* where there is no limit."""
        while isinstance(formula, dict):
            found = known(formula["by"])
            word = {True: "yes", False: "no"}.get(found, found)
            formula = formula[word] if word in formula else formula["else"]
        if formula == "none":
            return None
        return exact(formula if is_number(formula) else known(formula))

    def scale(self, unit):
        return self.policy["units"][unit].get("scale", 1)

    def reach(self, place, found, bound):
        if found == bound:
            self.reached.add(place)

    # ------------------------------------------------------------ lots

    def take_lot(self, leg):
        self.lots[leg.lot.id, leg.account, leg.unit, leg.bucket] += leg.amount
        self.totals[leg.lot.id, leg.unit] += leg.amount

    def check_lots(self, entry):
        """Nobody has less than nothing of a lot; nobody spends it after its last day."""
        passed_over = any(f.reason is Reason.OVERRIDDEN for f in entry.findings)
        changes = defaultdict(int)
        for leg in entry.postings:
            if leg.lot is not None:
                changes[leg.lot.id, leg.account, leg.unit, leg.bucket] += leg.amount
        for leg in entry.postings:
            if leg.lot is None or leg.account == "issuer":
                continue
            of = leg.lot.id, leg.account, leg.unit, leg.bucket
            if self.lots[of] < 0 and changes[of] < 0 and not passed_over:
                self.say(
                    entry, f"{leg.account} has {self.lots[of]} of lot {leg.lot.id}"
                )
            whole = leg.lot.id, leg.unit
            made = self.made.setdefault(whole, self.totals[whole])
            if self.totals[whole] > made:
                self.say(entry, f"lot {leg.lot.id} has grown")
            last, spends = leg.lot.expires_on, leg.bucket is Bucket.FREE
            taken = leg.amount < 0 and spends and not leg.undoes
            late = last is not None and last < entry.recorded.on
            if late and taken and not isinstance(entry.operation, ops.ExpireLot):
                self.say(entry, f"spends lot {leg.lot.id} after {last}")

    # ------------------------------------------------------------ worth

    def check_worth(self, entry, counts):
        """A rule that pays by time and never rounds up pays no more than was served."""
        service = counts.asked
        if not isinstance(service, ops.RecordService):
            return
        for name, rule in self.policy["rules"].items():
            if not (pays_by_time(rule) and "service" in many(rule["on"])):
                continue
            paid = sum(
                leg.amount
                for leg in entry.postings
                if leg.amount > 0
                and not leg.undoes
                and (leg.rule, leg.unit) == (name, rule["unit"])
            )
            if paid > Fraction(service.minutes, 60) * self.scale(rule["unit"]):
                self.say(entry, f"rules.{name} pays {paid} for {service.minutes} min")

    # ------------------------------------------------------------ limits

    def check_limit(self, entry, counts, bound):
        """Ask *bound* of whom *entry* moved something by its rule."""
        if bound.place in self.out or not is_limited(counts):
            return
        for subject in subjects(counts.asked):
            moved = sum(
                leg.amount
                for leg in entry.postings
                if (leg.account, leg.rule) == (subject, bound.rule)
                and leg.bucket is Bucket.FREE
                and not leg.undoes
            )
            said = self.said_of(counts.asked, subject)
            if not (self.is_bound(bound, said) and self.towards(bound, said, moved)):
                continue
            most = self.most(bound, counts.asked, subject, counts.effective_on)
            used = self.used(bound, subject, counts.effective_on, said)
            if most is None or used is None:
                continue
            if used > most:
                self.say(entry, f"{bound.place}: {subject} has {used} of {most}")
            self.reach(bound.place, used, most)

    def said_of(self, asked, subject):
        """Return what an operation says, as one of those who take part asks it."""
        return {**self.said(asked), ASKS[type(asked)][1]: subject}

    def leaves(self, rule, on):
        """Return whether what *rule* moves leaves the subject."""
        role, source = next((role, s) for word, role, s in ASKS.values() if word == on)
        return self.policy["rules"][rule].get("from", source) == role

    def towards(self, bound, said, amount):
        """Return whether *amount* of the subject's uses the limit up."""
        return amount < 0 if self.leaves(bound.rule, said["on"]) else amount > 0

    def measure(self, bound):
        return self.policy.get("measures", {}).get(bound.key)

    def is_bound(self, bound, said):
        """Return whether the limit looks at what its rule moves for such an operation."""
        rule = self.policy["rules"][bound.rule]
        where = (self.measure(bound) or bound.says).get("where", {})
        item = bound.says.get("where", {}).get("item", said.get("item"))
        return (
            said["on"] in many(rule["on"])
            and item == said.get("item")
            and self.passes({**said, "rule": bound.rule}, where)
        )

    def passes(self, said, where):
        for label, test in where.items():
            words = {said.get(label)} - {None}
            if label == "class" and words:
                words = set(wider(self.policy, said["class"]))
            if label == "channel" and "item" in said:
                words = {self.policy["items"][said["item"]].get("channel")} - {None}
            wanted = test.get("is", ()) if isinstance(test, dict) else test
            shunned = test.get("is_not", ()) if isinstance(test, dict) else ()
            if words & set(many(shunned)) or (wanted and not words & set(many(wanted))):
                return False
        return True

    def counted(self, bound):
        """Return whether times or days are counted, and not amounts."""
        return bound.says.get("count") or {"count", "days"} & set(
            self.measure(bound) or ()
        )

    def most(self, bound, asked, account, day):
        """Return what the limit lets pass of *account*: parts, or times."""
        _, subject, _ = ASKS[type(asked)]
        parties = self.said_of(asked, account)
        facts = dict(getattr(asked, "facts", ()))
        for part in parts_of(asked):
            facts |= dict(part.facts) if part.account == account else {}

        def known(name):
            role, _, base = name.rpartition(".")
            role = role or subject
            rule = self.policy.get("facts", {}).get(base)
            if base == "kind" or (isinstance(rule, dict) and rule.get("kept")):
                return self.own(parties[role], base, day)
            given = facts.get(f"{role}.{base}")
            if given is None and role == subject:
                given = facts.get(base)
            if given is None and isinstance(rule, dict):
                given = rule.get("default")
            return given

        figure = self.figure(bound.says["at_most"], known)
        if figure is None or self.counted(bound):
            return figure and figure // 1
        return figure * self.scale(self.policy["rules"][bound.rule]["unit"]) // 1

    def used(self, bound, subject, day, said):
        """
        Return what the limit holds: the most in any window that *day* lies in.

        *None* where it lies in none.
        """
        measure = self.measure(bound)
        if measure is None:
            unit = self.policy["rules"][bound.rule]["unit"]
            window, same = bound.key, many(bound.says.get("same", ()))
            where = {**bound.says.get("where", {}), "rule": bound.rule}
            count = "count" if bound.says.get("count") else "sum"
            side = "out" if self.leaves(bound.rule, said["on"]) else "in"
        elif "balance" in measure:
            unit = measure["balance"]
            return sum(self.balances[subject, unit, bucket] for bucket in Bucket)
        else:
            (count,) = {"sum", "count", "days"} & set(measure)
            unit, window = measure[count], measure.get("window", "lifetime")
            same, where = many(measure.get("same", ())), measure.get("where", {})
            side = measure.get("side", "net")
        sums = defaultdict(int)
        for move in self.moves:
            if (
                (move.account, move.unit) == (subject, unit)
                and self.passes({**move.said, "rule": move.rule}, where)
                and all(move.said.get(label) == said.get(label) for label in same)
            ):
                sums[move.day, move.origin, move.rule] += move.amount
        sign = -1 if side == "out" else 1
        moved = {
            key: sign * amount
            for key, amount in sums.items()
            if amount and (side == "net" or sign * amount > 0)
        }
        return max(self.in_windows(window, day, moved, count), default=None)

    def in_windows(self, window, day, moved, count):
        """Yield what was *moved* in each window that holds *day*."""
        ends = {day}
        if rolls(window):
            ends |= {later for later, _, _ in moved if later > day}
        for end in ends:
            first, last = stretch(window, end, self.policy.get("calendar", {}))
            if first <= day <= last:
                inside = {key: n for key, n in moved.items() if first <= key[0] <= last}
                yield {
                    "sum": sum(inside.values()),
                    "count": len(inside),
                    "days": len({on for on, _, _ in inside}),
                }[count]

    def ask_all(self):
        """
        Ask every limit over a window of everybody, as things stand in the end.

        Where the limit hangs on what an operation said, that was asked when it was told.
        """
        standing = defaultdict(int)
        for move in self.moves:
            standing[move.account, move.rule, move.day, move.origin] += move.amount
        for bound in self.limits:
            at_most = bound.says["at_most"]
            if bound.place in self.out or self.measure(bound) or not is_number(at_most):
                continue
            for (account, rule, day, origin), amount in standing.items():
                asked = self.entries[origin].asked
                if rule != bound.rule or account not in subjects(asked):
                    continue
                if (bound.place, account) in self.let_pass:
                    continue
                said = self.said_of(asked, account)
                if self.is_bound(bound, said) and self.towards(bound, said, amount):
                    most = self.most(bound, asked, account, day)
                    used = self.used(bound, account, day, said)
                    if used is not None and used > most:
                        what = f"{bound.place}: {account} ends with {used} of {most}"
                        self.say(self.entries[origin], what)

    # ------------------------------------------------------------ no stricter than said

    def check_left_out(self, entry, counts):
        """What was dropped or sent elsewhere is what some bound had no room for."""
        tight = defaultdict(list)
        for finding in entry.findings:
            if finding.reason not in (Reason.DROPPED, Reason.DIVERTED):
                continue
            for bound in self.limits:
                if bound.place == finding.code and is_limited(counts):
                    unit = self.policy["rules"][bound.rule]["unit"]
                    tight[unit] += self.left_by(bound, counts)
            if finding.code.endswith(".cap"):
                _, kind, unit, _ = finding.code.split(".")
                for account, of in self.kinds.items():
                    cap = (
                        self.ends(account, unit, judged(entry))[1]
                        if of == kind
                        else None
                    )
                    has = (self.balances[account, unit, bucket] for bucket in Bucket)
                    tight[unit].append(cap is None or sum(has) >= cap)
        for unit, found in tight.items():
            if not any(found):
                self.say(entry, f"leaves out {unit} for which there was room")

    def left_by(self, bound, counts):
        """Yield whether the limit is used up, of each whom it binds; so is one not judged."""
        for subject in subjects(counts.asked):
            said = self.said_of(counts.asked, subject)
            if bound.place in self.out:
                yield True
            elif self.is_bound(bound, said):
                used = self.used(bound, subject, counts.effective_on, said)
                most = self.most(bound, counts.asked, subject, counts.effective_on)
                yield used is not None and used >= most

    def refuse(self, refusal):
        """
        Take in a refusal: what it says was there is what is there, and it was too much.

        Of a correction only the net counts, which is not asked here.
        """
        asked = refusal.operation
        if isinstance(asked, ops.Correct | ops.Reverse | ops.OnClaim):
            return
        for finding in refusal.findings:
            if not finding.refuses or not isinstance(finding.found, int):
                continue
            if finding.reason is Reason.LIMIT:
                self.check_refused(refusal, finding)
            elif finding.reason in (Reason.FLOOR, Reason.CAP):
                self.check_end_refused(refusal, finding)

    def check_refused(self, refusal, finding):
        """A limit refused: some rule that it binds had no room for what was asked."""
        asked, day = refusal.operation, refusal.effective_on
        account = finding.account or subjects(asked)[0]
        said = self.said_of(asked, account)
        found = []
        for bound in self.limits:
            if bound.place == finding.code and self.is_bound(bound, said):
                if bound.place in self.out:
                    return
                used = self.used(bound, account, day, said) or 0
                wanted = self.wants(bound, asked, finding.found - used)
                most = self.most(bound, asked, account, day)
                found.append((used, wanted, most))
        if not any(used + wanted > most for used, wanted, most in found):
            self.say(refusal, f"{finding.code}: refused where there was room: {found}")

    def wants(self, bound, asked, otherwise):
        """Return how much or often an operation asks of the rule, where that is plain."""
        rule = self.policy["rules"][bound.rule]
        if bound.says.get("count") or "count" in (self.measure(bound) or ()):
            return 1
        if "amount" in rule or "days" in (self.measure(bound) or ()):
            return otherwise
        if isinstance(asked, ops.RecordService):
            return Fraction(asked.minutes, 60) * self.scale(rule["unit"])
        return getattr(asked, "amount", otherwise)

    def check_end_refused(self, refusal, finding):
        falls_due = isinstance(refusal.operation, FALLS_DUE)
        day = refusal.effective_on if falls_due else date.max
        floor, cap = self.ends(finding.account, finding.unit, day)
        free = self.balances[finding.account, finding.unit, Bucket.FREE]
        whole = free + self.balances[finding.account, finding.unit, Bucket.HELD]
        if finding.reason is Reason.FLOOR:
            right = floor is None or finding.found < min(floor, free)
        else:
            right = cap is None or finding.found > max(cap, whole)
        if not right:
            self.say(refusal, f"{finding.code}: refused with {free} free of {whole}")


def is_limited(entry):
    """Return whether limits are asked of an entry: not of what undoes, nor what acts on orders."""
    return not isinstance(entry.asked, ops.Reverse | ops.CancelOrder | ops.FulfilOrder)


def subjects(asked):
    """Return whose limits an operation asks."""
    if type(asked) not in ASKS:
        return []
    if several := parts_of(asked):
        return [part.account for part in several]
    if isinstance(asked, ops.PublishRanking):
        return [place.account for place in asked.places]
    for at in ("provider", "payer", "payee", "member", "account"):
        if hasattr(asked, at):
            if isinstance(asked, ops.Give) and at == "payee":
                continue
            return [getattr(asked, at)]
    return []


def parts_of(asked):
    """Return the parts of those who take part together, where several do."""
    return getattr(asked, "applicants", ()) or getattr(asked, "payers", ())
