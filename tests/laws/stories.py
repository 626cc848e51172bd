"""
Stories under any policy: what people ask of a desk, told by a few bytes each.

What is asked is taken from what the policy itself shows (the operations of its worked
examples, its classes, items, ladders, facts and figures), so that a programme nobody here
has read needs nothing added.  The amounts lie around the figures that stand in the policy,
and accounts begin near their caps, so that bounds are soon come to.

Books are a fold, decided entry by entry: `journal` is all that happened.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from functools import cache

from attrs import evolve, fields

from timebank import operations as ops
from timebank.adoptions import Adoption
from timebank.decide import decide
from timebank.due import let_time_pass
from timebank.entries import Entry, Outcome, Recorded, Refusal, Request
from timebank.model import AMOUNT_MAX, Lot, Mode, Posting, Reason, exact
from timebank.policy.claims import claim_of
from timebank.policy.files import load_policy, merged
from timebank.policy.lots import last_day
from timebank.policy.rules import NAMED, FactType
from timebank.rehearsal.reading import FORMS, accounts_in, read_operation
from timebank.standing import Standing

MOVING = (
    *(ops.RecordService, ops.RecordMark, ops.Give, ops.Donate, ops.Grant),
    *(ops.Allocate, ops.ShareOut, ops.PlaceOrder),
)
HANDED = {
    "gift": ops.Give,
    "donate": ops.Donate,
    "grant": ops.Grant,
    "allocate": ops.Allocate,
}
SHOWN = (*MOVING, ops.SetTier, ops.Apply)
"""What is taken from worked examples as it stands there."""
STEP = 16
"""Bytes that tell one step of a story: enough choices for any."""
KINDS = (
    *["shown"] * 12,
    *["service"] * 6,
    *["handed"] * 5,
    *["redeem"] * 4,
    *["fulfil"] * 3,
    *["cancel"] * 2,
    *["reverse"] * 3,
    *["correct"] * 3,
    *["again"] * 8,
    *["confirm"] * 2,
    *["wait"] * 2,
    *["tick", "amend", "mark"],
)
AUTHORITY = (None, None, None, "the council")


class Choices:
    """What a few bytes choose, one byte after the other; zeros when they are used up."""

    def __init__(self, told: bytes) -> None:
        self.left = list(reversed(told))

    def one(self, options):
        options = list(options)
        return options[(self.left.pop() if self.left else 0) % len(options)]


def numbers_in(tables):
    """Yield every number that stands in a policy, but for its examples."""
    if isinstance(tables, Mapping):
        for key, value in tables.items():
            if key not in ("examples", "policy", "language", "calendar", "text"):
                yield from numbers_in(value)
    elif isinstance(tables, list):
        for value in tables:
            yield from numbers_in(value)
    elif isinstance(tables, int | str) and not isinstance(tables, bool):
        with suppress(ValueError, TypeError):
            yield exact(tables)


@cache
class Script:
    """What a policy shows of itself, read once."""

    def __init__(self, text):
        self.policy = load_policy(text)
        self.tables = merged(text).tables
        found = {abs(n) for n in numbers_in(self.tables)}
        self.numbers = sorted({n for n in found if n < 10**6} | {Fraction(1)})
        self.shown = list(self._shown())
        self.words = sorted(self._words())

    def _shown(self):
        for example in self.policy.examples.values():
            for table in example.do:
                asked = {
                    key: value
                    for key, value in table.items()
                    if key not in ("day", "recorded", "actor", "id", "repeat", "step")
                }
                if asked.get("on") in FORMS and FORMS[asked["on"]].kind in SHOWN:
                    yield read_operation(asked, self.policy)

    def _words(self):
        """Return words that operations in examples carry."""
        for operation in self.shown:
            for at in ("event", "body", "evidence", "purpose"):
                if word := getattr(operation, at, None):
                    yield word
        yield from self.policy.known_bodies()

    @property
    def people(self):
        """The accounts that everybody in a story has, by kind."""
        found = {"a": "member", "b": "member", "c": "member"}
        for kind in self.policy.accounts:
            if kind not in NAMED and kind != "member":
                found[f"{kind}:{kind}"] = str(kind)
        for operation in self.shown:
            for account in accounts_in(operation, self.policy):
                if account not in self.policy.named_accounts():
                    kind, colon, _ = account.partition(":")
                    found[account] = kind if colon else "member"
        return {a: k for a, k in found.items() if k in self.policy.accounts}


class Story:
    """Books under one policy, and what was asked of them."""

    def __init__(self, text, beginning=b""):
        self.script = Script(text)
        self.policy = self.script.policy
        self.people = self.script.people
        self.standing = Standing()
        self.journal = []
        self.told = []
        """The same with what was refused, in the order in which it was asked."""
        self.asked = []
        """Operations that were asked for and came to something, with their days."""
        year = max(2024, self.policy.policy.from_.year)
        self.today = date(year, 12, 18)
        self.opened = date(year - 1, 12, 1)
        choices = Choices(beginning)
        self.about = self._chosen(choices)
        self._begin(choices)

    # ------------------------------------------------------------ how it begins

    def _chosen(self, choices):
        """Return what the story is about: a few things done often, not all of them once."""

        def some(options, most):
            several = list(options)
            return several and [choices.one(several) for _ in range(most)]

        ways = [
            (on, rule.unit)
            for rule in self.policy.rules.values()
            for on in rule.on
            if on in HANDED
        ]
        kinds = {n: c.counts.value for n, c in self.policy.classes.items()}
        return {
            "shown": some(self.script.shown, 4),
            "time": some([n for n, counts in kinds.items() if counts == "time"], 2),
            "number": some([n for n, counts in kinds.items() if counts == "number"], 2),
            "handed": some(ways, 2),
            "redeem": some(self.policy.items, 2),
            "words": some([*self.script.words, "one", "two"], 2),
        }

    def _begin(self, choices):
        self.standing.adoptions.append(
            Adoption(
                hash=self.policy.hash,
                text=self.policy.text,
                holds_from=date.min,
                position=1,
            )
        )
        self.standing.head = 1
        for account, kind in self.policy.named_accounts().items():
            mode = Mode.APPEND if kind == "issuer" else Mode.STRICT
            self._put(ops.OpenAccount(account=account, kind=kind, mode=mode))
        for account, kind in self.people.items():
            facts = {
                name: self._fact(rule, choices)
                for name, rule in self.policy.facts.items()
                if rule.kept and choices.one((True, True, True, False))
            }
            self._put(ops.OpenAccount(account=account, kind=kind, facts=facts))
        for account, kind in [
            *self.people.items(),
            *self.policy.named_accounts().items(),
        ]:
            for unit in self.policy.units:
                if kind != "issuer":
                    self._bring(account, kind, unit, choices)
        for account, kind in self.people.items():
            for name, ladder in self.policy.ladders.items():
                if kind == "member" and ladder.stored:
                    level = choices.one(
                        [None, *ladder.levels, *[ladder.levels[-1]] * 3]
                    )
                    if level is not None:
                        self._put(
                            ops.SetTier(account=account, ladder=name, level=level.name)
                        )

    def _bring(self, account, kind, unit, choices):
        """Let an account begin with nothing, with a little, or with about its cap."""
        scale = self.policy.units[unit].scale
        cap = self.script.tables["accounts"].get(kind, {}).get(unit, {}).get("cap")
        caps = [n * scale for n in numbers_in([cap])]
        most = min(caps, default=None)
        if self.policy.units[unit].record:
            some, most_of_all = (
                choices.one(self.script.numbers),
                self.script.numbers[-1],
            )
            about = choices.one((0, 0, some, most_of_all)) * scale
        elif most is not None:
            about = choices.one([0, 0, 0, 1, most // 2, most - 1, most - 2, most])
        else:
            about = choices.one([0, 1, 5 * scale, 40 * scale, *self.script.numbers])
        parts = min(int(about), AMOUNT_MAX)
        if parts > 0:
            lot, lots = None, self.policy.units[unit].lots
            if lots is not None:
                day = self.today - timedelta(days=choices.one((10, 40, 60)))
                lot = Lot(self._id(), last_day(lots.expires, day, self.policy.calendar))
            self._put(
                ops.Grant(payee=account, unit=unit, amount=parts),
                Posting(account="issuer", unit=unit, amount=-parts),
                Posting(account=account, unit=unit, amount=parts, lot=lot),
            )

    def _put(self, operation, *legs):
        """Record what no rule was asked about: it was there before."""
        entry = Entry(
            id=self._id(),
            operation=operation,
            effective_on=self.opened,
            recorded=self._recorded(self.opened),
            actor="before",
            policy=self.policy.hash,
            postings=legs,
        )
        self._keep(entry)

    def _id(self):
        return f"e{self.standing.head + 1}"

    def _recorded(self, day):
        return Recorded(at=datetime.combine(day, time(12), UTC), on=day)

    def _keep(self, entry):
        position = self.standing.head + 1
        self.standing.apply(entry, position)
        self.journal.append(entry)
        self.told.append(entry)
        return position

    # ------------------------------------------------------------ what is asked

    def tell(self, steps):
        for step in steps:
            choices = Choices(step)
            getattr(self, f"_{choices.one(KINDS)}")(choices)
        return self

    def ask(self, operation, on, *, id=None, actor="desk"):
        request = Request(
            id=id or self._id(), operation=operation, effective_on=on, actor=actor
        )
        verdict = decide(request, self.standing, self._recorded(self.today))
        if isinstance(verdict, Refusal):
            self.told.append(verdict)
            return verdict
        return Outcome(entry=verdict, position=self._keep(verdict))

    def _try(self, operation, choices, *, back=True):
        on = self.today
        if back:
            on -= timedelta(days=choices.one((0, 0, 0, 0, 1, 2, 5, 7, 17, 18, 33)))
        self._ask_for_less(operation, on, choices)

    def _ask_for_less(self, operation, on, choices):
        """Ask, and where a bound is in the way ask for as much as it leaves room for."""
        verdict = self.ask(operation, on)
        if isinstance(verdict, Refusal):
            less = self._fitting(operation, verdict)
            if less is None or choices.one((False, True)):
                return
            operation, verdict = less, self.ask(less, on)
        if isinstance(verdict, Outcome):
            self.asked.append((operation, on))
            if verdict.entry.waits and choices.one((True, True, True, False)):
                self._go_through(verdict.entry.id, choices)

    def _fitting(self, operation, refusal):
        """Return *operation* with as much less as a bound that refused it was passed by."""
        passed = [
            abs(finding.found - finding.wanted)
            for finding in refusal.findings
            if finding.reason in (Reason.LIMIT, Reason.FLOOR, Reason.CAP)
            and isinstance(finding.found, int)
            and isinstance(finding.wanted, int)
        ]
        if not passed:
            return None
        for at in ("amount", "minutes", "quantity"):
            if (figure := getattr(operation, at, None)) is not None:
                scales = {rule.scale for rule in self.policy.units.values()}
                over = {"amount": max(passed), "quantity": 1}.get(
                    at, max(passed) * 60 // max(scales)
                )
                return (
                    evolve(operation, **{at: figure - over}) if figure > over else None
                )
        return None

    def _shown(self, choices):
        if not self.about["shown"]:
            other = (self._service, self._mark, self._handed, self._again, self._redeem)
            choices.one(other)(choices)
            return
        operation = choices.one(self.about["shown"])
        self._try(self._varied(operation, choices), choices)

    def _again(self, choices):
        """The same as before, about the same day, more or less of it, or by another."""
        if self.asked:
            operation, on = choices.one(self.asked[-4:])
            on -= timedelta(days=choices.one((0, 0, 0, 1, 2)))
            if choices.one((True, False)):
                operation = self._varied(operation, choices)
            self._ask_for_less(operation, on, choices)

    def _varied(self, operation, choices):
        """Return *operation* with another amount, and perhaps other people and words."""
        changes = {}
        known = {f.name for f in fields(type(operation))}
        for role in ("provider", "recipient", "payer", "payee", "member", "account"):
            if role in known and getattr(operation, role) and choices.one((0, 0, 1)):
                changes[role] = self._like(getattr(operation, role), choices)
        if "minutes" in known:
            changes["minutes"] = self._minutes(choices)
        if "amount" in known:
            payer = changes.get("payer", getattr(operation, "payer", None))
            other = self._amount(operation.unit, payer, choices)
            changes["amount"] = choices.one((operation.amount, other))
        if "quantity" in known:
            changes["quantity"] = choices.one((1, 1, 2, 3, operation.quantity))
            changes["delivered"] = choices.one((True, False, False))
        if "number" in known:
            changes["number"] = choices.one((operation.number, 1, 2))
        if "event" in known and choices.one((0, 0, 1)):
            changes["event"] = self._word(choices)
        return evolve(operation, **changes)

    def _like(self, account, choices):
        kind = self.people.get(account)
        return choices.one(
            [a for a, k in self.people.items() if k == kind] or [account]
        )

    def _someone(self, choices):
        return choices.one([*self.people, *list(self.people)[:1] * 3])

    def _word(self, choices):
        return choices.one(self.about["words"])

    def _minutes(self, choices):
        about = [
            n * 60 + more
            for n in self.script.numbers
            if n <= 12
            for more in (0, 0, 1, -1)
            if n * 60 + more > 0 and (n * 60).denominator == 1
        ]
        return int(choices.one([60, 60, 90, 180, 300, *about]))

    def _amount(self, unit, payer, choices):
        scale = self.policy.units[unit].scale if unit in self.policy.units else 1
        least = self._floor(payer, unit)
        has = self.standing.balance(payer, unit).free - least
        figure = choices.one(self.script.numbers)
        near = (has, has, has, has + 1, figure * scale, figure * scale + 1, scale, 1)
        return max(1, min(int(choices.one(near)), AMOUNT_MAX))

    def _floor(self, account, unit):
        kind = self.people.get(account, "")
        floor = (
            self.script.tables["accounts"].get(kind, {}).get(unit, {}).get("floor", 0)
        )
        scale = self.policy.units[unit].scale if unit in self.policy.units else 1
        return int(floor * scale) if isinstance(floor, int) else 0

    def _fact(self, rule, choices):
        match rule.type:
            case FactType.YES_NO:
                return choices.one((True, True, False))
            case FactType.CHOICE:
                return choices.one(rule.choices)
            case FactType.ACCOUNT:
                return self._someone(choices)
            case FactType.DATE:
                return self.today - timedelta(days=choices.one((0, 30, 400, 4000)))
            case _:
                figures = [n for n in self.script.numbers if n.denominator == 1]
                return int(choices.one([4, 30, 65, 70, *figures]))

    def _facts(self, choices, *roles):
        """Return facts of the operation: all the policy knows, of everybody in it."""
        told = {name: rule for name, rule in self.policy.facts.items() if not rule.kept}
        found = {}
        for name, rule in told.items():
            for who in ("", *(f"{role}." for role in roles)):
                found[f"{who}{name}"] = self._fact(rule, choices)
        return found

    def _service(self, choices):
        if self.about["time"]:
            service = ops.RecordService(
                provider=self._someone(choices),
                service_class=choices.one(self.about["time"]),
                minutes=self._minutes(choices),
                recipient=choices.one([None, *self.people]),
                event=choices.one([None, *self.about["words"]]),
                evidence=choices.one([None, *self.about["words"]]),
                facts=self._facts(choices, "recipient"),
            )
            self._try(service, choices)

    def _mark(self, choices):
        if self.about["number"]:
            mark = ops.RecordMark(
                member=self._someone(choices),
                mark=choices.one(self.about["number"]),
                number=choices.one((1, 1, 2, 3)),
                event=choices.one([None, *self.about["words"]]),
                facts=self._facts(choices),
            )
            self._try(mark, choices)

    def _handed(self, choices):
        """A gift, a donation, a grant, or something out of a pool."""
        if not self.about["handed"]:
            return
        on, unit = choices.one(self.about["handed"])
        payer, payee = self._someone(choices), self._someone(choices)
        known = {f.name for f in fields(HANDED[on])}
        parties = {
            role: account
            for role, account in (("payer", payer), ("payee", payee))
            if role in known
        }
        amount = self._amount(unit, parties.get("payer"), choices)
        facts = self._facts(choices, *parties)
        handed = HANDED[on](**parties, unit=unit, amount=amount, facts=facts)
        self._try(handed, choices, back=choices.one((0, 0, 1)))

    def _redeem(self, choices):
        if not self.about["redeem"]:
            return
        order = ops.PlaceOrder(
            payer=self._someone(choices),
            item=choices.one(self.about["redeem"]),
            quantity=choices.one((1, 1, 2, 3, 5)),
            beneficiary=choices.one([None, *self.people]),
            delivered=choices.one((True, False, False)),
            facts=self._facts(choices, "beneficiary"),
        )
        self._try(order, choices)

    # ------------------------------------------------------------ what acts on it

    def _standing_entries(self, *kinds):
        return [
            entry
            for entry in self.journal
            if isinstance(entry.asked, kinds)
            and entry.actor != "before"
            and self.standing.undone_by(entry.id) is None
        ]

    def _order(self, choices):
        orders = self._standing_entries(ops.PlaceOrder)[-4:]
        return choices.one(orders).id if orders else None

    def _fulfil(self, choices):
        if order := self._order(choices):
            pieces = choices.one((None, 1, 1, 2, 3))
            self.ask(ops.FulfilOrder(order=order, quantity=pieces), self.today)

    def _cancel(self, choices):
        if order := self._order(choices):
            self.ask(ops.CancelOrder(order=order), self.today)

    def _reverse(self, choices):
        kinds = (*MOVING, ops.FulfilOrder, ops.CancelOrder)
        if several := self._standing_entries(*kinds)[-6:]:
            target = choices.one(several).id
            authority = choices.one(AUTHORITY)
            self.ask(ops.Reverse(target=target, authority=authority), self.today)

    def _correct(self, choices):
        if several := self._standing_entries(*MOVING)[-6:]:
            target = choices.one(several)
            on = choices.one((target.effective_on, self.today))
            correction = ops.Correct(
                target=target.id,
                replacement=self._varied(target.asked, choices),
                authority=choices.one(AUTHORITY),
            )
            self.ask(correction, on)

    def _amend(self, choices):
        kept = [name for name, rule in self.policy.facts.items() if rule.kept]
        if kept:
            name = choices.one(kept)
            facts = {name: self._fact(self.policy.facts[name], choices)}
            account = self._someone(choices)
            self.ask(ops.AmendAccount(account=account, facts=facts), self.today)

    def _confirm(self, choices):
        if claims := sorted(self.standing.claims):
            self._go_through(choices.one(claims), choices)

    def _go_through(self, id, choices):
        """Let people say yes to a claim, step by step; now and then one says no."""
        for number in range(6):
            claim = claim_of(self.standing, id, self.today)
            if claim is None or claim.step is None:
                return
            if claim.step.for_:
                self.today += timedelta(days=9)
                self.ask(ops.SettleClaim(claim=id), self.today)
                continue
            role = claim.step.by[number % len(claim.step.by)]
            said = ops.ConfirmStep(claim=id, step=claim.at, role=role)
            if choices.one(range(12)) == 11:
                said = ops.ObjectToStep(claim=id, step=claim.at, role=role)
            self.ask(said, self.today, actor=f"person {number}")

    def _wait(self, choices):
        self.today += timedelta(days=choices.one((1, 1, 6, 13, 31)))

    def _tick(self, choices):
        self.today += timedelta(days=choices.one((0, 14, 35)))
        let_time_pass(
            self.today,
            books=self.standing,
            ask=lambda due: [
                self.ask(each.operation, each.on, id=each.id) for each in due
            ],
        )
