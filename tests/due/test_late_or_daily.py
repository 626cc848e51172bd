"""Whatever happened before: who looks late finds what who looks daily found."""

import random
from contextlib import suppress
from datetime import timedelta
from itertools import accumulate, chain
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from timebank.due import let_time_pass
from timebank.operations import AmendAccount, PlaceOrder, SetTier, VoidId

from ..laws.stories import STEP, Story

POLICY = (Path(__file__).parent / "late.toml").read_text(encoding="utf-8")
STEPS = 25
DAYS = 70
BEGINNING = 40
LONG = BEGINNING + STEPS * STEP
BYTES = st.binary(min_size=LONG, max_size=LONG)


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


WHO = "abc"


def told_of(who, what, day):
    """Return what people say of somebody on *day*: where, for whom, in which team."""
    match what:
        case "east" | "west":
            return AmendAccount(account=who, facts={"zone": what})
        case "a" | "b" | "pool:left":
            return AmendAccount(account=who, facts={"keeper": what})
        case "suspend":
            return SetTier(account=who, ladder="team", action=what)
        case _:
            until = day + timedelta(days=9) if what == "gold" else None
            return SetTier(account=who, ladder="team", level=what, until=until)


SAID = ("east", "west", "a", "b", "pool:left", "blue", "red", "red", "gold", "suspend")
MEANWHILE = st.lists(
    st.tuples(st.integers(1, DAYS), st.sampled_from(WHO), st.sampled_from(SAID)),
    min_size=8,
    max_size=30,
)
"""What people say while time passes: after how many days, of whom, and what."""


def brought(told, waits, *, meanwhile=(), kills=(), beside=False):
    """
    Return what time brings after a story, where somebody looks after so many *waits*.

    Before each look others are killed after so many turns, and people record something
    *beside* that is nothing to the rules.  What is said *meanwhile* is said on its day,
    whoever looks.
    """
    beginning, told = told[:BEGINNING], told[BEGINNING:]
    story = Story(POLICY, beginning)
    tick(story)
    story.tell(told[n : n + STEP] for n in range(0, len(told), STEP))
    tick(story)
    for who, item in (("a", "rice"), ("b", "outing"), ("c", "rice")):
        story.ask(PlaceOrder(payer=who, item=item, quantity=2), story.today)
    before, looks = len(story.journal), set(accumulate(waits))
    for day in range(1, max(looks) + 1):
        story.today += timedelta(days=1)
        for _, who, what in (said for said in meanwhile if said[0] == day):
            story.ask(told_of(who, what, story.today), story.today)
        for turns in (*kills, None) if day in looks else ():
            if beside:
                taken = f"{story.today}/{turns}"
                story.ask(VoidId(voided=taken), story.today, id=f"void/{taken}")
            tick(story, turns)
    return [
        (e.id, e.effective_on, e.postings)
        for e in story.journal[before:]
        if e.id.startswith("due/")
    ]


@pytest.mark.slow
@settings(max_examples=6, suppress_health_check=list(HealthCheck))
@given(told=BYTES, meanwhile=MEANWHILE)
def test_a_late_tick_brings_what_daily_ones_bring(told, meanwhile):
    daily = brought(told, [1] * DAYS, meanwhile=meanwhile)
    late = brought(told, [DAYS], meanwhile=meanwhile)
    at_times = brought(told, [9, 31, DAYS - 40], meanwhile=meanwhile)

    assert late == daily
    assert at_times == daily


@pytest.mark.slow
@settings(max_examples=6, suppress_health_check=list(HealthCheck))
@given(
    told=BYTES,
    company=st.fixed_dictionaries(
        {"kills": st.lists(st.integers(0, 12), max_size=3), "beside": st.booleans()}
    ),
    late=st.integers(1, DAYS),
)
def test_ticks_that_are_killed_or_have_company_bring_what_daily_ones_bring(
    monkeypatch, told, company, late
):
    monkeypatch.setattr("timebank.due.BATCH_MAX", 2)
    daily = brought(told, [1] * DAYS)

    assert brought(told, [late, DAYS - late], **company) == daily


@pytest.mark.slow
def test_the_stories_come_to_everything_that_time_brings():
    found = chain.from_iterable(
        brought(r.randbytes(LONG), [DAYS]) for r in map(random.Random, range(4))
    )

    kinds = {id.split("/")[2] for id, *_ in found}
    assert kinds == {"lot", "period", "ladder", "claim", "order"}
