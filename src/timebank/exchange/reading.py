"""
From a sheet to requests, as a layout says.

Every problem of a row is reported, not only the first.  Rows of totals are skipped; so
are blank rows.  The layouts themselves are in `layouts`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from datetime import date
from enum import StrEnum
from typing import Final, TypeVar

from attrs import field, frozen

from ..entries import Request
from ..errors import SheetUnreadable
from ..model import EntryId
from ..operations import Facts, FactValue, Operation
from ..policy.rules import FactType
from ..texts import Text
from . import cells
from .cells import Cell, is_blank
from .headings import Column, Head, find_head, heading_key
from .names import Names
from .problems import Fault, RowProblem, RowReason
from .sheets import Line, Sheet

_T = TypeVar("_T")

_ID_DIGITS: Final = 32
"""Hexadecimal digits of SHA-256 that an id made from a row keeps: 128 bits."""

_MAYBE_TOTAL: Final = re.compile("计|total", re.IGNORECASE)
_TOTAL: Final = re.compile(
    r".{0,10}(?:合计|小计|总计|共计|累计).{0,10}|(?:sub-?|grand)?totals?.{0,10}"
)


class Skip(StrEnum):
    """Why a row that is not blank was passed over."""

    TOTAL = "total"
    HEADING = "heading"


@frozen(kw_only=True)
class SkippedRow:
    """A row that is no record: a total, or the headings again."""

    number: int
    why: Skip


def _one_of_them(row: Row, _: object, problems: tuple[RowProblem, ...]) -> None:
    if (row.request is None) != bool(problems):
        raise ValueError("a row has either a request or problems")


@frozen(kw_only=True)
class Row:
    """
    A row that is a record: a request, or what is wrong with it.

    Args:
        number: The row's number in the file.
        cells: As they stand in the file.
        request: What it asks of the bank.
        problems: Everything that is wrong; empty exactly where there is a request.
    """

    number: int
    cells: tuple[Cell, ...]
    request: Request | None = None
    problems: tuple[RowProblem, ...] = field(default=(), validator=_one_of_them)


@frozen(kw_only=True)
class Table:
    """
    A sheet, read by a layout.

    Args:
        head: Its heading row.
        rows: Its records, in order.
        skipped: Rows that are no records; blank rows are not among them.
    """

    head: Head
    rows: tuple[Row, ...]
    skipped: tuple[SkippedRow, ...]


# ---------------------------------------------------------------- reading a row


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


# ---------------------------------------------------------------- reading a sheet


def read_table(sheet: Sheet, layout: Layout, *, names: Names, actor: str) -> Table:
    """
    Read *sheet* as *layout* says.

    The id of a request is the row's record id where it has one, else made from what the
    row says: the same row again, in this file or another, is the same request.  Within
    one file the second such row is a problem, which names the first.

    Args:
        sheet: What was read from the file.
        layout: Which kind of sheet it is.
        names: What the policy calls things.
        actor: Who asks.

    Raises:
        SheetUnreadable: As `find_head`, if the headings are those of another layout, or
            if there is no record below them.
    """
    head = find_head(sheet, layout.columns, either=layout.either, facts=names.facts)
    _refuse_another_kind(sheet, head, layout)
    columns = {column.name: column for column in layout.columns}
    rows: list[Row] = []
    skipped: list[SkippedRow] = []
    first: dict[EntryId, Row] = {}
    for line in sheet.lines[head.row :]:
        if line.is_blank:
            continue
        if why := _why_skipped(line, head, layout):
            skipped.append(SkippedRow(number=line.number, why=why))
            continue
        reading = Reading(line, head, columns, names)
        row = _read_row(reading, layout, actor, first)
        rows.append(row)
        if row.request:
            first[row.request.id] = row
    if not rows:
        raise SheetUnreadable(
            sheet.path,
            Text(
                "there is no record below the headings in row {row}",
                "第 {row} 行表头之下没有记录",
                row=head.row,
            ),
        )
    return Table(head=head, rows=tuple(rows), skipped=tuple(skipped))


def _refuse_another_kind(sheet: Sheet, head: Head, layout: Layout) -> None:
    """
    Refuse a sheet that another layout understands better.

    Read as members, a sheet of services would open an account for every misspelt number,
    and accounts are for ever.
    """
    for other in layout.others:
        known = {
            heading: other.named[key]
            for heading in head.headings
            if (key := heading_key(heading)) in other.named
        }
        required = {column.name for column in other.columns if column.required}
        unread = [h for h in head.ignored if known.get(h) in other.telling]
        if unread and required <= {*known.values()} and len(known) > len(head.places):
            raise SheetUnreadable(
                sheet.path,
                Text(
                    "row {row}: a sheet of {name} has no {columns}, a sheet of {other} "
                    "has: import it --as {other}, or give those columns other headings",
                    "第 {row} 行：{name} 表没有 {columns}，而 {other} 表有："
                    "请用 --as {other} 导入，或改用其他表头",
                    row=head.row,
                    name=layout.name,
                    columns=", ".join(unread),
                    other=other.name,
                ),
            )


def _why_skipped(line: Line, head: Head, layout: Layout) -> Skip | None:
    if head.repeats_in(line):
        return Skip.HEADING
    remarks = head.places.get("remarks")
    totals = {
        place
        for place, cell in enumerate(line.cells)
        if place != remarks and _is_total(cell)
    }
    if not totals:
        return None
    lacks_what_a_record_has = any(
        place in totals or place >= len(line.cells) or is_blank(line.cells[place])
        for column in layout.columns
        if column.required
        for place in (head.places[column.name],)
    )
    return Skip.TOTAL if lacks_what_a_record_has else None


def _is_total(cell: Cell) -> bool:
    return (
        isinstance(cell, str)
        and _MAYBE_TOTAL.search(cell) is not None
        and _TOTAL.fullmatch(heading_key(cell)) is not None
    )


def _read_row(
    reading: Reading, layout: Layout, actor: str, first: Mapping[EntryId, Row]
) -> Row:
    record_id = reading.take("record id", cells.own_id)
    on = reading.need("date", cells.day)
    draft = layout.build(reading)
    request = None
    if on and draft.operation and not reading.problems:
        request = Request(
            id=EntryId(record_id or _row_id(layout, on, draft.key)),
            operation=draft.operation,
            effective_on=on,
            actor=actor,
            private=draft.private,
        )
        if (earlier := first.get(request.id)) is not None:
            _note_repetition(reading, request, earlier, record_id, draft)
    if reading.problems:
        request = None
    return Row(
        number=reading.line.number,
        cells=reading.line.cells,
        request=request,
        problems=tuple(reading.problems),
    )


def _row_id(layout: Layout, on: date, key: Mapping[str, str | int | None]) -> str:
    """The id of a row without a record id: what it says, hashed."""
    said = {name: value for name, value in key.items() if value is not None}
    canonical = json.dumps(
        {"layout": layout.name, "day": on.isoformat(), **said},
        ensure_ascii=False,
        separators=(",", ":"),
        sort_keys=True,
    )
    return f"row-{hashlib.sha256(canonical.encode()).hexdigest()[:_ID_DIGITS]}"


def _note_repetition(
    reading: Reading,
    request: Request,
    earlier: Row,
    record_id: str | None,
    draft: Draft,
) -> None:
    again = earlier.request
    same = again is not None and (again.operation, again.effective_on) == (
        request.operation,
        request.effective_on,
    )
    if record_id and not same:
        fault = Fault(
            reason=RowReason.RECORD_ID_TWICE,
            found=str(earlier.number),
            wanted=record_id,
        )
    else:
        apart = " / ".join(reading.heading(name) for name in draft.told_apart_by)
        reason = RowReason.ROW_TWICE if apart else RowReason.ROW_TWICE_OVER
        fault = Fault(reason=reason, found=str(earlier.number), wanted=apart)
    reading.fault("record id", fault)
