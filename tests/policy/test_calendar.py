"""The calendar of a policy: working days, and what is wrong with one."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timebank.policy.calendar import PLAIN, Calendar, Weekday, weekday_of
from timebank.policy.expressions import FactNeeded
from timebank.policy.files import load_policy

from .files import SOUND, mistakes

FRIDAY = date(2024, 11, 8)
HOLIDAYS = Calendar(
    holidays=(date(2024, 10, 1), date(2024, 10, 2), date(2024, 10, 3)),
    workdays=(date(2024, 10, 12),),
)


def test_13_a_notice_of_five_working_days_from_a_friday_ends_the_next_friday():
    assert PLAIN.working_days_later(FRIDAY, 5) == date(2024, 11, 15)


@pytest.mark.parametrize(
    ("day", "days", "last"),
    [
        ((2024, 11, 9), 1, (2024, 11, 11)),
        ((2024, 11, 8), 0, (2024, 11, 8)),
        ((2024, 9, 30), 1, (2024, 10, 4)),
        ((2024, 9, 30), 2, (2024, 10, 7)),
        ((2024, 10, 11), 1, (2024, 10, 12)),
        ((2024, 10, 11), 2, (2024, 10, 14)),
    ],
)
def test_holidays_are_passed_over_and_make_up_days_count(day, days, last):
    assert HOLIDAYS.working_days_later(date(*day), days) == date(*last)


def test_a_year_without_its_holidays_is_not_guessed():
    with pytest.raises(FactNeeded, match=r"calendar\.holidays 2025"):
        HOLIDAYS.working_days_later(date(2024, 12, 31), 1)

    assert HOLIDAYS.working_days_later(date(2024, 12, 27), 2) == date(2024, 12, 31)


@given(st.dates(date(2000, 1, 1), date(2040, 1, 1)), st.integers(0, 40))
def test_so_many_working_days_are_between(day, days):
    last = PLAIN.working_days_later(day, days)

    span = range(day.toordinal() + 1, last.toordinal() + 1)
    assert sum(PLAIN.is_working(date.fromordinal(d)) for d in span) == days
    assert days == 0 or PLAIN.is_working(last)


def test_days_of_the_week_go_by_their_first_three_letters():
    assert weekday_of(FRIDAY) == "fri"
    assert weekday_of(FRIDAY).number == FRIDAY.weekday()


def test_a_calendar_is_read():
    text = """
[calendar]
year_starts = "04-01"
week_starts = "sun"
holidays = [2024-10-01, "2024-10-02"]
workdays = [2024-10-12]
"""
    assert load_policy(SOUND + text).calendar == Calendar(
        year_starts="04-01",
        week_starts=Weekday.SUN,
        holidays=(date(2024, 10, 1), date(2024, 10, 2)),
        workdays=(date(2024, 10, 12),),
    )


@pytest.mark.parametrize(
    ("line", "place", "said"),
    [
        ('year_starts = "4-1"', "year_starts", "is a day of every year"),
        ('year_starts = "02-29"', "year_starts", "is a day of every year"),
        ('week_starts = "monday"', "week_starts", "mon"),
        ('holidays = ["2024-10-01", 2024-10-01]', "holidays", "more than once"),
        ("workdays = [2024-10-11]", "workdays", "is worked anyway"),
        (
            "workdays = [2024-10-12]\nholidays = [2024-10-12]",
            "workdays",
            "among the holidays too",
        ),
    ],
)
def test_a_calendar_that_is_none_is_a_mistake(line, place, said):
    found = mistakes(f"{SOUND}\n[calendar]\n{line}\n")

    assert said in found[f"calendar.{place}"]


@pytest.mark.parametrize(
    ("window", "said"),
    [
        ("since star", "come by themselves"),
        ("since stars", "did you mean 'star'"),
    ],
)
def test_a_window_begins_with_a_level_that_was_given(window, said):
    text = SOUND.replace(
        'total = { sum = "hours" }',
        f'total = {{ sum = "hours" }}\nlately = {{ sum = "hours", window = "{window}" }}',
    )

    assert said in mistakes(text)["measures.lately.window"]


def test_a_limit_over_what_is_past_can_never_bind():
    text = SOUND.replace("month = { at_most = 40 }", '"previous month".at_most = 40')

    found = mistakes(text)

    assert "can never bind" in found["rules.points.limits.previous month"]
