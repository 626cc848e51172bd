"""Movements: what holds whatever is asked, in whatever order."""

from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from timebank.policy.splits import Split, parted, parted_on

from ..decide.books import HEAD, TODAY, books, free

WEIGHTS = st.lists(st.integers(1, 20), min_size=1, max_size=5)


def split_of(weights):
    total = sum(weights)
    shares = [(str(n), Fraction(w, total)) for n, w in enumerate(weights)]
    return Split(tuple(shares))


# ---------------------------------------------------------------- splits


@given(st.integers(0, 10**15), WEIGHTS)
def test_a_split_loses_nothing_and_nobody_gets_a_part_more_than_their_share(parts, of):
    gets = parted(parts, of)

    assert sum(gets) == parts
    assert all(
        abs(got - Fraction(parts * w, sum(of))) < 1
        for got, w in zip(gets, of, strict=True)
    )


@given(WEIGHTS, st.lists(st.integers(0, 30), min_size=1, max_size=8))
def test_what_comes_bit_by_bit_is_divided_as_if_at_once(weights, bits):
    split, given_so_far = split_of(weights), [0] * len(weights)

    for bit in bits:
        gets = parted_on(given_so_far, bit, split)
        assert min(gets) >= 0
        assert sum(gets) == bit
        given_so_far = [a + b for a, b in zip(given_so_far, gets, strict=True)]

    at_once = split.parted(sum(bits))
    assert all(abs(a - b) <= 1 for a, b in zip(given_so_far, at_once, strict=True))


@given(st.integers(1, 20), st.lists(st.integers(0, 30), min_size=1, max_size=8))
def test_between_two_it_is_exactly_the_same(weight, bits):
    split, given_so_far = split_of([weight, 7]), [0, 0]

    for bit in bits:
        gets = parted_on(given_so_far, bit, split)
        given_so_far = [a + b for a, b in zip(given_so_far, gets, strict=True)]

    assert given_so_far == split.parted(sum(bits))


# ---------------------------------------------------------------- running formulas

FORMULAS = (
    '[{ of = "total" }, { less = 10 }, { round = "down", to = 1 }]',
    '[{ of = "total" }, { round = "up", to = 1 }]',
    '[{ of = "total" }, { round = "nearest", to = 1 }, { times = 3 }]',
    '[{ of = "total" }, { bands = [[2, 10], [4, 30], [20, 7]] }]',
    '[{ of = "total" }, { every = "1.5", gives = 4 }, { at_most = 20 }]',
)
RUNNING = (
    HEAD
    + """
units = { hours = { scale = 60, record = true }, points = {} }
accounts = { member = {} }
classes = { care = {} }
measures = { total = { sum = "hours", window = "year" } }
rules.hours = { on = "service", unit = "hours" }
rules.points = { on = "service", unit = "points", running = "total", amount = AMOUNT }
"""
)
DAYS = st.integers(0, 500).map(lambda n: date(2024, 6, 3) - timedelta(days=n))
SERVICES = st.lists(st.tuples(st.integers(1, 600), DAYS), min_size=1, max_size=6)


def paid(formula, services):
    bank = books(RUNNING.replace("AMOUNT", formula), members=("ada",))
    for minutes, day in services:
        bank.record_service("ada", "care", minutes, on=day)
    return free(bank, "ada", "points")


@given(st.sampled_from(FORMULAS), st.integers(2, 1200), st.data())
def test_splitting_a_service_gains_nothing_where_a_rule_runs(formula, minutes, data):
    cut = data.draw(st.integers(1, minutes - 1))

    whole = paid(formula, [(minutes, TODAY)])
    parts = paid(formula, [(cut, TODAY), (minutes - cut, TODAY)])

    rises = "20, 7" not in formula
    assert parts == whole if rises else parts <= max(whole, 30)


@given(st.sampled_from(FORMULAS[:3]), SERVICES, st.randoms())
def test_recording_in_another_order_or_late_gains_nothing_where_a_rule_runs(
    formula, services, random
):
    mixed = list(services)
    random.shuffle(mixed)

    assert paid(formula, mixed) == paid(formula, sorted(services, key=lambda s: s[1]))
