"""
Deciding to fulfil and cancel orders.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from itertools import groupby
from operator import attrgetter

from attrs import evolve

from ..claims import is_claim
from ..labels import said
from ..model import (
    ISSUER,
    AccountId,
    Bucket,
    Effect,
    EntryId,
    Finding,
    Lot,
    Posting,
    Reason,
)
from ..operations import CancelOrder, FulfilOrder
from ..orders import OrderState
from ..policy.asking import askings, cancelling
from ..policy.bounds import overridable, settled
from ..policy.case import Case
from ..policy.conditions import failing
from ..policy.draft import Counts
from ..policy.expressions import Value
from ..policy.files import compiled
from ..policy.lots import last_day
from ..policy.movement import move_for
from ..policy.room import limits_passed
from ..policy.rules import Policy, Rule
from ..policy.shapes import base_of
from ..policy.splits import Split, parted_on
from ..policy.terms import order_term
from ..policy.trace import Stage
from .desk import Desk


def _open_order(
    desk: Desk, id: EntryId, *, without: EntryId | None = None
) -> OrderState | None:
    order = desk.standing.order(id, without=without)
    desk.target = id
    if order is None:
        placed = desk.standing.find(id)
        waits = placed is not None and is_claim(placed[1])
        reason = Reason.CLAIM_IDLE if waits else Reason.TARGET_UNKNOWN
        desk.refuse("order", reason, found=id)
        return None
    if order.closed_by is not None or order.remaining == 0:
        desk.refuse(
            "order",
            Reason.ORDER_CLOSED,
            wanted=id,
            found=order.closed_by or "fulfilled",
        )
        return None
    return order


def decide_fulfil(
    desk: Desk,
    operation: FulfilOrder,
    *,
    instead_of: EntryId | None = None,
) -> None:
    """
    Take what the order holds for so many pieces.

    The price was fixed by the order and no gate is asked again, except the ladders that
    its rules require: somebody barred meanwhile receives nothing.  After the order's term
    nothing is handed over; a fulfilment in time may be corrected all the same.

    Args:
        desk: Where; its draft may hold the legs that a correction undoes.
        operation: What is asked.
        instead_of: The fulfilment that it replaces.
    """
    order = _open_order(desk, operation.order, without=instead_of)
    if order is None:
        return
    quantity = operation.quantity or order.remaining
    if quantity > order.remaining:
        desk.refuse(
            "quantity", Reason.ORDER_REMAINS, wanted=order.remaining, found=quantity
        )
        return
    policy = compiled(desk.standing.adopted(order.entry.policy).text)
    if instead_of is None:
        desk.findings += _lapsed(desk, order, policy, Effect.REFUSES)
    asks = askings(order.operation, policy)
    for role, account in dict.fromkeys(p for ask in asks for p in ask.roles.items()):
        desk.check_open(account, role)
    cases = [evolve(desk.case(ask), policy=policy) for ask in asks]
    for case in cases:
        _check_ladders(desk, case, policy, order)
    for rule, legs in groupby(_captured(order, quantity), key=_by_rule):
        goals = _goals(desk, rule[0], cases[0])
        if goals is None:
            continue
        given = [_given(desk, order, rule, to, instead_of) for to in goals.words]
        _hand_over(desk, policy, list(legs), goals, given)
    bench = desk.bench()
    for case in cases:
        # what it pays out was held for nobody yet, and others may have used the room
        found = limits_passed(case, bench, again=order.fulfilled > 0)
        desk.findings += (overridable(bench, finding) for finding in found)
    desk.findings += settled(cases[0], bench)
    desk.raise_flags(*map(desk.case, asks))


def _lapsed(
    desk: Desk, order: OrderState, policy: Policy, effect: Effect
) -> Iterator[Finding]:
    """Find the order's term over on the day of recording, whether or not time was told."""
    term = order_term(order.entry, policy)
    today = desk.recorded.on
    if term is not None and term.last < today:
        yield Finding(
            code=f"rules.{term.rule}.hold",
            reason=Reason.ORDER_LAPSED,
            effect=effect,
            wanted=term.last.isoformat(),
            found=today.isoformat(),
        )


def _check_ladders(desk: Desk, case: Case, policy: Policy, order: OrderState) -> None:
    for name in sorted({held.rule for held in order.held}):
        requires = policy.rules[name].requires
        if requires is not None:
            for at, test in requires.demands(f"rules.{name}.requires"):
                if base_of(test.value) in policy.ladders:
                    desk.findings += failing(test, case.before(), at)


def _goals(desk: Desk, rule: str, case: Case) -> Split | None:
    """Return the accounts that what *rule* takes goes to, each with its share."""
    shares: dict[str, Fraction] = {}
    for word, share in case.policy.rules[rule].goals(case.shape).shares:
        account = case.party(word)
        if account is None:
            desk.findings.append(case.lacking(word, f"rules.{rule}.to"))
            return None
        shares[account] = shares.get(account, Fraction(0)) + share
    return Split(tuple(shares.items()))


def _given(
    desk: Desk,
    order: OrderState,
    rule: tuple[str, str],
    to: str,
    without: EntryId | None,
) -> int:
    """Return what fulfilments of the order have handed to *to* by *rule*, and stands."""
    members = [entry for _, entry in desk.standing.thread(order.entry.id)]
    fulfilments = {e.id for e in members if isinstance(e.asked, FulfilOrder)}
    return sum(
        leg.posting.amount
        for entry in members
        for leg in desk.standing.legs(entry)
        if leg.origin in fulfilments - {without}
        and (leg.posting.account, leg.posting.bucket) == (to, Bucket.FREE)
        and (leg.posting.rule, leg.posting.unit) == rule
    )


def _hand_over(
    desk: Desk,
    policy: Policy,
    legs: list[tuple[Posting, int]],
    goals: Split,
    given: list[int],
) -> None:
    """Draft that what was taken of held *legs* goes to *goals*, earlier lots first."""
    gets = parted_on(given, sum(amount for _, amount in legs), goals)
    for word in goals.words:
        if word != ISSUER:
            desk.check_open(AccountId(word), "to")
    for held, amount in legs:
        desk.draft.add(evolve(held, amount=-amount))
        left = amount
        for place, to in enumerate(map(AccountId, goals.words)):
            part = min(left, gets[place])
            gets[place] -= part
            left -= part
            if part:
                _told(desk, Stage.CAPTURES, held, part, payee=to)
                lot = None if to == ISSUER else held.lot or _new_lot(desk, policy, held)
                desk.draft.add(
                    evolve(held, account=to, bucket=Bucket.FREE, lot=lot, amount=part)
                )


def _new_lot(desk: Desk, policy: Policy, held: Posting) -> Lot | None:
    """Return the lot of what was in none, as the issuer's credits are."""
    if policy.units[held.unit].lots is None:
        return None
    expires = policy.expiry(held.unit, held.rule)
    last = last_day(expires, desk.request.effective_on, policy.calendar)
    return Lot(desk.request.id, last)


def _by_rule(captured: tuple[Posting, int]) -> tuple[str, str]:
    held, _ = captured
    return held.rule, held.unit


def _captured(order: OrderState, quantity: int) -> Iterator[tuple[Posting, int]]:
    """
    Yield held legs with what *quantity* pieces take of each, rule by rule.

    After k of n pieces ⌊k/n of their share⌋ has been taken of each payer, so that no part is lost and the
    last piece takes what remains.  Earlier lots are taken first.
    """
    pieces = order.operation.quantity
    done = order.fulfilled + quantity
    by_payer = attrgetter("rule", "unit", "account")
    for key, group in groupby(sorted(order.held, key=by_payer), key=by_payer):
        legs = list(group)
        price = sum(
            p.amount
            for p in order.entry.own_postings
            if p.bucket is Bucket.HELD and by_payer(p) == key
        )
        left = sum(leg.amount for leg in legs)
        to_take = left - (price - price * done // pieces)
        for leg in legs:
            taken = min(leg.amount, to_take)
            to_take -= taken
            if taken:
                yield leg, taken


def decide_cancel(desk: Desk, operation: CancelOrder) -> None:
    """Give back what the order still holds; that its term is over is noted."""
    order = _open_order(desk, operation.order)
    if order is None:
        return
    policy = compiled(desk.standing.adopted(order.entry.policy).text)
    desk.findings += _lapsed(desk, order, policy, Effect.NOTES)
    _give_back(desk, order)
    _charge(desk, operation, order, policy)


def _give_back(desk: Desk, order: OrderState) -> None:
    """Draft that what the order holds is free again; it counts for the order."""
    placed = desk.standing.find(order.entry.id)
    assert placed is not None, "what is cancelled was placed"  # noqa: S101
    counts = Counts(order.entry.effective_on, placed[0], said(order.operation))
    for held in order.held:
        _told(desk, Stage.RELEASES, held, held.amount)
        desk.draft.add_for(counts, evolve(held, amount=-held.amount))
        desk.draft.add_for(counts, evolve(held, bucket=Bucket.FREE))
    holding = {p.rule for p in order.entry.own_postings if p.bucket is Bucket.HELD}
    for posting in order.entry.own_postings if order.fulfilled == 0 else ():
        # what a rule only recorded was never held; of what nobody had it goes back too
        if posting.rule not in holding:
            desk.trace.note(
                Stage.UNDOES,
                f"rules.{posting.rule}",
                unit=posting.unit,
                account=posting.account,
                parts=-posting.amount,
                bucket=posting.bucket.value,
                target=order.entry.id,
            )
            desk.draft.add_for(counts, evolve(posting, amount=-posting.amount))


def _charge(
    desk: Desk, operation: CancelOrder, order: OrderState, policy: Policy
) -> None:
    """
    Draft what a cancellation costs, by the policy that the order was placed under.

    Of each unit the price is what was given back, to each who pays for the order.
    """
    asks = cancelling(operation, order.operation, policy)
    # those told with the order were looked at then
    desk.check_facts(evolve(asks[0], facts=dict(operation.facts)), policy=policy)
    if desk.refused or not any("cancel" in r.on for r in policy.rules.values()):
        return
    back: Counter[tuple[str, str]] = Counter()
    for held in order.held:
        back[held.account, held.unit] += held.amount
    item = policy.items[order.operation.item]
    told: dict[str, Value] = {
        "quantity": Fraction(order.remaining),
        "placed": order.entry.effective_on,
        **({"channel": item.channel} if item.channel else {}),
    }

    def seen(case: Case, rule: Rule) -> Case:
        scale = policy.units[rule.unit].scale
        price = Fraction(back[case.roles["payer"], rule.unit], scale)
        return evolve(case, fields={**case.fields, "price": price})

    cases = [
        evolve(case, policy=policy, fields={**case.fields, **told})
        for case in map(desk.case, asks)
    ]
    desk.findings += move_for(cases, desk.bench(caps=False), seen=seen)
    desk.raise_flags(*cases)


def _told(
    desk: Desk,
    stage: Stage,
    held: Posting,
    parts: int,
    *,
    payee: AccountId | None = None,
) -> None:
    desk.trace.note(
        stage,
        f"rules.{held.rule}",
        unit=held.unit,
        payer=held.account,
        payee=payee,
        parts=parts,
        lot=held.lot.id if held.lot else None,
    )
