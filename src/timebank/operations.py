"""
What may be asked of a bank.

One frozen class an operation.  They say what somebody wants, not whether it is allowed
nor what it moves: that is `decide`'s.  They are kept in the journal as asked, for ever,
so a field here is a promise: fields may be added with a default, never changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, Final, TypeAlias

from attrs import Attribute, field, frozen
from attrs import validators as v

from . import fields
from .model import (
    AccountId,
    AccountKind,
    EntryId,
    Mode,
    Words,
    clean_account_id,
    exact,
    show,
    whole_parts,
)
from .texts import Text

FactValue: TypeAlias = fields.FactValue
Facts: TypeAlias = fields.Facts
MINUTES_MAX: Final = fields.MINUTES_MAX


@frozen(kw_only=True)
class Part:
    """
    One of several who take part in one operation.

    Args:
        account: Who.
        amount: A whole number: a share of a price, parts of a unit asked for, minutes, or how
            many of what is counted.
        facts: What the policy asks about this one.
    """

    account: AccountId = field(converter=clean_account_id)
    amount: int = field(validator=[fields.whole, whole_parts])
    facts: Facts = field(default=(), converter=fields.facts)


Parts: TypeAlias = tuple[Part, ...]


def _parts(given: Mapping[str, int] | Iterable[Part]) -> Parts:
    if given == ():
        return ()
    if isinstance(given, Mapping):
        return tuple(Part(account=who, amount=n) for who, n in given.items())
    return tuple(given)


def _if_any(
    *checks: Callable[[Any, Attribute[Any], Parts], None],
) -> Callable[[Any, Attribute[Any], Parts], None]:
    """Return what makes *checks* of those who take part, where somebody does."""

    def check(operation: object, attribute: Attribute[Any], parts: Parts) -> None:
        if parts:
            for each in checks:
                each(operation, attribute, parts)

    return check


def _each_once(_: object, attribute: Attribute[Any], parts: Parts) -> None:
    names = [part.account for part in parts]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(
                Text(
                    "{attribute} names {account!r} more than once",
                    "{attribute} 重复列出 {account!r}",
                    attribute=attribute.name,
                    account=name,
                )
            )


# ---------------------------------------------------------------- accounts and policy


@frozen(kw_only=True)
class OpenAccount:
    """
    Open an account.

    Args:
        account: Its id.
        kind: What it is.
        mode: Whether it keeps a running balance.
        facts: Those the policy keeps with the account.
        sponsor: Who brought the new member, where that is an account here.
    """

    account: AccountId = field(converter=clean_account_id)
    kind: AccountKind = field(default=AccountKind.MEMBER, converter=AccountKind)
    mode: Mode = field(default=Mode.STRICT, converter=Mode)
    facts: Facts = field(default=(), converter=fields.facts)
    sponsor: AccountId | None = field(default=None, converter=fields.account_or_none)


@frozen(kw_only=True)
class AmendAccount:
    """Change facts that the policy keeps with an account; those not named stay."""

    account: AccountId = field(converter=clean_account_id)
    facts: Facts = field(default=(), converter=fields.facts)


@frozen(kw_only=True)
class CloseAccount:
    """
    Close an account for ever.

    Args:
        account: Which.
        cause: Why, in the policy's word: death, leaving, moving.
        facts: What the policy asks.
        heir: Who is to have what is left, where the policy gives it to somebody.
    """

    account: AccountId = field(converter=clean_account_id)
    cause: str = field(converter=fields.word)
    facts: Facts = field(default=(), converter=fields.facts)
    heir: AccountId | None = field(default=None, converter=fields.account_or_none)


@frozen(kw_only=True)
class AdoptPolicy:
    """
    Put a policy in force.

    Args:
        text: The whole policy file.
        holds_from: The first day it holds.
        body: The body it is the policy of; the whole ledger by default.
    """

    text: str = field(validator=v.instance_of(str))
    holds_from: date = field(validator=fields.day)
    body: str | None = field(default=None, converter=fields.label)


# ---------------------------------------------------------------- earning


def _instead_of_one(
    operation: RecordService | RecordMark, _: object, __: Parts
) -> None:
    if operation.recipient is not None:
        raise ValueError(
            Text(
                "recipients names all who were served: leave out recipient",
                "recipients 已列出所有服务对象：请勿再写 recipient",
            )
        )


def _within_the_service(service: RecordService, _: object, recipients: Parts) -> None:
    for part in recipients:
        if part.amount > service.minutes:
            raise ValueError(
                Text(
                    "{account!r} cannot have been served for {found} minutes: it took "
                    "{minutes}",
                    "{account!r} 不可能受服务 {found} 分钟：服务共 {minutes} 分钟",
                    account=part.account,
                    found=part.amount,
                    minutes=service.minutes,
                )
            )


def _of_the_number(mark: RecordMark, _: object, recipients: Parts) -> None:
    for part in recipients:
        if part.amount > mark.number:
            raise ValueError(
                Text(
                    "{account!r} cannot have had {found}: there were {number}",
                    "{account!r} 不可能得到 {found}：共计 {number}",
                    account=part.account,
                    found=part.amount,
                    number=mark.number,
                )
            )


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
        sponsor: Who stands behind it (a firm, a social worker), where that is an account.
        body: The body it was done for, by the host's name: a street, a station.
        evidence: What it rests on, in the policy's word: sign-in, photo, witness.
        recipients: Whom they served, where that were several at once: each with the whole
            minutes that they were there.
    """

    provider: AccountId = field(converter=clean_account_id)
    service_class: str = field(converter=fields.word)
    minutes: int = field(validator=[fields.whole, fields.within_a_day])
    recipient: AccountId | None = field(default=None, converter=fields.account_or_none)
    organiser: AccountId | None = field(default=None, converter=fields.account_or_none)
    starts_at: int | None = field(default=None, validator=fields.minute_of_day)
    event: str | None = field(default=None, converter=fields.label)
    facts: Facts = field(default=(), converter=fields.facts)
    sponsor: AccountId | None = field(default=None, converter=fields.account_or_none)
    body: str | None = field(default=None, converter=fields.label)
    evidence: str | None = field(default=None, converter=fields.label)
    recipients: Parts = field(
        default=(),
        converter=_parts,
        validator=_if_any(_each_once, _instead_of_one, _within_the_service),
    )


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
        recipient: Whom it was done for, where that is an account here.
        sponsor: Who stands behind it, where that is an account.
        body: The body it was done for, by the host's name.
        evidence: What it rests on, in the policy's word.
        recipients: Whom it was done for, where that were several at once: each with how
            many of them were theirs.
    """

    member: AccountId = field(converter=clean_account_id)
    mark: str = field(converter=fields.word)
    number: int = field(default=1, validator=[fields.whole, whole_parts])
    organiser: AccountId | None = field(default=None, converter=fields.account_or_none)
    event: str | None = field(default=None, converter=fields.label)
    facts: Facts = field(default=(), converter=fields.facts)
    recipient: AccountId | None = field(default=None, converter=fields.account_or_none)
    sponsor: AccountId | None = field(default=None, converter=fields.account_or_none)
    body: str | None = field(default=None, converter=fields.label)
    evidence: str | None = field(default=None, converter=fields.label)
    recipients: Parts = field(
        default=(),
        converter=_parts,
        validator=_if_any(_each_once, _instead_of_one, _of_the_number),
    )


# ---------------------------------------------------------------- giving


@frozen(kw_only=True)
class Give:
    """
    Give *amount* parts of *unit* to another account.

    Args:
        payer: Whose they are.
        payee: Who is to have them.
        unit: In what.
        amount: Whole parts.
        facts: What the policy asks.
        purpose: What they are for, in the giver's or the policy's word.
        body: The body it goes through, by the host's name.
    """

    payer: AccountId = field(converter=clean_account_id)
    payee: AccountId = field(converter=clean_account_id)
    unit: str = field(converter=fields.unit)
    amount: int = field(validator=fields.parts)
    facts: Facts = field(default=(), converter=fields.facts)
    purpose: str | None = field(default=None, converter=fields.label)
    body: str | None = field(default=None, converter=fields.label)


@frozen(kw_only=True)
class Donate:
    """Give *amount* parts of *unit* to the pool that the policy names; see `Give`."""

    payer: AccountId = field(converter=clean_account_id)
    unit: str = field(converter=fields.unit)
    amount: int = field(validator=fields.parts)
    facts: Facts = field(default=(), converter=fields.facts)
    purpose: str | None = field(default=None, converter=fields.label)
    body: str | None = field(default=None, converter=fields.label)


@frozen(kw_only=True)
class Allocate:
    """Hand *amount* parts of *unit* from the policy's pool to *payee*; see `Give`."""

    payee: AccountId = field(converter=clean_account_id)
    unit: str = field(converter=fields.unit)
    amount: int = field(validator=fields.parts)
    facts: Facts = field(default=(), converter=fields.facts)
    purpose: str | None = field(default=None, converter=fields.label)
    body: str | None = field(default=None, converter=fields.label)


@frozen(kw_only=True)
class Grant:
    """Hand *amount* parts from the policy's fund, or the issuer, to *payee*; see `Give`."""

    payee: AccountId = field(converter=clean_account_id)
    unit: str = field(converter=fields.unit)
    amount: int = field(validator=fields.parts)
    facts: Facts = field(default=(), converter=fields.facts)
    purpose: str | None = field(default=None, converter=fields.label)
    body: str | None = field(default=None, converter=fields.label)


@frozen(kw_only=True)
class ShareOut:
    """
    Hand out from the policy's pool to several who have applied, as far as it goes.

    Args:
        unit: In what.
        applicants: Each with the parts of the unit asked for, and what the policy asks
            about them; served in the order that the policy's rule gives.
        facts: What the policy asks about all of them.
        purpose: What it is for.
        body: The body it goes through, by the host's name.
    """

    unit: str = field(converter=fields.unit)
    applicants: Parts = field(converter=_parts, validator=[v.min_len(1), _each_once])
    facts: Facts = field(default=(), converter=fields.facts)
    purpose: str | None = field(default=None, converter=fields.label)
    body: str | None = field(default=None, converter=fields.label)


# ---------------------------------------------------------------- redeeming


def _with_the_payer(order: PlaceOrder, _: object, parts: Parts) -> None:
    if order.payer not in [part.account for part in parts]:
        raise ValueError(
            Text(
                "payers names all who pay, {payer!r} too",
                "payers 须列出所有付方，包括 {payer!r}",
                payer=order.payer,
            )
        )


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
        cash: Whole hundredths of money paid beside the credits; it stays outside the books.
        body: The body it goes through, by the host's name.
        payers: Who pays, where several do, the payer among them: each with a whole
            number as share of the price.
    """

    payer: AccountId = field(converter=clean_account_id)
    item: str = field(converter=fields.word)
    quantity: int = field(default=1, validator=[fields.whole, whole_parts])
    beneficiary: AccountId | None = field(
        default=None, converter=fields.account_or_none
    )
    merchant: AccountId | None = field(default=None, converter=fields.account_or_none)
    delivered: bool = field(default=False, validator=v.instance_of(bool))
    facts: Facts = field(default=(), converter=fields.facts)
    cash: int | None = field(
        default=None,
        validator=v.optional(v.and_(whole_parts, fields.no_less_than_nothing)),
    )
    body: str | None = field(default=None, converter=fields.label)
    payers: Parts = field(
        default=(), converter=_parts, validator=_if_any(_each_once, _with_the_payer)
    )


@frozen(kw_only=True)
class FulfilOrder:
    """Take the credits held for *quantity* pieces of an order; all that is left by default."""

    order: EntryId = field(converter=fields.entry)
    quantity: int | None = field(
        default=None, validator=v.optional(v.and_(fields.whole, whole_parts))
    )


@frozen(kw_only=True)
class CancelOrder:
    """
    Give back what an order still holds.

    Args:
        order: Which.
        facts: What the policy asks about the cancellation, beside what was told with the
            order.
    """

    order: EntryId = field(converter=fields.entry)
    facts: Facts = field(default=(), converter=fields.facts)


# ---------------------------------------------------------------- time


@frozen(kw_only=True)
class EndPeriod:
    """
    Let a rule do for an account what it does in a period, at its start or its end.

    The day it counts for is the period's last.  A tick asks for it, under an id that
    follows from all three.

    Args:
        account: Whom it is done for.
        rule: The policy's rule on ``period``.
    """

    account: AccountId = field(converter=clean_account_id)
    rule: str = field(converter=fields.word)


@frozen(kw_only=True)
class ExpireLot:
    """
    Take from an account what is free of a lot whose last day is over.

    A tick asks for it.

    Args:
        account: Who has it.
        unit: What it is counted in.
        lot: The entry that made it.
    """

    account: AccountId = field(converter=clean_account_id)
    unit: str = field(converter=fields.unit)
    lot: EntryId = field(converter=fields.entry)


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

    target: EntryId = field(converter=fields.entry)
    authority: str | None = field(default=None, converter=fields.label)


@frozen(kw_only=True)
class Correct:
    """
    Undo an entry and put *replacement* in its place, as one entry.

    The correction's effective date is the replacement's.  Limits are judged on what the
    two change together.
    """

    target: EntryId = field(converter=fields.entry)
    replacement: (
        RecordService
        | RecordMark
        | Give
        | Donate
        | Allocate
        | ShareOut
        | Grant
        | PlaceOrder
        | FulfilOrder
        | EndPeriod
        | PublishRanking
    )
    authority: str | None = field(default=None, converter=fields.label)

    def __attrs_post_init__(self) -> None:
        """Take nothing else for an operation; one that cannot stand there is refused."""
        check_operation(self.replacement)


@frozen(kw_only=True)
class VoidId:
    """Take an id before its entry arrives, so that the late entry is refused."""

    voided: EntryId = field(converter=fields.entry)


# ---------------------------------------------------------------- tiers


class TierAction(Words):
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


def _term_with_grant(tier: SetTier, _: object, until: date | None) -> None:
    if until is not None and tier.action is not TierAction.GRANT:
        raise ValueError(
            Text(
                "{action} takes no last day",
                "{action} 不写到期日",
                action=tier.action,
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
        until: The last day on which it holds, where the policy gives it a term.
        facts: What the policy asks.
    """

    account: AccountId = field(converter=clean_account_id)
    ladder: str = field(converter=fields.word)
    action: TierAction = field(default=TierAction.GRANT, converter=TierAction)
    level: str | None = field(
        default=None, converter=fields.label, validator=_only_with_grant
    )
    until: date | None = field(
        default=None, validator=[v.optional(fields.day), _term_with_grant]
    )
    facts: Facts = field(default=(), converter=fields.facts)


@frozen(kw_only=True)
class Apply:
    """
    Apply for a level of a ladder; it is granted where its needs are met.

    Args:
        account: Who applies.
        ladder: The policy's ladder.
        level: Which level.
        until: The last day on which it holds, where the policy gives it a term.
        facts: What the policy asks.
    """

    account: AccountId = field(converter=clean_account_id)
    ladder: str = field(converter=fields.word)
    level: str = field(converter=fields.word)
    until: date | None = field(default=None, validator=v.optional(fields.day))
    facts: Facts = field(default=(), converter=fields.facts)


# ---------------------------------------------------------------- claims


@frozen(kw_only=True)
class ConfirmStep:
    """
    Confirm a step of the procedure that a claim is in.

    Who acts is the request's actor.  The last confirmation puts the claim into effect: it
    is decided again, bindingly, and what it moves stands in this entry.

    Args:
        claim: The operation that waits.
        step: The step, by name, so that nobody confirms another than they saw.
        role: What the actor acts as, which the host vouches for: a word of the policy, or
            a party of the claim (``recipient``), for whose account they act.
    """

    claim: EntryId = field(converter=fields.entry)
    step: str = field(converter=fields.word)
    role: str = field(converter=fields.word)


@frozen(kw_only=True)
class ObjectToStep:
    """
    Say no to a claim at a step: decline what is to be confirmed, object to a notice.

    Args:
        claim: The operation that waits.
        step: The step, by name.
        role: What the actor acts as; a notice can be objected to without any.
    """

    claim: EntryId = field(converter=fields.entry)
    step: str = field(converter=fields.word)
    role: str | None = field(default=None, converter=fields.label)


@frozen(kw_only=True)
class WithdrawClaim:
    """Take back a claim of one's own that waits; it will never count."""

    claim: EntryId = field(converter=fields.entry)


@frozen(kw_only=True)
class SettleClaim:
    """Put into effect, or make void, a claim on which time has decided."""

    claim: EntryId = field(converter=fields.entry)


@frozen(kw_only=True)
class Assess:
    """
    Move an account to the level that an assessment at the end of a period leads to.

    The effective day is the period's last.  Letting time pass asks for it; whoever does,
    it is refused unless the facts of that day say so.

    Args:
        account: Whose level.
        ladder: The policy's ladder.
        level: The level it has from then on; *None* for none.
        until: The last day on which it holds, where the policy gives it a term.
    """

    account: AccountId = field(converter=clean_account_id)
    ladder: str = field(converter=fields.word)
    level: str | None = field(default=None, converter=fields.label)
    until: date | None = field(default=None, validator=v.optional(fields.day))


@frozen(kw_only=True)
class EndAssessment:
    """
    Note that a ladder was assessed at the end of a period, and everybody moved who was due.

    What becomes known of the period later no longer moves anybody.  The effective day is
    the period's last.
    """

    ladder: str = field(converter=fields.word)


def _figure(text: str) -> str:
    return show(exact(text))


@frozen(kw_only=True)
class Place:
    """
    One line of a ranking.

    Args:
        account: Who.
        value: What it is ranked by, exact: ``12.5``, ``37/3``.
        place: Its place from 1; who ties has the same.
    """

    account: AccountId = field(converter=clean_account_id)
    value: str = field(converter=_figure)
    place: int = field(validator=[fields.whole, whole_parts])


def _in_order(places: Iterable[Place]) -> tuple[Place, ...]:
    return tuple(places)


@frozen(kw_only=True)
class PublishRanking:
    """
    Publish a ranking: who is on it, with what, and where.

    The effective day is the day that the values are of, a period's last.

    Args:
        ranking: The policy's name for it.
        through: The last position of the journal that it was computed from.
        places: The list, in order.
    """

    ranking: str = field(converter=fields.word)
    through: int = field(validator=fields.whole)
    places: tuple[Place, ...] = field(converter=_in_order)


@frozen(kw_only=True)
class NoteRefusal:
    """
    What the journal keeps of a refused request, where the ledger is set to keep them.

    Nobody asks for it: the bank writes it, under an id of its own, so that the refused
    id stays free for a later try.
    """

    refused: EntryId = field(converter=fields.entry)
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
    | ShareOut
    | Grant
    | PlaceOrder
    | FulfilOrder
    | CancelOrder
    | EndPeriod
    | ExpireLot
    | Reverse
    | Correct
    | VoidId
    | SetTier
    | Apply
    | Assess
    | EndAssessment
    | PublishRanking
    | ConfirmStep
    | ObjectToStep
    | WithdrawClaim
    | SettleClaim
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
    ShareOut: "share-out",
    Grant: "grant",
    PlaceOrder: "order",
    FulfilOrder: "fulfil",
    CancelOrder: "cancel",
    EndPeriod: "period",
    ExpireLot: "expire",
    Reverse: "reverse",
    Correct: "correct",
    VoidId: "void",
    SetTier: "set-tier",
    Apply: "application",
    Assess: "assessment",
    EndAssessment: "assessment-end",
    PublishRanking: "ranking",
    ConfirmStep: "confirm",
    ObjectToStep: "object",
    WithdrawClaim: "withdraw",
    SettleClaim: "settle",
    NoteRefusal: "refusal",
}
"""What each operation is called in bodies, listings and columns."""

Movable = (
    RecordService
    | RecordMark
    | Give
    | Donate
    | Allocate
    | ShareOut
    | Grant
    | PlaceOrder
    | FulfilOrder
    | EndPeriod
    | PublishRanking
)
"""Operations that a correction may put in a target's place."""

Undoable = Movable | CancelOrder | ExpireLot | Correct
"""Operations that a reversal or correction may undo."""


_OPERATION: Final = Text(
    "an operation of timebank.operations", "timebank.operations 中的操作"
)


def check_operation(found: object) -> None:
    """
    Look whether *found* is an operation.

    Raises:
        TypeError: If it is none.
    """
    if type(found) not in TAGS:
        raise fields.unlike(found, _OPERATION)


def asked_of(operation: Operation) -> Operation:
    """Return what *operation* puts in place: a correction's replacement, or itself."""
    return operation.replacement if type(operation) is Correct else operation


OnClaim = ConfirmStep | ObjectToStep | WithdrawClaim | SettleClaim
"""Operations that act on a claim: one that waits until its procedure is gone through."""
