"""
What may be asked of a bank.

One frozen class an operation.  They say what somebody wants, not whether it is allowed
nor what it moves: that is `decide`'s.  They are kept in the journal as asked, for ever,
so a field here is a promise: fields may be added with a default, never changed.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import Any, Final

from attrs import Attribute, field, frozen
from attrs import validators as v

from .model import (
    AMOUNT_MAX,
    ENTRY_ID,
    AccountId,
    AccountKind,
    EntryId,
    Mode,
    clean_account_id,
    clean_id,
    whole_parts,
)
from .texts import Text

FactValue = int | str | bool | date
Facts = tuple[tuple[str, FactValue], ...]
"""What the host vouches for (an age, a relation), by name, sorted; recorded as given."""

MINUTES_MAX: Final = 24 * 60


def _facts(given: Mapping[str, FactValue] | Iterable[tuple[str, FactValue]]) -> Facts:
    pairs = given.items() if isinstance(given, Mapping) else given
    return tuple(sorted((str(name), _fact(name, value)) for name, value in pairs))


def _fact(name: str, value: FactValue) -> FactValue:
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if type(value) is int and abs(value) > AMOUNT_MAX:
        raise ValueError(
            Text(
                "fact {name!r} must be within ±10^15, found {found}",
                "情况 {name!r} 须在 ±10^15 之内，现为 {found}",
                name=name,
                found=value,
            )
        )
    if type(value) in (bool, int, date):
        return value
    raise TypeError(
        Text(
            "fact {name!r} must be a whole number, text, yes or no, or a date; "
            "found {type} {value!r}",
            "情况 {name!r} 须为整数、文字、是或否、或日期；现为 {type} {value!r}",
            name=name,
            type=type(value).__name__,
            value=value,
        )
    )


def _account(text: str) -> AccountId:
    return AccountId(clean_account_id(text))


def _account_or_none(text: str | None) -> AccountId | None:
    return None if text is None else _account(text)


def _entry(text: str) -> EntryId:
    return EntryId(clean_id(text, ENTRY_ID))


def _word(text: str) -> str:
    return clean_id(text, Text("name", "名称"))


def _label(text: str | None) -> str | None:
    return None if text is None else clean_id(text, Text("label", "标签"))


def _whole(_: object, attribute: Attribute[Any], number: object) -> None:
    name = attribute.name
    if type(number) is not int:
        raise TypeError(
            Text(
                "{name} must be a whole number, found {type} {number!r}",
                "{name} 须为整数，现为 {type} {number!r}",
                name=name,
                type=type(number).__name__,
                number=number,
            )
        )
    if number < 1:
        raise ValueError(
            Text(
                "{name} must be 1 or more, found {number}",
                "{name} 须为 1 或以上，现为 {number}",
                name=name,
                number=number,
            )
        )


def _within_a_day(_: object, __: Attribute[Any], minutes: int) -> None:
    if minutes > MINUTES_MAX:
        raise ValueError(
            Text(
                "a record may have {most} minutes (one day), found {minutes}: "
                "record each day by itself",
                "一条记录至多 {most} 分钟（一天），现为 {minutes}：请逐日登记",
                most=MINUTES_MAX,
                minutes=minutes,
            )
        )


def _minute_of_day(_: object, __: Attribute[Any], minute: object) -> None:
    if minute is None:
        return
    if type(minute) is not int or not 0 <= minute < MINUTES_MAX:
        raise ValueError(
            Text(
                "starts_at is a minute of the day, 0 (00:00) to 1439 (23:59), "
                "found {minute!r}",
                "starts_at 为当日第几分钟，0（00:00）至 1439（23:59），现为 {minute!r}",
                minute=minute,
            )
        )


# ---------------------------------------------------------------- accounts and policy


@frozen(kw_only=True)
class OpenAccount:
    """Open an account; *facts* are those the policy keeps with the account."""

    account: AccountId = field(converter=_account)
    kind: AccountKind = field(default=AccountKind.MEMBER, converter=AccountKind)
    mode: Mode = field(default=Mode.STRICT, converter=Mode)
    facts: Facts = field(default=(), converter=_facts)


@frozen(kw_only=True)
class AmendAccount:
    """Change facts that the policy keeps with an account; those not named stay."""

    account: AccountId = field(converter=_account)
    facts: Facts = field(default=(), converter=_facts)


@frozen(kw_only=True)
class CloseAccount:
    """Close an account for ever; *cause* is the policy's word: death, leaving, moving."""

    account: AccountId = field(converter=_account)
    cause: str = field(converter=_word)
    facts: Facts = field(default=(), converter=_facts)


@frozen(kw_only=True)
class AdoptPolicy:
    """
    Put a policy in force.

    Args:
        text: The whole policy file.
        holds_from: The first day it holds.
    """

    text: str = field(validator=v.instance_of(str))
    holds_from: date


# ---------------------------------------------------------------- earning


@frozen(kw_only=True)
class RecordService:
    """
    Record that *provider* served.

    Args:
        provider: Who is credited.
        service_class: The policy's class of service, such as ``care``.
        minutes: Whole minutes, 1 to 1 440.
        recipient: Whom they served, where that is an account here.
        organiser: The account (a team, say) that organised it.
        starts_at: Minute of the day it began, where known; overlaps are then refused.
        event: The host's name for the occasion.
        facts: What the policy asks about the people, such as ``provider.age``.
    """

    provider: AccountId = field(converter=_account)
    service_class: str = field(converter=_word)
    minutes: int = field(validator=[_whole, _within_a_day])
    recipient: AccountId | None = field(default=None, converter=_account_or_none)
    organiser: AccountId | None = field(default=None, converter=_account_or_none)
    starts_at: int | None = field(default=None, validator=_minute_of_day)
    event: str | None = field(default=None, converter=_label)
    facts: Facts = field(default=(), converter=_facts)


@frozen(kw_only=True)
class RecordMark:
    """
    Record something counted that is not time.

    A meeting attended, missed or excused, a suggestion, a shift, a no-show, a blood
    donation.

    Args:
        member: Whom it is counted for.
        mark: The policy's class that counts numbers, such as ``meeting``.
        number: How many, 1 or more.
        organiser: The account that organised it.
        event: The host's name for the occasion.
        facts: What the policy asks.
    """

    member: AccountId = field(converter=_account)
    mark: str = field(converter=_word)
    number: int = field(default=1, validator=[_whole, whole_parts])
    organiser: AccountId | None = field(default=None, converter=_account_or_none)
    event: str | None = field(default=None, converter=_label)
    facts: Facts = field(default=(), converter=_facts)


# ---------------------------------------------------------------- giving


@frozen(kw_only=True)
class Give:
    """Give *amount* parts of *unit* to another account."""

    payer: AccountId = field(converter=_account)
    payee: AccountId = field(converter=_account)
    unit: str
    amount: int = field(validator=[whole_parts, _whole])
    facts: Facts = field(default=(), converter=_facts)


@frozen(kw_only=True)
class Donate:
    """Give *amount* parts of *unit* to the pool that the policy names, for others to use."""

    payer: AccountId = field(converter=_account)
    unit: str
    amount: int = field(validator=[whole_parts, _whole])
    facts: Facts = field(default=(), converter=_facts)


@frozen(kw_only=True)
class Allocate:
    """Hand *amount* parts of *unit* from the policy's pool to *payee*."""

    payee: AccountId = field(converter=_account)
    unit: str
    amount: int = field(validator=[whole_parts, _whole])
    facts: Facts = field(default=(), converter=_facts)


@frozen(kw_only=True)
class Grant:
    """Hand *amount* parts of *unit* from the policy's fund, or the issuer, to *payee*."""

    payee: AccountId = field(converter=_account)
    unit: str
    amount: int = field(validator=[whole_parts, _whole])
    facts: Facts = field(default=(), converter=_facts)


# ---------------------------------------------------------------- redeeming


@frozen(kw_only=True)
class PlaceOrder:
    """
    Set credits aside for *quantity* of *item*; the price is fixed now.

    Args:
        payer: Whose credits are held.
        item: The policy's name for what is redeemed.
        quantity: Pieces, 1 or more.
        beneficiary: Who receives it, where that is another account.
        merchant: Who delivers it, where that is an account.
        delivered: Whether it was handed over at once: the credits are then taken, and
            nothing is held.
        facts: What the policy asks, such as ``relation``.
    """

    payer: AccountId = field(converter=_account)
    item: str = field(converter=_word)
    quantity: int = field(default=1, validator=[_whole, whole_parts])
    beneficiary: AccountId | None = field(default=None, converter=_account_or_none)
    merchant: AccountId | None = field(default=None, converter=_account_or_none)
    delivered: bool = field(default=False, validator=v.instance_of(bool))
    facts: Facts = field(default=(), converter=_facts)


@frozen(kw_only=True)
class FulfilOrder:
    """Take the credits held for *quantity* pieces of an order; all that is left by default."""

    order: EntryId = field(converter=_entry)
    quantity: int | None = field(
        default=None, validator=v.optional(v.and_(_whole, whole_parts))
    )


@frozen(kw_only=True)
class CancelOrder:
    """Give back what an order still holds."""

    order: EntryId = field(converter=_entry)


# ---------------------------------------------------------------- mending


@frozen(kw_only=True)
class Reverse:
    """
    Undo an entry.

    Args:
        target: The entry to undo.
        authority: Who allowed it although others depend on the target, or although an
            account ends below its limit; recorded for ever.
    """

    target: EntryId = field(converter=_entry)
    authority: str | None = field(default=None, converter=_label)


@frozen(kw_only=True)
class Correct:
    """
    Undo an entry and put *replacement* in its place, as one entry.

    The correction's effective date is the replacement's.  Limits are judged on what the
    two change together.
    """

    target: EntryId = field(converter=_entry)
    replacement: (
        RecordService
        | RecordMark
        | Give
        | Donate
        | Allocate
        | Grant
        | PlaceOrder
        | FulfilOrder
    )
    authority: str | None = field(default=None, converter=_label)


@frozen(kw_only=True)
class VoidId:
    """Take an id before its entry arrives, so that the late entry is refused."""

    voided: EntryId = field(converter=_entry)


# ---------------------------------------------------------------- tiers


class TierAction(StrEnum):
    """What is done to an account's place on a ladder."""

    GRANT = "grant"
    SUSPEND = "suspend"
    WITHDRAW = "withdraw"


def _only_with_grant(tier: SetTier, _: object, level: str | None) -> None:
    if (level is not None) != (tier.action is TierAction.GRANT):
        raise ValueError(
            Text("{action} takes a level", "{action} 须写明等级", action=tier.action)
            if level is None
            else Text(
                "{action} takes no level", "{action} 不写等级", action=tier.action
            )
        )


@frozen(kw_only=True)
class SetTier:
    """
    Grant, suspend or withdraw a level of a ladder that people decide.

    Args:
        account: Whose level.
        ladder: The policy's ladder.
        action: A suspended level counts as not held until it is granted again.
        level: Which level; only with *grant*.
        facts: What the policy asks.
    """

    account: AccountId = field(converter=_account)
    ladder: str
    action: TierAction = field(default=TierAction.GRANT, converter=TierAction)
    level: str | None = field(default=None, validator=_only_with_grant)
    facts: Facts = field(default=(), converter=_facts)


@frozen(kw_only=True)
class Apply:
    """
    Apply for a level of a ladder; it is granted where its needs are met.

    Args:
        account: Who applies.
        ladder: The policy's ladder.
        level: Which level.
        facts: What the policy asks.
    """

    account: AccountId = field(converter=_account)
    ladder: str = field(converter=_word)
    level: str = field(converter=_word)
    facts: Facts = field(default=(), converter=_facts)


@frozen(kw_only=True)
class NoteRefusal:
    """
    What the journal keeps of a refused request, where the ledger is set to keep them.

    Nobody asks for it: the bank writes it, under an id of its own, so that the refused
    id stays free for a later try.
    """

    refused: EntryId = field(converter=_entry)
    operation: Operation


Operation = (
    OpenAccount
    | AmendAccount
    | CloseAccount
    | AdoptPolicy
    | RecordService
    | RecordMark
    | Give
    | Donate
    | Allocate
    | Grant
    | PlaceOrder
    | FulfilOrder
    | CancelOrder
    | Reverse
    | Correct
    | VoidId
    | SetTier
    | Apply
    | NoteRefusal
)

TAGS: Final[Mapping[type[Operation], str]] = {
    OpenAccount: "open-account",
    AmendAccount: "amend-account",
    CloseAccount: "close-account",
    AdoptPolicy: "adopt-policy",
    RecordService: "service",
    RecordMark: "mark",
    Give: "gift",
    Donate: "donation",
    Allocate: "allocation",
    Grant: "grant",
    PlaceOrder: "order",
    FulfilOrder: "fulfil",
    CancelOrder: "cancel",
    Reverse: "reverse",
    Correct: "correct",
    VoidId: "void",
    SetTier: "set-tier",
    Apply: "application",
    NoteRefusal: "refusal",
}
"""What each operation is called in bodies, listings and columns."""

Movable = (
    RecordService
    | RecordMark
    | Give
    | Donate
    | Allocate
    | Grant
    | PlaceOrder
    | FulfilOrder
)
"""Operations that a correction may put in a target's place."""

Undoable = Movable | CancelOrder | Correct
"""Operations that a reversal or correction may undo."""
