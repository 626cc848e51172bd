"""Handing the journal to those who analyse it."""

import sys

import pyarrow.parquet as pq
import pytest

from timebank.analysis import TABLES
from timebank.cli.exporting import ROWS


def test_the_journal_becomes_a_file_for_each_table(starred, tmp_path):
    done = starred("export out/today")

    assert (done.code, done.err) == (0, "")
    first, *counts = done.out.splitlines()
    assert first.startswith("exported: ledger gz up to position ")
    assert " into out/today, in " in first
    rows = {line.split()[0]: int(line.split()[1]) for line in counts}
    assert rows == {
        table.name: pq.read_table(tmp_path / f"out/today/{table.name}.parquet").num_rows
        for table in TABLES
    }
    assert rows["postings"] > rows["entries"] > rows["accounts"] > 0


def test_a_program_is_told_up_to_where(starred):
    journal = starred("journal --json").json

    done = starred("export out --json")

    last = journal["entries"][-1]
    assert (done.json["head"], done.json["last"]) == (last["position"], last["id"])
    assert done.json["ledger"] == "gz"
    assert done.json["files"]["findings"] == "out/findings.parquet"
    assert done.json["rows"].keys() == done.json["files"].keys() == ROWS.keys()


def test_files_that_are_there_are_replaced_on_request(starred):
    starred("export out")

    again = starred("export out")
    replaced = starred("export out --replace")
    in_chinese = starred("export out --language zh")

    assert (again.code, again.out) == (2, "")
    assert again.err == (
        "timebank: out/postings.parquet is there already; --replace takes its place\n"
    )
    assert replaced.code == 0
    assert "已存在；可用 --replace 替换" in in_chinese.err


@pytest.mark.parametrize("option", ["", " --replace"])
def test_a_folder_that_is_a_file_is_told(starred, tmp_path, option):
    (tmp_path / "out").write_text("mine")

    done = starred(f"export out{option}")

    assert done.code == 6
    assert done.err.startswith("timebank: out")
    assert (tmp_path / "out").read_text() == "mine"


def test_what_is_missing_is_told_with_the_command_that_brings_it(starred, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    done = starred("export out")
    in_chinese = starred("export out --language zh")

    assert (done.code, in_chinese.code) == (3, 3)
    assert done.err == (
        "timebank: pyarrow is missing; run: pip install 'timebank[arrow]'\n"
    )
    assert in_chinese.err.startswith("timebank: 缺少 pyarrow；请运行：")
