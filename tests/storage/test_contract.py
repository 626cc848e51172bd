"""Every store keeps the laws of `timebank.storage.protocol.Store`."""

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from timebank.errors import StoreBusy
from timebank.storage.protocol import Settings
from timebank.testing import RACES, StoreMachine

from .places import EVERYWHERE, PLACES, memory, sqlite

EXAMPLES = {
    "memory": 40,
    "sqlite": 30,
    "postgresql": 20,
    "plain": 10,
    "serializable": 10,
}


@pytest.mark.parametrize(
    "place",
    [
        memory,
        *(pytest.param(p, marks=pytest.mark.slow) for p in PLACES if p is not memory),
    ],
    ids=lambda place: place.__name__,
)
def test_a_store_cannot_be_told_from_a_list(place):
    run_state_machine_as_test(
        lambda: StoreMachine(place),
        settings=settings(
            max_examples=EXAMPLES[place.__name__], stateful_step_count=25, deadline=None
        ),
    )


@pytest.mark.parametrize("place", EVERYWHERE)
@pytest.mark.parametrize("race", RACES, ids=lambda race: race.__name__)
def test_a_store_stands_a_race(race, place):
    race(place)


@pytest.mark.parametrize("place", [memory, sqlite], ids=lambda place: place.__name__)
def test_a_turn_within_a_turn_would_see_the_same_head_and_is_not_begun(
    place, monkeypatch
):
    monkeypatch.setattr("timebank.storage.sidecar.TURN_SECONDS", 0.05)
    with place() as connect:
        store = connect()
        store.create(Settings(name="home"))

        with store.turn("home"), pytest.raises(StoreBusy), store.turn("home"):
            pass
        with store.turn("home") as turn:
            assert turn.head == 0
        store.close()
