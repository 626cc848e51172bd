"""The schema for editors is made from the classes, and leaves out nothing they have."""

import attrs
import pytest

from timebank.policy.keys import keys_of, tables
from timebank.policy.rules import Policy
from timebank.policy.schema import policy_schema, schema_of
from timebank.policy.written import WRITTEN


def properties(schema):
    """Yield the properties of every table in *schema*."""
    if isinstance(schema, dict):
        if isinstance(schema.get("properties"), dict):
            yield schema["properties"]
        for inner in schema.values():
            yield from properties(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from properties(inner)


@pytest.mark.parametrize("cls", [*tables()], ids=lambda cls: cls.__name__)
def test_every_table_is_in_the_schema_with_what_its_keys_are(cls):
    keys = {key.name: key.text for key in keys_of(cls)}

    assert any(
        {*keys} == {*there}
        and all(there[name]["description"].startswith(keys[name]) for name in keys)
        for there in properties(policy_schema())
    )


@pytest.mark.parametrize("kind", [k for k, _ in WRITTEN if isinstance(k, type)])
def test_every_kind_of_value_that_is_read_has_a_schema(kind):
    assert isinstance(schema_of(kind), dict)


def test_a_kind_of_value_that_the_schema_does_not_know_is_told():
    @attrs.frozen
    class Unheard:
        figure: int

    with pytest.raises(TypeError, match="add it to VALUES"):
        schema_of(Unheard)


def test_the_schema_says_which_keys_must_be_given():
    assert policy_schema()["else"]["required"] == [
        key.name for key in keys_of(Policy) if key.default is None
    ]


def test_of_a_file_that_extends_others_it_asks_for_no_more_than_a_name():
    schema = policy_schema()

    assert schema["required"] == ["language", "policy"]
    assert schema["then"] == {"properties": {"policy": {"required": ["name"]}}}
    assert not any("required" in there for there in properties(schema["properties"]))
