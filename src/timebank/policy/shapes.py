"""
What each operation gives its rules: roles, defaults, and values of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from attrs import frozen


@frozen
class Shape:
    """
    What an operation gives its rules.

    Args:
        subject: The role whose figures bare names mean.
        amount: What moves where the rule says nothing; *None*: it must say.
        from_: Where it comes from by default.
        to: Where it goes by default.
        roles: Every role there can be.
        fields: Value names the operation answers itself.
    """

    subject: str
    amount: str | None
    from_: str | None
    to: str | None
    roles: tuple[str, ...]
    fields: tuple[str, ...] = ()


SHAPES: Final[Mapping[str, Shape]] = {
    "service": Shape(
        "provider",
        "time",
        "issuer",
        "provider",
        ("provider", "recipient", "organiser"),
        ("time", "class", "day"),
    ),
    "contribution": Shape(
        "provider",
        "number",
        "issuer",
        "provider",
        ("provider", "organiser"),
        ("number", "class", "day"),
    ),
    "redeem": Shape(
        "payer",
        "price",
        "payer",
        "issuer",
        ("payer", "beneficiary", "merchant"),
        ("price", "item", "quantity", "channel", "day"),
    ),
    "gift": Shape(
        "payer", "asked", "payer", "payee", ("payer", "payee"), ("asked", "day")
    ),
    "donate": Shape("payer", "asked", "payer", None, ("payer",), ("asked", "day")),
    "grant": Shape("payee", "asked", "issuer", "payee", ("payee",), ("asked", "day")),
    "allocate": Shape("payee", "asked", None, "payee", ("payee",), ("asked", "day")),
    "open": Shape("member", None, "issuer", "member", ("member",), ("day",)),
    "close": Shape("member", None, "member", None, ("member",), ("cause", "day")),
    "apply": Shape(
        "member",
        None,
        "issuer",
        "member",
        ("member",),
        ("ladder", "level", "day"),
    ),
    "tier": Shape("member", None, None, None, ("member",), ("day",)),
}
"""By the policy's word for the operation; ``tier`` only asks ladders and moves nothing."""

ROLES: Final = frozenset(role for shape in SHAPES.values() for role in shape.roles)
