"""The workbook that goes back to the clerk, and comes back mended."""

import re
import sys
import zipfile
from datetime import date, time, timedelta

import pytest
import python_calamine
import xlsxwriter

from timebank.errors import ExtraMissing
from timebank.exchange import (
    RowProblem,
    import_table,
    problem_text,
    read_sheet,
    write_refused,
)

from .books import HonestBooks, read

HEADINGS = ["志愿者编号", "日期", "姓名", "类别", "开始", "开始时间", "时长", "电话"]


@pytest.fixture
def books():
    return HonestBooks({"007", "008"})


def said(finding):
    if isinstance(finding, RowProblem):
        return problem_text(finding, "zh")
    return f"bank: {finding.reason.value}"


def sheet(path, *rows, titles=2):
    """Write a sheet whose columns have formats, as a clerk's have."""
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False}) as book:
        page = book.add_worksheet()
        shapes = {
            kind: book.add_format({"num_format": shape})
            for kind, shape in {
                date: "yyyy-mm-dd",
                time: "hh:mm",
                timedelta: "[h]:mm",
            }.items()
        }
        for number in range(titles):
            page.write_string(number, 0, "三月登记表")
        for number, row in enumerate([HEADINGS, *rows], start=titles):
            for column, cell in enumerate(row):
                page.write(number, column, cell, shapes.get(type(cell)))
    return path


DAY = date(2026, 3, 5)
GOOD = ["007", DAY, "王芳", "care", None, time(9, 0), timedelta(hours=2), "x"]
BAD = [
    "008",
    DAY,
    "=李",
    "关爱服物",
    1.5,
    time(10, 30),
    timedelta(hours=26),
    True,
]
STRANGER = ["009", DAY, "赵", "care", None, None, timedelta(hours=1), None]


@pytest.fixture
def refused(tmp_path, books):
    """Import a good row, a bad one and a stranger's; return what is handed back."""
    table = read(sheet(tmp_path / "march.xlsx", GOOD, BAD, STRANGER))
    report = import_table(books, table)
    path = tmp_path / "refused.xlsx"
    write_refused(path, table, report.refused, text=said, language="zh")
    return path


def test_cells_stand_as_they_were_with_row_number_and_reasons_beside_them(refused):
    heading, bad, stranger = (line.cells for line in read_sheet(refused).lines)

    assert heading == (*HEADINGS, "原行号", "退回原因")
    assert bad[:9] == (*BAD, 5)
    assert bad[9].splitlines() == [
        "“类别”：政策中没有 关爱服物；有：关爱服务",
        "“时长”：26:00 超过一天（24:00）；请按天分别填写",
    ]
    assert stranger == (*STRANGER, 6, "bank: account-unknown")


def test_nothing_is_handed_back_as_a_formula_and_the_headings_stay_in_sight(refused):
    with zipfile.ZipFile(refused) as book:
        xml = book.read("xl/worksheets/sheet1.xml").decode()

    assert "<f>" not in xml
    assert re.search('<pane ySplit="1"[^>]* state="frozen"', xml)


def test_the_mended_workbook_can_be_imported(refused, books, tmp_path):
    mended = [list(line.cells) for line in [*read_sheet(refused).lines][1:]]
    mended[0][3], mended[0][6] = "关爱服务", timedelta(hours=6)
    mended[1][0] = "008"
    with_reasons = sheet(tmp_path / "mended.xlsx", *mended, titles=0)

    report = import_table(books, read(with_reasons))

    assert (report.recorded, report.refused) == ((2, 3), ())
    assert len(books.journal) == 3


def test_unmended_rows_are_refused_again_for_the_same_reasons(refused, books, tmp_path):
    table = read(refused)
    report = import_table(books, table)
    again = tmp_path / "again.xlsx"

    write_refused(again, table, report.refused, text=said, language="en")

    first, second = ([*read_sheet(path).lines] for path in (refused, again))
    assert "退回原因" in table.head.ignored
    assert second[0].cells == (*HEADINGS, "Row in the first file", "Why it was refused")
    assert [line.cells[:8] for line in second] == [line.cells[:8] for line in first]
    assert [line.cells[9] for line in second[1:]] == [
        line.cells[9] for line in first[1:]
    ]
    assert [line.cells[8] for line in second[1:]] == [2, 3]


def test_a_formula_without_a_result_comes_back_as_its_text_and_stays_refused(
    tmp_path, books
):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"}) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["日期", "志愿者编号", "类别", "时长", "志愿者年龄"])
        page.write_row(1, 0, [DAY, "007", "care", 1])
        page.write_formula(1, 4, "=2026-1959", None, "")
    table = read(path)
    refused = tmp_path / "refused.xlsx"

    write_refused(refused, table, import_table(books, table).refused, text=said)

    with python_calamine.load_workbook(refused) as book:
        rows = book.get_sheet_by_index(0).to_python()
    assert rows[1][4] == "=2026-1959"
    assert [p.reason for p in next(iter(read(refused).rows)).problems] == [
        "formula-empty"
    ]


def test_a_file_that_cannot_be_written_leaves_nothing_half_written(tmp_path, refused):
    table = read(refused)
    blocked = tmp_path / "folder.xlsx"
    blocked.mkdir()

    with pytest.raises(OSError, match="irectory"):
        write_refused(blocked, table, (), text=said)

    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "folder.xlsx",
        "march.xlsx",
        "refused.xlsx",
    ]


def test_without_the_extra_the_message_names_what_to_install(
    tmp_path, refused, monkeypatch
):
    table = read(refused)
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)  # as if not installed

    with pytest.raises(ExtraMissing, match=r"pip install 'timebank\[excel\]'"):
        write_refused(tmp_path / "x.xlsx", table, (), text=said)
