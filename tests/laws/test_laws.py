"""The laws of the books (DESIGN.md, section 4), each tried with whatever may happen."""

import sqlite3
from collections import Counter
from datetime import date, timedelta

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from timebank import operations as ops
from timebank.balances import Balance
from timebank.entries import Entry, Outcome, Recorded, Refusal
from timebank.errors import BatchRefused, UnbalancedEntry
from timebank.model import Effect, Posting, Reason
from timebank.proof.laws import broken
from timebank.standing import Standing

from ..decide.books import HEAD, TODAY, books
from .asks import MOVEMENTS, STORIES, accepted, care, requests_of, tell
from .desk import (
    EPOCH,
    EVERYTHING,
    SECOND,
    START,
    Calendar,
    free,
    new_bank,
    notes,
    refused,
)

FEW = settings(max_examples=25)
CAPPED = (
    HEAD
    + """
units.points = {}
accounts.member = { points = { cap = 6 } }
items.rice = { price = 4 }
rules.grant = { on = "grant", unit = "points" }
rules.redeem = { on = "redeem", unit = "points" }
"""
)


def desk(url="memory:", **options):
    """Books of the whole programme: members a and b, group g."""
    bank = new_bank(url, calendar=Calendar(), **options)
    for account, kind in (("a", "member"), ("b", "member"), ("g", "group")):
        bank.open_account(account, kind=kind, on=EPOCH, id=f"open/{account}")
    return bank


def journal(bank):
    return [entry for _, entry in bank.entries()]


def floor_and_cap(account):
    """The limits of the first policy, for accounts that no fact sets apart."""
    return {
        ("a", "credits"): (0, 600),
        ("b", "credits"): (0, 600),
        ("g", "credits"): (0, 240),
        ("a", "coins"): (-3, 12),
        ("b", "coins"): (-3, 12),
        ("fund:city", "coins"): (-12, None),
        ("pool:common", "credits"): (0, None),
    }.get(account, (None, None))


# ---------------------------------------------------------------- 1


@FEW
@given(STORIES)
def test_law_1_the_postings_of_every_entry_sum_to_zero_and_so_does_the_ledger(story):
    bank = desk()

    tell(story, bank)

    ledger = Counter()
    for entry in journal(bank):
        sums = Counter()
        for posting in entry.postings:
            sums[posting.unit] += posting.amount
        assert set(sums.values()) <= {0}
        ledger += sums
    assert set(ledger.values()) <= {0}


@given(st.lists(st.integers(-5, 5).filter(bool), max_size=5), st.sampled_from("hc"))
def test_law_1_no_entry_can_be_made_that_does_not_sum_to_zero(amounts, unit):
    postings = tuple(
        Posting(account=f"m{n}", unit=unit, amount=amount)
        for n, amount in enumerate(amounts)
    )

    def entry():
        return Entry(
            id="e",
            operation=care("a", 60),
            effective_on=START,
            recorded=Recorded(at=Calendar()(), on=START),
            actor="desk",
            policy="p",
            postings=postings,
        )

    if sum(amounts) == 0:
        assert entry().postings == postings
    else:
        with pytest.raises(UnbalancedEntry):
            entry()


# ---------------------------------------------------------------- 2


@FEW
@given(STORIES, STORIES)
def test_law_2_what_has_been_read_once_reads_the_same_for_ever(story, more):
    bank = desk()
    tell(story, bank)
    read = list(bank.entries())

    for request in requests_of(more, bank):
        bank.batch(
            [bank.request(request.operation, on=request.effective_on)], atomic=False
        )

    assert list(bank.entries())[: len(read)] == read


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE timebank_entry SET body = body",
        "DELETE FROM timebank_entry WHERE position = 3",
        "INSERT OR REPLACE INTO timebank_entry SELECT * FROM timebank_entry WHERE position = 3",
        "UPDATE timebank_posting SET amount = amount + 1",
        "DELETE FROM timebank_posting",
        "INSERT OR REPLACE INTO timebank_posting SELECT * FROM timebank_posting",
        "UPDATE timebank_taken_id SET id = 'other'",
        "DELETE FROM timebank_taken_id",
        "UPDATE timebank_ledger SET time_zone = 'UTC'",
        "DELETE FROM timebank_ledger",
    ],
)
def test_law_2_the_database_itself_refuses_to_change_a_fact(tmp_path, statement):
    with desk(f"sqlite:///{tmp_path}/b.db") as bank:
        bank.record_service("a", "care", 60, on=START)
        bank.void("late", on=START)
    connection = sqlite3.connect(tmp_path / "b.db")

    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(statement)

    connection.close()


# ---------------------------------------------------------------- 3


@FEW
@given(STORIES)
def test_law_3_positions_have_no_gaps_and_nothing_depends_on_what_comes_later(story):
    bank = desk()

    tell(story, bank)

    entries = list(bank.entries())
    assert [position for position, _ in entries] == list(range(1, len(entries) + 1))
    place = {entry.id: position for position, entry in entries}
    for position, entry in entries:
        lots = {p.lot.id for p in entry.postings if p.lot}
        for earlier in {entry.target, *lots} - {None, entry.id}:
            assert place[earlier] < position


@FEW
@given(STORIES)
def test_law_3_a_reader_of_the_tail_sees_every_entry_once(story):
    bank, seen, last = desk(), [], 0

    for request in requests_of(story, bank):
        bank.batch([request], atomic=False)
        for position, entry in bank.entries(after=last):
            seen.append(entry)
            last = position

    assert seen == journal(bank)


# ---------------------------------------------------------------- 4


@FEW
@given(STORIES)
def test_law_4_no_entry_takes_an_account_beyond_its_limits_unless_somebody_answers_for_it(
    story,
):
    bank = desk()

    tell(story, bank)

    balances = Counter()
    for entry in journal(bank):
        before = Counter(balances)
        for posting in entry.postings:
            balances[posting.account, posting.unit, posting.bucket.value] += (
                posting.amount
            )
        if any(f.reason is Reason.OVERRIDDEN for f in entry.findings):
            continue
        for account, unit in {(p.account, p.unit) for p in entry.postings}:
            floor, cap = floor_and_cap((account, unit))
            free_then, free_now = (b[account, unit, "free"] for b in (before, balances))
            total_then = free_then + before[account, unit, "held"]
            total_now = free_now + balances[account, unit, "held"]
            if floor is not None and free_now < free_then:
                assert free_now >= floor
            mends = isinstance(entry.operation, ops.Reverse | ops.CancelOrder)
            if cap is not None and total_now > total_then and not mends:
                assert total_now <= cap


def test_law_4_the_credit_limit_is_on_what_is_free_and_the_cap_on_all_there_is():
    bank = desk()
    for day in range(3):
        bank.record_service("a", "care", 180, on=START - timedelta(days=10 * day))
    bank.order("a", "outing", 2, on=START, id="order")

    assert bank.balance("a", "credits") == Balance(300, 240)
    assert refused(bank.donate, "a", unit="credits", amount=301, on=START) == {
        "units.credits.lots"
    }
    outcome = bank.record_service("a", "care", 120, on=START - timedelta(days=5))
    assert bank.balance("a", "credits") == Balance(360, 240)
    assert notes(outcome) == {"accounts.member.credits.cap"}
    assert free(bank, "pool:common", "credits") == 60


@pytest.mark.parametrize(
    ("points", "codes"), [(1, set()), (2, {"accounts.member.points.cap"})]
)
def test_law_4_what_an_order_holds_counts_where_a_cap_refuses(points, codes):
    bank = books(CAPPED)
    bank.grant("ada", unit="points", amount=5, on=TODAY)
    bank.order("ada", "rice", on=TODAY)

    assert bank.balance("ada", "points") == Balance(1, 4)
    assert refused(bank.grant, "ada", unit="points", amount=points, on=TODAY) == codes


@pytest.mark.parametrize(
    ("coins", "codes"), [(5, set()), (6, {"accounts.member.coins.floor"})]
)
def test_law_4_a_member_may_owe_as_much_as_the_limit_and_not_one_more(coins, codes):
    bank = desk()
    bank.set_tier("a", "circle", "B", on=START)

    assert refused(bank.give, "a", "b", unit="coins", amount=coins, on=START) == codes


@pytest.mark.parametrize(
    ("coins", "codes"), [(10, set()), (11, {"accounts.member.coins.cap"})]
)
def test_law_4_a_member_may_hold_as_much_as_the_cap_and_not_one_more(coins, codes):
    bank = desk()

    assert refused(bank.grant, "b", unit="coins", amount=coins, on=START) == codes


def test_law_4_an_account_left_outside_by_a_new_policy_may_only_move_inward():
    bank = desk()
    for day in (0, 10, 20):
        bank.record_service("a", "care", 240, on=START - timedelta(days=day))
    assert free(bank, "a", "credits") == 600
    bank.adopt(SECOND, on=START, holds_from=START)

    more = bank.record_service("a", "care", 60, on=START - timedelta(days=8))
    bank.donate("a", unit="credits", amount=60, on=START)

    assert notes(more) == {"accounts.member.credits.cap"}
    assert free(bank, "a", "credits") == 540


def test_law_4_a_release_passes_the_cap_that_was_lowered_meanwhile():
    bank = desk()
    for day in (0, 10, 20):
        bank.record_service("a", "care", 240, on=START - timedelta(days=day))
    bank.order("a", "outing", 1, on=START, id="order")
    bank.adopt(SECOND, on=START, holds_from=START)

    bank.cancel("order", on=START)

    assert bank.balance("a", "credits") == Balance(600, 0)


def test_law_4_a_refund_passes_the_cap_that_was_reached_meanwhile():
    bank = desk()
    for day in (0, 10, 20):
        bank.record_service("a", "care", 240, on=START - timedelta(days=day))
    bank.donate("a", unit="credits", amount=60, on=START, id="gift")
    bank.record_service("a", "care", 60, on=START - timedelta(days=30))
    assert free(bank, "a", "credits") == 600

    bank.reverse("gift", on=START)

    assert free(bank, "a", "credits") == 660
    assert bank.verify(decide_again=True).faults == ()


# ---------------------------------------------------------------- 5


@FEW
@given(STORIES)
def test_law_5_asking_again_gives_the_first_outcome_and_adds_nothing(story):
    bank = desk()
    told = tell(story, bank)
    before = journal(bank)

    for request, verdict in told:
        if isinstance(verdict, Outcome):
            (again,) = bank.batch([request], atomic=False)
            assert again.replayed
            assert (again.entry, again.position) == (verdict.entry, verdict.position)

    assert journal(bank) == before


@FEW
@given(STORIES, st.one_of(*MOVEMENTS))
def test_law_5_the_same_id_for_something_else_is_a_conflict(story, other):
    bank = desk()
    entries = accepted(tell(story, bank))
    before = journal(bank)

    for entry in entries:
        request = bank.request(other, on=START, id=entry.id)
        if (other, START) != (entry.operation, entry.effective_on):
            (verdict,) = bank.batch([request], atomic=False)
            assert [f.reason for f in verdict.findings] == [Reason.ID_CONFLICT]

    assert journal(bank) == before


def test_law_5_an_id_that_was_voided_is_refused_when_its_entry_arrives():
    bank = desk()
    bank.void("late", on=START, id="v")

    assert refused(bank.record_service, "a", "care", 60, on=START, id="late") == {"id"}
    assert refused(bank.void, "late", on=START) == {"voided"}
    assert refused(bank.void, "v", on=START) == {"voided"}


def test_law_5_an_id_once_used_cannot_be_voided():
    bank = desk()
    bank.record_service("a", "care", 60, on=START, id="early")

    assert refused(bank.void, "early", on=START) == {"voided"}


def test_law_5_a_voided_id_is_refused_in_the_same_batch_too():
    bank = desk()
    requests = [
        bank.request(ops.VoidId(voided="late"), on=START, id="v"),
        bank.request(care("a", 60), on=START, id="late"),
    ]

    _, late = bank.batch(requests, atomic=False)

    assert [f.reason for f in late.findings] == [Reason.ID_VOID]


def test_law_5_an_id_twice_in_one_batch_has_one_effect():
    bank = desk()
    request = bank.request(care("a", 60), on=START, id="twice")

    first, second = bank.batch([request, request])

    assert (first.replayed, second.replayed) == (False, True)
    assert second.position == first.position
    assert free(bank, "a", "hours") == 60


# ---------------------------------------------------------------- 6


@FEW
@given(STORIES)
def test_law_6_a_refusal_moves_nothing(story):
    bank = desk()
    for request in requests_of(story, bank):
        before = journal(bank)

        (verdict,) = bank.batch([request], atomic=False)

        if isinstance(verdict, Refusal):
            assert journal(bank) == before


@FEW
@given(st.lists(st.one_of(*MOVEMENTS), min_size=1, max_size=6))
def test_law_6_a_batch_is_recorded_whole_or_not_at_all(operations):
    bank = desk()
    before = journal(bank)
    requests = [bank.request(o, on=START, id=f"r{n}") for n, o in enumerate(operations)]
    refusals = [v for v in bank.rehearse(requests) if isinstance(v, Refusal)]
    assert journal(bank) == before

    if refusals:
        with pytest.raises(BatchRefused) as caught:
            bank.batch(requests)
        assert [r.id for r in caught.value.refusals] == [r.id for r in refusals]
        assert journal(bank) == before
    else:
        bank.batch(requests)
        assert [e.id for e in journal(bank)[len(before) :]] == [r.id for r in requests]


@FEW
@given(st.lists(st.one_of(*MOVEMENTS), min_size=1, max_size=6))
def test_law_6_a_batch_of_which_each_stands_alone_equals_asking_one_by_one(operations):
    at_once, one_by_one = desk(), desk()

    def requests(bank):
        return [bank.request(o, on=START, id=f"r{n}") for n, o in enumerate(operations)]

    together = at_once.batch(requests(at_once), atomic=False)
    apart = [one_by_one.batch([r], atomic=False)[0] for r in requests(one_by_one)]

    assert list(together) == apart
    assert journal(at_once) == journal(one_by_one)


@FEW
@given(STORIES)
def test_law_6_a_kept_refusal_changes_nothing_that_is_decided_after_it(story):
    plain, keeping = desk(), desk(keep_refusals=True)
    refusals = []

    for request in requests_of(story, plain):
        keeping.clock.today = plain.clock.today
        (verdict,) = plain.batch([request], atomic=False)
        (kept,) = keeping.batch([request], atomic=False)
        assert type(kept) is type(verdict)
        if isinstance(verdict, Outcome):
            assert kept.entry.postings == verdict.entry.postings
        else:
            refusals.append((verdict.id, verdict.operation, verdict.findings))

    noted = [e for e in journal(keeping) if isinstance(e.operation, ops.NoteRefusal)]
    assert [
        (e.operation.refused, e.operation.operation, e.findings) for e in noted
    ] == refusals
    assert not any(e.postings for e in noted)
    assert keeping.verify(decide_again=True).faults == ()


def test_law_6_a_refused_id_stays_free_and_a_later_try_is_decided_anew():
    bank = desk(keep_refusals=True)
    refused(bank.donate, "a", unit="credits", amount=60, on=START, id="gift")
    bank.record_service("a", "care", 60, on=START)

    outcome = bank.donate("a", unit="credits", amount=60, on=START, id="gift")

    assert outcome.entry.id == "gift"
    assert free(bank, "pool:common", "credits") == 60


def test_law_6_a_batch_that_failed_as_a_whole_keeps_no_refusals_either():
    bank = desk(keep_refusals=True)
    before = journal(bank)
    good = bank.request(care("a", 60), on=START)
    bad = bank.request(care("nobody", 60), on=START)

    with pytest.raises(BatchRefused):
        bank.batch([good, bad])

    assert journal(bank) == before


# ---------------------------------------------------------------- 7


@FEW
@given(STORIES, st.integers(0, 20))
def test_law_7_every_figure_is_the_fold_of_the_journal(story, cut):
    bank = desk()
    tell(story, bank)
    day = START - timedelta(days=cut)

    fold, as_of, by_day = Standing(), {}, Counter()
    for position, entry in bank.entries():
        fold.apply(entry, position)
        if position <= cut + 8:
            as_of = fold.running()
        for leg in fold.legs(entry):
            if leg.day <= day:
                key = leg.posting.account, leg.posting.unit, leg.posting.bucket.value
                by_day[key] += leg.posting.amount

    for account in ("a", "b", "g", "pool:common", "fund:city"):
        for unit in ("hours", "credits", "coins"):
            key = account, unit
            assert bank.balance(*key) == fold.balance(*key)
            then, _ = as_of.get((account, unit), (Balance(), 0))
            assert bank.balance(*key, as_of=cut + 8) == then
            counted = Balance(by_day[*key, "free"], by_day[*key, "held"])
            assert bank.balance(*key, effective_on=day) == counted


# ---------------------------------------------------------------- 8


@FEW
@given(STORIES)
def test_law_8_every_entry_names_its_operation_policy_and_actor(story):
    bank = desk()
    bank.adopt(SECOND, on=START, holds_from=START)

    told = tell(story, bank)

    policies = {adoption.hash for adoption in bank.adoptions()}
    for request, verdict in told:
        decided = verdict.entry if isinstance(verdict, Outcome) else verdict
        assert decided.operation == request.operation
        assert decided.actor == request.actor
        assert decided.policy in policies
        forbids = [f for f in verdict.findings if f.effect is Effect.REFUSES]
        assert bool(forbids) == isinstance(verdict, Refusal)


def test_law_8_a_refusal_names_every_rule_that_stands_in_the_way():
    bank = desk()
    bank.set_tier("g", "conduct", "barred", on=START)
    bank.set_tier("b", "conduct", "barred", on=START)

    codes = refused(
        bank.order, "b", "meal", 3, on=START, facts={"relation": "friend"}, id="o"
    )

    assert codes == {
        "items.meal.requires.any",
        "rules.redeem.requires.star",
        "rules.redeem.requires.conduct",
        "units.credits.lots",
    }


def test_law_8_the_note_of_a_refused_policy_names_that_policy_and_no_other_note_does():
    bank = desk(keep_refusals=True)
    finer = EVERYTHING.replace("credits = { scale = 60", "credits = { scale = 120")
    adoption = ops.AdoptPolicy(text=finer, holds_from=START)
    bank.batch([bank.request(adoption, on=START)], atomic=False)
    refused(bank.donate, "a", unit="credits", amount=60, on=START)

    assert bank.verify(decide_again=True).faults == ()
    of_policy, of_gift = journal(bank)[-2:]
    fold = Standing(adoptions=list(bank.adoptions()))
    for note in (
        evolve(of_gift, policy=of_policy.policy),
        evolve(of_policy, policy="0"),
    ):
        assert [str(told) for told in broken(note, fold)] == [
            f"law 8: the policy {note.policy!r} was never adopted"
        ]


@pytest.mark.parametrize("facts", [{}, {"relation": "child"}])
def test_law_8_a_fact_that_is_lacking_is_named_in_the_refusal(facts):
    bank = desk()
    bank.record_service("a", "care", 180, on=START)

    codes = refused(bank.redeem, "a", "meal", on=START, facts=facts)

    assert codes == {"items.meal.requires.any"}


# ---------------------------------------------------------------- 10


@FEW
@given(STORIES, st.booleans())
def test_law_10_deciding_everything_again_gives_every_posting_again(story, keep):
    bank = desk(keep_refusals=keep)
    half = len(story) // 2
    tell(story[:half], bank)
    bank.adopt(SECOND, on=bank.today(), holds_from=date(2024, 2, 20))
    for request in requests_of(story[half:], bank):
        bank.batch(
            [bank.request(request.operation, on=request.effective_on)], atomic=False
        )

    report = bank.verify(decide_again=True)

    assert report.faults == ()
    noted = [e for e in journal(bank) if isinstance(e.operation, ops.NoteRefusal)]
    by_id = [e for e in noted if e.findings[0].code == "id"]
    assert report.decided_again == len(journal(bank)) - len(by_id)


def test_the_policies_of_these_tests_differ():
    assert EVERYTHING != SECOND
