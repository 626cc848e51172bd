"""
What rules move: one operation's legs and findings, drafted rule by rule.

Order, as ``docs/reference/policy.md`` tells it: when · requires (of rule, class and item,
all of them) · amount · limits, each on what the one before left · the payee's cap · the
payer's floor.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction
from typing import Final

from attrs import define, evolve, frozen

from ..accounts import Account
from ..model import (
    AMOUNT_MAX,
    BALANCE_MAX,
    ISSUER,
    AccountId,
    Bucket,
    Effect,
    EntryId,
    Finding,
    Lot,
    Posting,
    Reason,
    Scalar,
    Unit,
    show,
)
from .case import Case
from .expressions import (
    Constant,
    FactNeeded,
    Formula,
    Named,
    fact_needed,
    failures,
    holds,
    number,
)
from .rules import (
    NO_LIMIT,
    Ending,
    Excess,
    ExcessKind,
    Expiry,
    Limit,
    Policy,
    Rule,
)
from .windows import days_later, is_window, months_later, window


@frozen(kw_only=True)
class Bench:
    """
    What a movement is drafted with.

    Args:
        id: The entry's id, which names the lots it creates.
        recorded_on: Lots that expired before this day cannot be spent.
        bounds: The policy in force on that day, whose floors and caps hold now.
        hold: Whether leaving credits are only set aside.
        caps: Whether caps are asked; releases, reversals and refunds ask none.
        authority: Who allowed an account to end beyond its limit, where somebody did.
    """

    id: EntryId
    recorded_on: date
    bounds: Policy
    hold: bool = False
    caps: bool = True
    authority: str | None = None


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


def account_of(word: str, case: Case) -> AccountId | None:
    """Return the account that a rule means by *word*: a role's, or the one so named."""
    return case.roles.get(word) or (
        AccountId(word) if word in case.policy.named_accounts() else None
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
        account = account_of(str(word), self.case)
        if account is None:
            self.findings.append(
                Finding(
                    code=f"{self.code}.{key}",
                    reason=Reason.FACT_NEEDED,
                    wanted=word,
                )
            )
        return account

    # ------------------------------------------------------------ limits

    def _limited(
        self, key: str, limit: Limit, parts: int, diverted: list[tuple[AccountId, int]]
    ) -> int:
        code = f"{self.code}.limits.{key}"
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
            wanted=_told(shown, self.unit),
            found=_told(found, self.unit),
            unit=unit,
        )
        return self._exceed(limit.excess, finding, (parts, room), diverted)

    def _used(self, key: str) -> int:
        """Return what the limit's window or measure holds already, in parts."""
        if not is_window(key):
            measure = self.case.policy.measures[key]
            account = self.case.roles[self.case.subject]
            return math.floor(self.case.measure(account, measure) * self.unit.scale)
        return max(sum(rows) for rows in self._windows(key))

    def _used_times(self, key: str) -> int:
        return max(len(rows) for rows in self._windows(key))

    def _windows(self, key: str) -> Iterator[list[int]]:
        """
        Yield what this rule moved for the subject, for each window that holds the day.

        A calendar window is one; a rolling one also ends on every later day on which
        something was recorded, so that back-dating gains nothing.
        """
        case, subject = self.case, self.case.roles[self.case.subject]
        sign = -1 if account_of(self._from_word(), case) == subject else 1
        stretch = window(key)
        rows = {
            event: sign * amount
            for event, amount in case.rows(
                subject, self.rule.unit, *stretch.reach(case.day)
            ).items()
            if event.rule == self.name
        }
        ends = {case.day}
        if stretch.rolling:
            ends |= {event.day for event in rows if event.day > case.day}
        for end in ends:
            first, last = (
                d or o for d, o in zip(stretch.span(end), _EVER, strict=True)
            )
            if first <= case.day:
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
            found=_told(there + parts, self.unit),
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
        to = account_of(excess.to, self.case) if excess.to else None
        if excess.kind is ExcessKind.REFUSE or (excess.to and to is None):
            self.findings.append(finding)
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
        lots = usable_lots(self.case, payer, self.rule.unit, self.bench)
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
        return lot or Lot(self.bench.id, _last_day(rule.expires, self.case.day))


def usable_lots(
    case: Case, account: AccountId, unit: str, bench: Bench
) -> list[tuple[Lot, int]]:
    """Return the unexpired lots of *account* with what is free in each, draft included."""
    lots = case.standing.lots_ever_of(account, unit)
    free = {lot: balance.free for lot, balance in lots}
    for posting in case.draft.postings:
        if (
            (posting.account, posting.unit) == (account, unit)
            and posting.bucket is Bucket.FREE
            and posting.lot is not None
        ):
            free[posting.lot] = free.get(posting.lot, 0) + posting.amount
    usable = [
        (lot, amount)
        for lot, amount in free.items()
        if amount > 0 and (lot.expires_on or date.max) >= bench.recorded_on
    ]
    return sorted(usable, key=lambda pair: pair[0].expires_on or date.max)


def _last_day(expires: Expiry | None, earned_on: date) -> date | None:
    """Return the last day a lot earned on *earned_on* can be used."""
    if expires is None:
        return None
    if expires.after is not None:
        return _later(earned_on, expires.after) - timedelta(days=1)
    last = window(str(expires.end_of or Ending.YEAR)).span(earned_on)[1] or earned_on
    if expires.plus is None:
        return last
    return _later(days_later(last, 1), expires.plus) - timedelta(days=1)


def _later(day: date, stretch: str) -> date:
    count, _, unit = stretch.partition(" ")
    unit = unit.rstrip("s")
    if unit in ("day", "week"):
        return days_later(day, int(count) * (7 if unit == "week" else 1))
    return months_later(day, int(count) * (12 if unit == "year" else 1))


# ---------------------------------------------------------------- floors and bounds


def settled(case: Case, bench: Bench) -> Iterator[Finding]:
    """
    Yield what is wrong with the balances that the draft leaves (law 4).

    An account outside its limits, by a changed policy say, may still move inward.
    A closed account moves no more, except in what is only a record.  Nothing passes
    2^53−1.
    """
    for (account, unit), change in case.draft.balances.items():
        found = case.account(account)
        if found is None or account == ISSUER:
            continue
        after = case.balance(account, unit)
        at = f"accounts.{found.kind}.{unit}"
        try:
            floor, cap = limits_of(found, unit, case, bench)
        except FactNeeded as unknown:
            yield fact_needed(at, unknown)
            continue
        if max(abs(after.free), abs(after.total)) > BALANCE_MAX:
            yield Finding(
                code="amount",
                reason=Reason.BOUND,
                found=_told(after.total, bench.bounds.unit(unit)),
                unit=unit,
                account=account,
            )
        if found.closed_on is not None and not bench.bounds.units[unit].record:
            finding = Finding(
                code="account",
                reason=Reason.ACCOUNT_CLOSED,
                found=found.closed_on.isoformat(),
                account=account,
            )
            yield _beyond(bench, finding)
        beyond = []
        if change.free < 0 and floor is not None and after.free < floor:
            beyond.append((Reason.FLOOR, "floor", floor, after.free))
        if bench.caps and change.total > 0 and cap is not None and after.total > cap:
            beyond.append((Reason.CAP, "cap", cap, after.total))
        for reason, key, wanted, left in beyond:
            finding = Finding(
                code=f"{at}.{key}",
                reason=reason,
                wanted=_told(wanted, bench.bounds.unit(unit)),
                found=_told(left, bench.bounds.unit(unit)),
                unit=unit,
                account=account,
            )
            yield _beyond(bench, finding)


def _told(parts: int, unit: Unit) -> Scalar:
    """Return *parts* as a finding can hold them: beyond what a body can, as text."""
    if abs(parts) <= BALANCE_MAX:
        return parts
    return show(Fraction(parts, unit.scale))


def _beyond(bench: Bench, finding: Finding) -> Finding:
    """Return *finding*, which authority turns from a refusal into a note."""
    if bench.authority is None:
        return finding
    return evolve(finding, reason=Reason.OVERRIDDEN, effect=Effect.NOTES)


def limits_of(
    account: Account, unit: str, case: Case, bench: Bench
) -> tuple[int | None, int | None]:
    """
    Return the floor and cap of *account* in parts, *None* where there is no limit.

    A figure finer than the unit is rounded to the strict side: floors up, caps down.

    Raises:
        FactNeeded: If they go by a kept fact that the account lacks.
    """
    if unit not in bench.bounds.units:
        return None, None
    bounds, scale = (
        bench.bounds.bounds(account.kind, unit),
        bench.bounds.unit(unit).scale,
    )
    floor = _figure(bounds.floor, account, case)
    cap = _figure(bounds.cap, account, case)
    return (
        None if floor is None else math.ceil(floor * scale),
        None if cap is None else math.floor(cap * scale),
    )


def _figure(formula: Formula | None, account: Account, case: Case) -> Fraction | None:
    if formula is None or formula == NO_LIMIT:
        return None
    if isinstance(formula, Constant):
        return formula.number
    return number(formula, case.of_account(account.id))
