"""
Nanjing, Changning and Shanghai as they would be lived: the whole of each rule set at once.

Beside their own examples, which ask one rule at a time.
"""

from datetime import date, timedelta

from timebank.balances import Balance
from timebank.operations import Part

from .desk import free, notes, refused
from .test_programmes import bank_of, serve

HOUR = 60


def balances(bank, unit, *accounts):
    """Return what each of *accounts* has of *unit*, in hours."""
    return [free(bank, account, unit) / HOUR for account in accounts]


def zero_sum(bank, unit):
    return sum(free(bank, account.id, unit) for account in bank.accounts()) == 0


# ---------------------------------------------------------------- Nanjing


def test_nanjing_from_the_first_hour_to_the_shared_pool():
    bank = bank_of("nanjing", "lin", "lins-mother", "wang", "zhou")
    bank.open_account("group:school", kind="group", on=date(2019, 8, 1))
    day = date(2024, 6, 3)

    # Lin serves for years, the school for a day; what is above 1 500 goes to the elders
    serve(bank, "lin", "care", 1502, last=day)
    bank.record_service("group:school", "care", 3 * HOUR, on=day)
    bank.donate("group:school", unit="hours", amount=3 * HOUR, on=day)
    assert balances(bank, "hours", "lin", "pool:key-elders") == [1500, 5]

    # Lin is 45: not for herself, but for her mother of 70, and she gives her some
    for_herself = {"relation": "self", "beneficiary.age": 45}
    for_mother = {"relation": "parent", "beneficiary.age": 70}
    mother = {"relation": "parent", "payee.age": 70}
    assert refused(bank.redeem, "lin", "care", on=day, facts=for_herself) == {
        "rules.redeem.requires.beneficiary.age"
    }
    bank.redeem("lin", "care", 2, on=day, facts=for_mother)
    bank.give("lin", "lins-mother", unit="hours", amount=8 * HOUR, on=day, facts=mother)
    neighbour = {"relation": "other", "payee.age": 80}
    assert refused(
        bank.give, "lin", "wang", unit="hours", amount=60, on=day, facts=neighbour
    ) == {"rules.gift.requires.relation"}
    assert balances(bank, "hours", "lin", "lins-mother") == [1490, 8]

    # there is room again, and a service that is undone takes back what was diverted
    bank.record_service("lin", "care", 12 * HOUR, on=day, id="long")
    assert balances(bank, "hours", "lin", "pool:key-elders") == [1500, 7]
    bank.reverse("long", on=day)
    assert balances(bank, "hours", "lin", "pool:key-elders") == [1490, 5]

    # the fund issues to Wang, 81 and alone; Zhou at 79 is only old
    alone = {"age": 81, "alone": True}
    bank.grant("wang", unit="hours", amount=4 * HOUR, on=day, facts=alone)
    assert refused(
        bank.grant, "zhou", unit="hours", amount=60, on=day, facts={"age": 79}
    ) == {"rules.issue.requires.any"}
    assert balances(bank, "hours", "fund:city") == [-4]

    # the pool is shared out: the key elder first, and Zhou has what is left
    asked = [
        Part(account="zhou", amount=4 * HOUR, facts={"age": 79}),
        Part(account="wang", amount=3 * HOUR, facts={"age": 81, "key_elder": True}),
    ]
    bank.share_out("hours", asked, on=day)
    assert balances(bank, "hours", "wang", "zhou", "pool:key-elders") == [7, 2, 0]

    assert zero_sum(bank, "hours")
    assert bank.verify(decide_again=True).sound


# ---------------------------------------------------------------- Changning


def test_changning_two_coins_a_day_up_to_six_hundred():
    day = date(2024, 6, 3)
    bank = bank_of("changning", "chen", "liu", today=day)
    woman, man = ({"provider.age": 50, "provider.sex": s} for s in ("f", "m"))

    # from which age depends on who serves, and at 71 it is over
    bank.record_service("chen", "care", 90, on=day, facts=woman, id="first")
    too_young = refused(bank.record_service, "liu", "care", 90, on=day, facts=man)
    assert too_young == {"classes.care.requires.provider.age"}
    old = man | {"provider.age": 71}
    assert refused(bank.record_service, "liu", "care", 90, on=day, facts=old)
    bank.record_service(
        "liu", "care", 90, on=day, facts=man | {"provider.age": 70}, id="liu"
    )

    # the second service of the day meets what the first left of it, and says so
    second = bank.record_service("chen", "care", 90, on=day, facts=woman)
    assert notes(second) == {"rules.coins.limits.day"}
    assert balances(bank, "coins", "chen", "liu") == [2, 1.5]

    # recorded late, a service meets the limit of the day it was done on
    yesterday = day - timedelta(days=1)
    late = bank.record_service("chen", "care", 180, on=yesterday, facts=woman)
    assert notes(late) == {"rules.coins.limits.day"}
    assert balances(bank, "coins", "chen") == [4]

    # the first is undone: its room is there again, for who records anew
    bank.reverse("first", on=day)
    bank.record_service("chen", "care", 60, on=day, facts=woman)
    assert balances(bank, "coins", "chen") == [3.5]

    # 300 days later she is full, and no day brings more
    for back in range(2, 302):
        on = day - timedelta(days=back)
        bank.record_service("chen", "care", 120, on=on, facts=woman)
    full = bank.record_service(
        "chen", "care", 60, on=day - timedelta(days=302), facts=woman
    )
    assert bank.balance("chen", "coins") == Balance(600 * HOUR)
    assert notes(full) == {"accounts.member.coins.cap"}

    assert zero_sum(bank, "coins")
    assert bank.verify(decide_again=True).sound


# ---------------------------------------------------------------- Shanghai


def test_shanghai_from_the_street_to_the_whole_city():
    bank = bank_of("shanghai", "gu", "he", "pan", today=date(2026, 12, 31))
    bank.open_account("group:school", kind="group", on=date(2026, 1, 1))
    old = {"beneficiary.age": 66}

    # a pupil serves in a group, and not alone
    pupil = {"provider.age": 16}
    assert refused(
        bank.record_service, "pan", "care", 60, on=date(2026, 9, 1), facts=pupil
    ) == {"classes.care.requires.any"}
    bank.record_service(
        "pan",
        "care",
        60,
        on=date(2026, 9, 1),
        organiser="group:school",
        facts=pupil,
    )
    serve(bank, "gu", "care", 30, last=date(2026, 10, 1), facts={"provider.age": 66})

    # in 2026 in the street, from 2027 in the district, from 2028 everywhere
    places = ["street", "district", "city"]
    for day, opened in [
        (date(2026, 12, 31), 1),
        (date(2027, 1, 1), 2),
        (date(2027, 12, 31), 2),
        (date(2028, 1, 1), 3),
    ]:
        bank.clock.today = day
        answers = [
            refused(bank.redeem, "gu", "care", on=day, facts=old | {"accepted_in": p})
            for p in places
        ]
        closed = {"rules.redeem.requires.any"}
        assert answers == [set()] * opened + [closed] * (3 - opened)
    assert balances(bank, "coins", "gu") == [22]

    # 60 in hardship is old enough, and 64 otherwise is not
    day, street = bank.today(), {"accepted_in": "street"}
    hard = street | {"beneficiary.age": 60, "beneficiary.hardship": True}
    bank.redeem("gu", "care", on=day, facts=hard)
    assert refused(
        bank.redeem, "gu", "care", on=day, facts=street | {"beneficiary.age": 64}
    ) == {"rules.redeem.requires.beneficiary.age"}

    # to a friend, to the platform, and to needy elders, one of whom is He
    bank.give("gu", "he", unit="coins", amount=60, on=day, facts={"relation": "friend"})
    for purpose in ("platform", "needy elders", "charities"):
        bank.donate("gu", unit="coins", amount=2 * HOUR, purpose=purpose, on=day)
    bank.allocate("he", unit="coins", amount=2 * HOUR, on=day, facts={"age": 70})
    assert refused(
        bank.allocate, "he", unit="coins", amount=1, on=day, facts={"age": 70}
    ) == {"accounts.pool.coins.floor"}
    assert balances(bank, "coins", "gu", "he", "pan") == [14, 3, 1]

    # hours are what they were: spending and giving never lowers them
    assert balances(bank, "hours", "gu") == [30]
    assert zero_sum(bank, "coins")
    assert bank.verify(decide_again=True).sound
