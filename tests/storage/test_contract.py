"""Every store keeps the laws of `timebank.storage.protocol.Store`."""

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from timebank.testing import RACES, StoreMachine

from .places import PLACES

EXAMPLES = {"memory": 60, "sqlite": 25}


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
def test_a_store_cannot_be_told_from_a_list(place):
    run_state_machine_as_test(
        lambda: StoreMachine(place),
        settings=settings(
            max_examples=EXAMPLES[place.__name__], stateful_step_count=20, deadline=None
        ),
    )


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
@pytest.mark.parametrize("race", RACES, ids=lambda race: race.__name__)
def test_a_store_stands_a_race(race, place):
    race(place)
