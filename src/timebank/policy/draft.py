"""
A draft: what an operation has moved so far, on its way to an entry.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from attrs import define, evolve, field

from ..accounts import Account
from ..balances import NO_BALANCE, Balance
from ..history import Event
from ..labels import Kind, Labels, Sides, is_counted
from ..legs import Leg
from ..model import AccountId, Posting


class Counts(NamedTuple):
    """What a leg counts for: a day, where that entry stands, and what it says."""

    day: date
    position: int
    about: Labels


@define
class Draft:
    """
    What an operation has moved so far, on its way to an entry.

    Args:
        position: Where the entry will stand: after everything the standing holds.
        day: Its effective day.
        about: What the operation says of its legs.
        levels: Levels it grants or takes, by account and ladder.
        opened: The account that it opens.
        told: What counts elsewhere, such as what it takes back, by account and unit.
    """

    position: int
    day: date
    about: Labels = ()
    postings: list[Posting] = field(factory=list)
    balances: dict[tuple[AccountId, str], Balance] = field(factory=dict)
    levels: dict[tuple[AccountId, str], str | None] = field(factory=dict)
    opened: Account | None = None
    _filed: int = 0
    _own: dict[tuple[AccountId, str], list[tuple[Posting, Counts]]] = field(
        factory=dict
    )
    told: dict[tuple[AccountId, str], list[tuple[Event, int]]] = field(factory=dict)
    _sides: Sides = field(factory=Sides)

    def add(self, posting: Posting) -> None:
        """Add a leg that counts for the operation itself."""
        self.postings.append(posting)
        key, balances = (posting.account, posting.unit), self.balances
        balances[key] = balances.get(key, NO_BALANCE).plus(posting)

    def add_for(self, counts: Counts, posting: Posting) -> None:
        """Add a leg that counts as *counts* says."""
        self._file()
        self.add(posting)
        self._file(counts)

    def undo(self, leg: Leg) -> None:
        """Add a leg that takes back *leg*, and counts where that did."""
        posting = evolve(leg.posting, amount=-leg.posting.amount, undoes=True)
        self.take(leg._replace(posting=posting))

    def take(self, leg: Leg) -> None:
        """Add *leg* as it is."""
        self._file()
        posting = leg.posting
        self.add(posting)
        self._filed += 1  # where it was counted before
        if leg.labels is not None:
            event = Event(leg.day, leg.at, posting.rule, leg.labels)
            told = self.told.setdefault((posting.account, posting.unit), [])
            told.append((event, posting.amount))

    def rows(
        self, account: AccountId, unit: str, kind: Kind
    ) -> Iterator[tuple[Event, int]]:
        """Yield what it moves of *account*'s free credits, and what it undoes of them."""
        yield from self.told.get((account, unit), ())
        self._file()
        for posting, (day, position, about) in self._own.get((account, unit), ()):
            labels = self._sides.labels(posting, about, kind)
            yield Event(day, position, posting.rule, labels), posting.amount

    def _file(self, counts: Counts | None = None) -> None:
        """Put legs that are new by account and side; most are never asked for by these."""
        new = self.postings[self._filed :]
        self._filed += len(new)
        self._sides.add(new)
        counted = counts or Counts(self.day, self.position, self.about)
        for posting in filter(is_counted, new):
            own = self._own.setdefault((posting.account, posting.unit), [])
            own.append((posting, counted))

    def fork(self) -> Draft:
        """Return one that goes on from here by itself."""
        self._file()
        return Draft(
            self.position,
            self.day,
            self.about,
            postings=[*self.postings],
            balances={**self.balances},
            levels=self.levels,
            opened=self.opened,
            filed=self._filed,
            own={key: [*legs] for key, legs in self._own.items()},
            told=self.told,
            sides=self._sides.fork(),
        )

    def empty(self) -> Draft:
        """Return one in which nothing has moved yet."""
        return Draft(self.position, self.day, self.about, opened=self.opened)

    def undoing(self) -> Draft:
        """Return one in which only what it undoes has moved."""
        part = self.empty()
        for posting in self.postings:
            if posting.undoes:
                key = posting.account, posting.unit
                part.balances[key] = part.balances.get(key, NO_BALANCE).plus(posting)
        part.told = self.told
        return part
