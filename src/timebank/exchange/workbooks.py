"""
Workbooks, as rows of cells.

Their reader takes one sheet apart at a time and keeps it as it came, some 60 bytes a cell;
cells become Python's own only as somebody goes through them.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Any

from attrs import frozen

from ..errors import ExtraMissing, SheetUnreadable
from ..texts import Text
from .cells import Cell, is_blank
from .delimited import SAVE_AS
from .files import File
from .formulas import Unvalued, WorkbookDamaged, unvalued_cells

EMPTY: Text = Text("the sheet is empty", "工作表是空的")


@frozen(kw_only=True)
class Page:
    """
    One sheet of a workbook.

    Args:
        name: What it is called.
        content: The reader's own sheet.
        unvalued: What its formulas and errors say, which the reader shows as blank.
    """

    name: str
    content: Any
    unvalued: Unvalued

    def rows(self) -> Iterator[list[Cell]]:
        """Go through its rows."""
        kept: dict[int, dict[int, str]] = {}
        for (row, column), text in self.unvalued.items():
            kept.setdefault(row, {})[column] = text
        number = -1
        for number, cells in enumerate(_cells(self.content)):
            yield _put_back(cells, kept.get(number, {}))
        for after in range(number + 1, 1 + max(kept, default=-1)):
            yield _put_back([], kept.get(after, {}))


def page(file: File, wanted: str | None) -> Page:
    """
    Return the sheet *wanted* of the workbook in *file*, or the only one with content.

    Raises:
        SheetUnreadable: If it is damaged or locked, has no such sheet, or has several
            with content and none was named.
        ExtraMissing: If reading workbooks is not installed.
    """
    calamine = _calamine()
    with file.opened() as opened:
        content = opened.read()
    try:
        with calamine.load_workbook(io.BytesIO(content)) as workbook:
            names = [
                about.name
                for about in workbook.sheets_metadata
                if about.typ is calamine.SheetTypeEnum.WorkSheet
                and about.visible is calamine.SheetVisibleEnum.Visible
            ]
            name, found = (
                _only(file.path, workbook, names)
                if wanted is None
                else _named(file.path, workbook, wanted)
            )
        return Page(name=name, content=found, unvalued=unvalued_cells(content, name))
    except calamine.PasswordError:
        raise SheetUnreadable(
            file.path,
            Text(
                "it is locked with a password; save it without one",
                "文件有密码保护；请另存为无密码的文件",
            ),
        ) from None
    except (calamine.CalamineError, WorkbookDamaged) as error:
        raise SheetUnreadable(
            file.path,
            Text(
                "it is no spreadsheet, or is damaged ({error}); {save}",
                "不是电子表格，或已损坏（{error}）；{save}",
                error=error,
                save=SAVE_AS,
            ),
        ) from None


def _cells(sheet: Any) -> Iterable[list[Cell]]:  # noqa: ANN401 - the reader's own
    # it leaves out the columns before the first with content, but not the rows
    _, beside = sheet.start or (0, 0)
    for row in sheet.iter_rows():
        yield [None] * beside + row


def _named(path: str, workbook: Any, wanted: str) -> tuple[str, Any]:  # noqa: ANN401
    if wanted not in workbook.sheet_names:
        raise SheetUnreadable(
            path,
            Text(
                "it has no sheet {wanted!r}; it has {names}",
                "没有工作表 {wanted!r}；现有 {names}",
                wanted=wanted,
                names=", ".join(workbook.sheet_names),
            ),
        )
    return wanted, workbook.get_sheet_by_name(wanted)


def _only(path: str, workbook: Any, names: Iterable[str]) -> tuple[str, Any]:  # noqa: ANN401
    filled: dict[str, Any] = {}
    for name in names:
        sheet = workbook.get_sheet_by_name(name)
        if any(not is_blank(cell) for row in sheet.iter_rows() for cell in row):
            # one is enough to read, and one more to refuse them
            filled[name] = None if filled else sheet
    if not filled:
        raise SheetUnreadable(path, EMPTY)
    if len(filled) > 1:
        raise SheetUnreadable(
            path,
            Text(
                "it has several sheets: {names}; name the one to read: --sheet {one!r}",
                "有多个工作表：{names}；请指明要读的一个：--sheet {one!r}",
                names=", ".join(filled),
                one=next(iter(filled)),
            ),
        )
    return next(iter(filled.items()))


def _put_back(cells: list[Cell], texts: dict[int, str]) -> list[Cell]:
    """Put each formula and error where the reader, who saw nothing there, has a blank."""
    for column, text in texts.items():
        cells.extend(None for _ in range(column + 1 - len(cells)))
        cells[column] = text
    return cells


def _calamine() -> ModuleType:
    try:
        import python_calamine  # noqa: PLC0415 - an extra
    except ImportError:
        raise ExtraMissing("excel", "python-calamine") from None
    return python_calamine
