"""What is counted since somebody came to the level that they hold."""

from datetime import date, timedelta

from timebank.operations import RecordMark, SetTier

from .books import HEAD, TODAY, books

BARS = (
    HEAD
    + """
units.missed = { record = true }
accounts.member = {}
classes.missed = { counts = "number" }
rules.missed = { on = "contribution", unit = "missed" }
measures.anew = { sum = "missed", window = "since standing" }

[ladders.standing]
start = "good"
levels = ["barred", "good", "best"]
moves = [
    { from = "good", to = "barred", term = "3 months" },
    { from = "good", to = "best" },
    { from = "best", to = "barred", term = "3 months" },
]
"""
)
BARRED = TODAY - timedelta(days=150)


def missed(*levels, days, policy=BARS):
    """Return what counts today of one miss on each of *days* after ada was barred."""
    bank = books(policy, members=("ada",))
    for on, level, until in levels:
        bank.post(
            SetTier(account="ada", ladder="standing", level=level, until=until), on=on
        )
    for day in days:
        bank.post(
            RecordMark(member="ada", mark="missed"), on=BARRED + timedelta(days=day)
        )
    assert bank.verify(decide_again=True).faults == ()
    return bank.standing("ada").measures["anew"]


def last_day():
    year, month = divmod(BARRED.month + 2, 12)
    return date(BARRED.year + year, month + 1, BARRED.day) - timedelta(days=1)


def test_who_is_back_after_a_term_begins_anew_on_the_day_after():
    term = last_day()
    over = (term - BARRED).days

    assert missed((BARRED, "barred", term), days=[-9, 0, over]) == 0
    assert missed((BARRED, "barred", term), days=[-9, 0, over, over + 1]) == 1


def test_who_never_held_another_level_has_all_counted():
    assert missed(days=[-9, 0, 9]) == 3


def test_who_is_back_at_a_level_that_was_given_begins_anew_as_well():
    term = last_day()
    best = BARRED - timedelta(days=20)

    counted = missed(
        (best, "best", None),
        (BARRED, "barred", term),
        days=[-9, 3, (term - BARRED).days + 1],
    )

    assert counted == 1


def test_who_is_back_because_a_level_was_withdrawn_begins_anew():
    freed = BARS.replace(
        "moves = [", 'moves = [\n    { from = "barred", to = "good" },'
    )
    bank = books(freed, members=("ada",))
    bank.set_tier("ada", "standing", "barred", on=BARRED, until=last_day())
    bank.record_mark("ada", "missed", on=BARRED + timedelta(days=8))
    bank.set_tier("ada", "standing", action="withdraw", on=BARRED + timedelta(days=9))
    bank.record_mark("ada", "missed", on=BARRED + timedelta(days=9))

    assert bank.standing("ada").measures["anew"] == 1
    assert bank.verify(decide_again=True).faults == ()


def test_who_holds_no_level_any_more_has_all_counted():
    without = (
        BARS[: BARS.index("start =")]
        + 'entry = "apply"\nkeep = "for ever"\nlevels = ["barred"]\n'
    )
    bank = books(without, members=("ada",))
    bank.set_tier("ada", "standing", "barred", on=BARRED)
    bank.record_mark("ada", "missed", on=BARRED - timedelta(days=1))
    assert bank.standing("ada").measures["anew"] == 0

    bank.set_tier("ada", "standing", action="withdraw", on=TODAY)

    assert bank.standing("ada").measures["anew"] == 1
