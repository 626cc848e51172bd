"""The examples' sheets hold what they say, and an independent fold agrees with them."""

from __future__ import annotations

import ast
import sys
from collections import Counter
from datetime import date
from typing import TYPE_CHECKING

import pytest
from python_calamine import CalamineWorkbook

from .conftest import EXAMPLES

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from pathlib import Path

FOLD_LINES_MAX = 150
REASONS = {
    "unknown member": "unknown or closed member",
    "closed member": "unknown or closed member",
    "numeric id": "unknown or closed member",
    "identity card": "unknown or closed member",
    "future day": "day",
    "zero": "time",
    "negative": "time",
    "fractional": "time",
    "longer than a day": "time",
    "text in a number column": "time",
    "formula without value": "time",
    "25:00": "time",
    "end before start": "time",
    "times disagree": "time",
    "id of another order": "record id used before",
}
"""What the fold calls each kind of mess, where it has another word."""

PLANTED_IN_MARCH = {
    "title": 2,
    "blank": 6,
    "total": 1,
    "repeated": 6,
    "unknown member": 4,
    "closed member": 2,
    "numeric id": 3,
    "identity card": 1,
    "future day": 3,
    "unknown class": 3,
    "zero": 3,
    "negative": 3,
    "fractional": 3,
    "longer than a day": 3,
    "text in a number column": 3,
    "formula without value": 3,
    "25:00": 2,
    "end before start": 3,
    "times disagree": 2,
    "overlap": 5,
    "recipient not older": 3,
}
PLANTED_IN_ORDERS = {
    "title": 1,
    "repeated": 2,
    "id of another order": 1,
    "unknown member": 2,
    "unknown item": 3,
    "no star": 10,
    "too few points": 8,
}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def planted(sheet) -> dict[str, int]:
    return {str(kind): len(numbers) for kind, numbers in sheet.planted.items()}


def reasons_in(books, sheet) -> dict[int, list[str]]:
    name = sheet.path.stem
    return {
        number: why for (where, number), why in books.wrong.items() if where == name
    }


# ---------------------------------------------------------------- Guangzhou: the sheets


def test_a_district_is_drawn_at_its_size(district):
    assert district.members.good == 2_000 + 40
    assert district.services.good >= 20_000
    assert 350 <= district.redemptions.good <= 450


def test_every_mess_is_planted_as_often_as_planned(district):
    assert planted(district.services) == PLANTED_IN_MARCH
    assert planted(district.redemptions) == PLANTED_IN_ORDERS
    assert planted(district.members) == {"title": 1}
    assert planted(district.before) == {"title": 1}


@pytest.mark.slow
def test_the_same_seed_gives_the_same_files_byte_for_byte(
    guangzhou, district, tmp_path
):
    guangzhou.make(tmp_path, seed=2026, with_csv=True)

    assert contents(tmp_path) == contents(district.members.path.parent)


@pytest.mark.slow
def test_another_seed_gives_another_district_of_the_same_shape(
    guangzhou, fold, tmp_path, district_books
):
    made = guangzhou.make(tmp_path, seed=7)
    books = fold.fold_guangzhou(tmp_path, {*made.closed}, guangzhou.TODAY)

    assert planted(made.services) == PLANTED_IN_MARCH
    assert made.services.good >= 20_000
    assert sum(not why for why in reasons_in(books, made.services).values()) == (
        made.services.good
    )
    assert books.balances != district_books.balances


def test_the_text_has_the_same_rows_as_the_workbook(district):
    for sheet in (district.services, district.redemptions):
        workbook = CalamineWorkbook.from_path(sheet.path).get_sheet_by_index(0)
        numbers = [bool(row[1]) for row in workbook.to_python(skip_empty_area=False)]
        lines = sheet.csv.read_text("gb18030").splitlines()

        assert [bool(line.split(",")[1]) for line in lines] == numbers


def test_no_member_id_is_shaped_like_a_persons_number(district):
    rows = CalamineWorkbook.from_path(district.members.path).get_sheet_by_index(0)

    ids = {row[0] for row in rows.to_python()[2:]}

    assert len(ids) == district.members.good
    assert all(member.startswith(("gz-", "t-")) for member in ids)


# ---------------------------------------------------------------- Guangzhou: the fold


def test_the_fold_leaves_out_just_the_rows_that_were_planted(district, district_books):
    for sheet in (district.before, district.services, district.redemptions):
        found = reasons_in(district_books, sheet)
        repeated = sheet.planted.get("repeated", ())

        assert sum(not why for why in found.values()) == sheet.good
        assert {n for n, why in found.items() if why} == {*sheet.refused, *repeated}


def test_the_fold_finds_in_each_row_what_was_planted_there(district, district_books):
    for sheet in (district.services, district.redemptions):
        found = reasons_in(district_books, sheet)

        for number, kind in sheet.refused.items():
            assert REASONS.get(kind, kind) in found[number]


def test_a_row_is_wrong_in_one_way_only(district, district_books):
    found = reasons_in(district_books, district.services)

    assert all(len(found[number]) == 1 for number in district.services.refused)


def test_what_members_hold_the_issuer_owes(district_books, community_books):
    for books in (district_books, community_books):
        held = Counter()
        for who, units in books.balances.items():
            if who != "issuer":
                held.update(units)

        assert held == {unit: -owed for unit, owed in books.balances["issuer"].items()}


def test_nobody_is_below_zero_or_above_the_cap(district_books):
    points = {
        who: units["points"]
        for who, units in district_books.balances.items()
        if who != "issuer"
    }

    assert min(points.values()) == 0
    assert max(points.values()) == 1_500


def test_the_arranged_members_end_where_the_readme_says(district_books):
    def holds(who: str) -> tuple[int, int]:
        return tuple(district_books.balances[who][unit] for unit in ("hours", "points"))

    assert [holds(who)[1] for who in ("gz-00001", "gz-00002", "gz-00003")] == [
        1_500
    ] * 3
    assert holds("gz-00007") == (100 * 60, 0)
    assert holds("gz-00008") == (100 * 60 - 1, 99)
    assert holds("gz-00009") == (0, 0)
    assert "gz-00007" in district_books.stars
    assert "gz-00008" not in district_books.stars
    assert len(district_books.stars) > 100


def test_a_member_who_is_not_closed_has_those_rows_counted(
    fold, guangzhou, district, district_books
):
    books = fold.fold_guangzhou(district.members.path.parent, set(), guangzhou.TODAY)

    (closed,) = district.closed
    assert books.balances[closed]["hours"] == 2 * 120
    assert len(books.stars) == len(district_books.stars)


def test_a_future_day_counts_once_it_has_come(fold, district):
    books = fold.fold_guangzhou(
        district.members.path.parent, {*district.closed}, date(2027, 3, 9)
    )

    found = reasons_in(books, district.services)

    assert all(not found[n] for n in district.services.planted["future day"])


def test_the_fold_of_the_text_is_the_fold_of_the_workbooks(
    fold, guangzhou, district, district_books, tmp_path
):
    for path in district.members.path.parent.glob("*.csv"):
        text = path.read_text("gb18030")
        (tmp_path / path.name).write_text(text, encoding="utf-8-sig", newline="")

    books = fold.fold_guangzhou(tmp_path, {*district.closed}, guangzhou.TODAY)

    assert books.balances == district_books.balances
    assert books.wrong == district_books.wrong


# ---------------------------------------------------------------- Xuefu


def test_the_community_is_drawn_at_its_size(community, xuefu):
    lines = community.services.path.read_text("utf-8-sig").splitlines()[1:]

    assert community.members.good == 115
    assert len({line.split(",")[0] for line in lines}) == 58
    assert [day.isoformat() for day in xuefu.meetings()[:3]] == [
        "2016-01-13",
        "2016-02-10",
        "2016-03-09",
    ]


def test_no_mark_is_made_twice(community):
    lines = community.marks.path.read_text("utf-8-sig").splitlines()

    assert len(set(lines)) == len(lines) == community.marks.good + 1


def test_the_same_seed_gives_the_same_year(xuefu, community, tmp_path):
    xuefu.make(tmp_path, seed=2016)

    assert contents(tmp_path) == contents(community.members.path.parent)


def test_the_fold_flags_whom_the_year_was_arranged_for(community, community_books):
    assert community_books.flagged == community.flagged == {"xf-004", "xf-007"}
    assert community.once_flagged - community.flagged == {"xf-011"}


def test_only_open_moves_between_groups_count(community, community_books):
    found = reasons_in(community_books, community.tiers)

    assert {n for n, why in found.items() if why} == {*community.tiers.refused}
    assert len(community.tiers.refused) == 3


def test_the_dormant_are_those_without_an_hour(community, community_books):
    without = {
        who for who, units in community_books.balances.items() if not units["hours"]
    }

    assert without == community.dormant
    assert {f"xf-{number:03}" for number in range(96, 116)} <= without


# ---------------------------------------------------------------- the fold itself


def test_the_fold_is_short_enough_to_be_read_at_a_sitting():
    lines = (EXAMPLES / "fold.py").read_text("utf-8").splitlines()

    assert len(lines) <= FOLD_LINES_MAX


def test_the_fold_imports_only_the_standard_library_and_a_reader_of_workbooks():
    tree = ast.parse((EXAMPLES / "fold.py").read_text("utf-8"))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or "."]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }

    assert imported - sys.stdlib_module_names == {"python_calamine"}
