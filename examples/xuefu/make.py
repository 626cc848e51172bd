"""
The year 2016 of the Xuefu community's volunteers, as its HR department would list it.

    python make.py --seed 2016 --out DIR

Everything is invented and drawn from the seed: the same seed gives the same files, byte
for byte.  Sizes follow the community: 115 people, 58 sessions, a meeting of group A on
every second Wednesday, a rotation shift on Tuesdays and Thursdays.  Some people's
meetings are arranged, so that the rule about three missed in a row can be seen at work.
"""

from __future__ import annotations

import argparse
import csv
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

PEOPLE: Final = 115
SESSIONS: Final = 58
YEAR: Final = tuple(date(2016, 1, 1) + timedelta(n) for n in range(366))
MOVED_ON: Final = date(2016, 1, 5)
GROUP_A: Final = tuple(f"xf-{number:03}" for number in range(1, 19))
GROUP_B: Final = tuple(f"xf-{number:03}" for number in range(19, 45))
NEVER_SERVE: Final = tuple(f"xf-{number:03}" for number in range(96, 116))
"""Signed up, and were not seen again."""

CLASSES: Final = ("助老", "环保", "文明劝导", "综合活动")
MEETING, ABSENCE, EXCUSE = "参加例会", "缺席例会", "请假"
SHIFT, SUGGESTION = "值班", "建议"
LETTERS: Final = {"o": MEETING, "x": ABSENCE, "e": EXCUSE}

MISSED_AT_THE_END: Final = "xf-004"
EXCUSED_IN_BETWEEN: Final = "xf-007"
ATTENDED_IN_BETWEEN: Final = "xf-009"
CAME_BACK: Final = "xf-011"
NOT_QUITE: Final = "xf-013"
IN_GROUP_B: Final = "xf-020"
"""Was to move from B to A, which is closed for the time being; missed three all the same."""

ARRANGED: Final = {
    MISSED_AT_THE_END: "oooooooooxxx",
    EXCUSED_IN_BETWEEN: "ooooooxxexxx",
    ATTENDED_IN_BETWEEN: "ooooooooxxox",
    CAME_BACK: "ooxxxooooooo",
    NOT_QUITE: "oooooooxxexx",
    IN_GROUP_B: "oooooooooxxx",
}
"""What these people did at the year's twelve meetings: came, missed, were excused."""

FLAGGED: Final = (MISSED_AT_THE_END, EXCUSED_IN_BETWEEN)
"""Members of group A who have missed three meetings in a row when the year ends."""
ONCE_FLAGGED: Final = (*FLAGGED, CAME_BACK)
"""Those who had at some time in the year."""

WEDNESDAY: Final = 3
SHIFT_DAYS: Final = (2, 4)
"""Tuesday and Thursday, as `date.isoweekday` numbers them."""
SESSION_DAYS: Final = (3, 6, 7)
SESSION_TIMES: Final = (("09:00", "11:00"), ("09:00", "11:30"), ("14:30", "16:00"))
STEMS, BRANCHES = "甲乙丙丁戊己庚辛壬癸", "子丑寅卯辰巳午未申酉戌亥"

Row = tuple[str, ...]


@frozen(kw_only=True)
class Sheet:
    """
    A file that was written.

    Args:
        path: CSV, UTF-8 with a byte-order mark.
        good: Rows that must be recorded.
        refused: Numbers of rows that must be refused, the headings being row 1.
    """

    path: Path
    good: int
    refused: tuple[int, ...] = ()


@frozen(kw_only=True)
class Made:
    """
    Everything that was written, and what must come of it.

    To be read in this order: members, tiers, services, marks.

    Args:
        levels: The group that everybody is in when the year ends.
        flagged: Who is then flagged for missed meetings.
        once_flagged: Who was at some time in the year.
        dormant: Who served in no session of the year.
    """

    members: Sheet
    tiers: Sheet
    services: Sheet
    marks: Sheet
    levels: Mapping[str, str]
    flagged: frozenset[str] = frozenset(FLAGGED)
    once_flagged: frozenset[str] = frozenset(ONCE_FLAGGED)
    dormant: frozenset[str]


def meetings() -> Sequence[date]:
    """Return the second Wednesday of every month."""
    wednesdays = [day for day in YEAR if day.isoweekday() == WEDNESDAY]
    return [day for day in wednesdays if 7 < day.day <= 14]  # noqa: PLR2004 - the second week


def make(out: Path, seed: int) -> Made:
    """Write the four sheets into *out*, which is made if need be."""
    out.mkdir(parents=True, exist_ok=True)
    rng = Random(seed)  # noqa: S311 - repeatable on purpose
    people = tuple(f"xf-{number:03}" for number in range(1, PEOPLE + 1))
    services = list(_services(people, rng))
    tiers = list(_tiers())
    served = {row[1] for row in services}
    return Made(
        members=_write(
            out / "members.csv",
            ("志愿者编号", "姓名", "类型", "登记日期"),
            list(_members(people, rng)),
        ),
        tiers=_write(
            out / "tiers.csv",
            ("日期", "志愿者编号", "阶梯", "等级"),
            [row for row, _ in tiers],
            refused=[n for n, (_, allowed) in enumerate(tiers, start=2) if not allowed],
        ),
        services=_write(
            out / "services.csv",
            ("日期", "志愿者编号", "服务类别", "开始时间", "结束时间", "时长", "备注"),
            services,
        ),
        marks=_write(
            out / "marks.csv",
            ("日期", "志愿者编号", "事项", "数量"),
            sorted(
                [*_meetings(rng), *_shifts(people, rng), *_suggestions(people, rng)]
            ),
        ),
        levels={
            who: "A" if who in GROUP_A else "B" if who in GROUP_B else "C"
            for who in people
        },
        dormant=frozenset(people) - served,
    )


def _members(people: Sequence[str], rng: Random) -> Iterable[Row]:
    for number, who in enumerate(people, start=1):
        joined = date(2015, 3, 1) + timedelta(rng.randrange(300))
        name = f"示例{STEMS[number % 10]}{BRANCHES[number % 12]}{number}号"
        yield who, name, "个人", joined.isoformat()


def _tiers() -> Iterable[tuple[Row, bool]]:
    """Yield moves between groups, and whether each is open."""
    for who in GROUP_A:
        yield (MOVED_ON.isoformat(), who, "group", "A"), True
    for who in GROUP_B:
        yield (MOVED_ON.isoformat(), who, "group", "B"), True
    yield ("2016-06-01", IN_GROUP_B, "group", "A"), False
    yield ("2016-06-01", GROUP_B[-1], "group", "A"), False
    yield ("2016-12-20", GROUP_A[-1], "group", "B"), False


def _services(people: Sequence[str], rng: Random) -> Iterable[Row]:
    """Yield who took part in which session; groups A and B do so most."""
    free = sorted(set(YEAR) - set(meetings()))
    possible = [day for day in free if day.isoweekday() in SESSION_DAYS]
    willing = [who for who in people if who not in NEVER_SERVE]
    weights = [6 if w in GROUP_A else 3 if w in GROUP_B else 1 for w in willing]
    for number, day in enumerate(sorted(rng.sample(possible, SESSIONS))):
        start, end = rng.choice(SESSION_TIMES)
        present = set(rng.choices(willing, weights, k=rng.randint(6, 20)))
        if number < len(GROUP_A):
            present.add(GROUP_A[number])
        for who in sorted(present):
            kind = CLASSES[number % len(CLASSES)]
            note = f"第{number + 1}次活动"
            yield day.isoformat(), who, kind, start, end, "", note


def _meetings(rng: Random) -> Iterable[Row]:
    for who in sorted({*GROUP_A, *ARRANGED}):
        letters = ARRANGED.get(who) or _usual_attendance(rng)
        for day, letter in zip(meetings(), letters, strict=True):
            yield day.isoformat(), who, LETTERS[letter], "1"


def _usual_attendance(rng: Random) -> str:
    """Draw a year in which nobody misses two meetings in a row."""
    letters = ""
    for _ in range(12):
        letter = rng.choices("oxe", (8, 1, 1))[0]
        letters += "o" if letters.endswith("x") else letter
    return letters


def _shifts(people: Sequence[str], rng: Random) -> Iterable[Row]:
    """Yield one person a shift, mostly of group A or B."""
    for day in YEAR:
        if day.isoweekday() in SHIFT_DAYS:
            pool = rng.choices((GROUP_A, GROUP_B, people[:95]), (5, 3, 1))[0]
            yield day.isoformat(), rng.choice(pool), SHIFT, "1"


def _suggestions(people: Sequence[str], rng: Random) -> Iterable[Row]:
    for day in sorted(rng.sample(YEAR, 40)):
        who = rng.choice(GROUP_A if rng.random() < 0.7 else people)  # noqa: PLR2004 - most come from group A
        yield day.isoformat(), who, SUGGESTION, rng.choice(("", "1", "2"))


def _write(
    path: Path, headings: Row, rows: Sequence[Row], refused: Sequence[int] = ()
) -> Sheet:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(headings)
        writer.writerows(rows)
    return Sheet(path=path, good=len(rows) - len(refused), refused=tuple(refused))


def main() -> None:
    """Write the sheets, and say what must come of them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0].strip())
    parser.add_argument("--seed", type=int, default=2016)
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    made = make(asked.out, asked.seed)
    for sheet in (made.members, made.tiers, made.services, made.marks):
        print(f"{sheet.path}: {sheet.good} good rows, {len(sheet.refused)} refused")
    print("flagged when the year ends:", *sorted(made.flagged))
    print("flagged at some time:", *sorted(made.once_flagged))


if __name__ == "__main__":
    main()
