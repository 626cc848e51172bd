"""
What rules move: one operation's legs and findings, drafted rule by rule.

Order, as ``docs/reference/policy.md`` tells it: when · requires (of rule, class and item,
all of them) · amount · limits, each on what the one before left · the payee's cap · the
payer's floor.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date
from typing import Final

from attrs import define, evolve

from ..model import (
    AMOUNT_MAX,
    ISSUER,
    AccountId,
    Bucket,
    Effect,
    Finding,
    Lot,
    Posting,
    Reason,
    Unit,
    show,
)
from .bounds import Bench, limits_of, settled, told
from .case import Case
from .expressions import (
    FactNeeded,
    Named,
    fact_needed,
    failures,
    holds,
    number,
)
from .lots import last_day, usable_lots
from .rules import Excess, ExcessKind, Limit, Rule
from .windows import is_window, window

_EVER: Final = date.min, date.max


def move(case: Case, bench: Bench) -> list[Finding]:
    """
    Draft what the policy's rules move for *case*, into its draft.

    Returns:
        Every finding; the draft counts only if none of them refuses.
    """
    findings: list[Finding] = []
    rules = {name: r for name, r in case.policy.rules.items() if applies(r, case)}
    if not rules and case.shape.amount is not None:
        findings.append(Finding(code="rules", reason=Reason.NO_RULE, wanted=case.on))
    before = case.before()
    findings += _gates(before)
    for name, rule in rules.items():
        _Movement(name, rule, case, bench, findings).draft(before)
    known = {(finding.code, finding.account) for finding in findings}
    findings += (f for f in settled(case, bench) if (f.code, f.account) not in known)
    return findings


def applies(rule: Rule, case: Case) -> bool:
    """Return whether *rule* belongs to the operation, its class and its unit."""
    if case.on not in rule.on:
        return False
    if rule.class_ is not None and case.fields.get("class") not in rule.class_:
        return False
    return case.fields.get("unit", rule.unit) == rule.unit


def _gates(before: Case) -> Iterator[Finding]:
    policy = before.policy
    if (name := before.fields.get("class")) is not None:
        yield from failures(
            policy.classes[str(name)].requires, before, f"classes.{name}.requires"
        )
    if (name := before.fields.get("item")) is not None:
        yield from failures(
            policy.items[str(name)].requires, before, f"items.{name}.requires"
        )


@define
class _Movement:
    """
    One rule's movement: whether it applies, how much, from whom, to whom.

    Legs are added to the case's draft, what is found to *findings*.
    """

    name: str
    rule: Rule
    case: Case
    bench: Bench
    findings: list[Finding]

    @property
    def code(self) -> str:
        """The rule's place in the policy."""
        return f"rules.{self.name}"

    @property
    def unit(self) -> Unit:
        """What the rule moves."""
        return self.case.policy.unit(self.rule.unit)

    def draft(self, before: Case) -> None:
        """Draft what the rule moves; its gates see the case *before* anything moved."""
        try:
            if not holds(self.rule.when, before):
                return
            self.findings += failures(
                self.rule.requires, before, f"{self.code}.requires"
            )
            parts = self._amount(before)
        except FactNeeded as unknown:
            self.findings.append(fact_needed(self.code, unknown))
            return
        if parts is not None:
            self._draft(parts)

    def _amount(self, before: Case) -> int | None:
        """Return the amount in parts, exact, or add a finding."""
        formula = self.rule.amount or Named(str(before.shape.amount))
        figure = number(formula, before) * self.unit.scale
        code = f"{self.code}.amount"
        if figure.denominator != 1:
            wanted, found = f"1/{self.unit.scale}", str(figure / self.unit.scale)
            self.findings.append(
                Finding(code=code, reason=Reason.GRAIN, wanted=wanted, found=found)
            )
            return None
        if figure < 0 or figure > AMOUNT_MAX:
            reason = Reason.NEGATIVE if figure < 0 else Reason.BOUND
            self.findings.append(
                Finding(
                    code=code,
                    reason=reason,
                    found=show(figure / self.unit.scale),
                    unit=self.unit.name,
                )
            )
            return None
        return figure.numerator

    def _draft(self, parts: int) -> None:
        shape = self.case.shape
        payer = self._end("from", self.rule.from_ or shape.from_)
        payee = self._end("to", self.rule.to or shape.to)
        if payer is None or payee is None:
            return
        diverted: list[tuple[AccountId, int]] = []
        for key, limit in self.rule.limits.items():
            parts = self._limited(key, limit, parts, diverted)
        parts = self._capped(payee, parts, diverted)
        if self.bench.hold:
            self._hold(payer, parts)
            return
        for account, amount in ((payee, parts), *diverted):
            self._pay(payer, account, amount)

    def _end(self, key: str, word: str | None) -> AccountId | None:
        """Return the account at one end, which must be there, or add a finding."""
        code = f"{self.code}.{key}"
        account = self.case.party(str(word))
        if account is None:
            self.findings.append(
                Finding(code=code, reason=Reason.FACT_NEEDED, wanted=word)
            )
        elif not self._is_there(account):
            self.findings.append(
                Finding(code=code, reason=Reason.ACCOUNT_UNKNOWN, account=account)
            )
        return account

    def _is_there(self, account: AccountId) -> bool:
        return account == ISSUER or self.case.account(account) is not None

    # ------------------------------------------------------------ limits

    def _limited(
        self, key: str, limit: Limit, parts: int, diverted: list[tuple[AccountId, int]]
    ) -> int:
        code = f"{self.code}.limits.{key}"
        if is_window(key) and not any(True for _ in self._windows(key)):
            return parts  # the day lies in no such window
        try:
            most = number(limit.at_most, self.case)
        except FactNeeded as unknown:
            self.findings.append(fact_needed(code, unknown))
            return 0
        if limit.count:
            times = self._used_times(key)
            room = parts if times + 1 <= most else 0
            shown, found, unit = math.floor(most), times + 1, None
        else:
            used = self._used(key)
            room = max(0, math.floor(most * self.unit.scale) - used)
            shown, found = math.floor(most * self.unit.scale), used + parts
            unit = self.rule.unit
        if parts <= room:
            return parts
        finding = Finding(
            code=code,
            reason=Reason.LIMIT,
            wanted=told(shown, self.unit),
            found=told(found, self.unit),
            unit=unit,
        )
        return self._exceed(limit.excess, finding, (parts, room), diverted)

    def _used(self, key: str) -> int:
        """Return what the limit's window or measure holds already, in parts."""
        if not is_window(key):
            measure = self.case.policy.measures[key]
            account = self.case.roles[self.case.subject]
            return math.floor(self.case.measure(account, measure) * self.unit.scale)
        return max((sum(rows) for rows in self._windows(key)), default=0)

    def _used_times(self, key: str) -> int:
        return max((len(rows) for rows in self._windows(key)), default=0)

    def _windows(self, key: str) -> Iterator[list[int]]:
        """
        Yield what this rule moved for the subject, for each window that holds the day.

        A calendar window is one; a rolling one also ends on every later day on which
        something was recorded, so that back-dating gains nothing.
        """
        case, subject = self.case, self.case.roles[self.case.subject]
        sign = -1 if case.party(self._from_word()) == subject else 1
        stretch, calendar = window(key), case.policy.calendar
        since = case.held_since(subject, stretch.since)
        rows = {
            event: sign * amount
            for event, amount in case.rows(
                subject, self.rule.unit, *stretch.reach(case.day, calendar)
            ).items()
            if event.rule == self.name
        }
        ends = {case.day}
        if stretch.rolling:
            ends |= {event.day for event in rows if event.day > case.day}
        for end in ends:
            span = stretch.span(end, calendar, since)
            first, last = (d or o for d, o in zip(span, _EVER, strict=True))
            if first <= case.day <= last:
                yield [a for event, a in rows.items() if first <= event.day <= last]

    def _from_word(self) -> str:
        return str(self.rule.from_ or self.case.shape.from_)

    def _capped(
        self, payee: AccountId, parts: int, diverted: list[tuple[AccountId, int]]
    ) -> int:
        found, bench = self.case.account(payee), self.bench
        if found is None:
            return parts
        try:
            _, cap = limits_of(found, self.rule.unit, self.case, bench)
        except FactNeeded:
            return parts  # `settled` looks at the same figures, and finds it lacking
        if cap is None:
            return parts
        kind = found.kind
        bounds = bench.bounds.bounds(kind, self.rule.unit)
        there = self.case.balance(payee, self.rule.unit).total
        room = max(0, cap - there)
        if parts <= room:
            return parts
        finding = Finding(
            code=f"accounts.{kind}.{self.rule.unit}.cap",
            reason=Reason.CAP,
            wanted=cap,
            found=told(there + parts, self.unit),
            unit=self.rule.unit,
            account=payee,
        )
        return self._exceed(bounds.excess, finding, (parts, room), diverted)

    def _exceed(
        self,
        excess: Excess,
        finding: Finding,
        wanted_and_room: tuple[int, int],
        diverted: list[tuple[AccountId, int]],
    ) -> int:
        """
        Return the parts that may go on, and note what becomes of the rest.

        A refused excess goes on whole, so that later limits and the floor are judged
        too and the refusal names them all.
        """
        parts, room = wanted_and_room
        # a cap is today's, and may name a pool that the policy of the day had not
        today = evolve(self.case, policy=self.bench.bounds)
        named = excess.to or ""
        to = self.case.party(named) or today.party(named)
        if excess.kind is ExcessKind.REFUSE or (excess.to and to is None):
            self.findings.append(finding)
            return parts
        if to is not None and not self._is_there(to):
            self.findings.append(
                evolve(
                    finding,
                    reason=Reason.ACCOUNT_UNKNOWN,
                    wanted=None,
                    found=None,
                    unit=None,
                    account=to,
                )
            )
            return parts
        if to is not None:
            diverted.append((to, parts - room))
        self.findings.append(
            evolve(
                finding,
                reason=Reason.DROPPED if to is None else Reason.DIVERTED,
                effect=Effect.NOTES,
                found=parts - room,
                unit=self.rule.unit,
                account=to,
            )
        )
        return room

    # ------------------------------------------------------------ legs

    def _leg(
        self,
        account: AccountId,
        amount: int,
        lot: Lot | None,
        bucket: Bucket = Bucket.FREE,
    ) -> None:
        if amount:
            self.case.draft.add(
                Posting(
                    account=account,
                    unit=self.rule.unit,
                    amount=amount,
                    bucket=bucket,
                    lot=lot,
                    rule=self.name,
                )
            )

    def _hold(self, payer: AccountId, parts: int) -> None:
        for lot, amount in self._leaving(payer, parts):
            self._leg(payer, -amount, lot)
            self._leg(payer, amount, lot, Bucket.HELD)

    def _pay(self, payer: AccountId, payee: AccountId, parts: int) -> None:
        for lot, amount in self._leaving(payer, parts):
            self._leg(payer, -amount, lot)
            self._leg(payee, amount, self._arriving(payee, lot))

    def _leaving(
        self, payer: AccountId, parts: int
    ) -> Iterator[tuple[Lot | None, int]]:
        """Yield the lots that *parts* are taken from, earliest expiry first, then oldest."""
        if payer == ISSUER or self.case.policy.units[self.rule.unit].lots is None:
            yield None, parts
            return
        left = parts
        today = self.bench.recorded_on
        lots = usable_lots(self.case, payer, self.rule.unit, today)
        for lot, free in lots:
            taken = min(left, free)
            if taken > 0:
                yield lot, taken
                left -= taken
        if left > 0:
            self.findings.append(
                Finding(
                    code=f"units.{self.rule.unit}.lots",
                    reason=Reason.LOT_SHORT,
                    wanted=parts,
                    found=parts - left,
                    unit=self.rule.unit,
                    account=payer,
                )
            )

    def _arriving(self, payee: AccountId, lot: Lot | None) -> Lot | None:
        rule = self.case.policy.units[self.rule.unit].lots
        if payee == ISSUER or rule is None:
            return None
        return lot or Lot(self.bench.id, last_day(rule.expires, self.case.day))
