"""Every programme that ships is read in English and in Chinese."""

import re

import pytest

from timebank import load_policy, programme, programmes
from timebank.policy.names import NAMED, names_of

CHINESE = re.compile(r"[\u4e00-\u9fff]")
FOREIGN = re.compile(r"[\u3000-\uffef]")
OWN_WORDS = "accounts"
"""A kind of account is called by a word of the library's, in both languages."""


def places(policy):
    """Yield the place of everything that people may call by a name."""
    for table in NAMED:
        for name in getattr(policy, table) if table != OWN_WORDS else ():
            yield f"{table}.{name}"
    for name, ladder in policy.ladders.items():
        for rung in ladder.levels:
            yield f"ladders.{name}.levels.{rung.name}"
    for name, procedure in policy.procedures.items():
        for step in procedure.steps:
            yield f"procedures.{name}.steps.{step.name}"


@pytest.mark.parametrize("name", programmes())
def test_all_that_a_programme_names_is_called_by_both_languages(name):
    policy = load_policy(programme(name))
    names = {**names_of([policy]), "policy": policy.policy.text}

    silent = [place for place in places(policy) if place not in names]
    english = [place for place, text in names.items() if FOREIGN.search(text.en)]
    chinese = [place for place, text in names.items() if not CHINESE.search(text.zh)]

    assert (silent, english, chinese) == ([], [], [])
