"""
An operation in the policy's words: what it is *on*, who is who, and what it says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from fractions import Fraction
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final

from attrs import evolve, field, frozen
from attrs import fields as attrs_fields

from ..model import AccountId
from ..operations import (
    Allocate,
    Apply,
    Assess,
    CancelOrder,
    CloseAccount,
    Donate,
    EndPeriod,
    ExpireLot,
    FactValue,
    Give,
    Grant,
    OpenAccount,
    Operation,
    Part,
    Place,
    PlaceOrder,
    PublishRanking,
    RecordMark,
    RecordService,
    SetTier,
    ShareOut,
)
from .expressions import Value, Word
from .rules import Policy
from .shapes import LABELS, SHAPES, Shape, names_of_day


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
    words, read = _NAMED[type(operation)]
    roles: dict[str, AccountId] = {}
    fields = wording.fields(operation, policy)
    for word, value in zip(words, read(operation), strict=True):
        if value is not None:
            (fields if word in _LABELS else roles)[word] = value
    return Asking(wording.on, roles, fields, dict(getattr(operation, "facts", ())))


def askings(operation: Operation, policy: Policy) -> tuple[Asking, ...]:
    """
    Return *operation* as each who takes part asks it; none where no rule can ask it.

    Most are asked by one.  Where several are served, pay, or have applied, each asks in their
    own name, with their own facts; of a ranking everybody on the list does.
    """
    # an operation is asked what it needs, and asked again to be decided.  It is known by
    # identity: of equal ones a fact can be 1 here and true there, and policies tell them apart
    key = id(operation), policy
    kept = _in_words.get(key)
    if kept is None:
        if len(_in_words) >= _KEPT:
            _in_words.clear()
        # what is kept lives, so that nothing else can have its id
        kept = _in_words[key] = operation, _askings(operation, policy)
    return kept[1]


_KEPT: Final = 4096
_in_words: Final[dict[tuple[int, Policy], tuple[Operation, tuple[Asking, ...]]]] = {}


def forget_askings() -> None:
    """
    Let go of what operations were asked as; it is worked out again for whoever needs it.

    Whoever has decided what there was to decide does so: each operation keeps some five
    objects alive, which Python's collector would look at again and again.
    """
    _in_words.clear()


def _askings(operation: Operation, policy: Policy) -> tuple[Asking, ...]:
    if isinstance(operation, PublishRanking):
        return tuple(line_of(operation.ranking, place) for place in operation.places)
    ask = asking(operation, policy)
    if ask is None:
        return ()
    match operation:
        case RecordService(recipients=parts) | RecordMark(recipients=parts) if parts:
            return tuple(
                _as_part(ask, part, _had(part.amount, operation, ask.fields))
                for part in parts
            )
        case PlaceOrder(payers=parts) if parts:
            return tuple(_as_part(ask, part, ask.fields) for part in parts)
        case ShareOut(applicants=parts):
            unit = policy.units.get(operation.unit)
            scale = unit.scale if unit else 1
            return tuple(
                _as_part(
                    ask,
                    part,
                    {
                        **ask.fields,
                        "asked": Fraction(part.amount, scale),
                        "applicants": Fraction(len(parts)),
                    },
                )
                for part in parts
            )
        case _:
            return (ask,)


def cancelling(
    operation: CancelOrder, order: PlaceOrder, policy: Policy
) -> tuple[Asking, ...]:
    """Return the cancellation of *order* as each who pays for that asks it."""
    return tuple(
        evolve(ask, on="cancel", facts={**ask.facts, **dict(operation.facts)})
        for ask in askings(order, policy)
    )


def _as_part(ask: Asking, part: Part, fields: Mapping[str, Value]) -> Asking:
    shape, own = ask.shape, dict(part.facts)
    if shape.several is not None:
        own = {f"{shape.several}.{name}": fact for name, fact in own.items()}
    roles = {**ask.roles, shape.each: part.account}
    return Asking(ask.on, roles, fields, {**ask.facts, **own})


def _had(
    some: int, asked: RecordService | RecordMark, fields: Mapping[str, Value]
) -> Mapping[str, Value]:
    """Return what is said of one who had *some* of what was done: minutes, or a number."""
    if isinstance(asked, RecordMark):
        return {**fields, "number": Fraction(some)}
    if some == asked.minutes:
        return fields
    # nobody says at what time they came
    untold = ("starts_at", "hours.")
    known = {name: v for name, v in fields.items() if not name.startswith(untold)}
    return {**known, "time": Fraction(some, 60)}


def of_account(account: AccountId) -> Asking:
    """Return what is asked where *account* itself is asked about, and nothing is done."""
    return Asking("tier", {"member": account}, {}, {})


def line_of(ranking: str, place: Place) -> Asking:
    """Return one line of a ranking in the policy's words."""
    said: Mapping[str, Value] = {"ranking": ranking, "place": Fraction(place.place)}
    return Asking("rank", {"member": place.account}, said, {})


@frozen
class _Wording:
    """
    What a policy calls an operation, and what stands in it.

    Args:
        on: The policy's word.
        fields: What it says in figures, by value name, and of what.
        called: Roles that the operation's field calls otherwise; one that is empty names
            nobody.
    """

    on: str
    fields: Callable[[Any, Policy], dict[str, Value]]
    called: Mapping[str, str] = field(factory=dict)


def _of_service(operation: RecordService, policy: Policy) -> dict[str, Value]:
    fields: dict[str, Value] = {
        "time": Fraction(operation.minutes, 60),
        "recipients": _recipients(operation),
        "class": _class(operation.service_class, policy),
    }
    if (begins := operation.starts_at) is not None:
        fields["starts_at"] = Fraction(begins, 60)
        for name, hours in policy.calendar.hours.items():
            within = hours.within(begins, begins + operation.minutes)
            fields[f"hours.{name}"] = Fraction(within, 60)
    return fields


def _of_mark(operation: RecordMark, policy: Policy) -> dict[str, Value]:
    return {
        "number": Fraction(operation.number),
        "recipients": _recipients(operation),
        "class": _class(operation.mark, policy),
    }


_NONE: Final = Fraction(0)
_ONE: Final = Fraction(1)


def _recipients(operation: RecordService | RecordMark) -> Fraction:
    """Return how many were served."""
    if operation.recipients:
        return Fraction(len(operation.recipients))
    return _NONE if operation.recipient is None else _ONE


@lru_cache(maxsize=1024)
def _class(name: str, policy: Policy) -> Word:
    return Word(policy.wider(name))


def _of_order(operation: PlaceOrder, _: Policy) -> dict[str, Value]:
    fields: dict[str, Value] = {
        "item": operation.item,
        "quantity": Fraction(operation.quantity),
    }
    if operation.cash is not None:
        fields["cash"] = Fraction(operation.cash, 100)
    return fields


def _of_transfer(
    operation: Give | Donate | Grant | Allocate, policy: Policy
) -> dict[str, Value]:
    fields: dict[str, Value] = {"unit": operation.unit}
    if operation.unit in policy.units:
        scale = policy.units[operation.unit].scale
        fields["asked"] = Fraction(operation.amount, scale)
    return fields


def _of_allocation(operation: Allocate, policy: Policy) -> dict[str, Value]:
    return {**_of_transfer(operation, policy), "applicants": Fraction(1)}


def _of_application(operation: Apply, policy: Policy) -> dict[str, Value]:
    fields: dict[str, Value] = {"ladder": operation.ladder}
    if (ladder := policy.ladders.get(operation.ladder)) is not None:
        fields["level"] = Fraction(ladder.rank(operation.level) + 1)
    return fields


_ACCOUNT: Final = {"member": "account"}
_WORDINGS: Final[Mapping[type[Operation], _Wording]] = {
    RecordService: _Wording("service", _of_service),
    RecordMark: _Wording("contribution", _of_mark, {"provider": "member"}),
    PlaceOrder: _Wording("redeem", _of_order),
    Give: _Wording("gift", _of_transfer),
    Donate: _Wording("donate", _of_transfer),
    Grant: _Wording("grant", _of_transfer),
    Allocate: _Wording("allocate", _of_allocation),
    ShareOut: _Wording("allocate", lambda asked, _: {"unit": asked.unit}),
    OpenAccount: _Wording("open", lambda _, __: {}, _ACCOUNT),
    CloseAccount: _Wording("close", lambda asked, _: {"cause": asked.cause}, _ACCOUNT),
    EndPeriod: _Wording("period", lambda asked, _: {"rule": asked.rule}, _ACCOUNT),
    ExpireLot: _Wording("tier", lambda asked, _: {"unit": asked.unit}, _ACCOUNT),
    SetTier: _Wording("tier", lambda asked, _: {"ladder": asked.ladder}, _ACCOUNT),
    Assess: _Wording("tier", lambda asked, _: {"ladder": asked.ladder}, _ACCOUNT),
    Apply: _Wording("apply", _of_application, _ACCOUNT),
}


_LABELS: Final = frozenset(LABELS)
_Read = Callable[[Operation], tuple[Any, ...]]


def _names(kind: type[Operation], wording: _Wording) -> tuple[tuple[str, ...], _Read]:
    """Return the roles and labels that operations of *kind* name, and what reads them."""
    there = {each.name for each in attrs_fields(kind)}
    words = (*SHAPES[wording.on].roles, *LABELS)
    named = {word: wording.called.get(word, word) for word in words}
    named = {word: name for word, name in named.items() if name in there}
    return tuple(named), _reading(tuple(named.values()))


def _reading(names: tuple[str, ...]) -> _Read:
    """Return what reads the fields *names*; at once, where there are several."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda operation: tuple(getattr(operation, name) for name in names)


_NAMED: Final = {kind: _names(kind, wording) for kind, wording in _WORDINGS.items()}


def dated(ask: Asking, day: date, recorded_on: date) -> Mapping[str, Value]:
    """Return what the operation says, with its day and how late it is recorded."""
    return {**ask.fields, **_of_days(day, recorded_on)}


@lru_cache(maxsize=64)
def _of_days(day: date, recorded_on: date) -> Mapping[str, Value]:
    late = Fraction((recorded_on - day).days)
    return {**of_day(day), "recorded": recorded_on, "days_late": late}


@lru_cache(maxsize=64)
def of_day(day: date) -> Mapping[str, Value]:
    """Return the values that a day has by itself."""
    names = names_of_day(day)
    return {
        "day": day,
        "weekday": Word(names, names[-1]),
        "day_of_month": Fraction(day.day),
        "month": Fraction(day.month),
    }
