"""
What rules may look at, and how an entry changes it.

There is one `Standing`.  Folded from the journal it holds everything; loaded by a store
under lock it holds what a `Needs` named, and asking it for more is an error.  The two
agree on whatever both hold: that is why one `decide` serves a desk, an import and a
replay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date
from operator import attrgetter
from typing import NamedTuple, TypeVar

from attrs import define, field

from .accounts import Account, changed
from .adoptions import Adoption, policy_on
from .balances import NEVER_MOVED, NO_BALANCE, Balance, Kept
from .claims import claim_acted_on, counting, ends_claim, in_effect, is_claim
from .entries import Entry
from .errors import Undeclared
from .history import Event, History
from .labels import Labels, of_cancelling, said
from .legs import Leg, legs_of
from .model import (
    STRICT,
    AccountId,
    AccountKind,
    Bucket,
    EntryId,
    Lot,
    Mode,
    Position,
)
from .operations import (
    AdoptPolicy,
    AmendAccount,
    Apply,
    Assess,
    CancelOrder,
    CloseAccount,
    Correct,
    FulfilOrder,
    OpenAccount,
    Operation,
    RecordService,
    Reverse,
    SetTier,
    VoidId,
)
from .orders import OrderState, order_state, undone_by
from .scope import NO_FUNCTIONS, Functions, Needs, Series
from .shifts import Shift, near, shift_of

Service = tuple[AccountId, Shift]
"""Who was at work, and when."""


class Taken(NamedTuple):
    """
    An entry that was taken in, and what came of it: all that a store writes.

    Args:
        entry: It.
        position: Where it stands, or is thought to come to stand.
        root: The first entry of its thread.
        legs: Its postings, each with the entry and day it counts for.
        after: What each of them left, where the account keeps a running balance.
        service: Who was at work and when, where it is one that counts and says so.
        account: The account that it opened or changed, as it left that.
    """

    entry: Entry
    position: Position
    root: EntryId
    legs: tuple[Leg, ...]
    after: Sequence[Kept | None]
    service: Service | None
    account: Account | None


_K = TypeVar("_K")


# ---------------------------------------------------------------- the standing


@define
class Standing:
    """
    What rules may look at.

    Args:
        scope: What was loaded; *None* where it is folded from the whole journal, and what
            was asked for so far, beside accounts, where that is recalled.
        recall: Has it take in what is asked for and was not loaded; without, that is an
            error.
        functions: Functions of the host's, which the policies use; no part of the books.
    """

    scope: Needs | None = None
    head: int = 0
    adoptions: list[Adoption] = field(factory=list)
    accounts: dict[AccountId, Account] = field(factory=dict)
    balances: dict[AccountId, dict[str, Kept]] = field(factory=dict)
    history: dict[tuple[AccountId, str], History] = field(factory=dict)
    known: dict[EntryId, tuple[Position, Entry]] = field(factory=dict)
    voided: set[EntryId] = field(factory=set)
    roots: dict[EntryId, EntryId] = field(factory=dict)
    threads: dict[EntryId, list[tuple[Position, Entry]]] = field(factory=dict)
    lots: dict[tuple[AccountId, str], dict[Lot, Balance]] = field(factory=dict)
    lot_uses: dict[EntryId, dict[tuple[EntryId, AccountId], int]] = field(factory=dict)
    shifts: dict[AccountId, dict[EntryId, Shift]] = field(factory=dict)
    spans: dict[tuple[AccountId, str], tuple[date, date]] = field(factory=dict)
    claims: set[EntryId] = field(factory=set)
    functions: Functions = field(default=NO_FUNCTIONS, eq=False)
    recall: Callable[[Standing, Needs], None] | None = field(default=None, eq=False)
    _named: AbstractSet[AccountId] | None = field(init=False, default=None, eq=False)
    _said: tuple[Operation | None, Labels] = field(
        init=False, default=(None, ()), eq=False
    )

    def __attrs_post_init__(self) -> None:
        if self.scope is not None and self.recall is None:
            self._named = self.scope.accounts
        for series in self.scope.series if self.scope else ():
            key = series.account, series.unit
            first, last = series.first or date.min, series.last or date.max
            known = self.spans.get(key, (first, last))
            self.spans[key] = min(first, known[0]), max(last, known[1])

    # ------------------------------------------------------------ reading

    def account(self, account: AccountId) -> Account | None:
        """Return the account, or *None* where the ledger has none of that id."""
        if self._named is not None and account not in self._named:
            raise Undeclared(f"account {account!r}")
        return self.accounts.get(account)

    def is_strict(self, account: AccountId) -> bool:
        """Return whether *account* is known, and kept with a running balance."""
        found = self.accounts.get(account)
        return found is not None and found.mode is STRICT

    def balance(self, account: AccountId, unit: str) -> Balance:
        """Return what *account* has in *unit*; nothing where it never had any."""
        if self._named is not None and account not in self._named:
            raise Undeclared(f"the balance of {account!r}")
        of = self.balances.get(account)
        return NO_BALANCE if of is None else of.get(unit, NEVER_MOVED)[0]

    def kept(self, account: AccountId, unit: str) -> Kept:
        """Return the same with how many postings came to it."""
        of = self.balances.get(account)
        return NEVER_MOVED if of is None else of.get(unit, NEVER_MOVED)

    def balances_of(self, account: AccountId) -> Mapping[str, Balance]:
        """Return every balance of *account* that ever moved, by unit."""
        if not self._in_scope(account):
            raise Undeclared(f"the balances of {account!r}")
        of = self.balances.get(account, {})
        return {unit: balance for unit, (balance, _) in of.items()}

    def running(self) -> dict[tuple[AccountId, str], Kept]:
        """Return every running balance, by account and unit."""
        return {
            (account, unit): kept
            for account, of in self.balances.items()
            for unit, kept in of.items()
        }

    def events(
        self, account: AccountId, unit: str, first: date | None, last: date | None
    ) -> Iterator[tuple[Event, int]]:
        """Return what moved *account*'s free credits on the days from *first* to *last*."""
        low, high = first or date.min, last or date.max
        span = self.spans.get((account, unit))
        if self.scope is not None and (span is None or low < span[0] or span[1] < high):
            what = f"the history of {account!r} in {unit} from {first} to {last}"
            wanted = Series(account, unit, first, last)
            self._lacks(Needs(series={wanted}), what)
        known = self.history.get((account, unit))
        return iter(()) if known is None else known.between(first, last)

    def append_accounts(self) -> list[Account]:
        """Return the accounts that are kept without balances, in order of id."""
        if self.scope is not None and not self.scope.append_accounts:
            raise Undeclared("the accounts kept without balances")
        unlocked = (a for a in self.accounts.values() if a.mode is Mode.APPEND)
        return sorted(unlocked, key=attrgetter("id"))

    def find(self, id: EntryId) -> tuple[Position, Entry] | None:
        """Return the entry *id* and where it stands, or *None*."""
        if (
            self.scope is not None
            and id not in self.known
            and id not in self.scope.ids
            and id not in self.scope.threads
        ):
            self._lacks(Needs(ids={id}), f"entry {id!r}")
        return self.known.get(id)

    def is_void(self, id: EntryId) -> bool:
        """Return whether *id* was taken before its entry arrived."""
        if self.scope is not None and id not in self.scope.ids:
            self._lacks(Needs(ids={id}), f"the id {id!r}")
        return id in self.voided

    def thread(self, id: EntryId) -> list[tuple[Position, Entry]]:
        """Return entry *id* with the entries that act on it and those it acts on."""
        if (
            self.scope is not None
            and id not in self.roots
            and id not in self.scope.threads
        ):
            self._lacks(Needs(threads={id}), f"the thread of {id!r}")
        root = self.roots.get(id)
        return self.threads.get(root, []) if root is not None else []

    def counting(self, id: EntryId) -> list[tuple[Position, Entry]]:
        """
        Return the entries of the same thread as they count.

        A claim that was settled stands there with what it moved, where that began to
        count; one that was not stands there no more than what was said of it.
        """
        return list(counting(self.thread(id)))

    def counted(self, id: EntryId) -> Entry | None:
        """Return entry *id* as it counts, or *None* where it does not, or not yet."""
        return next((e for _, e in self.counting(id) if e.id == id), None)

    def lots_of(self, account: AccountId, unit: str) -> list[tuple[Lot, Balance]]:
        """Return the lots *account* has in *unit*, earliest expiry first, then oldest."""
        ever = self.lots_ever_of(account, unit)
        return [(lot, balance) for lot, balance in ever if balance != NO_BALANCE]

    def lots_ever_of(self, account: AccountId, unit: str) -> list[tuple[Lot, Balance]]:
        """Return the same with those used up, which keep their place if they come back."""
        lots = self.lots_by_age(account, unit)
        return sorted(lots, key=lambda pair: pair[0].expires_on or date.max)

    def lots_by_age(self, account: AccountId, unit: str) -> list[tuple[Lot, Balance]]:
        """Return the same as they first came, the oldest first."""
        if self.scope is not None and (account, unit) not in self.scope.lots:
            wanted = Needs(lots={(account, unit)})
            self._lacks(wanted, f"the lots of {account!r} in {unit}")
        return list(self.lots.get((account, unit), {}).items())

    def users_of(self, lot: EntryId, account: AccountId | None = None) -> list[EntryId]:
        """
        Return the entries that took from *lot* and still stand, in order of id.

        Args:
            lot: The entry that made it.
            account: Only those that took from what this account had of it.
        """
        if (
            self.scope is not None
            and lot not in self.scope.lot_uses
            and not self.scope.uses_of_lots
        ):
            self._lacks(Needs(lot_uses={lot}), f"the uses of lot {lot!r}")
        uses = self.lot_uses.get(lot, {})
        return sorted(
            {
                origin
                for (origin, of), amount in uses.items()
                if amount < 0 and account in (None, of)
            }
        )

    def shifts_near(
        self, provider: AccountId, day: date
    ) -> Iterator[tuple[EntryId, Shift]]:
        """
        Yield the services of *provider* whose time of day is known, around *day*.

        In no order: a store gives them in its own.
        """
        if self.scope is not None and (provider, day) not in self.scope.shifts:
            wanted = Needs(shifts={(provider, day)})
            self._lacks(wanted, f"the services of {provider!r} on {day}")
        yield from self.shifts.get(provider, {}).items()

    def policy_on(self, day: date, body: str | None = None) -> Adoption | None:
        """Return the latest policy adopted for *body* itself that holds on *day*."""
        return policy_on(self.adoptions, day, body)

    def policies_on(self, day: date) -> list[Adoption]:
        """Return the policy that holds on *day* of each body, and of the whole ledger."""
        bodies = {adoption.body for adoption in self.adoptions}
        return list(filter(None, (self.policy_on(day, body) for body in bodies)))

    def adopted(self, hash: str) -> Adoption:
        """
        Return the policy of that hash, which some entry names.

        Raises:
            LookupError: If none was adopted, as in damaged books.
        """
        return {adoption.hash: adoption for adoption in self.adoptions}[hash]

    def undone_by(self, id: EntryId) -> EntryId | None:
        """
        Return the entry that reversed or corrected *id*, where one has.

        A correction that waits has undone nothing.
        """
        return undone_by(id, self._counting(id))

    def order(
        self, id: EntryId, *, without: EntryId | None = None
    ) -> OrderState | None:
        """
        Return how far order *id* has come, or *None* where it is no order.

        Args:
            id: The order.
            without: A fulfilment that is about to be undone, and so does not count.
        """
        return order_state(id, self._counting(id), without=without)

    def _counting(self, id: EntryId) -> list[Entry]:
        return [entry for _, entry in self.counting(id)]

    def _lacks(self, needs: Needs, what: str) -> None:
        """Have *needs* recalled, or find that they were not declared."""
        if self.recall is None:
            raise Undeclared(what)
        self.recall(self, needs)

    def scoped(self, needs: Needs) -> Standing:
        """Return a copy that holds what *needs* names, as a store would load it."""
        part = Standing(scope=needs, head=self.head, adoptions=list(self.adoptions))
        named = needs.accounts
        part.accounts = {id: self.accounts[id] for id in named & self.accounts.keys()}
        if needs.append_accounts:
            part.accounts |= {a.id: a for a in self.append_accounts()}
        for account in named & self.balances.keys():
            part.balances[account] = dict(self.balances[account])
        for key, (first, last) in part.spans.items():
            if key in self.history:
                of_days = dict(self.history[key].between(first, last))
                part.history[key] = History(of_days)
        part.voided = self.voided & needs.ids
        part.known = {id: self.known[id] for id in needs.ids if id in self.known}
        for id in needs.threads & self.roots.keys():
            if id not in part.roots:
                for position, entry in self.threads[self.roots[id]]:
                    part.take_thread(entry, position)
        part.lots = {k: dict(self.lots[k]) for k in needs.lots if k in self.lots}
        named_lots = part.lots_named()
        part.lot_uses = {
            lot: dict(self.lot_uses[lot]) for lot in named_lots if lot in self.lot_uses
        }
        for provider, day in needs.shifts:
            part.shifts.setdefault(provider, {}).update(
                (id, shift)
                for id, shift in self.shifts.get(provider, {}).items()
                if near(shift, day)
            )
        return part

    def lots_named(self) -> set[EntryId]:
        """Return the lots whose uses its scope names, once its lots are there."""
        if self.scope is None:
            return set(self.lot_uses)
        named = set(self.scope.lot_uses)
        if self.scope.uses_of_lots:
            named |= {lot.id for lots in self.lots.values() for lot in lots}
        return named

    # ------------------------------------------------------------ changing

    def legs(self, entry: Entry) -> tuple[Leg, ...]:
        """Return the postings of *entry*, each with the entry and day it counts for."""
        return legs_of(self.in_effect(entry) or entry, self)

    def kind_of(self, account: AccountId) -> AccountKind | None:
        """Return the kind of *account*, where that is known; it never changes."""
        found = self.accounts.get(account)
        return found.kind if found is not None else None

    def said(self, operation: Operation) -> Labels:
        """Return what *operation* says of its legs: of an order's delivery, the order."""
        last, labels = self._said
        if operation is last:
            # what was decided last is what is taken in next, with the same to say
            return labels
        if isinstance(operation, FulfilOrder | CancelOrder):
            _, order = self.known.get(operation.order, (0, None))
            if order is None:
                return ()
            by_delivery = isinstance(operation, FulfilOrder)
            return (said if by_delivery else of_cancelling)(order.asked)
        labels = said(operation)
        self._said = operation, labels
        return labels

    def in_effect(self, entry: Entry) -> Entry | None:
        """Return *entry* as it counts: one that settles a claim counts as the claim."""
        claim = claim_acted_on(entry)
        if claim is None:
            return None if entry.findings and entry.waits else entry
        return in_effect(entry, self.known[claim][1] if claim in self.known else None)

    def apply(self, entry: Entry, position: Position) -> Taken:
        """Take in *entry*, which stands at *position*; return what came of it."""
        self.head = position
        root = self.take_thread(entry, position)
        counts = self.in_effect(entry)
        beside = (None, None) if counts is None else self._take(counts, position)
        legs = legs_of(counts or entry, self)
        return Taken(entry, position, root, legs, self._take_legs(legs), *beside)

    def take_thread(self, entry: Entry, position: Position) -> EntryId:
        """Remember *entry* in its thread, whose first is returned; it changes no balance."""
        id, target, placed = entry.id, entry.target, (position, entry)
        root = id if target is None else self.roots.get(target, id)
        self.known[id] = placed
        self.roots[id] = root
        self.threads.setdefault(root, []).append(placed)
        if entry.findings and is_claim(entry):
            self.claims.add(id)
        elif self.claims and (claim := claim_acted_on(entry)) and ends_claim(entry):
            self.claims.discard(claim)
        return root

    def _take(
        self, entry: Entry, position: Position
    ) -> tuple[Service | None, Account | None]:
        """Take in what *entry* is beside what it moves; return its service and account."""
        operation = entry.operation
        match operation:
            case RecordService():
                return self._take_service(entry, operation), None
            case (
                OpenAccount()
                | AmendAccount()
                | CloseAccount()
                | SetTier()
                | Apply()
                | Assess()
            ):
                known = self.accounts.get(operation.account)
                if known is not None or isinstance(operation, OpenAccount):
                    account = changed(known, entry)
                    self.accounts[operation.account] = account
                    return None, account
            case AdoptPolicy():
                self.adoptions.append(
                    Adoption(
                        hash=entry.policy,
                        text=operation.text,
                        holds_from=operation.holds_from,
                        position=position,
                        body=operation.body,
                    )
                )
            case VoidId():
                self.voided.add(operation.voided)
            case Reverse():
                self._undo_service(operation.target)
            case Correct():
                self._undo_service(operation.target)
                if isinstance(operation.replacement, RecordService):
                    return self._take_service(entry, operation.replacement), None
            case _:
                pass
        return None, None

    def _take_service(self, entry: Entry, service: RecordService) -> Service | None:
        shift = shift_of(service, entry.effective_on)
        if shift is None:
            return None
        self.shifts.setdefault(service.provider, {})[entry.id] = shift
        return service.provider, shift

    def _undo_service(self, id: EntryId) -> None:
        service = self.known[id][1].asked
        if isinstance(service, RecordService):
            self.shifts.get(service.provider, {}).pop(id, None)

    def _take_legs(self, legs: Sequence[Leg]) -> list[Kept | None]:
        """Take in *legs*; return the running balance after each, where one is kept."""
        accounts, balances = self.accounts, self.balances
        whole, spans = self.scope is None, self.spans
        after: list[Kept | None] = [None] * len(legs)
        for line, leg in enumerate(legs):
            posting, _, at, day, labels = leg
            account, unit = posting.account, posting.unit
            found = accounts.get(account)
            if found is not None and found.mode is STRICT:
                of = balances.setdefault(account, {})
                balance, seq = of.get(unit, NEVER_MOVED)
                after[line] = of[unit] = balance.plus(posting), seq + 1
            if posting.lot is not None:
                self._take_lot(leg, posting.lot)
            key = account, unit
            if labels is not None and (whole or key in spans):
                first, last = (day, day) if whole else spans[key]
                if first <= day <= last:
                    event = Event(day, at, posting.rule, labels)
                    self.count(key, event, posting.amount)
        return after

    def count(self, key: tuple[AccountId, str], event: Event, amount: int) -> None:
        """Add *amount* to what *event* comes to; what comes to nothing is forgotten."""
        self.history.setdefault(key, History()).add(event, amount)

    def _in_scope(self, account: AccountId) -> bool:
        return self._named is None or account in self._named

    def _take_lot(self, leg: Leg, lot: Lot) -> None:
        posting = leg.posting
        key = posting.account, posting.unit
        if self.scope is None or key in self.scope.lots:
            # a lot used up keeps its place: what it held may come back
            lots = self.lots.setdefault(key, {})
            lots[lot] = lots.get(lot, NO_BALANCE).plus(posting)
        if posting.bucket is Bucket.FREE:
            uses = self.lot_uses.setdefault(lot.id, {})
            _add(uses, (leg.origin, posting.account), posting.amount)


def _add(sums: dict[_K, int], key: _K, amount: int) -> None:
    total = sums.get(key, 0) + amount
    if total:
        sums[key] = total
    else:
        sums.pop(key, None)
