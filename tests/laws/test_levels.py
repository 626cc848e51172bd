"""What holds of levels whatever happens: drawn stories, and a graph written down again."""

from datetime import date, timedelta

import hypothesis.strategies as st
from hypothesis import given

from timebank.operations import Apply, Assess, RecordMark, SetTier
from timebank.standing import Standing
from timebank.view import view

from ..due.books import HEAD, START, books

POLICY = (
    HEAD
    + """
units = { deeds = { record = true } }
accounts = { member = {} }
classes.deed = { counts = "number" }
measures.lately = { sum = "deeds", window = "month" }
measures.total = { sum = "deeds", window = "to date" }
rules.deeds = { on = "contribution", unit = "deeds" }

[ladders.circle]
start = "C"
levels = [{ name = "C" }, { name = "B" }, { name = "A" }]
moves = [
  { from = "C", to = ["B", "A"] },
  { from = "B", to = "A", by = "automatic", every = "month", needs = { lately = { min = 6 } }, suspended = [["2024-05-01", "2024-05-31"]] },
  { from = "A", to = "B", by = "automatic", every = "month", needs = { lately = { below = 3 } } },
  { from = "A", to = "C", suspended = [["2024-04-10", ""]] },
]

[ladders.standing]
start = "clear"
levels = [{ name = "barred" }, { name = "clear" }]
moves = [{ from = "clear", to = "barred", term = ["10 days", "40 days"] }]

[ladders.card]
entry = "apply"
every = "quarter"
needs = { standing = "clear" }
levels = [{ name = "one", needs = { total = { min = 4 } } }, { name = "two", needs = { lately = { min = 5 } } }]

[ladders.honorary]
every = "month"
keep = "for ever"
levels = [{ name = "veteran", needs = { circle = { min = "A" } } }]
"""
)
MEMBERS = ("ada", "ben")
DAYS = st.integers(0, 130)
WAYS = {
    (SetTier, "C", "B"),
    (SetTier, "C", "A"),
    (SetTier, "A", "C"),
    (Assess, "B", "A"),
    (Assess, "A", "B"),
}
CLOSED = {
    ("B", "A"): (date(2024, 5, 1), date(2024, 5, 31)),
    ("A", "C"): (date(2024, 4, 10), date.max),
}
MARKS = st.builds(
    RecordMark,
    member=st.sampled_from(MEMBERS),
    mark=st.just("deed"),
    number=st.integers(1, 6),
)
DECISIONS = st.builds(
    SetTier,
    account=st.sampled_from(MEMBERS),
    ladder=st.just("circle"),
    level=st.sampled_from("ABC"),
) | st.builds(
    Apply,
    account=st.sampled_from(MEMBERS),
    ladder=st.just("card"),
    level=st.sampled_from(["one", "two"]),
)
STORIES = st.lists(
    st.tuples(DAYS, MARKS | MARKS | DECISIONS | st.just("tick")), max_size=14
).map(lambda story: sorted(story, key=lambda told: told[0]))


def tell(story, *, ticks=True, decisions=True):
    """Return books in which *story* has happened, day by day, and time has been told."""
    bank = books(POLICY, members=MEMBERS)
    for member in MEMBERS:
        bank.set_tier(member, "circle", "B", on=START, id=f"B/{member}")
    for number, (days, what) in enumerate(story):
        bank.clock.day = START + timedelta(days=days)
        if what == "tick":
            if ticks:
                bank.tick()
        elif decisions or isinstance(what, RecordMark):
            request = bank.request(what, on=bank.clock.day, id=f"s{number}")
            bank.batch([request], atomic=False)
    bank.clock.day = START + timedelta(days=140)
    bank.tick()
    return bank


def placings(bank, ladder, member):
    """Return what entries have said of a level, in the order of the journal."""
    return [
        entry
        for _, entry in bank.entries()
        if isinstance(entry.operation, SetTier | Apply | Assess)
        and (entry.operation.ladder, entry.operation.account) == (ladder, member)
    ]


def level_on(bank, ladder, member, day):
    """Return the level that entries gave by *day*."""
    given_by = [e for e in placings(bank, ladder, member) if e.effective_on <= day]
    return given_by[-1].operation.level if given_by else None


@given(STORIES)
def test_told_late_or_often_levels_are_the_same_on_every_day(story):
    often, late = (
        tell(story, decisions=False),
        tell(story, ticks=False, decisions=False),
    )

    again = late.tick()

    assert again.done == ()
    for ladder in ("circle", "card", "honorary"):
        for member in MEMBERS:
            for days in range(0, 141, 5):
                day = START + timedelta(days=days)
                assert level_on(often, ladder, member, day) == level_on(
                    late, ladder, member, day
                )


@given(STORIES)
def test_no_way_is_taken_that_is_not_in_the_graph_or_is_closed(story):
    bank = tell(story)

    for member in MEMBERS:
        at = "C"
        for entry in placings(bank, "circle", member):
            to = entry.operation.level
            assert (type(entry.operation), at, to) in WAYS
            first, last = CLOSED.get((at, to), (date.max, date.min))
            assert not first <= entry.effective_on <= last
            at = to


@given(STORIES)
def test_a_level_is_a_function_of_the_journal(story):
    bank = tell(story)
    day = bank.today()

    fold = Standing()
    for position, entry in bank.entries():
        fold.apply(entry, position)

    for member in MEMBERS:
        told = view(member, day, bank.policy_on(day), fold)
        assert told.tiers == bank.standing(member).tiers
    assert bank.verify(decide_again=True).faults == ()


@given(STORIES)
def test_what_is_kept_for_ever_is_never_lost(story):
    bank = tell(story)

    for member in MEMBERS:
        levels = [e.operation.level for e in placings(bank, "honorary", member)]
        assert levels in ([], ["veteran"])


@given(STORIES)
def test_what_is_applied_for_is_only_lost_by_an_assessment(story):
    bank = tell(story)
    rank = {None: -1, "one": 0, "two": 1}

    for member in MEMBERS:
        at = None
        for entry in placings(bank, "card", member):
            to = entry.operation.level
            rises = isinstance(entry.operation, Apply)
            assert (rank[to] > rank[at]) is rises
            at = to


@given(st.integers(10, 40), st.integers(0, 60))
def test_a_bar_ends_on_its_day_and_needs_no_entry(length, days):
    bank = books(POLICY, members=MEMBERS)
    last = START + timedelta(days=length - 1)
    bank.set_tier("ada", "standing", "barred", until=last, on=START)
    before = len(list(bank.entries()))

    bank.clock.day = START + timedelta(days=days)

    barred = bank.clock.day <= last
    assert bank.standing("ada").tiers["standing"] == ("barred" if barred else "clear")
    assert len(list(bank.entries())) == before


def test_stories_reach_every_way_there_is():
    """The properties above say something only if such things happen."""
    story = [
        (1, RecordMark(member="ada", mark="deed", number=6)),
        (2, Apply(account="ada", ladder="card", level="two")),
        (40, RecordMark(member="ada", mark="deed", number=2)),
    ]
    bank = tell(story)

    kinds = [
        (e.operation.ladder, e.operation.level)
        for e in bank_entries(bank)
        if isinstance(e.operation, Assess)
    ]

    assert ("circle", "A") in kinds
    assert ("circle", "B") in kinds
    assert ("honorary", "veteran") in kinds
    assert ("card", "one") in kinds


def bank_entries(bank):
    return [entry for _, entry in bank.entries()]
