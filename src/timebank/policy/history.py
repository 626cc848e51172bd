"""
What history comes to: the meaning of measures, and of what limits count.

Rows of history, an amount for each event, come from the standing and from the draft alike.
Filters pick some of them; then they are added up, counted, or put in order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from operator import itemgetter
from typing import Final

from attrs import define, evolve, frozen

from ..history import Event
from ..labels import QUANTITY, Kind, Labels
from ..model import AccountId
from ..standing import Standing
from .draft import Draft
from .expressions import FactNeeded
from .filters import EVERYTHING, Filter, Side
from .measures import Measure, MeasureKind
from .rules import Policy
from .windows import Span

Rows = Sequence[tuple[Event, int]]
"""What moved an account and still stands, in parts: each event once."""


@frozen(kw_only=True)
class Selection:
    """
    Which movements are looked at.

    Args:
        unit: In what.
        rule: Only what this rule moved; by default all.
        where: Whose labels pass this.
        same: That agree with the operation that asks in these labels.
        side: What came in, what went out, or the one less the other.
    """

    unit: str
    rule: str | None = None
    where: Filter = EVERYTHING
    same: tuple[str, ...] = ()
    side: Side = Side.NET


def selection_of(measure: Measure) -> Selection:
    """Return what *measure* looks at."""
    return Selection(
        unit=str(measure.unit),
        where=measure.where,
        same=measure.same,
        side=measure.side,
    )


@define(kw_only=True)
class Past:
    """
    All that moved accounts, what an operation has drafted among it.

    Args:
        policy: Knows the wider classes and the channels of items.
        standing: What is on the books.
        draft: What the operation has moved so far, and what it is about.
        kind: Tells the kind of an account.
    """

    policy: Policy
    standing: Standing
    draft: Draft
    kind: Kind

    def rows(self, account: AccountId, selection: Selection, span: Span) -> Rows:
        """
        Return what *selection* finds of *account* on the days of *span*.

        Amounts of what went out are told as more than nothing where that is the side.

        Raises:
            FactNeeded: If the operation does not say what is to be the same.
        """
        rule, side, where = selection.rule, selection.side, selection.where
        sign, net = -1 if side is Side.OUT else 1, side is Side.NET
        alike = {label: self._alike(label) for label in selection.same}
        asked = bool(where.tests or alike)
        passed: dict[tuple[str, Labels], bool] = {}
        found = []
        for event, amount in self._stands(account, selection.unit, span):
            if not amount or not (net or sign * amount > 0):
                continue
            if rule is not None and event.rule != rule:
                continue
            if asked:
                about = event.rule, event.labels
                if about not in passed:
                    passed[about] = self.passes(*about, where) and all(
                        not said.isdisjoint(self._said(*about, label))
                        for label, said in alike.items()
                    )
                if not passed[about]:
                    continue
            found.append((event, sign * amount))
        return found

    def _stands(
        self, account: AccountId, unit: str, span: Span
    ) -> Iterable[tuple[Event, int]]:
        """Return what is on the books on the days of *span*, with what was drafted."""
        first, last = span
        booked = self.standing.events(account, unit, first, last)
        drafted = [
            (event, amount)
            for event, amount in self.draft.rows(account, unit, self.kind)
            if (first or date.min) <= event.day <= (last or date.max)
        ]
        if not drafted:
            return booked
        together = dict(booked)
        for event, amount in drafted:
            together[event] = together.get(event, 0) + amount
        return together.items()

    def _alike(self, label: str) -> frozenset[str]:
        said = frozenset(self._said("", self.draft.about, label))
        if not said:
            raise FactNeeded(label)
        return said

    def passes(self, rule: str, labels: Labels, where: Filter) -> bool:
        """Return whether what *rule* moved, with such *labels*, passes *where*."""
        return all(
            test.holds(self._meant(rule, labels, test.label)) for test in where.tests
        )

    def _meant(self, rule: str, labels: Labels, label: str) -> tuple[str, ...]:
        """Return what *label* says, with the wider classes that a class is in."""
        said = self._said(rule, labels, label)
        if label == "class":
            return tuple(wider for name in said for wider in self.policy.wider(name))
        return said

    def _said(self, rule: str, labels: Labels, label: str) -> tuple[str, ...]:
        if label == "rule":
            return (rule,)
        if label == "channel":
            items = (self.policy.items.get(each) for each in _of("item", labels))
            return tuple(item.channel for item in items if item and item.channel)
        return _of(label, labels)

    # ------------------------------------------------------------ measures

    def figure(self, account: AccountId, measure: Measure, span: Span) -> int:
        """Return what *measure* comes to over *span*: parts, times or days."""
        selection = selection_of(measure)
        rows = self.rows(account, selection, span)
        match measure.kind:
            case MeasureKind.COUNT:
                return times(rows)
            case MeasureKind.DAYS:
                return len(days(rows))
            case MeasureKind.STREAK:
                breaks = [
                    (event.day, event.position)
                    for unit in measure.broken_by
                    for event, _ in self.rows(
                        account, evolve(selection, unit=unit), span
                    )
                ]
                broken = max(breaks, default=(date.min, 0))
                return sum(a for e, a in rows if (e.day, e.position) > broken)
            case _:
                return total(rows)


_amount: Final = itemgetter(1)


def _of(label: str, labels: Labels) -> tuple[str, ...]:
    return tuple(said for name, said in labels if name == label)


def _moved(rows: Rows) -> Mapping[tuple[date, int, str], int]:
    """Return what each rule moved in each entry, lots and other sides put together."""
    sums: Counter[tuple[date, int, str]] = Counter()
    for event, amount in rows:
        sums[event.day, event.position, event.rule] += amount
    return {key: amount for key, amount in sums.items() if amount}


def total(rows: Rows) -> int:
    """Return how much moved."""
    return sum(map(_amount, rows))


def times(rows: Rows) -> int:
    """Return how often a rule moved something."""
    return len(_moved(rows))


def pieces(rows: Rows) -> int:
    """Return how many pieces were ordered in the orders for which a rule moved something."""
    ordered = {
        (event.day, event.position, event.rule): _of(QUANTITY, event.labels)
        for event, _ in rows
    }
    return sum(int((ordered[key] or ("1",))[0]) for key in _moved(rows))


def days(rows: Rows) -> set[date]:
    """Return the days on which something moved."""
    return {day for day, _, _ in _moved(rows)}
