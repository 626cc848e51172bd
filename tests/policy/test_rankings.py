"""Rankings that cannot be meant are told at their place."""

import pytest

from timebank.errors import PolicyInvalid
from timebank.policy.files import load_policy

from .files import SOUND

RANKING = '[rankings.best]\nvalue = "total"\nevery = "year"\n'


def told(extra="", text=RANKING):
    try:
        load_policy(SOUND + text + extra)
    except PolicyInvalid as invalid:
        return dict(invalid.mistakes)
    return {}


@pytest.mark.parametrize(
    "extra",
    ["", "take = 3", 'take = "1/10"', 'take = 3\nties = "none"', 'ties = ["had"]'],
)
def test_a_sound_ranking_is_not_complained_of(extra):
    assert told(extra) == {}


@pytest.mark.parametrize(
    ("extra", "place", "said"),
    [
        ('take = "3/2"', "take", "a share such as '1/10'"),
        ("take = 0", "take", "a share such as '1/10'"),
        ('ties = "none"', "ties", "say `take`"),
        ('ties = "some"', "ties", '"all", "none" or a list'),
        ("ties = []", "ties", '"all", "none" or a list'),
        ('ties = ["hd"]', "ties", "did you mean 'had'"),
        ("among = { totl = 3 }", "among.totl", "did you mean 'total'"),
        ("among = { total = { min = 3, max = 2 } }", "among.total", "can never hold"),
        ("among = { age = { min = 3 } }", "", "comes with operations"),
    ],
)
def test_what_cannot_be_meant_is_told(extra, place, said):
    found = told(extra)

    assert said in found["rankings.best" + (f".{place}" if place else "")]


def test_a_ranking_by_nothing_there_is_told():
    assert (
        "no value 'nothing'"
        in told(text='[rankings.best]\nvalue = "nothing"\n')["rankings.best.value"]
    )


def test_a_rule_asks_for_a_ranking_that_there_is():
    rule = '[rules.prize]\non = "rank"\nunit = "points"\namount = 3\nwhen = { ranking = "bets" }\n'

    assert "did you mean 'best'" in told(rule)["rules.prize.when.ranking"]
