"""What a cell says, whichever way a clerk wrote it."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timebank.exchange.cells import (
    account,
    day,
    duration,
    label,
    minute_of_day,
    shown_minutes,
    whole,
    word,
    yes_no,
)
from timebank.exchange.problems import Fault, RowReason

MINUTES = st.integers(1, 1440)


def reason(value):
    return value.reason if isinstance(value, Fault) else value


# ---------------------------------------------------------------- days


@pytest.mark.parametrize(
    "cell",
    [
        date(2026, 3, 5),
        datetime.combine(date(2026, 3, 5), time(8, 30)),
        "2026-03-05",
        "2026-3-5",
        "2026/3/5",
        "2026.3.5",
        "2026年3月5日",
        "2026 年 3 月 5 日",
        "２０２６／０３／０５",
        " 2026-03-05 ",
        "2026/3/5 08:30",
        "20260305",
        20260305.0,
    ],
)
def test_a_day_is_read_however_it_is_written(cell):
    assert day(cell) == date(2026, 3, 5)


@pytest.mark.parametrize(
    "cell",
    ["26/3/5", "3/5/2026", "2026-3/5", "2026-02-30", "3月5日", "yesterday", True],
)
def test_a_day_that_could_be_another_or_is_none_is_refused(cell):
    assert reason(day(cell)) is RowReason.DATE_UNREADABLE


def test_a_day_without_its_format_is_a_number_and_is_refused_as_such():
    assert reason(day(46086.0)) is RowReason.DATE_NUMBER


@given(on=st.dates(date(1000, 1, 1)), shape=st.sampled_from(["{:%Y-%m-%d}", "zh", "/"]))
def test_every_day_is_read_back_as_it_was_written(on, shape):
    written = {
        "zh": f"{on.year}年{on.month}月{on.day}日",
        "/": f"{on.year}/{on.month}/{on.day}",
    }.get(shape, on.isoformat())

    assert day(written) == on


# ---------------------------------------------------------------- times of day


@pytest.mark.parametrize(
    "cell",
    [
        time(9, 30),
        timedelta(hours=9, minutes=30),
        "9:30",
        "09:30",
        "9:30:00",
        "9：30",
        "9点30分",
        "9时30分",
        "9点半",
        time(9, 29, 59, 999_900),  # what a formula leaves of half past nine
    ],
)
def test_a_time_of_day_is_read_however_it_is_written(cell):
    assert minute_of_day(cell) == 9 * 60 + 30


@pytest.mark.parametrize("cell", ["24:00", timedelta(days=1)])
def test_midnight_may_end_a_service_but_not_begin_one(cell):
    assert minute_of_day(cell, ends=True) == 1440
    assert reason(minute_of_day(cell)) is RowReason.CLOCK_UNREADABLE


@pytest.mark.parametrize(
    "cell",
    [
        "25:00",
        timedelta(hours=25),
        "24:01",
        "9:60",
        "9:30:15",
        time(9, 30, 15),
        9.5,
        "half past nine",
        datetime.combine(date(1900, 1, 1), time(1)),
        timedelta(minutes=-1),
    ],
)
def test_what_no_clock_shows_is_refused(cell):
    assert reason(minute_of_day(cell, ends=True)) is RowReason.CLOCK_UNREADABLE


# ---------------------------------------------------------------- durations


@pytest.mark.parametrize(
    "cell",
    [
        2.5,
        "2.5",
        "２．５",
        "2:30",
        "2：30",
        "2:30:00",
        "150分钟",
        "150 min",
        "2小时30分",
        "2 小时 30 分钟",
        "2.5小时",
        "2.5个小时",
        "2 h 30 min",
        "2.5 Hours",
        timedelta(hours=2, minutes=30),
        time(2, 30),
    ],
)
def test_a_duration_is_read_however_it_is_written(cell):
    assert duration(cell) == 150


def test_a_bare_number_is_hours_unless_the_heading_says_minutes():
    assert duration(90.0, numbers_are_minutes=True) == 90
    assert duration("1:30", numbers_are_minutes=True) == 90
    assert reason(duration(90.0)) is RowReason.MINUTES_TOO_MANY


@pytest.mark.parametrize(
    ("cell", "wrong"),
    [
        (0.0, RowReason.NOT_POSITIVE),
        ("0", RowReason.NOT_POSITIVE),
        ("0:00", RowReason.NOT_POSITIVE),
        (-1.5, RowReason.NOT_POSITIVE),
        ("-1", RowReason.NOT_POSITIVE),
        ("-1:30", RowReason.NOT_POSITIVE),
        ("-30分钟", RowReason.NOT_POSITIVE),
        (2.33, RowReason.MINUTES_FRACTION),
        ("0.01", RowReason.MINUTES_FRACTION),
        (time(1, 30, 20), RowReason.MINUTES_FRACTION),
        (timedelta(seconds=90), RowReason.MINUTES_FRACTION),
        ("24:01", RowReason.MINUTES_TOO_MANY),
        (25, RowReason.MINUTES_TOO_MANY),
        (timedelta(hours=25), RowReason.MINUTES_TOO_MANY),
        (1e300, RowReason.MINUTES_TOO_MANY),
        (float("nan"), RowReason.DURATION_UNREADABLE),
        ("1/2", RowReason.DURATION_UNREADABLE),
        ("1:75", RowReason.DURATION_UNREADABLE),
        ("a while", RowReason.DURATION_UNREADABLE),
        ("1,5", RowReason.DURATION_UNREADABLE),
        (True, RowReason.DURATION_UNREADABLE),
        (date(1900, 1, 2), RowReason.DURATION_UNREADABLE),
        (None, RowReason.CELL_EMPTY),
        ("  ", RowReason.CELL_EMPTY),
    ],
)
def test_a_duration_that_is_no_whole_number_of_minutes_in_a_day_is_refused(cell, wrong):
    assert reason(duration(cell)) is wrong


@given(minutes=MINUTES)
def test_every_duration_is_read_back_as_it_was_written(minutes):
    hours, rest = divmod(minutes, 60)

    written = [
        shown_minutes(minutes),
        f"{minutes}分钟",
        f"{hours}小时{rest}分",
        timedelta(minutes=minutes),
    ]

    assert [duration(cell) for cell in written] == [minutes] * 4


@given(minutes=MINUTES, digits=st.sampled_from([".15g", ".17g"]))
def test_hours_that_a_formula_computed_are_the_minutes_they_came_from(minutes, digits):
    computed = float(format(minutes / 60, digits))

    assert duration(computed) == minutes


@given(hundredths=st.integers(1, 2400))
def test_typed_hours_are_read_exactly_or_refused(hundredths):
    cell = hundredths / 100

    found = duration(cell)

    if hundredths * 60 % 100 == 0:
        assert found == hundredths * 60 // 100
    else:
        assert reason(found) is RowReason.MINUTES_FRACTION


# ---------------------------------------------------------------- whole numbers


@pytest.mark.parametrize("cell", [3, 3.0, "3", "3.0", " ３ "])
def test_a_whole_number_is_read_however_it_is_written(cell):
    assert whole(cell) == 3


@pytest.mark.parametrize(
    ("cell", "wrong"),
    [
        (1.5, RowReason.NUMBER_FRACTION),
        ("1.5", RowReason.NUMBER_FRACTION),
        ("three", RowReason.NUMBER_UNREADABLE),
        ("1e3", RowReason.NUMBER_UNREADABLE),
        (float("inf"), RowReason.NUMBER_UNREADABLE),
        (True, RowReason.NUMBER_UNREADABLE),
        (10**15 + 1, RowReason.NUMBER_TOO_LARGE),
        (1e20, RowReason.NUMBER_TOO_LARGE),
        (0, RowReason.NOT_POSITIVE),
        ("-1", RowReason.NOT_POSITIVE),
    ],
)
def test_a_count_is_a_whole_number_from_one_to_the_largest_amount(cell, wrong):
    assert reason(whole(cell, least=1)) is wrong
    assert whole(10**15, least=1) == 10**15


# ---------------------------------------------------------------- ids and words


@pytest.mark.parametrize("cell", ["0012", " 0012 "])
def test_an_id_is_text_and_keeps_its_leading_zeros(cell):
    assert account(cell) == "0012"


@pytest.mark.parametrize("cell", [12, 12.0, 1.1010119900307e17, "1.10101E+17", True])
def test_a_number_in_the_place_of_an_id_is_refused(cell):
    assert reason(account(cell)) is RowReason.ID_NUMBER


@pytest.mark.parametrize(
    "cell", ["11010519491231002X", "110105491231002", "13800138000", "138 0013 8000"]
)
def test_a_personal_number_is_refused_and_not_repeated(cell):
    found = account(cell)

    assert reason(found) is RowReason.ID_PERSONAL
    assert cell not in found.found


@pytest.mark.parametrize("cell", ["x" * 101, "a\u0000b", "\ud800"])
def test_an_id_that_the_books_cannot_hold_is_refused(cell):
    assert reason(label(cell)) is RowReason.TEXT_MALFORMED


def test_a_level_may_be_a_number_since_it_has_nothing_to_lose():
    assert word(3.0) == "3"
    assert reason(word(3.5)) is RowReason.ID_NUMBER


@pytest.mark.parametrize(
    ("cell", "said"),
    [("是", True), ("否", False), ("YES", True), (False, False), ("√", True)],
)
def test_yes_and_no_are_read_in_both_languages(cell, said):
    assert yes_no(cell) is said
    assert reason(yes_no("maybe")) is RowReason.YES_NO_UNREADABLE


@pytest.mark.parametrize(
    "parse", [day, minute_of_day, duration, whole, account, yes_no]
)
def test_a_formula_without_a_result_and_an_error_are_values_of_nothing(parse):
    assert reason(parse("=C2-B2")) is RowReason.FORMULA_EMPTY
    assert reason(parse("#DIV/0!")) is RowReason.FORMULA_ERROR
    assert reason(parse(None)) is RowReason.CELL_EMPTY
