"""What levels bring, said by parts that are there for other things: each is a policy."""

import pytest

from timebank.policy.files import load_policy
from timebank.rehearsal import play_examples

HEAD = """
language = 1
policy = { name = "Benefits", source = "made up", status = "pilot", from = 2024-01-01 }
accounts = { member = {} }
"""
PROCEDURES = (
    HEAD
    + """
units.hours = { scale = 60, record = true }
classes.care = {}
measures.total = { sum = "hours" }
rules.hours = { on = "service", unit = "hours" }
ladders.star = { entry = "apply", keep = "for ever", levels = [
  { name = "one", needs = { total = { min = 100 } } },
  { name = "two", needs = { total = { min = 300 } } },
  { name = "three", needs = { total = { min = 600 } } } ] }
procedures.county = { on = "apply", when = { ladder = "star", level = { max = 2 } }, steps = [{ name = "review", by = ["county"] }] }
procedures.city = { on = "apply", when = { ladder = "star", level = { min = 3 } }, steps = [{ name = "review", by = ["city"] }] }
examples."the county decides on two stars" = { given = { hours = 320 }, expect = { star = "two" }, do = [
  { on = "apply", ladder = "star", level = "two" }, { on = "confirm", step = "review", role = "county", actor = "li" }] }
examples."until then it is not held" = { given = { hours = 320 }, expect = { star = "" }, do = [
  { on = "apply", ladder = "star", level = "two" }] }
examples."the county does not decide on three" = { given = { hours = 700 }, expect = { star = "" }, do = [
  { on = "apply", ladder = "star", level = "three" }, { on = "confirm", step = "review", role = "county", actor = "li" }] }
examples."more than is met is refused at once" = { given = { hours = 120 }, expect = { refused = "ladders.star.levels.two.needs.total" }, do = [
  { on = "apply", ladder = "star", level = "two" }] }
"""
)
BONUS = (
    HEAD
    + """
units.hours = { scale = 60, record = true }
units.coins = {}
classes.care = {}
measures.total = { sum = "hours" }
rules.hours = { on = "service", unit = "hours" }
rules.star = { on = "apply", unit = "coins", when = { ladder = "star" }, amount = [{ of = "level" }, { times = 50 }] }
ladders.star = { entry = "apply", keep = "for ever", levels = [
  { name = "one", needs = { total = { min = 100 } } }, { name = "two", needs = { total = { min = 300 } } } ] }
examples."a star brings fifty coins for each level" = { given = { hours = 300 }, expect = { coins = 100, star = "two" }, do = [
  { on = "apply", ladder = "star", level = "two" }] }
"""
)
BADGES = (
    HEAD
    + """
units.hours = { scale = 60, record = true }
units.badges = { record = true }
classes.care = {}
classes.badge = { counts = "number" }
measures.total = { sum = "hours" }
measures.earned = { sum = "badges" }
rules.hours = { on = "service", unit = "hours" }
rules.badges = { on = "contribution", unit = "badges" }
ladders.first_hour = { keep = "for ever", levels = [{ name = "first hour", needs = { total = { min = 1 } } }] }
ladders.all_round = { keep = "for ever", levels = [{ name = "all-round", needs = { earned = { min = 8 } } }] }
examples."one hour is a badge, and it stays" = { expect = { first_hour = "first hour" }, do = [
  { on = "service", class = "care", time = 1 }] }
examples."eight badges make one" = { given = { badges = 7 }, expect = { all_round = "all-round" }, do = [
  { on = "contribution", class = "badge", number = 1, event = "tea" }] }
examples."seven do not" = { given = { badges = 7 }, expect = { all_round = "" } }
"""
)
GIFTS = (
    HEAD
    + """
units.hours = { scale = 60, record = true }
units.taken = { record = true }
classes.care = {}
classes.gift = { counts = "number" }
measures.total = { sum = "hours" }
measures.gifts = { sum = "taken" }
rules.hours = { on = "service", unit = "hours" }
rules.taken = { on = "contribution", unit = "taken", limits = { gifts = { at_most = [{ of = "total" }, { plus = 160 }, { every = 200, gives = 1 }] } } }
examples."a gift at forty hours" = { given = { hours = 40 }, expect = { taken = 1, refused = "" }, do = [
  { on = "contribution", class = "gift", number = 1 }] }
examples."none before" = { given = { hours = 39 }, expect = { taken = 0, refused = "rules.taken.limits.gifts" }, do = [
  { on = "contribution", class = "gift", number = 1 }] }
examples."the next at 240" = { given = { hours = 239 }, expect = { taken = 1, refused = "rules.taken.limits.gifts" }, do = [
  { on = "contribution", class = "gift", number = 1, repeat = 2 }] }
examples."two by then" = { given = { hours = 240 }, expect = { taken = 2, refused = "" }, do = [
  { on = "contribution", class = "gift", number = 1, repeat = 2 }] }
"""
)
YEARLY = (
    HEAD
    + """
units.hours = { scale = 60, record = true }
units.outings = { record = true }
classes.care = {}
classes.outing = { counts = "number", requires = { star = { min = "one" } } }
measures.total = { sum = "hours" }
rules.hours = { on = "service", unit = "hours" }
rules.outings = { on = "contribution", unit = "outings", limits = { year = { at_most = { by = "star", one = 1, two = 3, else = 0 } } } }
ladders.star = { keep = "for ever", levels = [
  { name = "one", needs = { total = { min = 100 } } }, { name = "two", needs = { total = { min = 300 } } } ] }
examples."one a year with one star" = { given = { hours = 100 }, expect = { outings = 1, refused = "rules.outings.limits.year" }, do = [
  { on = "contribution", class = "outing", number = 1, day = "2024-03-01", repeat = 2 }] }
examples."and one in the next" = { given = { hours = 100 }, expect = { outings = 2, refused = "" }, do = [
  { on = "contribution", class = "outing", number = 1, day = "2024-03-01", repeat = 2, step = "1 year" }] }
examples."three with two stars" = { given = { hours = 300 }, expect = { outings = 3, refused = "" }, do = [
  { on = "contribution", class = "outing", number = 3, day = "2024-03-01" }] }
examples."none without" = { given = { hours = 99 }, expect = { refused = "classes.outing.requires.star" }, do = [
  { on = "contribution", class = "outing", number = 1, day = "2024-03-01" }] }
"""
)
TITLES = (
    HEAD
    + """
units.hours = { scale = 60, record = true }
classes.care = {}
measures.of_year = { sum = "hours", window = "year" }
rules.hours = { on = "service", unit = "hours" }
ladders.excellent = { every = "year", keep = "for ever", levels = [{ name = "excellent", needs = { of_year = { min = 50 } } }] }
ladders.steady = { every = "year", levels = [{ name = "steady", needs = { of_year = { min = 50 } } }] }
examples."a title for a good year stays in a bad one" = { expect = { excellent = "excellent", steady = "" }, do = [
  { on = "service", class = "care", time = 20, day = "2024-03-01", repeat = 3, step = "1 month" },
  { on = "tick", day = "2025-01-01" }, { on = "tick", day = "2026-01-01" }] }
examples."not before the year is over" = { expect = { excellent = "" }, do = [
  { on = "service", class = "care", time = 20, day = "2024-03-01", repeat = 3, step = "1 month" },
  { on = "tick", day = "2024-12-31" }] }
"""
)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(text, id=name)
        for name, text in {
            "applications by approver": PROCEDURES,
            "a bonus": BONUS,
            "badges": BADGES,
            "gifts in a cycle": GIFTS,
            "benefits of a year": YEARLY,
            "titles": TITLES,
        }.items()
    ],
)
def test_it_can_be_said(text):
    played = play_examples(load_policy(text))

    assert {p.name: [*map(str, p.failures)] for p in played if p.failures} == {}
    assert played
