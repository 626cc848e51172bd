"""
What a plain entry moves, held against its postings as text and figures.

To make values of a body, fold it and make its rows anew takes several times as long as to
read it.  Most entries are *plain* (`outlines`): all that the laws ask of one, and each column
of its postings, then follows from what stands in its body, from the balances before it,
and from limits that are the same for everybody.

Nothing here says what is wrong.  What is not plain, or not just as it should be, is left
to `verify`, which makes values of it; a property test has the two agree on all that is
taken here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from operator import itemgetter
from typing import Any, Final

from attrs import define, field

from ..accounts import Account, opened
from ..errors import PolicyInvalid
from ..labels import OTHERS
from ..model import (
    AMOUNT_MAX,
    BALANCE_MAX,
    ISSUER,
    AccountId,
    AccountKind,
    Bucket,
    EntryId,
    Mode,
)
from ..policy.bounds import bounds_of
from ..policy.files import compiled
from ..policy.rules import Policy
from ..recalling import Memory
from ..scope import Wanted
from ..standing import NO_BALANCE, Adoption, Balance, Standing
from ..storage.codec import encode_labels
from ..storage.forms import OPERATION
from ..storage.protocol import StoredEntry, StoredPosting
from ..storage.rows import Running
from .outlines import OF_NO_OUTLINE, Outline, Outlines

SIDES_MAX: Final = 10_000
"""How many balances are at hand before they are handed over."""
LEGS_MAX: Final = 8
"""More legs of an account without a balance could together pass what a balance may be."""

_FIELDS: Final = frozenset({"account", "amount", "bucket", "lot", "rule", "unit"})
_USUAL: Final = itemgetter("account", "amount", "rule", "unit")
_USUAL_LENGTH: Final = 4
_LOT: Final = frozenset({"expires_on", "id"})
_FREE: Final = str(Bucket.FREE)
_BUCKETS: Final = frozenset(map(str, Bucket))
_NONE: Final = (None, None, None)


@define(eq=False)
class _Side:
    """
    An account in one unit.

    Args:
        kind: What it is.
        other: That as the label ``other``, as it is written.
        strict: Whether it keeps a balance.
        least: The least that may be free.
        most: The most that there may be, free and held.
        free: What is free.
        held: What is held.
        seq: How many postings there were.
    """

    kind: AccountKind
    other: str
    strict: bool
    least: int
    most: int
    free: int
    held: int
    seq: int

    def move(self, amount: int, bucket: str) -> bool:
        """Take in a leg; return whether that passes no limit."""
        if bucket == _FREE:
            self.free += amount
        else:
            self.held += amount
        self.seq += 1
        return not self.strict or (
            self.least <= self.free
            and self.held >= 0
            and self.free + self.held <= self.most
        )

    def undo(self, amount: int, bucket: str) -> None:
        """Take a leg out again."""
        self.move(-amount, bucket)
        self.seq -= 2


_Leg = tuple[AccountId, int, str, str | None, str | None, str, str, _Side]
"""Account, amount, bucket, a lot and its last day, rule, unit, and the side it moves."""


@define
class Plain:
    """
    Takes in plain entries, one after the other.

    What was taken in is not in the standing before it is handed over.

    Args:
        fold: The standing.
        running: The balances.
        memory: What the standing recalls.
        suspects: Ids of which there may be more than one entry, or that were voided.
    """

    fold: Standing
    running: Running
    memory: Memory
    suspects: set[EntryId]
    _outlines: Outlines = field(factory=Outlines)
    _sides: dict[tuple[AccountId, str], _Side] = field(factory=dict)
    _day: str | None = None
    _adoption: Adoption | None = None
    _policy: Policy | None = None
    _adopted: set[str] = field(factory=set)
    _apart: set[tuple[AccountKind, str]] = field(factory=set)
    """Of which kinds of accounts and units the limits differ from account to account."""

    def outline(self, stored: StoredEntry) -> Outline | None:
        """Return the body of *stored* if it is plain, as far as can be told beforehand."""
        found = self._outlines.outline(stored)
        if found and self._apart and any(map(self._is_apart, stored.postings)):
            return None
        return found

    def _is_apart(self, posting: StoredPosting) -> bool:
        account = self.fold.accounts.get(posting.account)
        return account is not None and (account.kind, posting.unit) in self._apart

    def take(self, stored: StoredEntry, outline: Outline) -> bool:
        """Take in an entry of which there is nothing to say; of others, change nothing."""
        moved: list[_Leg] = []
        new: Account | None = None
        try:
            if self._may_be(stored, outline):
                if outline.shape.opens:
                    new = self._opened(stored, outline)
                if self._moves(stored, outline, moved):
                    self.fold.head = stored.position
                    return True
        except OF_NO_OUTLINE:
            pass  # as said of what is not plain
        for _, amount, bucket, _, _, _, _, side in moved:
            side.undo(amount, bucket)
        if new is not None:
            del self.fold.accounts[new.id]
        return False

    def hand_over(self) -> None:
        """Bring the standing and the balances up to what was taken in."""
        for key, side in self._sides.items():
            if side.strict and side.seq:
                balance = Balance(side.free, side.held)
                self.fold.balances[key] = balance
                self.running.balances[key] = balance, side.seq
        self._sides.clear()
        self._day = self._adoption = self._policy = None

    def _may_be(self, stored: StoredEntry, outline: Outline) -> bool:
        """Return whether its id is new, and it was decided under a policy adopted here."""
        shape, table, _ = outline
        day = stored.effective_on if shape.falls_due else stored.recorded_on
        if day != self._day or len(self._sides) > SIDES_MAX:
            self._turn_to(day)
        return (
            self._policy is not None
            and table["policy"] in self._adopted
            and stored.id not in self.suspects
            and not self.memory.keeps(self.fold, stored.id)
            and not (shape.timed and self._scope.shifts)
        )

    @property
    def _scope(self) -> Wanted:
        scope = self.fold.scope
        if not isinstance(scope, Wanted):
            raise TypeError("what forgets knows what it was asked")
        return scope

    def _turn_to(self, day: str) -> None:
        """Have the limits be those of *day*."""
        adoption = self.fold.policy_on(date.fromisoformat(day))
        if adoption is not self._adoption or len(self._sides) > SIDES_MAX:
            self.hand_over()
            self._adopted = {each.hash for each in self.fold.adoptions}
            self._apart.clear()
            self._adoption, self._policy = adoption, _read(adoption)
        self._day = day

    # ------------------------------------------------------------ what moves

    def _opened(self, stored: StoredEntry, outline: Outline) -> Account:
        """Return the account that an entry opens, which is there from then on."""
        operation = OPERATION.read({**outline.asked})  # which uses it up
        account = opened(operation, date.fromisoformat(stored.effective_on))
        if account.id in self.fold.accounts:
            raise ValueError("not plain")
        self.fold.accounts[account.id] = account
        return account

    def _moves(self, stored: StoredEntry, outline: Outline, moved: list[_Leg]) -> bool:
        """Return whether the legs are as they are kept, and move within the limits."""
        shape, table, asked = outline
        legs = [self._leg(each) for each in table.get("postings", ())]
        if not len(legs) == len(stored.postings) <= LEGS_MAX:
            return False
        said, own = shape.said(asked), {asked[at]: at for at in shape.who}
        if len(own) != len(shape.who):  # somebody is named twice
            return False
        position, day = stored.position, stored.effective_on
        sums: dict[str, int] = {}
        for leg, other, row in zip(legs, _others(legs), stored.postings, strict=True):
            account, amount, bucket, lot, last, rule, unit, side = leg
            moved.append(leg)
            if not side.move(amount, bucket):
                return False
            seq, free, held = (side.seq, side.free, side.held) if side.strict else _NONE
            if account == ISSUER or bucket != _FREE:
                labels = None  # no measure looks at it
            else:
                labels = shape.pattern(own.get(account), other) % said
            kept = (
                *(account, unit, bucket, amount, lot, last, rule),
                *(0, day, position, seq, free, held, labels),
            )
            if row != kept:
                return False
            sums[unit] = sums.get(unit, 0) + amount
        return not any(sums.values())

    def _leg(self, leg: Mapping[str, Any]) -> _Leg:
        """Return a leg as a body has it."""
        if len(leg) == _USUAL_LENGTH:
            account, amount, rule, unit = _USUAL(leg)
            bucket, lot, last = _FREE, None, None
        else:
            if not leg.keys() <= _FIELDS:
                raise ValueError("not plain")
            account, amount, unit = leg["account"], leg["amount"], leg["unit"]
            rule, bucket = leg.get("rule", ""), leg.get("bucket", _FREE)
            named = leg.get("lot")
            lot, last = (None, None) if named is None else self._lot(named)
            if bucket not in _BUCKETS:
                raise ValueError("not plain")
        side = self._sides.get((account, unit)) or self._found(account, unit)
        if (
            type(amount) is not int
            or amount == 0
            or not -AMOUNT_MAX <= amount <= AMOUNT_MAX
            or type(rule) is not str
        ):
            raise ValueError("not plain")
        return account, amount, bucket, lot, last, rule, unit, side

    def _lot(self, lot: Mapping[str, Any]) -> tuple[str, str | None]:
        """Return what names a lot and says until when it holds, if nobody asked about it."""
        id, last = lot["id"], lot.get("expires_on")
        scope = self._scope
        if (
            type(id) is not str
            or not lot.keys() <= _LOT
            or not (last is None or self._outlines.is_day(last))
            or scope.uses_of_lots
            or id in scope.lot_uses
        ):
            raise ValueError("not plain")
        return id, last

    def _found(self, account: AccountId, unit: str) -> _Side:
        """Return an account in one unit, if its limits are those of everybody."""
        key = account, unit
        found, policy = self.fold.accounts.get(account), self._policy
        if (
            found is None
            or found.closed_on is not None
            or policy is None
            or type(unit) is not str
            or key in self.fold.spans
            or key in self._scope.lots
        ):
            raise ValueError("not plain")
        issuer, strict = account == ISSUER, found.mode is Mode.STRICT
        limits = (None, None) if issuer else bounds_of(policy, found.kind, unit)
        floor, cap = (each if isinstance(each, int | None) else None for each in limits)
        if (floor, cap) != limits:
            self._apart.add((found.kind, unit))
            raise ValueError("not plain")
        balance, seq = self.running.balances.get(key, (NO_BALANCE, 0))
        if not (strict or (seq == 0 and limits == (None, None))) or (
            balance != self.fold.balances.get(key, NO_BALANCE)
        ):
            raise ValueError("not plain")
        kind = AccountKind.ISSUER if issuer else found.kind
        side = self._sides[key] = _Side(
            kind=kind,
            other=_written(frozenset({kind})),
            strict=strict,
            least=max(-BALANCE_MAX, -BALANCE_MAX if floor is None else floor),
            most=min(BALANCE_MAX, BALANCE_MAX if cap is None else cap),
            free=balance.free,
            held=balance.held,
            seq=seq,
        )
        return side


def _others(legs: Sequence[_Leg]) -> Sequence[str]:
    """Return the label ``other`` of each leg, as it is written: whom it moves from or to."""
    if len(legs) == 2:  # noqa: PLR2004 - from one to one, in a quarter of the time
        (_, one, _, _, _, by, of, side), (_, two, _, _, _, also_by, also, across) = legs
        if (
            by == also_by
            and of == also
            and side is not across
            and (one < 0 < two or two < 0 < one)
        ):
            return across.other, side.other
    return [_other(leg, legs) for leg in legs]


def _other(leg: _Leg, legs: Sequence[_Leg]) -> str:
    _, amount, _, _, _, rule, unit, own = leg
    kinds = {
        side.kind
        for _, across, _, _, _, by, of, side in legs
        if of == unit
        and by == rule
        and (across < 0) is (amount > 0)
        and side is not own
    }
    return _written(frozenset(kinds))


@cache
def _written(kinds: frozenset[AccountKind]) -> str:
    return encode_labels(tuple(sorted(OTHERS[kind] for kind in kinds)))[1:-1]


def _read(adoption: Adoption | None) -> Policy | None:
    """Return a policy, if it can be read; where it cannot, that is told where it stands."""
    try:
        return None if adoption is None else compiled(adoption.text)
    except PolicyInvalid:
        return None
