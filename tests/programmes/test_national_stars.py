"""
The national stars, as Guangdong grants them and as Longgang does.

Hours make a volunteer eligible; the authority of the level decides; Guangdong publishes
first, and bars whoever reports what was not served.
"""

from datetime import date

from .town import noted

COUNTY = ("review", "county", "county-1")
CITY = ("review", "city", "city-1")
PROVINCE = ("review", "province", "province-1")


def test_a_career_by_the_ministrys_rules(town_under):
    town = town_under("national-stars", date(2013, 1, 1))
    town.join("an", "bo")

    town.it_is(2013, 6, 3)
    town.serve_days("an", "service", 9)
    town.record_service("an", "service", 9 * 60 + 30)
    assert town.eligible("an", "star") == ""
    assert town.refuses(town.apply_for, "an", "star", "one") == [
        "ladders.star.levels.one.needs.total"
    ]

    town.record_service("an", "service", 30)
    assert (town.eligible("an", "star"), town.level("an", "star")) == ("one", "")
    outcome = town.apply_for("an", "star", "one", id="first")
    assert noted(outcome) == ["procedures.county.steps.review"]
    assert town.level("an", "star") == ""
    town.confirmed("first", COUNTY)
    assert town.level("an", "star") == "one"
    assert town.refuses(town.apply_for, "an", "star", "one") == ["ladders.star"]

    town.it_is(2015, 6, 1)
    town.serve_days("an", "service", 50)
    town.apply_for("an", "star", "three", id="third")
    # three stars are the city's to give, whoever else would
    assert town.refuses(
        town.confirm, "third", "review", role="county", actor="county-1"
    ) == ["procedures.city.steps.review.by"]
    town.confirmed("third", CITY)
    assert town.level("an", "star") == "three"

    # a record of ten hours was somebody else's: the star stays, which is kept for ever
    wrong = town.record_service("an", "service", 600, id="not an's")
    town.reverse(wrong.entry.id)
    assert town.level("an", "star") == "three"

    town.it_is(2019, 6, 3)
    town.serve_days("an", "service", 90)
    town.apply_for("an", "star", "five", id="fifth")
    town.confirmed("fifth", PROVINCE)
    assert town.level("an", "star") == "five"

    # bo never applies, and holds nothing
    town.serve_days("bo", "service", 10)
    assert (town.eligible("bo", "star"), town.level("bo", "star")) == ("one", "")
    town.close_account("bo", cause="leaving")
    assert town.has("bo", "hours") == 100
    assert town.pass_time() == []
    town.is_in_order()


def test_guangdong_publishes_and_bars(town_under):
    town = town_under("guangdong-stars", date(2024, 1, 2))
    town.join("an", "bo")
    town.join("team", kind="group")

    town.it_is(2024, 11, 7)  # a Thursday
    town.serve_days("an", "service", 32)
    town.serve_days("bo", "service", 12, organiser="team", id=None)
    town.apply_for("an", "star", "two", id="an two")
    town.apply_for("bo", "star", "one", id="bo one")
    town.it_is(2024, 11, 8)
    town.confirmed("an two", COUNTY)
    town.confirmed("bo one", COUNTY)
    assert town.waiting() == {"an two": "notice", "bo one": "notice"}

    # in the notice somebody says that bo was not there: the county looks again
    town.it_is(2024, 11, 13)
    town.object_to("bo one", "notice", actor="a neighbour")
    assert town.waiting() == {"an two": "notice", "bo one": "review"}
    # and it is so: the application is void, and bo barred for a year, the team for three
    town.object_to("bo one", "review", role="county", actor="county-1")
    town.set_tier("bo", "good_standing", "barred", until=date(2025, 11, 30))
    town.set_tier("team", "good_standing", "barred", until=date(2027, 11, 12))
    assert town.waiting() == {"an two": "notice"}
    assert town.refuses(town.apply_for, "bo", "star", "one") == [
        "ladders.star.needs.good_standing"
    ]
    assert town.refuses(
        town.record_service, "an", "service", 120, organiser="team"
    ) == ["classes.service.requires.any"]
    # for less than a year, or more than three, nobody is
    for until in (date(2025, 11, 1), date(2027, 11, 30)):
        assert town.refuses(
            town.set_tier, "an", "good_standing", "barred", until=until
        ) == ["ladders.good_standing.moves"]

    # five working days after the Friday are over with the next Friday
    town.it_is(2024, 11, 15)
    assert town.pass_time() == []
    town.it_is(2024, 11, 16)
    assert town.pass_time() == ["SettleClaim"]
    assert town.level("an", "star") == "two"

    # the bar ends by itself
    town.it_is(2025, 11, 30)
    assert town.level("bo", "good_standing") == "barred"
    town.it_is(2025, 12, 1)
    assert town.level("bo", "good_standing") == "clear"
    town.apply_for("bo", "star", "one", id="bo again")
    town.withdraw("bo again")
    town.close_account("bo", cause="moving")
    town.is_in_order()


def test_the_national_day_week_holds_no_working_day(town_under):
    town = town_under("guangdong-stars", date(2024, 1, 2))
    town.join("an")
    town.it_is(2024, 9, 27)
    town.serve_days("an", "service", 10)
    town.apply_for("an", "star", "one", id="one")
    town.confirmed("one", COUNTY)

    # Sunday 29 September is worked; 30, and after the week 8, 9, 10 October
    town.it_is(2024, 10, 10)
    assert town.pass_time() == []
    town.it_is(2024, 10, 11)
    assert town.pass_time() == ["SettleClaim"]
    assert town.level("an", "star") == "one"
    town.is_in_order()


def test_longgang_asks_how_long_somebody_has_been_there(town_under):
    town = town_under("longgang", date(2024, 1, 15))
    town.join("an")

    town.it_is(2024, 7, 14)
    town.serve_days("an", "service", 32)
    assert town.refuses(town.apply_for, "an", "star", "two") == [
        "ladders.star.levels.two.needs.months"
    ]
    town.it_is(2024, 7, 15)
    town.apply_for("an", "star", "two", id="two")
    town.confirmed("two", COUNTY)
    assert town.level("an", "star") == "two"

    town.serve_days("an", "service", 30)
    town.it_is(2025, 1, 14)
    assert town.eligible("an", "star") == "two"
    town.it_is(2025, 1, 15)
    assert town.eligible("an", "star") == "three"
    # five stars are not the district's to ask for
    assert town.refuses(town.apply_for, "an", "star", "five") == ["ladders.star.levels"]
    town.is_in_order()
