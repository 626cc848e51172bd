"""
A file as rows of cells: workbooks, and text with commas or tabs.

What a file is, is told from its content; suffixes lie.  What the cells mean is said in
`cells` and `layouts`.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Final

from attrs import frozen

from ..errors import ExtraMissing, SheetUnreadable
from ..texts import Text, joined, of_system
from .cells import Cell, is_blank
from .formulas import Unvalued, WorkbookDamaged, unvalued_cells

_ZIP: Final = b"PK\x03\x04"
_COMPOUND: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BYTE_ORDER_MARKS: Final = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_NOT_TEXT: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_WEB_PAGE: Final = re.compile(
    r"\s*<(?:!doctype|html|\?xml|table|meta|head)", re.IGNORECASE
)
_FORCED_TEXT: Final = re.compile(r'="([^"=]*)"')
_DELIMITERS: Final = ("\t", ",", ";")
_LINES_SNIFFED: Final = 20

_SAVE_AS: Final = Text(
    "open it in Excel or WPS and save it as .xlsx",
    "请用 Excel 或 WPS 打开并另存为 .xlsx",
)
_EMPTY: Final = Text("the sheet is empty", "工作表是空的")


@frozen
class Line:
    """A row as it stands in the file; *number* is the one that the program shows, from 1."""

    number: int
    cells: tuple[Cell, ...]

    @property
    def is_blank(self) -> bool:
        """Whether no cell shows anything."""
        return all(is_blank(cell) for cell in self.cells)


@frozen(kw_only=True)
class Sheet:
    """
    One sheet of a file.

    Args:
        path: The file.
        name: The sheet's name; empty where files have only one.
        lines: Every row, blank ones included, in order.
    """

    path: str
    name: str = ""
    lines: tuple[Line, ...]


def read_sheet(path: Path | str, *, sheet: str | None = None) -> Sheet:
    """
    Read one sheet of a file.

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
            has several sheets and none was named.
        ExtraMissing: If reading workbooks is not installed.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise SheetUnreadable(str(path), of_system(error)) from None
    if not content:
        raise SheetUnreadable(str(path), Text("the file is empty", "文件是空的"))
    if content.startswith((_ZIP, _COMPOUND)):
        found = _workbook(str(path), content, sheet)
    else:
        found = Sheet(path=str(path), lines=_lines(_text_rows(str(path), content)))
    if all(line.is_blank for line in found.lines):
        raise SheetUnreadable(str(path), _EMPTY)
    return found


def _lines(rows: Iterable[Iterable[Cell]]) -> tuple[Line, ...]:
    return tuple(
        Line(number, tuple(None if cell == "" else cell for cell in row))
        for number, row in enumerate(rows, start=1)
    )


# ---------------------------------------------------------------- workbooks


def _workbook(path: str, content: bytes, wanted: str | None) -> Sheet:
    calamine = _calamine()
    try:
        with calamine.load_workbook(io.BytesIO(content)) as workbook:
            visible = [
                about.name
                for about in workbook.sheets_metadata
                if about.typ is calamine.SheetTypeEnum.WorkSheet
                and about.visible is calamine.SheetVisibleEnum.Visible
            ]
            names = visible if wanted is None else workbook.sheet_names
            rows: dict[str, list[list[Cell]]] = {
                name: workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
                for name in names
                if wanted in {None, name}
            }
        name = _one_sheet(path, rows, wanted, tuple(names))
        _put_back(rows[name], unvalued_cells(content, name))
    except calamine.PasswordError:
        raise SheetUnreadable(
            path,
            Text(
                "it is locked with a password; save it without one",
                "文件有密码保护；请另存为无密码的文件",
            ),
        ) from None
    except (calamine.CalamineError, WorkbookDamaged) as error:
        raise SheetUnreadable(
            path,
            Text(
                "it is no spreadsheet, or is damaged ({error}); {save}",
                "不是电子表格，或已损坏（{error}）；{save}",
                error=error,
                save=_SAVE_AS,
            ),
        ) from None
    return Sheet(path=path, name=name, lines=_lines(rows[name]))


def _one_sheet(
    path: str,
    rows: dict[str, list[list[Cell]]],
    wanted: str | None,
    names: tuple[str, ...],
) -> str:
    if wanted is not None:
        if wanted not in rows:
            raise SheetUnreadable(
                path,
                Text(
                    "it has no sheet {wanted!r}; it has {names}",
                    "没有工作表 {wanted!r}；现有 {names}",
                    wanted=wanted,
                    names=", ".join(names),
                ),
            )
        return wanted
    filled = [
        name
        for name, table in rows.items()
        if any(not is_blank(cell) for row in table for cell in row)
    ]
    if not filled:
        raise SheetUnreadable(path, _EMPTY)
    if len(filled) > 1:
        raise SheetUnreadable(
            path,
            Text(
                "it has several sheets: {names}; name the one to read: --sheet {one!r}",
                "有多个工作表：{names}；请指明要读的一个：--sheet {one!r}",
                names=", ".join(filled),
                one=filled[0],
            ),
        )
    return filled[0]


def _put_back(rows: list[list[Cell]], unvalued: Unvalued) -> None:
    """Put each formula and error where the reader, who saw nothing there, has a blank."""
    for (row, column), text in unvalued.items():
        rows.extend([] for _ in range(row + 1 - len(rows)))
        rows[row].extend(None for _ in range(column + 1 - len(rows[row])))
        rows[row][column] = text


def _calamine() -> ModuleType:
    try:
        import python_calamine  # noqa: PLC0415 - an extra
    except ImportError:
        raise ExtraMissing("excel", "python-calamine") from None
    return python_calamine


# ---------------------------------------------------------------- text


def _text_rows(path: str, content: bytes) -> list[list[Cell]]:
    text = _decoded(path, content)
    if _WEB_PAGE.match(text):
        raise SheetUnreadable(
            path,
            Text(
                "it is a web page, whatever its name; {save}",
                "不论文件名如何，这是一个网页；{save}",
                save=_SAVE_AS,
            ),
        )
    if _NOT_TEXT.search(text):
        raise SheetUnreadable(
            path,
            Text("it is no spreadsheet; {save}", "不是电子表格；{save}", save=_SAVE_AS),
        )
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True
    )
    try:
        return [[_unforced(field) for field in row] for row in reader]
    except csv.Error as error:
        why = Text("line {n}: {e}", "第 {n} 行：{e}", n=reader.line_num, e=error)
        raise SheetUnreadable(path, why) from None


def _decoded(path: str, content: bytes) -> str:
    for mark, encoding in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            encodings = [encoding]
            content = content.removeprefix(mark)
            break
    else:
        encodings = ["utf-8", "gb18030"]
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError as error:
            at = error.start
    raise SheetUnreadable(
        path,
        Text(
            "it is no spreadsheet, and no text in {encodings} (byte {at}); {save}",
            "不是电子表格，也不是 {encodings} 编码的文本（第 {at} 字节）；{save}",
            encodings=joined(encodings, Text(" or ", " 或 ")),
            at=at,
            save=_SAVE_AS,
        ),
    )


def _delimiter(text: str) -> str:
    """The delimiter that the first lines hold most of, outside quotes; a tab, if tied."""
    head = "\n".join(text.splitlines()[:_LINES_SNIFFED])
    counts = Counter(re.sub(r'"[^"]*"', "", head))
    return max(_DELIMITERS, key=lambda delimiter: counts[delimiter])


def _unforced(field: str) -> str:
    """A field written ``="007"``, by which other programs keep a spreadsheet's hands off."""
    forced = _FORCED_TEXT.fullmatch(field.strip())
    return forced[1] if forced else field
