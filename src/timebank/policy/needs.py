"""
What a decision will read, said before it reads anything.

The plan of a policy: for each operation, which values of which roles its rules, items,
ladders and flags can reach.  It is made once for each (policy, operation, class, item),
and a property test holds `decide` to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import lru_cache

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
    Operation,
    Place,
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
from .asking import Asking, askings, line_of
from .case import is_balance
from .conditions import names_in_condition
from .expressions import Formula, names_in_formula
from .files import compiled
from .measures import COUNTED, HISTORICAL
from .rules import Bounds, Policy, Rule
from .shapes import SHAPES
from .tiers import assessment_id
from .windows import Window, is_window, window


def needs_of(  # noqa: PLR0913 - all that a decision is made of
    id: EntryId,
    operation: Operation,
    effective_on: date,
    policies: Iterable[str],
    thread: Iterable[Entry] = (),
    *,
    today: date | None = None,
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
        today: The day of recording, by which floors and caps go.
    """
    policies, thread = tuple(policies), tuple(thread)
    wanted = [Needs(ids=frozenset({id}))]
    for text in policies:
        policy = compiled(text)
        wanted.append(_of_operation(operation, effective_on, policy, thread))
    if isinstance(operation, VoidId):
        wanted.append(Needs(ids=frozenset({operation.voided})))
    if isinstance(operation, AmendAccount):
        wanted.append(Needs(accounts=frozenset({operation.account})))
    if isinstance(operation, AdoptPolicy):
        wanted.append(Needs(append_accounts=True))
    if target := target_of(operation):
        wanted.append(Needs(threads=frozenset({target})))
    found = union(wanted)
    moved = (
        _of_account(account, day, reads(compiled(text)), compiled(text))
        for text in policies
        for day, reads in (
            (today or effective_on, bound_reads),
            *((day, flag_reads) for day in _days(operation, effective_on, thread)),
        )
        for account in found.accounts - {ISSUER}
    )
    return union([found, *moved])


def _days(operation: Operation, day: date, thread: Iterable[Entry]) -> set[date]:
    """Return the days that an operation asks about: of a claim, the claim's own too."""
    claims = (operation.claim,) if isinstance(operation, OnClaim) else ()
    return {day, *(entry.effective_on for entry in thread if entry.id in claims)}


def _of_account(
    account: AccountId, day: date, reads: frozenset[tuple[str, str]], policy: Policy
) -> Needs:
    """Return what floors, caps and flags ask of *account*, should it move."""
    return _of_reads(reads, {"member": account}, day, policy) if reads else Needs()


@lru_cache(maxsize=64)
def bound_reads(policy: Policy) -> frozenset[tuple[str, str]]:
    """Return the measures of an account that floors and caps of *policy* go by."""
    kinds = policy.accounts.values()
    bounds = [bounds for kind in kinds for bounds in kind.units.values()]
    names = [name for each in bounds for name in _names_in_bounds(each)]
    return frozenset(_resolved(names, "member", policy))


@lru_cache(maxsize=64)
def flag_reads(policy: Policy) -> frozenset[tuple[str, str]]:
    """Return the measures of an account that flags of *policy* go by."""
    names = [n for flag in policy.flags.values() for n in names_in_condition(flag.when)]
    return frozenset(_resolved(names, "member", policy))


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
    operation: Operation, day: date, policy: Policy, thread: tuple[Entry, ...]
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
            )
            for claim in claims
        )
    asked = asked_of(operation)
    wanted = []
    asks = askings(asked, policy)
    wanted += [_of_asking(ask, day, policy) for ask in asks]
    if isinstance(asked, RecordService) and asked.starts_at is not None:
        wanted.append(Needs(shifts=frozenset({(asked.provider, day)})))
    if isinstance(asked, ExpireLot) and (unit := policy.units.get(asked.unit)):
        to = AccountId(unit.lots.to if unit.lots else ISSUER)
        lots = frozenset({(asked.account, asked.unit)})
        wanted.append(Needs(lots=lots, accounts=frozenset({to})))
    if isinstance(asked, SetTier | Apply | Assess):
        for ask in asks:
            reads = _ladder_reads(asked.ladder, ask.shape.subject, policy)
            wanted.append(_of_reads(reads, ask.roles, day, policy))
    if isinstance(asked, PublishRanking):
        wanted += [_of_line(asked.ranking, p, day, policy) for p in asked.places]
    if isinstance(asked, Assess):
        wanted.append(Needs(ids=frozenset({assessment_id(day, asked.ladder)})))
    wanted += [_of_thread_member(entry, day, policy) for entry in thread]
    return union(wanted)


def _of_line(name: str, place: Place, day: date, policy: Policy) -> Needs:
    """Return what one line of a ranking may read: its value, and what its place brings."""
    ask, ranking = line_of(name, place), policy.rankings.get(name)
    names: list[str] = []
    if ranking is not None:
        names += names_in_formula(ranking.value)
        names += names_in_condition(ranking.among)
        names += ranking.ties.by
    reads = _resolved(names, ask.shape.subject, policy)
    return union(
        [_of_asking(ask, day, policy), _of_reads(reads, ask.roles, day, policy)]
    )


def _of_thread_member(entry: Entry, day: date, policy: Policy) -> Needs:
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
    return union([own, *(_of_asking(ask, day, policy) for ask in asks)])


def _of_asking(ask: Asking, day: date, policy: Policy) -> Needs:
    reads, rules = _plan(
        policy,
        ask.on,
        str(ask.fields.get("class", "")),
        str(ask.fields.get("item", "")),
        str(ask.fields.get("rule", "")),
    )
    wanted = [_of_reads(reads, ask.roles, day, policy)]
    accounts = set(ask.roles.values())
    subject = ask.roles[ask.shape.subject]
    item = policy.items.get(str(ask.fields.get("item", "")))
    for rule in rules:
        ends = _ends(rule, ask, policy)
        accounts |= ends
        if policy.units[rule.unit].lots is not None:
            wanted.append(Needs(lots=frozenset((end, rule.unit) for end in ends)))
        wanted += [
            Needs(
                series=frozenset(
                    {Series(subject, rule.unit, *stretch.reach(day, policy.calendar))}
                )
            )
            for key in (*rule.limits, *(item.limits if item else ()))
            if (stretch := _stretch(key, policy)) is not None
        ]
        if rule.running is not None:
            span = policy.measures[rule.running].window.span(day, policy.calendar)
            wanted.append(Needs(series=frozenset({Series(subject, rule.unit, *span)})))
    return union([*wanted, Needs(accounts=frozenset(accounts))])


def _stretch(key: str, policy: Policy) -> Window | None:
    """Return the window over which a limit adds up; *None* where it sees one figure."""
    if is_window(key):
        return window(key)
    measure = policy.measures[key]
    return measure.window if measure.kind in COUNTED else None


def _ends(rule: Rule, ask: Asking, policy: Policy) -> set[AccountId]:
    named = policy.named_accounts()
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
    return {
        ask.roles.get(word) or AccountId(word)
        for word in words
        if word and (word in ask.roles or word in named)
    }


def _of_reads(
    reads: Iterable[tuple[str, str]],
    roles: Mapping[str, AccountId],
    day: date,
    policy: Policy,
) -> Needs:
    series = set()
    for role, name in reads:
        account = roles.get(role)
        if account is None:
            continue
        measure = policy.measures[name]
        if measure.kind not in HISTORICAL or is_balance(measure, policy):
            continue
        for counted in (str(measure.unit), *measure.broken_by):
            series.add(
                Series(account, counted, *measure.window.span(day, policy.calendar))
            )
    return Needs(series=frozenset(series), accounts=frozenset(roles.values()))


# ---------------------------------------------------------------- the plan


@lru_cache(maxsize=1024)
def _plan(
    policy: Policy, on: str, class_: str, item: str, name: str
) -> tuple[frozenset[tuple[str, str]], tuple[Rule, ...]]:
    """Return the (role, measure) pairs an operation can reach, and its rules."""
    subject = SHAPES[on].subject
    rules = tuple(
        rule
        for known, rule in policy.rules.items()
        if on in rule.on and policy.is_for(rule, class_) and name in ("", known)
    )
    names = [name for rule in rules for name in _names_in_rule(rule)]
    for wider in policy.wider(class_):
        if wider in policy.classes:
            names += names_in_condition(policy.classes[wider].requires)
    if item in policy.items:
        names += names_in_condition(policy.items[item].requires)
        names += names_in_formula(policy.items[item].price)
        for limit in policy.items[item].limits.values():
            names += names_in_formula(limit.at_most)
    for procedure in policy.procedures.values():
        if on in procedure.on:
            names += names_in_condition(procedure.when)
    return frozenset(_resolved(names, subject, policy)), rules


def _names_in_rule(rule: Rule) -> Iterator[str]:
    yield from names_in_condition(rule.when)
    yield from names_in_condition(rule.requires)
    yield from names_in_formula(rule.amount)
    yield from rule.order
    for key, limit in rule.limits.items():
        yield from names_in_formula(limit.at_most)
        if not is_window(key):
            yield key


def _names_in_bounds(bounds: Bounds) -> Iterator[str]:
    formulas: tuple[Formula | None, ...] = bounds.floor, bounds.cap
    for formula in formulas:
        yield from names_in_formula(formula)


def _resolved(
    names: Iterable[str], subject: str, policy: Policy
) -> Iterator[tuple[str, str]]:
    for name in names:
        role, _, base = name.rpartition(".")
        role = role or subject
        if base in policy.measures:
            yield role, base
            made_of = names_in_formula(policy.measures[base].formula)
            yield from _resolved(made_of, role, policy)
        elif base in policy.ladders:
            yield from _ladder_reads(base, role, policy)


def _ladder_reads(ladder: str, role: str, policy: Policy) -> Iterator[tuple[str, str]]:
    if ladder not in policy.ladders:
        return
    for needs in policy.ladders[ladder].conditions():
        yield from _resolved(names_in_condition(needs), role, policy)


def everything_about(account: AccountId, day: date, policy: Policy) -> Needs:
    """Return what a view of *account* reads: every measure, ladder and flag."""
    reads = [("member", name) for name in policy.measures]
    return union(
        [
            _of_reads(reads, {"member": account}, day, policy),
            Needs(accounts=frozenset({account})),
        ]
    )
