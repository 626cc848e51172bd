"""
How an example writes an operation: tables of a policy file in, operations out.

What an operation has is told by its class in `operations`; here is only what a file calls
it, and what is taken where an example says nothing.  A new operation is a line of `FORMS`.
"""

from __future__ import annotations

import re
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, time, timedelta
from typing import Any, Final

import attrs
from attrs import field, frozen

from .. import operations as ops
from ..model import AccountId, EntryId, exact
from ..policy.days import months_later
from ..policy.hints import as_written, nearest
from ..policy.rules import Policy

MEMBER: Final = AccountId("m")
"""The account that an example means where it names none."""

THE_LAST: Final = EntryId("the last entry")
"""Stands for the entry that the example recorded last."""


@frozen
class Form:
    """
    How an example writes one operation.

    Args:
        kind: Its class.
        renamed: Its fields that a file calls otherwise.
        filled: What fields are taken to be where the example leaves them out.
        fixed: Fields that the word itself settles, so that no example gives them.
    """

    kind: type[Any]
    renamed: Mapping[str, str] = field(factory=dict)
    filled: Mapping[str, Any] = field(factory=dict)
    fixed: Mapping[str, Any] = field(factory=dict)

    @property
    def fields(self) -> Mapping[str, attrs.Attribute[Any]]:
        """The fields that an example may give, by the word it gives them by."""
        return {
            self.renamed.get(a.name, a.name): a
            for a in attrs.fields(self.kind)
            if a.name not in self.fixed
        }


TICK: Final = "tick"
"""What an example says to let time pass; it is no operation and has only its day."""

_ASKED: Final = {"amount": "asked"}

FORMS: Final[Mapping[str, Form]] = {
    "open": Form(ops.OpenAccount),
    "amend": Form(ops.AmendAccount, {}, {"account": MEMBER}),
    "close": Form(ops.CloseAccount, {}, {"account": MEMBER, "cause": "leaving"}),
    "service": Form(
        ops.RecordService,
        {"service_class": "class", "minutes": "time"},
        {"provider": MEMBER},
    ),
    "contribution": Form(
        ops.RecordMark, {"member": "provider", "mark": "class"}, {"member": MEMBER}
    ),
    "gift": Form(ops.Give, _ASKED, {"payer": MEMBER}),
    "donate": Form(ops.Donate, _ASKED, {"payer": MEMBER}),
    "grant": Form(ops.Grant, _ASKED, {"payee": MEMBER}),
    "allocate": Form(ops.Allocate, _ASKED, {"payee": MEMBER}),
    "redeem": Form(ops.PlaceOrder, {}, {"payer": MEMBER}, {"delivered": True}),
    "order": Form(ops.PlaceOrder, {}, {"payer": MEMBER}, {"delivered": False}),
    "fulfil": Form(ops.FulfilOrder, {}, {"order": THE_LAST}),
    "cancel": Form(ops.CancelOrder, {}, {"order": THE_LAST}),
    "period": Form(ops.EndPeriod, {}, {"account": MEMBER}),
    "expire": Form(ops.ExpireLot, {}, {"account": MEMBER}),
    "reverse": Form(ops.Reverse, {}, {"target": THE_LAST}),
    "correct": Form(ops.Correct, {}, {"target": THE_LAST}),
    "confirm": Form(ops.ConfirmStep, {}, {"claim": THE_LAST}),
    "object": Form(ops.ObjectToStep, {}, {"claim": THE_LAST}),
    "withdraw": Form(ops.WithdrawClaim, {}, {"claim": THE_LAST}),
    "settle": Form(ops.SettleClaim, {}, {"claim": THE_LAST}),
    "tier": Form(ops.SetTier, {}, {"account": MEMBER}),
    "assess": Form(ops.Assess, {}, {"account": MEMBER}),
    "assess-end": Form(ops.EndAssessment, {}, {}),
    "apply": Form(ops.Apply, {}, {"account": MEMBER}),
}
"""What an example can do, by the word it has for it."""


def read_operation(
    table: Mapping[str, Any], policy: Policy, last: EntryId | None = None
) -> ops.Operation:
    """
    Return the operation that *table* writes.

    Args:
        table: ``on`` with the operation's fields.
        policy: Whose units amounts are in.
        last: The entry that is meant where an operation acts on one and names none.

    Raises:
        ValueError: If there is no such operation, or a field is unknown, lacking or
            cannot be what it is given as.
        TypeError: If a field is not of its type.
    """
    given = dict(table)
    on = given.pop("on", None)
    if not isinstance(on, str) or on not in FORMS:
        raise ValueError(f"an example cannot do {on!r}; {nearest(str(on), FORMS)}")
    form = FORMS[on]
    _check_fields(on, form, given)
    values = dict(form.filled)
    for word, attribute in form.fields.items():
        if word in given:
            values[attribute.name] = _read(
                attribute.name, given[word], _Context(form, given, policy, last)
            )
    if THE_LAST in values.values():
        if last is None:
            raise ValueError(f"{on} acts on the entry before it, and there is none")
        values = {k: last if v == THE_LAST else v for k, v in values.items()}
    operation: ops.Operation = form.kind(**values, **form.fixed)
    return operation


def accounts_in(operation: ops.Operation) -> Iterator[AccountId]:
    """Yield every account that *operation* names."""
    for name, type_ in _types(type(operation)).items():
        value = getattr(operation, name)
        if _is(type_, AccountId) and value is not None:
            yield value
    if isinstance(operation, ops.Correct):
        yield from accounts_in(operation.replacement)


def _check_fields(on: str, form: Form, given: Mapping[str, Any]) -> None:
    """
    Find fields that the operation has not, or that it lacks.

    Raises:
        ValueError: With the first of them.
    """
    known = form.fields
    for name in given:
        if name not in known:
            raise ValueError(f"{on} has no field {name!r}; {like(name, known)}")
    for name, attribute in known.items():
        optional = attribute.name in form.filled
        if name not in given and not optional and attribute.default is attrs.NOTHING:
            raise ValueError(f"{on} lacks the field {name!r}")


# ---------------------------------------------------------------- fields, by name or type


@frozen
class _Context:
    """What a field is read with: the operation's form, its other fields, the policy."""

    form: Form
    given: Mapping[str, Any]
    policy: Policy
    last: EntryId | None


def _minutes(value: Any, _: _Context) -> int:  # noqa: ANN401 - parsed TOML
    minutes = exact(value) * 60
    if minutes.denominator != 1:
        raise ValueError(f"time is whole minutes, found {as_written(value)}")
    return minutes.numerator


def _money(value: Any, _: _Context) -> int:  # noqa: ANN401
    hundredths = exact(value) * 100
    if hundredths.denominator != 1:
        raise ValueError(
            f"cash is money such as 2 or '2.50', found {as_written(value)}"
        )
    return hundredths.numerator


def _minute_of_day(value: Any, _: _Context) -> int:  # noqa: ANN401
    if not isinstance(value, time):
        raise TypeError(
            f"starts_at is a time such as 14:30:00, found {as_written(value)}"
        )
    return value.hour * 60 + value.minute


def _parts(value: Any, context: _Context) -> int:  # noqa: ANN401
    unit = unit_named(context.given["unit"], context.policy)
    return context.policy.unit(unit).parts(value)


def _account(value: Any, _: _Context) -> AccountId:  # noqa: ANN401
    if not isinstance(value, str):
        raise TypeError(f"an account is text, found {as_written(value)}")
    return AccountId(value)


def _facts(value: Any, _: _Context) -> dict[str, Any]:  # noqa: ANN401
    if not isinstance(value, Mapping):
        raise TypeError(f"facts is a table, found {as_written(value)}")
    return dict(flat(value))


def _operation(value: Any, context: _Context) -> ops.Operation:  # noqa: ANN401
    if not isinstance(value, Mapping):
        raise TypeError(f"a replacement is a table, found {as_written(value)}")
    return read_operation(value, context.policy, context.last)


_BY_NAME: Final[Mapping[str, Callable[[Any, _Context], Any]]] = {
    "minutes": _minutes,
    "starts_at": _minute_of_day,
    "amount": _parts,
    "cash": _money,
    "replacement": _operation,
}
_BY_TYPE: Final[Mapping[Any, Callable[[Any, _Context], Any]]] = {
    AccountId: _account,
    ops.Facts: _facts,
    date: lambda value, _: read_day(value),
}


def _read(name: str, value: Any, context: _Context) -> Any:  # noqa: ANN401
    """Read one field: by its name where a file writes it otherwise, else by its type."""
    if name in _BY_NAME:
        return _BY_NAME[name](value, context)
    type_ = _types(context.form.kind)[name]
    for kind, reader in _BY_TYPE.items():
        if _is(type_, kind):
            return reader(value, context)
    return value  # a word or a whole number, which the operation itself looks at


def _types(kind: type[Any]) -> Mapping[str, Any]:
    return typing.get_type_hints(kind)


def _is(type_: Any, kind: Any) -> bool:  # noqa: ANN401 - a type as annotated
    return type_ == kind or kind in typing.get_args(type_)


def unit_named(name: Any, policy: Policy) -> str:  # noqa: ANN401
    """
    Return *name*, which must be a unit of *policy*.

    Raises:
        ValueError: If it is none.
    """
    if name not in policy.units:
        raise ValueError(none_of("unit", str(name), policy.units))
    return str(name)


# ---------------------------------------------------------------- when, and how often

REPEAT_MAX: Final = 1000

_STEP: Final = re.compile(r"(?P<count>[1-9]\d{0,3}) (?P<unit>day|week|month|year)s?")


def read_times(value: object) -> int:
    """Return how often something is done: *value*, a whole number from 1."""
    if type(value) is not int or not 1 <= value <= REPEAT_MAX:
        raise ValueError(
            f"repeat is a whole number, 1 to {REPEAT_MAX}, found {as_written(value)}"
        )
    return value


def read_step(value: object) -> Callable[[date], date]:
    """Return the way from one day to the next: a number of days, weeks, months, years."""
    if value is None:
        return lambda day: day
    if not isinstance(value, str) or not (found := _STEP.fullmatch(value)):
        raise ValueError(
            "step is a number of days, weeks, months or years such as '1 month', "
            f"found {as_written(value)}"
        )
    count, unit = int(found["count"]), found["unit"]
    if unit in ("day", "week"):
        return lambda day: day + timedelta(days=count * (7 if unit == "week" else 1))
    return lambda day: months_later(day, count * (12 if unit == "year" else 1))


def read_day(value: object) -> date:
    """Return the day that *value* writes, as a date or as text."""
    if isinstance(value, str):
        return date.fromisoformat(value)
    if type(value) is date:
        return value
    raise TypeError(f"day is a day such as 2024-01-31, found {as_written(value)}")


# ---------------------------------------------------------------- names


def flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield what *table* holds by dotted name, undoing TOML's tables within tables."""
    for key, value in table.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            yield from flat(value, f"{name}.")
        else:
            yield name, value


def none_of(what: str, name: str, known: Iterable[str]) -> str:
    """Say that the policy has no *what* of that name, and which is nearest."""
    return f"the policy has no {what} {name!r}; {like(name, known)}"


def like(name: str, known: Iterable[str]) -> str:
    """Suggest the nearest of *known*, as examples quote words."""
    return nearest(str(name), known).replace("`", "'")
