"""
What a decision will read, said before it reads anything.

The plan of a policy: for each operation, which values of which roles its rules, items,
ladders and flags can reach.  It is made once for each (policy, operation, class, item),
and a property test holds `decide` to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date
from operator import attrgetter
from typing import Any, Final, get_args

from attrs import define

from ..entries import Entry
from ..model import ISSUER, AccountId, EntryId
from ..operations import (
    AdoptPolicy,
    AmendAccount,
    Apply,
    Assess,
    CancelOrder,
    Correct,
    ExpireLot,
    FulfilOrder,
    OnClaim,
    OpenAccount,
    Operation,
    Place,
    PlaceOrder,
    PublishRanking,
    RecordService,
    Reverse,
    SetTier,
    VoidId,
    asked_of,
)
from ..scope import Needs, Series
from .asking import Asking, askings, cancelling, line_of, of_account
from .case import party_of
from .conditions import names_in_condition
from .expressions import names_in_formula
from .files import compiled
from .ranked import ranking_ids
from .reads import (
    Reads,
    bound_reads,
    flag_reads,
    ladder_reads,
    plan,
    reads_of,
    resolved,
)
from .rules import FactType, Policy
from .tiers import assessment_id
from .whom import NOBODY, Kept, Whom


def needs_of(  # noqa: PLR0913 - all that a decision is made of
    id: EntryId,
    operation: Operation,
    effective_on: date,
    policies: Iterable[str],
    thread: Sequence[Entry] = (),
    *,
    today: date | None = None,
    kept: Kept = NOBODY,
    among: Needs | None = None,
) -> Needs:
    """
    Return all that deciding *operation* may read, beside the *thread* it acts on.

    Args:
        id: The request's id.
        operation: What is asked.
        effective_on: The day it counts for.
        policies: Texts of the policies that may apply: those in force on the effective
            day and today, and for an order the one it was placed under.
        thread: The target's thread, for an operation that acts on an entry.
        today: The day of recording, by which floors, caps and lots go, if it is not the
            effective day, as of what falls due.
        kept: What is kept with the accounts that are to be `asked` who else takes part, as
            far as it is known yet.
        among: The needs of other operations, to which these are added.
    """
    needs = Needs() if among is None else among
    needs.ids.add(id)
    accounts: set[AccountId] = set()
    plans = [_Plan(needs, accounts, compiled(text), kept) for text in policies]
    for one in plans:
        one.operation(operation, effective_on, thread)
    needs.append_accounts |= type(operation) is AdoptPolicy
    moved = accounts - {ISSUER}
    for one in plans:
        if (bounds := bound_reads(one.policy)).whose:
            for day in {today or effective_on, effective_on}:
                one.of_each(moved, bounds, day)
        if (flags := flag_reads(one.policy)).whose:
            for day in _days(operation, effective_on, thread):
                one.of_each(moved, flags, day)
    needs.accounts |= accounts
    return needs


def _told(
    operation: OpenAccount | AmendAccount, policy: Policy
) -> frozenset[AccountId]:
    """Return the accounts that facts which are to be kept tell."""
    found = set()
    for name, given in operation.facts:
        rule = policy.facts.get(name)
        if rule is not None and rule.type is FactType.ACCOUNT:
            with suppress(ValueError):  # which the decision finds
                found.add(party_of(given))
    return frozenset(found)


def _days(operation: Operation, day: date, thread: Iterable[Entry]) -> set[date]:
    """Return the days that an operation asks about: of a claim, the claim's own too."""
    claims = (operation.claim,) if isinstance(operation, OnClaim) else ()
    return {day, *(entry.effective_on for entry in thread if entry.id in claims)}


_ACTS_ON: Final[Mapping[type[Operation], Callable[[Any], EntryId]]] = {
    **dict.fromkeys((Reverse, Correct), attrgetter("target")),
    **dict.fromkeys((FulfilOrder, CancelOrder), attrgetter("order")),
    **dict.fromkeys(get_args(OnClaim), attrgetter("claim")),
}


def target_of(operation: Operation) -> EntryId | None:
    """Return the entry that *operation* acts on, where it acts on one."""
    read = _ACTS_ON.get(type(operation))
    return None if read is None else read(operation)


@define
class _Plan:
    """
    What one policy needs to be read, on its way into what all need.

    Args:
        needs: Where it is added.
        accounts: Where the accounts among it are, of this one operation.
        policy: The rules.
        kept: What is kept with accounts, as far as it is known.
    """

    needs: Needs
    accounts: set[AccountId]
    policy: Policy
    kept: Kept

    def operation(
        self, operation: Operation, day: date, thread: Sequence[Entry]
    ) -> None:
        """Need what deciding *operation* may read."""
        asked, policy = asked_of(operation), self.policy
        self.asked(askings(asked, policy), day)
        self.itself(asked, day)
        for entry in thread:
            if isinstance(operation, OnClaim):
                if entry.id == operation.claim:
                    self.claim(entry, thread)
                continue
            self.member(entry, day)
            if isinstance(asked, CancelOrder) and isinstance(entry.asked, PlaceOrder):
                self.asked(cancelling(asked, entry.asked, policy), day)
            if isinstance(operation, Reverse) and isinstance(entry.asked, PlaceOrder):
                # one whose cancellation is undone is asked its limits again, of its day
                self.asked(askings(entry.asked, policy), entry.effective_on)

    def claim(self, claim: Entry, thread: Sequence[Entry]) -> None:
        """Need what deciding *claim* again may read, which is for its own day."""
        if isinstance(claim.operation, OnClaim):
            return  # it is none, and may say something of this very entry
        # one that corrects undoes what it acts on
        undone = thread if target_of(claim.operation) else ()
        self.operation(claim.operation, claim.effective_on, undone)

    def itself(self, operation: Operation, day: date) -> None:
        """Need what deciding *operation* reads beside its rules."""
        needs, policy = self.needs, self.policy
        match operation:
            case RecordService(starts_at=int()):
                needs.shifts.add((operation.provider, day))
            case ExpireLot() if unit := policy.units.get(operation.unit):
                needs.lots.add((operation.account, operation.unit))
                self.accounts.add(AccountId(unit.lots.to if unit.lots else ISSUER))
            case VoidId():
                needs.ids.add(operation.voided)
            case SetTier() | Apply() | Assess():
                for ask in askings(operation, policy):
                    subject = ask.shape.subject
                    pairs = ladder_reads(operation.ladder, subject, policy)
                    self.reads(reads_of(pairs, policy), ask, day)
                if isinstance(operation, Assess):
                    needs.ids.add(assessment_id(day, operation.ladder))
            case PublishRanking():
                for place in operation.places:
                    self.line(operation.ranking, place, day)
                needs.threads.update(ranking_ids(operation.ranking, day))
            case OpenAccount() | AmendAccount():
                self.accounts.add(operation.account)
                self.accounts.update(_told(operation, policy))
            case _:
                pass

    def line(self, name: str, place: Place, day: date) -> None:
        """Need what is read to know that one line of a ranking is right."""
        ask, ranking = line_of(name, place), self.policy.rankings.get(name)
        names: list[str] = []
        if ranking is not None:
            names += names_in_formula(ranking.value)
            names += names_in_condition(ranking.among)
            names += ranking.ties.by
        pairs = resolved(names, ask.shape.subject, self.policy)
        self.reads(reads_of(pairs, self.policy), ask, day)

    def member(self, entry: Entry, day: date) -> None:
        """Need what undoing, fulfilling or cancelling *entry* on *day* may read."""
        needs, lots = self.needs, [p for p in entry.postings if p.lot is not None]
        self.accounts.update(p.account for p in entry.postings)
        needs.lots.update((p.account, p.unit) for p in lots)
        needs.lot_uses |= {entry.id, *(p.lot.id for p in lots if p.lot)}
        # an entry that its own batch has yet to make may move any lot there is
        needs.uses_of_lots |= not entry.policy
        self.asked(askings(entry.asked, self.policy), day)

    def asked(self, asks: Iterable[Asking], day: date) -> None:
        """Need what *asks* may read, and whom their rules may move something of."""
        for ask in asks:
            fields = ask.fields
            reads = plan(
                self.policy,
                ask.on,
                str(fields["class"]) if "class" in fields else "",
                str(fields["item"]) if "item" in fields else "",
                str(fields["rule"]) if "rule" in fields else "",
            )
            self.reads(reads, ask, day)

    def of_each(self, accounts: Iterable[AccountId], reads: Reads, day: date) -> None:
        """Need what *reads* says of each account by itself."""
        for account in accounts:
            self.reads(reads, of_account(account), day)

    def reads(self, reads: Reads, ask: Asking, day: date) -> None:
        """Need what *reads* says, of those whom its words mean in *ask*."""
        needs, calendar, roles = self.needs, self.policy.calendar, ask.roles
        whom = Whom(self.policy, ask, self.kept)
        self.accounts.update(roles.values())
        for word in reads.whose:
            if word not in roles:
                self.accounts.update(whom.accounts(word))
        for word in reads.asked:
            needs.asked |= whom.asked(word)
        for word, unit in reads.lots:
            for account in whom.accounts(word):
                needs.lots.add((account, unit))
        for word, unit, window in reads.spans:
            first, last = window.span(day, calendar)
            for account in whom.accounts(word):
                needs.series.add(Series(account, unit, first, last))
        for word, unit, window in reads.reaches:
            first, last = window.reach(day, calendar)
            for account in whom.accounts(word):
                needs.series.add(Series(account, unit, first, last))


def everything_about(account: AccountId, day: date, policy: Policy) -> Needs:
    """Return what a view of *account* reads: every measure, ladder and flag."""
    pairs = resolved([*policy.measures, *policy.ladders], "member", policy)
    needs = Needs(accounts={account})
    for reads in (reads_of(pairs, policy), flag_reads(policy)):
        _Plan(needs, needs.accounts, policy, NOBODY).of_each([account], reads, day)
    return needs
