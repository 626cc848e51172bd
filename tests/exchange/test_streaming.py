"""Sheets are read as they go to the bank: what is kept of them does not grow with their rows."""

import os
import tracemalloc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from timebank.errors import SheetUnreadable
from timebank.exchange import delimited, formulas, import_table, read_sheet
from timebank.exchange.earlier import Before, Earlier
from timebank.exchange.numbers import Numbers

from .books import HonestBooks, csv_file, read, said, workbook

HEADINGS = "日期,志愿者编号,类别,时长,备注"


class Forgetful(HonestBooks):
    """A bank that keeps nothing of what it was asked."""

    def batch(self, requests, /, *, atomic=True):
        answers = super().batch(requests, atomic=atomic)
        self.journal.clear()
        return answers


def memory_of_an_import(path, rows):
    """Return the bytes that an import of so many rows had at most, beside what was there."""
    with path.open("w", encoding="utf-8") as file:
        file.write(f"{HEADINGS},记录编号\n")
        for number in range(rows):
            file.write(f"2026-03-05,v-1,care,1,{'x' * 100},{number}\n")
    books = Forgetful(["v-1"])
    tracemalloc.start()
    try:
        report = import_table(books, read(path), chunk=20)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(report.recorded) == rows
    return peak


def test_an_import_takes_no_more_memory_for_ten_times_the_rows(tmp_path, monkeypatch):
    monkeypatch.setattr(delimited, "BUFFER", 1 << 12)
    monkeypatch.setattr(delimited, "HEAD", 1 << 12)
    memory_of_an_import(tmp_path / "first.csv", 60)  # what is imported with it
    few = memory_of_an_import(tmp_path / "few.csv", 60)

    many = memory_of_an_import(tmp_path / "many.csv", 900)

    # a row that is kept takes 2 KB; what nobody looks for yet is garbage
    assert many - few < 300 * (900 - 60)


# ---------------------------------------------------------------- text in pieces


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16", "utf-8-sig"])
@pytest.mark.parametrize("buffer", [1, 2, 3, 5, 7, 1 << 20])
def test_a_character_may_be_cut_in_two(tmp_path, monkeypatch, encoding, buffer):
    monkeypatch.setattr(delimited, "BUFFER", buffer)
    path = csv_file(tmp_path / "a.csv", "日期,编号", "𠮷,é", encoding=encoding)

    assert [line.cells for line in read_sheet(path).lines] == [
        ("日期", "编号"),
        ("𠮷", "é"),
    ]


@given(content=st.binary(min_size=1, max_size=40), buffer=st.integers(1, 9))
@example(content="日期".encode("gb18030") + b"\xff", buffer=3)
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16-le"])
def test_text_is_decoded_in_pieces_as_it_is_in_one(
    tmp_path_factory, encoding, content, buffer
):
    path = tmp_path_factory.getbasetemp() / "pieces.csv"
    path.write_bytes(content)

    with pytest.MonkeyPatch.context() as patched, path.open("rb") as opened:
        patched.setattr(delimited, "BUFFER", buffer)
        try:
            found = "".join(delimited._decoded(opened, encoding))
        except delimited._Undecodable as error:
            found = error.at

    try:
        wanted = content.decode(encoding)
    except UnicodeDecodeError as error:
        wanted = error.start
    assert found == wanted


def test_what_is_no_text_is_found_wherever_it_stands(tmp_path, monkeypatch):
    monkeypatch.setattr(delimited, "BUFFER", 4)
    path = csv_file(tmp_path / "a.csv", HEADINGS, "a" * 50 + "\0")

    with pytest.raises(SheetUnreadable, match="no spreadsheet"):
        read_sheet(path)


def test_a_quote_that_is_never_closed_is_told_before_anything_is_recorded(tmp_path):
    path = csv_file(tmp_path / "a.csv", HEADINGS, "2026-3-5,v-1,care,1,", 'x,"open')

    with pytest.raises(SheetUnreadable, match="line 3"):
        read_sheet(path)


# ---------------------------------------------------------------- the file itself


def test_a_file_that_was_changed_meanwhile_is_not_read_on(tmp_path):
    path = csv_file(tmp_path / "a.csv", HEADINGS, "2026-3-5,v-1,care,1,")
    table = read(path)
    csv_file(path, HEADINGS, "2026-3-5,v-1,care,2,", "2026-3-5,v-2,care,2,")

    with pytest.raises(SheetUnreadable, match="changed while it was read") as caught:
        import_table(HonestBooks(["v-1", "v-2"]), table)

    assert "重新导入" in caught.value.text.in_("zh")


def test_a_file_that_is_gone_by_then_is_said_to_be_gone(tmp_path):
    path = csv_file(tmp_path / "a.csv", HEADINGS, "2026-3-5,v-1,care,1,")
    table = read(path)
    path.unlink()

    with pytest.raises(SheetUnreadable, match="No such file"):
        import_table(HonestBooks(["v-1"]), table)


def test_a_pipe_is_read_once_and_gone_through_as_often_as_need_be():
    end, beginning = os.pipe()
    with os.fdopen(beginning, "w", encoding="utf-8") as file:
        file.write(f"{HEADINGS}\n2026-3-5,v-1,care,1,\n")

    try:
        table = read(f"/dev/fd/{end}")
    finally:
        os.close(end)

    assert [row.number for row in table.rows] == [2]
    assert [row.number for row in table.rows] == [2]


# ---------------------------------------------------------------- workbooks


def test_what_shows_no_value_is_put_back_wherever_it_stands(tmp_path):
    path = workbook(
        tmp_path / "a.xlsx",
        [[None, None], [None, "a"], [None, "b", None], [None, None, None]],
    )

    def formula(sheet, row, column, text):
        return sheet.replace(
            "</sheetData>",
            f'<row r="{row}"><c r="{column}{row}"><f>{text}</f></c></row></sheetData>',
        )

    from .test_sheets import repacked  # noqa: PLC0415 - its own tests are beside it

    repacked(
        path,
        "xl/worksheets/sheet1.xml",
        lambda xml: formula(xml, 6, "D", "B1+1"),
    )

    assert [(line.number, line.cells) for line in read_sheet(path).lines][1:] == [
        (2, (None, "a")),
        (3, (None, "b")),
        (4, ()),
        (5, ()),
        (6, (None, None, None, "=B1+1")),
    ]


@pytest.mark.parametrize("piece", [1, 2, 3, 1 << 20])
def test_a_formula_is_found_wherever_the_sheet_is_cut(tmp_path, monkeypatch, piece):
    monkeypatch.setattr(formulas, "PIECE", piece)
    path = workbook(tmp_path / "a.xlsx", [["a", "b"]])

    from .test_sheets import repacked  # noqa: PLC0415

    repacked(
        path,
        "xl/worksheets/sheet1.xml",
        lambda xml: xml.replace(
            '<c r="B1" t="s"><v>1</v></c>', '<c r="B1"><f>A1+1</f></c>'
        ),
    )

    assert [line.cells for line in read_sheet(path).lines] == [("a", "=A1+1")]


# ---------------------------------------------------------------- rows again


def test_the_first_of_a_kind_is_remembered():
    earlier = Earlier()

    assert earlier.take("a", 2, -5) is None
    assert earlier.take("b", 3, 7) is None
    assert earlier.take("a", 4, 6) == Before(2, -5)
    assert earlier.take("a", 5, 6) == Before(2, -5)


def test_a_row_is_told_apart_each_time_that_a_sheet_is_gone_through(tmp_path):
    row = "2026-3-5,v-1,care,1,"
    table = read(csv_file(tmp_path / "a.csv", HEADINGS, row, row))

    for _ in range(2):
        first, second = table.rows
        assert (said(first), said(second)) == ([], [("记录编号", "row-twice")])
        assert second.problems[0].found == "2"


@given(st.lists(st.integers(1, 60), unique=True).map(sorted))
def test_numbers_are_those_that_were_added(given_numbers):
    numbers = Numbers()
    for number in given_numbers:
        numbers.add(number)

    assert list(numbers) == given_numbers
    assert numbers == tuple(given_numbers)
    assert hash(numbers) == hash(tuple(given_numbers))
    assert len(numbers) == len(given_numbers)
    assert [n for n in range(62) if n in numbers] == given_numbers


def test_numbers_that_follow_one_another_take_the_room_of_one():
    numbers = Numbers()
    for number in range(2, 10_002):
        numbers.add(number)

    assert numbers.runs == [range(2, 10_002)]
