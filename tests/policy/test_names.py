"""What people call the things of a policy, by place."""

from collections.abc import Mapping
from typing import get_args, get_origin

import attrs
import pytest

from timebank.policy.files import compiled
from timebank.policy.names import NAMED, names_of
from timebank.policy.rules import Policy

STREET = """
language = 1
policy = { name = "A street", source = "a test", status = "example", from = 2024-01-01 }
units.points = { text = { en = "merits", zh = "积分" } }
accounts.member = { text = { en = "neighbour", zh = "邻里" } }
accounts.group = {}
classes.help = { counts = "number" }
rules.points = { on = "contribution", unit = "points" }
ladders.star = { levels = [{ name = "one", text = { en = "One star", zh = "一星" } }, { name = "two" }] }
[procedures.look]
on = "contribution"
steps = [{ name = "desk", by = "desk", text = { en = "the desk", zh = "服务台" } }]
"""


def test_everything_that_has_a_text_has_a_name():
    hints = attrs.fields_dict(attrs.resolve_types(Policy))
    tables = {
        table
        for table, kind in ((table, f.type) for table, f in hints.items())
        if get_origin(kind) is Mapping
        and attrs.has(get_args(kind)[1])
        and "text" in attrs.fields_dict(get_args(kind)[1])
    }

    assert tables == set(NAMED)


def test_a_thing_is_found_by_its_place():
    assert names_of([compiled(STREET)]) == {
        "units.points": "merits",
        "accounts.member": "neighbour",
        "ladders.star.levels.one": "One star",
        "procedures.look.steps.desk": "the desk",
    }


@pytest.mark.parametrize(
    ("later", "called"),
    [("merits", "merits"), ("coins", "coins")],
)
def test_later_policies_prevail(later, called):
    renamed = STREET.replace('en = "merits"', f'en = "{later}"')

    assert names_of([compiled(STREET), compiled(renamed)])["units.points"] == called


def test_what_a_later_policy_leaves_without_a_text_keeps_the_earlier_one():
    bare = STREET.replace(', text = { en = "One star", zh = "一星" }', "")
    names = names_of([compiled(STREET), compiled(bare)])

    assert names["ladders.star.levels.one"].zh == "一星"
