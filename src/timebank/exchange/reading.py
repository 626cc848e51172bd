"""
One row of a sheet, and what a layout makes of it.

Every problem of a row is reported, not only the first.  The layouts themselves are in
`layouts`; which rows are records, and what becomes of them, is in `tables`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import TypeVar

from attrs import field, frozen

from ..operations import Facts, FactValue, Operation
from ..policy.rules import FactType
from . import cells
from .cells import Cell, is_blank
from .headings import Column, Head, heading_key
from .names import Names
from .problems import Fault, RowProblem
from .sheets import Line

_T = TypeVar("_T")


class Reading:
    """One row while it is read: hands out its values, and gathers what is wrong."""

    def __init__(
        self, line: Line, head: Head, columns: Mapping[str, Column], names: Names
    ) -> None:
        self.line = line
        self.names = names
        self.problems: list[RowProblem] = []
        self._head = head
        self._columns = columns

    def cell(self, name: str) -> Cell:
        """Return a column's cell; None where the sheet has no such column."""
        return self._at(self._head.places.get(name))

    def _at(self, place: int | None) -> Cell:
        if place is None or place >= len(self.line.cells):
            return None
        return self.line.cells[place]

    def heading(self, name: str) -> str:
        """Return a column's heading, as the file has it if it does."""
        place = self._head.places.get(name)
        return self._columns[name].text if place is None else self._head.headings[place]

    def need(self, name: str, parse: Callable[[Cell], _T | Fault]) -> _T | None:
        """Return a value that must be there; None if there is a problem with it."""
        return self._noted(self.heading(name), parse(self.cell(name)))

    def take(self, name: str, parse: Callable[[Cell], _T | Fault]) -> _T | None:
        """Return a value that may be blank; None if it is, or there is a problem."""
        return None if is_blank(self.cell(name)) else self.need(name, parse)

    def fault(self, name: str, fault: Fault) -> None:
        """Note a problem with a column."""
        self._noted(self.heading(name), fault)

    def _noted(self, heading: str, value: _T | Fault) -> _T | None:
        if not isinstance(value, Fault):
            return value
        self.problems.append(
            RowProblem(
                row=self.line.number,
                column=heading,
                reason=value.reason,
                found=value.found,
                wanted=value.wanted,
            )
        )
        return None

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
            read = self._fact(name, cell)
            if isinstance(read, Fault):
                self._noted(self._head.headings[place], read)
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

    @property
    def named(self) -> Mapping[str, str]:
        """Every heading that it knows, as headings are compared → its column."""
        return {heading_key(text): c.name for c in self.columns for text in c.headings}

    @property
    def telling(self) -> frozenset[str]:
        """The columns that make a sheet one of this kind."""
        required = {column.name for column in self.columns if column.required}
        return frozenset(required.union(*self.either))
