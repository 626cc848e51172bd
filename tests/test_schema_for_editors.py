"""The schema for editors passes what a reader passes, and underlines what it does not."""

import json
import re
import tomllib
from datetime import date, time
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

import timebank
from timebank.policy.schema import policy_schema
from timebank.shipped import file_of

from .policy.files import SOUND, changed

ROOT = Path(__file__).parents[1]
SCHEMA = policy_schema()


def partial(schema):
    """Return *schema* for pieces of a policy, of which nothing must be there."""
    match schema:
        case dict():
            kept = {k: v for k, v in schema.items() if k != "required"}
            return {key: partial(inner) for key, inner in kept.items()}
        case list():
            return [partial(inner) for inner in schema]
        case _:
            return schema


PART = {k: v for k, v in partial(SCHEMA).items() if k not in ("if", "then", "else")}
BLOCK = re.compile(r"```toml\n(.*?)```", re.DOTALL)
PARTS = {
    f"{page.relative_to(ROOT)}:{block.start()}": block[1]
    for page in sorted((ROOT / "docs").rglob("*.md"))
    for block in BLOCK.finditer(page.read_text("utf-8"))
}


def plain(value):
    """Return *value* as an editor hands it to a schema: days and times are text."""
    match value:
        case dict():
            return {key: plain(inner) for key, inner in value.items()}
        case list():
            return [plain(inner) for inner in value]
        case date() | time():
            return value.isoformat()
        case _:
            return value


def underlined(text, schema=SCHEMA):
    """Return the places in *text* that an editor underlines."""
    errors = Draft202012Validator(schema).iter_errors(plain(tomllib.loads(text)))
    return [".".join(map(str, error.absolute_path)) for error in errors]


def test_the_schema_is_one():
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", timebank.programmes())
def test_a_programme_that_ships_is_not_underlined(name):
    assert underlined(file_of(name)) == []


def test_neither_are_the_policies_that_tests_are_made_of():
    assert underlined(SOUND) == []
    assert underlined((ROOT / "tests/laws/everything.toml").read_text("utf-8")) == []


@pytest.mark.parametrize("place", PARTS)
def test_neither_is_what_the_documentation_shows(place):
    assert underlined(PARTS[place], PART) == []


def test_the_documentation_shows_some():
    assert len(PARTS) > 5


SLIPS = [
    (("language = 1\n", ""), ""),
    (("from = 2020-01-01", 'from = "soon"'), "policy.from"),
    (("scale = 60, record", "scale = 60, recrod"), "units.hours"),
    (("scale = 60", 'scale = "sixty"'), "units.hours.scale"),
    (("[accounts.group]", "[accounts.gruop]"), "accounts"),
    (("cap = 1500", "cap = 0.5"), "accounts.member.points.cap"),
    (
        ('excess = "drop" }\n\n', 'excess = "dorp" }\n\n'),
        "accounts.member.points.excess",
    ),
    (('age = "number"', 'age = "nubmer"'), "facts.age"),
    (('counts = "number"', 'counts = "numbers"'), "classes.deed.counts"),
    (("weight = 2", "weight = 2.5"), "classes.care.weight"),
    (('balance = "points"', 'balence = "points"'), "measures.had"),
    (('on = "donate"\n', ""), "rules.give_on"),
    (('round = "down", to = 1', 'round = "donw", to = 1'), "rules.points.amount"),
    (('{ of = "time" }, ', '{ off = "time" }, '), "rules.points.amount"),
    (('{ min = "one" }', '{ mni = "one" }'), "rules.redeem.requires.star"),
    (("provider.age = { min = 18 }", "provider.age = { mni = 18 }"), "classes.care"),
    (('keep = "for ever"', 'keep = "forever"'), "ladders.star.keep"),
    (('{ name = "B" }]', '{ nmae = "B" }]'), "ladders.group.levels.1"),
    (('for = "the office"', ""), "flags.many"),
    (("expect = {}", "expcet = {}"), "examples.one"),
]


@pytest.mark.parametrize(("change", "place"), SLIPS, ids=lambda each: str(each)[:40])
def test_a_slip_of_the_pen_is_underlined_where_it_stands(change, place):
    found = underlined(changed(change))

    assert found
    assert all(each.startswith(place) for each in found)


def test_the_command_prints_it(capsys):
    from timebank.cli.policies import schema  # noqa: PLC0415 - where it is used

    assert schema() == 0
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(SCHEMA))
