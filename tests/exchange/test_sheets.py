"""Files as they come: every kind that is read, and what is said about the others."""

import sys
import zipfile
from datetime import date, time, timedelta

import pytest
import xlsxwriter

from timebank.errors import ExtraMissing, SheetUnreadable
from timebank.exchange import read_sheet

from .books import csv_file, workbook

LINES = ["日期,志愿者编号,时长", "2026-03-05,007,2.5"]
CELLS = [("日期", "志愿者编号", "时长"), ("2026-03-05", "007", "2.5")]


def cells(path, **options):
    return [line.cells for line in read_sheet(path, **options).lines]


def repacked(path, part, change):
    """Rewrite one part of a workbook, as another program might have written it."""
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    parts[part] = change(parts[part].decode()).encode()
    with zipfile.ZipFile(path, "w") as book:
        for name, content in parts.items():
            book.writestr(name, content)
    return path


# ---------------------------------------------------------------- text


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "utf-16-le"]
)
def test_text_is_read_in_every_encoding_that_our_programs_write(tmp_path, encoding):
    path = csv_file(tmp_path / "a.csv", *LINES, encoding=encoding)
    if encoding == "utf-16-le":
        path.write_bytes(b"\xff\xfe" + path.read_bytes())

    assert cells(path) == CELLS


def test_unicode_text_as_wps_saves_it_has_tabs(tmp_path):
    lines = [line.replace(",", "\t") for line in LINES]

    assert cells(csv_file(tmp_path / "a.txt", *lines, encoding="utf-16")) == CELLS


def test_the_delimiter_is_told_from_the_content(tmp_path):
    semicolons = csv_file(tmp_path / "a.csv", "a;b;c", '"1,2";2,5;"3;4,,,,,,"')

    assert cells(semicolons) == [("a", "b", "c"), ("1,2", "2,5", "3;4,,,,,,")]


def test_rows_are_numbered_as_the_program_shows_them(tmp_path):
    path = csv_file(tmp_path / "a.csv", "a,b", "", '"two\nlines",x', "3,")

    sheet = read_sheet(path)

    assert [(line.number, line.cells) for line in sheet.lines] == [
        (1, ("a", "b")),
        (2, ()),
        (3, ("two\nlines", "x")),
        (4, ("3", None)),
    ]


def test_an_id_that_was_forced_to_be_text_is_that_text(tmp_path):
    path = csv_file(tmp_path / "a.csv", "id,n", '="007",1')

    assert cells(path)[1] == ("007", "1")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "the file is empty"),
        (b"\xef\xbb\xbf", "the sheet is empty"),
        (b"\n\n , ,\n", "the sheet is empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "no spreadsheet"),
        (b"%PDF-1.7\n%\xff\xff\xff\xff\n", "no spreadsheet"),
        (b"plain\x00text", "no spreadsheet"),
        (b"PK\x03\x04 and then nothing", "no spreadsheet, or is damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "no spreadsheet, or is dam"),
        (b"\xff\xfea\x00,", "no text in utf-16-le"),
        ("<html><table><tr><td>日期".encode(), "a web page"),
        (b'a,b\n"open,1\n', "line 2"),
    ],
)
def test_what_is_no_spreadsheet_is_said_to_be_none(tmp_path, content, complaint):
    path = tmp_path / "looks-fine.xlsx"
    path.write_bytes(content)

    with pytest.raises(SheetUnreadable, match=complaint) as caught:
        read_sheet(path)

    assert caught.value.path == str(path)


def test_a_file_that_is_not_there_is_said_not_to_be_there(tmp_path):
    with pytest.raises(SheetUnreadable, match="No such file"):
        read_sheet(tmp_path / "none.csv")


def test_a_zip_of_something_else_is_no_spreadsheet(tmp_path):
    path = tmp_path / "letter.docx"
    with zipfile.ZipFile(path, "w") as letter:
        letter.writestr("word/document.xml", "<document/>")

    with pytest.raises(SheetUnreadable, match="no spreadsheet"):
        read_sheet(path)


# ---------------------------------------------------------------- workbooks


def test_a_workbook_gives_cells_as_what_they_are(tmp_path):
    path = tmp_path / "named-wrongly.csv"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        page.write_string(1, 1, "007")
        page.write_number(1, 2, 2.5)
        for column, (value, shape) in enumerate(
            [
                (date(2026, 3, 5), "yyyy-mm-dd"),
                (time(9, 30), "hh:mm"),
                (timedelta(hours=26), "[h]:mm"),
            ],
            start=3,
        ):
            page.write_datetime(
                1, column, value, book.add_format({"num_format": shape})
            )

    assert [*read_sheet(path).lines][1].number == 2
    assert cells(path)[1] == (
        *(None, "007", 2.5),
        *(date(2026, 3, 5), time(9, 30), timedelta(hours=26)),
    )


def test_an_ods_workbook_is_read_too(tmp_path):
    path = tmp_path / "a.ods"
    office = "urn:oasis:names:tc:opendocument:xmlns"
    with zipfile.ZipFile(path, "w") as book:
        kind = "application/vnd.oasis.opendocument.spreadsheet"
        book.writestr("mimetype", kind)
        book.writestr(
            "META-INF/manifest.xml",
            f'<manifest:manifest xmlns:manifest="{office}:manifest:1.0"/>',
        )
        book.writestr(
            "content.xml",
            f'<o:document-content xmlns:o="{office}:office:1.0" '
            f'xmlns:table="{office}:table:1.0" xmlns:office="{office}:office:1.0" '
            f'xmlns:text="{office}:text:1.0"><office:body><office:spreadsheet>'
            '<table:table table:name="三月"><table:table-row>'
            '<table:table-cell office:value-type="string"><text:p>007</text:p>'
            '</table:table-cell><table:table-cell office:value-type="float" '
            'office:value="2.5"/><table:table-cell office:value-type="date" '
            'office:date-value="2026-03-05"/></table:table-row></table:table>'
            "</office:spreadsheet></office:body></o:document-content>",
        )

    assert cells(path) == [("007", 2.5, date(2026, 3, 5))]


def test_a_formula_without_a_result_reads_as_its_text_and_an_error_as_its_name(
    tmp_path,
):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        page.write_formula("A1", "=B1&C1", None, "")
        page.write_formula("B1", "=1/0", None, "#DIV/0!")
        page.write_formula("C1", "=1+1", None, 2)
        page.write_formula("D1", '="x"', None, "x")
        page.write_string("E1", "plain")

    assert cells(path) == [("=B1&C1", "#DIV/0!", 2.0, "x", "plain")]


@pytest.mark.parametrize(
    "written",
    [
        '<c r="B1"><f>A1+1</f></c>',
        '<c r="B1"><f>A1+1</f><v/></c>',
        "<c><f>A1+1</f></c>",
        '<x:c xmlns:x="u" r="B1"><x:f>A1+1</x:f></x:c>',
    ],
)
def test_a_formula_without_a_result_is_found_however_the_file_is_written(
    tmp_path, written
):
    path = workbook(tmp_path / "a.xlsx", [["a", "b"]])
    cell = '<c r="B1" t="s"><v>1</v></c>'
    repacked(path, "xl/worksheets/sheet1.xml", lambda xml: xml.replace(cell, written))

    assert cells(path) == [("a", "=A1+1")]


def test_a_formula_whose_result_is_the_empty_text_is_a_blank_cell(tmp_path):
    path = workbook(tmp_path / "a.xlsx", [["a", "b"]])
    cell = '<c r="B1" t="s"><v>1</v></c>'
    blank = '<c r="B1" t="str"><f>IF(A1="","",1)</f><v></v></c>'
    repacked(path, "xl/worksheets/sheet1.xml", lambda xml: xml.replace(cell, blank))

    assert cells(path) == [("a", None)]


def test_a_workbook_that_declares_entities_is_refused(tmp_path):
    path = workbook(tmp_path / "a.xlsx", [["a", "b"]])
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]>'
    repacked(path, "xl/workbook.xml", lambda xml: xml.replace("?>", f"?>{bomb}", 1))

    with pytest.raises(SheetUnreadable, match="entities"):
        read_sheet(path)


def test_a_workbook_that_was_cut_short_is_damaged(tmp_path):
    path = workbook(tmp_path / "a.xlsx", [["a", "b"]])
    path.write_bytes(path.read_bytes()[:-40])

    with pytest.raises(SheetUnreadable, match="damaged"):
        read_sheet(path)


def test_an_empty_workbook_is_an_empty_sheet(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet()

    with pytest.raises(SheetUnreadable, match="the sheet is empty"):
        read_sheet(path)


@pytest.fixture
def three_sheets(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for name in ("三月", "四月", "空"):
            page = book.add_worksheet(name)
            if name != "空":
                page.write_string(0, 0, name)
    return path


def test_of_several_sheets_one_must_be_named(three_sheets):
    with pytest.raises(SheetUnreadable, match="三月, 四月; name the one"):
        read_sheet(three_sheets)

    assert cells(three_sheets, sheet="四月") == [("四月",)]


def test_a_sheet_that_is_not_there_is_answered_with_those_that_are(three_sheets):
    with pytest.raises(SheetUnreadable, match="no sheet '五月'; it has 三月, 四月, 空"):
        read_sheet(three_sheets, sheet="五月")


def test_a_text_has_no_sheet_of_any_name(tmp_path):
    path = csv_file(tmp_path / "a.csv", "日期")

    with pytest.raises(SheetUnreadable, match="no workbook, and has no sheet 三月"):
        read_sheet(path, sheet="三月")


def test_hidden_and_empty_sheets_need_not_be_chosen_from(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("空")
        book.add_worksheet("三月").write_string(0, 0, "here")
        choices = book.add_worksheet("选项")
        choices.write_string(0, 0, "是")
        choices.hide()

    assert read_sheet(path).name == "三月"


def test_without_the_extra_the_message_names_what_to_install(tmp_path, monkeypatch):
    path = workbook(tmp_path / "a.xlsx", [["a", "b"]])
    monkeypatch.setitem(sys.modules, "python_calamine", None)  # as if not installed

    with pytest.raises(ExtraMissing, match=r"pip install 'timebank\[excel\]'"):
        read_sheet(path)
