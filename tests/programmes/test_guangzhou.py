"""
Guangzhou, 2019–2021: points for hours, a star that opens redemption, points given on.
"""

from datetime import date

from timebank.operations import RecordService

from .town import noted


def test_two_years_in_guangzhou(town_under):
    town = town_under("guangzhou", date(2019, 9, 1))
    town.join("team-1", "home", kind="group")
    town.join("shop", kind="merchant")
    town.join("lin", "mei", "wang", "zhao")

    the_younger_old_serve_the_older_old(town)
    party_members_report_to_their_community(town)
    a_star_opens_redemption(town)
    points_are_given_on(town)
    points_stop_at_the_cap_and_hours_do_not(town)
    somebody_leaves(town)
    town.is_in_order()


def the_younger_old_serve_the_older_old(town):
    ages = {"provider.age": 65, "recipient.age": 80}
    town.record_service("lin", "old_for_old", 170, recipient="mei", facts=ages)
    assert (town.has("lin", "points"), town.has("lin", "hours") * 60) == (2, 170)

    ages = {"provider.age": 80, "recipient.age": 65}
    assert town.refuses(
        town.record_service, "mei", "old_for_old", 60, recipient="lin", facts=ages
    ) == ["classes.old_for_old.requires.recipient.age"]
    # nor can it be said without anybody's age
    assert town.refuses(
        town.record_service, "mei", "old_for_old", 60, recipient="lin"
    ) == ["classes.old_for_old.requires.recipient.age"]


def party_members_report_to_their_community(town):
    town.record_service("zhao", "care", 180, organiser="team-1", sponsor="home")

    assert (town.has("zhao", "hours"), town.has("zhao", "points")) == (3, 3)
    # the team's list has it, and the community's
    told = [
        entry.operation.minutes
        for _, entry in town.bank.entries()
        if getattr(entry.operation, "sponsor", None) == "home"
    ]
    assert told == [180]
    # a community that is not there is not reported to, and it has no points to spend
    assert town.refuses(town.record_service, "zhao", "care", 60, sponsor="away") == [
        "sponsor"
    ]
    assert town.refuses(town.redeem, "home", "rice") == ["accounts.group.may"]


def a_star_opens_redemption(town):
    town.it_is(2019, 12, 1)
    town.serve_days("lin", "care", 9)
    town.record_service("lin", "care", 370)  # 99 hours in all
    assert town.has("lin", "hours") == 99
    assert town.level("lin", "star") == ""
    assert town.refuses(town.order, "lin", "rice") == ["rules.redeem.requires.star"]

    town.it_is(2019, 12, 2)
    town.record_service("lin", "care", 60, id="the hundredth")
    assert town.level("lin", "star") == "one"
    # an hour was lost between the records: 2 h 50 and 6 h 10 are eight points
    assert town.has("lin", "points") == 99

    rice = town.order("lin", "rice", merchant="shop").entry.id
    oil = town.order("lin", "oil", merchant="shop").entry.id
    assert (town.has("lin", "points"), town.held("lin", "points")) == (44, 55)
    town.it_is(2019, 12, 5)
    town.fulfil(rice)
    # the shop has no oil: a complaint, and the points come back
    town.cancel(oil)
    assert (town.has("lin", "points"), town.held("lin", "points")) == (79, 0)
    # spending never lowers hours
    assert town.has("lin", "hours") == 100

    # the hundredth hour was half an hour: without it there is no star, and no rice
    town.correct(
        "the hundredth",
        RecordService(provider="lin", service_class="care", minutes=30),
    )
    assert (town.has("lin", "hours"), town.has("lin", "points")) == (99.5, 78)
    assert town.level("lin", "star") == ""
    assert town.refuses(town.redeem, "lin", "rice") == ["rules.redeem.requires.star"]
    town.record_service("lin", "care", 60)
    assert town.level("lin", "star") == "one"


def points_are_given_on(town):
    town.it_is(2020, 1, 6)
    assert town.has("lin", "points") == 79
    town.donate("lin", unit="points", amount=30)
    assert town.has("pool:given-on", "points") == 30
    # from member to member there is no rule
    assert town.refuses(town.give, "lin", "mei", unit="points", amount=1) == ["rules"]

    town.allocate("wang", unit="points", amount=25)
    assert (town.has("wang", "points"), town.has("pool:given-on", "points")) == (25, 5)
    assert town.refuses(town.allocate, "mei", unit="points", amount=6) == [
        "accounts.pool.points.floor"
    ]
    # points alone open nothing
    assert town.refuses(town.redeem, "wang", "rice") == ["rules.redeem.requires.star"]


def points_stop_at_the_cap_and_hours_do_not(town):
    town.it_is(2020, 12, 31)
    town.serve_days("wang", "care", 147)
    assert (town.has("wang", "points"), town.has("wang", "hours")) == (1495, 1470)

    outcome = town.record_service("wang", "care", 600)

    assert noted(outcome) == ["accounts.member.points.cap"]
    assert (town.has("wang", "points"), town.has("wang", "hours")) == (1500, 1480)
    town.redeem("wang", "oil", 2, merchant="shop")
    assert town.has("wang", "points") == 1430
    # the year ends, and nothing that is kept here ends with it
    town.it_is(2021, 1, 4)
    assert town.pass_time() == []


def somebody_leaves(town):
    # who leaves says first where their points are to go
    assert town.refuses(town.close_account, "wang", cause="moving") == [
        "accounts.member.points"
    ]
    town.donate("wang", unit="points", amount=1430)
    town.close_account("wang", cause="moving")

    assert town.has("pool:given-on", "points") == 1435
    assert town.has("wang", "hours") == 1480
    assert town.refuses(town.record_service, "wang", "care", 60) == ["provider"]
