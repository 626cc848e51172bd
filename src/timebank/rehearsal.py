"""
A policy's worked examples, run: the tests that stand in the file itself.

Each example is played on books in memory: ``given`` balances are put in place, the
operations done one after the other, and ``expect`` compared with what came of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from typing import Any, Final

import attrs
from attrs import define, field, frozen

from . import operations as ops
from .accounts import Account
from .decide import decide
from .entries import Entry, Recorded, Refusal, Request
from .model import (
    AMOUNT_MAX,
    ISSUER,
    AccountId,
    AccountKind,
    EntryId,
    Finding,
    Mode,
    Position,
    Posting,
    exact,
    show,
)
from .policy.case import Case, Draft
from .policy.expressions import FactNeeded, holds, word_of
from .policy.hints import as_written, nearest
from .policy.rules import Example, Policy
from .policy.windows import months_later
from .standing import Adoption, Standing

DAY: Final = date(2024, 6, 3)
"""The day of an example that names none, if the policy held then; else its first."""

MEMBER: Final = AccountId("m")


@frozen(kw_only=True)
class Played:
    """
    What became of one example.

    Args:
        name: The example.
        failures: What was expected and what was found, for each that differs.
    """

    name: str
    failures: tuple[str, ...]


def play_examples(policy: Policy) -> tuple[Played, ...]:
    """Run every worked example of *policy*, in the order of the file."""
    return tuple(
        Played(name=name, failures=tuple(_play(policy, example)))
        for name, example in policy.examples.items()
    )


def _play(policy: Policy, example: Example) -> Iterator[str]:
    stage = _Stage(policy=policy, example=example)
    try:
        stage.set_up()
        for table in example.do:
            stage.do(table)
    except _UNPLAYABLE as error:
        yield f"cannot be played: {_said(error)}"
        return
    failures = list(_compared(stage, example))
    if failures and stage.refused and "refused" not in example.expect:
        yield f"the last operation was refused by {stage.refused}"
    yield from failures


def _compared(stage: _Stage, example: Example) -> Iterator[str]:
    for name, wanted in _flat(example.expect):
        try:
            found = stage.found(name)
            agrees = _agree(wanted, found)
        except _UNPLAYABLE as error:
            yield f"{name}: {_said(error)}"
            continue
        if not agrees:
            yield f"{name}: expected {as_written(wanted)}, found {_written(found)}"


_UNPLAYABLE: Final = (LookupError, TypeError, ValueError, ArithmeticError, FactNeeded)
"""What an example that asks for what there is not ends in."""


def _said(error: Exception) -> str:
    if isinstance(error, FactNeeded):
        return f"cannot be told: {error} is not known"
    return str(error.args[0]) if isinstance(error, KeyError) else str(error)


def _written(found: object) -> str:
    return show(found) if isinstance(found, Fraction) else as_written(found)


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            yield from _flat(value, f"{name}.")
        else:
            yield name, value


def _agree(wanted: object, found: object) -> bool:
    if isinstance(found, bool) or isinstance(wanted, bool):
        return wanted is found
    if isinstance(found, Fraction) and isinstance(wanted, int | str):
        return exact(wanted) == found
    return str(wanted) == str(found)


@define
class _Stage:
    """Books in memory that an example is played on."""

    policy: Policy
    example: Example
    standing: Standing = field(factory=Standing)
    today: date = field(init=False)
    refused: str = ""
    findings: list[Finding] = field(factory=list)

    @today.default
    def _first_day(self) -> date:
        return self.example.day or max(DAY, self.policy.policy.from_)

    # ------------------------------------------------------------ before

    def set_up(self) -> None:
        opened = self.example.opened or self.policy.policy.from_
        self.standing.adoptions.append(
            Adoption(
                hash=self.policy.hash,
                text=self.policy.text,
                holds_from=date.min,
                position=Position(1),
            )
        )
        self.standing.head = 1
        for id, kind in self.policy.named_accounts().items():
            self._open(AccountId(id), kind, opened)
        self._open(MEMBER, AccountKind.MEMBER, opened)
        for name, amount in _flat(self.example.given):
            self._give(*self._balance_named(name, opened), amount)

    def _open(self, id: AccountId, kind: AccountKind, opened: date) -> None:
        mode = Mode.APPEND if kind is AccountKind.ISSUER else Mode.STRICT
        self.standing.accounts[id] = Account(
            id=id, kind=kind, mode=mode, opened_on=opened
        )

    def _balance_named(self, name: str, opened: date) -> tuple[AccountId, str]:
        account, _, unit = name.rpartition(".")
        return self._account(account or MEMBER, opened), self._unit(unit)

    def _unit(self, name: str) -> str:
        if name not in self.policy.units:
            raise ValueError(_none("unit", name, self.policy.units))
        return name

    def _account(self, id: str, opened: date | None = None) -> AccountId:
        """Return the account *id*, opened if it is not; ``group:g`` is of kind group."""
        if not isinstance(id, str):
            raise TypeError(f"an account is text, found {as_written(id)}")
        account = AccountId(id)
        if account not in self.standing.accounts:
            kind = id.partition(":")[0] if ":" in id else AccountKind.MEMBER
            self._open(account, AccountKind(kind), opened or self.policy.policy.from_)
        return account

    def _give(self, account: AccountId, unit: str, amount: int | str) -> None:
        """
        Put a balance in place, as an entry on the day the account was opened.

        It carries no rule, so that no limit counts it, and no lot.
        """
        parts = self.policy.unit(unit).parts(amount)
        if parts == 0 or abs(parts) > AMOUNT_MAX:
            return
        position = Position(self.standing.head + 1)
        opened = self.standing.accounts[account].opened_on
        legs = tuple(
            Posting(account=a, unit=unit, amount=n)
            for a, n in ((ISSUER, -parts), (account, parts))
        )
        entry = Entry(
            id=EntryId(f"given/{position}"),
            operation=ops.Grant(payee=account, unit=unit, amount=abs(parts)),
            effective_on=opened,
            recorded=self._recorded(opened),
            actor="example",
            policy=self.policy.hash,
            postings=legs,
        )
        self.standing.apply(entry, position)

    # ------------------------------------------------------------ doing

    def do(self, table: Mapping[str, Any]) -> None:
        fields = dict(table)
        times = _times(fields.pop("repeat", 1))
        step = _step(fields.pop("step", None))
        day = _day(fields.pop("day", None)) or self.today
        for _ in range(times):
            self._do_once(dict(fields), day)
            day = _stepped(day, step)

    def _do_once(self, fields: dict[str, Any], day: date) -> None:
        self.today = max(self.today, day) if self.example.day else day
        position = Position(self.standing.head + 1)
        request = Request(
            id=EntryId(str(fields.pop("id", f"do/{position}"))),
            operation=self._operation(fields),
            effective_on=day,
            actor="example",
        )
        verdict = decide(request, self.standing, self._recorded(day))
        self.findings += verdict.findings
        if isinstance(verdict, Refusal):
            self.refused = next(f.code for f in verdict.findings if f.refuses)
        else:
            self.refused = ""
            self.standing.apply(verdict, position)

    def _recorded(self, day: date) -> Recorded:
        return Recorded(at=datetime.combine(day, time(12), UTC), on=day)

    def _operation(self, fields: dict[str, Any]) -> ops.Operation:
        on = fields.pop("on", None)
        _check_fields(on, fields)
        facts = dict(_flat(fields.pop("facts", {})))
        if on == "service":
            for role in ("recipient", "organiser"):
                if role in fields:
                    fields[role] = self._account(fields[role])
            took = fields.pop("time")
            minutes = exact(took) * 60
            if minutes.denominator != 1:
                raise ValueError(f"time is whole minutes, found {as_written(took)}")
            return ops.RecordService(
                provider=self._account(fields.pop("provider", MEMBER)),
                service_class=fields.pop("class"),
                minutes=int(minutes),
                facts=facts,
                **fields,
            )
        if on == "contribution":
            return ops.RecordMark(
                member=self._account(fields.pop("provider", MEMBER)),
                mark=fields.pop("class"),
                facts=facts,
                **fields,
            )
        if on in ("redeem", "order"):
            return ops.PlaceOrder(
                payer=self._account(fields.pop("payer", MEMBER)),
                delivered=on == "redeem",
                facts=facts,
                **fields,
            )
        if on == "tier":
            account = self._account(fields.pop("account", MEMBER))
            return ops.SetTier(account=account, facts=facts, **fields)
        if on == "close":
            cause = fields.pop("cause", "leaving")
            return ops.CloseAccount(account=MEMBER, cause=cause, facts=facts, **fields)
        return self._transfer(on, facts, fields)

    def _transfer(
        self, on: str, facts: dict[str, Any], fields: dict[str, Any]
    ) -> ops.Operation:
        unit = self._unit(fields.pop("unit"))
        amount = self.policy.unit(unit).parts(fields.pop("asked"))
        for role in ("payer", "payee"):
            if role in fields:
                fields[role] = self._account(fields[role])
        match on:
            case "gift":
                payer = fields.pop("payer", MEMBER)
                return ops.Give(
                    payer=payer, unit=unit, amount=amount, facts=facts, **fields
                )
            case "donate":
                payer = fields.pop("payer", MEMBER)
                return ops.Donate(
                    payer=payer, unit=unit, amount=amount, facts=facts, **fields
                )
            case "grant":
                payee = fields.pop("payee", MEMBER)
                return ops.Grant(
                    payee=payee, unit=unit, amount=amount, facts=facts, **fields
                )
            case "allocate":
                payee = fields.pop("payee", MEMBER)
                return ops.Allocate(
                    payee=payee, unit=unit, amount=amount, facts=facts, **fields
                )
            case _:
                raise ValueError(f"an example cannot do {on!r}")

    # ------------------------------------------------------------ after

    def found(self, name: str) -> Fraction | str | bool:
        """Return what *name* came to: a balance, measure, level, flag or refusal."""
        if name == "refused":
            return self.refused
        if name.startswith("flags."):
            return self._flag(name.removeprefix("flags."))
        if name.startswith("eligible."):
            return self._eligible(name.removeprefix("eligible."))
        account, _, base = name.rpartition(".")
        id = AccountId(account or MEMBER)
        if base in self.policy.units:
            unit = self.policy.unit(base)
            return Fraction(self.standing.balance(id, base).total, unit.scale)
        known = (*self.policy.measures, *self.policy.ladders, *self.policy.facts)
        if base not in (*known, "kind", "day"):
            raise ValueError(_none("value", base, [*self.policy.units, *known]))
        value = self._case(id).value(base)
        return value if isinstance(value, Fraction | bool) else word_of(value)

    def _eligible(self, name: str) -> str:
        if name not in self.policy.ladders:
            raise ValueError(_none("ladder", name, self.policy.ladders))
        return self._case(MEMBER).eligible("member", name).name

    def _flag(self, name: str) -> bool:
        if name not in self.policy.flags:
            raise ValueError(_none("flag", name, self.policy.flags))
        return holds(self.policy.flags[name].when, self._case(MEMBER))

    def _case(self, account: AccountId) -> Case:
        return Case(
            policy=self.policy,
            standing=self.standing,
            on="tier",
            day=self.example.day or self.today,
            roles={"member": account},
            fields={"day": self.today},
            facts={},
            draft=Draft(self.standing.head + 1, self.today),
        )


# ---------------------------------------------------------------- tables of `do`

REPEAT_MAX: Final = 1000

_STEP: Final = re.compile(r"(?P<count>[1-9]\d{0,3}) (?P<unit>day|week|month|year)s?")
_OPERATIONS: Final[Mapping[str, tuple[type[Any], Mapping[str, str]]]] = {
    "service": (ops.RecordService, {"service_class": "class", "minutes": "time"}),
    "contribution": (ops.RecordMark, {"member": "provider", "mark": "class"}),
    "redeem": (ops.PlaceOrder, {"delivered": ""}),
    "order": (ops.PlaceOrder, {"delivered": ""}),
    "gift": (ops.Give, {"amount": "asked"}),
    "donate": (ops.Donate, {"amount": "asked"}),
    "grant": (ops.Grant, {"amount": "asked"}),
    "allocate": (ops.Allocate, {"amount": "asked"}),
    "tier": (ops.SetTier, {}),
    "close": (ops.CloseAccount, {"account": ""}),
}
"""What an example can do, and its fields that a file calls otherwise, or not at all."""

_OWN: Final[Mapping[str, tuple[str, ...]]] = {
    "service": ("provider",),
    "contribution": ("provider",),
    "redeem": ("payer",),
    "order": ("payer",),
    "gift": ("payer",),
    "donate": ("payer",),
    "grant": ("payee",),
    "allocate": ("payee",),
    "tier": ("account",),
    "close": ("cause",),
}
"""The fields that are filled in where they are not given: the member, for the most part."""


def _check_fields(on: object, fields: Mapping[str, Any]) -> None:
    """
    Find fields that the operation has not, or that it lacks.

    Raises:
        ValueError: With the first of them.
    """
    if not isinstance(on, str) or on not in _OPERATIONS:
        raise ValueError(
            f"an example cannot do {on!r}; {nearest(str(on), _OPERATIONS)}"
        )
    kind, renamed = _OPERATIONS[on]
    known = {renamed.get(a.name, a.name): a for a in attrs.fields(kind)}
    known.pop("", None)
    for name in fields:
        if name not in known:
            raise ValueError(f"{on} has no field {name!r}; {_like(name, known)}")
    for name, attribute in known.items():
        if name not in (*fields, *_OWN[on]) and attribute.default is attrs.NOTHING:
            raise ValueError(f"{on} lacks the field {name!r}")
    if not isinstance(fields.get("facts", {}), Mapping):
        raise TypeError(f"facts is a table, found {as_written(fields['facts'])}")


def _none(what: str, name: str, known: Iterable[str]) -> str:
    return f"the policy has no {what} {name!r}; {_like(name, known)}"


def _like(name: str, known: Iterable[str]) -> str:
    return nearest(str(name), known).replace("`", "'")


def _times(value: object) -> int:
    if type(value) is not int or not 1 <= value <= REPEAT_MAX:
        raise ValueError(
            f"repeat is a whole number, 1 to {REPEAT_MAX}, found {as_written(value)}"
        )
    return value


def _step(value: object) -> tuple[int, str] | None:
    if value is None:
        return None
    if not isinstance(value, str) or not (found := _STEP.fullmatch(value)):
        raise ValueError(
            "step is a number of days, weeks, months or years such as '1 month', "
            f"found {as_written(value)}"
        )
    return int(found["count"]), found["unit"]


def _day(value: object) -> date | None:
    if isinstance(value, str):
        return date.fromisoformat(value)
    if value is None or type(value) is date:
        return value
    raise TypeError(f"day is a day such as 2024-01-31, found {as_written(value)}")


def _stepped(day: date, step: tuple[int, str] | None) -> date:
    if step is None:
        return day
    count, unit = step
    days = {"day": 1, "week": 7}.get(unit)
    if days is not None:
        return day + timedelta(days=days * count)
    return months_later(day, count * (12 if unit == "year" else 1))
