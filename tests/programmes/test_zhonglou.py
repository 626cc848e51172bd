"""
Zhonglou, 2014: social workers lead volunteers, who support or take part in governance.
"""

from datetime import date

from timebank.operations import RecordMark


def test_a_year_in_zhonglou(town_under):
    town = town_under("zhonglou", date(2014, 3, 3))
    town.join("sun")

    a_social_worker_brings_volunteers(town)
    governance_takes_a_skill(town)
    what_comes_of_it_is_counted_in_cases(town)
    a_mistake_and_a_farewell(town)
    town.is_in_order()


def a_social_worker_brings_volunteers(town):
    town.join("an", "bo", sponsor="sun")
    town.join("chen", sponsor="sun", facts={"kind_of_volunteer": "governance"})
    assert town.figure("sun", "team") == 3

    town.it_is(2014, 4, 1)
    town.record_service("an", "poverty", 120, sponsor="sun")
    town.record_service("bo", "tutoring", 90, sponsor="sun")
    # whoever comes on their own is led by nobody
    town.record_service("an", "culture", 60)
    assert town.has("an", "hours") == 3
    assert town.figure("sun", "team_hours") == 3.5
    assert town.has("sun", "hours") == 0


def governance_takes_a_skill(town):
    assert town.refuses(town.record_service, "an", "mediation", 60) == [
        "classes.governance.requires.provider.kind_of_volunteer",
        "classes.governance.requires.provider.skill",
    ]
    assert town.refuses(town.record_service, "chen", "mediation", 60) == [
        "classes.governance.requires.provider.skill"
    ]

    town.amend_account("chen", {"skill": "neighbours"})
    town.record_service("chen", "mediation", 60, sponsor="sun")
    assert town.figure("chen", "governing") == 1
    assert town.has("chen", "weighed") == 1

    # who governs supports as well, and who supports may learn to govern
    town.record_service("chen", "culture", 60)
    assert (town.has("chen", "hours"), town.figure("chen", "governing")) == (2, 1)
    town.amend_account("an", {"kind_of_volunteer": "governance", "skill": "youth"})
    town.record_service("an", "counselling", 30, sponsor="sun")
    assert town.figure("an", "governing") == 0.5


def what_comes_of_it_is_counted_in_cases(town):
    town.it_is(2014, 6, 2)
    town.record_mark("chen", "settled", id="the Wus and the Lis")
    town.record_mark("chen", "settled")
    town.record_mark("chen", "helped", 5, id="helped")
    town.record_mark("an", "intervention")

    assert town.figure("chen", "settled") == 2
    assert town.figure("chen", "all_cases") == 7
    assert town.has("an", "cases") == 1


def a_mistake_and_a_farewell(town):
    town.it_is(2014, 7, 1)
    # two were helped, not five; and the Wus and the Lis quarrel again
    town.correct("helped", RecordMark(member="chen", mark="helped", number=2))
    town.reverse("the Wus and the Lis")
    assert town.figure("chen", "settled") == 1
    assert town.figure("chen", "all_cases") == 3

    town.close_account("bo", cause="moving")
    assert town.refuses(town.record_service, "bo", "tutoring", 60) == ["provider"]
    # whom a social worker brought stays on their record
    assert town.figure("sun", "team") == 3

    town.it_is(2015, 1, 5)
    assert town.pass_time() == []
