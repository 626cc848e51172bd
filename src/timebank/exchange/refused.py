"""
Refused rows, back to the clerk as a workbook.

The cells stand as they were, in their columns and under their headings, with the row's
number and the reasons beside them.  Mended, the same workbook can be imported.
"""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from ..errors import ExtraMissing
from ..texts import Language
from .cells import Cell, shown
from .headings import heading_key
from .importing import RefusedRow, RowFinding
from .problems import RowProblem
from .tables import Table
from .texts import REASON_HEADING, ROW_HEADING

if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

_CELL_LENGTH_MAX: Final = 32_767
_WIDTH_MIN: Final = 8
_WIDTH_MAX: Final = 28
_REASON_WIDTH: Final = 70
_YEAR_MIN: Final = 1900
"""Spreadsheets know no earlier days."""

_OWN: Final = frozenset(
    heading_key(heading)
    for text in (ROW_HEADING, REASON_HEADING)
    for heading in (text.en, text.zh)
)
"""Columns that an earlier round added; they are not handed back a second time."""


def write_refused(
    path: Path | str,
    table: Table,
    refused: Iterable[RefusedRow],
    *,
    text: Callable[[RowFinding], str],
    language: str = Language.EN,
) -> None:
    """
    Write *refused* rows of *table* into an .xlsx workbook, replacing a file of that name.

    The cells that a reason names are coloured.  Each cell is written as the kind it
    is, so that no text becomes a formula, a number or a link.

    Args:
        path: The workbook.
        table: Where the rows come from: its headings are used again.
        refused: The rows.
        text: What a finding says, to a clerk.
        language: The language of the two headings that are added.

    Raises:
        ExtraMissing: If writing workbooks is not installed.
        OSError: If the file cannot be written; an older one is then left as it was.
    """
    content = io.BytesIO()
    workbook = _xlsxwriter().Workbook(content, {"in_memory": True})
    _Page(workbook, table, language).fill(refused, text)
    workbook.close()
    _replace(Path(path), content.getvalue())


class _Page:
    """The one sheet of the workbook while it is written."""

    def __init__(self, workbook: Any, table: Table, language: str) -> None:  # noqa: ANN401 - xlsxwriter has no types
        self._headings = table.head.headings
        self._kept = [
            place
            for place, heading in enumerate(self._headings)
            if heading_key(heading) not in _OWN
        ]
        self._language = language
        self._sheet = workbook.add_worksheet()
        self._bold = workbook.add_format(
            {"bold": True, "bg_color": "#DDE6EE", "text_wrap": True, "valign": "top"}
        )
        self._wrapped = workbook.add_format({"text_wrap": True, "valign": "top"})
        formats = {
            datetime: "yyyy-mm-dd hh:mm:ss",
            date: "yyyy-mm-dd",
            time: "hh:mm:ss",
            timedelta: "[h]:mm:ss",
            str: "@",
            object: "General",
        }
        self._formats: dict[tuple[type, bool], Any] = {
            (kind, marked): workbook.add_format(
                {"num_format": shape, "valign": "top"}
                | ({"bg_color": "#FFE2D9"} if marked else {})
            )
            for kind, shape in formats.items()
            for marked in (False, True)
        }

    def fill(
        self, refused: Iterable[RefusedRow], text: Callable[[RowFinding], str]
    ) -> None:
        """Write the headings, then a row for each refused one."""
        rows = list(refused)
        self._head(rows)
        for line, each in enumerate(rows, start=1):
            marked = {f.column for f in each.findings if isinstance(f, RowProblem)}
            for column, place in enumerate(self._kept):
                cells = each.row.cells
                cell = cells[place] if place < len(cells) else None
                self._cell(line, column, cell, self._headings[place] in marked)
            own = len(self._kept)
            self._sheet.write_number(line, own, each.row.number, self._wrapped)
            reasons = "\n".join(dict.fromkeys(text(f) for f in each.findings))
            self._sheet.write_string(line, own + 1, _fitting(reasons), self._wrapped)

    def _head(self, rows: list[RefusedRow]) -> None:
        for column, place in enumerate(self._kept):
            heading = self._headings[place]
            shows = [
                heading,
                *(shown(c) for r in rows for c in r.row.cells[place:][:1]),
            ]
            width = max(_width(text) for text in shows)
            self._sheet.set_column(
                column, column, min(max(width, _WIDTH_MIN), _WIDTH_MAX)
            )
            self._sheet.write_string(0, column, heading, self._bold)
        own = len(self._kept)
        self._sheet.write_string(0, own, ROW_HEADING.in_(self._language), self._bold)
        self._sheet.write_string(
            0, own + 1, REASON_HEADING.in_(self._language), self._bold
        )
        self._sheet.set_column(own + 1, own + 1, _REASON_WIDTH)
        self._sheet.freeze_panes(1, 0)

    def _cell(self, line: int, column: int, cell: Cell, marked: bool) -> None:  # noqa: FBT001 - private
        sheet = self._sheet
        match cell:
            case bool():
                sheet.write_boolean(line, column, cell, self._formats[object, marked])
            case int() | float():
                sheet.write_number(line, column, cell, self._formats[object, marked])
            case timedelta() | time():
                shape = self._formats[type(cell), marked]
                sheet.write_datetime(line, column, cell, shape)
            case date() if cell.year >= _YEAR_MIN:
                shape = self._formats[type(cell), marked]
                sheet.write_datetime(line, column, cell, shape)
            case None:
                sheet.write_blank(line, column, None, self._formats[object, marked])
            case _:
                text = cell if isinstance(cell, str) else shown(cell)
                sheet.write_string(
                    line, column, _fitting(text), self._formats[str, marked]
                )


def _width(text: str) -> int:
    """How many columns of a screen a text takes; Chinese characters take two."""
    return 2 + sum(1 + (ord(character) > 0x2E7F) for character in text)  # noqa: PLR2004 - where wide scripts begin


def _fitting(text: str) -> str:
    return text[:_CELL_LENGTH_MAX]


def _replace(path: Path, content: bytes) -> None:
    """Put a whole file in its place, or none."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def _xlsxwriter() -> ModuleType:
    try:
        import xlsxwriter  # noqa: PLC0415 - an extra
    except ImportError:
        raise ExtraMissing("excel", "xlsxwriter") from None
    return cast("ModuleType", xlsxwriter)
