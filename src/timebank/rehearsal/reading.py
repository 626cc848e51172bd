"""
How an example writes an operation: tables of a policy file in, operations out.

What an operation has is told by its class in `operations`; here is only what a file calls
it, and what is taken where an example says nothing.  A new operation is a line of `FORMS`.
"""

from __future__ import annotations

import re
import typing
from collections.abc import Callable, Iterator, Mapping
from datetime import date, time
from functools import cache, partial
from typing import Any, Final

import attrs
from attrs import field, frozen

from .. import operations as ops
from ..model import AccountId, EntryId, exact
from ..policy.hints import as_written, nearest
from ..policy.rules import FactType, Policy
from ..texts import Text
from .words import flat, like, read_day, unit_named

MEMBER: Final = AccountId("m")
"""The account that an example means where it names none."""

THE_LAST: Final = EntryId("the last entry")
"""Stands for the entry that the example recorded last."""

THE_CLAIM: Final = EntryId("the last claim")
"""Stands for the claim that the example made or spoke of last."""


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


RANK: Final = "rank"
"""What an example says to publish a ranking, which is then made from what it has done."""

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
    "share-out": Form(ops.ShareOut),
    "redeem": Form(ops.PlaceOrder, {}, {"payer": MEMBER}, {"delivered": True}),
    "order": Form(ops.PlaceOrder, {}, {"payer": MEMBER}, {"delivered": False}),
    "fulfil": Form(ops.FulfilOrder, {}, {"order": THE_LAST}),
    "cancel": Form(ops.CancelOrder, {}, {"order": THE_LAST}),
    "period": Form(ops.EndPeriod, {}, {"account": MEMBER}),
    "expire": Form(ops.ExpireLot, {}, {"account": MEMBER}),
    "reverse": Form(ops.Reverse, {}, {"target": THE_LAST}),
    "correct": Form(ops.Correct, {}, {"target": THE_LAST}),
    "confirm": Form(ops.ConfirmStep, {}, {"claim": THE_CLAIM}),
    "object": Form(ops.ObjectToStep, {}, {"claim": THE_CLAIM}),
    "withdraw": Form(ops.WithdrawClaim, {}, {"claim": THE_CLAIM}),
    "settle": Form(ops.SettleClaim, {}, {"claim": THE_CLAIM}),
    "tier": Form(ops.SetTier, {}, {"account": MEMBER}),
    "apply": Form(ops.Apply, {}, {"account": MEMBER}),
}
"""What an example can do, by the word it has for it."""


_STANDING_IN: Final = (THE_LAST, THE_CLAIM)


def read_operation(
    table: Mapping[str, Any],
    policy: Policy,
    last: EntryId | None = None,
    claim: EntryId | None = None,
) -> ops.Operation:
    """
    Return the operation that *table* writes.

    Args:
        table: ``on`` with the operation's fields.
        policy: Whose units amounts are in.
        last: The entry that is meant where an operation acts on one and names none.
        claim: The claim that is meant where it speaks of one and names none.

    Raises:
        ValueError: If there is no such operation, or a field is unknown, lacking or
            cannot be what it is given as.
        TypeError: If a field is not of its type.
    """
    given = dict(table)
    on = given.pop("on", None)
    if not isinstance(on, str) or on not in FORMS:
        raise ValueError(
            Text(
                "an example cannot do {on!r}; {hint}",
                "示例不能办理 {on!r}；{hint}",
                on=on,
                hint=nearest(str(on), FORMS),
            )
        )
    form = FORMS[on]
    _check_fields(on, form, given)
    values = dict(form.filled)
    for word, attribute in form.fields.items():
        if word in given:
            values[attribute.name] = _read(
                attribute.name, given[word], _Context(form, given, policy, last)
            )
    meant = {THE_LAST: last, THE_CLAIM: claim or last}
    for name, value in values.items():
        if value not in _STANDING_IN:
            continue
        if meant[value] is None:
            raise ValueError(
                Text(
                    "{on} acts on the entry before it, and there is none",
                    "{on} 针对前一笔记录，而此前没有记录",
                    on=on,
                )
            )
        values[name] = meant[value]
    operation: ops.Operation = form.kind(**values, **form.fixed)
    return operation


def accounts_in(operation: ops.Operation, policy: Policy) -> Iterator[AccountId]:
    """Yield every account that *operation* names, and that its facts tell."""
    for name, told in getattr(operation, "facts", ()):
        if is_told(name.rpartition(".")[2], told, policy):
            yield AccountId(told)
    for name, type_ in _types(type(operation).__name__).items():
        value = getattr(operation, name)
        if _is(type_, AccountId) and value is not None:
            yield value
        elif _is(type_, ops.Part):
            yield from (part.account for part in value)
    if isinstance(operation, ops.Correct):
        yield from accounts_in(operation.replacement, policy)


def is_told(fact: str, value: object, policy: Policy) -> bool:
    """Return whether *value* is an account that *fact* tells."""
    rule = policy.facts.get(fact)
    of_account = rule is not None and rule.type is FactType.ACCOUNT
    return of_account and isinstance(value, str)


def _check_fields(on: str, form: Form, given: Mapping[str, Any]) -> None:
    """
    Find fields that the operation has not, or that it lacks.

    Raises:
        ValueError: With the first of them.
    """
    known = form.fields
    for name in given:
        if name not in known:
            raise ValueError(
                Text(
                    "{on} has no field {name!r}; {hint}",
                    "{on} 没有字段 {name!r}；{hint}",
                    on=on,
                    name=name,
                    hint=like(name, known),
                )
            )
    for name, attribute in known.items():
        optional = attribute.name in form.filled
        if name not in given and not optional and attribute.default is attrs.NOTHING:
            raise ValueError(
                Text(
                    "{on} lacks the field {name!r}",
                    "{on} 缺少字段 {name!r}",
                    on=on,
                    name=name,
                )
            )


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
        raise ValueError(
            Text(
                "time is whole minutes, found {found}",
                "time 须为整分钟，现为 {found}",
                found=as_written(value),
            )
        )
    return minutes.numerator


def _money(value: Any, _: _Context) -> int:  # noqa: ANN401
    hundredths = exact(value) * 100
    if hundredths.denominator != 1:
        raise ValueError(
            Text(
                "cash is money such as 2 or '2.50', found {found}",
                "cash 须为金额，如 2 或 '2.50'，现为 {found}",
                found=as_written(value),
            )
        )
    return hundredths.numerator


_CLOCK: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def _minute_of_day(value: object, _: _Context) -> int:
    if isinstance(value, str) and _CLOCK.fullmatch(value):
        value = time.fromisoformat(value)
    if not isinstance(value, time):
        raise TypeError(
            Text(
                "starts_at is a time such as '14:30', found {found}",
                "starts_at 须为时刻，如 '14:30'，现为 {found}",
                found=as_written(value),
            )
        )
    return value.hour * 60 + value.minute


def _parts(value: Any, context: _Context) -> int:  # noqa: ANN401
    unit = unit_named(context.given["unit"], context.policy)
    return context.policy.unit(unit).parts(value)


def _account(value: object, _: _Context) -> AccountId:
    if not isinstance(value, str):
        raise TypeError(
            Text(
                "an account is text, found {found}",
                "账户须为文字，现为 {found}",
                found=as_written(value),
            )
        )
    return AccountId(value)


def _facts(value: Any, _: _Context) -> dict[str, Any]:  # noqa: ANN401
    if not isinstance(value, Mapping):
        raise TypeError(
            Text(
                "facts is a table, found {found}",
                "facts 须为一个表，现为 {found}",
                found=as_written(value),
            )
        )
    return dict(flat(value))


def _payers(value: object, _: _Context) -> list[ops.Part]:
    return [_part(who, share, whole) for who, share in _table(value, "payers").items()]


def _recipients(value: object, context: _Context) -> list[ops.Part]:
    """Read who was served: a list of accounts, or a table of what each had of it."""
    timed = context.form.kind is ops.RecordService
    everything = context.given["time"] if timed else context.given.get("number", 1)
    told = dict.fromkeys(value, everything) if isinstance(value, list) else value
    return [
        _part(
            who, had, lambda n: _minutes(n, context) if timed else whole(n), everything
        )
        for who, had in _table(told, "recipients").items()
    ]


def _applicants(value: object, context: _Context) -> list[ops.Part]:
    parts = partial(_parts, context=context)
    return [
        _part(who, asked, parts) for who, asked in _table(value, "applicants").items()
    ]


def _table(value: Any, name: str) -> Mapping[str, Any]:  # noqa: ANN401
    if not isinstance(value, Mapping):
        raise TypeError(
            Text(
                "{name} is a table by account, found {found}",
                "{name} 须为按账户列出的表，现为 {found}",
                name=name,
                found=as_written(value),
            )
        )
    return value


def _part(
    who: str,
    value: object,
    amount: Callable[[Any], int],
    otherwise: object = 1,
) -> ops.Part:
    """Read one who takes part: a figure, or a table of ``amount`` and facts."""
    facts = dict(flat(value)) if isinstance(value, Mapping) else {}
    figure = facts.pop("amount", otherwise) if isinstance(value, Mapping) else value
    return ops.Part(account=who, amount=amount(figure), facts=facts)


def whole(value: object) -> int:
    """Return *value*, which must be a whole number."""
    if type(value) is not int:
        raise TypeError(
            Text(
                "a share is a whole number, found {found}",
                "份额须为整数，现为 {found}",
                found=as_written(value),
            )
        )
    return value


def _operation(value: object, context: _Context) -> ops.Operation:
    if not isinstance(value, Mapping):
        raise TypeError(
            Text(
                "a replacement is a table, found {found}",
                "replacement 须为一个表，现为 {found}",
                found=as_written(value),
            )
        )
    return read_operation(value, context.policy, context.last)


_BY_NAME: Final[Mapping[str, Callable[[Any, _Context], Any]]] = {
    "minutes": _minutes,
    "starts_at": _minute_of_day,
    "amount": _parts,
    "cash": _money,
    "payers": _payers,
    "recipients": _recipients,
    "applicants": _applicants,
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
    type_ = _types(context.form.kind.__name__)[name]
    for kind, reader in _BY_TYPE.items():
        if _is(type_, kind):
            return reader(value, context)
    return value  # a word or a whole number, which the operation itself looks at


@cache  # they are read from text, which takes longer than an example
def _types(class_name: str) -> Mapping[str, Any]:
    """Return the types of the fields of an operation, by the name of its class."""
    return typing.get_type_hints(getattr(ops, class_name))


def _is(type_: object, kind: object) -> bool:
    return type_ == kind or kind in typing.get_args(type_)
