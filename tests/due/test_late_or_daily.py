"""Whatever happened before: who looks late finds what who looks daily found."""

import random
from contextlib import suppress
from datetime import timedelta
from itertools import chain
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from timebank.due import let_time_pass
from timebank.operations import PlaceOrder, VoidId

from ..laws.stories import STEP, Story

POLICY = (Path(__file__).parent / "late.toml").read_text(encoding="utf-8")
STEPS = 25
DAYS = 70
BYTES = st.binary(min_size=STEPS * STEP, max_size=STEPS * STEP)


class Killed(Exception):
    """A tick is over before its end."""


def tick(story, turns=None):
    """Let time pass, in so many *turns* at most."""

    def ask(due):
        nonlocal turns
        if turns == 0:
            raise Killed
        turns = None if turns is None else turns - 1
        return [story.ask(d.operation, d.on, id=d.id) for d in due]

    with suppress(Killed):
        let_time_pass(story.today, books=story.standing, ask=ask)


def brought(beginning, told, waits, *, kills=(), beside=False):
    """
    Return what time brings after a story, where somebody looks after so many *waits*.

    Before each look others are killed after so many turns, and people record something
    *beside* that is nothing to the rules.
    """
    story = Story(POLICY, beginning)
    tick(story)
    story.tell(told[n : n + STEP] for n in range(0, len(told), STEP))
    tick(story)
    for who, item in (("a", "rice"), ("b", "outing"), ("c", "rice")):
        story.ask(PlaceOrder(payer=who, item=item, quantity=2), story.today)
    before = len(story.journal)
    for days in waits:
        story.today += timedelta(days=days)
        for turns in (*kills, None):
            if beside:
                taken = f"{story.today}/{turns}"
                story.ask(VoidId(voided=taken), story.today, id=f"void/{taken}")
            tick(story, turns)
    return [
        (e.id, e.effective_on, e.postings)
        for e in story.journal[before:]
        if not isinstance(e.operation, VoidId)
    ]


@pytest.mark.slow
@settings(max_examples=6, suppress_health_check=list(HealthCheck))
@given(beginning=st.binary(min_size=40, max_size=40), told=BYTES)
def test_a_late_tick_brings_what_daily_ones_bring(beginning, told):
    daily = brought(beginning, told, [1] * DAYS)

    assert brought(beginning, told, [DAYS]) == daily
    assert brought(beginning, told, [9, 31, DAYS - 40]) == daily


@pytest.mark.slow
@settings(max_examples=6, suppress_health_check=list(HealthCheck))
@given(
    beginning=st.binary(min_size=40, max_size=40),
    told=BYTES,
    company=st.fixed_dictionaries(
        {"kills": st.lists(st.integers(0, 12), max_size=3), "beside": st.booleans()}
    ),
    late=st.integers(1, DAYS),
)
def test_ticks_that_are_killed_or_have_company_bring_what_daily_ones_bring(
    monkeypatch, beginning, told, company, late
):
    monkeypatch.setattr("timebank.due.BATCH_MAX", 2)
    daily = brought(beginning, told, [1] * DAYS)

    assert brought(beginning, told, [late, DAYS - late], **company) == daily


@pytest.mark.slow
def test_the_stories_come_to_everything_that_time_brings():
    found = chain.from_iterable(
        brought(r.randbytes(40), r.randbytes(STEPS * STEP), [DAYS])
        for r in map(random.Random, range(4))
    )

    kinds = {id.split("/")[2] for id, *_ in found}
    assert kinds == {"lot", "period", "ladder", "claim", "order"}
