"""
A file as rows of cells, whatever kind of file it is.

What it is, is told from its content; suffixes lie.  What the cells mean is said in `cells`
and `layouts`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

from attrs import frozen

from ..errors import SheetUnreadable
from ..texts import Text
from .cells import Cell, is_blank
from .delimited import delimited
from .files import look_at
from .workbooks import EMPTY, page

_ZIP: Final = b"PK\x03\x04"
_COMPOUND: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@frozen
class Line:
    """A row as it stands in the file; *number* is the one that the program shows, from 1."""

    number: int
    cells: tuple[Cell, ...]

    @property
    def is_blank(self) -> bool:
        """Whether no cell shows anything."""
        return all(is_blank(cell) for cell in self.cells)


@frozen
class Lines:
    """
    Every row of a sheet, blank ones included, in order.

    They are not kept: whoever goes through them reads the file.

    Args:
        rows: Goes through the cells of each row, from the first.
    """

    rows: Callable[[], Iterable[Iterable[Cell]]]

    def __iter__(self) -> Iterator[Line]:
        for number, row in enumerate(self.rows(), start=1):
            yield Line(number, tuple(None if cell == "" else cell for cell in row))


@frozen(kw_only=True)
class Sheet:
    """
    One sheet of a file.

    Args:
        path: The file.
        name: The sheet's name; empty where files have only one.
        lines: Its rows.
    """

    path: str
    name: str = ""
    lines: Lines


def read_sheet(path: Path | str, *, sheet: str | None = None) -> Sheet:
    """
    Look through one sheet of a file; its rows are read again when they are asked for.

    It may be .xlsx, .xls, .xlsb, .ods, or text with commas, semicolons or tabs in UTF-8,
    UTF-16 with its mark, or GB18030.

    A formula without a result reads as its own text (``=C2-B2``), an error as its name
    (``#DIV/0!``): both are refused wherever a value is wanted.  Only .xlsx lets us see
    them; elsewhere such a cell reads as blank.

    Args:
        path: The file.
        sheet: Which sheet of a workbook; may be left out where only one has content.

    Raises:
        SheetUnreadable: If it is none of these, is damaged or locked, has no content, or
            has several sheets and none was named, or none of that name.  Going through
            its lines raises it, too, where the file is another by then.
        ExtraMissing: If reading workbooks is not installed.
    """
    file = look_at(str(path))
    with file.opened() as opened:
        begins = opened.read(max(len(_ZIP), len(_COMPOUND)))
    if not begins:
        raise SheetUnreadable(str(path), Text("the file is empty", "文件是空的"))
    if begins.startswith((_ZIP, _COMPOUND)):
        found = page(file, sheet)
        read = Sheet(path=str(path), name=found.name, lines=Lines(found.rows))
    elif sheet is not None:
        raise SheetUnreadable(
            str(path),
            Text(
                "it is no workbook, and has no sheet {sheet}: name none",
                "不是工作簿，没有工作表 {sheet}：请勿指定工作表",
                sheet=sheet,
            ),
        )
    else:
        read = Sheet(path=str(path), lines=Lines(delimited(file).rows))
    # to the end, so that what cannot be read is told before anything is made of the rest
    if not sum(not line.is_blank for line in read.lines):
        raise SheetUnreadable(str(path), EMPTY)
    return read
