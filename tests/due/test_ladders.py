"""Ladders are assessed when a period is over: once, by the facts of its last day."""

from datetime import date, timedelta

import pytest

from timebank.model import Effect, Reason
from timebank.operations import Assess, EndAssessment

from .books import HEAD, START, books, ids, journal

GROUPS = (
    HEAD
    + """
units = { deeds = { record = true } }
accounts = { member = {}, group = {} }
classes.deed = { counts = "number" }
measures.lately = { sum = "deeds", window = "quarter" }
measures.ever = { sum = "deeds" }
rules.deeds = { on = "contribution", unit = "deeds" }

[ladders.circle]
start = "C"
levels = [{ name = "C" }, { name = "B" }, { name = "A" }]
moves = [
  { from = "C", to = ["B", "A"] },
  { from = "B", to = "A", by = "automatic", every = "quarter", needs = { lately = { min = 10 } } },
  { from = "A", to = "B", by = "automatic", every = "quarter", needs = { lately = { below = 5 } } },
]

[ladders.honorary]
every = "month"
keep = "for ever"
levels = [{ name = "veteran", needs = { circle = { min = "A" } } }]

[ladders.busy]
every = "quarter"
levels = [{ name = "some", needs = { lately = { min = 3 } } }, { name = "much", needs = { lately = { min = 9 } } }]
"""
)
APRIL, JULY = date(2024, 4, 1), date(2024, 7, 1)


def level(bank, ladder, member="ada"):
    return bank.standing(member).tiers[ladder]


def helped(bank, number, on, member="ada"):
    bank.record_mark(member, "deed", number, on=on, id=f"deed/{member}/{on}/{number}")


def in_a(text=GROUPS, **settings):
    """Return books in which ada is in the inner circle from the first day."""
    bank = books(text, **settings)
    bank.set_tier("ada", "circle", "A", on=START, id="circle/ada")
    return bank


def test_who_does_too_little_in_a_quarter_goes_down_when_it_is_over():
    bank = in_a()
    helped(bank, 4, START)
    bank.clock.day = APRIL - timedelta(days=1)
    bank.tick()
    before = level(bank, "circle")

    bank.clock.day = APRIL
    bank.tick()

    assert (before, level(bank, "circle")) == ("A", "B")


def test_an_assessed_move_notes_what_was_met():
    bank = in_a()
    helped(bank, 4, START)
    bank.clock.day = APRIL

    moved = next(
        outcome.entry
        for outcome in bank.tick().done
        if getattr(outcome.entry.operation, "ladder", "") == "circle"
        and isinstance(outcome.entry.operation, Assess)
    )

    assert moved.effective_on == date(2024, 3, 31)
    assert moved.id == "due/2024-03-31/ladder/circle/ada"
    assert [
        (f.code, f.reason, f.effect, f.wanted, f.found) for f in moved.findings
    ] == [("ladders.circle.moves.2.needs.lately", Reason.MET, Effect.NOTES, 5, 4)]


def test_a_level_lost_notes_what_was_not_met():
    bank = books(GROUPS)
    helped(bank, 9, START)
    bank.clock.day = JULY

    lost = [
        outcome.entry
        for outcome in bank.tick().done
        if outcome.entry.operation == Assess(account="ada", ladder="busy", level=None)
    ]

    assert [f.reason for entry in lost for f in entry.findings] == [Reason.AT_LEAST]
    assert level(bank, "busy") == ""


def test_ladders_of_one_day_are_assessed_in_the_order_of_the_file():
    bank = in_a()
    bank.clock.day = APRIL

    report = bank.tick()

    assert (level(bank, "circle"), level(bank, "honorary")) == ("B", "")
    assert report.refused == ()


def test_a_title_earned_at_a_months_end_outlasts_the_demotion():
    bank = books(GROUPS)
    bank.clock.day = APRIL
    bank.set_tier("ada", "circle", "A", on=APRIL)
    bank.clock.day = JULY
    bank.tick()

    assert level(bank, "circle") == "B"
    assert level(bank, "honorary") == "veteran"


def test_what_becomes_known_after_an_assessment_moves_nobody():
    bank = in_a()
    helped(bank, 4, START)
    bank.clock.day = APRIL
    bank.tick()
    helped(bank, 6, START)

    again = bank.tick()

    assert again.done == ()
    assert level(bank, "circle") == "B"


def test_a_level_set_since_is_not_judged_by_the_period_before():
    bank = books(GROUPS)
    bank.clock.day = APRIL
    bank.set_tier("ada", "circle", "A", on=APRIL)

    bank.tick()

    assert level(bank, "circle") == "A"


def test_the_end_of_an_assessment_is_an_entry_of_its_own():
    bank = books(GROUPS)
    bank.clock.day = APRIL

    done = ids(bank.tick())

    assert done == [
        "due/2024-03-31/ladder/circle",
        "due/2024-03-31/ladder/honorary",
        "due/2024-03-31/ladder/busy",
    ]
    assert isinstance(bank.entry(done[0]).entry.operation, EndAssessment)


def test_late_daily_and_twice_leave_the_same_books():
    late, daily = in_a(), in_a()
    for bank in (late, daily):
        for day, number in ((START, 12), (date(2024, 5, 2), 3), (date(2024, 8, 1), 11)):
            bank.clock.day = date(2024, 12, 31)
            helped(bank, number, day, "ada")
            helped(bank, 15 - number, day, "ben")
    last = date(2024, 12, 31)

    late.tick()
    late.tick()
    for days in range((last - START).days + 1):
        daily.tick(START + timedelta(days=days))

    assert journal(late) == journal(daily)
    assert late.verify(decide_again=True).faults == ()


def test_closed_accounts_and_pools_are_not_assessed():
    bank = in_a()
    bank.clock.day = APRIL
    bank.close_account("ada", cause="leaving", on=APRIL)

    done = bank.tick()

    assert done.refused == ()
    assert not any(isinstance(outcome.entry.operation, Assess) for outcome in done.done)


END = APRIL - timedelta(days=1)


def by_hand(bank, level="B", id="due/2024-03-31/ladder/circle/ada"):
    """Return why nobody is moved by hand."""
    asked = Assess(account="ada", ladder="circle", level=level)
    return [f.reason for f in bank.check(asked, on=END, id=id).findings if f.refuses]


def test_nobody_is_assessed_by_hand_to_what_the_facts_do_not_say():
    bank = in_a()
    bank.clock.day = APRIL

    assert by_hand(bank) == []
    assert by_hand(bank, level="C") == [Reason.NOT_ASSESSED]


def test_nobody_is_assessed_twice_too_early_or_after_the_end():
    bank = in_a()
    bank.clock.day = END
    early = by_hand(bank)
    bank.clock.day = APRIL
    other = by_hand(bank, id="mine")
    helped(bank, 9, START)
    bank.tick()
    bank.reverse(f"deed/ada/{START}/9", on=APRIL)

    assert early == [Reason.NOT_DUE]
    assert other == [Reason.ID_DUE]
    assert by_hand(bank) == [Reason.NOT_ASSESSED]


def test_on_the_last_day_of_a_period_nothing_is_due_yet():
    bank = in_a()
    bank.clock.day = END

    report = bank.tick()

    assert (report.done, report.refused) == ((), ())


def test_who_was_suspended_since_is_assessed_for_the_period_before():
    bank = in_a()
    bank.clock.day = APRIL
    bank.set_tier("ada", "circle", action="suspend", on=APRIL)

    done = ids(bank.tick())

    assert "due/2024-03-31/ladder/circle/ada" in done
    assert level(bank, "circle") == "C"


def test_nobody_is_assessed_while_suspended():
    climbs = '{ from = "C", to = "B", by = "automatic", every = "quarter", needs = { lately = { below = 5 } } },'
    bank = in_a(
        GROUPS.replace(
            '{ from = "C", to = ["B", "A"] },',
            f'{climbs} {{ from = "C", to = ["B", "A"] }},',
        )
    )
    bank.set_tier("ada", "circle", action="suspend", on=START)
    bank.clock.day = APRIL
    bank.tick()

    bank.set_tier("ada", "circle", "A", on=APRIL)

    assert level(bank, "circle") == "A"
    assert level(bank, "circle", "ben") == "B"


@pytest.mark.parametrize(("until", "left"), [("2024-03-30", "B"), ("2024-03-31", "A")])
def test_an_assessment_takes_no_way_that_is_suspended_on_its_day(until, left):
    bank = in_a(
        GROUPS.replace(
            "{ lately = { below = 5 } } }",
            f'{{ lately = {{ below = 5 }} }}, suspended = [["2024-03-01", "{until}"]] }}',
        )
    )
    bank.clock.day = APRIL

    bank.tick()

    assert level(bank, "circle") == left


def test_nobody_is_judged_by_another_ladders_level_of_a_later_day():
    bank = books(GROUPS)
    bank.clock.day = date(2024, 4, 15)
    bank.set_tier("ada", "circle", "A", on=date(2024, 4, 15))

    bank.tick()
    before = level(bank, "honorary")
    bank.clock.day = date(2024, 5, 1)
    bank.tick()

    assert (before, level(bank, "honorary")) == ("", "veteran")
