"""What an operation says of itself, and who takes part, as rules may ask it."""

from datetime import date, timedelta

import pytest

from timebank.model import Reason

from .books import HEAD, TODAY, books, codes, findings, free

ASKING = (
    HEAD
    + """
units = { points = { scale = 60 }, thanks = {} }
facts = { partner = { type = "account", kept = true } }
items = { meal = { price = 1, requires = { cash = { min = "2.50" } } } }

[accounts]
member = { points = { floor = "none" } }
pool = { names = ["school", "care"] }

[classes]
shift = { requires = { weekday = ["tue", "thu"], event = "market" } }
late = { requires = { days_late = { max = 7 }, evidence = { is_not = "hearsay" } } }
home = { requires = { body = "north" } }
visit = {}
talk = { counts = "number" }

[rules.points]
on = "service"
unit = "points"

[rules.sponsored]
on = "service"
class = "visit"
unit = "thanks"
to = "sponsor"
amount = 1
when = { sponsor = { known = true } }

[rules.talk]
on = "contribution"
unit = "thanks"
to = "recipient"

[rules.referral]
on = "open"
unit = "thanks"
to = "sponsor"
amount = 5
when = { sponsor = { known = true } }

[rules.redeem]
on = "redeem"
unit = "points"

[rules.partners]
on = "gift"
unit = "points"
requires = { partner = "payee" }

[rules.school]
on = "donate"
unit = "points"
to = "pool:school"
when = { purpose = "school" }

[rules.care]
on = "donate"
unit = "points"
to = "pool:care"
when = { not = { purpose = "school" } }

[rules.left]
on = "close"
unit = "points"
to = "heir"
amount = 1
when = { cause = "death" }

[rules.grant]
on = "grant"
unit = "points"
"""
)
TUESDAY = date(2024, 5, 28)


def serve(bank, class_, *, on=TODAY, **fields):
    return bank.record_service("ada", class_, 60, on=on, **fields)


def test_a_rule_asks_the_weekday_and_the_event():
    bank = books(ASKING)

    serve(bank, "shift", on=TUESDAY, event="market")

    assert codes(lambda: serve(bank, "shift", on=TUESDAY, event="fair")) == [
        "classes.shift.requires.event"
    ]
    wednesday = TUESDAY + timedelta(days=1)
    assert codes(lambda: serve(bank, "shift", on=wednesday, event="market")) == [
        "classes.shift.requires.weekday"
    ]


def test_a_word_that_is_not_given_is_asked_for():
    bank = books(ASKING)

    (lacking,) = findings(lambda: serve(bank, "shift", on=TUESDAY))

    assert (lacking.reason, lacking.wanted) == (Reason.FACT_NEEDED, "event")


@pytest.mark.parametrize(("days", "refused"), [(7, []), (8, ["days_late"])])
def test_a_rule_asks_how_late_a_record_is(days, refused):
    bank = books(ASKING)

    found = codes(
        lambda: serve(bank, "late", on=TODAY - timedelta(days=days), evidence="photo")
    )

    assert found == [f"classes.late.requires.{name}" for name in refused]


def test_a_rule_asks_on_what_a_record_rests_and_for_whom_it_was_done():
    bank = books(ASKING)

    assert codes(lambda: serve(bank, "late", evidence="hearsay")) == [
        "classes.late.requires.evidence"
    ]
    assert codes(lambda: serve(bank, "home", body="south")) == [
        "classes.home.requires.body"
    ]
    assert codes(lambda: serve(bank, "home", body="north")) == []


@pytest.mark.parametrize(("cash", "refused"), [(249, 1), (250, 0), (None, 1)])
def test_a_price_may_be_mixed_with_cash_which_stays_outside(cash, refused):
    bank = books(ASKING)

    found = codes(lambda: bank.redeem("ada", "meal", on=TODAY, cash=cash))

    assert found == ["items.meal.requires.cash"] * refused
    assert free(bank, "ada", "points") == (0 if refused else -60)


def test_a_donation_goes_where_its_purpose_says():
    bank = books(ASKING)

    bank.donate("ada", unit="points", amount=60, on=TODAY, purpose="school")
    bank.donate("ada", unit="points", amount=6, on=TODAY, purpose="meals")

    assert free(bank, "pool:school", "points") == 60
    assert free(bank, "pool:care", "points") == 6


def test_the_sponsor_of_a_service_may_be_credited_too():
    bank = books(ASKING)

    serve(bank, "visit", sponsor="ben")
    serve(bank, "visit")

    assert free(bank, "ben", "thanks") == 1


def test_who_brought_a_new_member_is_thanked():
    bank = books(ASKING)

    bank.open_account("cai", on=TODAY, sponsor="ada")
    bank.open_account("dun", on=TODAY)

    assert free(bank, "ada", "thanks") == 5


def test_a_member_cannot_bring_themselves_nor_be_brought_by_nobody_known():
    bank = books(ASKING)

    assert "sponsor" in codes(lambda: bank.open_account("c", on=TODAY, sponsor="c"))
    assert codes(lambda: bank.open_account("c", on=TODAY, sponsor="nobody")) == [
        "sponsor"
    ]


def test_a_mark_may_have_a_recipient():
    bank = books(ASKING)

    bank.record_mark("ada", "talk", 3, on=TODAY, recipient="ben")

    assert free(bank, "ben", "thanks") == 3


def test_what_a_closed_account_leaves_goes_to_its_heir():
    bank = books(ASKING)
    bank.grant("ada", unit="points", amount=60, on=TODAY)

    bank.close_account("ada", on=TODAY, cause="death", heir="ben")

    assert free(bank, "ben", "points") == 60


def test_an_heir_must_be_named_where_a_rule_gives_to_one():
    bank = books(ASKING)
    bank.grant("ada", unit="points", amount=60, on=TODAY)

    found = findings(lambda: bank.close_account("ada", on=TODAY, cause="death"))

    assert (found[0].code, found[0].wanted) == ("rules.left.to", "heir")


def test_a_fact_that_is_an_account_is_compared_with_a_role():
    bank = books(ASKING, members=("ben", "cai"))
    bank.open_account("ada", on=TODAY, facts={"partner": "ben"})
    give = {"unit": "points", "amount": 6, "on": TODAY}

    assert codes(lambda: bank.give("ada", "ben", **give)) == []
    assert codes(lambda: bank.give("ada", "cai", **give)) == [
        "rules.partners.requires.partner"
    ]
    assert [f.reason for f in findings(lambda: bank.give("ben", "ada", **give))] == [
        Reason.FACT_NEEDED
    ]


def test_a_fact_that_is_an_account_is_shaped_like_one():
    bank = books(ASKING)

    found = codes(lambda: bank.amend_account("ada", {"partner": 7}, on=TODAY))

    assert found == ["facts.partner"]
