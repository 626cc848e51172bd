"""
What a decision will read, said before it reads anything.

The plan of a policy: for each operation, which values of which roles its rules, items,
ladders and flags can reach.  It is made once for each (policy, operation, class, item),
and a property test holds `decide` to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import date

from ..entries import Entry
from ..model import ISSUER, AccountId, EntryId
from ..operations import (
    AdoptPolicy,
    AmendAccount,
    Apply,
    Assess,
    CancelOrder,
    ConfirmStep,
    Correct,
    ExpireLot,
    FulfilOrder,
    ObjectToStep,
    OnClaim,
    OpenAccount,
    Operation,
    Place,
    PlaceOrder,
    PublishRanking,
    RecordService,
    Reverse,
    SetTier,
    SettleClaim,
    VoidId,
    WithdrawClaim,
    asked_of,
)
from ..scope import Needs, Series, union
from .asking import Asking, askings, cancelling, line_of
from .case import is_balance, party_of
from .conditions import names_in_condition
from .expressions import names_in_formula
from .files import compiled
from .measures import COUNTED, HISTORICAL, Measure
from .ranked import ranking_ids
from .reads import bound_reads, flag_reads, ladder_reads, plan, resolved
from .rules import FactType, Policy, Rule
from .tiers import assessment_id
from .whom import NOBODY, Kept, Whom
from .windows import Window, is_window, window


def needs_of(  # noqa: PLR0913 - all that a decision is made of
    id: EntryId,
    operation: Operation,
    effective_on: date,
    policies: Iterable[str],
    thread: Iterable[Entry] = (),
    *,
    today: date | None = None,
    kept: Kept = NOBODY,
) -> Needs:
    """
    Return all that deciding *operation* may read.

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
    """
    policies, thread = tuple(policies), tuple(thread)
    wanted = [Needs(ids=frozenset({id}))]
    for text in policies:
        policy = compiled(text)
        wanted.append(_of_operation(operation, effective_on, policy, thread, kept))
        if isinstance(operation, OpenAccount | AmendAccount):
            wanted.append(Needs(accounts=_told(operation, policy)))
    if isinstance(operation, VoidId):
        wanted.append(Needs(ids=frozenset({operation.voided})))
    if isinstance(operation, AmendAccount):
        wanted.append(Needs(accounts=frozenset({operation.account})))
    if isinstance(operation, AdoptPolicy):
        wanted.append(Needs(append_accounts=True))
    if target := target_of(operation):
        wanted.append(Needs(threads=frozenset({target})))
    found = union(wanted)
    days = _days(operation, effective_on, thread)
    moved = (
        _of_reads(reads, _alone(account, policy), day)
        for policy in map(compiled, policies)
        for day, reads in (
            *(
                (day, bound_reads(policy))
                for day in {today or effective_on, effective_on}
            ),
            *((day, flag_reads(policy)) for day in days),
        )
        if reads
        for account in found.accounts - {ISSUER}
    )
    return union([found, *moved])


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


def target_of(operation: Operation) -> EntryId | None:
    """Return the entry that *operation* acts on, where it acts on one."""
    match operation:
        case Reverse() | Correct():
            return operation.target
        case FulfilOrder() | CancelOrder():
            return operation.order
        case ConfirmStep() | ObjectToStep() | WithdrawClaim() | SettleClaim():
            return operation.claim
        case _:
            return None


def _of_operation(
    operation: Operation,
    day: date,
    policy: Policy,
    thread: tuple[Entry, ...],
    kept: Kept,
) -> Needs:
    if isinstance(operation, OnClaim):
        claims = (entry for entry in thread if entry.id == operation.claim)
        # it may be decided again, for its own day, and undo what it corrects
        return union(
            _of_operation(
                claim.operation,
                claim.effective_on,
                policy,
                thread if target_of(claim.operation) else (),
                kept,
            )
            for claim in claims
        )
    asked = asked_of(operation)
    wanted = []
    asks = askings(asked, policy)
    wanted += [_of_asking(ask, day, policy, kept) for ask in asks]
    if isinstance(asked, RecordService) and asked.starts_at is not None:
        wanted.append(Needs(shifts=frozenset({(asked.provider, day)})))
    if isinstance(asked, ExpireLot) and (unit := policy.units.get(asked.unit)):
        to = AccountId(unit.lots.to if unit.lots else ISSUER)
        lots = frozenset({(asked.account, asked.unit)})
        wanted.append(Needs(lots=lots, accounts=frozenset({to})))
    if isinstance(asked, SetTier | Apply | Assess):
        for ask in asks:
            reads = ladder_reads(asked.ladder, ask.shape.subject, policy)
            wanted.append(_of_reads(reads, _whom(ask, policy, kept), day))
    if isinstance(asked, PublishRanking):
        wanted += [_of_line(asked.ranking, p, day, policy, kept) for p in asked.places]
        wanted.append(Needs(threads=frozenset(ranking_ids(asked.ranking, day))))
    if isinstance(asked, Assess):
        wanted.append(Needs(ids=frozenset({assessment_id(day, asked.ladder)})))
    for entry in thread:
        wanted.append(_of_thread_member(entry, day, policy, kept))
        if isinstance(asked, CancelOrder) and isinstance(entry.asked, PlaceOrder):
            asks = cancelling(asked, entry.asked, policy)
            wanted += [_of_asking(ask, day, policy, kept) for ask in asks]
        if isinstance(operation, Reverse) and isinstance(entry.asked, PlaceOrder):
            # one whose cancellation is undone is asked its limits again, of its own day
            asks = askings(entry.asked, policy)
            on = entry.effective_on
            wanted += [_of_asking(ask, on, policy, kept) for ask in asks]
    return union(wanted)


def _of_line(name: str, place: Place, day: date, policy: Policy, kept: Kept) -> Needs:
    """Return what is read to know that one line of a ranking is right."""
    ask, ranking = line_of(name, place), policy.rankings.get(name)
    names: list[str] = []
    if ranking is not None:
        names += names_in_formula(ranking.value)
        names += names_in_condition(ranking.among)
        names += ranking.ties.by
    reads = resolved(names, ask.shape.subject, policy)
    return _of_reads(reads, _whom(ask, policy, kept), day)


def _of_thread_member(entry: Entry, day: date, policy: Policy, kept: Kept) -> Needs:
    """Return what undoing, fulfilling or cancelling *entry* on *day* may read."""
    accounts = {p.account for p in entry.postings}
    lots = {(p.account, p.unit) for p in entry.postings if p.lot is not None}
    own = Needs(
        accounts=frozenset(accounts),
        lots=frozenset(lots),
        lot_uses=frozenset(
            {entry.id, *(p.lot.id for p in entry.postings if p.lot is not None)}
        ),
        # an entry that its own batch has yet to make may move any lot there is
        uses_of_lots=not entry.policy,
    )
    asks = askings(entry.asked, policy)
    return union([own, *(_of_asking(ask, day, policy, kept) for ask in asks)])


def _whom(ask: Asking, policy: Policy, kept: Kept) -> Whom:
    return Whom(
        policy=policy,
        subject=ask.shape.subject,
        roles=ask.roles,
        fields=ask.fields,
        facts=ask.facts,
        kept=kept,
    )


def _alone(account: AccountId, policy: Policy) -> Whom:
    """Return whom the words of *policy* mean where *account* itself is asked about."""
    return Whom(policy=policy, subject="member", roles={"member": account})


def _of_asking(ask: Asking, day: date, policy: Policy, kept: Kept) -> Needs:
    reads, rules = plan(
        policy,
        ask.on,
        str(ask.fields.get("class", "")),
        str(ask.fields.get("item", "")),
        str(ask.fields.get("rule", "")),
    )
    whom = _whom(ask, policy, kept)
    wanted = [_of_reads(reads, whom, day)]
    item = policy.items.get(str(ask.fields.get("item", "")))
    for rule in rules:
        words = _ends(rule, ask, policy)
        ends = frozenset(end for word in words for end in whom.accounts(word))
        wanted.append(Needs(accounts=ends))
        wanted += [Needs(asked=whom.asked(word)) for word in words]
        if policy.units[rule.unit].lots is not None:
            wanted.append(Needs(lots=frozenset((end, rule.unit) for end in ends)))
        looked_at = [
            (whose, stretch)
            for key in (*rule.limits, *(item.limits if item else ()))
            for whose, stretch in _stretch(key, policy)
        ]
        if rule.running is not None:
            looked_at.append(("", policy.measures[rule.running].window))
        wanted += [
            Needs(
                series=frozenset(
                    {Series(account, rule.unit, *stretch.reach(day, policy.calendar))}
                )
            )
            for whose, stretch in looked_at
            for account in whom.accounts(whose)
        ]
    return union(wanted)


def _stretch(key: str, policy: Policy) -> Iterator[tuple[str, Window]]:
    """Yield whose history a limit adds up, and over which window; nothing for one figure."""
    if is_window(key):
        yield "", window(key)
        return
    whose, _, name = key.rpartition(".")
    if policy.measures[name].kind in COUNTED:
        yield whose, policy.measures[name].window


def _ends(rule: Rule, ask: Asking, policy: Policy) -> set[str]:
    """Return the words for everybody whom *rule* may move something from or to."""
    excess = [limit.excess for limit in rule.limits.values()]
    excess += [
        bounds.excess
        for kind in policy.accounts.values()
        for bounds in kind.units.values()
    ]
    goals = [rule.goals(ask.shape), *(each.to for each in excess)]
    words = [rule.source(ask.shape), *(w for goal in goals if goal for w in goal.words)]
    if any(each.as_ is not None for each in excess):
        words.append(ISSUER)  # it issues what an excess becomes
    return {word for word in words if word}


def _of_reads(reads: Iterable[tuple[str, str]], whom: Whom, day: date) -> Needs:
    policy, series, asked = whom.policy, set[Series](), set[AccountId]()
    accounts = set(whom.roles.values())
    for whose, name in reads:
        asked |= whom.asked(whose)
        for account in whom.accounts(whose):
            accounts.add(account)
            series |= _series(account, policy.measures.get(name), day, policy)
    return Needs(
        series=frozenset(series), accounts=frozenset(accounts), asked=frozenset(asked)
    )


def _series(
    account: AccountId, measure: Measure | None, day: date, policy: Policy
) -> set[Series]:
    if measure is None or measure.kind not in HISTORICAL or is_balance(measure, policy):
        return set()
    span = measure.window.span(day, policy.calendar)
    units = str(measure.unit), *measure.broken_by
    return {Series(account, unit, *span) for unit in units}


def everything_about(account: AccountId, day: date, policy: Policy) -> Needs:
    """Return what a view of *account* reads: every measure, ladder and flag."""
    reads = {
        *resolved([*policy.measures, *policy.ladders], "member", policy),
        *flag_reads(policy),
    }
    return union(
        [
            _of_reads(reads, _alone(account, policy), day),
            Needs(accounts=frozenset({account})),
        ]
    )
