"""
Prove a store: what an adapter's author runs against it.  Needs ``timebank[testing]``.

A *place* is where a store keeps its journals, as the suite sees it: a function that
returns a context manager, which yields a function that opens the place.  The first
opening finds it empty; every later one finds what was left there::

    @contextmanager
    def place():
        with TemporaryDirectory() as folder:
            yield lambda: open_my_store(f"{folder}/books")

Then three kinds of test, each a line or two::

    def test_it_cannot_be_told_from_a_list():
        run_state_machine_as_test(lambda: StoreMachine(place))

    @pytest.mark.parametrize("race", RACES)
    def test_it_stands_a_race(race):
        race(place)

The machine checks laws 1 to 5 of `timebank.storage.protocol.Store`, the races law 6 and
what the laws come to where many write at once.  Law 7, that what was committed survives
the death of the process, needs a process to kill: ``tests/survive/test_kills.py`` of
shows one way.  No base class is needed, and nothing here looks into the store.

`timebank.testing.strategies` makes operations, entries and journals for tests of your
own; `timebank.testing.plain` reads a journal in the plainest way.
"""

from __future__ import annotations

from ..storage.appending import append_to, needs_to_append
from .journals import folded
from .machine import Connect, Place, StoreMachine
from .races import (
    RACES,
    race_for_a_balance,
    race_for_an_id,
    race_for_positions,
    race_of_transfers,
    run_at_once,
)

__all__ = [
    "RACES",
    "Connect",
    "Place",
    "StoreMachine",
    "append_to",
    "folded",
    "needs_to_append",
    "race_for_a_balance",
    "race_for_an_id",
    "race_for_positions",
    "race_of_transfers",
    "run_at_once",
]
