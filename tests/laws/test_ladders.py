"""Levels: applied for, decided, assessed; which ways there are, and how long they last."""

from datetime import date, timedelta

import pytest

from timebank.model import Reason
from timebank.operations import RecordService

from ..decide.books import HEAD, TODAY, books, codes, findings, free

DAY = timedelta(days=1)

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


# ---------------------------------------------------------------- terms

TERMS = (
    HEAD
    + """
units = { points = {}, deeds = { record = true } }
accounts = { member = {} }
classes.deed = { counts = "number" }
measures.total = { sum = "deeds" }
rules.deeds = { on = "contribution", unit = "deeds" }
rules.gift = { on = "gift", unit = "points", requires = { standing = "clear" } }
rules.start = { on = "grant", unit = "points" }

[ladders.standing]
start = "clear"
levels = [{ name = "barred" }, { name = "clear" }]
moves = [
  { from = "clear", to = "barred", term = ["1 year", "3 years"] },
  { from = "barred", to = "barred", term = "1 year" },
  { from = "barred", to = "clear" },
]

[ladders.card]
entry = "apply"
start = "none"
levels = [{ name = "none" }, { name = "silver", needs = { total = { min = 5 } } }, { name = "gold" }]
moves = [{ from = "none", to = "silver", term = "2 years" }, { from = "silver", to = "gold", needs = { total = { min = 9 } } }]

[ladders.helper]
start = "new"
levels = [
  { name = "new" },
  { name = "known" },
  { name = "acting" },
  { name = "trusted", needs = { total = { min = 3 } } },
  { name = "pillar", needs = { total = { min = 6 } } },
]
moves = [
  { from = "new", to = "known" },
  { from = "known", to = "acting", term = "1 year" },
  { from = "known", to = "trusted", by = "automatic" },
  { from = "trusted", to = "pillar", by = "automatic", suspended = [["2024-06-04", "2024-06-10"]] },
]
"""
)
YEAR = date(2025, 6, 2)


def termed():
    """Return books under `TERMS` whose clock can be moved on, ada having points to give."""
    bank = books(TERMS)
    bank.grant("ada", unit="points", amount=50, on=TODAY)
    return bank


def give(bank, day):
    return codes(lambda: bank.give("ada", "ben", unit="points", amount=1, on=day))


def at(bank, day):
    """Move the bank's clock on to *day*."""
    bank.clock.day = day
    return bank


def test_a_bar_ends_by_itself():
    bank = termed()
    bank.set_tier("ada", "standing", "barred", until=YEAR, on=TODAY)
    entries = len(list(bank.entries()))

    last = give(at(bank, YEAR), YEAR)
    after = give(at(bank, YEAR + DAY), YEAR + DAY)

    assert last == ["rules.gift.requires.standing"]
    assert after == []
    assert len(list(bank.entries())) == entries + 1
    assert bank.standing("ada").tiers["standing"] == "clear"


def test_until_when_a_level_holds_is_shown():
    bank = termed()

    bank.set_tier("ada", "standing", "barred", until=YEAR, on=TODAY)

    assert bank.standing("ada").until == {"standing": YEAR}
    assert bank.standing("ben").until == {}


@pytest.mark.parametrize(
    ("until", "said"),
    [
        (None, ["ladders.standing.moves"]),
        (YEAR - timedelta(days=1), ["ladders.standing.moves"]),
        (YEAR, []),
        (date(2027, 6, 2), []),
        (date(2027, 6, 3), ["ladders.standing.moves"]),
    ],
)
def test_a_bar_is_as_long_as_the_policy_allows(until, said):
    bank = termed()

    assert said == codes(
        lambda: bank.set_tier("ada", "standing", "barred", until=until, on=TODAY)
    )


def test_a_term_may_be_renewed_and_ended_early():
    bank = termed()
    bank.set_tier("ada", "standing", "barred", until=YEAR, on=TODAY)
    at(bank, YEAR)
    later = date(2026, 6, 1)
    bank.set_tier("ada", "standing", "barred", until=later, on=YEAR)
    renewed = bank.standing("ada").until["standing"]

    bank.set_tier("ada", "standing", "clear", on=YEAR)

    assert renewed == later
    assert bank.standing("ada").tiers["standing"] == "clear"
    assert bank.verify(decide_again=True).faults == ()


def test_after_a_renewed_term_the_account_is_where_it_was_before_both():
    bank = termed()
    bank.set_tier("ada", "standing", "barred", until=YEAR, on=TODAY)
    at(bank, YEAR)
    bank.set_tier("ada", "standing", "barred", until=date(2026, 6, 1), on=YEAR)

    at(bank, date(2026, 6, 2))

    assert bank.standing("ada").tiers["standing"] == "clear"


def test_what_is_applied_for_may_have_a_term_and_needs_of_the_way():
    bank = termed()
    bank.record_mark("ada", "deed", 8, on=TODAY)
    until = date(2026, 6, 2)
    bank.apply_for("ada", "card", "silver", until=until, on=TODAY)

    refused = codes(lambda: bank.apply_for("ada", "card", "gold", on=TODAY))

    assert refused == ["ladders.card.moves.1.needs.total"]
    assert bank.standing("ada").tiers["card"] == "silver"
    at(bank, until + DAY)
    assert bank.standing("ada").tiers["card"] == "none"


def test_a_term_runs_back_to_what_was_before_and_not_to_the_start():
    bank = termed()
    bank.set_tier("ada", "helper", "known", on=TODAY)
    bank.set_tier("ada", "helper", "acting", until=YEAR, on=TODAY)

    levels = [helper(at(bank, day)) for day in (YEAR, YEAR + DAY)]

    assert levels == ["acting", "known"]


def test_a_suspended_level_comes_back_with_its_term():
    bank = termed()
    bank.set_tier("ada", "standing", "barred", until=YEAR, on=TODAY)
    bank.set_tier("ada", "standing", action="suspend", on=TODAY)
    suspended = bank.standing("ada").tiers["standing"]

    bank.set_tier("ada", "standing", "barred", on=TODAY)

    assert suspended == "clear"
    assert bank.standing("ada").until == {"standing": YEAR}


# ---------------------------------------------------------------- ways that go by themselves


def helper(bank, member="ada"):
    return bank.standing(member).tiers["helper"]


def test_from_what_people_decided_automatic_ways_lead_on():
    bank = termed()
    bank.record_mark("ada", "deed", 6, on=TODAY)
    before = helper(bank)

    bank.set_tier("ada", "helper", "known", on=TODAY)

    assert (before, helper(bank)) == ("new", "pillar")


def test_automatic_ways_are_not_stored_so_a_level_goes_with_its_needs():
    bank = termed()
    bank.set_tier("ada", "helper", "known", on=TODAY)
    bank.record_mark("ada", "deed", 6, on=TODAY, id="deeds")
    reached = helper(bank)

    bank.reverse("deeds", on=TODAY)

    assert (reached, helper(bank)) == ("pillar", "known")


def test_a_suspended_way_that_goes_by_itself_resumes_on_its_day():
    bank = termed()
    bank.set_tier("ada", "helper", "known", on=TODAY)
    bank.record_mark("ada", "deed", 6, on=TODAY)

    levels = [helper(at(bank, date(2024, 6, day))) for day in (3, 4, 10, 11)]

    assert levels == ["pillar", "trusted", "trusted", "pillar"]


def test_people_do_not_take_a_way_that_goes_by_itself():
    bank = termed()
    bank.set_tier("ada", "helper", "known", on=TODAY)

    found = findings(lambda: bank.set_tier("ada", "helper", "trusted", on=TODAY))

    assert [f.reason for f in found] == [Reason.AT_LEAST, Reason.MOVE_CLOSED]
