"""
The tables of a policy, as values.

What they mean is elsewhere: `movement` for rules and limits, `case` for measures and
ladders.  Which tables and keys there are, and why, is told in ``docs/reference/policy.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from typing import Any, Final

from attrs import field, frozen

from ..model import AccountKind, Unit
from ..operations import FactValue
from .expressions import Condition, Constant, Formula, Named
from .windows import LIFETIME, Window

LANGUAGE: Final = 1
"""The version of the policy language; any change of meaning raises it."""


@frozen(kw_only=True)
class Head:
    """
    What a policy says of itself.

    Args:
        name: The programme.
        source: Where its rules are published.
        status: In force, pilot, historic …
        from_: The first day it held; the first day attested where that is unknown.
        silent: What the source does not say, and what was taken instead.
    """

    name: str
    source: str
    status: str
    from_: date
    silent: tuple[str, ...] = ()


class Ending(StrEnum):
    """The stretch of the calendar at whose end a lot expires."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


@frozen(kw_only=True)
class Expiry:
    """
    When a lot's last day is.

    Args:
        after: So many days, weeks, months or years after the day it was earned for:
            credits of 10 May with ``2 years`` can be used until 9 May.
        end_of: Or the end of the month, quarter or year it was earned in …
        plus: … and so many more after that (``end_of = "year", plus = "1 year"``).
    """

    after: str | None = None
    end_of: Ending | None = None
    plus: str | None = None


@frozen(kw_only=True)
class LotRule:
    """That a unit is kept in lots; without *expires* they never expire."""

    expires: Expiry | None = None


@frozen(kw_only=True)
class UnitRule:
    """What is counted: parts in one, whether it is only a record, and its lots."""

    scale: int = 1
    record: bool = False
    lots: LotRule | None = None


class ExcessKind(StrEnum):
    """What becomes of what a limit leaves no room for."""

    REFUSE = "refuse"
    DROP = "drop"
    DIVERT = "divert"


@frozen
class Excess:
    """What becomes of the excess; diverted, to which account or role."""

    kind: ExcessKind = ExcessKind.REFUSE
    to: str | None = None


@frozen(kw_only=True)
class Bounds:
    """
    How far an account of a kind may go in one unit.

    Args:
        floor: The least its free credits may be; *None* for the kind's own (0, or no
            limit for the issuer), ``"none"`` for no limit.
        cap: The most free and held credits may be together.
        excess: What becomes of what the cap leaves no room for.
    """

    floor: Formula | None = None
    cap: Formula | None = None
    excess: Excess = Excess()


NO_LIMIT: Final = Named("none")


@frozen(kw_only=True)
class KindRule:
    """
    A kind of account.

    Args:
        may: What it may ask for; see `Policy.may` for the default.
        names: Accounts of this kind that the policy itself names (``pool:given-on``).
        units: Bounds by unit.
    """

    may: tuple[str, ...] | None = None
    names: tuple[str, ...] = ()
    units: Mapping[str, Bounds] = field(factory=dict)


class FactType(StrEnum):
    """What a fact is."""

    NUMBER = "number"
    YES_NO = "yes-no"
    DATE = "date"
    CHOICE = "choice"


@frozen(kw_only=True)
class FactRule:
    """
    What the host is asked.

    Args:
        type: A number, yes or no, a date, or one of *choices*.
        choices: For a choice.
        default: Used when the fact is not given; none: a rule that needs it refuses.
        kept: Whether it belongs to the account, opened or amended with it, rather than
            coming with each operation.
    """

    type: FactType
    choices: tuple[str, ...] = ()
    default: FactValue | None = None
    kept: bool = False


class Counting(StrEnum):
    """Whether a class is of services, which take time, or of things that are numbered."""

    TIME = "time"
    NUMBER = "number"


@frozen(kw_only=True)
class ClassRule:
    """
    A class of service or contribution.

    Args:
        counts: Time, or number.
        requires: What must hold for it.
        text: What people call it.
        attributes: Figures of the class's own, read as ``class.NAME``.
    """

    counts: Counting = Counting.TIME
    requires: Condition | None = None
    text: str | None = None
    attributes: Mapping[str, Fraction] = field(factory=dict)


class MeasureKind(StrEnum):
    """How a measure counts."""

    SUM = "sum"
    COUNT = "count"
    DAYS = "days"
    STREAK = "streak"
    BALANCE = "balance"


@frozen(kw_only=True)
class Measure:
    """
    A figure from history; exactly one of the first five is given, and names a unit.

    Args:
        sum: What came in less what went out.
        count: How many entries moved it and still stand.
        days: On how many different days.
        streak: How much since the last entry in a unit of *broken_by*, by effective day
            and then position.
        balance: What is there now, held credits included.
        broken_by: For a streak.
        window: Which days; the whole lifetime by default.
    """

    sum: str | None = None
    count: str | None = None
    days: str | None = None
    streak: str | None = None
    balance: str | None = None
    broken_by: tuple[str, ...] = ()
    window: Window = LIFETIME

    @property
    def kind(self) -> MeasureKind:
        """Which of the five it is."""
        return next(k for k in MeasureKind if getattr(self, k) is not None)

    @property
    def unit(self) -> str:
        """The unit it looks at."""
        return str(getattr(self, self.kind))


@frozen(kw_only=True)
class Limit:
    """
    The most a rule may move, or a measure may reach.

    Args:
        at_most: In units, or in times where *count* is set.
        excess: What becomes of the rest.
        count: Whether times are counted and not amounts.
    """

    at_most: Formula
    excess: Excess = Excess()
    count: bool = False


@frozen(kw_only=True)
class Rule:
    """
    A movement of one unit.

    Args:
        on: The operations it belongs to.
        class_: Only for these classes; for all by default.
        when: Where this is false the rule does not apply.
        requires: Where this is false the operation is refused.
        unit: What it moves.
        from_: Account or role it comes from.
        to: Account or role it goes to.
        amount: How much, in one of the unit.
        limits: By window (what this rule moved for the subject in it) or measure.
        text: What people call it.
    """

    on: tuple[str, ...]
    unit: str
    class_: tuple[str, ...] | None = None
    when: Condition | None = None
    requires: Condition | None = None
    from_: str | None = None
    to: str | None = None
    amount: Formula | None = None
    limits: Mapping[str, Limit] = field(factory=dict)
    text: str | None = None


@frozen(kw_only=True)
class Item:
    """What can be redeemed, its price for one piece, and what must hold for it."""

    price: Formula
    requires: Condition | None = None
    channel: str | None = None
    text: str | None = None


class Keep(StrEnum):
    """How long a level lasts."""

    WHILE_MET = "while met"
    FOR_EVER = "for ever"


class Admission(StrEnum):
    """Whether a level comes by itself, or is applied for and granted."""

    AUTOMATIC = "automatic"
    APPLY = "apply"


@frozen(kw_only=True)
class Move:
    """
    A way from one level to others, decided by people.

    Args:
        from_: The level left.
        to: The levels it may lead to.
        suspended: Stretches of days, both counted, on which the way is closed; an empty
            end means until further notice.
    """

    from_: str
    to: tuple[str, ...]
    suspended: tuple[tuple[date, date | None], ...] = ()


@frozen(kw_only=True)
class Rung:
    """A level of a ladder, what it needs, and what people call it."""

    name: str
    needs: Condition | None = None
    text: str | None = None


@frozen(kw_only=True)
class Ladder:
    """
    States of an account.

    Args:
        levels: Lowest first.
        entry: An *automatic* level is a measure and never stored; one to *apply* for is
            granted by an entry where its needs are met.
        keep: Whether a level outlasts its needs.
        start: The level everybody begins at; none by default.
        moves: The ways there are; a ladder that has them is decided by people, and a
            level is granted by an entry along one of them.
    """

    levels: tuple[Rung, ...]
    entry: Admission = Admission.AUTOMATIC
    keep: Keep = Keep.WHILE_MET
    start: str | None = None
    moves: tuple[Move, ...] = ()

    @property
    def decided(self) -> bool:
        """Whether its levels are granted by entries and not by themselves."""
        return bool(self.moves) or self.entry is Admission.APPLY

    def rank(self, level: str | None) -> int:
        """Return the place of *level* from 0, or −1 for none."""
        names = [rung.name for rung in self.levels]
        return names.index(level) if level in names else -1


@frozen(kw_only=True)
class Flag:
    """A question to a person, asked when *when* becomes true; it never moves anything."""

    when: Condition
    for_: str
    text: str | None = None


@frozen(kw_only=True)
class Example:
    """
    A worked example, run by ``policy check``.

    Args:
        given: Balances at the start, as account.unit → number; the account is ``m`` by
            default.
        opened: The day the accounts were opened.
        day: The day of the operations, where they name none.
        do: The operations, each a table of fields.
        expect: What must hold afterwards.
    """

    expect: Mapping[str, Any]
    given: Mapping[str, Any] = field(factory=dict)
    do: tuple[Mapping[str, Any], ...] = ()
    opened: date | None = None
    day: date | None = None


NAMED: Final = (AccountKind.ISSUER, AccountKind.POOL, AccountKind.FUND)
"""Kinds whose accounts the policy itself names."""


@frozen(kw_only=True, eq=False)
class Policy:
    """
    A programme's rules, whole; read once from its text, and compared by identity.

    Args:
        hash: SHA-256 of the text, hexadecimal: the policy's name in entries.
        text: The file as written.
    """

    hash: str
    text: str
    language: int
    policy: Head
    units: Mapping[str, UnitRule]
    accounts: Mapping[AccountKind, KindRule]
    facts: Mapping[str, FactRule] = field(factory=dict)
    classes: Mapping[str, ClassRule] = field(factory=dict)
    measures: Mapping[str, Measure] = field(factory=dict)
    rules: Mapping[str, Rule] = field(factory=dict)
    items: Mapping[str, Item] = field(factory=dict)
    ladders: Mapping[str, Ladder] = field(factory=dict)
    flags: Mapping[str, Flag] = field(factory=dict)
    examples: Mapping[str, Example] = field(factory=dict)

    def unit(self, name: str) -> Unit:
        """Return the unit *name*."""
        return self._units[name]

    @cached_property
    def _units(self) -> Mapping[str, Unit]:
        return {n: Unit(n, rule.scale, rule.record) for n, rule in self.units.items()}

    def bounds(self, kind: AccountKind, unit: str) -> Bounds:
        """Return the bounds of *unit* for accounts of *kind*, the kind's own filled in."""
        rule = self.accounts.get(kind)
        bounds = rule.units.get(unit, Bounds()) if rule else Bounds()
        if bounds.floor is not None:
            return bounds
        floor = NO_LIMIT if kind is AccountKind.ISSUER else Constant(Fraction(0))
        return Bounds(floor=floor, cap=bounds.cap, excess=bounds.excess)

    def may(self, kind: AccountKind) -> tuple[str, ...] | None:
        """
        Return what accounts of *kind* may ask for; *None* for everything.

        Pools and funds only receive, unless the policy says more, and the issuer asks
        for nothing: what leaves them goes by a rule.
        """
        if kind is AccountKind.ISSUER:
            return ()
        rule = self.accounts.get(kind)
        if rule is not None and rule.may is not None:
            return rule.may
        return ("grant", "allocate") if kind in NAMED else None

    def named_accounts(self) -> Mapping[str, AccountKind]:
        """Return the accounts the policy itself names, the issuer among them."""
        named = {
            f"{kind}:{name}": kind
            for kind, rule in self.accounts.items()
            for name in rule.names
        }
        return {"issuer": AccountKind.ISSUER, **named}


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
    "tier": Shape("member", None, None, None, ("member",), ("day",)),
}
"""By the policy's word for the operation; ``tier`` only asks ladders and moves nothing."""

ROLES: Final = frozenset(role for shape in SHAPES.values() for role in shape.roles)
