"""
Every figure and every part of a programme is held in place by its worked examples.

Each figure is made one more and one less, and each part is left out, by machine; the check
or an example must tell.
"""

import re

import pytest

import timebank
from timebank.errors import PolicyInvalid
from timebank.policy.files import load_policy

from .test_contradictions import PROGRAMMES, at, broken, text_of

HELD = (
    "beijing",
    "changning",
    "changsha-aixing",
    "genopart",
    "grassroots-economics",
    "inagi",
    "nalc",
    "nanjing",
    "new-taipei",
    "northern-california",
    "ruian",
    "setagaya",
    "shanghai",
    "spiez",
    "st-gallen",
    "toelz",
    "west-lake",
    "wuhan-dongting",
    "yinchuan",
)
"""The others have weights or prices that no source gives, and that nothing rests on."""

NO_FIGURES = {"language", "policy", "units", "examples"}
FIGURE = re.compile(r"(\d+)( \w+)?")
"""A number, or a length of time."""


def others(value, path=()):
    """Yield the path of every figure below *value*, with what it might be instead."""
    match value:
        case bool():
            pass
        case int():
            yield path, value + 1
            yield path, value - 1
        case str():
            if figure := FIGURE.fullmatch(value):
                number, length = int(figure[1]), figure[2] or ""
                yield path, f"{number + 1}{length}"
                yield path, f"{number - 1}{length}"
        case dict():
            for key, inner in value.items():
                yield from others(inner, (*path, key))
        case list():
            for index, inner in enumerate(value):
                yield from others(inner, (*path, index))


PARTS = {"accounts", "classes", "facts", "measures", "rules", "items", "ladders"}
PARTS |= {"flags", "procedures"}
SAYS_NOTHING = re.compile(
    r".*\.(text|for|channel|default)|accounts(\.\w+){1,2}(\.floor)?"
)
"""What people read; defaults; and kinds of account, which examples open by themselves."""


def parts(value, path=()):
    """Yield the path of every key of every table below *value*."""
    match value:
        case dict():
            for key, part in value.items():
                yield (*path, key)
                yield from parts(part, (*path, key))
        case list():
            for index, part in enumerate(value):
                yield from parts(part, (*path, index))


def told(tables):
    """Return whether the check or an example tells that something is wrong with *tables*."""
    try:
        policy = load_policy(text_of(tables))
    except PolicyInvalid:
        return True
    return any(played.failures for played in timebank.play_examples(policy))


@pytest.mark.slow
@pytest.mark.parametrize("name", HELD)
def test_no_figure_of_a_programme_could_be_another(name):
    tables = PROGRAMMES[name]
    said = {key: value for key, value in tables.items() if key not in NO_FIGURES}

    loose = {
        (at(path), other)
        for path, other in others(said)
        if not told(broken(tables, path, other))
    }

    assert loose == set()


def test_a_figure_that_no_example_asks_about_is_found():
    tables = PROGRAMMES["inagi"]
    age = ("classes", "care", "requires", "provider", "age", "min")
    younger = broken(tables, age, 64)
    named = "at 64 there are none"
    assert told(younger)

    assert not told(broken(younger, ("examples", named), None))


ONE_OF_TWO_THAT_HOLD = {"shanghai": {"rules.redeem.requires.any.2.accepted_in"}}
"""From 2028 on coins are accepted wherever they are from, and there is nowhere else."""


@pytest.mark.slow
@pytest.mark.parametrize("name", HELD)
def test_no_part_of_a_programme_could_be_left_out(name):
    tables = PROGRAMMES[name]
    said = {key: value for key, value in tables.items() if key in PARTS}

    idle = {
        at(path)
        for path in parts(said)
        if len(path) > 1
        and not SAYS_NOTHING.fullmatch(at(path))
        and not told(broken(tables, path, None))
    }

    assert idle == ONE_OF_TWO_THAT_HOLD.get(name, set())
