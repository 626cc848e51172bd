"""
Dongguan: five steps to registration, a star card on application, certified years, and
sponsors of pupils.
"""

from datetime import date

from timebank.operations import EndPeriod

from .town import flagged

STEPS = ("basic_training", "interview", "skills_training", "registered")
TOWN = ("approval", "town", "town-1")
PARTNER = ("approval", "partner", "school-1")


def test_a_year_in_dongguan(town_under):
    town = town_under("dongguan", date(2023, 12, 1))
    town.join("an", "bo", "firm")
    town.join("team", kind="group", facts={"managed_by": "two"})
    town.join("pupil", "senior", kind="family")

    nothing_is_earned_before_registration(town)
    a_minor_needs_a_guardian(town)
    two_bodies_say_yes(town)
    a_star_card_is_applied_for(town)
    sponsors_name_pupils_or_leave_it_to_the_team(town)
    the_year_is_certified(town)
    somebody_leaves(town)
    town.is_in_order()


def nothing_is_earned_before_registration(town):
    assert town.refuses(town.record_service, "an", "service", 60) == [
        "classes.service.requires.provider.joining"
    ]
    # no step is left out
    assert town.refuses(town.set_tier, "an", "joining", "registered") == [
        "ladders.joining.moves"
    ]
    for who in ("an", "bo"):
        for step in STEPS:
            town.set_tier(who, "joining", step)
    town.it_is(2024, 1, 10)
    town.record_service("an", "service", 60)
    assert town.has("an", "hours") == 1


def a_minor_needs_a_guardian(town):
    town.amend_account("bo", {"minor": True})
    assert town.refuses(town.record_service, "bo", "service", 60) == [
        "classes.service.requires.any"
    ]
    town.amend_account("bo", {"guardian_consents": True})
    town.record_service("bo", "service", 60)
    assert town.has("bo", "hours") == 1


def two_bodies_say_yes(town):
    town.record_service("an", "service", 120, organiser="team", id="with the team")
    town.confirmed("with the team", TOWN)
    assert town.has("an", "hours") == 1
    # saying it twice is not saying it for both
    assert town.refuses(
        town.confirm, "with the team", "approval", role="partner", actor="town-1"
    )
    town.confirmed("with the team", PARTNER)
    assert town.has("an", "hours") == 3


def a_star_card_is_applied_for(town):
    town.it_is(2024, 6, 3)
    town.serve_days("an", "service", 9)
    town.record_service("an", "service", 6 * 60)
    assert town.refuses(town.apply_for, "an", "star_member", "star") == [
        "ladders.star_member.levels.star.needs.total"
    ]
    town.record_service("an", "service", 60)
    assert town.level("an", "star_member") == ""
    town.apply_for("an", "star_member", "star", id="card")
    # the first application is sent back, the second granted
    town.object_to("card", "approval", role="town", actor="town-1")
    assert town.level("an", "star_member") == ""
    town.apply_for("an", "star_member", "star", id="card again")
    town.confirmed("card again", TOWN)
    assert town.level("an", "star_member") == "star"


def sponsors_name_pupils_or_leave_it_to_the_team(town):
    town.it_is(2024, 9, 2)
    town.record_mark("firm", "payment", 2400)
    junior = {"payee.stage": "junior"}

    # named: a term's sum, and no more
    town.give("firm", "pupil", unit="yuan", amount=500, facts=junior)
    assert town.refuses(
        town.give, "firm", "pupil", unit="yuan", amount=1, facts=junior
    ) == ["rules.named_pupil.limits.half-year"]
    # nobody else is sponsored
    assert town.refuses(
        town.give, "firm", "an", unit="yuan", amount=500, facts=junior
    ) == ["rules.named_pupil.requires.payee.kind"]
    # and a household passes nothing on
    assert town.refuses(town.donate, "pupil", unit="yuan", amount=1) == [
        "accounts.family.may"
    ]

    # not named: into the fund, from which the team allocates
    town.donate("firm", unit="yuan", amount=1400)
    town.allocate("senior", unit="yuan", amount=1000, facts={"stage": "senior"})
    assert town.refuses(
        town.allocate, "senior", unit="yuan", amount=1, facts={"stage": "senior"}
    ) == ["rules.from_the_fund.limits.half-year"]
    assert town.has("pool:pupils", "yuan") == 400
    assert town.figure("firm", "sponsored") == 1900
    assert town.has("firm", "yuan") == 500

    # the next term is another
    town.it_is(2025, 1, 6)
    town.give("firm", "pupil", unit="yuan", amount=500, facts=junior)
    assert town.has("pupil", "yuan") == 1000


def the_year_is_certified(town):
    assert town.has("an", "certified") == 0
    # of 2023 and 2024, for everybody who was there: the pupils' households are not asked
    assert set(town.pass_time()) == {"EndPeriod"}
    assert town.has("an", "certified") == 100
    assert town.has("bo", "certified") == 1
    assert town.flags("an") == ()
    assert town.pass_time() == []

    # a list of December comes late: the certificate is corrected
    town.record_service("bo", "service", 240, on=date(2024, 12, 30))
    assert town.has("bo", "certified") == 1
    (certificate,) = [
        entry
        for _, entry in town.bank.entries()
        if entry.operation == EndPeriod(account="bo", rule="certified")
        and entry.effective_on == date(2024, 12, 31)
    ]
    corrected = town.correct(
        certificate.id, certificate.operation, on=certificate.effective_on
    )
    assert town.has("bo", "certified") == 5
    assert flagged(corrected) == []
    # of the year that was certified, an is to be recommended
    assert town.standing("an", on=date(2024, 12, 31)).flags == ("recommend",)
    assert town.standing("bo", on=date(2024, 12, 31)).flags == ()


def somebody_leaves(town):
    town.close_account("bo", cause="leaving")
    assert town.refuses(town.record_service, "bo", "service", 60) == ["provider"]
    # a sponsor says first who is to have the rest, which here is nothing
    town.close_account("firm", cause="leaving")
