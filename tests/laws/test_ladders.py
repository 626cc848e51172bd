"""Levels: applied for, decided, assessed; which ways there are, and how long they last."""

from datetime import date

import pytest

from timebank.operations import RecordService

from ..decide.books import HEAD, TODAY, books, codes, free

STARS = (
    HEAD
    + """
[units]
hours = { scale = 60, record = true }
points = {}

[accounts]
member = {}
group = { may = ["service"] }

[classes]
care = {}

[measures]
total = { sum = "hours" }

[rules.hours]
on = "service"
unit = "hours"

[rules.bonus]
on = "apply"
unit = "points"
when = { ladder = "star" }
amount = { by = "star_asked", one = 10, two = 30 }

[facts]
star_asked = { type = ["one", "two"], default = "one" }

[ladders.star]
entry = "apply"
keep = "for ever"
needs = { standing = "clear" }
levels = [
  { name = "one", needs = { total = { min = 2 } } },
  { name = "two", needs = { total = { min = 4 } } },
]

[ladders.standing]
start = "clear"
levels = [{ name = "barred" }, { name = "clear" }]
moves = [{ from = "clear", to = "barred" }, { from = "barred", to = "clear" }]
"""
)


def starred(hours=0):
    """Return books under `STARS` in which ada has served so many hours."""
    bank = books(STARS)
    for number in range(hours):
        service = RecordService(provider="ada", service_class="care", minutes=60)
        bank.post(service, on=TODAY, id=f"served-{number}")
    return bank


# ---------------------------------------------------------------- applications


def test_a_level_applied_for_is_granted_where_its_needs_are_met():
    bank = starred(hours=2)

    bank.apply_for("ada", "star", "one", on=TODAY)

    assert bank.standing("ada").tiers["star"] == "one"


def test_an_application_for_more_than_is_met_names_everything_that_is_lacking():
    bank = starred(hours=3)
    bank.set_tier("ada", "standing", "barred", on=TODAY)

    refused = codes(lambda: bank.apply_for("ada", "star", "two", on=TODAY))

    assert refused == [
        "ladders.star.needs.standing",
        "ladders.star.levels.two.needs.total",
    ]


@pytest.mark.parametrize(("asked", "code"), [("one", "star"), ("three", "star.levels")])
def test_a_level_held_or_unknown_is_not_applied_for(asked, code):
    bank = starred(hours=4)
    bank.apply_for("ada", "star", "two", on=TODAY)

    assert codes(lambda: bank.apply_for("ada", "star", asked, on=TODAY)) == [
        f"ladders.{code}"
    ]


def test_rules_on_apply_say_what_a_level_brings():
    bank = starred(hours=4)

    bank.apply_for("ada", "star", "two", on=TODAY, facts={"star_asked": "two"})

    assert free(bank, "ada", "points") == 30
    assert bank.verify(decide_again=True).faults == ()


def test_who_may_not_apply_is_told_so():
    bank = starred()
    bank.open_account("team", kind="group", on=date(2020, 1, 1))

    assert codes(lambda: bank.apply_for("team", "star", "one", on=TODAY)) == [
        "accounts.group.may"
    ]


def test_a_ladder_that_the_policy_has_not_is_told():
    bank = starred()

    assert codes(lambda: bank.apply_for("ada", "moon", "one", on=TODAY)) == ["ladders"]
