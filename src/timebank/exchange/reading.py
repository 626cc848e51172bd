"""
One row of a sheet, and what a layout makes of it.

Every problem of a row is reported, not only the first.  The layouts themselves are in
`layouts`; which rows are records, and what becomes of them, is in `tables`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date
from functools import cached_property, partial
from typing import Final, TypeVar, cast

from attrs import field, frozen

from ..operations import Facts, FactValue, Operation
from ..policy.rules import FactType
from . import cells
from .cells import Cell, is_blank, seen
from .headings import Column, Head, heading_key
from .names import Names
from .problems import Fault, RowProblem
from .sheets import Line

_T = TypeVar("_T")

KNOWN_MAX: Final = 2000
"""So many cells of a column are kept with what they were found to say."""

Known = defaultdict[tuple[int, type], dict[Cell, object]]
"""
What cells say, by the place of their column, which is read in one way, and their class.

Days, members and lengths come again in row after row, and to read one takes twenty times
as long as to find it.  Their class tells apart 1, 1.0 and TRUE, which are equal and say
different things.
"""


class Reading:
    """
    One row while it is read: hands out its values, and gathers what is wrong.

    Args:
        line: The row.
        head: The heading row.
        columns: Those of the layout, by name.
        names: What the policy calls things.
        known: What cells of the rows before said.
    """

    def __init__(
        self,
        line: Line,
        head: Head,
        columns: Mapping[str, Column],
        names: Names,
        known: Known,
    ) -> None:
        self.line = line
        self.names = names
        self.problems: list[RowProblem] = []
        self._head = head
        self._columns = columns
        self._known = known

    def cell(self, name: str) -> Cell:
        """Return a column's cell; None where the sheet has no such column."""
        place = self._head.places.get(name)
        return None if place is None else self._at(place)

    def _at(self, place: int) -> Cell:
        cells = self.line.cells
        return cells[place] if place < len(cells) else None

    def heading(self, name: str) -> str:
        """Return a column's heading, as the file has it if it does."""
        place = self._head.places.get(name)
        return self._columns[name].text if place is None else self._head.headings[place]

    def need(self, name: str, parse: Callable[[Cell], _T | Fault]) -> _T | None:
        """Return a value that must be there; None if there is a problem with it."""
        place = self._head.places.get(name)
        if place is None:
            return self._noted(name, parse(None))
        return self._noted(name, self._read(place, self._at(place), parse))

    def take(self, name: str, parse: Callable[[Cell], _T | Fault]) -> _T | None:
        """Return a value that may be blank; None if it is, or there is a problem."""
        place = self._head.places.get(name)
        if place is None or is_blank(cell := self._at(place)):
            return None
        return self._noted(name, self._read(place, cell, parse))

    def _read(
        self, place: int, cell: Cell, parse: Callable[[Cell], _T | Fault]
    ) -> _T | Fault:
        known = self._known[place, type(cell)]
        if cell not in known:
            if len(known) == KNOWN_MAX:
                known.clear()
            known[cell] = parse(seen(cell))
        return cast("_T | Fault", known[cell])

    def fault(self, name: str, fault: Fault) -> None:
        """Note a problem with a column."""
        self._note(self.heading(name), fault)

    def _noted(self, name: str, value: _T | Fault) -> _T | None:
        if not isinstance(value, Fault):
            return value
        self.fault(name, value)
        return None

    def _note(self, heading: str, fault: Fault) -> None:
        self.problems.append(
            RowProblem(
                row=self.line.number,
                column=heading,
                reason=fault.reason,
                found=fault.found,
                wanted=fault.wanted,
            )
        )

    def facts(self, **columns: str) -> Facts:
        """
        Return the facts of the row: from fact headings, and from these columns.

        A fact of a kind that the policy does not declare is taken as it stands.
        """
        found: dict[str, FactValue] = {}
        for column, name in columns.items():
            if (value := self.take(column, cells.whole)) is not None:
                found[name] = value
        for name, place in self._head.facts.items():
            cell = self._at(place)
            if is_blank(cell):
                continue
            read: FactValue | Fault = self._read(place, cell, partial(self._fact, name))
            if isinstance(read, Fault):
                self._note(self._head.headings[place], read)
            else:
                found[name] = read
        return tuple(sorted(found.items()))

    def _fact(self, name: str, cell: Cell) -> FactValue | Fault:
        kinds = self.names.facts
        kind = kinds.get(name) or kinds.get(name.rpartition(".")[2])
        match kind:
            case FactType.NUMBER:
                return cells.whole(cell)
            case FactType.YES_NO:
                return cells.yes_no(cell)
            case FactType.DATE:
                return cells.day(cell)
            case FactType.CHOICE | FactType.ACCOUNT:
                return cells.word(cell)
            case None:
                return _as_it_stands(cell)


def _as_it_stands(cell: Cell) -> FactValue | Fault:
    match cell:
        case bool():
            return cell
        case int() | float():
            return cells.whole(cell)
        case date():
            return cells.day(cell)
        case _:
            return cells.word(cell)


# ---------------------------------------------------------------- layouts


@frozen(kw_only=True)
class Draft:
    """
    What a row asks, before it has an id.

    Args:
        operation: As far as the row could be read; None if it has problems.
        key: The business facts that make the row the one it is: never names, remarks or
            ages, so that mending those does not make another record of it.
        told_apart_by: Columns that tell two such rows apart.
        private: Details kept apart from the journal.
    """

    operation: Operation | None
    key: Mapping[str, str | int | None]
    told_apart_by: tuple[str, ...] = ()
    private: Mapping[str, str] = field(factory=dict)


@frozen(kw_only=True)
class Layout:
    """
    A kind of sheet.

    Args:
        name: What the command line calls it.
        columns: Those it knows.
        build: From a row to what it asks.
        either: Groups of columns, of which one must be there as a whole.
        others: Kinds of sheet that could be taken for this one.
    """

    name: str
    columns: tuple[Column, ...]
    build: Callable[[Reading], Draft]
    either: tuple[tuple[str, ...], ...] = ()
    others: tuple[Layout, ...] = ()

    @cached_property
    def named(self) -> Mapping[str, str]:
        """Every heading that it knows, as headings are compared → its column."""
        return {heading_key(text): c.name for c in self.columns for text in c.headings}

    @property
    def telling(self) -> frozenset[str]:
        """The columns that make a sheet one of this kind."""
        required = {column.name for column in self.columns if column.required}
        return frozenset(required.union(*self.either))
