"""The clock and the calendar as values: hours of the day, days of the month, months."""

from datetime import date

import pytest

import timebank
from timebank.model import Reason
from timebank.policy.calendar import Hours
from timebank.policy.shapes import DAY_NAMES, names_of_day

from .books import HEAD, books, findings

NIGHTS = (
    HEAD
    + """
units = { points = { scale = 60 } }
accounts.member = {}
calendar.hours = { night = ["22:00", "06:00"], noon = ["12:00", "13:00"] }
classes.care = {}

[rules.points]
on = "service"
unit = "points"
amount = [{ of = ["time", "hours.night"] }]
"""
)


def earned(text, minutes, starts_at, day=date(2024, 6, 3)):
    """Return how many minutes of credit one service gives."""
    bank = books(text, day=day)
    bank.record_service("ada", "care", minutes=minutes, starts_at=starts_at, on=day)
    return bank.balance("ada", "points").total


@pytest.mark.parametrize(
    ("starts", "minutes", "night"),
    [
        ("20:00", 120, 0),
        ("20:00", 121, 1),
        ("20:00", 600, 480),
        ("21:00", 1440, 480),
        ("00:00", 1440, 480),
        ("23:00", 1440, 480),
        ("05:59", 60, 1),
        ("06:00", 960, 0),
        ("06:00", 961, 1),
        ("02:00", 30, 30),
    ],
)
def test_hours_at_night_are_those_of_the_service_that_lie_there(starts, minutes, night):
    hour, minute = map(int, starts.split(":"))

    assert earned(NIGHTS, minutes, hour * 60 + minute) == minutes + night


def test_hours_are_counted_as_minute_by_minute():
    for hours in (Hours(1320, 360), Hours(720, 780), Hours(0, 1440), Hours(1080, 1440)):
        length = (hours.end - hours.first - 1) % 1440 + 1
        inside = {(hours.first + n) % 1440 for n in range(length)}
        for begins in range(0, 1440, 47):
            for minutes in (1, 59, 600, 1439, 1440):
                ends = begins + minutes
                by_hand = sum(m % 1440 in inside for m in range(begins, ends))
                assert hours.within(begins, ends) == by_hand


def test_a_service_without_a_time_of_day_is_asked_for_it():
    bank = books(NIGHTS)

    (found,) = findings(
        lambda: bank.record_service("ada", "care", minutes=60, on=bank.clock.day)
    )

    assert (found.code, found.reason, found.wanted) == (
        "rules.points",
        Reason.FACT_NEEDED,
        "starts_at",
    )


def gated(condition):
    return NIGHTS + f"requires = {condition}\n"


@pytest.mark.parametrize(
    ("condition", "starts_at", "met"),
    [
        ('{ starts_at = { below = "8:00" } }', 479, True),
        ('{ starts_at = { below = "8:00" } }', 480, False),
        ('{ "hours.noon" = 0 }', 780, True),
        ('{ "hours.noon" = 0 }', 779, False),
        ('{ weekday = "1st mon", month = 6, day_of_month = { max = 3 } }', 600, True),
        ('{ weekday = ["2nd mon", "last mon"] }', 600, False),
        ('{ weekday = { is_not = "1st mon" } }', 600, False),
        ('{ weekday = { is_not = "mon" } }', 600, False),
        ("{ month = [7, 8] }", 600, False),
        ("{ day_of_month = { min = 4 } }", 600, False),
    ],
)
def test_a_rule_asks_the_clock_and_the_calendar(condition, starts_at, met):
    bank = books(gated(condition))

    found = findings(
        lambda: bank.record_service(
            "ada", "care", minutes=60, starts_at=starts_at, on=bank.clock.day
        )
    )

    assert (not found) is met


def test_an_amount_goes_by_the_day_of_the_month():
    text = NIGHTS.replace(
        '{ of = ["time", "hours.night"] }',
        '{ of = "time" }, { times = { by = "weekday", "last fri" = 3, fri = 2, else = 1 } }',
    )

    days = [20, 21, 27, 28]

    assert [earned(text, 60, None, date(2024, 6, day)) for day in days] == [
        60,
        120,
        60,
        180,
    ]


def test_days_are_called_by_where_in_their_month_they_are():
    assert names_of_day(date(2024, 6, 12)) == ("2nd wed", "wed")
    assert names_of_day(date(2023, 2, 28)) == ("last tue", "4th tue", "tue")
    assert names_of_day(date(2024, 2, 29)) == ("last thu", "5th thu", "thu")
    assert names_of_day(date(9999, 12, 31)) == ("last fri", "5th fri", "fri")
    every = {names_of_day(date.fromordinal(738000 + n)) for n in range(1461)}
    assert every == set(DAY_NAMES)


@pytest.mark.parametrize(
    ("condition", "place", "said"),
    [
        ('{ weekday = "2nd wen" }', "weekday", "2nd wed"),
        ('{ weekday = "6th wed" }', "weekday", "no weekday"),
        ("{ month = 13 }", "month", "from 1 to 12"),
        ("{ day_of_month = { above = 31 } }", "day_of_month", "from 1 to 31"),
        ("{ starts_at = { min = 24 } }", "starts_at", "from 0 to 24"),
        ('{ "hours.nihgt" = 0 }', "hours.nihgt", "'hours.night'"),
        ('{ "hours.night" = { above = 24 } }', "hours.night", "from 0 to 24"),
        ('{ weekday = { is_not = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] } }',
         "weekday", "one of fri, mon"),
        ('{ weekday = { is = "2nd wed", is_not = "wed" } }', "weekday", "nothing is all"),
        ('{ weekday = "5th wed", not = { weekday = "last wed" } }', "not", "whichever"),
        ('{ weekday = "3rd wed", all = [{ weekday = "last wed" }] }', "weekday", "nothing"),
    ],
)  # fmt: skip
def test_what_the_clock_never_shows_is_found(condition, place, said):
    with pytest.raises(timebank.PolicyInvalid) as caught:
        timebank.load_policy(gated(condition))

    told = dict(caught.value.mistakes)
    assert list(told) == [f"rules.points.requires.{place}"]
    (text,) = told.values()
    assert said in text
    assert text.in_("zh") != str(text)


@pytest.mark.parametrize(
    "condition",
    [
        '{ weekday = ["wed", "2nd tue"], all = [{ weekday = ["4th wed", "tue"] }] }',
        '{ weekday = "4th wed", not = { weekday = "last wed" } }',
        '{ weekday = "last wed", all = [{ weekday = "4th wed" }] }',
        "{ month = 12, day_of_month = 31 }",
        '{ "hours.night" = 24 }',
    ],
)
def test_what_the_clock_can_show_is_let_be(condition):
    assert timebank.load_policy(gated(condition))


@pytest.mark.parametrize(
    ("hours", "place", "said"),
    [
        ('night = ["22:00", "22:00"]', ".night", "from one time to another"),
        ('night = ["24:00", "06:00"]', ".night", "from one time to another"),
        ('night = ["22:00"]', ".night", "from one time to another"),
        ('night = "22:00"', ".night", "from one time to another"),
        ('night = ["22:60", "06:00"]', ".night", "from one time to another"),
        ('"a.b" = ["22:00", "06:00"]', ".a.b", "holds no dot"),
    ],
)
def test_what_are_no_hours_is_found(hours, place, said):
    text = NIGHTS.replace('night = ["22:00", "06:00"], ', f"{hours}, ")
    text = text.replace(', "hours.night"', "")

    with pytest.raises(timebank.PolicyInvalid, match=said) as caught:
        timebank.load_policy(text)

    assert list(caught.value.mistakes) == [f"calendar.hours{place}"]


def test_a_mark_has_no_hours():
    text = NIGHTS.replace("care = {}", 'care = { counts = "number" }')

    with pytest.raises(timebank.PolicyInvalid, match="contribution has no value"):
        timebank.load_policy(text.replace('on = "service"', 'on = "contribution"'))
