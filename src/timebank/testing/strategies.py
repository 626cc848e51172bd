"""
Hypothesis strategies for what a bank is asked and what it records.

`operations` and `entries` make anything that may stand in a journal, each by itself.
`next_entries` makes what may come next in a given journal: it names accounts that are
open, acts on orders that are there and undoes what still stands, but asks no policy, so
it also makes what no policy would.

A strategy that depends on nothing is made once: Hypothesis looks through each that it is
given anew, which took a third of the time of a story.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, Final

from attrs import evolve
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from .. import operations as ops
from ..entries import Entry, Recorded
from ..model import (
    AMOUNT_MAX,
    BALANCE_MAX,
    ID_LENGTH_MAX,
    ISSUER,
    AccountId,
    AccountKind,
    Bucket,
    Effect,
    EntryId,
    Finding,
    Lot,
    Mode,
    Posting,
    Reason,
    clean_account_id,
    clean_id,
    show,
)
from ..scope import Needs, Series
from ..standing import Standing

ACCOUNTS: Final = tuple(map(AccountId, ("ada", "bai", "陈小云", "o'neil %", "fund")))
"""Accounts of the journals made here; some with characters that a careless query trips on."""

UNITS: Final = ("hours", "points")
DAYS: Final = (*(date(2024, 2, day) for day in (27, 28, 29)), date(2024, 3, 1))
RULES: Final = ("", "rules.care", "rules.gift")

# ---------------------------------------------------------------- words


@cache
def texts(max_size: int = 30) -> SearchStrategy[str]:
    """Return a strategy for text in NFC that has an encoding."""
    characters = st.characters(exclude_categories=["Cs"])
    return st.text(characters, max_size=max_size).map(
        lambda text: unicodedata.normalize("NFC", text)
    )


def _accepted_by(clean: Callable[[str], str]) -> SearchStrategy[str]:
    def accepted(text: str) -> bool:
        try:
            return clean(text) == text
        except ValueError:
            return False

    characters = st.characters(exclude_categories=["Cs", "Cc"])
    return (
        st.text(characters, min_size=1, max_size=ID_LENGTH_MAX)
        .map(lambda text: unicodedata.normalize("NFC", text))
        .filter(accepted)
    )


@cache
def ids() -> SearchStrategy[EntryId]:
    """Return a strategy for ids of entries, and names that follow the same rules."""
    return _accepted_by(clean_id).map(EntryId)


@cache
def account_ids() -> SearchStrategy[AccountId]:
    """Return a strategy for ids of accounts."""
    return _accepted_by(clean_account_id).map(AccountId)


@cache
def amounts() -> SearchStrategy[int]:
    """Return a strategy for amounts that an operation may ask for: 1 to 10^15 parts."""
    return st.one_of(st.integers(1, 500), st.integers(1, AMOUNT_MAX))


@cache
def facts() -> SearchStrategy[Mapping[str, ops.FactValue]]:
    """Return a strategy for facts of every kind."""
    values = st.one_of(
        st.booleans(), st.integers(-AMOUNT_MAX, AMOUNT_MAX), texts(), st.dates()
    )
    return st.dictionaries(texts(12), values, max_size=3)


# ---------------------------------------------------------------- operations


def _parts(min_size: int = 0) -> SearchStrategy[list[ops.Part]]:
    part = st.builds(ops.Part, account=account_ids(), amount=amounts(), facts=facts())
    return st.lists(part, min_size=min_size, max_size=3, unique_by=lambda p: p.account)


def _pooled(order: ops.PlaceOrder, others: list[ops.Part]) -> ops.PlaceOrder:
    """Return *order*, paid with *others*, or alone where there are none."""
    own = ops.Part(account=order.payer, amount=1)
    several = [own, *(part for part in others if part.account != order.payer)]
    return evolve(order, payers=several if len(several) > 1 else ())


def _served(
    one: ops.RecordService | ops.RecordMark, several: list[ops.Part]
) -> ops.RecordService | ops.RecordMark:
    """Return *one* for *several* at once, or as it was where there are none."""
    most = one.minutes if isinstance(one, ops.RecordService) else one.number
    parts = [evolve(p, amount=min(p.amount, most)) for p in several]
    return evolve(one, recipient=None, recipients=parts) if parts else one


def _places() -> SearchStrategy[ops.Place]:
    return st.builds(
        ops.Place,
        account=account_ids(),
        value=st.fractions().map(show),
        place=st.integers(1, 99),
    )


def _moves() -> dict[type[Any], SearchStrategy[Any]]:
    """Return strategies for what a correction may put in a target's place, by class."""
    handed: dict[str, SearchStrategy[Any]] = {
        "unit": st.sampled_from(UNITS),
        "amount": amounts(),
        "facts": facts(),
    }
    handed |= {"purpose": st.none() | ids(), "body": st.none() | ids()}
    vouched: dict[str, SearchStrategy[Any]] = {
        "sponsor": st.none() | account_ids(),
        "body": st.none() | ids(),
        "evidence": st.none() | ids(),
    }
    return {
        ops.RecordService: st.builds(
            _served,
            st.builds(
                ops.RecordService,
                provider=account_ids(),
                service_class=ids(),
                minutes=st.integers(1, ops.MINUTES_MAX),
                recipient=st.none() | account_ids(),
                organiser=st.none() | account_ids(),
                starts_at=st.none() | st.integers(0, ops.MINUTES_MAX - 1),
                event=st.none() | ids(),
                facts=facts(),
                **vouched,
            ),
            _parts(),
        ),
        ops.RecordMark: st.builds(
            _served,
            st.builds(
                ops.RecordMark,
                member=account_ids(),
                mark=ids(),
                number=amounts(),
                organiser=st.none() | account_ids(),
                event=st.none() | ids(),
                facts=facts(),
                recipient=st.none() | account_ids(),
                **vouched,
            ),
            _parts(),
        ),
        ops.PublishRanking: st.builds(
            ops.PublishRanking,
            ranking=ids(),
            through=st.integers(1, 99),
            places=st.lists(_places(), max_size=3),
        ),
        ops.EndPeriod: st.builds(ops.EndPeriod, account=account_ids(), rule=ids()),
        ops.Give: st.builds(
            ops.Give, payer=account_ids(), payee=account_ids(), **handed
        ),
        ops.Donate: st.builds(ops.Donate, payer=account_ids(), **handed),
        ops.Allocate: st.builds(ops.Allocate, payee=account_ids(), **handed),
        ops.Grant: st.builds(ops.Grant, payee=account_ids(), **handed),
        ops.PlaceOrder: st.builds(
            _pooled,
            st.builds(
                ops.PlaceOrder,
                payer=account_ids(),
                item=ids(),
                quantity=st.integers(1, 99),
                beneficiary=st.none() | account_ids(),
                merchant=st.none() | account_ids(),
                delivered=st.booleans(),
                facts=facts(),
                cash=st.none() | st.integers(0, AMOUNT_MAX),
                body=st.none() | ids(),
            ),
            _parts(),
        ),
        ops.ShareOut: st.builds(
            ops.ShareOut,
            unit=st.sampled_from(UNITS),
            applicants=_parts(min_size=1),
            facts=facts(),
            purpose=st.none() | ids(),
            body=st.none() | ids(),
        ),
        ops.FulfilOrder: st.builds(
            ops.FulfilOrder, order=ids(), quantity=st.none() | st.integers(1, 99)
        ),
    }


def _tiers() -> SearchStrategy[ops.SetTier]:
    granting = st.builds(
        ops.SetTier,
        account=account_ids(),
        ladder=ids(),
        level=ids(),
        until=st.none() | st.dates(),
        facts=facts(),
    )
    taking = st.builds(
        ops.SetTier,
        account=account_ids(),
        ladder=ids(),
        action=st.sampled_from([ops.TierAction.SUSPEND, ops.TierAction.WITHDRAW]),
        facts=facts(),
    )
    return granting | taking


@cache
def operations_by_class() -> Mapping[type[Any], SearchStrategy[Any]]:
    """Return a strategy for each class of operation."""
    moves = _moves()
    authority = st.none() | ids()
    found = {
        ops.OpenAccount: st.builds(
            ops.OpenAccount,
            account=account_ids(),
            kind=st.sampled_from(AccountKind),
            mode=st.sampled_from(Mode),
            facts=facts(),
            sponsor=st.none() | account_ids(),
        ),
        ops.AmendAccount: st.builds(
            ops.AmendAccount, account=account_ids(), facts=facts()
        ),
        ops.CloseAccount: st.builds(
            ops.CloseAccount,
            account=account_ids(),
            cause=ids(),
            facts=facts(),
            heir=st.none() | account_ids(),
        ),
        ops.AdoptPolicy: st.builds(
            ops.AdoptPolicy, text=texts(200), holds_from=st.dates()
        ),
        **moves,
        ops.CancelOrder: st.builds(ops.CancelOrder, order=ids()),
        ops.ExpireLot: st.builds(
            ops.ExpireLot,
            account=account_ids(),
            unit=st.sampled_from(UNITS),
            lot=ids(),
        ),
        ops.Reverse: st.builds(ops.Reverse, target=ids(), authority=authority),
        ops.Correct: st.builds(
            ops.Correct,
            target=ids(),
            replacement=st.one_of(*moves.values()),
            authority=authority,
        ),
        ops.VoidId: st.builds(ops.VoidId, voided=ids()),
        ops.SetTier: _tiers(),
        ops.ConfirmStep: st.builds(
            ops.ConfirmStep, claim=ids(), step=ids(), role=ids()
        ),
        ops.ObjectToStep: st.builds(
            ops.ObjectToStep, claim=ids(), step=ids(), role=st.none() | ids()
        ),
        ops.WithdrawClaim: st.builds(ops.WithdrawClaim, claim=ids()),
        ops.SettleClaim: st.builds(ops.SettleClaim, claim=ids()),
        ops.Apply: st.builds(
            ops.Apply,
            account=account_ids(),
            ladder=ids(),
            level=ids(),
            until=st.none() | st.dates(),
            facts=facts(),
        ),
        ops.Assess: st.builds(
            ops.Assess,
            account=account_ids(),
            ladder=ids(),
            level=st.none() | ids(),
            until=st.none() | st.dates(),
        ),
        ops.EndAssessment: st.builds(ops.EndAssessment, ladder=ids()),
    }
    refused = st.builds(
        ops.NoteRefusal, refused=ids(), operation=st.one_of(*found.values())
    )
    return {**found, ops.NoteRefusal: refused}


@cache
def operations() -> SearchStrategy[ops.Operation]:
    """Return a strategy for operations of every class."""
    return st.one_of(*operations_by_class().values())


# ---------------------------------------------------------------- entries by themselves


@cache
def moments() -> SearchStrategy[datetime]:
    """Return a strategy for moments in UTC, to the microsecond."""
    return st.datetimes(
        min_value=datetime(1970, 1, 1),  # noqa: DTZ001 - the zone is given beside it
        max_value=datetime(2262, 1, 1),  # noqa: DTZ001
        timezones=st.just(UTC),
    )


@cache
def findings(*effects: Effect) -> SearchStrategy[Finding]:
    """Return a strategy for findings of every kind, with one of *effects* if any is said."""
    figures = st.none() | st.integers(-BALANCE_MAX, BALANCE_MAX) | texts()
    return st.builds(
        Finding,
        code=ids(),
        reason=st.sampled_from(Reason),
        effect=st.sampled_from(sorted(effects or Effect)),
        wanted=figures,
        found=figures,
        unit=st.none() | st.sampled_from(UNITS),
        account=st.none() | account_ids(),
    )


def _balanced(leg: Posting) -> tuple[Posting, Posting]:
    """Return *leg* and what the issuer gives for it."""
    return leg, evolve(leg, account=ISSUER, amount=-leg.amount, lot=None)


@cache
def _legs() -> SearchStrategy[tuple[Posting, ...]]:
    leg = st.builds(
        Posting,
        account=account_ids(),
        unit=st.sampled_from(UNITS),
        amount=amounts() | amounts().map(lambda amount: -amount),
        bucket=st.sampled_from(Bucket),
        lot=st.none() | st.builds(Lot, ids(), st.none() | st.dates()),
        rule=st.sampled_from(RULES),
        undoes=st.booleans(),
    )
    pairs = st.lists(leg.map(_balanced), max_size=3)
    return pairs.map(lambda found: tuple(leg for pair in found for leg in pair))


@cache
def entries() -> SearchStrategy[Entry]:
    """Return a strategy for entries of every kind, balanced, each by itself."""
    return st.builds(
        Entry,
        id=ids(),
        operation=operations(),
        effective_on=st.dates(),
        recorded=st.builds(Recorded, at=moments(), on=st.dates()),
        actor=ids(),
        policy=st.text("0123456789abcdef", min_size=64, max_size=64),
        target=st.none() | ids(),
        postings=_legs(),
        findings=st.lists(findings(), max_size=2).map(tuple),
        commitment=st.none() | st.just("0" * 64),
    )


# ---------------------------------------------------------------- entries in a journal


def openings() -> list[Entry]:
    """Return the entries that open every account of the journals made here."""
    modes = {ISSUER: Mode.APPEND, AccountId("fund"): Mode.APPEND}
    return [
        Entry(
            id=EntryId(f"open {account}"),
            operation=ops.OpenAccount(
                account=account, mode=modes.get(account, Mode.STRICT)
            ),
            effective_on=DAYS[0],
            recorded=Recorded(at=datetime(2024, 2, 27, tzinfo=UTC), on=DAYS[0]),
            actor="desk-1",
            policy="a policy",
        )
        for account in (ISSUER, *ACCOUNTS)
    ]


@st.composite
def next_entries(draw: DrawFn, fold: Standing, id: EntryId) -> Entry:
    """Make an entry that may stand next in the journal that *fold* has taken in."""
    makers: list[Callable[[DrawFn, Standing, EntryId], Entry]] = [_administration]
    open_accounts = sorted(a for a, found in fold.accounts.items() if a != ISSUER)
    if ISSUER in fold.accounts and open_accounts:
        makers += [_movement, _movement, _movement]
        if _standing_orders(fold):
            makers += [_delivery, _delivery]
        if _undoable(fold):
            makers += [_undoing, _undoing]
        makers += [_claiming]
        if fold.claims:
            makers += [_on_claim, _on_claim]
    entry = draw(st.sampled_from(makers))(draw, fold, id)
    noted = draw(_noted())
    return evolve(entry, findings=(*entry.findings, *noted))


@cache
def _noted() -> SearchStrategy[list[Finding]]:
    return st.lists(findings(Effect.REFUSES, Effect.NOTES), max_size=1)


@cache
def _days() -> SearchStrategy[date]:
    return st.sampled_from(DAYS)


def _entry(
    draw: DrawFn,
    id: EntryId,
    operation: ops.Operation,
    *legs: Posting,
    target: EntryId | None = None,
) -> Entry:
    return Entry(
        id=id,
        operation=operation,
        effective_on=draw(_days()),
        recorded=Recorded(at=draw(moments()), on=draw(_days())),
        actor="desk-1",
        policy="a policy",
        target=target,
        postings=legs,
    )


def _administration(draw: DrawFn, fold: Standing, id: EntryId) -> Entry:
    """An entry without postings."""
    if ISSUER not in fold.accounts:
        opening = ops.OpenAccount(account=ISSUER, kind="issuer", mode=Mode.APPEND)
        return _entry(draw, id, opening)
    closed = [a for a in ACCOUNTS if a not in fold.accounts]
    opens: bool = draw(st.booleans())
    if closed and opens:
        account = draw(st.sampled_from(closed))
        mode = Mode.APPEND if account == "fund" else Mode.STRICT
        return _entry(draw, id, ops.OpenAccount(account=account, mode=mode))
    account = draw(st.sampled_from(sorted(fold.accounts)))
    ladder = draw(st.sampled_from(["star", "票"]))
    given: Mapping[str, ops.FactValue] = {
        "age": draw(st.integers(0, 120)),
        "since": draw(_days()),
    }
    suspend = ops.TierAction.SUSPEND
    changes: list[ops.Operation] = [
        ops.AmendAccount(account=account, facts=given),
        ops.CloseAccount(account=account, cause="leaving"),
        ops.SetTier(account=account, ladder=ladder, level=str(len(ladder))),
        ops.SetTier(account=account, ladder=ladder, action=suspend),
        ops.Apply(
            account=account,
            ladder=ladder,
            level="1",
            until=draw(st.none() | _days()),
        ),
        ops.Assess(account=account, ladder=ladder, level=None),
        ops.AdoptPolicy(text=f"policy {id}", holds_from=DAYS[0]),
        ops.VoidId(voided=EntryId(f"never {id}")),
        ops.NoteRefusal(
            refused=EntryId(f"refused {id}"), operation=ops.VoidId(voided=id)
        ),
    ]
    return _entry(draw, id, draw(st.sampled_from(changes)))


@cache
def _small() -> SearchStrategy[int]:
    return st.one_of(st.integers(1, 60), st.sampled_from([AMOUNT_MAX]))


def _movement(draw: DrawFn, fold: Standing, id: EntryId) -> Entry:
    operation, legs = _moved(draw, fold, id)
    return _entry(draw, id, operation, *legs)


def _moved(
    draw: DrawFn, fold: Standing, id: EntryId
) -> tuple[ops.Movable, tuple[Posting, ...]]:
    """A service, a gift or an order, with what it moves."""
    others = sorted(a for a in fold.accounts if a != ISSUER)
    account = draw(st.sampled_from(others))
    unit, rule = draw(st.sampled_from(UNITS)), draw(st.sampled_from(RULES))
    kind = draw(st.sampled_from([ops.RecordService, ops.Give, ops.PlaceOrder]))
    if kind is ops.RecordService:
        service = ops.RecordService(
            provider=account,
            service_class="care",
            minutes=draw(st.integers(1, ops.MINUTES_MAX)),
            starts_at=draw(st.none() | st.integers(0, ops.MINUTES_MAX - 1)),
        )
        expires = draw(st.none() | _days())
        lot = draw(st.sampled_from([None, Lot(id, expires)]))
        amount = draw(_small())
        source = Posting(account=ISSUER, unit=unit, amount=-amount, rule=rule)
        return service, (
            source,
            evolve(source, account=account, amount=amount, lot=lot),
        )
    taken = _taken(draw, fold, account, unit, rule)
    if kind is ops.Give:
        payee = draw(st.sampled_from(others))
        gift = ops.Give(payer=account, payee=payee, unit=unit, amount=1)
        given = tuple(evolve(leg, account=payee, amount=-leg.amount) for leg in taken)
        return gift, taken + given
    order = ops.PlaceOrder(payer=account, item="rice", quantity=len(taken))
    held = (evolve(leg, bucket=Bucket.HELD, amount=-leg.amount) for leg in taken)
    return order, (*taken, *held)


def _taken(
    draw: DrawFn, fold: Standing, account: AccountId, unit: str, rule: str
) -> tuple[Posting, ...]:
    """Legs that take from *account*: from one or two of its lots, or of no lot."""
    left = dict(fold.lots_of(account, unit))
    choices: list[Lot | None] = [None, *left]
    chosen: list[Lot | None] = draw(
        st.lists(st.sampled_from(choices), min_size=1, max_size=2, unique=True)
    )
    legs = []
    for lot in chosen:
        free = left[lot].free if lot is not None else 0
        whole = 0 < free <= AMOUNT_MAX and draw(st.booleans())
        amount = free if whole else draw(_small())
        legs.append(
            Posting(account=account, unit=unit, amount=-amount, lot=lot, rule=rule)
        )
    return tuple(legs)


def _standing_orders(fold: Standing) -> list[EntryId]:
    return [
        id
        for id, (_, entry) in fold.known.items()
        if isinstance(entry.asked, ops.PlaceOrder)
        and (state := fold.order(id)) is not None
        and state.held
        and state.closed_by is None
    ]


def _delivery(draw: DrawFn, fold: Standing, id: EntryId) -> Entry:
    """An order delivered in part, or cancelled."""
    order = draw(st.sampled_from(_standing_orders(fold)))
    state = fold.order(order)
    assert state is not None, "it was just found"
    if draw(st.booleans()):
        legs = [evolve(p, amount=-p.amount) for p in state.held]
        back = [evolve(p, bucket=Bucket.FREE) for p in state.held]
        return _entry(
            draw, id, ops.CancelOrder(order=order), *legs, *back, target=order
        )
    piece = draw(st.sampled_from(state.held))
    leg = evolve(piece, amount=-piece.amount)
    sink = evolve(piece, account=ISSUER, bucket=Bucket.FREE, lot=None)
    return _entry(
        draw, id, ops.FulfilOrder(order=order, quantity=1), leg, sink, target=order
    )


def _undoable(fold: Standing) -> list[EntryId]:
    return [
        id
        for id, (_, entry) in fold.known.items()
        if isinstance(entry.operation, ops.Undoable)
        and fold.counted(id) is not None
        and fold.undone_by(id) is None
    ]


def _undoing(draw: DrawFn, fold: Standing, id: EntryId) -> Entry:
    """An entry that undoes another, with or without something in its place."""
    target = draw(st.sampled_from(_undoable(fold)))
    undone = _undone(fold, target)
    if draw(st.booleans()):
        return _entry(draw, id, ops.Reverse(target=target), *undone, target=target)
    replacement, legs = _moved(draw, fold, id)
    correction = ops.Correct(target=target, replacement=replacement)
    return _entry(draw, id, correction, *undone, *legs, target=target)


def _undone(fold: Standing, target: EntryId) -> list[Posting]:
    """Return the legs that undo *target*."""
    counted = fold.counted(target)
    assert counted is not None, "what does not count is not undone"
    return [
        evolve(posting, amount=-posting.amount, undoes=True)
        for posting in counted.own_postings
    ]


def _said_of_claim(effect: Effect) -> Finding:
    return Finding(code="procedures.p.steps.s", reason=Reason.AWAITED, effect=effect)


def _claiming(draw: DrawFn, fold: Standing, id: EntryId) -> Entry:
    """A movement that waits, or a correction, a level or an account that does."""
    operation: ops.Operation
    operation, _ = _moved(draw, fold, id)
    undoable = _undoable(fold)
    kind = draw(st.integers(0, 3))
    if kind == 1 and undoable:
        target = draw(st.sampled_from(undoable))
        correction = ops.Correct(target=target, replacement=operation)
        claim = _entry(draw, id, correction, target=target)
        return evolve(claim, findings=(_said_of_claim(Effect.WAITS),))
    if kind == 0:
        account = draw(st.sampled_from(sorted(fold.accounts)))
        operation = ops.SetTier(account=account, ladder="star", level="waited for")
    claim = _entry(draw, id, operation)
    return evolve(claim, findings=(_said_of_claim(Effect.WAITS),))


def _on_claim(draw: DrawFn, fold: Standing, id: EntryId) -> Entry:
    """What is said of a claim; some of it lets the claim count, with legs of any kind."""
    claim = draw(st.sampled_from(sorted(fold.claims)))
    choices: list[ops.OnClaim] = [
        ops.ConfirmStep(claim=claim, step="s", role="reviewer"),
        ops.ObjectToStep(claim=claim, step="s"),
        ops.WithdrawClaim(claim=claim),
        ops.SettleClaim(claim=claim),
    ]
    operation = draw(st.sampled_from(choices))
    said = _entry(draw, id, operation, target=claim)
    effects = [Effect.WAITS, Effect.VOIDS]
    asked = fold.known[claim][1].operation
    undone: list[Posting] = []
    if isinstance(asked, ops.Correct):
        if asked.target not in _undoable(fold):
            effects = [Effect.VOIDS]  # undone meanwhile
        else:
            undone = _undone(fold, asked.target)
    settling = isinstance(operation, ops.ConfirmStep | ops.SettleClaim)
    if settling and len(effects) > 1 and draw(st.booleans()):
        _, legs = _moved(draw, fold, claim)
        moves = not isinstance(asked, ops.SetTier)
        return evolve(said, postings=(*undone, *legs) if moves else ())
    effect = draw(st.sampled_from(effects))
    return evolve(said, findings=(_said_of_claim(effect),))


# ---------------------------------------------------------------- needs


def needs(fold: Standing) -> SearchStrategy[Needs]:
    """
    Return a strategy for needs in the journal of *fold*: of what there is, and is not.

    Histories are named of accounts with balances only: others have none.
    """
    entry_ids = st.sampled_from([*fold.known, *sorted(fold.voided), EntryId("no such")])
    accounts = st.sampled_from([*ACCOUNTS, ISSUER])
    strict = st.sampled_from([a for a in ACCOUNTS if a != "fund"])
    units, days = st.sampled_from(UNITS), st.sampled_from(DAYS)
    series = st.builds(Series, strict, units, st.none() | days, st.none() | days)
    return st.builds(
        Needs,
        accounts=st.sets(accounts, max_size=3),
        series=st.sets(series.filter(_in_order), max_size=2),
        ids=st.sets(entry_ids, max_size=3),
        threads=st.sets(entry_ids, max_size=2),
        lots=st.sets(st.tuples(strict, units), max_size=3),
        lot_uses=st.sets(entry_ids, max_size=2),
        shifts=st.sets(st.tuples(strict, days), max_size=2),
        append_accounts=st.booleans(),
    )


def _in_order(series: Series) -> bool:
    return (series.first or date.min) <= (series.last or date.max)
