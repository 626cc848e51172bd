"""
The records of a sheet: which of its rows are some, and what each asks of the bank.

Rows of totals are skipped; so are blank rows.  Records are not kept: whoever goes through
them reads the file, so that a sheet takes no more memory the longer it is.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing
from datetime import date
from enum import StrEnum
from itertools import islice
from typing import Final

from attrs import field, frozen

from ..entries import Request
from ..errors import SheetUnreadable
from ..model import EntryId
from ..texts import Text
from . import cells
from .cells import Cell, is_blank
from .earlier import Before, Earlier
from .headings import Head, find_head, heading_key
from .names import Names
from .problems import Fault, RowProblem, RowReason
from .reading import Draft, Known, Layout, Reading
from .sheets import Line, Sheet

_ID_DIGITS: Final = 32
"""Hexadecimal digits of SHA-256 that an id made from a row keeps: 128 bits."""

_CANONICAL: Final = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), sort_keys=True
).encode

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
        rows: Its records, in order: those that a sheet is read for, or a host's own.
        skipped: Rows that are no records; blank rows are not among them.
    """

    head: Head
    rows: Collection[Row]
    skipped: tuple[SkippedRow, ...]


@frozen(kw_only=True)
class Rows:
    """
    The records of a sheet; to go through them is to read it.

    Args:
        sheet: What they stand in.
        head: Its heading row.
        layout: Which kind of sheet it is.
        names: What the policy calls things.
        actor: Who asks.
        many: How many there are.
        passed_over: The numbers of the rows that are none, as `read_table` found them.
    """

    sheet: Sheet
    head: Head
    layout: Layout
    names: Names
    actor: str
    many: int
    passed_over: frozenset[int]

    def __len__(self) -> int:
        return self.many

    def __contains__(self, row: object) -> bool:
        return any(row == each for each in self)

    def __iter__(self) -> Iterator[Row]:
        columns = {column.name: column for column in self.layout.columns}
        known = Known(dict)
        with closing(Earlier()) as earlier:
            for line in _below(self.sheet, self.head):
                if line.number not in self.passed_over:
                    reading = Reading(line, self.head, columns, self.names, known)
                    yield _read_row(reading, self.layout, self.actor, earlier)


def read_table(sheet: Sheet, layout: Layout, *, names: Names, actor: str) -> Table:
    """
    Look through *sheet* as *layout* says; its rows are read when they are asked for.

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
    skipped: list[SkippedRow] = []
    many = 0
    for line in _below(sheet, head):
        if why := _why_skipped(line, head, layout):
            skipped.append(SkippedRow(number=line.number, why=why))
        else:
            many += 1
    if not many:
        raise SheetUnreadable(
            sheet.path,
            Text(
                "there is no record below the headings in row {row}",
                "第 {row} 行表头之下没有记录",
                row=head.row,
            ),
        )
    rows = Rows(
        sheet=sheet,
        head=head,
        layout=layout,
        names=names,
        actor=actor,
        many=many,
        passed_over=frozenset(each.number for each in skipped),
    )
    return Table(head=head, rows=rows, skipped=tuple(skipped))


def _below(sheet: Sheet, head: Head) -> Iterator[Line]:
    """Return the lines below the headings that are not blank."""
    below = islice(sheet.lines, head.row, None)
    return (line for line in below if not line.is_blank)


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
        and ("计" in cell or "total" in cell.lower())  # hardly one is looked at closely
        and _TOTAL.fullmatch(heading_key(cell)) is not None
    )


def _read_row(reading: Reading, layout: Layout, actor: str, earlier: Earlier) -> Row:
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
        said = hash((request.operation, request.effective_on))
        if before := earlier.take(request.id, reading.line.number, said):
            _note_repetition(reading, before, said, record_id, draft)
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
    canonical = _CANONICAL({"layout": layout.name, "day": on.isoformat(), **said})
    return f"row-{hashlib.sha256(canonical.encode()).hexdigest()[:_ID_DIGITS]}"


def _note_repetition(
    reading: Reading, before: Before, said: int, record_id: str | None, draft: Draft
) -> None:
    if record_id and before.said != said:
        fault = Fault(
            reason=RowReason.RECORD_ID_TWICE,
            found=str(before.number),
            wanted=record_id,
        )
    else:
        apart = " / ".join(reading.heading(name) for name in draft.told_apart_by)
        reason = RowReason.ROW_TWICE if apart else RowReason.ROW_TWICE_OVER
        fault = Fault(reason=reason, found=str(before.number), wanted=apart)
    reading.fault("record id", fault)
