"""
Law 9: a reversal negates exactly its target, once; a correction is one entry.

A target with live dependants is refused and they are named, unless authority, which is
recorded, overrides.
"""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import example, given, settings

from timebank import operations as ops
from timebank.balances import Balance
from timebank.entries import Outcome
from timebank.errors import Refused
from timebank.model import Reason

from .asks import STORIES, care, requests_of
from .desk import EPOCH, START, free, new_bank, notes, refused, with_members


@pytest.fixture
def bank():
    return with_members(new_bank(), "a", "b")


def earn(bank, member="a", minutes=180, *, back=0, id=None):
    return bank.record_service(
        member, "care", minutes, on=START - timedelta(days=back), id=id
    )


def legs(entry, *, undoing=False):
    sign = -1 if undoing else 1
    return Counter(
        (p.account, p.unit, p.bucket, sign * p.amount, p.lot, p.rule)
        for p in entry.postings
        if p.undoes == undoing
    )


def named(call, *arguments, **fields):
    """Whom a refusal for live dependants names."""
    with pytest.raises(Refused) as caught:
        call(*arguments, **fields)
    (finding,) = (
        f for f in caught.value.findings if f.reason is Reason.TARGET_DEPENDANTS
    )
    return finding.found


# ---------------------------------------------------------------- exactly, and once

ESCORTED = ops.RecordService(
    provider="a", service_class="escort", minutes=10, recipient="b"
)


@settings(max_examples=25)
@example([(care("a", 10), 0), ("correct", 0, ESCORTED, None)])  # which waits
@given(STORIES)
def test_law_9_what_is_undone_is_undone_exactly_and_once(story):
    bank, undone = with_members(new_bank(), "a", "b"), set()

    for request in requests_of(story, bank):
        (verdict,) = bank.batch([request], atomic=False)
        operation = request.operation
        if isinstance(operation, ops.Reverse | ops.Correct) and isinstance(
            verdict, Outcome
        ):
            target = bank.entry(operation.target).entry
            if not verdict.entry.postings and target.postings:
                # what is to stand instead waits for its procedure, and so does the undoing
                assert verdict.entry.id in {c.entry.id for c in bank.claims()}
                continue
            assert legs(verdict.entry, undoing=True) == legs(target)
            assert target.id not in undone
            undone.add(target.id)
            assert refused(bank.reverse, target.id, on=bank.today()) == {"target"}


@settings(max_examples=25)
@given(STORIES)
def test_law_9_reversing_everything_from_the_end_leaves_nothing(story):
    bank = with_members(new_bank(), "a", "b")
    for request in requests_of(story, bank):
        bank.batch([request], atomic=False)
    undoable = (
        ops.RecordService | ops.RecordMark | ops.Give | ops.Donate | ops.Allocate
        | ops.Grant | ops.PlaceOrder | ops.FulfilOrder | ops.CancelOrder | ops.Correct
    )  # fmt: skip
    for _, entry in reversed(list(bank.entries())):
        if isinstance(entry.operation, undoable):
            bank.batch(
                [
                    bank.request(
                        ops.Reverse(target=entry.id, authority="the council"),
                        on=bank.today(),
                    )
                ],
                atomic=False,
            )

    for account in ("a", "b", "pool:common"):
        for unit in ("hours", "credits", "attended", "missed"):
            assert bank.balance(account, unit) == Balance()
    assert bank.balance("a", "coins") == Balance(2, 0)


def test_law_9_a_reversal_takes_back_the_diverted_part_too(bank):
    for back in (30, 20):
        earn(bank, minutes=240, back=back)
    earn(bank, minutes=240, back=10, id="over")
    assert free(bank, "pool:common", "credits") == 120

    bank.reverse("over", on=START)

    assert free(bank, "pool:common", "credits") == 0
    assert free(bank, "a", "credits") == 480
    assert free(bank, "a", "hours") == 480


def test_law_9_a_reversal_gives_back_to_the_lots_it_took_from(bank):
    earn(bank, minutes=60, back=15, id="old")
    earn(bank, minutes=60, id="new")
    bank.donate("a", unit="credits", amount=90, on=START, id="gift")

    bank.reverse("gift", on=START)
    again = bank.donate("a", unit="credits", amount=60, on=START)

    assert {p.lot.id for p in again.entry.postings} == {"old"}


def test_law_9_a_lot_that_comes_back_is_the_oldest_as_before(bank):
    earn(bank, minutes=60, back=3, id="old")
    bank.clock.turn(1)
    bank.record_service("a", "care", 60, on=START - timedelta(days=2), id="new")
    bank.donate("a", unit="credits", amount=60, on=START, id="gift")

    less = ops.Donate(payer="a", unit="credits", amount=30)
    outcome = bank.correct("gift", less, on=START)

    assert {p.lot.id for p in outcome.entry.own_postings} == {"old"}


def test_law_9_a_reversal_counts_in_measures_on_the_day_and_in_the_limit_of_its_target(
    bank,
):
    earn(bank, minutes=240, back=20, id="then")
    bank.reverse("then", on=START)

    outcome = earn(bank, minutes=240, back=20)

    assert notes(outcome) == set()
    day = START - timedelta(days=20)
    assert bank.balance("a", "credits", effective_on=day) == Balance(240, 0)
    assert bank.standing("a").measures["month_hours"] == 0
    assert bank.standing("a", on=day).measures["month_hours"] == 4


def test_law_9_a_reversed_mark_is_no_part_of_a_streak(bank):
    bank.set_tier("a", "circle", "A", on=EPOCH)
    bank.record_mark("a", "absence", on=START, id="x")
    bank.record_mark("a", "meeting", on=START, id="met")
    bank.record_mark("a", "absence", on=START)
    assert bank.standing("a").measures["missed_running"] == 1

    outcome = bank.reverse("met", on=START)

    assert notes(outcome) == {"flags.absent"}
    assert bank.standing("a").measures["missed_running"] == 2


def test_law_9_a_streak_goes_by_the_day_and_not_by_when_it_was_told(bank):
    bank.record_mark("a", "absence", on=START)
    bank.record_mark("a", "meeting", on=START - timedelta(days=3))

    assert bank.standing("a").measures["missed_running"] == 1


def test_law_9_a_count_forgets_what_was_reversed(bank):
    for id in ("one", "two"):
        bank.grant("a", unit="coins", amount=1, on=START, id=id)
    code = {"rules.support.limits.last 30 days"}
    assert refused(bank.grant, "a", unit="coins", amount=1, on=START) == code

    bank.reverse("one", on=START)

    assert refused(bank.grant, "a", unit="coins", amount=1, on=START) == set()


@pytest.mark.parametrize("target", ["open/a", "policy-1", "nothing"])
def test_law_9_what_moves_nothing_by_a_rule_cannot_be_reversed(bank, target):
    assert refused(bank.reverse, target, on=START) == {"target"}


def test_law_9_a_reversal_is_not_reversed_but_asked_anew(bank):
    earn(bank, id="e")
    bank.reverse("e", on=START, id="r")

    assert refused(bank.reverse, "r", on=START) == {"target"}
    assert refused(bank.correct, "r", care("a", 60), on=START) == {"target"}


# ---------------------------------------------------------------- dependants


def test_law_9_a_lot_that_was_spent_names_who_spent_it(bank):
    earn(bank, id="e")
    bank.donate("a", unit="credits", amount=60, on=START, id="gift")

    assert named(bank.reverse, "e", on=START) == "gift"
    assert named(bank.correct, "e", care("a", 60), on=START) == "gift"


def test_law_9_a_lot_set_aside_by_an_order_is_in_use(bank):
    earn(bank, id="e")
    bank.order("a", "rice", on=START, id="order")
    assert named(bank.reverse, "e", on=START) == "order"

    bank.cancel("order", on=START)

    assert refused(bank.reverse, "e", on=START) == set()


def test_law_9_authority_overrides_a_spent_lot_and_is_recorded(bank):
    earn(bank, id="e")
    bank.donate("a", unit="credits", amount=60, on=START, id="gift")

    outcome = bank.reverse("e", on=START, authority="the council")

    assert free(bank, "a", "credits") == -60
    assert outcome.entry.operation.authority == "the council"
    assert {f.reason for f in outcome.findings} == {Reason.OVERRIDDEN}
    assert bank.verify(decide_again=True).faults == ()


def test_law_9_a_gift_whose_credits_were_spent_on_cannot_be_taken_back(bank):
    earn(bank, id="e")
    earn(bank, "b", 60)
    bank.give("a", "b", unit="credits", amount=60, on=START, id="gift")
    bank.give("b", "a", unit="credits", amount=120, on=START, id="onward")
    earn(bank, "b", 120, back=5)

    assert "target" in refused(bank.reverse, "gift", on=START)


def test_law_9_an_order_is_undone_after_what_acted_on_it(bank):
    earn(bank)
    bank.order("a", "rice", 2, on=START, id="order")
    bank.fulfil("order", 1, on=START, id="first")
    assert named(bank.reverse, "order", on=START) == "first"
    assert named(bank.reverse, "order", on=START, authority="the council") == "first"

    bank.reverse("first", on=START)
    bank.reverse("order", on=START)

    assert bank.balance("a", "credits") == Balance(180, 0)


# ---------------------------------------------------------------- orders


def test_law_9_a_cancelled_order_comes_back_when_its_cancelling_is_reversed(bank):
    earn(bank)
    bank.order("a", "rice", 2, on=START, id="order")
    bank.cancel("order", on=START, id="cancel")
    assert refused(bank.fulfil, "order", on=START) == {"order"}

    bank.reverse("cancel", on=START)
    bank.fulfil("order", on=START)

    assert bank.balance("a", "credits") == Balance(30, 0)


def test_law_9_what_a_reversed_cancelling_gave_back_must_still_be_there(bank):
    bank.record_service("a", "errand", 120, recipient="b", on=START)
    earn(bank, minutes=75)
    bank.order("a", "rice", on=START, id="order")
    bank.cancel("order", on=START, id="cancel")
    bank.donate("a", unit="credits", amount=75, on=START)

    assert "accounts.member.credits.floor" in refused(bank.reverse, "cancel", on=START)


def test_law_9_an_earlier_delivery_undone_leaves_its_pieces_to_be_delivered(bank):
    earn(bank, minutes=240)
    bank.order("a", "rice", 3, on=START, id="order")
    bank.fulfil("order", 1, on=START, id="first")
    bank.fulfil("order", on=START, id="rest")

    bank.reverse("first", on=START)
    bank.fulfil("order", 1, on=START)

    assert refused(bank.fulfil, "order", on=START) == {"order"}
    assert bank.balance("a", "credits") == Balance(15, 0)


def test_law_9_a_delivery_is_corrected_and_corrected_again(bank):
    earn(bank, minutes=240)
    bank.order("a", "rice", 3, on=START, id="order")
    bank.fulfil("order", on=START, id="all")

    bank.correct("all", ops.FulfilOrder(order="order", quantity=2), on=START, id="two")
    assert bank.balance("a", "credits") == Balance(15, 75)
    bank.correct("two", ops.FulfilOrder(order="order", quantity=1), on=START, id="one")
    assert bank.balance("a", "credits") == Balance(15, 150)
    bank.correct(
        "one", ops.FulfilOrder(order="order", quantity=3), on=START, id="three"
    )

    assert bank.balance("a", "credits") == Balance(15, 0)
    assert refused(bank.fulfil, "order", on=START) == {"order"}
    assert bank.verify(decide_again=True).faults == ()


def test_law_9_the_pieces_of_an_order_pay_its_price_and_not_a_part_more(bank):
    earn(bank, minutes=240)
    earn(bank, minutes=240, back=10)
    bank.order("a", "rice", 5, on=START, id="order")  # 5 × 1:15, of which 5 h a month
    assert bank.balance("a", "credits").held == 300
    bank.cancel("order", on=START)
    bank.redeem("a", "rice", 1, on=START)
    bank.order("a", "rice", 4, on=START, id="second")
    assert bank.balance("a", "credits").held == 225

    held = []
    for _ in range(4):
        bank.fulfil("second", 1, on=START)
        held.append(bank.balance("a", "credits").held)

    assert held == [225 - 225 * k // 4 for k in (1, 2, 3, 4)]


# ---------------------------------------------------------------- corrections


def test_law_9_a_correction_is_judged_on_the_net(bank):
    for back in (0, 10, 20):
        earn(bank, minutes=240 if back else 120, back=back, id=f"e{back}")
    assert free(bank, "a", "credits") == 600

    outcome = bank.correct("e0", care("a", 120), on=START)

    assert notes(outcome) == set()
    assert free(bank, "a", "credits") == 600
    assert free(bank, "pool:common", "credits") == 0


def test_law_9_a_correction_takes_the_place_of_its_target_in_the_days_limit(bank):
    earn(bank, minutes=240, id="e")

    outcome = bank.correct("e", care("a", 200), on=START)

    assert notes(outcome) == set()
    assert free(bank, "a", "credits") == 195


def test_law_9_a_correction_is_corrected_and_then_reversed(bank):
    earn(bank, minutes=60, id="e")
    bank.correct("e", care("a", 120), on=START, id="c1")
    bank.correct("c1", care("b", 180), on=START, id="c2")
    assert (free(bank, "a", "credits"), free(bank, "b", "credits")) == (0, 180)
    assert refused(bank.reverse, "c1", on=START) == {"target"}

    bank.reverse("c2", on=START)

    for member in ("a", "b"):
        assert (free(bank, member, "credits"), free(bank, member, "hours")) == (0, 0)


def test_law_9_the_replacement_is_of_the_same_kind(bank):
    earn(bank, id="e")
    other = ops.Donate(payer="a", unit="credits", amount=60)

    assert refused(bank.correct, "e", other, on=START) == {"replacement"}


def test_law_9_a_correction_may_overlap_what_it_replaces_and_nothing_else(bank):
    bank.record_service("a", "care", 60, starts_at=540, on=START, id="nine")
    bank.record_service("a", "care", 60, starts_at=600, on=START, id="ten")
    shifted = ops.RecordService(
        provider="a", service_class="care", minutes=50, starts_at=545
    )

    assert refused(bank.correct, "nine", shifted, on=START, id="c") == set()
    too_long = ops.RecordService(
        provider="a", service_class="care", minutes=61, starts_at=545
    )
    assert refused(bank.correct, "c", too_long, on=START) == {"starts_at"}


def test_law_9_the_time_of_a_service_that_was_undone_is_free_again(bank):
    fields = {"starts_at": 540, "on": START}
    bank.record_service("a", "care", 60, id="nine", **fields)
    assert refused(bank.record_service, "a", "care", 60, **fields) == {"starts_at"}

    bank.reverse("nine", on=START)

    assert refused(bank.record_service, "a", "care", 60, **fields) == set()
