"""What expires cannot be used; a tick takes it off the balance and hands it on."""

from datetime import date, timedelta

import pytest

import timebank
from timebank.errors import PolicyInvalid, Refused
from timebank.model import Reason
from timebank.operations import ExpireLot, Reverse

from .books import HEAD, START, books, ids, journal

VOUCHERS = (
    HEAD
    + """
units.vouchers = { lots = { expires = { after = "10 days" }, to = "pool:kept" } }
accounts = { member = {}, pool = { names = ["kept"] } }
classes.help = { counts = "number" }
items.ride = { price = 3 }
rules.vouchers = { on = "contribution", unit = "vouchers" }
rules.gift = { on = "gift", unit = "vouchers" }
rules.donate = { on = "donate", unit = "vouchers", to = "pool:kept" }
rules.allocate = { on = "allocate", unit = "vouchers", from = "pool:kept" }
rules.redeem = { on = "redeem", unit = "vouchers", hold = "30 days" }
"""
)
LAST = date(2024, 3, 10)
"""The last day of what was earned on the first of March."""
DAY = timedelta(days=1)
EXPIRY = "due/2024-03-11/lot/vouchers/{}/{}"


@pytest.fixture(params=["memory", "sqlite"])
def bank(request, tmp_path):
    url = "memory:" if request.param == "memory" else f"sqlite:///{tmp_path}/b.db"
    bank = books(VOUCHERS, url=url)
    bank.record_mark("ada", "help", 10, on=START, id="made")
    yield bank
    assert bank.verify(decide_again=True).faults == ()
    bank.close()


def has(bank, account):
    return bank.balance(account, "vouchers").free


def test_a_lot_is_there_to_its_last_day_and_gone_on_the_day_after(bank):
    bank.clock.day = LAST
    early = bank.tick()
    bank.clock.day = LAST + DAY
    report = bank.tick()

    assert (early.done, early.refused) == ((), ())
    assert ids(report) == [EXPIRY.format("made", "ada")]
    assert report.done[0].entry.effective_on == LAST + DAY
    assert (has(bank, "ada"), has(bank, "pool:kept")) == (0, 10)
    assert bank.tick().done == ()


def test_until_a_tick_it_is_in_the_balance_and_cannot_be_used(bank):
    bank.clock.day = LAST + DAY

    with pytest.raises(Refused) as caught:
        bank.give("ada", "ben", unit="vouchers", amount=1, on=LAST + DAY)

    assert [f.reason for f in caught.value.findings] == [Reason.LOT_SHORT]
    assert has(bank, "ada") == 10


def test_each_holder_of_a_lot_that_was_given_loses_a_part(bank):
    bank.give("ada", "ben", unit="vouchers", amount=4, on=START)
    bank.clock.day = LAST + DAY

    report = bank.tick()

    assert ids(report) == [EXPIRY.format("made", who) for who in ("ada", "ben")]
    assert [has(bank, who) for who in ("ada", "ben", "pool:kept")] == [0, 0, 10]


def test_only_what_expired_goes(bank):
    bank.clock.day = START + 5 * DAY
    bank.record_mark("ada", "help", 7, on=bank.clock.day, id="later")
    bank.clock.day = LAST + DAY

    bank.tick()

    assert has(bank, "ada") == 7


def test_what_was_handed_on_can_be_used_and_does_not_expire_again(bank):
    bank.clock.day = LAST + DAY
    bank.tick()
    bank.allocate("ben", unit="vouchers", amount=4, on=bank.clock.day)
    bank.clock.day = date(2044, 3, 10)

    assert bank.tick().done == ()
    assert (has(bank, "ben"), has(bank, "pool:kept")) == (4, 6)


def test_what_the_receiving_pool_had_itself_is_renewed(bank):
    bank.donate("ada", unit="vouchers", amount=10, on=START)
    bank.clock.day = LAST + DAY

    report = bank.tick()

    assert ids(report) == [EXPIRY.format("made", "pool:kept")]
    assert has(bank, "pool:kept") == 10
    assert bank.tick().done == ()


def test_without_a_receiver_it_goes_back_to_the_issuer():
    bank = books(VOUCHERS.replace(', to = "pool:kept" }', " }", 1))
    bank.record_mark("ada", "help", 10, on=START)
    bank.clock.day = LAST + DAY

    bank.tick()

    assert (has(bank, "ada"), has(bank, "pool:kept")) == (0, 0)


def test_an_account_with_only_expired_lots_can_be_closed_after_a_tick(bank):
    bank.clock.day = LAST + DAY
    with pytest.raises(Refused):
        bank.close_account("ada", cause="leaving", on=bank.clock.day)

    bank.tick()

    bank.close_account("ada", cause="leaving", on=bank.clock.day)


def test_a_floor_does_not_keep_what_expires():
    text = VOUCHERS.replace(
        "member = {}", "member = { vouchers = { floor = 2, cap = 20 } }"
    )
    bank = books(text)
    bank.record_mark("ada", "help", 10, on=START)
    bank.clock.day = LAST + DAY

    bank.tick()

    assert has(bank, "ada") == 0
    assert bank.verify(decide_again=True).faults == ()


# ------------------------------------------------------------------ held and undone


def test_what_an_order_holds_stays_with_the_order(bank):
    bank.order("ada", "ride", on=START, id="ride")
    bank.clock.day = LAST + DAY
    bank.tick()

    bank.fulfil("ride", on=bank.clock.day)

    assert bank.balance("ada", "vouchers").total == 0
    assert has(bank, "pool:kept") == 7


def test_given_back_it_has_expired_and_goes_too(bank):
    bank.order("ada", "ride", on=START, id="ride")
    bank.clock.day = LAST + DAY
    bank.tick()
    bank.clock.day = date(2024, 4, 1)

    report = bank.tick()

    assert ids(report) == [
        "due/2024-04-01/order/ride",
        EXPIRY.format("made", "ada") + "/2",
    ]
    assert bank.balance("ada", "vouchers").total == 0
    assert has(bank, "pool:kept") == 10


def test_ticking_daily_and_once_late_leave_the_same_books():
    def lived(*, daily):
        bank = books(VOUCHERS)
        for number, member in enumerate(("ada", "ben", "ada")):
            bank.clock.day = START + number * DAY
            bank.record_mark(
                member, "help", 5, on=bank.clock.day, id=f"{member}-{number}"
            )
        bank.order("ada", "ride", 2, on=bank.clock.day, id="ride")
        last = bank.clock.day + 40 * DAY
        while daily and bank.clock.day < last:
            bank.clock.day += DAY
            bank.tick()
        bank.clock.day = last
        bank.tick()
        return bank

    assert journal(lived(daily=True)) == journal(lived(daily=False))


def test_a_service_whose_lot_expired_is_undone_after_its_expiry(bank):
    bank.clock.day = LAST + DAY
    (expiry,) = ids(bank.tick())
    with pytest.raises(Refused) as caught:
        bank.reverse("made", on=bank.clock.day)

    bank.batch(
        [
            bank.request(Reverse(target=target), on=bank.clock.day)
            for target in (expiry, "made")
        ]
    )

    found = [(f.reason, f.found) for f in caught.value.findings]
    assert (Reason.TARGET_DEPENDANTS, expiry) in found
    assert (has(bank, "ada"), has(bank, "pool:kept")) == (0, 0)
    assert bank.tick().done == ()


def test_an_expiry_undone_alone_falls_due_again(bank):
    bank.clock.day = LAST + DAY
    (expiry,) = ids(bank.tick())
    bank.reverse(expiry, on=bank.clock.day)

    assert ids(bank.tick()) == [f"{expiry}/2"]


def test_an_expiry_whose_credits_were_used_is_not_undone(bank):
    bank.clock.day = LAST + DAY
    (expiry,) = ids(bank.tick())
    bank.allocate("ben", unit="vouchers", amount=1, on=bank.clock.day)

    with pytest.raises(Refused) as caught:
        bank.reverse(expiry, on=bank.clock.day)

    assert Reason.TARGET_DEPENDANTS in {f.reason for f in caught.value.findings}


# ------------------------------------------------------------------ by hand


@pytest.mark.parametrize(
    ("lot", "on", "reason"),
    [
        ("made", LAST, Reason.NOT_DUE),
        ("none", LAST + DAY, Reason.LOT_EMPTY),
    ],
)
def test_nobody_makes_a_lot_expire_that_has_not(bank, lot, on, reason):
    bank.clock.day = LAST + DAY

    with pytest.raises(Refused) as caught:
        bank.post(ExpireLot(account="ada", unit="vouchers", lot=lot), on=on)

    assert [f.reason for f in caught.value.findings] == [reason]


def test_lots_that_never_expire_do_not():
    text = VOUCHERS.replace(
        'lots = { expires = { after = "10 days" }, to = "pool:kept" }', "lots = {}"
    )
    bank = books(text)
    bank.record_mark("ada", "help", 10, on=START, id="made")
    bank.clock.day = date(2044, 1, 1)

    with pytest.raises(Refused) as caught:
        bank.post(
            ExpireLot(account="ada", unit="vouchers", lot="made"), on=bank.clock.day
        )

    assert bank.tick().done == ()
    assert [f.reason for f in caught.value.findings] == [Reason.LOT_EMPTY]


# ---------------------------------------------------------------- pauses


PAUSE = 'to = "pool:kept", pauses = [["2024-03-10", "2024-04-02"]]'


def paused(bank, pause=PAUSE):
    text = VOUCHERS.replace('to = "pool:kept" }', f"{pause} }}", 1)
    bank.adopt(text, on=bank.clock.day, holds_from=bank.clock.day)


@pytest.mark.parametrize("tick_daily", [True, False])
def test_what_would_expire_in_a_pause_can_be_used_to_its_end(bank, tick_daily):
    bank.clock.day = LAST
    paused(bank)
    while tick_daily and bank.clock.day < date(2024, 4, 2):
        bank.clock.day += DAY
        assert bank.tick().done == ()
    bank.clock.day = date(2024, 4, 2)
    bank.give("ada", "ben", unit="vouchers", amount=4, on=bank.clock.day)
    bank.clock.day += DAY
    with pytest.raises(Refused) as caught:
        bank.give("ada", "ben", unit="vouchers", amount=1, on=bank.clock.day)
    report = bank.tick()

    assert [f.reason for f in caught.value.findings] == [Reason.LOT_SHORT]
    assert {due.entry.effective_on for due in report.done} == {date(2024, 4, 3)}
    assert (has(bank, "ada"), has(bank, "pool:kept")) == (0, 10)


def test_what_expires_on_the_eve_of_a_pause_or_after_it_is_left_alone(bank):
    bank.clock.day = LAST
    bank.record_mark("ben", "help", 5, on=date(2024, 3, 2), id="later")
    paused(bank, 'to = "pool:kept", pauses = [["2024-03-01", "2024-03-09"]]')
    bank.clock.day = date(2024, 3, 12)
    report = bank.tick()

    assert [due.entry.effective_on for due in report.done] == [
        date(2024, 3, 11),
        date(2024, 3, 12),
    ]


def test_a_pause_until_further_notice_ends_by_a_policy_that_says_when(bank):
    bank.clock.day = LAST
    paused(bank, 'to = "pool:kept", pauses = [["2024-03-10", ""]]')
    bank.clock.day = date(2025, 1, 1)
    during = bank.tick()
    paused(bank, 'to = "pool:kept", pauses = [["2024-03-10", "2025-01-31"]]')
    bank.clock.day = date(2025, 2, 1)
    after = bank.tick()

    assert during.done == ()
    assert [due.entry.effective_on for due in after.done] == [date(2025, 2, 1)]


def test_one_pause_may_lead_into_the_next(bank):
    bank.clock.day = LAST
    paused(
        bank,
        'to = "pool:kept", '
        'pauses = [["2024-04-02", "2024-05-01"], ["2024-03-10", "2024-04-02"]]',
    )
    bank.clock.day = date(2024, 5, 1)

    assert bank.tick().done == ()


@pytest.mark.parametrize(
    ("lots", "place"),
    [
        ('{ pauses = [["2024-03-10", ""]] }', "units.vouchers.lots.pauses"),
        (
            '{ expires = { after = "1 day" }, pauses = [["2024-03-10", "2024-03-09"]] }',
            "units.vouchers.lots.pauses",
        ),
    ],
)
def test_a_pause_that_stops_nothing_or_runs_backwards_is_a_mistake(lots, place):
    text = (
        f"{HEAD}units.vouchers = {{ lots = {lots} }}\naccounts = {{ member = {{}} }}\n"
    )

    with pytest.raises(PolicyInvalid) as caught:
        timebank.load_policy(text)

    assert list(caught.value.mistakes) == [place]


# ---------------------------------------------------------------- mistakes


@pytest.mark.parametrize(
    "lots",
    ['{ to = "pool:kept" }', '{ expires = { after = "1 day" }, to = "pool:no" }'],
)
def test_a_receiver_that_is_none_or_receives_nothing_is_a_mistake(lots):
    text = HEAD + (
        f"units.vouchers = {{ lots = {lots} }}\n"
        'accounts = { member = {}, pool = { names = ["kept"] } }\n'
    )

    with pytest.raises(PolicyInvalid) as caught:
        timebank.load_policy(text)

    assert list(caught.value.mistakes) == ["units.vouchers.lots.to"]


# ---------------------------------------------------------------- a share remains


def keeping(share, **more):
    text = VOUCHERS.replace(
        'to = "pool:kept" }', f'to = "pool:kept", keeps = "{share}" }}', 1
    )
    return books(text, **more)


@pytest.mark.parametrize(
    ("share", "left"), [("1/2", 5), ("1/3", 3), ("0.99", 9), ("1/11", 0), ("0", 0)]
)
def test_a_share_of_what_expires_remains_rounded_down(share, left):
    bank = keeping(share)
    bank.record_mark("ada", "help", 10, on=START, id="made")
    bank.clock.day = LAST + DAY

    bank.tick()

    assert (has(bank, "ada"), has(bank, "pool:kept")) == (left, 10 - left)
    assert bank.verify(decide_again=True).faults == ()


def test_what_remains_can_be_used_for_ever_and_expires_no_more():
    bank = keeping("1/2")
    bank.record_mark("ada", "help", 10, on=START, id="made")
    bank.clock.day = LAST + 1000 * DAY

    assert ids(bank.tick()) == [EXPIRY.format("made", "ada")]
    assert bank.tick().done == ()
    bank.give("ada", "ben", unit="vouchers", amount=5, on=bank.clock.day)

    assert [has(bank, who) for who in ("ada", "ben")] == [0, 5]


def test_what_remained_goes_back_with_the_expiry_unless_it_was_used():
    bank = keeping("1/2")
    bank.record_mark("ada", "help", 10, on=START, id="made")
    bank.clock.day = LAST + DAY
    bank.tick()
    expiry = EXPIRY.format("made", "ada")
    bank.give("ada", "ben", unit="vouchers", amount=1, on=bank.clock.day, id="gift")

    with pytest.raises(Refused) as caught:
        bank.reverse(expiry, on=bank.clock.day)
    assert [f.reason for f in caught.value.findings] == [Reason.TARGET_DEPENDANTS]
    bank.reverse("gift", on=bank.clock.day)
    bank.reverse(expiry, on=bank.clock.day)

    assert (has(bank, "ada"), has(bank, "pool:kept")) == (10, 0)


def test_what_an_expiry_leaves_is_told():
    bank = keeping("1/2")
    bank.record_mark("ada", "help", 10, on=START, id="made")
    bank.clock.day = LAST + DAY
    bank.tick()

    told = bank.explain(EXPIRY.format("made", "ada")).text

    assert "5 vouchers remain with ada, and expire no more" in told.in_("en")
    assert "5 vouchers 仍归 ada，不再到期" in told.in_("zh")


@pytest.mark.parametrize("share", ["1", "-1/2", "2"])
def test_a_share_that_is_none_is_a_mistake(share):
    with pytest.raises(PolicyInvalid, match=r"units\.vouchers\.lots\.keeps"):
        keeping(share)


def test_a_share_of_what_never_expires_is_a_mistake():
    text = VOUCHERS.replace(
        'expires = { after = "10 days" }, to = "pool:kept"', 'keeps = "1/2"'
    )

    with pytest.raises(PolicyInvalid, match="never expire"):
        timebank.load_policy(text)


def test_what_goes_back_to_the_issuer_is_in_no_lot():
    text = VOUCHERS.replace('to = "pool:kept"', 'keeps = "1/2"', 1)
    bank = books(text)
    bank.record_mark("ada", "help", 10, on=START, id="made")
    bank.clock.day = LAST + DAY

    (outcome,) = bank.tick().done

    legs = [(p.account, p.amount, p.lot and p.lot.id) for p in outcome.entry.postings]
    assert legs == [
        ("ada", -10, "made"),
        ("ada", 5, outcome.entry.id),
        ("issuer", 5, None),
    ]
