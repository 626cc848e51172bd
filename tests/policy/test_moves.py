"""The ways of ladders: what cannot be meant is told at its place."""

import pytest

from timebank.errors import PolicyInvalid
from timebank.policy.files import load_policy

from .files import SOUND

LADDER = """
[ladders.work]
start = "low"
levels = [{{ name = "low" }}, {{ name = "mid", needs = {{ total = {{ min = 5 }} }} }}, {{ name = "high", needs = {{ total = {{ min = 9 }} }} }}]
{extra}
moves = [{moves}]
"""
UP = '{ from = "low", to = ["mid", "high"], by = "automatic"%s }'
DOWN = '{ from = "mid", to = "low", by = "automatic"%s }'


def told(moves, extra="", text=LADDER):
    """Return what is wrong with a ladder of three levels that has *moves*."""
    policy = SOUND + text.format(moves=moves, extra=extra)
    try:
        load_policy(policy)
    except PolicyInvalid as invalid:
        return dict(invalid.mistakes)
    return {}


SOUND_MOVES = [
    UP % "",
    UP % ', every = "month"' + ", " + DOWN % ', every = "month"',
    UP % ', every = "month"' + ", " + DOWN % ', every = "year", term = "1 year"',
    UP % ', every = "month"'
    + ", "
    + DOWN % ', every = "month", needs = { total = { below = 5 } }',
    '{ from = "low", to = ["mid", "high"] }, { from = "mid", to = "mid", term = "1 year" }',
    *(
        UP % ', every = "month"'
        + ", "
        + DOWN % f', every = "month", needs = {{ {needs} }}'
        for needs in (
            "not = { total = { min = 5 } }",
            "any = [{ total = { below = 5 } }, { total = { max = 2 } }]",
            "all = [{ not = { total = { min = 4 } } }]",
        )
    ),
]


@pytest.mark.parametrize("moves", SOUND_MOVES)
def test_a_sound_ladder_is_not_complained_of(moves):
    assert told(moves) == {}


@pytest.mark.parametrize(
    ("moves", "place", "said"),
    [
        (UP % ', term = "1 year"', "moves.0.term", "say `every`"),
        (
            UP % ', every = "month", term = ["1 year", "2 years"]',
            "moves.0.term",
            "one term",
        ),
        (
            '{ from = "low", to = ["mid", "high"], every = "month" }',
            "moves.0.every",
            'by = "automatic"',
        ),
        (
            UP % "" + ", " + DOWN % ", needs = { total = { min = 2 } }",
            "moves.1",
            "can chase moves.0",
        ),
        (
            UP % ', every = "month"'
            + ", "
            + DOWN % ', every = "month", needs = { total = { min = 2 } }',
            "moves.1",
            "can chase moves.0",
        ),
        (
            UP % ', every = "month"'
            + ", "
            + DOWN % ', every = "month", needs = { not = { total = { min = 6 } } }',
            "moves.1",
            "can chase moves.0",
        ),
        (
            UP % ', every = "month"'
            + ", "
            + DOWN
            % ', every = "month", needs = { any = [{ total = { below = 5 } }, { total = { min = 7 } }] }',
            "moves.1",
            "can chase moves.0",
        ),
        (UP % "" + ', { from = "mid", to = "mid" }', "moves.1.to", "leads nowhere"),
        (
            UP % "" + ', { from = "low", to = "top", by = "automatic" }',
            "moves.1.to",
            "no level 'top'",
        ),
        (
            UP % ", needs = { age = { min = 20 } }" + "",
            "moves.0.needs.age",
            None,
        ),
        (
            UP % ', every = "month", needs = { age = { min = 20 } }',
            "",
            "comes with operations",
        ),
        (
            UP % ", needs = { total = { min = 20, max = 10 } }",
            "moves.0.needs.total",
            "can never hold",
        ),
    ],
)
def test_a_way_that_cannot_be_meant_is_told(moves, place, said):
    found = told(moves)

    at = "ladders.work" + (f".{place}" if place else "")
    if said is None:
        assert at not in found
    else:
        assert said in found[at]


@pytest.mark.parametrize(
    ("extra", "place", "said"),
    [
        ('every = "month"', "every", "says nothing beside moves"),
        ('keep = "for ever"', "keep", "says nothing beside moves"),
    ],
)
def test_what_says_nothing_beside_moves_is_told(extra, place, said):
    assert said in told(UP % "", extra)[f"ladders.work.{place}"]


def test_a_way_down_from_a_level_that_needs_nothing_asks_nothing():
    text = LADDER.replace(", needs = {{ total = {{ min = 5 }} }}", "")

    found = told(
        '{ from = "low", to = ["mid", "high"] }, ' + DOWN % ', every = "year"',
        text=text,
    )

    assert "asks nothing" in found["ladders.work.moves.1"]


@pytest.mark.parametrize("term", ['"a year"', '["3 years", "1 year"]', "[]", "3"])
def test_a_term_is_a_time_or_the_shortest_and_the_longest(term):
    found = told(f'{{ from = "low", to = ["mid", "high"], term = {term} }}')

    assert any("ladders.work.moves.0.term" in place for place in found)


def test_kept_for_ever_and_applied_for_is_not_assessed():
    text = """
[ladders.card]
entry = "apply"
keep = "for ever"
every = "year"
levels = [{ name = "one", needs = { total = { min = 5 } } }]
"""

    with pytest.raises(PolicyInvalid, match="is not assessed"):
        load_policy(SOUND + text)


def test_a_level_that_whoever_is_below_it_meets_leaves_nobody_there():
    text = """
[ladders.card]
levels = [
  { name = "one", needs = { total = { min = 5 }, had = { min = 3 } } },
  { name = "two", needs = { total = { min = 5 } } },
]
"""

    with pytest.raises(PolicyInvalid, match="met by everybody at 'one'"):
        load_policy(SOUND + text)
