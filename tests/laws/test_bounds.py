"""
Nobody ends beyond a bound: stories under every programme, and an auditor of the journal.

`stories` asks whatever a policy may be asked, and `auditor` works out from the policy's
file and the journal alone whether anything was passed, or was refused for no reason.
"""

from functools import cache
from pathlib import Path
from random import Random

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

import timebank
from timebank.policy.files import merged

from .auditor import Auditor
from .bounds import judged, unjudged
from .desk import EVERYTHING
from .stories import STEP, Story

MANY = (Path(__file__).parent / "bounds.toml").read_text(encoding="utf-8")
SHIPPED = {name: timebank.programme(name) for name in timebank.programmes()}
INVENTED = {"everything": EVERYTHING, "many bounds": MANY}
POLICIES = INVENTED | SHIPPED

UNJUDGED = {"grassroots-economics": ["rules.redeem.limits.month"]}
"""Limits that go by a formula of measures: `test_dodging` searches for ways past that one."""
NEVER_NEAR = {
    "changsha-aixing": {"accounts.merchant.hours.floor"},
    "genopart": {"accounts.pool.hours.floor"},
    "guangzhou": {"accounts.group.points.floor", "accounts.merchant.points.floor"},
    "many bounds": {"accounts.pool.points.floor"},
    "nalc": {"accounts.pool.points.floor"},
    "nansha": {"accounts.group.coins.floor", "accounts.merchant.coins.floor"},
    "shanghai": {"accounts.group.coins.floor"},
    "toelz": {"accounts.pool.hours.floor"},
}
"""Floors of accounts that nothing in the programme takes from, unless it is undone."""
ALL, LIMITS = 57, 7
"""How many bounds of shipped programmes are judged, and how many of them are limits."""
SEEDS = 600
"""So many stories at most; most bounds are come to in the first few."""

beginnings = st.binary(min_size=60, max_size=60)
steps = st.lists(st.binary(min_size=STEP, max_size=STEP), min_size=5, max_size=40)


def audited(story):
    return Auditor(story.script.tables).read(story.told)


@cache
def tables_of(name):
    return merged(POLICIES[name]).tables


def check_nobody_passes(name, beginning, told):
    auditor = audited(Story(POLICIES[name], beginning).tell(told))

    assert auditor.broken == []
    for place in auditor.reached:
        event(place)


# ---------------------------------------------------------------- the property


@pytest.mark.parametrize("name", INVENTED)
@given(beginnings, steps)
@settings(max_examples=60)
def test_nobody_ends_beyond_a_bound(name, beginning, told):
    check_nobody_passes(name, beginning, told)


@pytest.mark.slow
@pytest.mark.parametrize("name", SHIPPED)
@given(beginnings, steps)
@settings(max_examples=20)
def test_nobody_ends_beyond_a_bound_of_a_shipped_programme(name, beginning, told):
    check_nobody_passes(name, beginning, told)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["many bounds", *SHIPPED])
def test_the_stories_come_to_every_bound_that_is_judged(name):
    missing = set(judged(tables_of(name))) - NEVER_NEAR.get(name, set())

    for seed in range(SEEDS):
        random = Random(seed)  # noqa: S311 - no secret
        story = Story(POLICIES[name], random.randbytes(60))
        auditor = audited(story.tell(random.randbytes(STEP) for _ in range(40)))
        assert auditor.broken == []
        missing -= auditor.reached
        if not missing:
            break

    assert missing == set()


# ---------------------------------------------------------------- what is judged


def test_every_bound_is_judged_but_those_that_go_by_measures():
    found = {name: unjudged(tables_of(name)) for name in POLICIES}
    assert {name: places for name, places in found.items() if places} == UNJUDGED
    several = {name: judged(tables_of(name)) for name in SHIPPED}
    places = [place for each in several.values() for place in each]
    assert len(places) == ALL
    assert len([place for place in places if ".limits." in place]) == LIMITS
