"""Rules are asked before anything of their own operation has moved, whichever key asks."""

import pytest

from timebank.errors import Refused

from .books import HEAD, TODAY, books, free

BEFORE = (
    HEAD
    + """
units = { hours = { scale = 60, record = true }, points = {} }
accounts = { member = {} }
classes = { care = {} }
measures = { served = { sum = "hours" } }

[ladders.star]
levels = [{ name = "one", needs = { served = { min = 1 } } }]

[rules.hours]
on = "service"
unit = "hours"

[rules.points]
on = "service"
unit = "points"
"""
)


@pytest.mark.parametrize(
    "asks",
    [
        "amount = 1\nwhen = { served = { min = 1 } }",
        'amount = 1\nwhen = { star = { min = "one" } }',
        "amount = 1\nwhen = { not = { served = { max = 0 } } }",
        'amount = [{ of = "served" }, { round = "down", to = 1 }, { at_most = 1 }]',
        'amount = [{ of = "provider.served" }, { round = "down", to = 1 }, { at_most = 1 }]',
    ],
)
def test_what_a_service_moves_itself_does_not_bring_it_more(asks):
    bank = books(BEFORE + asks)

    had = []
    for _ in range(2):
        bank.record_service("ada", "care", 60, on=TODAY)
        had.append(free(bank, "ada", "points"))

    assert had == [0, 1]


def test_what_a_service_moves_itself_does_not_open_its_gate():
    asks = "amount = 1\nrequires = { served = { min = 1 } }"
    bank = books(BEFORE + asks)

    with pytest.raises(Refused) as caught:
        bank.record_service("ada", "care", 60, on=TODAY)

    assert [f.code for f in caught.value.findings] == ["rules.points.requires.served"]
