"""
What each operation gives its rules: roles, defaults, and values of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from attrs import frozen

from .days import days_later, month_end


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
        several: The role of which there may be several, where it is not the subject.
    """

    subject: str
    amount: str | None
    from_: str | None
    to: str | None
    roles: tuple[str, ...]
    fields: tuple[str, ...] = ()
    several: str | None = None

    @property
    def each(self) -> str:
        """The role of those who take part, where there are several."""
        return self.several or self.subject


WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NTH: Final = ("1st", "2nd", "3rd", "4th", "5th")
_LAST: Final = "last"
DAYS_OF_MONTH: Final = tuple(f"{n} {d}" for n in (*_NTH, _LAST) for d in WEEKDAYS)
"""What days are called by where in their month they are: ``2nd wed``, ``last fri``."""

DAY_NAMES: Final = tuple(
    (*([f"{_LAST} {day}"] if last else ()), f"{nth} {day}", day)
    for day in WEEKDAYS
    for nth, several in zip(
        _NTH, (*[(False,)] * 3, (False, True), (True,)), strict=True
    )
    for last in several
)
"""All that a day of a month can be called, the most telling first, for each there can be."""

DAY_TYPES: Final = ("workday", "weekend", "holiday")
"""What a day can be by the calendar."""

OWN: Final = ("class", "hours", "figures")
"""What numbers stand before that are the file's own, as a role does: ``class.weight``."""

LABELS: Final = ("event", "body", "evidence", "purpose")
"""Words that operations carry, each a field and a value of the same name."""

WORDS: Final = (*LABELS, "cause")
"""Values that hold whatever word the host gives."""

APART: Final = (
    ("provider", "recipient"),
    ("payer", "payee"),
    ("member", "sponsor"),
    ("member", "heir"),
)
"""Roles that one account cannot have both of."""

DATES: Final = ("day", "recorded", "opened", "closed", "placed")
"""Values that are days, beside facts of that type."""

ACCOUNT: Final = "account"
"""The value that says which account somebody is."""

OF_ACCOUNT: Final = (ACCOUNT, "kind", "opened", "closed")
"""Values that every account has by itself, whatever the policy."""

_OF_DAY: Final = ("day", "weekday", "day_of_month", "month", "day_type")
_DAY: Final = (*_OF_DAY, "recorded", "days_late")
_ORDERED: Final = ("price", "item", "quantity", "channel", "cash", "body")
_HANDED: Final = ("asked", "purpose", "body", *_DAY)

SHAPES: Final[Mapping[str, Shape]] = {
    "service": Shape(
        "provider",
        "time",
        "issuer",
        "provider",
        ("provider", "recipient", "organiser", "sponsor"),
        (
            *("time", "starts_at", "recipients"),
            *("class", "event", "body", "evidence"),
            *_DAY,
        ),
        several="recipient",
    ),
    "contribution": Shape(
        "provider",
        "number",
        "issuer",
        "provider",
        ("provider", "recipient", "organiser", "sponsor"),
        ("number", "recipients", "class", "event", "body", "evidence", *_DAY),
        several="recipient",
    ),
    "redeem": Shape(
        "payer",
        "price",
        "payer",
        "issuer",
        ("payer", "beneficiary", "merchant"),
        (*_ORDERED, *_DAY),
    ),
    "cancel": Shape(
        "payer",
        None,
        "payer",
        "issuer",
        ("payer", "beneficiary", "merchant"),
        (*_ORDERED, "placed", *_DAY),
    ),
    "gift": Shape("payer", "asked", "payer", "payee", ("payer", "payee"), _HANDED),
    "donate": Shape("payer", "asked", "payer", None, ("payer",), _HANDED),
    "grant": Shape("payee", "asked", "issuer", "payee", ("payee",), _HANDED),
    "allocate": Shape(
        "payee", "asked", None, "payee", ("payee",), (*_HANDED, "applicants")
    ),
    "open": Shape("member", None, "issuer", "member", ("member", "sponsor"), _DAY),
    "close": Shape(
        "member", None, "member", None, ("member", "heir"), ("cause", *_DAY)
    ),
    "apply": Shape(
        "member",
        None,
        "issuer",
        "member",
        ("member",),
        ("ladder", "level", *_DAY),
    ),
    "period": Shape(
        "member", None, "issuer", "member", ("member",), ("share", *_OF_DAY)
    ),
    "rank": Shape(
        "member",
        None,
        "issuer",
        "member",
        ("member",),
        ("ranking", "place", *_DAY),
    ),
    "tier": Shape("member", None, None, None, ("member",), _OF_DAY),
}
"""By the policy's word for the operation; ``tier`` only asks ladders and moves nothing."""

ROLES: Final = frozenset(role for shape in SHAPES.values() for role in shape.roles)


def base_of(name: str) -> str:
    """Return the value *name* without the role whose it is; numbers of a file's own whole."""
    role, _, base = name.rpartition(".")
    return name if role in OWN else base


def names_of_day(day: date) -> tuple[str, ...]:
    """Return all that *day* is called: ``last wed``, ``4th wed``, ``wed``."""
    weekday, nth = WEEKDAYS[day.weekday()], (day.day - 1) // 7
    last = day > days_later(month_end(day), -7)
    found = (f"{_NTH[nth]} {weekday}", weekday)
    return (f"{_LAST} {weekday}", *found) if last else found
