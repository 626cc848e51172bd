"""
The worked examples of programmes whose rules take time, people or several accounts.

The others stand in `test_programmes`; each is asked of a real bank, in the words of the
table they come from.
"""

from datetime import date, timedelta
from itertools import pairwise

import pytest

from timebank.balances import Balance
from timebank.entries import Outcome
from timebank.operations import PlaceOrder
from timebank.policy.days import months_later

from .desk import free, notes, refused
from .test_programmes import TODAY, bank_of, serve

HOUR = 60


def with_groups(bank, *groups):
    for group in groups:
        bank.open_account(group, kind="group", on=bank.policies()[0].policy.from_)
    return bank


def sound(bank):
    return bank.verify(decide_again=True).sound


# ---------------------------------------------------------------- 3: Inagi


def stamped(bank, stamps, *, first):
    """Serve so many hours, two a day, from *first* on."""
    facts = {"provider.age": 70}
    for day in range(0, stamps, 2):
        on = first + timedelta(days=day)
        minutes = min(2, stamps - day) * HOUR
        bank.record_service("ada", "care", minutes, on=on, facts=facts)


@pytest.mark.parametrize(
    ("stamps", "points"),
    [(9, 0), (10, 1000), (19, 1000), (49, 4000), (50, 5000), (73, 5000)],
)
def test_3_inagi_turns_the_stamps_of_a_year_into_points(stamps, points):
    bank = bank_of("inagi", "ada")
    stamped(bank, stamps, first=date(2023, 4, 1))
    assert bank.balance("ada", "stamps") == Balance(stamps)

    bank.tick(date(2024, 4, 1))

    assert bank.balance("ada", "points") == Balance(points)
    assert bank.balance("ada", "stamps") == Balance(stamps)
    assert bank.tick().done == ()
    assert sound(bank)


# ---------------------------------------------------------------- 5: Nanjing


def test_5_nanjing_stores_fifteen_hundred_hours_and_diverts_the_rest():
    bank = bank_of("nanjing", "ada")
    serve(bank, "ada", "care", 1490)

    serve(bank, "ada", "care", 20, last=TODAY - timedelta(days=300))

    assert free(bank, "ada", "hours") == 1500 * HOUR
    assert free(bank, "pool:key-elders", "hours") == 10 * HOUR
    assert sound(bank)


def test_5_nanjing_lets_a_group_donate_and_not_spend():
    bank = with_groups(bank_of("nanjing", "ada"), "group:school")
    bank.record_service("group:school", "care", 5 * HOUR, on=TODAY)
    facts = {"relation": "self", "beneficiary.age": 80}

    spends = refused(bank.redeem, "group:school", "care", on=TODAY, facts=facts)
    bank.donate("group:school", unit="hours", amount=5 * HOUR, on=TODAY)

    assert spends == {"accounts.group.may"}
    assert free(bank, "pool:key-elders", "hours") == 5 * HOUR


# ---------------------------------------------------------------- 8: Spiez


@pytest.mark.parametrize(
    ("day", "awaited", "role"),
    [
        (0, "recipient", "recipient"),
        (10, "recipient", "recipient"),
        (11, "invoice", "recipient"),
        (15, "invoice", "recipient"),
        (16, "team", "team"),
        (400, "team", "team"),
    ],
)
def test_8_spiez_is_open_then_invoiced_then_referred_to_the_team(day, awaited, role):
    traded_on = date(2024, 3, 1)
    bank = bank_of("spiez", "ada", "bo", today=traded_on)
    bank.record_service(
        "ada", "help", 75, recipient="bo", on=traded_on, id="trade", actor="ada"
    )
    bank.clock.today += timedelta(days=day)
    bank.tick()

    (claim,) = bank.claims()
    assert claim.stage.at == awaited
    assert free(bank, "ada", "hours") == 0
    bank.confirm("trade", awaited, role=role, actor="bo" if role != "team" else "ruth")

    assert (free(bank, "ada", "hours"), free(bank, "bo", "hours")) == (5, -5)
    assert bank.claims() == ()
    assert sound(bank)


def test_8_spiez_asks_beyond_twenty_hours_and_refuses_nothing():
    bank = bank_of("spiez", "ada", "bo")
    bank.give("bo", "ada", unit="hours", amount=80, on=TODAY)

    beyond = bank.give("bo", "ada", unit="hours", amount=1, on=TODAY)

    assert notes(beyond) >= {"flags.low"}
    assert free(bank, "bo", "hours") == -81


# ---------------------------------------------------------------- 9: New Taipei


@pytest.mark.parametrize(("item", "pieces"), [("company", 3), ("home_care", 1)])
def test_9_new_taipei_gives_three_hours_of_company_or_one_of_home_care(item, pieces):
    bank = bank_of("new-taipei", "ada")
    bank.record_service("ada", "volunteering", 3 * HOUR, on=TODAY)

    bank.redeem("ada", item, pieces, on=TODAY)

    assert free(bank, "ada", "hours") == 0
    more = refused(bank.redeem, "ada", "company", on=TODAY)
    assert more == {"accounts.member.hours.floor"}


# ---------------------------------------------------------------- 10: NALC


def test_10_nalc_passes_nothing_between_living_members():
    bank = bank_of("nalc", "ada", "bo")
    bank.record_service("ada", "work", 40 * 15, on=TODAY)

    gift = refused(bank.give, "ada", "bo", unit="points", amount=HOUR, on=TODAY)

    assert gift == {"rules"}


def test_10_nalc_leaves_points_to_the_branch():
    bank = bank_of("nalc", "ada", "bo")
    bank.record_service("ada", "work", 10 * HOUR, on=TODAY)

    bank.close_account("ada", cause="death", on=TODAY)

    assert free(bank, "pool:branch", "points") == 10 * HOUR
    assert sound(bank)


def test_10_nalc_leaves_points_to_the_spouse_when_the_branch_approved():
    bank = bank_of("nalc", "ada", "bo")
    bank.record_service("ada", "work", 10 * HOUR, on=TODAY)
    bank.close_account(
        "ada",
        cause="death",
        heir="bo",
        facts={"relation": "spouse"},
        on=TODAY,
        id="estate",
        actor="bo",
    )
    assert free(bank, "bo", "points") == 0
    own = refused(bank.confirm, "estate", "approval", role="branch", actor="bo")
    assert own == {"procedures.inheritance.apart"}

    bank.confirm("estate", "approval", role="branch", actor="the branch")

    assert free(bank, "bo", "points") == 10 * HOUR
    assert free(bank, "pool:branch", "points") == 0
    assert refused(bank.record_service, "ada", "work", 60, on=TODAY) == {"provider"}
    assert sound(bank)


def test_10_nalc_leaves_points_to_the_branch_when_it_did_not_approve():
    bank = bank_of("nalc", "ada", "bo")
    bank.record_service("ada", "work", 10 * HOUR, on=TODAY)
    facts = {"relation": "spouse"}
    bank.close_account(
        "ada", cause="death", heir="bo", facts=facts, on=TODAY, id="estate", actor="bo"
    )
    bank.object_to("estate", "approval", role="branch", actor="the branch")

    bank.close_account("ada", cause="death", on=TODAY)

    assert (free(bank, "bo", "points"), free(bank, "ada", "points")) == (0, 0)
    assert free(bank, "pool:branch", "points") == 10 * HOUR


# ---------------------------------------------------------------- 11: Genopart


@pytest.mark.parametrize(
    ("minutes", "common", "umbrella"),
    [(101 * HOUR, 3030, 3030), (61, 31, 30), (1, 1, 0), (0, 0, 0)],
)
def test_11_genopart_parts_what_is_unused_in_two(minutes, common, umbrella):
    bank = bank_of("genopart", "ada")
    serve(bank, "ada", "help", minutes / HOUR)

    bank.close_account("ada", cause="death", on=TODAY)

    assert free(bank, "pool:common", "hours") == common
    assert free(bank, "pool:umbrella", "hours") == umbrella
    assert free(bank, "issuer", "hours") == -minutes
    assert sound(bank)


# ---------------------------------------------------------------- 12: 志愿汇


def test_12_ruian_has_no_credit_hours_from_staff():
    bank = bank_of("ruian", "ada")

    def entered(evidence):
        return bank.record_service(
            "ada", "attended", 120, event="fair", evidence=evidence, on=TODAY
        )

    assert refused(entered, "staff") == {"classes.attended.requires.evidence"}
    entered("sign-in")

    assert bank.balance("ada", "credit_hours") == Balance(4)
    assert bank.balance("ada", "coins") == Balance(4)


def test_12_ruian_has_no_more_honour_hours_than_the_event_was_set_at():
    bank = bank_of("ruian", "ada", "bo")

    def honoured(minutes, who="ada", event="fair"):
        return bank.record_service(
            who,
            "entered",
            minutes,
            event=event,
            evidence="photographs",
            facts={"event_total": 2},
            on=TODAY,
        )

    above = {"rules.honour.limits.lifetime"}
    assert refused(honoured, 180) == above
    honoured(120)
    assert refused(honoured, 30) == above
    honoured(120, event="race")
    honoured(120, who="bo")

    assert bank.balance("ada", "honour_hours") == Balance(8)
    assert bank.balance("ada", "coins") == Balance()
    assert sound(bank)


# ---------------------------------------------------------------- 15: Grassroots Economics


def redeemable(bank, group):
    """Find by asking how much *group* could redeem today."""

    def allowed(pieces):
        asked = PlaceOrder(
            payer=group, item="redemption", quantity=pieces, delivered=True
        )
        return isinstance(bank.check(asked, on=TODAY), Outcome)

    least, beyond = 0, 40_000
    while beyond - least > 1:
        middle = (least + beyond) // 2
        least, beyond = (middle, beyond) if allowed(middle) else (least, middle)
    return least


def chama(group, credit, members=("ada", "bo")):
    """Open books in which *credit* was given to a group by its members."""
    bank = with_groups(bank_of("grassroots-economics", *members), *GROUPS)
    for member in members:
        bank.record_mark(member, "profile", on=TODAY)
        bank.give(member, group, unit="credit", amount=credit // 2, on=TODAY)
    return bank


GROUPS = ("group:first", "group:second", "group:third")


def test_15_grassroots_redeems_half_of_what_a_group_has():
    bank = chama("group:first", 900)
    assert free(bank, "ada", "credit") == 0

    assert redeemable(bank, "group:first") == 450
    bank.redeem("group:first", "redemption", 400, on=TODAY)

    assert redeemable(bank, "group:first") == 50
    assert sound(bank)


def test_15_grassroots_credit_that_was_passed_on_lets_nobody_redeem_more():
    bank = chama("group:first", 900)
    before = sum(redeemable(bank, group) for group in GROUPS)

    for payer, payee in pairwise(GROUPS):
        bank.give(payer, payee, unit="credit", amount=800, on=TODAY)
        assert redeemable(bank, payee) == 0
        assert sum(redeemable(bank, group) for group in GROUPS) <= before
    bank.give("group:third", "group:first", unit="credit", amount=800, on=TODAY)

    assert free(bank, "group:first", "credit") == 900
    assert redeemable(bank, "group:first") <= before
    assert sound(bank)


# ---------------------------------------------------------------- 7: Longgang


@pytest.mark.parametrize(
    ("months", "star"), [(5, ""), (6, "two"), (11, "two"), (12, "two")]
)
def test_7_longgang_asks_for_six_months_beside_the_hours(months, star):
    registered = date(2024, 1, 15)
    bank = bank_of("longgang", today=months_later(registered, months))
    bank.open_account("ada", on=registered)
    serve(bank, "ada", "service", 320, last=date(2024, 6, 1))

    assert bank.standing("ada").eligible["star"] == star
    codes = refused(bank.apply_for, "ada", "star", "two", on=bank.today())

    assert codes == (set() if star else {"ladders.star.levels.two.needs.months"})


# ---------------------------------------------------------------- 13: Guangdong


@pytest.mark.parametrize(
    ("published", "ends"),
    [
        (date(2024, 11, 8), date(2024, 11, 15)),  # a Friday to a Friday
        (date(2024, 11, 4), date(2024, 11, 11)),
        (date(2024, 9, 30), date(2024, 10, 12)),  # over the National Day week
    ],
)
def test_13_guangdong_grants_after_five_working_days_of_notice(published, ends):
    bank = bank_of("guangdong-stars", "ada", today=published)
    serve(bank, "ada", "service", 320, last=published)
    bank.apply_for("ada", "star", "two", on=published, id="stars")
    bank.confirm("stars", "review", role="county", actor="county-1")

    bank.clock.today = ends
    bank.tick()
    assert bank.standing("ada").tiers["star"] == ""
    bank.clock.today += timedelta(days=1)
    bank.tick()

    assert bank.standing("ada").tiers["star"] == "two"
    assert sound(bank)
