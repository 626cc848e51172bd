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

import json
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache, lru_cache
from typing import Final

from attrs import define, field

from ..accounts import Account, opened
from ..adoptions import Adoption
from ..balances import Balance
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
from ..standing import Standing
from ..storage.codec import encode_labels
from ..storage.forms import OPERATION, quoted
from ..storage.protocol import StoredEntry, StoredPosting
from ..storage.rows import EPOCH
from .outlines import OF_NO_OUTLINE, Outline, Outlines, Shape

SIDES_MAX: Final = 10_000
"""How many balances are at hand before they are handed over."""
LEGS_MAX: Final = 8
"""More legs of an account without a balance could together pass what a balance may be."""

_FREE: Final = str(Bucket.FREE)
_HELD: Final = str(Bucket.HELD)

_After = tuple[int | None, int | None, int | None]
"""What a row keeps of a balance after it: the number of postings, free and held."""
_NO_BALANCE: Final[_After] = (None, None, None)


@define(eq=False)
class _Side:
    """
    An account in one unit.

    Args:
        name: The account, as it is written.
        unit: The unit, as it is written.
        kind: What it is.
        other: That as the label ``other``, as it is written.
        strict: Whether it keeps a balance.
        least: The least that may be free.
        most: The most that there may be, free and held.
        free: What is free.
        held: What is held.
        seq: How many postings there were.
        begins: How a leg begins that moves it.
        ends: How a leg ends that moves it.
    """

    name: str
    unit: str
    kind: AccountKind
    other: str
    strict: bool
    least: int
    most: int
    free: int
    held: int
    seq: int
    begins: str
    ends: str

    def move(self, amount: int, bucket: str) -> _After:
        """
        Take in a leg; return what its row keeps of the balance then.

        Raises:
            ValueError: If it passes a limit.
        """
        if not self.strict:
            return _NO_BALANCE
        free, held = self.free, self.held
        if bucket == _FREE:
            free += amount
        else:
            held += amount
        if free < self.least or held < 0 or free + held > self.most:
            raise ValueError("not plain")
        seq = self.seq + 1
        self.free, self.held, self.seq = free, held, seq
        return seq, free, held

    def undo(self, amount: int, bucket: str) -> None:
        """Take a leg out again."""
        if not self.strict:
            return
        if bucket == _FREE:
            self.free -= amount
        else:
            self.held -= amount
        self.seq -= 1


_Leg = tuple[_Side, int, str, str, str | None]
"""The side it moves, amount, bucket, rule and labels."""


@define
class Plain:
    """
    Takes in plain entries, one after the other.

    What was taken in is not in the standing before it is handed over.  Lots, who took from
    them, and shifts are not even then: who asks for them decides, and then there are values
    of everything.

    Args:
        fold: The standing.
        memory: What the standing recalls.
        suspects: Ids of which there may be more than one entry, or that were voided.
    """

    fold: Standing
    memory: Memory
    suspects: set[EntryId]
    _outlines: Outlines = field(factory=Outlines)
    _sides: dict[tuple[AccountId, str], _Side] = field(factory=dict)
    _day: str | None = None
    _adoption: Adoption | None = None
    _policy: Policy | None = None
    _adopted: set[str] = field(factory=set)
    _rules: dict[str, str] = field(factory=dict)
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
        shape = outline[0]
        try:
            if self._may_be(stored, outline):
                if shape.opens:
                    new = self._opened(stored)
                if self._moves(stored, outline, moved):
                    self.fold.head = stored.position
                    return True
        except OF_NO_OUTLINE:
            pass  # as said of what is not plain
        for side, amount, bucket, _, _ in moved:
            side.undo(amount, bucket)
        if new is not None:
            del self.fold.accounts[new.id]
        return False

    def hand_over(self) -> None:
        """Bring the standing up to what was taken in."""
        for key, side in self._sides.items():
            if side.strict and side.seq:
                balance = Balance(side.free, side.held)
                account, unit = key
                self.fold.balances.setdefault(account, {})[unit] = balance, side.seq
        self._sides.clear()
        self._day = self._adoption = self._policy = None

    def _may_be(self, stored: StoredEntry, outline: Outline) -> bool:
        """Return whether its id is new, and it was decided under a policy adopted here."""
        shape, _, policy, _ = outline
        day = stored.effective_on if shape.falls_due else stored.recorded_on
        if day != self._day or len(self._sides) > SIDES_MAX:
            self._turn_to(day)
        return (
            self._policy is not None
            and policy in self._adopted
            and stored.id not in self.suspects
            and not self.memory.keeps(self.fold, stored.id)
        )

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

    def _opened(self, stored: StoredEntry) -> Account:
        """Return the account that an entry opens, which is there from then on."""
        operation = OPERATION.read(json.loads(stored.body)["operation"])
        account = opened(operation, date.fromisoformat(stored.effective_on))
        if account.id in self.fold.accounts:
            raise ValueError("not plain")
        self.fold.accounts[account.id] = account
        return account

    def _moves(self, stored: StoredEntry, outline: Outline, moved: list[_Leg]) -> bool:
        """Return whether the legs are as they are kept, and move within the limits."""
        shape, asked, _, rest = outline
        position, day = stored.position, stored.effective_on
        if len(stored.postings) > LEGS_MAX:
            return False
        written: list[str] = []
        for place, row in enumerate(stored.postings):
            # taken apart at once: to name one column takes a quarter as long as all of this
            (
                line,
                account,
                unit,
                bucket,
                amount,
                lot,
                last,
                rule,
                undoes,
                on,
                origin,
                seq,
                free,
                held,
                labels,
            ) = row
            side = self._sides.get((account, unit)) or self._found(account, unit)
            if type(amount) is not int or not 0 < abs(amount) <= AMOUNT_MAX:
                return False
            if bucket == _FREE and lot is last is None:
                beside = ""
            else:
                beside = self._beside(bucket, lot, last)
            by = self._rules.get(rule) or self._rule(rule)
            written.append(f"{side.begins}{amount}{beside}{by}{side.ends}")
            after = side.move(amount, bucket)
            moved.append((side, amount, bucket, rule, labels))
            if (
                (seq, free, held) != after
                or undoes != 0
                or line != place
                or on != day
                or origin != position
            ):
                return False
        return rest == _ending(written, stored) and _labelled(moved, shape, asked)

    def _rule(self, rule: str) -> str:
        """Return how a leg names the rule that asked for it."""
        rule.encode()  # which half a character has not
        if len(self._rules) > SIDES_MAX:
            self._rules.clear()
        found = self._rules[rule] = f',"rule":{quoted(rule)}' if rule else ""
        return found

    def _beside(self, bucket: str, lot: str | None, last: str | None) -> str:
        """Return how a leg names what few have: that it is held, and a lot."""
        held = "" if bucket == _FREE else f',"bucket":"{_HELD}"'
        if bucket not in (_FREE, _HELD):
            raise ValueError("not plain")
        return held if lot is last is None else f'{held},"lot":{self._lot(lot, last)}'

    def _lot(self, id: str | None, last: str | None) -> str:
        """Return how a lot is named, with its last day."""
        if id is None or not (last is None or self._outlines.is_day(last)):
            raise ValueError("not plain")
        id.encode()  # which half a character has not
        expires = "" if last is None else f'"expires_on":"{last}",'
        return f'{{{expires}"id":{quoted(id)}}}'

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
        ):
            raise ValueError("not plain")
        issuer, strict = account == ISSUER, found.mode is Mode.STRICT
        limits = (None, None) if issuer else bounds_of(policy, found.kind, unit)
        floor, cap = (each if isinstance(each, int | None) else None for each in limits)
        if (floor, cap) != limits:
            self._apart.add((found.kind, unit))
            raise ValueError("not plain")
        if not strict and limits != (None, None):
            raise ValueError("not plain")
        balance, seq = self.fold.kept(account, unit)
        kind = AccountKind.ISSUER if issuer else found.kind
        name, counted = quoted(account), quoted(unit)
        side = self._sides[key] = _Side(
            name=name,
            unit=counted,
            kind=kind,
            other=_written(frozenset({kind})),
            strict=strict,
            least=max(-BALANCE_MAX, -BALANCE_MAX if floor is None else floor),
            most=min(BALANCE_MAX, BALANCE_MAX if cap is None else cap),
            free=balance.free,
            held=balance.held,
            seq=seq,
            begins=f'{{"account":{name},"amount":',
            ends=f',"unit":{counted}}}',
        )
        return side


def _ending(written: Sequence[str], stored: StoredEntry) -> str:
    """Return how a body ends that has legs as *written*, recorded when *stored* was."""
    moved = f',"postings":[{",".join(written)}]' if written else ""
    second, rest = divmod(stored.recorded_at, 1_000_000)
    return (
        f'{moved},"recorded_at":"{_second(second)}.{rest:06}Z",'
        f'"recorded_on":"{stored.recorded_on}"}}'
    )


@lru_cache(maxsize=16)  # one after the other
def _second(seconds: int) -> str:
    return (EPOCH + timedelta(seconds=seconds)).isoformat()[:-6]


def _labelled(legs: Sequence[_Leg], shape: Shape, asked: Sequence[str | None]) -> bool:
    """Return whether *legs* sum to nothing, and are labelled as they should be."""
    own: dict[str | None, int] = {}
    for at in shape.who:
        own[asked[at]] = at
    others = _others(legs)
    if others is None or len(own) < len(shape.who):  # somebody is named twice
        return False
    for (side, _, bucket, _, labels), other in zip(legs, others, strict=True):
        if side.kind is AccountKind.ISSUER or bucket != _FREE:
            if labels is not None:  # no measure looks at it
                return False
            continue
        written, pick = shape.pattern(own.get(side.name), other)
        if labels != written % pick(asked):
            return False
    return True


def _others(legs: Sequence[_Leg]) -> Sequence[str] | None:
    """
    Return the label ``other`` of each leg, as it is written: whom it moves from or to.

    There are none if *legs* do not sum to nothing.
    """
    if len(legs) == 2:  # noqa: PLR2004 - from one to one, in a quarter of the time
        (side, one, _, by, _), (across, two, _, also_by, _) = legs
        if one == -two and by == also_by and side is not across:
            return (across.other, side.other) if side.unit == across.unit else None
    sums: Counter[str] = Counter()
    for side, amount, _, _, _ in legs:
        sums[side.unit] += amount
    return None if any(sums.values()) else [_other(leg, legs) for leg in legs]


def _other(leg: _Leg, legs: Sequence[_Leg]) -> str:
    own, amount, _, rule, _ = leg
    kinds = {
        side.kind
        for side, across, _, by, _ in legs
        if side.unit == own.unit
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
