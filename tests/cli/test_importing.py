"""Importing a clerk's spreadsheet: every row is told of, and none recorded twice."""

import re
import sys
from datetime import date, timedelta
from typing import get_args

import pytest
import xlsxwriter

from timebank.cli.importing import LayoutName
from timebank.exchange import LAYOUTS, read_sheet

from ..writers import limit_files

HEADINGS = "日期,志愿者编号,姓名,服务类别,时长"
SHEET = f"""\
{HEADINGS}
2024-03-01,v-1,张三,关爱服务,2:50
2024-03-02,v-2,李四,care,90分钟
2024-03-03,v-9,王五,care,1
2024-03-04,v-1,张三,理发,25:00
2024-03-01,v-1,张三,关爱服务,2:50
合计,,,,9:10
"""


@pytest.fixture
def sheet(tmp_path):
    """Return a file with two good rows, a stranger's, one with two faults, one twice."""
    path = tmp_path / "march.csv"
    path.write_text(SHEET, "utf-8")
    return path


def ids(timebank):
    return [e["id"] for e in timebank("journal --json").json["entries"]]


def imported(timebank, *options):
    return timebank("import march.csv --as services", *options)


@pytest.mark.usefixtures("sheet")
def test_every_row_is_told_of(guangzhou):
    done = imported(guangzhou)

    assert done.code == 4
    assert done.out.splitlines()[:6] == [
        "march.csv, as services",
        "  recorded             2",
        "  known already        0",
        "  refused              3",
        "  noted                0",
        "  skipped              1",
    ]
    assert [line.partition(":")[0] for line in done.out.splitlines()[6:]] == [
        "row 4 refused",
        "row 5 refused",
        "row 6 refused",
    ]
    assert done.err == (
        "timebank: march.csv: 3 of 5 rows were refused\n"
        "  mend them in the file and import it again: what is recorded is known\n"
    )


@pytest.mark.usefixtures("sheet")
def test_a_row_is_refused_with_every_reason(guangzhou):
    (line,) = [line for line in imported(guangzhou).out.splitlines() if "row 5" in line]

    assert "理发" in line
    assert "25:00" in line


@pytest.mark.usefixtures("sheet")
def test_reasons_are_given_in_chinese_too(guangzhou):
    done = imported(guangzhou, "--language", "zh")

    four, five = (
        line for line in done.out.splitlines() if line[:5] in ("第 4 行", "第 5 行")
    )
    assert re.search(r"[一-鿿].* \[provider\]$", four)
    assert re.search(r"25:00 ?[一-鿿]", five)


@pytest.mark.usefixtures("sheet")
def test_a_dry_run_says_the_same_and_records_nothing(guangzhou):
    before = ids(guangzhou)

    rehearsed = imported(guangzhou, "--dry-run")

    assert rehearsed.code == 4
    assert ids(guangzhou) == before
    assert rehearsed.out.splitlines()[:2] == [
        "march.csv, as services, rehearsed",
        "  to be recorded       2",
    ]
    real = imported(guangzhou)
    assert rehearsed.out.splitlines()[2:] == real.out.splitlines()[2:]


@pytest.mark.usefixtures("sheet")
def test_a_second_import_adds_nothing(guangzhou):
    imported(guangzhou)
    before = ids(guangzhou)

    again = imported(guangzhou)

    assert ids(guangzhou) == before
    assert "  recorded             0\n  known already        2\n" in again.out


@pytest.mark.usefixtures("sheet")
def test_all_or_nothing_records_nothing_where_a_row_is_wrong(guangzhou):
    before = ids(guangzhou)

    done = imported(guangzhou, "--all-or-nothing")

    assert done.code == 4
    assert ids(guangzhou) == before
    assert "  withheld             2\n" in done.out
    assert "nothing was recorded: --all-or-nothing wants every row right" in done.err


def test_all_or_nothing_records_all_where_every_row_is_right(guangzhou, tmp_path):
    (tmp_path / "march.csv").write_text("\n".join(SHEET.splitlines()[:3]), "utf-8")

    done = imported(guangzhou, "--all-or-nothing")

    assert (done.code, done.err) == (0, "")
    assert "  recorded             2\n" in done.out


@pytest.mark.usefixtures("sheet")
def test_refused_rows_come_back_as_a_workbook_that_can_be_imported(guangzhou, tmp_path):
    done = imported(guangzhou, "--refused", "back.xlsx")

    assert "  they are in back.xlsx: mend them there" in done.err
    rows = [line.cells for line in read_sheet(tmp_path / "back.xlsx").lines]
    assert rows[0][-2:] == ("Row in the first file", "Why it was refused")
    assert [row[-2] for row in rows[1:]] == [4, 5, 6]
    assert "[provider]" in rows[1][-1]

    guangzhou("account open v-9 --on 2024-01-02")
    mended = guangzhou("import back.xlsx --as services")

    assert "  recorded             1\n  known already        1\n" in mended.out
    assert mended.code == 4


@pytest.mark.usefixtures("sheet")
def test_the_workbooks_own_headings_are_in_the_language_asked_for(guangzhou, tmp_path):
    imported(guangzhou, "--refused", "back.xlsx", "--language", "zh")

    head = next(iter(read_sheet(tmp_path / "back.xlsx").lines)).cells

    assert head[-2:] == ("原行号", "退回原因")


def test_where_nothing_is_refused_no_workbook_is_written(guangzhou, tmp_path):
    (tmp_path / "march.csv").write_text("\n".join(SHEET.splitlines()[:3]), "utf-8")

    done = imported(guangzhou, "--refused", "back.xlsx")

    assert done.code == 0
    assert not (tmp_path / "back.xlsx").exists()


@pytest.mark.usefixtures("sheet")
def test_refused_rows_go_into_a_workbook_and_nothing_else(guangzhou):
    before = ids(guangzhou)

    done = imported(guangzhou, "--refused", "back.csv")

    assert (done.code, ids(guangzhou)) == (2, before)
    assert "must end in .xlsx" in done.err


@pytest.mark.usefixtures("sheet")
@pytest.mark.parametrize(
    "place", ["nowhere/back.xlsx", "march.csv/back.xlsx", "f.xlsx"]
)
def test_a_workbook_that_cannot_be_written_is_told_before_the_first_row(
    guangzhou, tmp_path, place
):
    (tmp_path / "f.xlsx").mkdir()
    before = ids(guangzhou)

    done = imported(guangzhou, "--refused", place)

    assert (done.code, done.out, ids(guangzhou)) == (6, "", before)
    assert f"--refused: {place} cannot be written: " in done.err


@pytest.mark.usefixtures("sheet")
def test_the_report_is_printed_although_the_workbook_cannot_be_written(
    guangzhou, tmp_path, monkeypatch
):
    def full(*_, **__):
        raise OSError(28, "No space left on device", str(tmp_path / "tmp1234"))

    monkeypatch.setattr("timebank.exchange.write_refused", full)

    done = imported(guangzhou, "--refused", "back.xlsx")

    assert done.code == 6
    assert "  recorded             2\n" in done.out
    assert "back.xlsx cannot be written: No space left on device" in done.err
    assert "tmp1234" not in done.err


def test_an_import_that_a_full_disk_ends_says_how_far_it_came(guangzhou, tmp_path):
    rows = [
        f"{date(2024, 1, 1) + timedelta(days=n % 60)},v-1,,care,{30 + n // 60}分钟"
        for n in range(3_000)
    ]
    (tmp_path / "march.csv").write_text("\n".join([HEADINGS, *rows]), "utf-8")

    # room for a turn or two, and no more
    limit_files(1_500_000)
    try:
        done = imported(guangzhou)
    finally:
        limit_files(None)

    assert (done.code, done.out) == (6, "")
    assert "no room to write" in done.err
    (before,) = re.findall(r"before that (\d+) of 3000 rows were done", done.err)
    assert before in {"500", "1000"}
    assert f"  known already {before:>8}\n" in imported(guangzhou, "--dry-run").out


@pytest.mark.usefixtures("sheet")
def test_the_json_of_an_import_names_every_row(guangzhou):
    done = imported(guangzhou, "--json")

    assert done.code == 4
    document = done.json
    refused = document.pop("refused")
    assert document == {
        "file": "march.csv",
        "as": "services",
        "dry_run": False,
        "recorded": [2, 3],
        "known": [],
        "withheld": [],
        "skipped": [7],
        "unread": [],
        "noted": [],
    }
    assert [each["row"] for each in refused] == [4, 5, 6]
    assert len(refused[1]["reasons"]) == 2


def test_what_the_rules_noted_is_told_by_row(guangzhou, tmp_path):
    days = [date(2020, 1, 1) + timedelta(days=n) for n in range(63)]
    rows = [f"{day},v-1,张三,care,24" for day in days]
    (tmp_path / "march.csv").write_text("\n".join([HEADINGS, *rows]), "utf-8")

    done = imported(guangzhou)

    assert done.code == 0
    noted = done.out.splitlines()[-1]
    assert noted.startswith("row 64 noted: 12 points")
    assert noted.endswith("[accounts.member.points.cap]")
    assert "  noted                1\n" in done.out


def test_a_sheet_of_a_workbook_is_named(guangzhou, tmp_path):
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        for name, member in (("三月", "v-1"), ("四月", "v-2")):
            page = book.add_worksheet(name)
            page.write_row(0, 0, ["日期", "志愿者编号", "服务类别", "时长"])
            page.write_row(1, 0, ["2024-03-05", member, "care", "1:00"])

    unnamed = guangzhou("import a.xlsx --as services")
    named = guangzhou("import a.xlsx --as services --sheet '四月'")

    assert unnamed.code == 4
    assert unnamed.err.endswith("name the one to read: --sheet '三月'\n")
    assert named.code == 0
    assert guangzhou("balance v-2 hours --json").json["balances"] == {
        "hours": {"free": 60, "held": 0, "total": 60}
    }


def test_members_and_redemptions_are_imported_too(starred, tmp_path):
    (tmp_path / "m.csv").write_text(
        "登记日期,志愿者编号,姓名,类型\n2024-01-02,t-1,一队,服务队\n", "utf-8"
    )
    (tmp_path / "r.csv").write_text(
        "日期,志愿者编号,物品,数量\n2024-03-05,v-1,大米,2\n2024-03-05,v-2,大米,1\n",
        "utf-8",
    )

    members = starred("import m.csv --as members")
    orders = starred("import r.csv --as redemptions")

    assert members.code == 0
    assert orders.code == 4
    assert "row 3 refused: " in orders.out
    assert "[rules.redeem.requires.star]" in orders.out
    listed = starred("account list --kind group --json").json["accounts"]
    assert [each["account"] for each in listed] == ["t-1"]


def test_the_layouts_are_those_that_can_be_read():
    assert set(get_args(LayoutName)) == set(LAYOUTS)


def test_columns_that_nothing_reads_are_told(guangzhou, tmp_path):
    (tmp_path / "phones.csv").write_text(
        f"{HEADINGS},电话,cash\n2024-03-01,v-1,张三,care,1,123,4\n", "utf-8"
    )

    english = guangzhou("import phones.csv --as services --dry-run")
    chinese = guangzhou("import phones.csv --as services --dry-run --language zh")
    data = guangzhou("import phones.csv --as services --dry-run --json").json

    assert english.out.endswith("columns not read: 电话, cash\n")
    assert chinese.out.endswith("未读取的列：电话、cash\n")
    assert data["unread"] == ["电话", "cash"]


@pytest.mark.usefixtures("sheet")
def test_an_import_needs_a_policy(timebank):
    timebank("init --ledger gz")

    done = imported(timebank)

    assert done.code == 1
    assert "no policy has been adopted yet: timebank policy adopt" in done.err


@pytest.mark.usefixtures("sheet")
def test_a_terminal_shows_a_bar_and_the_report_stays_clean(guangzhou, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")

    done = imported(guangzhou)

    assert "march.csv" in done.err
    assert "━" in done.err
    assert "━" not in done.out
