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
        ('year_starts = "02-30"', "year_starts", "is a day of every year"),
        ('terms = ["09-01", "09-31"]', "terms.1", "is a day of every year"),
        ('terms = ["09-01", "09-01"]', "terms", "more than once"),
        ('counted_from = "2019"', "counted_from", "a day such as"),
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
    ("old", "new", "place"),
    [
        ('total = { sum = "hours" }', 'total = { sum = "hours", window = "WHEN" }',
         "measures.total.window"),
        ('total = { sum = "hours" }', 'total = { sum = "hours", window = "previous WHEN" }',
         "measures.total.window"),
        ("month = { at_most = 40 }", '"WHEN" = { at_most = 40 }', "rules.points.limits.WHEN"),
        ('{ after = "2 years" }', '{ end_of = "WHEN" }', "units.coins.lots.expires.end_of"),
        ('keep = "for ever"', 'keep = "for ever"\nevery = "WHEN"', "ladders.star.every"),
        ('to = ["B"]', 'to = ["B"], by = "automatic", needs = { total = { min = 1 } }, every = "WHEN"',
         "ladders.group.moves.0.every"),
        ("[flags.many]", '[rankings.best]\nvalue = "total"\nevery = "WHEN"\n[flags.many]',
         "rankings.best.every"),
        ("[flags.many]", '[rules.gone]\non = "period"\nevery = "WHEN"\nunit = "hours"\namount = 1\n[flags.many]',
         "rules.gone.every"),
    ],
)  # fmt: skip
def test_terms_and_so_many_weeks_need_a_first_day_wherever_they_are(old, new, place):
    assert old in SOUND
    calendar = '[calendar]\nterms = ["09-01", "02-01"]\ncounted_from = 2024-01-01\n'
    for when, said in (
        ("term", "calendar.terms"),
        ("2 weeks", "calendar.counted_from"),
    ):
        text = SOUND.replace(old, new.replace("WHEN", when))
        found = mistakes(text)

        told = found[place.replace("WHEN", when)]
        assert said in told
        assert told.in_("zh") != str(told)
        assert place.replace("WHEN", when) not in mistakes(text + calendar)


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
