"""
Xuefu, 2016: a community's volunteers through a year, and into the next.

Leaders report hours, HR enters and publishes them; group A meets every month; two of the
ways between the groups are closed, and opened again in July.
"""

from datetime import date

import pytest

from .town import flagged

ENTERED = ("entry", "HR", "hr-1")
PUBLISHED = ("publication", "HR", "hr-2")
REOPENED = '"2016-06-30"'


@pytest.fixture(params=["sqlite", "postgresql"])
def town(request, town_under):
    kept_in_postgresql = request.param == "postgresql"
    url = request.getfixturevalue("postgresql_url") if kept_in_postgresql else None
    town = town_under("xuefu", date(2015, 12, 1), url)
    town.join("elders", kind="group")
    town.join("an", "bo", "chen", "du", "er")
    return town


def report(town, id, who, minutes=120, service_class="elder_help", **fields):
    """A group leader reports what somebody did."""
    return town.record_service(
        who,
        service_class,
        minutes,
        organiser="elders",
        id=id,
        actor="leader-1",
        **fields,
    )


def serve(town, id, who, minutes=120, **fields):
    report(town, id, who, minutes, **fields)
    town.confirmed(id, ENTERED, PUBLISHED)


def meet(town, *days):
    """Yield month by month what raised a flag: *days* are (month, day, class)."""
    for month, day, what in days:
        town.it_is(2016, month, day)
        yield flagged(town.record_mark("chen", what))


def test_a_year_in_xuefu(town):
    groups_are_formed(town)
    hours_count_when_they_are_published(town)
    meetings_are_missed(town)
    ways_are_opened_again(town)
    somebody_leaves(town)
    the_best_are_commended(town)
    town.is_in_order()


def groups_are_formed(town):
    town.it_is(2016, 1, 5)
    assert town.level("an", "group") == "C"

    town.set_tier("bo", "group", "B")
    for who in ("an", "chen"):
        town.set_tier(who, "group", "A")

    # the way from B to A is closed for the time being, and so is the one back
    assert town.refuses(town.set_tier, "bo", "group", "A") == ["ladders.group.moves"]
    assert town.refuses(town.set_tier, "an", "group", "B") == ["ladders.group.moves"]
    # nobody goes back to C
    assert town.refuses(town.set_tier, "bo", "group", "C") == ["ladders.group.moves"]
    assert [town.level(who, "group") for who in ("an", "bo", "er")] == ["A", "B", "C"]


def hours_count_when_they_are_published(town):
    town.it_is(2016, 1, 9)
    report(town, "s1", "an")
    assert town.waiting() == {"s1": "entry"}
    assert town.has("an", "hours") == 0

    # who reports does not enter, whatever they say they are
    assert town.refuses(town.confirm, "s1", "entry", role="HR", actor="leader-1") == [
        "procedures.hours.apart"
    ]
    # and what has not been entered is not published
    assert town.refuses(town.confirm, "s1", "publication", role="HR", actor="hr-2") == [
        "step"
    ]

    town.confirmed("s1", ENTERED)
    assert town.has("an", "hours") == 0
    town.confirmed("s1", PUBLISHED)
    assert town.has("an", "hours") == 2
    assert town.has("an", "contribution") == 1

    # hours for the metro count like all others
    serve(town, "s2", "an", 180, body="metro")
    assert town.has("an", "hours") == 5
    assert town.figure("an", "elsewhere") == 3

    # neighbours say of a published list that somebody was not there: HR looks again
    town.it_is(2016, 1, 16)
    report(town, "s3", "bo")
    town.confirmed("s3", ENTERED)
    town.object_to("s3", "publication", role="HR", actor="hr-2")
    assert town.waiting() == {"s3": "entry"}
    town.object_to("s3", "entry", role="HR", actor="hr-1")
    assert town.waiting() == {}
    assert town.has("bo", "hours") == 0

    # three hours were written where it was two: undone, and reported anew
    serve(town, "s4", "bo", 180)
    assert town.has("bo", "hours") == 3
    town.reverse("s4")
    assert (town.has("bo", "hours"), town.has("bo", "contribution")) == (0, 0)
    serve(town, "s5", "bo", 120)
    assert (town.has("bo", "hours"), town.has("bo", "contribution")) == (2, 1)


def meetings_are_missed(town):
    second_wednesdays = [
        (2, 10, "absence"),
        (3, 9, "absence"),
        (4, 13, "excuse"),
        (5, 11, "absence"),
        (6, 8, "absence"),
    ]
    assert list(meet(town, *second_wednesdays)) == [[], [], [], [], []]
    assert town.figure("chen", "missed_running") == 2

    (raised,) = meet(town, (6, 22, "absence"))

    assert raised == ["flags.missed_meetings"]
    # somebody talks with them: nobody is removed by a rule
    assert town.level("chen", "group") == "A"
    (raised,) = meet(town, (7, 13, "meeting"))
    assert raised == []
    assert town.flags("chen") == ()
    assert town.figure("chen", "missed_running") == 0

    # special training is group A's
    town.record_mark("chen", "training")
    assert town.refuses(town.record_mark, "bo", "training") == [
        "classes.training.requires.group"
    ]
    town.record_mark("bo", "shift", 2)
    town.record_mark("bo", "no_show")
    assert town.figure("bo", "value") == 3
    assert town.has("bo", "lapses") == 1


def ways_are_opened_again(town):
    town.it_is(2016, 8, 1)
    opened = town.programme.replace('""]]', f"{REOPENED}]]")
    assert opened.count(REOPENED) == 2
    town.bank.adopt(opened, on=town.today, holds_from=date(2016, 8, 1))

    town.set_tier("bo", "group", "A")
    town.set_tier("chen", "group", "B")

    assert [town.level(who, "group") for who in ("bo", "chen")] == ["A", "B"]
    # who left group A has left its meetings
    town.it_is(2016, 11, 9)
    raised = [town.record_mark("chen", "absence") for _ in range(3)]
    assert [flagged(each) for each in raised] == [[], [], []]


def somebody_leaves(town):
    report(town, "s6", "er")
    town.confirmed("s6", ENTERED)
    town.close_account("er", cause="leaving")

    # what was still to be published counts no more
    assert town.refuses(town.confirm, "s6", "publication", role="HR", actor="hr-2") == [
        "provider"
    ]
    town.withdraw("s6", actor="leader-1")
    assert town.refuses(report, town, "s7", "er") == ["provider"]
    assert town.has("er", "hours") == 0


def the_best_are_commended(town):
    town.it_is(2017, 1, 4)
    assert town.flags("an") == ()
    assert town.flags("du") == ("dormant",)

    published = town.bank.publish_ranking("commendation", on=date(2016, 12, 31))

    places = published.entry.operation.places
    assert [(each.account, each.place) for each in places] == [
        ("bo", 1),
        ("an", 2),
        ("chen", 3),
    ]
    # a list is published once
    assert town.refuses(
        town.bank.publish_ranking, "commendation", on=date(2016, 12, 31)
    ) == ["id"]
    # and the new year begins with nothing
    assert town.figure("bo", "value") == 0
