"""
A case: one operation as a rule sees it, able to answer every value by name.

It reads the standing, the operation, its facts and the policy's own figures, and nothing
else: no clock and no storage.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Final

from attrs import define, field

from ..accounts import Account
from ..balances import Balance
from ..model import (
    ISSUER,
    AccountId,
    AccountKind,
    Finding,
    Reason,
    Unit,
    clean_account_id,
    exact,
)
from ..operations import FactValue
from ..scope import HostFunction
from ..standing import Standing
from . import tiers
from .asking import of_day
from .days import elapsed
from .draft import Draft
from .expressions import (
    FactNeeded,
    FunctionNeeded,
    Level,
    Party,
    Value,
    number,
    word_of,
)
from .history import Past
from .measures import Measure, MeasureKind
from .rules import FactRule, FactType, Policy
from .shapes import OF_ACCOUNT, SHAPES, Shape, base_of
from .trace import UNHEARD, Trace
from .whom import may_name, named_by, told, word_in
from .windows import Span, Window

WHOLE: Final = Fraction(1)
"""All of a period."""


@define
class Case:
    """
    One operation as a rule sees it.

    Args:
        policy: The rules.
        standing: What is on the books.
        on: The policy's word for the operation.
        day: Its effective day.
        roles: Who is who.
        fields: What the operation itself says, by value name.
        facts: What the host vouches for.
        draft: What has been moved so far; rules' gates ask before it, limits after.
        subject: The role whose figures bare names mean.
        trace: Who is told what is looked at.
        part: How much of a period there is still to do, 1 being all of it; see `rhythm`.
    """

    policy: Policy
    standing: Standing
    on: str
    day: date
    roles: Mapping[str, AccountId]
    fields: Mapping[str, Value]
    facts: Mapping[str, FactValue]
    draft: Draft
    subject: str = field()
    trace: Trace = UNHEARD
    part: Fraction = WHOLE

    @subject.default
    def _by_operation(self) -> str:
        return self.shape.subject

    def as_if(self) -> Case:
        """Return the case with a draft of its own, in which to try what a movement leaves."""
        return self._drafting(self.draft.fork(), UNHEARD)

    def _drafting(self, draft: Draft, trace: Trace) -> Case:
        """Return the case with another draft; `evolve` takes five times as long for it."""
        return Case(
            self.policy,
            self.standing,
            self.on,
            self.day,
            self.roles,
            self.fields,
            self.facts,
            draft,
            self.subject,
            trace,
            self.part,
        )

    def _asking(
        self,
        on: str,
        roles: Mapping[str, AccountId],
        fields: Mapping[str, Value],
        facts: Mapping[str, FactValue],
        subject: str,
    ) -> Case:
        """Return the case in which something else is asked, as quickly."""
        return Case(
            self.policy,
            self.standing,
            on,
            self.day,
            roles,
            fields,
            facts,
            self.draft,
            subject,
            self.trace,
            self.part,
        )

    @property
    def shape(self) -> Shape:
        """What the operation gives its rules."""
        return SHAPES[self.on]

    # ------------------------------------------------------------ Facts

    def value(self, name: str) -> Value:
        """Return the value of *name*: a field, a class's figure, or a role's."""
        if name in self.fields:
            return self.fields[name]
        if name == "day_type":
            return self.policy.calendar.type_of(self.day)
        role, _, base = name.rpartition(".")
        if role == "hours":
            raise FactNeeded("starts_at")
        if role == "class":
            return self._class_figure(base)
        role = role or self.subject
        if base in self.policy.facts:
            return self._fact(role, base)
        policy = self.policy
        figures = (*OF_ACCOUNT, *policy.measures, *policy.ladders)
        if base in figures and (account := self.party(role)) is not None:
            return self._of_party(role, account, base)
        if (party := self.party(name)) is not None:
            return Party(party)
        raise FactNeeded(name)

    def _class_figure(self, name: str) -> Fraction:
        return self.policy.class_figures(str(self.fields["class"]))[name]

    def _of_party(self, word: str, account: AccountId, base: str) -> Value:
        if base == "account":
            return Party(account)
        if base == "kind":
            return self._account(account).kind.value
        if base == "opened":
            return self._account(account).opened_on
        if base == "closed":
            return self._closed(word, account)
        if base in self.policy.ladders:
            return self._knowing(word, account).level_of(word, base)
        return self.measure(account, self.policy.measures[base])

    def _closed(self, word: str, account: AccountId) -> date:
        closed_on = self._account(account).closed_on
        if closed_on is None or closed_on > self.day:
            raise FactNeeded(f"{word}.closed")
        return closed_on

    def _knowing(self, word: str, account: AccountId) -> Case:
        """Return the case with *account* known by *word*, as if that were a role."""
        if word in self.roles:
            return self
        roles = {**self.roles, word: account}
        return self._asking(self.on, roles, self.fields, self.facts, self.subject)

    def party(self, word: str) -> AccountId | None:
        """Return the account meant by *word*: by role, by name, or told by a fact."""
        if word in self.roles:
            return self.roles[word]
        named = word == ISSUER or ":" in word
        if named and word in self.policy.named_accounts():
            return AccountId(word)
        name, fact = word_in(word, self.policy), told(word, self.policy)
        try:
            if name is not None:
                return named_by(word, self.value(name), self.policy)
            if fact is None:
                return None
            found = self._fact(fact[0] or self.subject, fact[1])
        except FactNeeded:
            return None
        return AccountId(found.account) if isinstance(found, Party) else None

    def lacking(self, word: str, code: str) -> Finding:
        """Return the finding of a *word* that means nobody: untold, or naming no account."""
        name = word_in(word, self.policy)
        try:
            said = None if name is None else word_of(self.value(name))
        except FactNeeded:
            said = None
        if said is None:
            return Finding(code=code, reason=Reason.FACT_NEEDED, wanted=name or word)
        return Finding(
            code=code,
            reason=Reason.ACCOUNT_NAME,
            wanted=", ".join(sorted(may_name(word, self.policy))),
            found=word.replace(f"{{{name}}}", said),
        )

    def level(self, name: str, word: str) -> Level:
        """Return the level *word* of the ladder that *name* stands for."""
        ladder = self.policy.ladders[base_of(name)]
        return Level(ladder.rank(word), word)

    def function(self, name: str) -> HostFunction:
        """Return the host's function *name*."""
        if name not in self.standing.functions:
            raise FunctionNeeded(name)
        return self.standing.functions[name]

    def unit_of(self, name: str) -> Unit | None:
        """Return the unit that *name* is counted in, where it is an amount."""
        measure = self.policy.measures.get(base_of(name))
        if measure is None or measure.unit is None or measure.counts:
            return None
        return self.policy.unit(measure.unit)

    # ------------------------------------------------------------ facts

    def account(self, account: AccountId) -> Account | None:
        """Return the account, that which this operation opens among them."""
        opened = self.draft.opened
        if opened is not None and opened.id == account:
            return opened
        return self.standing.account(account)

    def is_there(self, account: AccountId) -> bool:
        """Return whether *account* can be paid: it is known, or the issuer."""
        return account == ISSUER or self.account(account) is not None

    def _account(self, account: AccountId) -> Account:
        found = self.account(account)
        if found is None:
            raise FactNeeded(account)
        return found

    def kind_of(self, account: AccountId) -> AccountKind | None:
        """Return the kind of *account*, where it is known."""
        found = self.account(account)
        return found.kind if found is not None else None

    def _fact(self, role: str, base: str) -> Value:
        rule = self.policy.facts[base]
        given: FactValue | None
        if rule.kept:
            account = self.party(role)
            kept = self._account(account).facts_on(self.day) if account else ()
            given = dict(kept).get(base)
        else:
            given = self.facts.get(f"{role}.{base}")
            if given is None and role == self.shape.subject:
                given = self.facts.get(base)
        if given is None:
            given = rule.default
        name = base if role == self.shape.subject else f"{role}.{base}"
        if given is None:
            raise FactNeeded(name)
        try:
            return fact_value(rule, given)
        except ValueError:
            # kept under a policy that had other choices for it, or another type
            raise FactNeeded(name) from None

    # ------------------------------------------------------------ measures

    @property
    def past(self) -> Past:
        """What moved accounts, this operation's legs included."""
        return Past(
            policy=self.policy,
            standing=self.standing,
            draft=self.draft,
            kind=self.kind_of,
        )

    def measure(self, account: AccountId, measure: Measure) -> Fraction:
        """
        Return what *measure* comes to for *account* on the case's day.

        Raises:
            FactNeeded: If it goes by something that is not known.
        """
        match measure:
            case Measure(formula=formula) if formula is not None:
                return number(formula, self.bare(account))
            case Measure(tenure=unit) if unit is not None:
                since = self.bare(account).value(measure.since)
                if not isinstance(since, date):
                    raise FactNeeded(measure.since)
                return Fraction(elapsed(since, self.day, unit))
            case Measure(unit=name) if name is not None:
                parts = self._measured(account, measure, name)
                scale = 1 if measure.counts else self.policy.unit(name).scale
                return Fraction(parts, scale)
            case _:
                raise FactNeeded(measure.kind)

    def _measured(self, account: AccountId, measure: Measure, unit: str) -> int:
        if measure.kind is MeasureKind.AVAILABLE:
            return self.balance(account, unit).free
        if is_balance(measure, self.policy):
            return self.balance(account, unit).total
        return self.past.figure(account, measure, self.span(account, measure.window))

    def span(self, account: AccountId, window: Window) -> Span:
        """Return the days of *window* for *account* on the case's day."""
        since = self.held_since(account, window.since)
        return window.span(self.day, self.policy.calendar, since)

    def balance(self, account: AccountId, unit: str) -> Balance:
        """Return what *account* has in *unit*, this operation's legs included."""
        before, moved = self.standing.balance(account, unit), self.draft.balances
        if (account, unit) not in moved:
            return before
        drafted = moved[account, unit]
        return Balance(before.free + drafted.free, before.held + drafted.held)

    # ------------------------------------------------------------ ladders

    def level_of(self, role: str, name: str) -> Level:
        """Return the level that *role*'s account has on ladder *name*."""
        return tiers.level_of(self, role, name)

    def held_since(self, account: AccountId, ladder: str | None) -> date | None:
        """
        Return the day on which *account* came to the level that it holds on *ladder*.

        It was given then, or the one held before it was over; *None* where it holds none,
        or never held another.
        """
        if ladder is None:
            return None
        level = tiers.held_level(self, account, ladder)
        if level is None:
            return None
        if (account, ladder) in self.draft.levels:
            return self.draft.day
        found = self.account(account)
        tier = found.tier(ladder, self.day) if found else None
        if found is None or (tier and tier.suspended):
            return None
        return found.placed_since(ladder, self.day)

    def about(self, role: str) -> Case:
        """Return the case with bare names meaning *role*'s figures."""
        if role == self.subject:
            return self
        return self._asking(self.on, self.roles, self.fields, self.facts, role)

    def of_account(self, account: AccountId) -> Case:
        """Return the case with bare names meaning *account*'s figures, whatever its role."""
        roles = {"member": account}
        return self._asking("tier", roles, self.fields, self.facts, "member")

    def bare(self, account: AccountId) -> Case:
        """Return the case with *account*'s figures, and nothing that the operation says."""
        roles = {"member": account}
        return self._asking("tier", roles, of_day(self.day), {}, "member")

    def untouched(self) -> Case:
        """Return the case as it stood before this operation."""
        return self._drafting(self.draft.empty(), self.trace)

    def before(self) -> Case:
        """
        Return the case as gates see it.

        Nothing of this operation's own has moved; what a correction undoes is gone.
        """
        return self._drafting(self.draft.undoing(), self.trace)


def case_of(policy: Policy, standing: Standing, account: AccountId, day: date) -> Case:
    """Return the case in which *account* itself is asked about, on *day*."""
    return Case(
        policy=policy,
        standing=standing,
        on="tier",
        day=day,
        roles={"member": account},
        fields=of_day(day),
        facts={},
        draft=Draft(standing.head + 1, day),
    )


def fact_value(rule: FactRule, given: FactValue) -> Value:
    """
    Return *given* as the value of a fact.

    Raises:
        ValueError: If it is not what the policy says the fact is.
    """
    match rule.type:
        case FactType.YES_NO if isinstance(given, bool):
            return given
        case FactType.DATE if isinstance(given, date):
            return given
        case FactType.CHOICE if given in rule.choices:
            return str(given)
        case FactType.ACCOUNT:
            return Party(party_of(given))
        case FactType.NUMBER if isinstance(given, int | str) and not isinstance(
            given, bool
        ):
            return exact(given)
        case _:
            raise ValueError(f"found {given!r}")


def party_of(given: FactValue) -> AccountId:
    """
    Return the account that a fact of type ``account`` tells.

    Raises:
        ValueError: If *given* is no account's id.
    """
    if not isinstance(given, str):
        raise ValueError(f"found {given!r}")  # noqa: TRY004 - a fact's value, not ours
    return clean_account_id(given)


def is_balance(measure: Measure, policy: Policy) -> bool:
    """
    Return whether *measure* is simply a balance.

    A unit that is only a record is never spent, so what came in over a lifetime is what
    is there.
    """
    if measure.kind is MeasureKind.BALANCE:
        return True
    return measure.sums_all and policy.units[str(measure.sum)].record
