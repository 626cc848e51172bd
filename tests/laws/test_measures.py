"""
A measure loaded by a database equals the measure of the fold.

For any measures, after any story: back-dated records, reversals, corrections, orders
cancelled and delivered.
"""

import tempfile
from contextlib import closing
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from timebank.policy.files import load_policy
from timebank.policy.needs import everything_about
from timebank.standing import Standing
from timebank.view import view

from .asks import STORIES, tell
from .desk import EPOCH, EVERYTHING, START, new_bank

UNITS = st.sampled_from(["hours", "credits", "coins", "missed"])
WINDOWS = st.sampled_from(
    [
        "lifetime",
        "day",
        "week",
        "month",
        "last 3 days",
        "last 1 month",
        "previous week",
        "programme year",
        "since circle",
        "2024-02-20..2024-03-01",
    ]
)
TESTS = st.sampled_from(
    [
        'class = "care"',
        'class = { is_not = ["care", "errand"] }',
        'on = ["service", "gift"]',
        'rule = { is_not = "hours" }',
        'item = "rice"',
        'other = "member"',
        'other = { is_not = ["issuer", "pool"] }',
    ]
)


@st.composite
def measures(draw):
    """Return a measure as a policy writes it."""
    kind = draw(st.sampled_from(["sum", "count", "days", "streak"]))
    unit = draw(UNITS)
    keys = [f'{kind} = "{unit}"', f'window = "{draw(WINDOWS)}"']
    if kind == "streak":
        keys.append(f'broken_by = "{"hours" if unit != "hours" else "missed"}"')
    else:
        keys.append(f'side = "{draw(st.sampled_from(["in", "out", "net"]))}"')
    if draw(st.booleans()):
        keys.append(f"where = {{ {draw(TESTS)} }}")
    return f"{{ {', '.join(keys)} }}"


def policy_of(several):
    written = [f"m{n} = {each}" for n, each in enumerate(several)]
    made_of = ", ".join(f'"m{n}"' for n in range(len(several)))
    written.append(f"altogether = {{ formula = [{{ of = [{made_of}] }}] }}")
    head = "[measures]\n"
    return load_policy(EVERYTHING.replace(head, head + "\n".join(written) + "\n"))


@settings(max_examples=25, deadline=None)
@given(STORIES, st.lists(measures(), min_size=1, max_size=6), st.integers(-40, 2))
def test_a_measure_that_was_loaded_is_the_measure_of_the_fold(story, several, days):
    policy, day = policy_of(several), START + timedelta(days=days)
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(new_bank(f"sqlite:///{folder}/books.db")) as bank,
    ):
        for account, kind in (("a", "member"), ("b", "member"), ("g", "group")):
            bank.open_account(account, kind=kind, on=EPOCH, id=f"open/{account}")
        tell(story, bank)
        with bank.store.reading(bank.ledger) as reading:
            folded = Standing()
            for position, entry in reading.entries():
                folded.apply(entry, position)
            for account in ("a", "b", "g", "pool:common"):
                loaded = reading.load(everything_about(account, day, policy))

                assert (
                    view(account, day, policy, loaded).measures
                    == view(account, day, policy, folded).measures
                )
