"""Movements: what holds whatever is asked, in whatever order."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from timebank.policy.splits import Split, parted, parted_on

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
