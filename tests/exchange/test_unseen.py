"""Cells with what cannot be seen, as comes along with what is copied from a web page."""

from datetime import date

import pytest

from timebank.exchange import MEMBERS, SERVICES
from timebank.exchange.cells import seen

from .books import csv_file, read, said

SHEET = """日期,志愿者编号,服务类别,时长,服务对象编号
2026-03-05,v-001,关爱服务,2:30,v-002
"""
HEADING, RECORD = SHEET.splitlines()


def with_unseen(text):
    """Put something that cannot be seen into each cell: at its ends, and within."""
    return ",".join(f"\u200b{c[0]}\u2060{c[1:]}\ufeff" for c in text.split(","))


@pytest.mark.parametrize(
    "text",
    [
        f"{with_unseen(HEADING)}\n{RECORD}\n",
        f"{HEADING}\n{with_unseen(RECORD)}\n",
        f"{HEADING}\n{RECORD.replace('v-001', chr(0x202A) + 'v-001' + chr(0x202C))}\n",
    ],
    ids=["headings", "cells", "turned around"],
)
def test_it_is_passed_over(tmp_path, text):
    (plain,) = read(csv_file(tmp_path / "plain.csv", SHEET), SERVICES).rows

    (row,) = read(csv_file(tmp_path / "sheet.csv", text), SERVICES).rows

    assert said(row) == []
    assert row.request == plain.request


def test_a_cell_of_nothing_else_is_blank(tmp_path):
    text = SHEET.replace("v-002", "\u200b")

    (row,) = read(csv_file(tmp_path / "sheet.csv", text), SERVICES).rows

    assert said(row) == []
    assert row.request.operation.recipient is None


@pytest.mark.parametrize("between", ['"v-0\u202801"', '"v-0\u202901"'])
def test_a_line_that_ends_otherwise_is_told(tmp_path, between):
    text = SHEET.replace("v-001", between)

    (row,) = read(csv_file(tmp_path / "sheet.csv", text), SERVICES).rows

    assert row.request is None


def test_what_joins_letters_is_read(tmp_path):
    text = "登记日期,志愿者编号\n2026-03-05,می\u200cروم\n"

    (row,) = read(csv_file(tmp_path / "members.csv", text), MEMBERS).rows

    assert row.request.operation.account == "می\u200cروم"


def test_a_line_within_a_cell_is_no_such_thing(tmp_path):
    text = SHEET.replace("v-001", '"v-0\n01"')

    (row,) = read(csv_file(tmp_path / "sheet.csv", text), SERVICES).rows

    assert row.request is None


@pytest.mark.parametrize("cell", [None, 1.5, True, date(2026, 3, 5), "v-001", ""])
def test_other_cells_are_as_they_were(cell):
    assert seen(cell) is cell
