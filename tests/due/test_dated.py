"""What an account keeps holds from its day, in whatever order it is told."""

from datetime import UTC, date, datetime, time, timedelta
from functools import reduce
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given

import timebank
from timebank import operations as ops
from timebank.accounts import changed, opened
from timebank.entries import Entry, Recorded
from timebank.storage.account_states import decode_account, encode_account

from .books import HEAD, books

POLICY = timebank.load_policy(
    (Path(__file__).parent / "dated.toml").read_text(encoding="utf-8")
)
START = date(2024, 3, 1)
NAMES, LEVELS, ACTIONS = ("zone", "home"), ("a", "b"), ("suspend", "withdraw")
OPENING = ops.OpenAccount(account="ada", facts={"zone": 0})


@pytest.mark.parametrize("played", timebank.play_examples(POLICY), ids=lambda p: p.name)
def test_what_is_told_after_a_change_goes_by_what_was_kept_before_it(played):
    assert played.failures == ()


def told(*operations):
    """Return the account after *operations*, each with its day."""
    return reduce(changed, map(entry, operations), opened(OPENING, START))


def entry(pair):
    operation, day = pair
    return Entry(
        id="e",
        operation=operation,
        effective_on=START + timedelta(days=day),
        recorded=Recorded(
            at=datetime.combine(START, time(12), UTC), on=date(2025, 1, 1)
        ),
        actor="desk",
        policy="p",
    )


def amended(**facts):
    return ops.AmendAccount(account="ada", facts=facts)


def set_to(level, until=None):
    last = None if until is None else START + timedelta(days=until)
    return ops.SetTier(account="ada", ladder="group", level=level, until=last)


def taken(action):
    return ops.SetTier(account="ada", ladder="group", action=action)


SAID = st.one_of(
    st.builds(
        lambda name, value: amended(**{name: value}),
        st.sampled_from(NAMES),
        st.integers(0, 9),
    ),
    st.builds(set_to, st.sampled_from(LEVELS), st.none() | st.integers(0, 12)),
    st.builds(taken, st.sampled_from(ACTIONS)),
)
PAPERS = st.dictionaries(st.integers(-3, 9), SAID, max_size=6).map(
    lambda of_days: [(said, day) for day, said in of_days.items()]
)


@given(papers=PAPERS.flatmap(lambda p: st.tuples(st.just(p), st.permutations(p))))
def test_papers_of_different_days_may_be_told_in_any_order(papers):
    one, other = papers

    assert told(*one) == told(*other)


@given(papers=PAPERS, day=st.integers(-5, 12))
def test_a_day_is_what_it_was_before_anything_of_a_later_day_was_said(papers, day):
    on = START + timedelta(days=max(day, 0))
    by_then = told(*(p for p in papers if p[1] <= max(day, 0)))

    assert told(*papers).facts_on(on) == by_then.facts_on()
    assert told(*papers).tier("group", on) == by_then.tier("group", on)


@given(papers=PAPERS)
def test_a_row_of_the_state_says_all_of_it(papers):
    account = told(*papers)

    assert decode_account(encode_account(account)) == account


def test_days_before_the_opening_are_as_the_opening_said():
    account = told((amended(home=1), 0), (amended(home=2), 1))

    assert account.facts_on(START - timedelta(days=30)) == (("home", 1), ("zone", 0))


def level(day, *operations):
    tier = told(*operations).tier("group", START + timedelta(days=day))
    return tier and (tier.level, tier.suspended)


def test_a_suspension_suspends_what_is_held_on_its_day_though_it_was_told_first():
    said = (taken("suspend"), 5), (set_to("a"), 1), (set_to("b"), 3)

    assert [level(day, *said) for day in (0, 1, 3, 5)] == [
        None,
        ("a", False),
        ("b", False),
        ("b", True),
    ]
    suspended = told(*said).tier("group", START + timedelta(days=9))
    assert suspended.since == START + timedelta(days=5)


def test_a_term_runs_back_to_what_was_held_before_it_though_that_is_told_later():
    said = (set_to("b", until=4), 2), (set_to("a"), 1)

    assert [level(day, *said) for day in (1, 2, 4, 5)] == [
        ("a", False),
        ("b", False),
        ("b", False),
        ("a", False),
    ]


def test_the_last_word_on_a_day_is_the_one_that_holds():
    account = told((amended(zone=1), 2), (amended(zone=2), 2))

    assert account.facts_on() == (("zone", 2),)
    assert level(2, (set_to("a"), 2), (set_to("b"), 2)) == ("b", False)


def test_a_place_is_what_it_is_since_it_was_given_or_since_a_term_was_over():
    account = told((set_to("b", until=4), 2), (set_to("a"), 1), (set_to("a"), 7))
    since = [account.placed_since("group", START + timedelta(days=d)) for d in range(8)]

    days = [None if each is None else (each - START).days for each in since]
    assert days == [None, 1, 2, 2, 2, 5, 5, 7]


def test_an_account_tells_the_levels_and_facts_of_the_day_that_is_asked_for():
    bank = books(POLICY.text)
    bank.clock.day = date(2024, 4, 1)
    bank.amend_account("ada", {"zone": "west"}, on=date(2024, 3, 20))
    bank.set_tier("ada", "group", "c", on=date(2024, 3, 20))
    bank.set_tier("ada", "group", "b", on=date(2024, 3, 10))

    days = [date(2024, 3, day) for day in (9, 10, 20)]
    views = [bank.standing("ada", on=day) for day in days]

    assert [view.tiers["group"] for view in views] == ["a", "b", "c"]
    kept = [view.account.facts_on(day) for view, day in zip(views, days, strict=True)]
    assert kept == [(), (), (("zone", "west"),)]
    assert bank.verify(decide_again=True).faults == ()


def test_whom_a_fact_told_on_the_day_takes_part_though_it_tells_another_since():
    bank = books(POLICY.text)
    for family in ("family:f", "family:g"):
        bank.open_account(family, kind="family", on=START)
    bank.amend_account("ada", {"family": "family:f"}, on=START)
    bank.clock.day = date(2024, 4, 5)
    bank.amend_account("ada", {"family": "family:g"}, on=date(2024, 4, 1))

    bank.record_service("ada", "help", 180, on=date(2024, 3, 20))

    points = {f: bank.balance(f, "points").free for f in ("family:f", "family:g")}
    assert points == {"family:f": 3, "family:g": 0}


def test_nobody_is_closed_before_the_day_of_closing():
    bank = books(
        HEAD
        + """
units.points = {}
accounts.member = {}
facts.friend = { type = "account", kept = true }
rules.alone = { on = "period", every = "month", unit = "points", when = { member.friend.closed = { known = true } }, to = "member", amount = 1 }
"""
    )
    bank.amend_account("ada", {"friend": "ben"}, on=START)
    bank.clock.day = date(2024, 5, 1)
    bank.close_account("ben", cause="leaving", on=date(2024, 4, 2))

    bank.tick()

    assert bank.balance("ada", "points").free == 1
