"""Terms, so many weeks and yearly stretches count the same in memory and in a store."""

from datetime import date

import pytest

from .books import HEAD, books, codes

WINDOWED = (
    HEAD
    + """
units = { hours = { record = true }, points = {} }
accounts.member.points = { floor = "none" }
[calendar]
terms = ["09-01", "02-15"]
counted_from = 2024-01-01
[classes]
care = {}
[measures]
counted = { sum = "hours", window = "WINDOW" }
[rules.hours]
on = "service"
unit = "hours"
[rules.meal]
on = "redeem"
unit = "points"
requires = { counted = { min = 3, max = 5 } }
limits = { "WINDOW" = { at_most = 1 } }
[items]
meal = { price = 1 }
"""
)


@pytest.fixture(params=["memory", "sqlite"])
def url(request, tmp_path):
    memory = request.param == "memory"
    return "memory:" if memory else f"sqlite:///{tmp_path}/books.db"


@pytest.mark.parametrize(
    ("window", "first", "last", "binds_after"),
    [
        ("term", date(2023, 9, 1), date(2024, 2, 14), True),
        ("2 weeks", date(2024, 1, 29), date(2024, 2, 11), True),
        ("9 months", date(2023, 4, 1), date(2023, 12, 31), True),
        ("02-01..02-29", date(2024, 2, 1), date(2024, 2, 29), False),
        ("11-01..01-31", date(2023, 11, 1), date(2024, 1, 31), False),
    ],
)
def test_what_lies_in_a_window_is_counted_to_the_day(
    url, window, first, last, binds_after
):
    bank = books(WINDOWED.replace("WINDOW", window), day=date(2024, 6, 3), url=url)

    def serve(day, hours):
        bank.record_service("ada", "care", minutes=60 * hours, on=day)

    def lacking(day):
        bank.clock.day = day
        return codes(lambda: bank.redeem("ada", "meal", on=day))

    before, after = (
        date.fromordinal(d.toordinal() + n) for d, n in ((first, -1), (last, 1))
    )
    serve(before, 7)
    serve(after, 7)
    serve(first, 1)
    serve(last, 1)
    assert lacking(last) == ["rules.meal.requires.counted"]
    serve(first, 1)
    bank.redeem("ada", "meal", on=last)
    assert lacking(last) == [f"rules.meal.limits.{window}"]
    # a stretch that leaves days out can be asked afterwards, and limits nothing there
    assert (not lacking(after)) is not binds_after
