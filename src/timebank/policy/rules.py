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
from .calendar import PLAIN, Calendar
from .expressions import Condition, Constant, Formula, Named
from .ladders import Ladder
from .measures import Measure
from .shapes import Shape
from .splits import Split
from .units import UnitRule

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
        extends: The policies that this one is laid over, first to last.
        locks: Places that what extends it may not change, nor anything below them.
        remove: Places of what it extends that it drops.
    """

    name: str
    source: str
    status: str
    from_: date
    silent: tuple[str, ...] = ()
    extends: tuple[str, ...] = ()
    locks: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


class ExcessKind(StrEnum):
    """What becomes of what a limit leaves no room for."""

    REFUSE = "refuse"
    DROP = "drop"
    DIVERT = "divert"


@frozen
class Excess:
    """
    What becomes of the excess.

    Args:
        kind: Whether it is refused, dropped or diverted.
        to: Diverted, to whom; to who would have had it, where nobody is named.
        as_: Diverted, as which other unit; then the issuer issues it.
    """

    kind: ExcessKind = ExcessKind.REFUSE
    to: Split | None = None
    as_: str | None = None


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
    ACCOUNT = "account"


@frozen(kw_only=True)
class FactRule:
    """
    What the host is asked.

    Args:
        type: A number, yes or no, a date, one of *choices*, or an account.
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
        to: Account or role it goes to, or several with their shares.
        amount: How much, in one of the unit.
        limits: By window (what this rule moved for the subject in it) or measure.
        hold: How long an order keeps set aside what the rule holds for it.
        text: What people call it.
    """

    on: tuple[str, ...]
    unit: str
    class_: tuple[str, ...] | None = None
    when: Condition | None = None
    requires: Condition | None = None
    from_: str | None = None
    to: Split | None = None
    amount: Formula | None = None
    limits: Mapping[str, Limit] = field(factory=dict)
    hold: str | None = None
    text: str | None = None

    def source(self, shape: Shape) -> str | None:
        """Return the account or role it comes from, the operation's own filled in."""
        return self.from_ or shape.from_

    def goals(self, shape: Shape) -> Split:
        """Return where it goes, the operation's own filled in; nowhere if neither says."""
        return self.to or (Split.whole(shape.to) if shape.to else Split(()))


@frozen(kw_only=True)
class Item:
    """What can be redeemed, its price for one piece, and what must hold for it."""

    price: Formula
    requires: Condition | None = None
    channel: str | None = None
    text: str | None = None


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
        bodies: Each body that has one above it, and which; of the ledger's own policy.
    """

    hash: str
    text: str
    language: int
    policy: Head
    units: Mapping[str, UnitRule]
    accounts: Mapping[AccountKind, KindRule]
    calendar: Calendar = PLAIN
    bodies: Mapping[str, str] = field(factory=dict)
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

    def known_bodies(self) -> tuple[str, ...]:
        """Return every body of the tree; none where there is no tree."""
        return tuple(dict.fromkeys([*self.bodies, *self.bodies.values()]))

    def chain(self, body: str) -> tuple[str, ...]:
        """Return *body* and those above it, nearest first; none if it is not in the tree."""
        way = [body] if body in self.known_bodies() else []
        while way and (above := self.bodies.get(way[-1])) not in (None, *way):
            way.append(str(above))
        return tuple(way)

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
