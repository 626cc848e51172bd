"""
The books in memory that an example is played on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from fractions import Fraction
from typing import Any, Final

from attrs import define, field

from .. import operations as ops
from ..adoptions import Adoption
from ..balances import Balance
from ..claims import claim_acted_on
from ..decide import decide
from ..due import Due, let_time_pass
from ..entries import Entry, Outcome, Recorded, Refusal, Request
from ..model import (
    AMOUNT_MAX,
    ISSUER,
    AccountId,
    AccountKind,
    EntryId,
    Finding,
    Lot,
    Mode,
    Position,
    Posting,
)
from ..policy.case import Case, case_of
from ..policy.claims import claim_of
from ..policy.conditions import holds
from ..policy.days import days_later
from ..policy.expressions import FactNeeded, word_of
from ..policy.lots import last_day
from ..policy.periods import asked_from, period_id
from ..policy.ranked import published, ranked, ranking_id
from ..policy.rules import NAMED, Example, Policy
from ..policy.tiers import eligible
from ..standing import Standing
from ..texts import Text
from .reading import (
    FORMS,
    MEMBER,
    RANK,
    TICK,
    accounts_in,
    is_told,
    read_operation,
)
from .words import (
    FLAG,
    LADDER,
    LEVEL,
    VALUE,
    flat,
    none_of,
    read_day,
    read_step,
    read_times,
    unit_named,
)

DAY: Final = date(2024, 6, 3)
"""The day of an example that names none, if the policy held then; else its first."""

Found = Fraction | str | bool | tuple[str, ...]
"""What an expectation is compared with; several are codes, in the order found."""


_ACCOUNT: Final = Text("account", "账户")
_KIND: Final = Text("kind of account", "账户种类")


@define
class Stage:
    """
    Books in memory that an example is played on.

    Args:
        today: The day of what is expected.
        last: The entry recorded last; of what was said of a claim, the claim.
        claim: What waits, or waited, and was done or spoken of last.
        findings: What was found of the operation done last.
        refusals: Everything that was refused: the place in ``do``, from 1, and why.
    """

    policy: Policy
    example: Example
    standing: Standing = field(factory=Standing)
    today: date = field(init=False)
    last: EntryId | None = None
    claim: EntryId | None = None
    findings: tuple[Finding, ...] = ()
    refusals: list[tuple[int, Finding]] = field(factory=list)
    _done: int = 0
    _place: int = 0

    @today.default
    def _first_day(self) -> date:
        return self.example.day or max(DAY, self.policy.policy.from_)

    @property
    def refused(self) -> tuple[str, ...]:
        """The codes that refused the operation done last."""
        return tuple(f.code for f in self.findings if f.refuses)

    @property
    def noted(self) -> tuple[str, ...]:
        """The other codes that were found of it."""
        return tuple(f.code for f in self.findings if not f.refuses)

    @property
    def stage(self) -> str:
        """
        The step or end at which the claim done last is.

        Raises:
            ValueError: If what was done last is no claim.
            FactNeeded: If working days are counted through a year without a calendar.
        """
        claim = None
        if self.claim is not None:
            claim = claim_of(self.standing, self.claim, self.example.day or self.today)
        if claim is None:
            raise ValueError(
                Text(
                    "nothing was done that waits, so it is at no stage",
                    "没有办理须等待的业务，因此不在任何阶段",
                )
            )
        if claim.at is None:
            raise FactNeeded(str(claim.lacks))
        return claim.at

    @property
    def _opened(self) -> date:
        return self.example.opened or self.policy.policy.from_

    # ------------------------------------------------------------ before

    def set_up(self) -> None:
        """Adopt the policy, open its accounts and the member's, and put in place what is given."""
        self.standing.adoptions.append(
            Adoption(
                hash=self.policy.hash,
                text=self.policy.text,
                holds_from=date.min,
                position=Position(1),
            )
        )
        self.standing.head = 1
        for id, kind in self.policy.named_accounts().items():
            self._open(AccountId(id), kind)
        if AccountKind.MEMBER in self.policy.accounts:
            self._open(MEMBER, AccountKind.MEMBER)
        for name, value in flat(self.example.given):
            self._give(name, value)

    def _ensure(self, account: AccountId) -> None:
        """Open *account* if it is not; ``group:g`` is of kind group."""
        if account not in self.standing.accounts:
            kind = account.partition(":")[0] if ":" in account else AccountKind.MEMBER
            known = self.policy.accounts
            if kind not in known:
                raise ValueError(none_of(_KIND, str(kind), map(str, known)))
            if kind in NAMED:
                raise ValueError(
                    none_of(_ACCOUNT, account, self.policy.named_accounts())
                )
            self._open(account, AccountKind(kind))

    def _open(self, id: AccountId, kind: AccountKind) -> None:
        mode = Mode.APPEND if kind is AccountKind.ISSUER else Mode.STRICT
        self._put(ops.OpenAccount(account=id, kind=kind, mode=mode))

    def _give(self, name: str, value: Any) -> None:  # noqa: ANN401 - parsed TOML
        """Put a balance, a level or a kept fact in place, on the day accounts opened."""
        owner, _, base = name.rpartition(".")
        account = AccountId(owner or MEMBER)
        self._ensure(account)
        ladder, fact = self.policy.ladders.get(base), self.policy.facts.get(base)
        if ladder is not None:
            if not ladder.stored:
                raise ValueError(
                    Text(
                        "ladder {ladder!r} is told by its needs and not given",
                        "阶梯 {ladder!r} 由条件决定，不能给定",
                        ladder=base,
                    )
                )
            if ladder.rank(value) < 0:
                levels = [rung.name for rung in ladder.levels]
                raise ValueError(none_of(LEVEL, str(value), levels))
            self._put(ops.SetTier(account=account, ladder=base, level=value))
        elif fact is not None:
            if not fact.kept:
                raise ValueError(
                    Text(
                        "fact {fact!r} comes with operations: give it there",
                        "情况 {fact!r} 随业务提供：请写在业务中",
                        fact=base,
                    )
                )
            if is_told(base, value, self.policy):
                self._ensure(AccountId(value))
            self._put(ops.AmendAccount(account=account, facts={base: value}))
        else:
            self._give_balance(account, unit_named(base, self.policy), value)

    def _give_balance(self, account: AccountId, unit: str, amount: int | str) -> None:
        """Put a balance in place; by no rule, so that no limit counts it."""
        parts = self.policy.unit(unit).parts(amount)
        if parts == 0 or abs(parts) > AMOUNT_MAX:
            return
        rule = self.policy.units[unit].lots
        lot = None
        if rule is not None and parts > 0:
            last = last_day(rule.expires, self._opened, self.policy.calendar)
            lot = Lot(self._next_id(), last)
        legs = tuple(
            Posting(account=a, unit=unit, amount=n, lot=lot if a != ISSUER else None)
            for a, n in ((ISSUER, -parts), (account, parts))
        )
        granted = ops.Grant(payee=account, unit=unit, amount=abs(parts))
        self._put(granted, legs)

    def _next_id(self) -> EntryId:
        return EntryId(f"given/{self.standing.head + 1}")

    def _put(self, operation: ops.Operation, legs: tuple[Posting, ...] = ()) -> None:
        """Record an entry that no rule was asked about."""
        entry = Entry(
            id=self._next_id(),
            operation=operation,
            effective_on=self._opened,
            recorded=_recorded(self._opened),
            actor="example",
            policy=self.policy.hash,
            postings=legs,
        )
        self.standing.apply(entry, Position(self.standing.head + 1))

    # ------------------------------------------------------------ doing

    def do(self, table: Mapping[str, Any]) -> None:
        """Do what *table* says, as often and on the days it says."""
        self._place += 1
        fields = dict(table)
        times = read_times(fields.pop("repeat", 1))
        form = FORMS.get(str(fields.get("on")))
        its_own = form is not None and "step" in form.fields  # of a claim
        onward = read_step(None if its_own else fields.pop("step", None))
        day = read_day(fields.pop("day", self.today))
        late = read_day(fields.pop("recorded", day)) - day
        for _ in range(times):
            self._do_once(dict(fields), day, day + late)
            day = onward(day)

    def _do_once(self, fields: dict[str, Any], day: date, recorded: date) -> None:
        self.today = max(self.today, day) if self.example.day else day
        if fields.get("on") == TICK:
            self._tick(fields, day)
            return
        if fields.get("on") == RANK:
            self._rank(fields, day, recorded)
            return
        self._done += 1
        actor, id = fields.pop("actor", "example"), fields.pop("id", f"do/{self._done}")
        operation = read_operation(fields, self.policy, self.last, self.claim)
        if isinstance(operation, ops.EndPeriod):
            # as a tick asks: under the one id there is, and not before it can be asked
            id = period_id(operation.rule, day, operation.account)
            rule = self.policy.rules.get(operation.rule)
            recorded = max(recorded, asked_from(rule, day) if rule else recorded)
        if id in self.standing.known:
            raise ValueError(
                Text(
                    "the id {id!r} is taken by an operation before",
                    "编号 {id!r} 已为此前的业务所用",
                    id=id,
                )
            )
        opening = isinstance(operation, ops.OpenAccount) and operation.account
        for account in accounts_in(operation, self.policy):
            if account != opening:
                self._ensure(account)
        request = Request(id=id, operation=operation, effective_on=day, actor=actor)
        self._ask(request, _recorded(recorded))

    def _ask(self, request: Request, recorded: Recorded) -> Outcome | Refusal:
        verdict = decide(request, self.standing, recorded)
        self.findings = verdict.findings
        if isinstance(verdict, Refusal):
            why = next(f for f in verdict.findings if f.refuses)
            self.refusals.append((self._place, why))
            return verdict
        position = Position(self.standing.head + 1)
        self.standing.apply(verdict, position)
        self.last = claim_acted_on(verdict) or verdict.id
        if verdict.waits or claim_acted_on(verdict):
            self.claim = self.last
        return Outcome(entry=verdict, position=position)

    def _rank(self, fields: dict[str, Any], day: date, recorded: date) -> None:
        """Publish a ranking as of now, once its period is over."""
        name = str(fields.pop("ranking", ""))
        if unknown := fields.keys() - {"on"}:
            raise ValueError(_no_field(RANK, min(unknown)))
        places = self._places(name, day)
        request = Request(
            id=ranking_id(self.standing, name, day),
            operation=ops.PublishRanking(
                ranking=name, through=self.standing.head, places=places
            ),
            effective_on=day,
            actor="example",
        )
        self._ask(request, _recorded(max(recorded, days_later(day, 1))))

    def _places(self, name: str, day: date) -> tuple[ops.Place, ...]:
        if name not in self.policy.rankings:
            raise ValueError(
                none_of(Text("ranking", "排名"), name, self.policy.rankings)
            )
        return ranked(name, day, self.policy, self.standing)

    def _tick(self, fields: dict[str, Any], day: date) -> None:
        """Do what has fallen due by *day*; what is expected then is of the last of it."""
        if unknown := fields.keys() - {"on"}:
            raise ValueError(_no_field(TICK, min(unknown)))
        self.findings = ()

        def ask(due: Sequence[Due]) -> list[Outcome | Refusal]:
            return [
                self._ask(
                    Request(
                        id=each.id,
                        operation=each.operation,
                        effective_on=each.on,
                        actor="example",
                    ),
                    _recorded(day),
                )
                for each in due
            ]

        let_time_pass(day, books=self.standing, ask=ask)

    # ------------------------------------------------------------ after

    def found(self, name: str) -> Found:
        """
        Return what *name* came to.

        Raises:
            ValueError: If the policy has nothing of that name.
        """
        if name in ("refused", "noted", "stage"):
            found: Found = getattr(self, name)
            return found
        owner, _, base = name.rpartition(".")
        rest, _, table = owner.rpartition(".")
        if table == "rankings":
            places = self._places(base, self.example.day or self.today)
            listed = published(base, self.standing)
            if listed is not None and isinstance(listed.asked, ops.PublishRanking):
                places = listed.asked.places
            return tuple(place.account for place in places)
        if table == "flags":
            return self._flag(AccountId(rest or MEMBER), base)
        if table == "eligible":
            return self._eligible(AccountId(rest or MEMBER), base)
        if base in ("free", "held") and table in self.policy.units:
            return self._balance(AccountId(rest or MEMBER), table, base)
        return self._value(AccountId(owner or MEMBER), base)

    def _balance(self, account: AccountId, unit: str, bucket: str) -> Fraction:
        balance = self.standing.balance(account, unit)
        if account == ISSUER:
            # it keeps no running balance: it owes what all others have (law 1)
            had = self.standing.balances.values()
            balance = Balance(-sum(of[unit][0].total for of in had if unit in of))
        return Fraction(getattr(balance, bucket), self.policy.unit(unit).scale)

    def _known(self) -> list[str]:
        policy = self.policy
        return [*policy.units, *policy.measures, *policy.ladders, *policy.facts]

    def _value(self, account: AccountId, base: str) -> Found:
        if base in self.policy.units:
            return self._balance(account, base, "total")
        if base not in (*self._known(), "kind", "day"):
            raise ValueError(none_of(VALUE, base, self._known()))
        value = self._case(account).value(base)
        return value if isinstance(value, Fraction | bool) else word_of(value)

    def _eligible(self, account: AccountId, name: str) -> str:
        if name not in self.policy.ladders:
            raise ValueError(none_of(LADDER, name, self.policy.ladders))
        return eligible(self._case(account), "member", name).name

    def _flag(self, account: AccountId, name: str) -> bool:
        if name not in self.policy.flags:
            raise ValueError(none_of(FLAG, name, self.policy.flags))
        return holds(self.policy.flags[name].when, self._case(account))

    def _case(self, account: AccountId) -> Case:
        return case_of(
            self.policy, self.standing, account, self.example.day or self.today
        )


def _recorded(day: date) -> Recorded:
    return Recorded(at=datetime.combine(day, time(12), UTC), on=day)


def _no_field(on: str, name: str) -> Text:
    return Text(
        "{on} has no field {name!r}", "{on} 没有字段 {name!r}", on=on, name=name
    )
