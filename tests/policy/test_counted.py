"""Units read without the rest of a policy are those that the whole of it has."""

import pytest

import timebank
from timebank.policy.counted import units_in
from timebank.policy.files import compiled

CITY = """\
#==== policy: city ====#
language = 1
policy = { name = "City", source = "s", status = "pilot", from = 2024-01-01 }
units.hours = { scale = 60, text = { en = "hours", zh = "小时" } }
units.marks = { record = true, text = "marks" }
units."a.b" = { scale = 2 }
units.gone = {}
accounts.member = {}
"""
DISTRICT = """\
#==== policy: district ====#
language = 1
[policy]
name = "District"
source = "s"
status = "pilot"
from = 2024-01-01
extends = "City"
remove = {remove}
[units]
hours = {{ text = "Stunden" }}
coins = {{ scale = 100, lots = {{}} }}
"""


def told(units):
    """Return *units* with what people call them, which their equality leaves out."""
    return [(name, unit, unit.text and unit.text.zh) for name, unit in units.items()]


def whole(text):
    """Return the units of the policy *text*, all of which is read."""
    policy = compiled(text)
    return {name: policy.unit(name) for name in policy.units}


@pytest.mark.parametrize("name", timebank.programmes())
def test_a_programme_counts_in_what_the_whole_of_it_says(name):
    text = timebank.programme(name)

    assert told(units_in(text)) == told(whole(text))


@pytest.mark.parametrize(
    "remove",
    [
        "[]",
        '"units.gone"',
        "['units.gone', 'units.a.b']",
        '"units.hours"',
        '"units.hours.text"',
        "['units.hours.scale', 'units.marks.record']",
        '"units"',
    ],
)
def test_a_child_counts_in_what_it_takes_over_adds_and_drops(remove):
    text = CITY + DISTRICT.format(remove=remove)

    assert told(units_in(text)) == told(whole(text))
