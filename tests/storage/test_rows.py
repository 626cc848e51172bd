"""Rows: what a posting counts for, where an entry acts on another."""

from datetime import timedelta

from ..decide.books import CARE, TODAY, books


def test_what_an_undoing_leg_counts_for_is_the_entry_that_it_undoes():
    bank, earlier = books(CARE), TODAY - timedelta(days=3)
    bank.record_service("ada", "care", 60, on=earlier, id="first")
    bank.reverse("first", on=TODAY)

    with bank.store.reading(bank.ledger) as reading:
        first, undoing = [*reading.stored()][-2:]

    counted = {(leg.day, leg.origin) for leg in undoing.postings}
    assert counted == {(earlier.isoformat(), first.position)}
    assert undoing.effective_on == TODAY.isoformat()
