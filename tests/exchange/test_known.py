"""What a cell says is found once where it comes again, and is what it says by itself."""

from collections import defaultdict
from datetime import date, time, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from timebank.exchange import SERVICES, cells, read_table, reading, tables
from timebank.exchange.sheets import Lines, Sheet

from .books import NAMES

COLUMNS = {
    "日期": ["2026-03-05", "2026/3/5", "5.3.26", "", date(2026, 3, 5)],
    "志愿者编号": ["v-1", " v-1 ", "v-2", "13912345678", 1, None],
    "类别": ["care", "关爱服务", "月度例会", "relay", True],
    "开始时间": ["9:00", "24:00", time(9)],
    "结束时间": ["9:00", "24:00", time(11)],
    "时长": [
        "1",
        "1:00",
        "24",
        "1/2",
        1,
        1.0,
        True,
        0.5,
        -0.0,
        0.0,
        timedelta(hours=1),
        "=A1",
    ],
    "时长(分钟)": ["1", "1:00", "60", 60, 60.0],
    "age": ["1", "yes", 1, 1.0, True],
    "partner": ["1", "yes", 1, 1.0, True],
    "记录编号": [],
}
ROWS = st.lists(
    st.tuples(*(st.sampled_from([None, *cells]) for cells in COLUMNS.values())),
    min_size=1,
    max_size=8,
)


def read(rows):
    """Return what is made of *rows*; each has an id, so that none comes again."""
    named = [(*row[:-1], f"r-{n}") if row else () for n, row in enumerate(rows)]
    sheet = Sheet(path="sheet", lines=Lines(lambda: [COLUMNS, *named]))
    return list(read_table(sheet, SERVICES, names=NAMES, actor="desk-1").rows)


class Forgetful(defaultdict):
    """What cells said, of which nothing is kept."""

    def __getitem__(self, place):
        return {}


def alike(column, several):
    """Rows that differ in one column, whose cells are equal and say different things."""
    plain = dict.fromkeys(COLUMNS) | {"日期": "2026-03-05", "志愿者编号": "v-1"}
    plain |= {"类别": "care", "时长": "1:00"}
    return [tuple((plain | {column: cell}).values()) for cell in several]


@given(rows=ROWS, kept=st.sampled_from([1, 2, 2000]))
@example(rows=alike("时长", [1, True, 1.0, "1", 1]), kept=2000)
@example(rows=alike("age", [True, 1, 1.0, "1", True]), kept=2000)
@example(rows=alike("partner", ["1", True, 1, "yes"]), kept=2000)
def test_a_row_says_below_others_what_it_says_by_itself(rows, kept):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "KNOWN_MAX", kept)
        together = read(rows)
        patch.setattr(tables, "Known", Forgetful)
        each_by_itself = read(rows)

    assert together == each_by_itself


def test_a_day_that_comes_again_is_read_once(monkeypatch):
    read_days, day = [], cells.day
    monkeypatch.setattr(cells, "day", lambda cell: read_days.append(cell) or day(cell))

    read(alike("age", range(10)))

    assert read_days == ["2026-03-05"]
