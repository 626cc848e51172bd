"""Mistakes that other systems have made, tried on this one."""

import sqlite3
import threading
from collections import Counter
from datetime import date, timedelta

import pytest

import timebank
from timebank import operations as ops
from timebank.balances import Balance
from timebank.errors import BatchRefused, Refused, StorageError
from timebank.model import Reason

from .asks import care
from .desk import EPOCH, START, Calendar, free, new_bank, refused, with_members

TOGETHER = 8


@pytest.fixture
def file(tmp_path):
    """A file of books with two members."""
    url = f"sqlite:///{tmp_path}/books.db"
    with_members(new_bank(url), "a", "b").close()
    return url


def opened(url):
    return timebank.open(url, ledger="laws", actor="desk", clock=Calendar())


def at_once(url, ask):
    """Ask the same of *url* from many threads; return what came of each."""
    barrier, answers = threading.Barrier(TOGETHER), []

    def one(number):
        with opened(url) as bank:
            barrier.wait()
            try:
                answers.append(ask(bank, number))
            except Refused as error:
                answers.append({f.code for f in error.findings})

    threads = [threading.Thread(target=one, args=(n,)) for n in range(TOGETHER)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


# ---------------------------------------------------------------- 1


def test_1_reversing_never_leaves_a_stale_balance():
    bank = with_members(new_bank(), "a", "b")
    before = {u: bank.balance("a", u) for u in ("hours", "credits", "coins")}
    bank.record_service("a", "care", 300, on=START, id="e")

    bank.reverse("e", on=START)

    assert {u: bank.balance("a", u) for u in before} == before
    assert bank.statement("a", "credits")[-1].balance == Balance()
    assert bank.verify().sound


def test_1_a_reversal_takes_back_every_leg_that_its_rules_made():
    bank = with_members(new_bank(), "a", "b")
    bank.record_service("a", "errand", 90, recipient="b", on=START, id="e")
    assert (free(bank, "a", "coins"), free(bank, "b", "coins")) == (4, 0)

    bank.reverse("e", on=START)

    assert (free(bank, "a", "coins"), free(bank, "b", "coins")) == (2, 2)


def test_1_a_reversal_that_would_pass_a_limit_says_which():
    bank = with_members(new_bank(), "a", "b")
    bank.grant("a", unit="coins", amount=5, on=START, id="grant")
    bank.set_tier("a", "circle", "B", on=START)
    for _ in range(5):
        bank.give("a", "b", unit="coins", amount=2, on=START)

    assert refused(bank.reverse, "grant", on=START) == {"accounts.member.coins.floor"}


# ---------------------------------------------------------------- 2


def test_2_the_same_credits_cannot_be_spent_twice_at_the_same_moment(file):
    with opened(file) as bank:
        bank.record_service("a", "care", 60, on=START)

    answers = at_once(
        file, lambda bank, _: bank.donate("a", unit="credits", amount=60, on=START)
    )

    refusals = [a for a in answers if a == {"units.credits.lots"}]
    assert len(refusals) == TOGETHER - 1
    with opened(file) as bank:
        assert free(bank, "a", "credits") == 0
        assert bank.verify(decide_again=True).sound


def test_2_a_cap_holds_when_many_pay_at_the_same_moment(file):
    with opened(file) as bank:
        bank.grant(
            "a", unit="coins", amount=9, on=START
        )  # and 2 of welcome: one more fits
        for n in range(TOGETHER):
            bank.open_account(f"m{n}", on=EPOCH)
            bank.set_tier(f"m{n}", "circle", "B", on=START)

    answers = at_once(
        file,
        lambda bank, n: bank.give(f"m{n}", "a", unit="coins", amount=1, on=START),
    )

    assert answers.count({"accounts.member.coins.cap"}) == TOGETHER - 1
    with opened(file) as bank:
        assert free(bank, "a", "coins") == 12


# ---------------------------------------------------------------- 4, 5


def test_4_a_write_that_was_cut_short_and_is_tried_again_pays_once(file, tmp_path):
    """The disk refuses the balance after the postings were written; then it has room."""
    connection = sqlite3.connect(tmp_path / "books.db")
    connection.execute(
        "CREATE TRIGGER broken BEFORE INSERT ON timebank_balance "
        "BEGIN SELECT RAISE(ABORT, 'the disk is broken'); END"
    )
    connection.commit()
    with opened(file) as bank:
        before = list(bank.entries())
        with pytest.raises(StorageError):
            bank.record_service("a", "care", 60, on=START, id="e")
        assert list(bank.entries()) == before
        assert bank.balance("a", "credits") == Balance()
        connection.execute("DROP TRIGGER broken")
        connection.commit()
        connection.close()

        first = bank.record_service("a", "care", 60, on=START, id="e")
        again = bank.record_service("a", "care", 60, on=START, id="e")

        assert (first.replayed, again.replayed) == (False, True)
        assert bank.balance("a", "credits") == Balance(60)
        assert bank.verify().sound


def test_4_the_same_request_many_times_at_once_pays_once(file):
    answers = at_once(
        file, lambda bank, _: bank.record_service("a", "care", 60, on=START, id="e")
    )

    assert Counter(a.replayed for a in answers) == {False: 1, True: TOGETHER - 1}
    with opened(file) as bank:
        assert bank.balance("a", "credits") == Balance(60)


def test_5_the_same_key_with_another_payload_is_refused_and_not_replayed():
    bank = with_members(new_bank(), "a", "b")
    bank.record_service("a", "care", 60, on=START, id="e")

    with pytest.raises(Refused) as caught:
        bank.record_service("a", "care", 61, on=START, id="e")

    assert [f.reason for f in caught.value.findings] == [Reason.ID_CONFLICT]
    yesterday = START - timedelta(days=1)
    assert refused(bank.record_service, "a", "care", 60, on=yesterday, id="e") == {"id"}


def test_5_what_was_called_off_before_it_arrived_is_refused_when_it_does():
    bank = with_members(new_bank(), "a", "b")
    bank.void("e", on=START)

    assert refused(bank.record_service, "a", "care", 60, on=START, id="e") == {"id"}
    assert free(bank, "a", "credits") == 0


# ---------------------------------------------------------------- 6


def test_6_an_estate_goes_to_a_named_account_and_the_total_stays():
    bank = with_members(new_bank(), "a", "b")
    bank.record_service("a", "care", 101, on=START)
    total = free(bank, "issuer", "credits")

    bank.close_account("a", cause="death", on=START)

    assert free(bank, "pool:common", "credits") == 90
    assert (free(bank, "a", "credits"), free(bank, "a", "coins")) == (0, 0)
    assert free(bank, "a", "hours") == 101
    assert free(bank, "issuer", "credits") == total
    assert refused(bank.record_service, "a", "care", 60, on=START) == {"provider"}


@pytest.mark.parametrize("owes", [1, 3])
def test_6_nobody_leaves_with_debts(owes):
    bank = with_members(new_bank(), "a", "b")
    bank.set_tier("a", "circle", "B", on=START)
    for _ in range(2 + owes):
        bank.give("a", "b", unit="coins", amount=1, on=START)

    codes = refused(bank.close_account, "a", cause="leaving", on=START)

    assert "rules.farewell.amount" in codes


# ---------------------------------------------------------------- 8


def test_8_period_totals_are_the_sums_of_the_listing():
    bank = with_members(new_bank(), "a", "b")
    for day in range(40):
        bank.record_service(
            "a", "care", 30, on=START - timedelta(days=day), id=f"e{day}"
        )
    bank.reverse("e7", on=START)
    bank.correct("e35", care("a", 90), on=START - timedelta(days=35))
    listing = bank.statement("a", "hours")

    for last in (date(2024, 1, 31), date(2024, 2, 29), START):
        total = sum(line.amount for line in listing if line.effective_on <= last)
        assert bank.balance("a", "hours", effective_on=last) == Balance(total)


def test_8_what_comes_later_moves_nothing_to_another_month():
    bank = with_members(new_bank(), "a", "b")
    february = date(2024, 2, 10)
    bank.record_service("a", "care", 60, on=february, id="e")
    before = bank.statement("a", "hours")
    bank.clock.turn(40)

    bank.reverse("e", on=bank.today())

    assert bank.statement("a", "hours")[: len(before)] == before
    assert bank.statement("a", "hours")[-1].effective_on == february
    assert bank.standing("a").measures["month_hours"] == 0


# ---------------------------------------------------------------- 9


def test_9_entries_of_the_same_moment_keep_their_order():
    bank = with_members(new_bank(), "a", "b")
    ids = [f"{n * 7919 % 100:02}" for n in range(50)]

    bank.batch([bank.request(care("a", 1), on=START, id=id) for id in ids])

    last = list(bank.entries())[-50:]
    assert [entry.id for _, entry in last] == ids
    assert len({entry.recorded.at for _, entry in last}) == 1
    assert [line.entry for line in bank.statement("a", "hours")] == ids


def test_9_a_clock_that_went_back_changes_no_order():
    bank = with_members(new_bank(), "a", "b")
    bank.record_service("a", "care", 60, on=EPOCH, id="first")
    bank.clock.turn(-30)

    bank.record_service("a", "care", 60, on=EPOCH, id="second")

    assert [entry.id for _, entry in bank.entries()][-2:] == ["first", "second"]
    assert bank.verify(decide_again=True).sound


# ---------------------------------------------------------------- 12


@pytest.mark.slow
def test_12_one_bad_row_among_ten_thousand_changes_nothing_and_is_named():
    bank = new_bank()
    members = [f"m{n}" for n in range(500)]
    bank.batch(
        [
            bank.request(ops.OpenAccount(account=m), on=EPOCH, id=f"open/{m}")
            for m in members
        ]
    )
    rows = [
        bank.request(
            ops.RecordMark(member=members[n % 500], mark="meeting"),
            on=EPOCH + timedelta(days=n // 500),
            id=f"row-{n}",
        )
        for n in range(10_000)
    ]
    bad = bank.request(care("nobody", 30), on=EPOCH, id="row-bad")
    before = list(bank.entries())

    with pytest.raises(BatchRefused) as caught:
        bank.batch([*rows[:5_000], bad, *rows[5_000:]])

    assert [refusal.id for refusal in caught.value.refusals] == ["row-bad"]
    assert list(bank.entries()) == before
    bank.batch(rows)
    recorded = list(bank.entries())
    assert all(outcome.replayed for outcome in bank.batch(rows))
    assert list(bank.entries()) == recorded
