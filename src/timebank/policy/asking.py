"""
An operation in the policy's words: what it is *on*, who is who, and what it says.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction

from attrs import frozen

from ..model import AccountId
from ..operations import (
    Allocate,
    CloseAccount,
    Donate,
    FactValue,
    Give,
    Grant,
    OpenAccount,
    Operation,
    PlaceOrder,
    RecordMark,
    RecordService,
    SetTier,
)
from .expressions import Value
from .rules import Policy
from .shapes import SHAPES, Shape


@frozen
class Asking:
    """
    An operation in the policy's words.

    Args:
        on: The policy's word for it.
        roles: Who is who, those that were named.
        fields: What it says, by value name; times in hours, amounts in one of the unit.
        facts: What the host vouches for.
    """

    on: str
    roles: Mapping[str, AccountId]
    fields: Mapping[str, Value]
    facts: Mapping[str, FactValue]

    @property
    def shape(self) -> Shape:
        """What the operation gives its rules."""
        return SHAPES[self.on]


def asking(operation: Operation, policy: Policy) -> Asking | None:
    """Return *operation* in the policy's words, or *None* where no rule can ask it."""
    roles: dict[str, AccountId | None]
    fields: dict[str, Value] = {}
    match operation:
        case RecordService():
            roles = {
                "provider": operation.provider,
                "recipient": operation.recipient,
                "organiser": operation.organiser,
            }
            fields["time"] = Fraction(operation.minutes, 60)
            fields["class"] = operation.service_class
            on = "service"
        case RecordMark():
            roles = {"provider": operation.member, "organiser": operation.organiser}
            fields["number"] = Fraction(operation.number)
            fields["class"] = operation.mark
            on = "contribution"
        case PlaceOrder():
            roles = {
                "payer": operation.payer,
                "beneficiary": operation.beneficiary,
                "merchant": operation.merchant,
            }
            fields["item"] = operation.item
            fields["quantity"] = Fraction(operation.quantity)
            on = "redeem"
        case Give():
            roles = {"payer": operation.payer, "payee": operation.payee}
            on = "gift"
        case Donate():
            roles = {"payer": operation.payer}
            on = "donate"
        case Grant():
            roles = {"payee": operation.payee}
            on = "grant"
        case Allocate():
            roles = {"payee": operation.payee}
            on = "allocate"
        case OpenAccount():
            roles = {"member": operation.account}
            on = "open"
        case CloseAccount():
            roles = {"member": operation.account}
            fields["cause"] = operation.cause
            on = "close"
        case SetTier():
            roles = {"member": operation.account}
            on = "tier"
        case _:
            return None
    if isinstance(operation, Give | Donate | Grant | Allocate):
        fields["unit"] = operation.unit
        if operation.unit in policy.units:
            scale = policy.units[operation.unit].scale
            fields["asked"] = Fraction(operation.amount, scale)
    named = {role: account for role, account in roles.items() if account is not None}
    return Asking(on, named, fields, dict(operation.facts))


def on_day(ask: Asking, day: date) -> Mapping[str, Value]:
    """Return what the operation says, with its day."""
    return {**ask.fields, "day": day}
