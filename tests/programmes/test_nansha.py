"""
Nansha: coins with a price list, sponsored by firms and granted to those in need.
"""

from datetime import date

from timebank.operations import RecordService

from .town import noted


def test_a_year_in_nansha(town_under):
    town = town_under("nansha", date(2018, 1, 8))
    town.join("an", "bo")
    town.join("grandma", facts={"need": "alone"})
    town.join("uncle", facts={"need": "disabled"})
    town.join("firm", kind="merchant")
    town.join("team", kind="group")

    coins_are_earned_by_the_hour(town)
    the_price_list(town)
    firms_sponsor_and_quarters_end(town)
    somebody_is_no_longer_in_need(town)
    somebody_leaves(town)
    town.is_in_order()


def coins_are_earned_by_the_hour(town):
    town.record_service("an", "service", 119, organiser="team")
    assert (town.has("an", "coins"), town.has("an", "hours") * 60) == (1, 119)
    town.serve_days("an", "service", 2)
    town.record_service("bo", "service", 480, id="bo's day")
    # bo stayed half a day
    town.correct(
        "bo's day", RecordService(provider="bo", service_class="service", minutes=240)
    )
    assert (town.has("an", "coins"), town.has("bo", "coins")) == (21, 4)
    # a team organises, and has no account to spend from
    assert town.refuses(town.redeem, "team", "wok") == ["accounts.group.may"]


def the_price_list(town):
    town.it_is(2018, 2, 1)
    assert town.refuses(town.redeem, "bo", "purifier") == [
        "accounts.member.coins.floor"
    ]
    town.redeem("an", "purifier")
    town.redeem("an", "wok")
    ordered = town.order("an", "tutoring").entry.id
    assert (town.has("an", "coins"), town.held("an", "coins")) == (5, 3)
    # the tutor does not come
    town.cancel(ordered)
    assert (town.has("an", "coins"), town.held("an", "coins")) == (8, 0)

    town.give("an", "bo", unit="coins", amount=6)
    town.redeem("bo", "purifier", beneficiary="grandma")
    assert (town.has("an", "coins"), town.has("bo", "coins")) == (2, 0)


def firms_sponsor_and_quarters_end(town):
    assert town.refuses(town.record_mark, "an", "sponsorship", 10) == [
        "rules.sponsored.requires.kind"
    ]
    town.record_mark("firm", "sponsorship", 35)
    assert town.has("fund:sponsors", "coins") == 35
    assert (town.has("firm", "sponsored"), town.has("firm", "coins")) == (35, 0)

    town.it_is(2018, 4, 1)
    assert set(town.pass_time()) == {"EndPeriod"}
    assert [town.has(who, "coins") for who in ("grandma", "uncle", "an")] == [10, 10, 2]
    assert town.pass_time() == []

    # told two quarters later: each of them is done, as far as the fund goes
    town.grant("grandma", unit="coins", amount=4)
    town.it_is(2018, 10, 2)
    done = town.bank.tick().done
    short = [o for o in done if noted(o)]
    assert town.has("fund:sponsors", "coins") == 0
    assert town.has("grandma", "coins") + town.has("uncle", "coins") == 35
    assert len(short) == 3
    assert town.figure("grandma", "granted") + town.figure("uncle", "granted") == 35
    # who needs nothing is granted nothing
    assert town.refuses(town.grant, "an", unit="coins", amount=1)[0] == (
        "rules.grant.requires.need"
    )


def somebody_is_no_longer_in_need(town):
    town.record_mark("firm", "sponsorship", 100)
    town.amend_account("uncle", {"need": "none"})
    before = town.has("uncle", "coins")

    town.it_is(2019, 1, 2)
    town.pass_time()

    assert town.has("uncle", "coins") == before
    assert town.has("fund:sponsors", "coins") == 90


def somebody_leaves(town):
    town.redeem("grandma", "haircut")
    assert town.refuses(town.close_account, "uncle", cause="moving") == [
        "accounts.member.coins"
    ]
    town.give("uncle", "grandma", unit="coins", amount=int(town.has("uncle", "coins")))
    town.close_account("uncle", cause="moving")
    assert town.has("uncle", "coins") == 0
    assert town.refuses(town.give, "an", "uncle", unit="coins", amount=1) == ["payee"]
