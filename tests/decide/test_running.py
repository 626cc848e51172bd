"""Running formulas: what should have been paid in all, and the difference that is paid."""

from datetime import date, timedelta

import pytest

from .books import HEAD, TODAY, books, free

RUNNING = (
    HEAD
    + """
units = { hours = { scale = 60, record = true }, points = {}, tiers = {}, late = {} }
accounts = { member = { points = { cap = 20, excess = "drop" } } }
classes = { care = {} }

[measures]
year_hours = { sum = "hours", window = "year" }
ever = { sum = "hours" }

[rules.hours]
on = "service"
unit = "hours"

[rules.points]
on = "service"
unit = "points"
amount = [{ of = "year_hours" }, { less = 10 }, { round = "down", to = 1 }]
running = "year_hours"

[rules.tiers]
on = "service"
unit = "tiers"
amount = [{ of = "ever" }, { bands = [[2, 10], [4, 30], [6, 60]] }]
running = "ever"

[rules.spend]
on = "redeem"
unit = "points"

[items.rice]
price = 1
"""
)


@pytest.fixture
def bank():
    return books(RUNNING, day=date(2024, 6, 3))


def serve(bank, minutes, on=TODAY, **fields):
    return bank.record_service("ada", "care", minutes, on=on, **fields)


def test_hours_below_the_threshold_count_towards_it_and_are_not_paid(bank):
    for _ in range(4):
        serve(bank, 150)

    assert free(bank, "ada", "points") == 0

    serve(bank, 150)
    assert free(bank, "ada", "points") == 2


def test_the_total_is_rounded_and_not_each_record(bank):
    serve(bank, 600)
    for _ in range(6):
        serve(bank, 50)

    assert free(bank, "ada", "points") == 5


def test_a_step_that_is_passed_is_paid_once(bank):
    paid = []
    for _ in range(7):
        serve(bank, 60)
        paid.append(free(bank, "ada", "tiers"))

    assert paid == [0, 10, 10, 30, 30, 60, 60]


def test_a_new_year_begins_anew(bank):
    serve(bank, 660, on=date(2023, 12, 31))
    serve(bank, 660, on=date(2024, 1, 1))

    assert free(bank, "ada", "points") == 2


def test_what_was_recorded_late_counts_in_the_year_it_was_done(bank):
    serve(bank, 660, on=date(2024, 1, 1))
    serve(bank, 120, on=date(2023, 12, 31))
    serve(bank, 540, on=date(2023, 1, 1))

    assert free(bank, "ada", "points") == 2


def test_what_a_cap_left_no_room_for_does_not_come_back_once_there_is_room(bank):
    for day in range(3):
        serve(bank, 900, on=TODAY - timedelta(days=day))
    assert free(bank, "ada", "points") == 20
    bank.redeem("ada", "rice", 10, on=TODAY)

    serve(bank, 60)

    assert free(bank, "ada", "points") == 11


def test_what_was_paid_for_a_record_since_undone_is_not_paid_again(bank):
    serve(bank, 600, id="first")
    serve(bank, 300)
    assert free(bank, "ada", "points") == 5
    bank.reverse("first", on=TODAY)

    serve(bank, 600)
    assert free(bank, "ada", "points") == 5

    serve(bank, 60)
    assert free(bank, "ada", "points") == 6


def test_undoing_takes_back_what_that_record_was_paid(bank):
    serve(bank, 600)
    serve(bank, 300, id="second")

    bank.reverse("second", on=TODAY)

    assert free(bank, "ada", "points") == 0


def test_a_correction_pays_the_difference_of_the_whole(bank):
    serve(bank, 600, id="first")
    serve(bank, 50)
    asked = bank.entry("first").entry.operation

    bank.correct(
        "first",
        type(asked)(provider="ada", service_class="care", minutes=670),
        on=TODAY,
    )

    assert free(bank, "ada", "points") == 2


def test_dues_that_were_paid_for_a_record_undone_since_are_not_paid_again():
    text = RUNNING.replace(
        "[rules.spend]",
        """
[rules.dues]
on = "service"
unit = "late"
from = "provider"
to = "issuer"
amount = [{ of = "ever" }, { round = "down", to = 1 }]
running = "ever"

[rules.spend]""",
    ).replace("points = { cap", "late = { floor = -9 }, points = { cap")
    bank = books(text, day=date(2024, 6, 3))
    serve(bank, 59, id="first")
    serve(bank, 1)
    assert free(bank, "ada", "late") == -1

    bank.reverse("first", on=TODAY)
    serve(bank, 59)

    assert free(bank, "ada", "late") == -1
