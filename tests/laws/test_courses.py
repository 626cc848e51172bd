"""What a claim keeps on its way: who has spoken, when its steps began, and its place."""

from datetime import date, timedelta

import pytest

from .desk import EPOCH, Calendar, new_bank, notes, refused, with_members

MONDAY = date(2024, 3, 4)
POLICY = """
language = 1
policy = { name = "Courses", source = "made up", status = "example", from = 2023-01-01 }
units = { hours = { scale = 60, record = true }, missed = { record = true } }
accounts = { member = {} }
classes = { care = {}, absence = { counts = "number" } }
measures.without_absence = { streak = "hours", broken_by = "missed" }
rules.hours = { on = "service", unit = "hours" }
rules.missed = { on = "contribution", unit = "missed" }
flags.steady = { when = { without_absence = { min = 2 } }, for = "the team" }

[procedures.watched]
on = "service"
apart = ["first", "second"]
steps = [
  { name = "first", by = "reviewer" },
  { name = "notice", for = "2 days", objection = "second" },
  { name = "second", by = "reviewer" },
]
"""


@pytest.fixture
def bank():
    bank = new_bank(calendar=Calendar(MONDAY), policy=POLICY)
    with_members(bank, "a")
    bank.record_service("a", "care", 120, on=MONDAY, id="s")
    return bank


@pytest.mark.parametrize("objection", [True, False])
def test_who_confirmed_stays_known_whatever_led_from_step_to_step(bank, objection):
    bank.confirm("s", "first", role="reviewer", actor="chen")
    if objection:
        bank.object_to("s", "notice", actor="a neighbour")
    else:
        bank.clock.turn(3)

    def second(actor):
        return refused(bank.confirm, "s", "second", role="reviewer", actor=actor)

    assert second("chen") == {"procedures.watched.apart"}
    assert second("lin") == set()
    assert bank.verify(decide_again=True).sound


def test_a_step_begins_no_earlier_than_the_one_before_though_a_clock_went_back(bank):
    bank.clock.turn(-1)
    bank.confirm("s", "first", role="reviewer", actor="chen", on=EPOCH)

    (claim,) = bank.claims()
    assert claim.stage.since == MONDAY
    assert claim.stage.until == MONDAY + timedelta(days=2)


def test_what_a_claim_moves_counts_where_it_stands_when_it_is_decided_again(bank):
    """An absence of the same day, told after the claim, breaks what the claim adds."""
    bank.record_mark("a", "absence", on=MONDAY)
    bank.confirm("s", "first", role="reviewer", actor="chen")
    bank.object_to("s", "notice", actor="a neighbour")

    settled = bank.confirm("s", "second", role="reviewer", actor="lin")

    assert "flags.steady" not in notes(settled)
    assert bank.standing("a").measures["without_absence"] == 0
