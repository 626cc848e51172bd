"""
Labels: what a movement was about, as measures may ask for it.

They are a function of what was asked and of what moved, so they are derived: a store keeps
them beside a posting only so that it need not read the entry again.  Nothing personal is
among them but the ids of accounts, which the postings have anyway.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final

from attrs import define, field, fields

from .model import FREE, ISSUER, AccountId, AccountKind, Posting
from .operations import (
    Allocate,
    Apply,
    CancelOrder,
    CloseAccount,
    Donate,
    EndPeriod,
    Give,
    Grant,
    OpenAccount,
    Operation,
    PlaceOrder,
    PublishRanking,
    RecordMark,
    RecordService,
    SetTier,
    ShareOut,
)

Labels = tuple[tuple[str, str], ...]
"""Pairs of a label's name and what it says, sorted; ``other`` and ``recipient`` may say several things."""

WORDS: Final[Mapping[type[Operation], str]] = {
    RecordService: "service",
    RecordMark: "contribution",
    PlaceOrder: "redeem",
    CancelOrder: "cancel",
    Give: "gift",
    Donate: "donate",
    Grant: "grant",
    Allocate: "allocate",
    ShareOut: "allocate",
    OpenAccount: "open",
    CloseAccount: "close",
    EndPeriod: "period",
    SetTier: "tier",
    Apply: "apply",
    PublishRanking: "rank",
}
"""The policy's word for an operation: the label ``on``."""

_NAMED: Final[Mapping[str, str]] = {
    "service_class": "class",
    "mark": "class",
    "item": "item",
    "event": "event",
    "body": "body",
    "evidence": "evidence",
    "purpose": "purpose",
}
"""Labels by the field of an operation that they are taken from."""

ROLES: Final[Mapping[str, str]] = {
    "provider": "provider",
    "recipient": "recipient",
    "organiser": "organiser",
    "sponsor": "sponsor",
    "payer": "payer",
    "payee": "payee",
    "beneficiary": "beneficiary",
    "merchant": "merchant",
    "member": "provider",
    "account": "member",
    "heir": "heir",
}
"""Labels that say who, by the field of an operation that they are taken from."""
_WHO: Final = frozenset(ROLES.values())

OTHERS: Final = {kind: ("other", kind.value) for kind in AccountKind}
"""The labels that say of what kind an account on the other side is."""

QUANTITY: Final = "quantity"
"""The label that says how many pieces were ordered, where it was more than one."""

_SOURCES: Final[Mapping[type[Operation], tuple[tuple[str, str], ...]]] = {
    kind: tuple(
        (name, label)
        for name, label in {**_NAMED, **ROLES}.items()
        if name in {each.name for each in fields(kind)}
    )
    for kind in WORDS
}
_ON: Final = {word: ("on", word) for word in WORDS.values()}
_SAYING_MORE: Final = frozenset({"recipients", "quantity"})
"""Fields that labels are made of, and not only taken from."""


def said(operation: Operation) -> Labels:
    """Return what *operation* itself says of all that it moves."""
    word = WORDS.get(type(operation))
    if word is None:
        return ()
    told = [_ON[word]]
    for at, name in _SOURCES[type(operation)]:
        if (value := getattr(operation, at)) is not None:
            told.append((name, value))
    match operation:
        case RecordService() | RecordMark() if operation.recipients:
            told += [("recipient", part.account) for part in operation.recipients]
        case PlaceOrder() if operation.quantity > 1:
            told.append((QUANTITY, str(operation.quantity)))
    return tuple(sorted(told))


def as_given(
    kind: type[Operation], given: Collection[str]
) -> list[tuple[str, str, bool]] | None:
    """
    Return the labels that `said` takes from fields as they are, beside ``on``.

    Each with its field, and whether it says who; *None* where it says more than that of an
    operation of that kind with the fields *given*.
    """
    if kind not in WORDS or not _SAYING_MORE.isdisjoint(given):
        return None
    return [(label, at, label in _WHO) for at, label in _SOURCES[kind] if at in given]


def of_cancelling(order: Operation) -> Labels:
    """Return what cancelling *order* says of what it moves itself."""
    return tuple(sorted({**dict(said(order)), "on": WORDS[CancelOrder]}.items()))


def is_counted(posting: Posting) -> bool:
    """Return whether measures look at *posting*: never of the issuer, nor at what is held."""
    return posting.account != ISSUER and posting.bucket is FREE


Kind = Callable[[AccountId], AccountKind | None]
"""Tells the kind of an account, where it is known."""


@define
class Sides:
    """Who stands on which side of the movement of each rule."""

    _accounts: dict[tuple[str, str, bool], dict[AccountId, None]] = field(factory=dict)

    def fork(self) -> Sides:
        """Return the same, which goes on from here by itself."""
        return Sides({at: {**accounts} for at, accounts in self._accounts.items()})

    def add(self, postings: Iterable[Posting]) -> None:
        """Take in legs."""
        accounts = self._accounts
        for posting in postings:
            at = posting.unit, posting.rule, posting.amount > 0
            accounts.setdefault(at, {})[posting.account] = None

    def labels(self, posting: Posting, about: Labels, kind: Kind) -> Labels:
        """
        Return the labels of a leg that was taken in.

        Args:
            posting: The leg.
            about: What the operation says.
            kind: Tells the kinds of accounts, for ``other``.
        """
        own = posting.account
        # without the roles of the leg's own account
        found = [said for said in about if said[1] != own or said[0] not in _WHO]
        across = posting.unit, posting.rule, posting.amount < 0
        for account in self._accounts.get(across, ()):
            if account == own:
                continue
            of = AccountKind.ISSUER if account == ISSUER else kind(account)
            if of is not None and (other := OTHERS[of]) not in found:
                found.append(other)
        found.sort()
        return tuple(found)


def labelled(
    postings: Collection[Posting], about: Labels, kind: Kind
) -> list[Labels | None]:
    """Return the labels of legs that moved together, in their order, where they are counted."""
    sides = Sides()
    sides.add(postings)
    return [
        sides.labels(posting, about, kind) if is_counted(posting) else None
        for posting in postings
    ]
