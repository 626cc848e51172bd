"""
Fulong: who is served serves, and merchants take credits and a little cash.
"""

from datetime import date

from timebank.operations import RecordService

HAIRCUT = {"merchant": "barber", "cash": 500}
MASSAGE = {"merchant": "masseur", "cash": 2000}


def test_a_season_in_fulong(town_under):
    town = town_under("fulong", date(2024, 5, 6))
    town.join("an", "bo", "chen")
    town.join("barber", "masseur", kind="merchant")

    recipients_become_providers(town)
    merchants_serve_for_little_money(town)
    what_nobody_fetches_comes_back(town)
    merchants_give_on(town)
    core_members_take_turns(town)
    somebody_leaves(town)
    town.is_in_order()


def recipients_become_providers(town):
    town.record_service("an", "help", 150, recipient="bo", id="an for bo")
    town.record_service("bo", "help", 60, recipient="an")
    assert (town.has("an", "credits"), town.has("bo", "credits")) == (2.5, 1)

    # it was two hours
    town.correct(
        "an for bo",
        RecordService(provider="an", service_class="help", minutes=120, recipient="bo"),
    )
    assert (town.has("an", "credits"), town.has("an", "hours")) == (2, 2)


def merchants_serve_for_little_money(town):
    town.it_is(2024, 5, 7)  # a Tuesday
    assert town.refuses(town.redeem, "an", "haircut", **HAIRCUT) == [
        "items.haircut.requires.weekday"
    ]
    town.it_is(2024, 5, 8)
    assert town.refuses(town.redeem, "an", "haircut", cash=500) == [
        "rules.redeem.requires.merchant",
        "rules.redeem.to",
    ]
    assert town.refuses(town.redeem, "an", "haircut", merchant="barber", cash=300) == [
        "items.haircut.requires.cash"
    ]

    town.redeem("an", "haircut", **HAIRCUT)

    assert (town.has("an", "credits"), town.has("barber", "credits")) == (1, 1)
    # the cash is noted with it, and is in nobody's account; hours are as they were
    assert town.has("an", "hours") == 2
    assert town.figure("an", "received") == 1
    # bo was to have one too, and complains that it was not given
    redeemed = town.redeem("bo", "haircut", **HAIRCUT)
    town.reverse(redeemed.entry.id)
    assert (town.has("bo", "credits"), town.has("barber", "credits")) == (1, 1)


def what_nobody_fetches_comes_back(town):
    town.record_service("chen", "help", 240)
    town.it_is(2024, 5, 11)  # a Saturday
    fetched = town.order("chen", "massage", **MASSAGE).entry.id
    forgotten = town.order("chen", "massage", **MASSAGE).entry.id
    assert (town.has("chen", "credits"), town.held("chen", "credits")) == (0, 4)

    town.it_is(2024, 5, 18)
    town.fulfil(fetched)
    assert town.has("masseur", "credits") == 2

    town.it_is(2024, 6, 10)  # the thirtieth day
    assert town.pass_time() == []
    town.it_is(2024, 6, 11)
    assert town.refuses(town.fulfil, forgotten)
    assert town.pass_time() == ["CancelOrder"]
    assert (town.has("chen", "credits"), town.held("chen", "credits")) == (2, 0)


def merchants_give_on(town):
    assert town.refuses(town.redeem, "barber", "haircut", merchant="masseur", cash=500)[
        0
    ] == ("accounts.merchant.may")
    town.donate("barber", unit="credits", amount=60)
    town.donate("masseur", unit="credits", amount=60)
    assert town.has("pool:neighbours", "credits") == 2

    town.allocate("bo", unit="credits", amount=90)
    assert (town.has("bo", "credits"), town.has("pool:neighbours", "credits")) == (
        2.5,
        0.5,
    )
    assert town.refuses(town.give, "bo", "an", unit="credits", amount=60) == ["rules"]


def core_members_take_turns(town):
    town.set_tier("an", "roster", "core")
    assert town.flags("an") == ("unmanned",)
    town.record_mark("an", "duty")
    town.record_mark("an", "meeting")
    assert town.flags("an") == ()
    assert town.figure("an", "at_meetings") == 1

    # July comes, and an is not seen: asked, then among those who help now and then
    town.it_is(2024, 7, 31)
    assert town.flags("an") == ("unmanned",)
    town.set_tier("an", "roster", "occasional")
    assert town.flags("an") == ()


def somebody_leaves(town):
    assert town.refuses(town.close_account, "chen", cause="moving") == [
        "accounts.member.credits"
    ]
    town.donate("chen", unit="credits", amount=120)
    town.close_account("chen", cause="moving")
    assert town.has("pool:neighbours", "credits") == 2.5
    town.it_is(2025, 1, 6)
    assert town.pass_time() == []
