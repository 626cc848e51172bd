"""
The tables of a policy, as values.

What they mean is elsewhere: `movement` for rules and limits, `case` for measures and
ladders.  Which tables and keys there are, and why, is told in ``docs/reference/policy.md``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from typing import Any, Final

from attrs import field, frozen

from ..model import AccountKind, Unit
from ..operations import FactValue
from ..texts import Text
from .calendar import PLAIN, Calendar
from .conditions import Condition
from .expressions import Constant, Formula, Named
from .filters import EVERYTHING, Filter
from .ladders import Ladder
from .measures import Measure
from .procedures import Procedure
from .rankings import Ranking
from .shapes import Shape
from .splits import NOWHERE, Split
from .units import Expiry, UnitRule
from .windows import Every

LANGUAGE: Final = 1
"""The version of the policy language; any change of meaning raises it."""


@frozen(kw_only=True)
class Head:
    """
    What a policy says of itself.

    Args:
        name: The programme.
        source: Where its rules are published.
        status: In force, pilot, historic, foreign; attested where nothing tells whether
            it still is; or a word of your own.
        from_: The first day it held; the first day attested where that is unknown.
        silent: What the source does not say, and what was taken instead.
        extends: The policies that this one is laid over, one or more.
        locks: Places that no policy which extends this one may change, one or more.
        remove: Places of what it extends that it drops, one or more.
        text: What people call it, which is not handed on. By default its name.
    """

    name: str
    source: str
    status: str
    from_: date
    silent: tuple[str, ...] = ()
    extends: tuple[str, ...] = ()
    locks: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    text: Text | None = None

    @property
    def called(self) -> Text:
        """What people call it, in every language."""
        return self.text or Text(self.name, self.name)


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
        floor: The least that free credits may be: ``-10`` lets an account owe ten;
            ``"none"`` is no limit. By default 0; none for the issuer.
        cap: The most that free and held credits may be together.
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
        may: The operations whose subject it may be, such as ``["donate"]``; ``[]`` for
            none, as the issuer always. By default everything; for pools and funds only
            ``grant`` and ``allocate``.
        names: For pools and funds: those there are; ``pool`` with ``["given-on"]`` is
            the account ``pool:given-on``.
        units: Bounds by unit.
        text: What people call it.
    """

    may: tuple[str, ...] | None = None
    names: tuple[str, ...] = ()
    units: Mapping[str, Bounds] = field(factory=dict)
    text: Text | None = None


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
        type: ``"number"``, ``"yes-no"``, ``"date"``, ``"account"`` or a list of choices.
        choices: For a choice.
        default: Used where the fact is not given.
        kept: It belongs to the account, is given when that is opened, and changes by
            amendment from the day of that on.
        text: What people call it.
    """

    type: FactType
    choices: tuple[str, ...] = ()
    default: FactValue | None = None
    kept: bool = False
    text: Text | None = None


class Short(StrEnum):
    """What is done to an account that has less than a rule would take."""

    REFUSE = "refuse"
    TAKE = "take"


class Edge(StrEnum):
    """Where in a period a rule acts."""

    START = "start"
    END = "end"


class Counting(StrEnum):
    """Whether a class is of services, which take time, or of things that are numbered."""

    TIME = "time"
    NUMBER = "number"


@frozen(kw_only=True)
class ClassRule:
    """
    A class of service or contribution.

    Args:
        counts: ``"time"`` for services, ``"number"`` for contributions: things counted.
        in_: Wider classes that it is one of, one or more. By default none.
        requires: A condition; where it is false the operation is refused. By default
            nothing.
        text: What people call it; spreadsheets may use it.
        attributes: Figures of the class's own, read as ``class.NAME``.
    """

    counts: Counting = Counting.TIME
    in_: tuple[str, ...] = ()
    requires: Condition | None = None
    text: Text | None = None
    attributes: Mapping[str, Fraction] = field(factory=dict)


@frozen(kw_only=True)
class Limit:
    """
    The most a rule may move, or a measure may reach.

    Args:
        at_most: A formula: the most there may be.
        excess: What becomes of the rest.
        same: Labels in which earlier movements agree with the operation that asks, one or
            more; others are not counted. By default none.
        where: A filter: the labels of the movements that are counted. By default all.
        count: Over a window: how often, and not how much.
        pieces: Over a window, on ``redeem``: how many pieces, and not how much.
    """

    at_most: Formula
    excess: Excess = Excess()
    same: tuple[str, ...] = ()
    where: Filter = EVERYTHING
    count: bool = False
    pieces: bool = False

    @property
    def counted(self) -> tuple[bool, bool]:
        """Whether it is of times, and whether of pieces; else it is of amounts."""
        return self.count, self.pieces


@frozen(kw_only=True)
class Rule:
    """
    A movement of one unit.

    Args:
        on: The operations it belongs to, one or more.
        unit: What it moves.
        class_: Only for these classes, one or more. By default all.
        when: A condition; where it is false the rule does not apply. By default always.
        requires: A condition; where it is false the operation is refused. By default
            nothing.
        from_: Whom it comes from: a role, an account, or whom a fact tells. By default by
            operation.
        to: Whom it goes to, or several with their shares. By default by operation.
        amount: A formula: how much. By default by operation.
        running: The measure over whose window the amount says what should have been paid
            in all. By default no.
        limits: The most it may move.
        short: Where there is less than the rule moves: ``"refuse"``, or ``"take"`` what
            is there.
        payers: On ``redeem``: so many may pool for one order.
        recipients: On ``service`` and ``contribution``: so many may be served at once.
        order: On ``allocate``: by which values several applicants are served, high first;
            where they are alike, as asked.
        every: On ``period``: once for each ``week``, ``month``, ``term``, ``2 years`` and
            the like.
        at: On ``period``: at the ``start`` of each, or at its ``end``. By default its end.
        after: On ``period``: how long an account has been there before the rule concerns
            it, such as ``"2 months"``. By default at once.
        closes: On ``period``, at its end: how long after that it waits for what is told or
            confirmed later, such as ``"10 days"``. By default not at all.
        hold: On ``redeem``: how long an order keeps what the rule sets aside, such as
            ``"30 days"``. By default for ever.
        expires: When lots that the rule makes can no longer be used. By default as their
            unit says.
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
    running: str | None = None
    limits: Mapping[str, Limit] = field(factory=dict)
    short: Short = Short.REFUSE
    payers: int = 1
    recipients: int = 1
    order: tuple[str, ...] = ()
    every: Every | None = None
    at: Edge | None = None
    after: str | None = None
    closes: str | None = None
    hold: str | None = None
    expires: Expiry | None = None
    text: Text | None = None

    def source(self, shape: Shape) -> str | None:
        """Return the account or role it comes from, the operation's own filled in."""
        return self.from_ or shape.from_

    def goals(self, shape: Shape) -> Split:
        """Return where it goes, the operation's own filled in; nowhere if neither says."""
        return self.to or (Split.whole(shape.to) if shape.to else NOWHERE)

    def is_for_each(self, shape: Shape) -> bool:
        """
        Return whether it moves for each of several who take part.

        Where they are not who the operation is about, only if one end goes by them.
        """
        if shape.several is None:
            return True
        excess = [limit.excess.to for limit in self.limits.values()]
        goals = [self.goals(shape), *(to for to in excess if to is not None)]
        words = [self.source(shape) or "", *(w for goal in goals for w in goal.words)]
        return any(shape.several in re.split(r"[.{}]", word) for word in words)


@frozen(kw_only=True)
class Item:
    """
    What can be redeemed, its price for one piece, and what must hold for it.

    Args:
        price: A formula: for one piece.
        requires: A condition; where it is false the operation is refused. By default
            nothing.
        channel: Goods, service …, read as ``channel``; ``"cash"`` only where the status
            is ``historic`` or ``foreign``.
        limits: The most that one account may have of it.
        text: What people call it; spreadsheets may use it.
    """

    price: Formula
    requires: Condition | None = None
    channel: str | None = None
    limits: Mapping[str, Limit] = field(factory=dict)
    text: Text | None = None


@frozen(kw_only=True)
class Flag:
    """
    A question to a person, asked when *when* becomes true; it never moves anything.

    Args:
        when: A condition.
        for_: Who is asked.
        text: What they are asked.
    """

    when: Condition
    for_: str
    text: Text | None = None


@frozen(kw_only=True)
class Example:
    """
    A worked example, run by ``policy check``.

    Args:
        expect: What holds at the end.
        given: Balances at the start: ``points = 100``, or of another account,
            ``"n.points" = 5``. By default nothing.
        do: Operations, one after the other. By default nothing.
        opened: The day the accounts were opened. By default the policy's first day.
        day: The day of operations that name none, and of what is expected. By default 3
            June 2024, or the policy's first day if that is later.
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
        language: ``1``; any change of meaning raises it.
        policy: What the policy says of itself.
        units: What is counted.
        accounts: The kinds of account there may be.
        calendar: Where years and weeks begin, and which days are worked. By default
            years from 1 January, weeks from Monday, no holidays.
        facts: What the host is asked.
        classes: Classes of service and contribution.
        bodies: Which body is below which; of the ledger's own policy.
        measures: Figures from history.
        figures: Formulas by name, for every formula that says ``"figures.NAME"``.
        rules: Movements.
        items: What can be redeemed.
        ladders: Levels of members.
        rankings: The best of many. By default none.
        flags: Questions to a person.
        procedures: What must happen before an operation counts.
        examples: Tests that stand in the file.
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
    figures: Mapping[str, Formula] = field(factory=dict)
    rules: Mapping[str, Rule] = field(factory=dict)
    items: Mapping[str, Item] = field(factory=dict)
    ladders: Mapping[str, Ladder] = field(factory=dict)
    rankings: Mapping[str, Ranking] = field(factory=dict)
    flags: Mapping[str, Flag] = field(factory=dict)
    procedures: Mapping[str, Procedure] = field(factory=dict)
    examples: Mapping[str, Example] = field(factory=dict)

    def unit(self, name: str) -> Unit:
        """Return the unit *name*."""
        return self._units[name]

    def rules_on(self, on: str) -> Mapping[str, Rule]:
        """Return the rules that belong to an operation, by name, as they are written."""
        return self._rules_on.get(on, {})

    @cached_property
    def _rules_on(self) -> Mapping[str, Mapping[str, Rule]]:
        found: dict[str, dict[str, Rule]] = {}
        for name, rule in self.rules.items():
            for on in rule.on:
                found.setdefault(on, {})[name] = rule
        return found

    @cached_property
    def _units(self) -> Mapping[str, Unit]:
        return {
            name: Unit(name, rule.scale, rule.record, rule.text)
            for name, rule in self.units.items()
        }

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

    def class_figures(self, class_: str) -> Mapping[str, Fraction]:
        """Return the figures of *class_*, and those of wider classes that it has not."""
        figures: dict[str, Fraction] = {}
        for wider in self.wider(class_):
            rule = self.classes.get(wider)
            figures = {**(rule.attributes if rule else {}), **figures}
        return figures

    def is_for(self, rule: Rule, class_: str) -> bool:
        """Return whether *rule* is for *class_*, or for a wider class that it is in."""
        return rule.class_ is None or not set(rule.class_).isdisjoint(
            self.wider(class_)
        )

    def wider(self, class_: str) -> tuple[str, ...]:
        """Return *class_* and the wider classes that it is in, the nearest first."""
        return self._wider.get(class_, (class_,))

    @cached_property
    def _wider(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for name in self.classes:
            ahead, seen = [name], dict.fromkeys([name])
            while ahead:
                rule = self.classes.get(ahead.pop(0))
                new = [w for w in (rule.in_ if rule else ()) if w not in seen]
                seen |= dict.fromkeys(new)
                ahead += new
            found[name] = tuple(seen)
        return found

    def expiry(self, unit: str, rule: str) -> Expiry | None:
        """Return when a lot of *unit* expires that *rule* makes; *None* for never."""
        made_by, lots = self.rules.get(rule), self.units[unit].lots
        own = made_by.expires if made_by and made_by.unit == unit else None
        return own or (lots.expires if lots else None)

    def named_accounts(self) -> Mapping[str, AccountKind]:
        """Return the accounts the policy itself names, the issuer among them."""
        return self._named

    @cached_property
    def _named(self) -> Mapping[str, AccountKind]:
        named = {
            f"{kind}:{name}": kind
            for kind, rule in self.accounts.items()
            for name in rule.names
        }
        return {"issuer": AccountKind.ISSUER, **named}
