"""
A district's sheets, as a clerk of a Guangzhou public-welfare time bank would keep them.

    python make.py --seed 2026 --out DIR [--csv]

Everything is invented and drawn from the seed: the same seed gives the same files, byte
for byte.  Sizes follow a district (2 000 members, 40 teams, a month of more than 20 000
services, a day of 400 orders).  The mess that real sheets hold is planted on purpose;
`Made` says in which rows, so that an import can be compared with it row by row.
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Final

import xlsxwriter
from attrs import evolve, field, frozen

# ---------------------------------------------------------------- the figures

TEAMS: Final = 40

BEGINS: Final = date(2019, 8, 27)
"""The programme's first day."""
HISTORY_BEGINS: Final = date(2025, 9, 1)
HISTORY_ENDS: Final = date(2026, 2, 28)
MARCH: Final = tuple(date(2026, 3, day) for day in range(1, 32))
TODAY: Final = date(2026, 4, 1)
"""The day of the import and of the orders."""

POINTS_CAP: Final = 1_500
STAR_MINUTES: Final = 100 * 60
PRICES: Final = {"大米": 20, "食用油": 35, "上门理发": 5}
CARE: Final = "关爱服务"
OLD_FOR_OLD: Final = "初老服务老老"
OLD_FROM: Final = 60

NEAR_CAP: Final = {"gz-00001": 1_483, "gz-00002": 1_490, "gz-00003": 1_499}
"""Points carried over; March takes each of them to the cap."""
BEYOND_CAP: Final = {"gz-00004": 1_512, "gz-00005": 1_580, "gz-00006": 1_700}
"""Whole hours carried over; the points stopped at the cap."""
JUST_STARRED: Final = "gz-00007"
"""99 h carried over and one hour in March: 100 h, 100 points."""
JUST_SHORT: Final = "gz-00008"
"""99 h carried over and 59 minutes in March."""
CLOSED: Final = "gz-00009"
"""Has no record, and is to be closed before March is imported."""
CLOSED_ON: Final = HISTORY_ENDS
IDENTITY_CARD: Final = "00000019000101000X"
"""Shaped like an identity-card number, and nobody's: no region begins with 000000."""

ROUND_LENGTHS: Final = (180, 240)
LONG_LENGTHS: Final = (180, 210, 240, 250, 270, 300, 330, 360)
LENGTHS: Final = (30, 45, 60, 90, 100, 120, 150, 170, 180, 210)
LENGTH_WEIGHTS: Final = (3, 2, 12, 14, 5, 30, 10, 5, 14, 5)
GAPS: Final = (0, 10, 30, 60)
TIMES_A_DAY_MAX: Final = 3
WEEKEND: Final = (6, 7)
STEMS, BRANCHES = "甲乙丙丁戊己庚辛壬癸", "子丑寅卯辰巳午未申酉戌亥"


@frozen(kw_only=True)
class Size:
    """
    How much is drawn.

    Args:
        members: Individual members, beside the teams.
        services_min: Services drawn for March, of which those beyond three a day are left out.
        long_serving: Members with services carried over, beside those arranged.
        orders: Good orders.
    """

    members: int = 2_000
    services_min: int = 20_800
    long_serving: int = 150
    orders: int = 380


DISTRICT: Final = Size()
STREET: Final = Size(members=200, services_min=2_000, long_serving=40, orders=60)
"""A part of a district, for a quick look."""

# ---------------------------------------------------------------- what is planted


class Mess(StrEnum):
    """What real sheets hold that a good row is not."""

    TITLE = "title"
    BLANK = "blank"
    TOTAL = "total"
    REPEATED = "repeated"
    UNKNOWN_MEMBER = "unknown member"
    CLOSED_MEMBER = "closed member"
    NUMERIC_ID = "numeric id"
    IDENTITY_CARD = "identity card"
    FUTURE_DAY = "future day"
    UNKNOWN_CLASS = "unknown class"
    ZERO = "zero"
    NEGATIVE = "negative"
    FRACTIONAL = "fractional"
    LONGER_THAN_A_DAY = "longer than a day"
    TEXT_IN_NUMBER = "text in a number column"
    FORMULA_WITHOUT_VALUE = "formula without value"
    CLOCK_25 = "25:00"
    END_BEFORE_START = "end before start"
    TIMES_DISAGREE = "times disagree"
    OVERLAP = "overlap"
    NOT_OLDER = "recipient not older"
    NO_STAR = "no star"
    TOO_FEW_POINTS = "too few points"
    UNKNOWN_ITEM = "unknown item"
    ID_CONFLICT = "id of another order"


PASSED_OVER: Final = frozenset({Mess.TITLE, Mess.BLANK, Mess.TOTAL})
"""Rows that are no records at all."""


@frozen
class Formula:
    """A formula with the value that the program last saw, or ``""`` if it saw none."""

    text: str
    value: float | str


Cell = str | int | float | date | time | timedelta | Formula | None
Cells = Mapping[str, Cell]
"""A row by heading; headings that are left out are empty."""


@frozen(kw_only=True)
class Sheet:
    """
    A file that was written, and what is in it.

    Args:
        path: The workbook.
        csv: The same rows as GB18030 text, where that was asked for.
        good: Rows that must be recorded.
        planted: Row numbers, as a spreadsheet program shows them, by kind of mess.
    """

    path: Path
    csv: Path | None
    good: int
    planted: Mapping[Mess, tuple[int, ...]]

    @property
    def repeated(self) -> int:
        """Rows that say again what an earlier one said, and must change nothing."""
        return len(self.planted.get(Mess.REPEATED, ()))

    @property
    def refused(self) -> Mapping[int, Mess]:
        """Row numbers that must be refused, with what is wrong there."""
        never = PASSED_OVER | {Mess.REPEATED}
        return {
            number: kind
            for kind, numbers in self.planted.items()
            if kind not in never
            for number in numbers
        }


@frozen(kw_only=True)
class Made:
    """
    Everything that was written.

    Args:
        members: Members and teams.
        before: Services of earlier months, carried over.
        services: Services of March 2026, with the mess.
        redemptions: Orders of 1 April 2026, with theirs.
        teams: Ids of the teams.
        closed: Members to be closed, on `CLOSED_ON`, before March is imported.
    """

    members: Sheet
    before: Sheet
    services: Sheet
    redemptions: Sheet
    teams: tuple[str, ...]
    closed: tuple[str, ...] = (CLOSED,)


# ---------------------------------------------------------------- people and services


@frozen(kw_only=True)
class Person:
    """A member, who does not exist."""

    id: str
    name: str
    age: int
    team: str
    joined: date


@frozen(kw_only=True)
class Service:
    """One stretch of service; *start* is the minute of the day, where it was noted."""

    provider: Person
    day: date
    minutes: int
    start: int | None = None
    kind: str = CARE
    recipient: str | None = None
    recipient_age: int | None = None


@frozen
class District:
    """Draws people, services and orders; all chance comes from one generator."""

    rng: Random
    size: Size
    people: Mapping[str, Person] = field(init=False)
    by_age: Mapping[int, Sequence[Person]] = field(init=False)

    @people.default
    def _draw_people(self) -> Mapping[str, Person]:
        people = (
            self._draw_person(number) for number in range(1, self.size.members + 1)
        )
        return {person.id: person for person in people}

    def _draw_person(self, number: int) -> Person:
        who = f"gz-{number:05}"
        served_from_the_start = who in NEAR_CAP or who in BEYOND_CAP
        return Person(
            id=who,
            name=f"示例{STEMS[number % 10]}{BRANCHES[number % 12]}{number}号",
            age=self.rng.randint(18, 89),
            team=f"t-{1 + int(TEAMS * self.rng.random() ** 1.6):02}",
            joined=BEGINS
            if served_from_the_start
            else self.rng.choice(days(BEGINS, HISTORY_BEGINS)),
        )

    @by_age.default
    def _sort_by_age(self) -> Mapping[int, Sequence[Person]]:
        sorted_people: dict[int, list[Person]] = {}
        for person in self.people.values():
            if person.id != CLOSED:
                sorted_people.setdefault(person.age, []).append(person)
        return sorted_people

    @property
    def ordinary(self) -> Sequence[str]:
        """Ids of all members about whom nothing particular was arranged."""
        return [who for who in self.people if who > CLOSED]

    def happens(self, share: float) -> bool:
        """Draw whether something happens that does in this *share* of cases."""
        return self.rng.random() < share

    def history(self) -> list[Service]:
        """Draw what was served before March, by day and provider."""
        recent = days(HISTORY_BEGINS, HISTORY_ENDS)
        services: list[Service] = []
        for who, hours in {**NEAR_CAP, **BEYOND_CAP}.items():
            services += self._serve(who, hours, days(BEGINS, HISTORY_ENDS))
        for who in (JUST_STARRED, JUST_SHORT):
            services += self._serve(who, 99, recent, lengths=ROUND_LENGTHS)
        for who in sorted(self.rng.sample(self.ordinary, self.size.long_serving)):
            hours = min(60 + round(self.rng.expovariate(1 / 70)), 320)
            services += self._serve(who, hours, recent)
        return sorted(services, key=lambda s: (s.day, s.provider.id))

    def _serve(
        self,
        who: str,
        hours: int,
        possible: Sequence[date],
        lengths: Sequence[int] = LONG_LENGTHS,
    ) -> list[Service]:
        """Draw one service a day until their whole hours add up to *hours*."""
        drawn: list[int] = []
        left = hours
        while left:
            minutes = self.rng.choice(lengths)
            drawn.append(minutes if minutes // 60 <= left else left * 60)
            left -= drawn[-1] // 60
        on = sorted(self.rng.sample(possible, len(drawn)))
        return [
            self._with_recipient(
                Service(
                    provider=self.people[who],
                    day=day,
                    minutes=minutes,
                    start=self.rng.choice((None, 8 * 60 + 30, 14 * 60)),
                )
            )
            for day, minutes in zip(on, drawn, strict=True)
        ]

    def march(self) -> list[Service]:
        """Draw the month's good services, by day; nobody is in two places at once."""
        times = {who: self._times_in_a_month(who) for who in self.people}
        while sum(times.values()) < self.size.services_min:
            times[self.rng.choice(self.ordinary)] += 1
        weights = [3 if day.isoweekday() in WEEKEND else 2 for day in MARCH]
        services: list[Service] = []
        for who, number in times.items():
            on = Counter(self.rng.choices(MARCH, weights, k=number))
            for day, times_a_day in on.items():
                services += self._day_of(
                    self.people[who], day, min(times_a_day, TIMES_A_DAY_MAX)
                )
        for who, minutes in {JUST_STARRED: 60, JUST_SHORT: 59}.items():
            provider = self.people[who]
            services.append(
                Service(provider=provider, day=MARCH[20], minutes=minutes, start=540)
            )
        return sorted(services, key=lambda s: (s.day, s.provider.team, s.provider.id))

    def _times_in_a_month(self, who: str) -> int:
        """Most serve a few times a month and some nearly every day."""
        if who in {JUST_STARRED, JUST_SHORT, CLOSED}:
            return 0
        drawn = min(int(self.rng.lognormvariate(2.0, 0.9)), 55)
        return max(drawn, 20) if who in NEAR_CAP or who in BEYOND_CAP else drawn

    def _day_of(self, person: Person, day: date, times: int) -> Iterable[Service]:
        """Draw *times* services of a day; of several, all have their time noted."""
        begins = self.rng.choice((480, 510, 540, 570))
        for _ in range(times):
            minutes = self.rng.choices(LENGTHS, LENGTH_WEIGHTS)[0]
            noted = times > 1 or self.happens(0.8)
            start = begins if noted else None
            yield self._with_recipient(
                Service(provider=person, day=day, minutes=minutes, start=start)
            )
            begins += minutes + self.rng.choice(GAPS)

    def _with_recipient(self, service: Service) -> Service:
        """Draw whom it was for; not every recipient is a member, or is written down."""
        age = service.provider.age
        older = [found for found in self.by_age if found > age]
        if age >= OLD_FROM and older and self.happens(0.35):
            elder = self.rng.choice(self.by_age[self.rng.choice(older)])
            return evolve(
                service,
                kind=OLD_FOR_OLD,
                recipient=elder.id if self.happens(0.6) else None,
                recipient_age=elder.age,
            )
        recipient = self.rng.choice(self.by_age[self.rng.choice(list(self.by_age))])
        if recipient == service.provider or self.happens(0.6):
            return service
        return evolve(service, recipient=recipient.id)


def days(first: date, last: date) -> Sequence[date]:
    """Return every day from *first* to *last*, both included."""
    return [first + timedelta(n) for n in range((last - first).days + 1)]


# ---------------------------------------------------------------- as a clerk writes it

SERVICE_HEADINGS: Final = (
    *("序号", "日期", "志愿者编号", "姓名", "服务队编号", "服务类别"),
    *("开始时间", "结束时间", "时长"),
    *("服务对象编号", "志愿者年龄", "服务对象年龄", "备注"),
)
MEMBER_HEADINGS: Final = ("志愿者编号", "姓名", "类型", "登记日期")
ORDER_HEADINGS: Final = (
    *("日期", "志愿者编号", "姓名", "物品", "数量", "受益人编号", "记录编号"),
)
LENGTH_FORMULA: Final = "=(H{row}-G{row})*24"


def service_cells(service: Service, district: District) -> Cells:
    """Write *service* in one of the ways that clerks do."""
    typed_date = district.happens(0.03)
    cells: dict[str, Cell] = {
        "日期": service.day.isoformat() if typed_date else service.day,
        "志愿者编号": service.provider.id,
        "姓名": service.provider.name,
        "服务队编号": service.provider.team,
        "服务类别": service.kind,
        "服务对象编号": service.recipient,
    }
    if service.kind == OLD_FOR_OLD:
        cells["志愿者年龄"] = service.provider.age
        cells["服务对象年龄"] = service.recipient_age
    if service.start is None:
        cells["时长"] = length_cell(service.minutes, district.rng)
        return cells
    as_text = district.happens(0.3)
    cells["开始时间"] = clock_cell(service.start, as_text=as_text)
    cells["结束时间"] = clock_cell(service.start + service.minutes, as_text=as_text)
    if district.happens(0.2) and service.minutes % 15 == 0 and not as_text:
        cells["时长"] = Formula(LENGTH_FORMULA, service.minutes / 60)
    elif district.happens(0.3):
        cells["时长"] = length_cell(service.minutes, district.rng)
    return cells


def clock_cell(minute: int, *, as_text: bool) -> Cell:
    """Write a minute of the day, as text or as a time."""
    hours, minutes = divmod(minute, 60)
    return f"{hours:02}:{minutes:02}" if as_text else time(hours, minutes)


def length_cell(minutes: int, rng: Random) -> Cell:
    """Write a length: 2.5 (hours), 2:30, 150分钟, 2小时30分, or as a time."""
    hours, rest = divmod(minutes, 60)
    ways: list[Cell] = [
        f"{hours}:{rest:02}",
        f"{minutes}分钟",
        timedelta(minutes=minutes),
    ]
    if hours:
        ways.append(f"{hours}小时{rest}分" if rest else f"{hours}小时")
    if minutes % 15 == 0:
        ways += [minutes / 60] * 4
    return rng.choice(ways)


# ---------------------------------------------------------------- the mess

WRONG: Final[Sequence[tuple[Mess, str, Sequence[Cell]]]] = (
    (Mess.UNKNOWN_MEMBER, "志愿者编号", ("gz-02001", "gz-99999", "gz-1", "x-00017")),
    (Mess.CLOSED_MEMBER, "志愿者编号", (CLOSED, CLOSED)),
    (Mess.NUMERIC_ID, "志愿者编号", (17, 208, 1999)),
    (Mess.IDENTITY_CARD, "志愿者编号", (IDENTITY_CARD,)),
    (Mess.FUTURE_DAY, "日期", (date(2026, 4, 2), date(2026, 12, 3), date(2027, 3, 9))),
    (Mess.UNKNOWN_CLASS, "服务类别", ("广场舞", "其他", "关爱")),
    (Mess.ZERO, "时长", (0, "0分钟", "0:00")),
    (Mess.NEGATIVE, "时长", (-2, -0.5, "-1:30")),
    (Mess.FRACTIONAL, "时长", (0.33, 1.255, "2.001")),
    (Mess.LONGER_THAN_A_DAY, "时长", (25, "25:00", "1441分钟")),
    (Mess.TEXT_IN_NUMBER, "时长", ("半天", "不详", "见签到表")),
    (Mess.FORMULA_WITHOUT_VALUE, "时长", [Formula(LENGTH_FORMULA, "")] * 3),
)
"""Rows that are good but for one cell."""

WRONG_TIMES: Final[Sequence[tuple[Mess, Cell, Cell, Cell]]] = (
    (Mess.CLOCK_25, "23:00", "25:00", None),
    (Mess.CLOCK_25, "25:00", "26:30", None),
    (Mess.END_BEFORE_START, time(15), time(14), None),
    (Mess.END_BEFORE_START, time(21, 30), time(9), None),
    (Mess.END_BEFORE_START, "16:30", "14:30", None),
    (Mess.TIMES_DISAGREE, time(9), time(11), 3),
    (Mess.TIMES_DISAGREE, time(9), time(11), "90分钟"),
)
"""Start, end and length of rows that are good but for these."""

RECIPIENT_AGES: Final = (70, 69, 61)
"""Of recipients who are not older than a provider of 70."""
OVERLAP_AFTER: Final = 25
"""Minutes after the start of a good service at which an overlapping one begins."""


@frozen
class Planted:
    """A row to be put in after the good row at *after*."""

    after: int
    kind: Mess
    cells: Cells


def wrong_rows(district: District) -> Iterable[tuple[Mess, Cells]]:
    """
    Draw rows that are wrong in one way each.

    No time of day is noted in them, so that they are not second records of a good one.
    """
    providers = iter(district.rng.sample(district.ordinary, 60))

    def plain() -> Cells:
        provider = district.people[next(providers)]
        service = Service(
            provider=provider, day=district.rng.choice(MARCH), minutes=120
        )
        return {**service_cells(service, district), "时长": 2}

    for kind, heading, values in WRONG:
        for value in values:
            yield kind, {**plain(), heading: value}
    for kind, start, end, length in WRONG_TIMES:
        times: Cells = {"开始时间": start, "结束时间": end, "时长": length}
        yield kind, {**plain(), **times}
    for age in RECIPIENT_AGES:
        ages: Cells = {"服务类别": OLD_FOR_OLD, "志愿者年龄": 70, "服务对象年龄": age}
        yield Mess.NOT_OLDER, {**plain(), **ages}
    for _ in range(5):
        yield Mess.BLANK, {}


def second_records(
    district: District, good: Sequence[Service], written: Sequence[Cells]
) -> Iterable[Planted]:
    """Draw rows that overlap a good one, or repeat it, each somewhere below it."""
    rng = district.rng
    long_enough = [
        n for n, s in enumerate(good) if s.start and s.minutes > OVERLAP_AFTER
    ]
    *overlapped, first, second = rng.sample(long_enough, 7)
    for base in overlapped:
        start = (good[base].start or 0) + OVERLAP_AFTER
        again = evolve(good[base], start=start, minutes=40)
        place = min(base + rng.randrange(300), len(good) - 1)
        yield Planted(place, Mess.OVERLAP, service_cells(again, district))
    for base in (first, second, *rng.sample(range(len(good)), 4)):
        same = {**written[base], "备注": "补录", "姓名": None}
        place = min(base + rng.randrange(300), len(good) - 1)
        yield Planted(place, Mess.REPEATED, same)


# ---------------------------------------------------------------- the orders


@frozen
class OrderDay:
    """
    Draws a day of orders, in the order in which they come in.

    Keeps the points as it goes, so that it knows who has too few.
    """

    district: District
    points: Counter[str]
    starred: Sequence[str]
    starless: Sequence[str]
    drawn: list[tuple[Mess | None, Cells]] = field(factory=list)

    @classmethod
    def after(cls, district: District, served: Iterable[Service]) -> OrderDay:
        """Begin with what members hold after these services."""
        minutes: Counter[str] = Counter()
        points: Counter[str] = Counter()
        for service in served:
            who = service.provider.id
            minutes[who] += service.minutes
            points[who] = min(points[who] + service.minutes // 60, POINTS_CAP)
        arranged = {JUST_STARRED, *NEAR_CAP}
        starred = [
            who
            for who in sorted(minutes)
            if minutes[who] >= STAR_MINUTES and who not in arranged
        ]
        starless = [
            who
            for who in sorted(minutes)
            if minutes[who] < STAR_MINUTES and points[who] >= max(PRICES.values())
        ]
        return cls(district, points, starred, starless)

    def fill(self) -> None:
        """Draw the whole day."""
        kinds = [self.affordable] * self.district.size.orders
        kinds += [self.too_dear] * 7 + [self.without_star] * 9 + [self.of_nobody] * 2
        kinds += [self.of_nothing] * 3 + [self.again] * 2 + [self.in_conflict]
        self.district.rng.shuffle(kinds)
        kinds = [self.affordable, *kinds]
        half = len(kinds) // 2
        for kind in kinds[:half]:
            kind()
        self.add(None, JUST_STARRED, "大米", 5)
        self.add(Mess.TOO_FEW_POINTS, JUST_STARRED, "上门理发")
        self.add(Mess.NO_STAR, JUST_SHORT, "大米")
        for kind in kinds[half:]:
            kind()

    def add(
        self,
        kind: Mess | None,
        who: str,
        item: str,
        quantity: int = 1,
        beneficiary: str | None = None,
    ) -> None:
        """Write an order, under the next record id."""
        person = self.district.people.get(who)
        cells: Cells = {
            "日期": TODAY,
            "志愿者编号": who,
            "姓名": person.name if person else "示例无此人",
            "物品": item,
            "数量": None if quantity == 1 else quantity,
            "受益人编号": beneficiary,
            "记录编号": f"dh-20260401-{len(self.drawn) + 1:04}",
        }
        self.drawn.append((kind, cells))
        if kind is None:
            self.points[who] -= PRICES[item] * quantity

    def affordable(self) -> None:
        """Draw an order of somebody with a star and the points; one in ten is a gift."""
        rng = self.district.rng
        quantity = rng.choice((1, 1, 1, 1, 2, 3))
        item = rng.choices(list(PRICES), (6, 3, 4))[0]
        price = PRICES[item] * quantity
        who = rng.choice([one for one in self.starred if self.points[one] >= price])
        friend = rng.choice([one for one in self.starred if one != who])
        beneficiary = friend if self.district.happens(0.1) else None
        self.add(None, who, item, quantity, beneficiary)

    def too_dear(self) -> None:
        """Draw an order for more rice than somebody with a star has points for."""
        who = self.district.rng.choice(self.starred)
        quantity = self.points[who] // PRICES["大米"] + 1
        self.add(Mess.TOO_FEW_POINTS, who, "大米", quantity)

    def without_star(self) -> None:
        """Draw an order of somebody with the points, who has no star."""
        rng = self.district.rng
        self.add(Mess.NO_STAR, rng.choice(self.starless), rng.choice(list(PRICES)))

    def of_nobody(self) -> None:
        """Draw an order of somebody who is no member."""
        self.add(Mess.UNKNOWN_MEMBER, "gz-02001", "大米")

    def of_nothing(self) -> None:
        """Draw an order of something that is not on the list."""
        rng = self.district.rng
        self.add(
            Mess.UNKNOWN_ITEM, rng.choice(self.starred), rng.choice(("电饭煲", "现金"))
        )

    def again(self) -> None:
        """Repeat an order that was good."""
        self.drawn.append((Mess.REPEATED, self._good_one()))

    def in_conflict(self) -> None:
        """Use the record id of a good order for another one."""
        self.drawn.append((Mess.ID_CONFLICT, {**self._good_one(), "数量": 7}))

    def _good_one(self) -> Cells:
        good = [cells for kind, cells in self.drawn if kind is None]
        return self.district.rng.choice(good)


# ---------------------------------------------------------------- files


@frozen
class Folder:
    """Writes sheets into a folder, and text beside them where that is wanted."""

    path: Path
    with_csv: bool

    def write(
        self,
        name: str,
        headings: Sequence[str],
        rows: Iterable[tuple[Mess | None, Cells]],
        *,
        titles: Sequence[str],
    ) -> Sheet:
        """Write titles, headings and *rows*, and note where what was planted."""
        lines = [
            (kind, [cells.get(heading) for heading in headings]) for kind, cells in rows
        ]
        first = len(titles) + 2
        planted: dict[Mess, list[int]] = {}
        for number in range(1, len(titles) + 1):
            planted.setdefault(Mess.TITLE, []).append(number)
        for number, (kind, _) in enumerate(lines, start=first):
            if kind is not None:
                planted.setdefault(kind, []).append(number)
        path = self.path / f"{name}.xlsx"
        cells_only = [line for _, line in lines]
        _write_workbook(path, titles, headings, cells_only)
        text = self.path / f"{name}.csv" if self.with_csv else None
        if text:
            _write_text(text, titles, headings, cells_only)
        return Sheet(
            path=path,
            csv=text,
            good=sum(kind is None for kind, _ in lines),
            planted={kind: tuple(numbers) for kind, numbers in planted.items()},
        )


def _write_workbook(
    path: Path,
    titles: Sequence[str],
    headings: Sequence[str],
    lines: Sequence[Sequence[Cell]],
) -> None:
    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False})
    book.set_properties({"created": datetime(2026, 4, 1)})  # noqa: DTZ001 - Excel keeps no zone; fixed, so that files repeat
    centred = book.add_format({"align": "center", "bold": True})
    as_day = book.add_format({"num_format": "yyyy-mm-dd"})
    as_clock = book.add_format({"num_format": "hh:mm"})
    as_length = book.add_format({"num_format": "[h]:mm"})
    sheet = book.add_worksheet("Sheet1")
    for number, title in enumerate(titles):
        sheet.merge_range(number, 0, number, len(headings) - 1, title, centred)
    sheet.write_row(len(titles), 0, headings, centred)
    for row, line in enumerate(lines, start=len(titles) + 1):
        for column, cell in enumerate(line):
            match cell:
                case None:
                    pass
                case str():
                    sheet.write_string(row, column, cell)
                case Formula():
                    formula = cell.text.format(row=row + 1)
                    sheet.write_formula(row, column, formula, None, cell.value)
                case date():
                    sheet.write_datetime(row, column, cell, as_day)
                case time():
                    sheet.write_datetime(row, column, cell, as_clock)
                case timedelta():
                    sheet.write_datetime(row, column, cell, as_length)
                case _:
                    sheet.write_number(row, column, cell)
    book.close()


def _write_text(
    path: Path,
    titles: Sequence[str],
    headings: Sequence[str],
    lines: Sequence[Sequence[Cell]],
) -> None:
    with path.open("w", encoding="gb18030", newline="") as file:
        writer = csv.writer(file)
        for title in titles:
            writer.writerow([title, *[""] * (len(headings) - 1)])
        writer.writerow(headings)
        writer.writerows([_as_text(cell) for cell in line] for line in lines)


def _as_text(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case Formula():
            return f"{cell.value}"
        case time():
            return f"{cell:%H:%M}"
        case timedelta():
            hours, minutes = divmod(cell // timedelta(minutes=1), 60)
            return f"{hours}:{minutes:02}"
        case _:
            return str(cell)


# ---------------------------------------------------------------- all together


def make(
    out: Path, seed: int, *, with_csv: bool = False, size: Size = DISTRICT
) -> Made:
    """
    Write the four sheets into *out*, which is made if need be.

    With *with_csv* each is also written as GB18030 text, row for row.
    """
    out.mkdir(parents=True, exist_ok=True)
    rng = Random(seed)  # noqa: S311 - repeatable on purpose
    district, folder = District(rng, size), Folder(out, with_csv)
    teams = tuple(f"t-{number:02}" for number in range(1, TEAMS + 1))

    history, march = district.history(), district.march()
    month = _month(district, march)
    order_day = OrderDay.after(district, [*history, *march])
    order_day.fill()
    return Made(
        members=folder.write(
            "members",
            MEMBER_HEADINGS,
            [(None, cells) for cells in _members(district, teams)],
            titles=["某区公益时间银行 志愿者登记表"],
        ),
        before=folder.write(
            "services-before",
            SERVICE_HEADINGS,
            [
                (None, {"序号": number, **service_cells(service, district)})
                for number, service in enumerate(history, start=1)
            ],
            titles=["某区公益时间银行 历年结转服务记录"],
        ),
        services=folder.write(
            "services-2026-03",
            SERVICE_HEADINGS,
            month,
            titles=["某区公益时间银行 2026年3月服务记录表", "填表单位:某区示例中心"],
        ),
        redemptions=folder.write(
            "redemptions-2026-04-01",
            ORDER_HEADINGS,
            order_day.drawn,
            titles=["某区公益时间银行 2026年4月1日兑换登记"],
        ),
        teams=teams,
    )


def _members(district: District, teams: Sequence[str]) -> Iterable[Cells]:
    for number, team in enumerate(teams, start=1):
        yield {
            "志愿者编号": team,
            "姓名": f"示例第{number}服务队",
            "类型": "服务队",
            "登记日期": BEGINS,
        }
    for person in district.people.values():
        yield {
            "志愿者编号": person.id,
            "姓名": person.name,
            "类型": "个人",
            "登记日期": person.joined,
        }


def _month(
    district: District, good: Sequence[Service]
) -> list[tuple[Mess | None, Cells]]:
    """Write the month with its mess, and the total below it."""
    written = [service_cells(service, district) for service in good]
    planted: dict[int, list[Planted]] = {}
    for kind, cells in wrong_rows(district):
        place = district.rng.randrange(len(good))
        planted.setdefault(place, []).append(Planted(place, kind, cells))
    for one in second_records(district, good, written):
        planted.setdefault(one.after, []).append(one)
    rows: list[tuple[Mess | None, Cells]] = []
    for index, cells in enumerate(written):
        rows.append((None, cells))
        rows += [(one.kind, one.cells) for one in planted.get(index, ())]
    numbered = [
        (kind, {"序号": number, **cells} if cells else cells)
        for number, (kind, cells) in enumerate(rows, start=1)
    ]
    hours = sum(service.minutes for service in good) / 60
    total: Cells = {
        "序号": "合计",
        "时长": Formula(f"=SUM(I4:I{len(rows) + 3})", round(hours, 2)),
    }
    return [*numbered, (Mess.BLANK, {}), (Mess.TOTAL, total)]


def main() -> None:
    """Write the sheets, and say what is in them."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0].strip())
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--csv", action="store_true", help="also as GB18030 text")
    asked = parser.parse_args()
    made = make(asked.out, asked.seed, with_csv=asked.csv)
    for sheet in (made.members, made.before, made.services, made.redemptions):
        print(f"{sheet.path}: {sheet.good} good rows")
        for kind, numbers in sheet.planted.items():
            print(f"    {kind}: {len(numbers)}, in {', '.join(map(str, numbers))}")


if __name__ == "__main__":
    main()
