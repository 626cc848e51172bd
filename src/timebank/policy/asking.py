"""
An operation in the policy's words: what it is *on*, who is who, and what it says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from fractions import Fraction
from typing import Any, Final

from attrs import frozen

from ..model import AccountId
from ..operations import (
    Allocate,
    Apply,
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
    wording = _WORDINGS.get(type(operation))
    if wording is None:
        return None
    named = {role: getattr(operation, name) for role, name in wording.roles.items()}
    roles = {role: account for role, account in named.items() if account is not None}
    fields = wording.fields(operation, policy)
    facts = dict(operation.facts) if hasattr(operation, "facts") else {}
    return Asking(wording.on, roles, fields, facts)


@frozen
class _Wording:
    """
    What a policy calls an operation, and what stands in it.

    Args:
        on: The policy's word.
        roles: The operation's field for each role; one that is empty names nobody.
        fields: What it says, by value name.
    """

    on: str
    roles: Mapping[str, str]
    fields: Callable[[Any, Policy], Mapping[str, Value]]


def _of_service(operation: RecordService, _: Policy) -> Mapping[str, Value]:
    time = Fraction(operation.minutes, 60)
    return {"time": time, "class": operation.service_class}


def _of_mark(operation: RecordMark, _: Policy) -> Mapping[str, Value]:
    return {"number": Fraction(operation.number), "class": operation.mark}


def _of_order(operation: PlaceOrder, _: Policy) -> Mapping[str, Value]:
    return {"item": operation.item, "quantity": Fraction(operation.quantity)}


def _of_transfer(
    operation: Give | Donate | Grant | Allocate, policy: Policy
) -> Mapping[str, Value]:
    fields: dict[str, Value] = {"unit": operation.unit}
    if operation.unit in policy.units:
        scale = policy.units[operation.unit].scale
        fields["asked"] = Fraction(operation.amount, scale)
    return fields


def _of_application(operation: Apply, policy: Policy) -> Mapping[str, Value]:
    fields: dict[str, Value] = {"ladder": operation.ladder}
    if (ladder := policy.ladders.get(operation.ladder)) is not None:
        fields["level"] = Fraction(ladder.rank(operation.level) + 1)
    return fields


_PAYER: Final = {"payer": "payer"}
_PAYEE: Final = {"payee": "payee"}
_MEMBER: Final = {"member": "account"}
_WORDINGS: Final[Mapping[type[Operation], _Wording]] = {
    RecordService: _Wording(
        "service",
        {
            "provider": "provider",
            "recipient": "recipient",
            "organiser": "organiser",
        },
        _of_service,
    ),
    RecordMark: _Wording(
        "contribution", {"provider": "member", "organiser": "organiser"}, _of_mark
    ),
    PlaceOrder: _Wording(
        "redeem",
        {"payer": "payer", "beneficiary": "beneficiary", "merchant": "merchant"},
        _of_order,
    ),
    Give: _Wording("gift", _PAYER | _PAYEE, _of_transfer),
    Donate: _Wording("donate", _PAYER, _of_transfer),
    Grant: _Wording("grant", _PAYEE, _of_transfer),
    Allocate: _Wording("allocate", _PAYEE, _of_transfer),
    OpenAccount: _Wording("open", _MEMBER, lambda _, __: {}),
    CloseAccount: _Wording("close", _MEMBER, lambda asked, _: {"cause": asked.cause}),
    SetTier: _Wording("tier", _MEMBER, lambda asked, _: {"ladder": asked.ladder}),
    Apply: _Wording("apply", _MEMBER, _of_application),
}


def on_day(ask: Asking, day: date) -> Mapping[str, Value]:
    """Return what the operation says, with its day."""
    return {**ask.fields, "day": day}
