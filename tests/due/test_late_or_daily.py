"""Whatever happened before: who looks late finds what who looks daily found."""

import random
from datetime import timedelta
from itertools import chain
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from timebank.due import let_time_pass
from timebank.operations import PlaceOrder

from ..laws.stories import STEP, Story

POLICY = (Path(__file__).parent / "late.toml").read_text(encoding="utf-8")
STEPS = 25
DAYS = 70
BYTES = st.binary(min_size=STEPS * STEP, max_size=STEPS * STEP)


def tick(story):
    let_time_pass(
        story.today,
        books=story.standing,
        ask=lambda due: [story.ask(d.operation, d.on, id=d.id) for d in due],
    )


def brought(beginning, told, waits):
    """Return what time brings after a story, where somebody looks after so many *waits*."""
    story = Story(POLICY, beginning)
    tick(story)
    story.tell(told[n : n + STEP] for n in range(0, len(told), STEP))
    tick(story)
    for who, item in (("a", "rice"), ("b", "outing"), ("c", "rice")):
        story.ask(PlaceOrder(payer=who, item=item, quantity=2), story.today)
    before = len(story.journal)
    for days in waits:
        story.today += timedelta(days=days)
        tick(story)
    return [(e.id, e.effective_on, e.postings) for e in story.journal[before:]]


@pytest.mark.slow
@settings(max_examples=6, suppress_health_check=list(HealthCheck))
@given(beginning=st.binary(min_size=40, max_size=40), told=BYTES)
def test_a_late_tick_brings_what_daily_ones_bring(beginning, told):
    daily = brought(beginning, told, [1] * DAYS)

    assert brought(beginning, told, [DAYS]) == daily
    assert brought(beginning, told, [9, 31, DAYS - 40]) == daily


@pytest.mark.slow
def test_the_stories_come_to_everything_that_time_brings():
    found = chain.from_iterable(
        brought(r.randbytes(40), r.randbytes(STEPS * STEP), [DAYS])
        for r in map(random.Random, range(4))
    )

    kinds = {id.split("/")[2] for id, *_ in found}
    assert kinds == {"lot", "period", "ladder", "claim", "order"}
