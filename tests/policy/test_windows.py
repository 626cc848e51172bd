"""Windows of days: calendar, rolling, and how far a back-dated record reaches."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timebank.policy.calendar import PLAIN, Calendar, Weekday
from timebank.policy.days import months_between, months_later
from timebank.policy.windows import Every, Window, is_window, window

MARCH_1 = date(2023, 3, 1)
ROLLING = st.builds(
    lambda n, unit: window(f"last {n} {unit}s"),
    st.integers(1, 14),
    st.sampled_from(["day", "week", "month", "year"]),
)
DAYS = st.dates(date(1990, 1, 1), date(2060, 12, 31))


def span(text, *day):
    first, last = window(text).span(date(*day), PLAIN)
    return first and first.isoformat(), last and last.isoformat()


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("day", "2024-02-29", "2024-02-29"),
        ("week", "2024-02-26", "2024-03-03"),
        ("month", "2024-02-01", "2024-02-29"),
        ("quarter", "2024-01-01", "2024-03-31"),
        ("half-year", "2024-01-01", "2024-06-30"),
        ("year", "2024-01-01", "2024-12-31"),
        ("lifetime", None, None),
        ("to date", None, "2024-02-29"),
        ("last 1 day", "2024-02-29", "2024-02-29"),
        ("last 30 days", "2024-01-31", "2024-02-29"),
        ("last 2 weeks", "2024-02-16", "2024-02-29"),
        ("last 1 month", "2024-01-30", "2024-02-29"),
        ("last 1 year", "2023-03-01", "2024-02-29"),
        ("last 4 years", "2020-03-01", "2024-02-29"),
    ],
)
def test_a_window_around_a_leap_day(text, first, last):
    assert span(text, 2024, 2, 29) == (first, last)


@pytest.mark.parametrize(
    ("day", "first"),
    [
        ((2023, 3, 31), "2023-03-01"),
        ((2023, 3, 30), "2023-03-01"),
        ((2023, 3, 28), "2023-03-01"),
        ((2023, 3, 27), "2023-02-28"),
        ((2024, 3, 31), "2024-03-01"),
        ((2024, 3, 28), "2024-02-29"),
        ((2023, 1, 1), "2022-12-02"),
    ],
)
def test_31_falls_back_to_the_months_last_day(day, first):
    assert span("last 1 month", *day)[0] == first


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        ((2024, 6, 30), "2024-01-01", "2024-06-30"),
        ((2024, 7, 1), "2024-07-01", "2024-12-31"),
    ],
)
def test_a_half_year_ends_with_june(day, first, last):
    assert span("half-year", *day) == (first, last)


@pytest.mark.parametrize(
    ("day", "first"), [((2024, 12, 30), "2024-12-30"), ((2025, 1, 5), "2024-12-30")]
)
def test_a_week_begins_on_monday_and_may_pass_new_year(day, first):
    assert span("week", *day)[0] == first


@given(st.sampled_from(["day", "week", "month", "quarter", "half-year", "year"]), DAYS)
def test_windows_of_the_calendar_follow_each_other_without_gap(text, day):
    first, last = window(text).span(day, PLAIN)

    assert first <= day <= last
    assert (
        window(text).span(first, PLAIN)
        == window(text).span(last, PLAIN)
        == (first, last)
    )
    assert window(text).span(last + timedelta(days=1), PLAIN)[0] == last + timedelta(
        days=1
    )


@given(ROLLING, DAYS)
def test_a_rolling_window_ends_with_its_day(stretch, day):
    first, last = stretch.span(day, PLAIN)

    assert first <= day == last


@given(ROLLING, DAYS)
def test_a_rolling_window_reaches_to_the_last_day_that_still_sees_it(stretch, day):
    first, last = stretch.reach(day, PLAIN)

    assert first == stretch.span(day, PLAIN)[0]
    assert stretch.span(last, PLAIN)[0] <= day
    assert stretch.span(last + timedelta(days=1), PLAIN)[0] > day


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("last 1 month", date(2023, 3, 31)),
        ("last 30 days", date(2023, 3, 30)),
        ("last 1 year", date(2024, 2, 29)),
    ],
)
def test_the_first_of_march_is_seen_to_the_end_of_a_month(text, last):
    assert window(text).reach(MARCH_1, PLAIN)[1] == last


def test_a_window_of_the_calendar_reaches_no_further_than_itself():
    assert window("month").reach(MARCH_1, PLAIN) == window("month").span(MARCH_1, PLAIN)
    assert window("lifetime").reach(MARCH_1, PLAIN) == (None, None)
    assert window("to date").reach(MARCH_1, PLAIN) == (None, None)


@pytest.mark.parametrize(
    "text", [*["day", "week", "month", "quarter", "half-year", "year"]]
)
@pytest.mark.parametrize("day", [date.min, date.max])
def test_a_window_of_the_calendar_ends_where_the_calendar_does(text, day):
    first, last = window(text).span(day, PLAIN)

    assert first <= day <= last


@pytest.mark.parametrize("text", ["last 9999 years", "last 9999 months", "last 1 day"])
@pytest.mark.parametrize("day", [date.min, date.max])
def test_a_rolling_window_ends_where_the_calendar_does(text, day):
    first, last = window(text).reach(day, PLAIN)

    assert first <= day <= last


@pytest.mark.parametrize(
    "text",
    [
        "",
        "days",
        "Month",
        "last month",
        "last 0 days",
        "last 10000 days",
        "last 2 quarters",
        "previous",
        "previous lifetime",
        "previous last 2 days",
        "since ",
        "since  star",
        "2011-08-31..2011-04-20",
        "2011-02-30..2011-08-31",
        "2011-04-20..",
        "terms",
        "0 days",
        "2 quarters",
        "02-30..03-31",
        "13-01..01-31",
        "9-1..1-31",
        "previous 2011-04-20..2011-08-31",
    ],
)
def test_what_is_no_window_is_told_which_there_are(text):
    assert not is_window(text)
    with pytest.raises(ValueError, match=r"there are: day, week, .* lifetime"):
        window(text)


def test_a_window_is_known_by_its_text():
    assert window("last 30 days") == Window("last 30 days")
    assert window("last 1 day").rolling
    assert not window("day").rolling


FROM_APRIL = Calendar(year_starts="04-01", week_starts=Weekday.SUN)
FROM_LEAP_WEEK = Calendar(year_starts="02-28")


@pytest.mark.parametrize(
    ("text", "day", "first", "last"),
    [
        ("programme year", (2024, 3, 31), "2023-04-01", "2024-03-31"),
        ("programme year", (2024, 4, 1), "2024-04-01", "2025-03-31"),
        ("previous programme year", (2024, 4, 1), "2023-04-01", "2024-03-31"),
        ("year", (2024, 4, 1), "2024-01-01", "2024-12-31"),
        ("week", (2024, 6, 1), "2024-05-26", "2024-06-01"),
        ("week", (2024, 6, 2), "2024-06-02", "2024-06-08"),
        ("previous week", (2024, 6, 2), "2024-05-26", "2024-06-01"),
        ("previous month", (2024, 3, 31), "2024-02-01", "2024-02-29"),
        ("previous quarter", (2024, 1, 1), "2023-10-01", "2023-12-31"),
        ("previous day", (2024, 3, 1), "2024-02-29", "2024-02-29"),
        ("2011-04-20..2011-08-31", (2024, 3, 1), "2011-04-20", "2011-08-31"),
    ],
)
def test_a_window_goes_by_the_calendar_of_the_policy(text, day, first, last):
    found = window(text).span(date(*day), FROM_APRIL)

    assert tuple(map(str, found)) == (first, last)


TERMS = Calendar(terms=("09-01", "02-15"), counted_from=date(2019, 5, 31))


@pytest.mark.parametrize(
    ("text", "day", "first", "last"),
    [
        ("term", (2024, 2, 14), "2023-09-01", "2024-02-14"),
        ("term", (2024, 2, 15), "2024-02-15", "2024-08-31"),
        ("term", (2024, 12, 31), "2024-09-01", "2025-02-14"),
        ("previous term", (2024, 2, 15), "2023-09-01", "2024-02-14"),
        ("previous term", (2024, 2, 14), "2023-02-15", "2023-08-31"),
        ("2 years", (2021, 5, 30), "2019-05-31", "2021-05-30"),
        ("2 years", (2021, 5, 31), "2021-05-31", "2023-05-30"),
        ("2 years", (2019, 5, 30), "2017-05-31", "2019-05-30"),
        ("previous 2 years", (2021, 5, 31), "2019-05-31", "2021-05-30"),
        ("3 months", (2019, 8, 30), "2019-05-31", "2019-08-30"),
        ("1 month", (2020, 2, 29), "2020-02-29", "2020-03-30"),
        ("1 month", (2020, 2, 28), "2020-01-31", "2020-02-28"),
        ("2 weeks", (2019, 6, 13), "2019-05-31", "2019-06-13"),
        ("2 weeks", (2019, 6, 14), "2019-06-14", "2019-06-27"),
        ("10 days", (2019, 5, 30), "2019-05-21", "2019-05-30"),
        ("09-01..01-31", (2024, 9, 1), "2024-09-01", "2025-01-31"),
        ("09-01..01-31", (2025, 1, 31), "2024-09-01", "2025-01-31"),
        ("09-01..01-31", (2025, 2, 1), "2024-09-01", "2025-01-31"),
        ("09-01..01-31", (2025, 8, 31), "2024-09-01", "2025-01-31"),
        ("previous 09-01..01-31", (2025, 1, 31), "2023-09-01", "2024-01-31"),
        ("06-01..08-31", (2025, 5, 31), "2024-06-01", "2024-08-31"),
        ("02-01..02-29", (2025, 2, 3), "2025-02-01", "2025-02-28"),
        ("02-01..02-29", (2024, 2, 3), "2024-02-01", "2024-02-29"),
        ("12-01..02-29", (2024, 1, 3), "2023-12-01", "2024-02-29"),
    ],
)
def test_terms_and_so_many_years_go_by_the_calendar(text, day, first, last):
    found = window(text).span(date(*day), TERMS)

    assert tuple(map(str, found)) == (first, last)


PERIODS = st.sampled_from(["term", "programme year", "week", "quarter"]) | st.builds(
    "{} {}s".format,
    st.integers(1, 40),
    st.sampled_from(["day", "week", "month", "year"]),
)


@given(PERIODS, DAYS)
def test_periods_follow_each_other_without_gap(text, day):
    first, last = Every(text).span(day, TERMS)
    after = last + timedelta(days=1)

    assert first <= day <= last
    assert Every(text).span(after, TERMS)[0] == after
    assert window(f"previous {text}").span(after, TERMS) == (first, last)
    assert window(text).span(last, TERMS) == (first, last)


@given(
    st.sampled_from(["2 years", "5 months", "3 weeks", "term", "09-01..01-31"]),
    st.sampled_from([date.min, date.max]),
)
def test_periods_end_where_the_calendar_does(text, day):
    for prefix in ("", "previous "):
        first, last = window(prefix + text).span(day, TERMS)
        assert first <= last


@given(st.sampled_from([FROM_APRIL, FROM_LEAP_WEEK, PLAIN]), DAYS)
def test_programme_years_follow_each_other_without_gap(calendar, day):
    first, last = window("programme year").span(day, calendar)
    after = last + timedelta(days=1)

    assert first <= day <= last
    assert first.strftime("%m-%d") == after.strftime("%m-%d") == calendar.year_starts
    assert window("programme year").span(after, calendar)[0] == after
    assert window("previous programme year").span(after, calendar) == (first, last)


@pytest.mark.parametrize("text", ["programme year", "previous year", "previous week"])
@pytest.mark.parametrize("day", [date.min, date.max])
def test_a_programme_year_ends_where_the_calendar_does(text, day):
    first, last = window(text).span(day, FROM_APRIL)

    assert first <= last


def test_a_window_since_a_level_begins_with_it():
    stretch = window("since star")

    assert stretch.since == "star"
    assert stretch.span(MARCH_1, PLAIN, date(2022, 5, 4)) == (date(2022, 5, 4), None)
    assert stretch.span(MARCH_1, PLAIN) == stretch.reach(MARCH_1, PLAIN) == (None, None)
    assert window("month").since is None


@pytest.mark.parametrize(
    ("first", "last", "months"),
    [
        ((2024, 1, 15), (2024, 7, 14), 5),
        ((2024, 1, 15), (2024, 7, 15), 6),
        ((2024, 1, 31), (2024, 2, 28), 0),
        ((2024, 1, 31), (2024, 2, 29), 1),
        ((2023, 12, 31), (2024, 12, 31), 12),
        ((2024, 5, 1), (2024, 4, 1), 0),
        ((2024, 5, 31), (2024, 5, 1), 0),
    ],
)
def test_only_full_months_are_counted(first, last, months):
    assert months_between(date(*first), date(*last)) == months


@pytest.mark.parametrize(
    ("months", "then"),
    [
        (1, date(2024, 2, 29)),
        (-1, date(2023, 12, 31)),
        (13, date(2025, 2, 28)),
        (0, date(2024, 1, 31)),
        (-12 * 2024, date.min),
        (12 * 9999, date.max),
    ],
)
def test_months_later_is_the_same_day_or_the_months_last(months, then):
    assert months_later(date(2024, 1, 31), months) == then
