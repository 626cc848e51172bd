"""Fold both examples again, without timebank: `python fold.py FOLDER [CLOSED …]`."""

import csv
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

from python_calamine import CalamineWorkbook

# Guangzhou, 2019: 1 h is 1 point, whole points only, record by record; the rest is lost.
BEGINS, POINTS_CAP, STAR_MINUTES, DAY = date(2019, 8, 27), 1_500, 100 * 60, 24 * 60
CLASSES = CARE, OLD_FOR_OLD = "关爱服务", "初老服务老老"
PRICES = {"大米": 20, "食用油": 35, "上门理发": 5}
TIMES = "开始时间", "结束时间", "时长"
# Xuefu, 2016: a service, meeting, suggestion or shift is worth 1, kept in tenths.
WORTH, DEEDS, MISSED_FLAG = 10, {"参加例会", "建议", "值班"}, 3
MARKS = {"参加例会": "attended", "缺席例会": "missed", "请假": "excused"}
MOVES = {("C", "B"), ("C", "A")}  # B to A and A to B are suspended

Row = dict[str, Any]
Place = tuple[str, int]  # sheet and row number


class Folded(NamedTuple):
    """What everybody holds, who stands out, and what is wrong with each row."""

    balances: dict[str, Counter[str]]  # account, unit, whole parts
    stars: set[str]
    flagged: set[str]
    wrong: dict[Place, list[str]]  # nothing: the row counts


def rows(folder: Path, *names: str) -> Iterator[tuple[Place, Row]]:
    """Yield the rows below the headings of each sheet, but for blanks and the total."""
    for name in names:
        if (path := folder / f"{name}.xlsx").exists():
            first = CalamineWorkbook.from_path(path).get_sheet_by_index(0)
            lines: list[list[Any]] = first.to_python(skip_empty_area=False)
        else:
            text = (folder / f"{name}.csv").read_text("utf-8-sig")
            lines = list(csv.reader(text.splitlines()))
        top = next(n for n, line in enumerate(lines) if "志愿者编号" in line)
        for number, line in enumerate(lines[top + 1 :], start=top + 2):
            if any(cell != "" for cell in line) and line[0] != "合计":
                yield (name, number), dict(zip(lines[top], line, strict=True))


def open_all(folder: Path, *units: str) -> dict[str, Counter[str]]:
    """Open an account for everybody in the members' sheet, and the issuer's."""
    members = [row["志愿者编号"] for _, row in rows(folder, "members")]
    return {who: Counter(dict.fromkeys(units, 0)) for who in [*members, "issuer"]}


def minutes_of(text: str) -> Fraction | None:
    """Read 2.5 or 2:30 or 2小时30分 (hours), 150分钟, a time; None if empty, -1 if bad."""
    if re.fullmatch(r"-?\d+(\.\d+)?", text):
        return Fraction(text) * 60
    parts = re.fullmatch(r"(?:(\d+)(?:小时|:))?(?:(\d+)(?:分钟?|:00)?)?", text)
    if not text or not parts:
        return Fraction(-1) if text else None
    return Fraction(60 * int(parts[1] or 0) + int(parts[2] or 0))


def served(row: Row) -> tuple[Fraction | None, int]:
    """Return the minute of the day it began, if noted, and its minutes; 0 if bad."""
    start, end, length = (minutes_of(str(row[heading])) for heading in TIMES)
    if start is not None and end is not None:
        fits = 0 <= start < end < DAY and length in {None, end - start}
        length = end - start if fits else None
    whole = length is not None and length.denominator == 1 and 0 < length <= DAY
    return start, int(length or 0) if whole else 0


def fold_guangzhou(folder: Path, closed: set[str], today: date) -> Folded:
    """Fold the services carried over, those of March, and a day of redemptions."""
    books, wrong, seen = open_all(folder, "hours", "points"), {}, set[object]()
    known, busy = books.keys() - closed, defaultdict[object, list[Any]](list)
    for place, row in rows(folder, "services-before", "services-2026-03"):
        day, who = date.fromisoformat(str(row["日期"])), row["志愿者编号"]
        kind, others = row["服务类别"], (row["服务队编号"], row["服务对象编号"])
        age, recipient_age = int(row["志愿者年龄"] or 0), int(row["服务对象年龄"] or 0)
        start, minutes = served(row)
        span = [] if start is None else [(start, start + minutes)]
        record = day, who, kind, others, age, recipient_age, start, minutes
        checks = {
            "repeated": record in seen,
            "unknown or closed member": not known >= {who, *filter(None, others)},
            "day": not BEGINS <= day <= today,
            "unknown class": kind not in CLASSES,
            "recipient not older": kind == OLD_FOR_OLD and age >= recipient_age,
            "time": not minutes,
            "overlap": any(s < b and a < e for s, e in busy[who, day] for a, b in span),
        }
        wrong[place] = [reason for reason, found in checks.items() if found]
        if not wrong[place]:
            seen.add(record)
            busy[who, day].extend(span)
            room = POINTS_CAP - books[who]["points"]
            books[who].update(hours=minutes, points=min(minutes // 60, room))
    for place, row in rows(folder, "redemptions-2026-04-01"):
        who, item, order = row["志愿者编号"], row["物品"], row["记录编号"]
        held, pieces = books.get(who, Counter()), int(row["数量"] or 1)
        checks = {
            "record id used before": order in seen,
            "unknown or closed member": who not in known,
            "unknown item": item not in PRICES,
            "no star": held["hours"] < STAR_MINUTES,
            "too few points": held["points"] < PRICES.get(item, 0) * pieces,
        }
        wrong[place] = [reason for reason, found in checks.items() if found]
        if not wrong[place]:
            seen.add(order)
            held.subtract({"points": PRICES[item] * pieces})
    books["issuer"].subtract(sum(books.values(), Counter()))
    stars = {who for who, held in books.items() if held["hours"] >= STAR_MINUTES}
    return Folded(books, stars, set(), wrong)


def fold_xuefu(folder: Path) -> Folded:
    """Fold a year: moves between groups, services, marks."""
    books = open_all(folder, "hours", "contribution", *MARKS.values())
    group, missed, wrong = dict.fromkeys(books, "C"), Counter[str](), {}
    for place, row in rows(folder, "tiers"):
        who, move = row["志愿者编号"], (group[row["志愿者编号"]], row["等级"])
        wrong[place] = [] if move in MOVES else ["move suspended"]
        group[who] = move[1] if move in MOVES else move[0]
    for _, row in rows(folder, "services"):
        books[row["志愿者编号"]].update(hours=served(row)[1], contribution=WORTH)
    for _, row in rows(folder, "marks"):
        who, what, number = row["志愿者编号"], row["事项"], int(row["数量"] or 1)
        books[who].update(contribution=WORTH * number * (what in DEEDS))
        if unit := MARKS.get(what):
            books[who].update({unit: number})
            missed[who] = missed[who] + number if unit == "missed" else 0
    books["issuer"].subtract(sum(books.values(), Counter()))
    flagged = {w for w, n in missed.items() if n >= MISSED_FLAG and group[w] == "A"}
    return Folded(books, set(), flagged, wrong)


if __name__ == "__main__":
    where, gone, today = Path(sys.argv[1]), {*sys.argv[2:]}, date(2026, 4, 1)
    xuefu = (where / "tiers.csv").exists()
    folded = fold_xuefu(where) if xuefu else fold_guangzhou(where, gone, today)
    for account, units in folded.balances.items():
        print(account, *(f"{unit}={parts}" for unit, parts in units.items()), sep="\t")
