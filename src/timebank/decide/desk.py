"""
What every decision shares: the request, the policy that governs it, and the findings.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Final

from attrs import define, field

from ..adoptions import Adoption, policy_on
from ..claims import is_claim
from ..entries import Entry, Recorded, Refusal, Request
from ..model import ISSUER, AccountId, Effect, EntryId, Finding, Reason, Scalar
from ..operations import (
    AdoptPolicy,
    FactValue,
    OnClaim,
    OpenAccount,
    Operation,
    asked_of,
)
from ..policy.asking import Asking, askings, dated
from ..policy.bodies import body_of, in_force
from ..policy.bounds import Bench
from ..policy.case import Case, fact_value
from ..policy.claims import Claim
from ..policy.conditions import fact_needed, holds
from ..policy.draft import Draft
from ..policy.expressions import FactNeeded, Party, Value, number
from ..policy.files import compiled
from ..policy.rules import NAMED, Counting, Policy
from ..policy.shapes import APART, SHAPES
from ..policy.trace import UNHEARD, Stage, Trace
from ..standing import Standing
from .days import governing_day, judged_on

_UNASKED: Final = frozenset(
    on for on, shape in SHAPES.items() if shape.amount is None and on != "apply"
)
"""What nobody asks for: it comes about by itself, or by what is asked of something else."""


_APART: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    on: tuple(pair for pair in APART if {*pair} <= {*shape.roles})
    for on, shape in SHAPES.items()
}
"""Roles of each operation that one account cannot have both of."""

_TABLES: Final = (("item", "items"), ("unit", "units"), ("ladder", "ladders"))
"""Words that an operation says, and the tables of a policy that they stand in."""


@define(kw_only=True)
class Desk:
    """
    One decision in the making.

    Args:
        request: What is asked.
        standing: What may be looked at.
        recorded: When the bank learned of it.
        findings: Everything found so far.
        draft: What moves.
        adoption: The policy that decides the request.
        policy: Its rules; a desk that opens has them.
        target: The entry it acts on.
        settling: The claim that it puts into effect.
        claim: The claim that is decided again here, for another desk.
        trace: Who is told what is looked at.
        today: The day whose floors, caps and lots hold, as `judged_on` says.
        authority: Who allowed an account to end beyond its limits.
    """

    request: Request
    standing: Standing
    recorded: Recorded
    findings: list[Finding] = field(factory=list)
    draft: Draft = field(init=False)
    adoption: Adoption | None = field(init=False)
    policy: Policy = field(init=False)
    target: EntryId | None = None
    policy_hash: str = ""
    settling: Claim | None = None
    claim: Claim | None = None
    trace: Trace = UNHEARD
    today: date = field(init=False)
    authority: str | None = field(init=False)
    _governed_on: date = field(init=False)
    _body: str | None = field(init=False)

    def __attrs_post_init__(self) -> None:
        request, standing, recorded_on = self.request, self.standing, self.recorded.on
        operation, day = request.operation, request.effective_on
        asked = asked_of(operation)
        self.today = judged_on(operation, day, recorded_on, standing)
        self.authority = getattr(operation, "authority", None)
        self._governed_on = governing_day(asked, day, recorded_on)
        self._body = body_of(asked)
        self.draft = Draft(standing.head + 1, day, standing.said(asked))
        self.adoption = self._governing()
        if self.adoption is not None:
            self.policy = compiled(self.adoption.text)

    # ------------------------------------------------------------ policy

    def _governing(self) -> Adoption | None:
        operation, adoptions = self.request.operation, self.standing.adoptions
        if isinstance(operation, OnClaim):
            claim = self.standing.find(operation.claim)
            if claim is not None and is_claim(claim[1]):
                # a claim keeps its policy until it is settled
                return self.standing.adopted(claim[1].policy)
        if isinstance(operation, OpenAccount) and operation.kind in NAMED and adoptions:
            # a policy's own accounts are opened as it is adopted, before it holds
            return max(adoptions, key=lambda adoption: adoption.position)
        return in_force(adoptions, self._governed_on, self._body)

    def bench(
        self,
        *,
        hold: bool = False,
        take: bool = False,
        caps: bool = True,
        floors: bool = True,
    ) -> Bench:
        """Return what a movement is drafted with."""
        adoption = policy_on(self.standing.adoptions, self.today)
        return Bench(
            id=self.request.id,
            today=self.today,
            bounds=compiled(adoption.text) if adoption else self.policy,
            hold=hold,
            take=take,
            caps=caps,
            floors=floors,
            authority=self.authority,
        )

    # ------------------------------------------------------------ findings

    def refuse(  # noqa: PLR0913 - a finding's fields
        self,
        code: str,
        reason: Reason,
        *,
        wanted: Scalar | None = None,
        found: Scalar | None = None,
        unit: str | None = None,
        account: str | None = None,
    ) -> None:
        """Add a finding that forbids the request."""
        self.findings.append(
            Finding(
                code=code,
                reason=reason,
                wanted=wanted,
                found=found,
                unit=unit,
                account=account,
            )
        )

    def not_before(self, code: str, due: date, day: date, account: str) -> None:
        """Find that *day* is too early for what falls *due*, unless more is wrong already."""
        if day < due and not self.refused:
            self.refuse(
                code,
                Reason.NOT_DUE,
                wanted=due.isoformat(),
                found=day.isoformat(),
                account=account,
            )

    @property
    def refused(self) -> bool:
        """Whether anything found so far forbids the request."""
        return bool(self.findings) and any(f.refuses for f in self.findings)

    def opens(self) -> bool:
        """
        Return whether there is a policy to decide by.

        The day must not be to come, and the body one that the ledger has, if it has any.
        """
        effective_on = self.request.effective_on
        if effective_on > self.recorded.on:
            self.refuse(
                "effective_on",
                Reason.DAY_FUTURE,
                wanted=self.recorded.on.isoformat(),
                found=effective_on.isoformat(),
            )
        if self._body is not None:
            self._check_body(self._body)
        if self.adoption is not None or isinstance(self.request.operation, AdoptPolicy):
            return True
        first = min((a.holds_from for a in self.standing.adoptions), default=None)
        self.refuse(
            "policy",
            Reason.POLICY_NONE,
            wanted=first.isoformat() if first else None,
            found=effective_on.isoformat(),
        )
        return False

    def _check_body(self, body: str) -> None:
        of_all = self.standing.policy_on(self._governed_on)
        if of_all is None:
            return
        known = compiled(of_all.text).known_bodies()
        if known and body not in known:
            self.refuse(
                "bodies", Reason.NOT_IN_POLICY, wanted=", ".join(known), found=body
            )

    def verdict(self, commitment: str | None) -> Entry | Refusal:
        """Return the entry, or the refusal where any finding forbids it."""
        adoption = self.adoption
        policy_hash = self.policy_hash or (adoption.hash if adoption else "")
        request = self.request
        if self.refused:
            return Refusal(
                id=request.id,
                operation=request.operation,
                effective_on=request.effective_on,
                actor=request.actor,
                policy=policy_hash,
                findings=tuple(self.findings),
            )
        return Entry(
            id=request.id,
            operation=request.operation,
            effective_on=request.effective_on,
            recorded=self.recorded,
            actor=request.actor,
            policy=policy_hash,
            target=self.target,
            postings=tuple(self.draft.postings),
            findings=tuple(self.findings),
            commitment=commitment,
        )

    # ------------------------------------------------------------ accounts

    def check_open(self, account: AccountId, code: str) -> None:
        """Find that *account* is unknown, or closed."""
        found = self.standing.account(account)
        if found is None:
            self.refuse(code, Reason.ACCOUNT_UNKNOWN, account=account)
        elif found.closed_on is not None:
            self.refuse(
                code,
                Reason.ACCOUNT_CLOSED,
                found=found.closed_on.isoformat(),
                account=account,
            )

    # ------------------------------------------------------------ cases

    def ask(self, operation: Operation) -> Asking | None:
        """
        Return *operation* in the policy's words once its accounts and names are in order.

        Whatever is not is found, all of it; then there is nothing to ask.
        """
        asks = self.asks(operation)
        return asks[0] if asks else None

    def asks(self, operation: Operation) -> tuple[Asking, ...]:
        """Return the same as each who takes part asks it; none where anything is amiss."""
        policy, findings = self.policy, self.findings
        asks = askings(operation, policy)
        assert asks, "only operations that rules can ask come here"  # noqa: S101
        before = len(findings)
        for ask in asks:
            for role, id in ask.roles.items():
                self.check_open(id, role)
        for ask in asks:
            self.check_apart(ask)
        self._check_names(asks[0], policy)
        for ask in asks:
            if ask.facts:
                self.check_facts(ask)
            self._check_may(ask, policy)
        if len(findings) == before:
            return asks
        # who is named by several who take part is found amiss once
        findings[before:] = dict.fromkeys(findings[before:])
        return ()

    def check_apart(self, ask: Asking) -> None:
        """Find one account on both sides."""
        roles = ask.roles
        for one, other in _APART[ask.on]:
            if one in roles and roles[one] == roles.get(other):
                self.refuse(other, Reason.SAME_ACCOUNT, account=roles[one])

    def _check_names(self, ask: Asking, policy: Policy) -> None:
        fields = ask.fields
        if "class" in fields:
            name = fields["class"]
            rule = policy.classes.get(str(name))
            if rule is None:
                known = ", ".join(policy.classes)
                self.refuse(
                    "classes", Reason.NOT_IN_POLICY, wanted=known, found=str(name)
                )
            elif (rule.counts is Counting.TIME) != (ask.on == "service"):
                self.refuse(
                    f"classes.{name}.counts",
                    Reason.COUNTS_OTHERWISE,
                    wanted=rule.counts.value,
                )
        for key, at in _TABLES:
            if key not in fields:
                continue
            table: Mapping[str, object] = getattr(policy, at)
            if (found := str(fields[key])) not in table:
                wanted = ", ".join(table)
                self.refuse(at, Reason.NOT_IN_POLICY, wanted=wanted, found=found)

    def _check_may(self, ask: Asking, policy: Policy) -> None:
        subject = self.standing.accounts.get(ask.roles[SHAPES[ask.on].subject])
        may = policy.may(subject.kind) if subject else None
        if subject is None or may is None or ask.on in may or ask.on in _UNASKED:
            return
        self.refuse(
            f"accounts.{subject.kind}.may",
            Reason.MAY_NOT,
            wanted=", ".join(may),
            found=ask.on,
            account=subject.id,
        )

    def check_facts(
        self, ask: Asking, *, kept: bool = False, policy: Policy | None = None
    ) -> None:
        """Find facts the policy does not ask for, or that are not of their type."""
        for name, given in ask.facts.items():
            role, _, base = name.rpartition(".")
            known = not role or role in ask.shape.roles
            base = base if known else ""
            self.check_fact(name, given, base, kept=kept, policy=policy)

    def check_fact(
        self,
        name: str,
        given: FactValue,
        base: str,
        *,
        kept: bool,
        policy: Policy | None = None,
    ) -> None:
        """Find a fact that the policy does not ask for, or that is not of its type."""
        facts = (policy or self.policy).facts
        rule = facts.get(base)
        if rule is None or rule.kept != kept:
            asked = ", ".join(n for n, r in facts.items() if r.kept == kept)
            self.refuse(f"facts.{name}", Reason.NOT_IN_POLICY, wanted=asked, found=name)
            return
        try:
            value = fact_value(rule, given)
        except ValueError:
            wanted = ", ".join(rule.choices) or rule.type.value
            self.refuse(
                f"facts.{name}", Reason.FACT_WRONG, wanted=wanted, found=str(given)
            )
            return
        if kept and isinstance(value, Party):
            self._check_known(f"facts.{name}", AccountId(value.account))

    def _check_known(self, code: str, account: AccountId) -> None:
        """Find that who is to be kept is nobody: rules would look for them in vain."""
        operation = self.request.operation
        own = isinstance(operation, OpenAccount) and operation.account == account
        if not own and self.standing.account(account) is None:
            self.refuse(code, Reason.ACCOUNT_UNKNOWN, account=account)

    def case(self, ask: Asking) -> Case:
        """Return the case that the policy's rules are asked."""
        # a claim was late, or not, when it was submitted
        recorded = self.claim.entry.recorded if self.claim else self.recorded
        day, on = self.request.effective_on, ask.on
        return Case(
            policy=self.policy,
            standing=self.standing,
            on=on,
            day=day,
            roles=ask.roles,
            fields=dated(ask, day, recorded.on),
            facts=ask.facts,
            draft=self.draft,
            subject=SHAPES[on].subject,
            trace=self.trace,
        )

    def priced(self, case: Case) -> dict[str, Value] | None:
        """Return the case's fields with the price, or *None* where it is not known."""
        name = str(case.fields["item"])
        item = self.policy.items[name]
        self.trace.formula(item.price, case, f"items.{name}.price", None)
        try:
            each = number(item.price, case)
        except FactNeeded as unknown:
            self.findings.append(fact_needed(f"items.{name}.price", unknown))
            return None
        quantity = case.fields["quantity"]
        price = each * quantity if isinstance(quantity, Fraction) else each
        self.trace.note(
            Stage.PRICE, f"items.{name}.price", item=name, pieces=quantity, price=price
        )
        channel = {"channel": item.channel} if item.channel else {}
        return {**case.fields, "price": price, **channel}

    def raise_flags(self, *cases: Case) -> None:
        """
        Note every flag that this operation raises: true after it and not before.

        It is asked of whom *cases* are about, and of every other account that moved but
        the issuer.
        """
        if not self.policy.flags or not cases or self.refused:
            return
        asked = {c.roles[c.subject]: c for c in cases if c.subject in c.roles}
        for account, _ in self.draft.balances:
            if account not in asked:
                asked[account] = _as_other(cases[0], account)
        asked.pop(ISSUER, None)
        for account, case in asked.items():
            for name, flag in self.policy.flags.items():
                try:
                    raised = holds(flag.when, case) and not holds(
                        flag.when, case.untouched()
                    )
                except FactNeeded:
                    # what a flag cannot know it does not ask; it never stands in the way
                    continue
                if raised:
                    self.findings.append(
                        Finding(
                            code=f"flags.{name}",
                            reason=Reason.FLAG,
                            effect=Effect.NOTES,
                            wanted=flag.for_,
                            found=flag.text,
                            account=account,
                        )
                    )


def _as_other(case: Case, account: AccountId) -> Case:
    """Return *case* with bare names meaning *account*, by its role where it has one."""
    roles = (role for role, named in case.roles.items() if named == account)
    role = next(roles, None)
    return case.bare(account) if role is None else case.about(role)
