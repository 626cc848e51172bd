"""
How the fields of operations are read and checked.

Converters take what a host gives (text, mappings) and return what is kept; validators say
what is wrong with a figure.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date
from operator import itemgetter
from typing import Any, Final

from attrs import Attribute

from .model import (
    ACTOR,
    AMOUNT_MAX,
    ENTRY_ID,
    UNIT,
    AccountId,
    EntryId,
    clean_account_id,
    clean_id,
    whole_parts,
)
from .texts import Text

FactValue = int | str | bool | date
Facts = tuple[tuple[str, FactValue], ...]
"""What the host vouches for (an age, a relation), by name, sorted; recorded as given."""

MINUTES_MAX: Final = 24 * 60
_FACTS: Final = Text(
    "facts by name, such as {'age': 67}", "按名称列出的情况，如 {'age': 67}"
)
_NAME: Final = Text("name", "名称")
_LABEL: Final = Text("label", "标签")


def unlike(found: object, wanted: Text) -> TypeError:
    """Return the error that *found* is of another kind than what is *wanted*."""
    return TypeError(
        Text(
            "wanted {wanted}, found {type}",
            "须为{wanted}，现为 {type}",
            wanted=wanted,
            type=type(found).__name__,
        )
    )


def facts(given: Mapping[str, FactValue] | Iterable[tuple[str, FactValue]]) -> Facts:
    """Return facts by name, sorted, each of a type that is kept."""
    if given in ({}, ()):
        return ()
    try:
        pairs = given.items() if isinstance(given, Mapping) else given
        told = [(str(name), value) for name, value in pairs]
    except (TypeError, ValueError):
        raise unlike(given, _FACTS) from None
    told.sort(key=itemgetter(0))
    return tuple([(name, _fact(name, value)) for name, value in told])


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


def account_or_none(text: str | None) -> AccountId | None:
    """Return an account's id, checked, where there is one."""
    return None if text is None else clean_account_id(text)


def actor(text: str) -> str:
    """Return who acts, checked as ids are."""
    return clean_id(text, ACTOR)


def entry(text: str) -> EntryId:
    """Return an entry's id, checked."""
    return EntryId(clean_id(text, ENTRY_ID))


def word(text: str) -> str:
    """Return a word of the policy, checked as ids are."""
    return clean_id(text, _NAME)


def unit(name: str) -> str:
    """Return a unit's name, checked as policies write it."""
    return clean_id(name, UNIT)


def label(text: str | None) -> str | None:
    """Return a label of the host's, checked as ids are, where there is one."""
    return None if text is None else clean_id(text, _LABEL)


def whole(_: object, attribute: Attribute[Any], number: object) -> None:
    """Validate a whole number, 1 or more."""
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


def parts(operation: object, attribute: Attribute[Any], amount: object) -> None:
    """Validate an amount that is asked for: whole parts, 1 or more, no more than there can be."""
    if type(amount) is not int or not 1 <= amount <= AMOUNT_MAX:
        whole_parts(operation, attribute, amount)
        whole(operation, attribute, amount)


def day(_: object, attribute: Attribute[Any], found: object) -> None:
    """Validate a date: a moment is one in Python, and has a time of day besides."""
    if type(found) is not date:
        name = attribute.name
        raise TypeError(
            Text(
                "{name} must be a date, found {found!r}",
                "{name} 须为日期，现为 {found!r}",
                name=name,
                found=found,
            )
        )


def no_less_than_nothing(_: object, attribute: Attribute[Any], number: int) -> None:
    """Validate a figure that is not below nothing."""
    if number < 0:
        raise ValueError(
            Text(
                "{name} must be 0 or more, found {number}",
                "{name} 不能小于 0，现为 {number}",
                name=attribute.name,
                number=number,
            )
        )


def within_a_day(_: object, __: Attribute[Any], minutes: int) -> None:
    """Validate minutes that fit into one day."""
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


def minute_of_day(_: object, __: Attribute[Any], minute: object) -> None:
    """Validate a minute of the day, where there is one."""
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
