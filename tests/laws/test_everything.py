"""What the rules of `everything.toml` mean, where a story at random seldom comes by."""

from datetime import date, timedelta

import pytest

from timebank.balances import Balance

from .desk import EPOCH, SECOND, START, free, new_bank, notes, refused, with_members

FEBRUARY, MARCH = date(2024, 2, 1), date(2024, 3, 1)


@pytest.fixture
def bank():
    return with_members(new_bank(), "a", "b")


def earn(bank, minutes, on, *, member="a", id=None):
    return bank.record_service(member, "care", minutes, on=on, id=id)


# ---------------------------------------------------------------- lots


def test_the_lot_that_ends_first_is_spent_first_whenever_it_was_recorded(bank):
    earn(bank, 60, MARCH, id="later")
    earn(bank, 60, FEBRUARY, id="sooner")

    outcome = bank.donate("a", unit="credits", amount=90, on=START)

    spent = {p.lot.id: -p.amount for p in outcome.entry.postings if p.amount < 0}
    assert spent == {"sooner": 60, "later": 30}


def test_of_lots_that_end_together_the_one_recorded_first_is_spent_first(bank):
    earn(bank, 60, MARCH, id="first")
    earn(bank, 60, MARCH, id="second")

    outcome = bank.donate("a", unit="credits", amount=60, on=START)

    assert {p.lot.id for p in outcome.entry.postings} == {"first"}


@pytest.mark.parametrize(
    ("today", "codes"),
    [(date(2024, 3, 31), set()), (date(2024, 4, 1), {"units.credits.lots"})],
)
def test_a_lot_can_be_spent_on_its_last_day_and_not_after(bank, today, codes):
    earn(bank, 60, FEBRUARY)
    bank.clock.today = today

    assert refused(bank.donate, "a", unit="credits", amount=60, on=today) == codes
    assert free(bank, "a", "credits") == (60 if codes else 0)


def test_a_lot_that_is_handed_on_keeps_its_last_day(bank):
    earn(bank, 60, FEBRUARY)
    bank.donate("a", unit="credits", amount=60, on=START)
    bank.allocate("b", unit="credits", amount=60, on=START)
    bank.clock.today = date(2024, 4, 1)

    codes = refused(bank.donate, "b", unit="credits", amount=60, on=bank.today())

    assert codes == {"units.credits.lots"}


# ---------------------------------------------------------------- limits


def test_a_rolling_limit_sees_what_a_backdated_record_adds_to_later_days(bank):
    for back in (0, 3):
        earn(bank, 240, START - timedelta(days=back))

    outcome = earn(bank, 120, START - timedelta(days=6))

    assert notes(outcome) == {"rules.credits.limits.last 7 days"}
    assert free(bank, "a", "credits") == 540
    assert free(bank, "pool:common", "credits") == 60


def test_a_rolling_limit_forgets_what_is_a_week_old(bank):
    for back in (0, 3):
        earn(bank, 240, START - timedelta(days=back))

    outcome = earn(bank, 120, START - timedelta(days=7))

    assert notes(outcome) == set()


@pytest.mark.parametrize(
    ("minutes", "codes"), [(360, set()), (375, {"rules.gift.limits.month"})]
)
def test_a_month_has_room_for_so_much_giving(bank, minutes, codes):
    for back in (0, 10):
        earn(bank, 240, START - timedelta(days=back))

    given = refused(bank.give, "a", "b", unit="credits", amount=minutes, on=START)

    assert given == codes


def test_a_cancelled_order_uses_up_no_limit(bank):
    for back in (0, 10):
        earn(bank, 240, START - timedelta(days=back))
    bank.order("a", "rice", 4, on=START, id="order")
    bank.clock.turn(3)
    bank.cancel("order", on=bank.today())

    outcome = bank.redeem("a", "rice", 4, on=bank.today())

    assert notes(outcome) == set()
    assert bank.balance("a", "credits") == Balance(180)


# ---------------------------------------------------------------- tiers


def test_a_suspended_level_counts_as_not_held_until_it_is_granted_again(bank):
    bank.set_tier("a", "circle", "B", on=START)
    code = {"rules.gift_coins.requires.circle"}

    bank.set_tier("a", "circle", on=START, action="suspend")
    assert bank.standing("a").tiers["circle"] == "C"
    assert refused(bank.give, "a", "b", unit="coins", amount=1, on=START) == code

    bank.set_tier("a", "circle", "B", on=START)
    assert refused(bank.give, "a", "b", unit="coins", amount=1, on=START) == set()


@pytest.mark.parametrize(
    ("day", "codes"),
    [
        (date(2024, 3, 9), set()),
        (date(2024, 3, 10), {"ladders.circle.moves"}),
        (date(2024, 3, 20), {"ladders.circle.moves"}),
        (date(2024, 3, 21), set()),
    ],
)
def test_a_way_up_is_closed_on_the_days_it_is_suspended(bank, day, codes):
    bank.set_tier("a", "circle", "B", on=START)
    bank.clock.today = date(2024, 4, 1)

    assert refused(bank.set_tier, "a", "circle", "A", on=day) == codes


def test_whoever_was_barred_meanwhile_receives_nothing(bank):
    earn(bank, 180, START)
    bank.order("a", "rice", on=START, id="order")
    bank.set_tier("a", "conduct", "barred", on=START)

    assert refused(bank.fulfil, "order", on=START) == {"rules.redeem.requires.conduct"}


# ---------------------------------------------------------------- which policy


def test_earning_goes_by_the_policy_of_the_day_it_was_served(bank):
    bank.clock.turn(20)
    bank.adopt(SECOND, on=bank.today(), holds_from=date(2024, 3, 10))

    before = earn(bank, 240, date(2024, 3, 9))
    after = earn(bank, 240, date(2024, 3, 10))

    assert (notes(before), notes(after)) == (set(), {"rules.credits.limits.day"})


def test_caps_go_by_the_policy_of_today(bank):
    for back in (10, 20):
        earn(bank, 240, START - timedelta(days=back))
    bank.adopt(SECOND, on=START, holds_from=START)

    outcome = earn(bank, 240, START - timedelta(days=40))

    assert notes(outcome) == {"accounts.member.credits.cap"}
    assert free(bank, "a", "credits") == 480


def test_spending_goes_by_the_policy_of_today(bank):
    earn(bank, 180, START)
    bank.adopt(SECOND, on=START, holds_from=START)

    bank.redeem("a", "rice", on=START - timedelta(days=5))

    assert free(bank, "a", "credits") == 90


# ---------------------------------------------------------------- whose figures


@pytest.mark.parametrize(
    ("missed", "codes"), [(1, set()), (2, {"rules.gift.requires.payee.missed_running"})]
)
def test_a_rule_may_ask_about_the_one_who_receives(bank, missed, codes):
    earn(bank, 60, START)
    bank.record_mark("b", "absence", missed, on=EPOCH)

    assert refused(bank.give, "a", "b", unit="credits", amount=60, on=START) == codes


def test_a_flag_is_raised_when_it_becomes_true_and_not_again(bank):
    bank.set_tier("a", "circle", "A", on=START)

    raised = [notes(bank.record_mark("a", "absence", on=START)) for _ in range(3)]

    assert raised == [set(), {"flags.absent"}, set()]


@pytest.mark.parametrize(("trusted", "coins"), [(False, 5), (True, 8)])
def test_a_limit_may_go_by_a_fact_that_is_kept_with_the_account(bank, trusted, coins):
    bank.amend_account("a", {"trusted": trusted}, on=START)
    bank.set_tier("a", "circle", "B", on=START)
    code = {"accounts.member.coins.floor"}

    assert (
        refused(bank.give, "a", "b", unit="coins", amount=coins + 1, on=START) == code
    )
    assert refused(bank.give, "a", "b", unit="coins", amount=coins, on=START) == set()


# ---------------------------------------------------------------- time


def test_who_looks_late_finds_what_who_looked_often_found_in_the_same_order():
    journals = []
    for days in ([24, 25, 40, 65], [65]):
        bank = with_members(new_bank(), "a")
        for id, on in (("first", START), ("second", START + timedelta(days=1))):
            bank.clock.today = on
            earn(bank, 150, on, id=id)
        # it holds all of the first lot, and gives it back before that has expired
        bank.order("a", "rice", 2, on=bank.today(), id="order")
        for day in days:
            bank.clock.today = START + timedelta(days=day)
            bank.tick()
        journals.append([entry.id for _, entry in bank.entries()])

    assert journals[0] == journals[1]
