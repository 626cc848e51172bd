"""
The schema of policy files, by which editors complete keys and underline slips.

JSON Schema (2020-12), made from the classes that read a file.  It knows what a key may
hold, not whether names and figures fit together: that is told by a check.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from fractions import Fraction
from types import NoneType, UnionType
from typing import Any, Final, Union, get_args, get_origin

import attrs

from ..texts import Text
from . import rules
from .calendar import DayOfYear, Hours
from .conditions import Comparison, Condition
from .days import Tenure
from .expressions import Direction, Formula, Verb
from .filters import TESTED, Filter
from .grammar import AWAY, ELAPSED, FUNCTION, STEP_WITH
from .keys import GATHERED, Key, is_table, keys_of
from .ladders import Rung, Term
from .procedures import EACH, SPAN, Need, Span
from .rankings import ALL, NONE, Ties
from .shapes import ROLES
from .splits import Split
from .windows import COUNTED, PERIODS, Every, Window

Schema = dict[str, Any]

_TEXT: Final[Schema] = {"type": "string"}
_NUMBER: Final[Schema] = {"type": ["integer", "string"]}
_SCALAR: Final[Schema] = {"type": ["integer", "string", "boolean"]}
_DAY: Final[Schema] = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"}
_FORMULA: Final[Schema] = {"$ref": "#/$defs/formula"}
_CONDITION: Final[Schema] = {"$ref": "#/$defs/condition"}


def policy_schema() -> Schema:
    """
    Return the schema of policy files.

    A file that extends others says only what differs, so nothing must be there in it but
    its language and its name.
    """
    whole = _table(rules.Policy)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A policy of timebank",
        **_in_part(whole),
        "required": ["language", "policy"],
        "if": {"properties": {"policy": {"required": ["extends"]}}},
        "then": {"properties": {"policy": {"required": ["name"]}}},
        "else": whole,
        "$defs": {
            "formula": _formula(),
            "condition": _condition(),
            "test": _test(),
            "beyond": _beyond(),
        },
    }


def _in_part(schema: Any) -> Any:  # noqa: ANN401 - a schema, or what one is made of
    """Return *schema* for tables of which nothing must be there."""
    match schema:
        case dict():
            return {k: _in_part(v) for k, v in schema.items() if k != "required"}
        case list():
            return [_in_part(each) for each in schema]
        case _:
            return schema


# ---------------------------------------------------------------- tables


def _table(cls: type[Any]) -> Schema:
    keys = keys_of(cls)
    rest: bool | Schema = False
    if cls in GATHERED:
        field = attrs.fields_dict(attrs.resolve_types(cls))[GATHERED[cls]]
        rest = schema_of(get_args(field.type)[1])
    return _object(
        {key.name: _described(key) for key in keys},
        [key.name for key in keys if key.default is None],
        rest,
    )


def _described(key: Key) -> Schema:
    without = f" (default: {key.default})" if key.default else ""
    return {"description": f"{key.text}{without}", **schema_of(key.type)}


def _object(
    properties: Mapping[str, Any],
    required: list[str] | None = None,
    rest: bool | Schema = False,  # noqa: FBT001, FBT002 - a schema may be true or false
) -> Schema:
    found = {"type": "object", "properties": properties, "additionalProperties": rest}
    return found | ({"required": required} if required else {})


def _any_of(*several: Schema) -> Schema:
    return {"anyOf": list(several)} if len(several) > 1 else several[0]


def _list(of: Schema, **more: int) -> Schema:
    return {"type": "array", "items": of, **more}


# ---------------------------------------------------------------- values


def schema_of(kind: Any) -> Schema:  # noqa: ANN401 - a type as annotated
    """
    Return the schema of what is read as *kind*.

    Raises:
        TypeError: If nothing is told of it: a new kind of value needs a line in `VALUES`.
    """
    if kind in VALUES:
        return VALUES[kind]
    several = [each for each in get_args(kind) if each is not NoneType]
    match get_origin(kind):
        case origin if origin in (Union, UnionType):
            return _any_of(*map(schema_of, several))
        case origin if origin is tuple:
            return _tuple(*several)
        case origin if origin is Mapping:
            return _mapping(*several)
    if issubclass(kind, StrEnum):
        return {"enum": [str(word) for word in kind]}
    if attrs.has(kind) and is_table(kind):
        return _any_of(_TEXT, _table(kind)) if kind in _NAMED else _table(kind)
    raise TypeError(f"the schema has nothing for {kind}: add it to VALUES")


_NAMED: Final = (Rung,)
"""Tables for which their name alone will do."""


def _mapping(name: object, value: object) -> Schema:
    named = {} if name is str else {"propertyNames": schema_of(name)}
    return {"type": "object", "additionalProperties": schema_of(value), **named}


def _tuple(first: object, *others: object) -> Schema:
    if others != (...,):
        both = [schema_of(each) for each in (first, *others)]
        return {"type": "array", "prefixItems": both, "items": False}
    several = _list(schema_of(first))
    return _any_of(_TEXT, several) if first is str else several


_FACT: Final = {"enum": [str(t) for t in rules.FactType if t != rules.FactType.CHOICE]}
_SPLIT: Final = _any_of(_TEXT, {"type": "object", "additionalProperties": _NUMBER})

_WORDS: Final = _any_of(_TEXT, _list(_TEXT, minItems=1))
_LABEL_TEST: Final = _any_of(
    _WORDS, _object({"is": _WORDS, "is_not": _WORDS}) | {"minProperties": 1}
)

_COUNTED_PERIOD: Final[Schema] = {"type": "string", "pattern": f"^{COUNTED}$"}

VALUES: Final[Mapping[Any, Schema]] = {
    Any: {},
    str: _TEXT,
    Text: _any_of(_TEXT, _object({"en": _TEXT, "zh": _TEXT}, ["en", "zh"])),
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    date: _DAY,
    date | None: _any_of(_DAY, {"const": ""}),
    Formula: _FORMULA,
    Formula | None: _FORMULA,
    Fraction: _NUMBER,
    Window: _TEXT,
    Condition: _CONDITION,
    Filter: _object(dict.fromkeys(TESTED, _LABEL_TEST)) | {"minProperties": 1},
    Split: _SPLIT,
    Need: _any_of({"type": "integer", "minimum": 1}, {"const": EACH}),
    Span: {"type": "string", "pattern": f"^{SPAN}$"},
    Ties: _any_of({"enum": [ALL, NONE]}, _list(_TEXT)),
    Every: _any_of({"enum": list(PERIODS)}, _COUNTED_PERIOD),
    Every | None: _any_of({"enum": list(PERIODS)}, _COUNTED_PERIOD),
    DayOfYear: {"type": "string", "pattern": r"^\d\d-\d\d$"},
    Hours: _list({"type": "string", "pattern": r"^\d\d:\d\d$"}, minItems=2, maxItems=2),
    Term: _any_of(_TEXT, _list(_TEXT, minItems=2, maxItems=2)),
    rules.Excess: _any_of(
        {"enum": [str(k) for k in rules.ExcessKind if k != rules.ExcessKind.DIVERT]},
        _object({"to": _SPLIT, "as": _TEXT}) | {"minProperties": 1},
    ),
    rules.FactRule: _any_of(
        _FACT,
        _list(_TEXT),
        _object(
            {
                key.name: {"description": key.text}
                | (_any_of(_FACT, _list(_TEXT)) if key.name == "type" else {})
                for key in keys_of(rules.FactRule)
            },
            ["type"],
        ),
    ),
}
"""What the kinds of values that are read in ways of their own look like."""


def _formula() -> Schema:
    lookup = _object({"by": _TEXT}, ["by"], _FORMULA) | {"minProperties": 2}
    steps = {**_list(_step()), "minItems": 1}
    elapsed = _object(
        {**dict.fromkeys(ELAPSED, _TEXT), "in": {"enum": [str(t) for t in Tenure]}},
        ["since", "in"],
    )
    return _any_of(_NUMBER, lookup, elapsed, _step(Verb.OF), steps)


def _step(*verbs: Verb) -> Schema:
    pairs = _list(_list(_NUMBER, minItems=2, maxItems=2), minItems=1)
    held = {
        Verb.OF: _any_of(_FORMULA, _list(_FORMULA)),
        Verb.BANDS: pairs,
        Verb.ROUND: {"enum": [str(way) for way in Direction]},
        Verb.USE: {"type": "string", "pattern": f"^{FUNCTION.pattern}$"},
    }
    several = []
    beside = {
        Verb.ROUND: _NUMBER,
        Verb.EVERY: _FORMULA,
        Verb.USE: _object({}, rest=_FORMULA),
    }
    for verb in verbs or Verb:
        keys = {str(verb): held.get(verb, _FORMULA)}
        if other := STEP_WITH.get(verb):
            keys[other] = beside[verb]
        must = [str(verb)] if verb is Verb.USE else list(keys)
        several.append(_object(keys, must))
    return _any_of(*several)


def _test() -> Schema:
    away = [_object({word: _TEXT, "from": _TEXT}, [word]) for word in AWAY]
    operand = _any_of(_SCALAR, _FORMULA, *away)
    several = {Comparison.IS, Comparison.IS_NOT}
    held = {
        str(each): _any_of(operand, _list(_SCALAR)) if each in several else operand
        for each in Comparison
    }
    held[Comparison.WITHIN] = _list(_TEXT, minItems=2, maxItems=2)
    return _any_of(_SCALAR, _list(_SCALAR), _object(held) | {"minProperties": 1})


def _beyond() -> Schema:
    """Return what may be asked of a role, and of whom its facts tell."""
    table: Schema = {"type": "object", "$ref": "#/$defs/beyond"}
    beyond: Schema = {"type": "object", "additionalProperties": table}
    return _any_of({"$ref": "#/$defs/test"}, beyond)


def _condition() -> Schema:
    test: Schema = {"$ref": "#/$defs/test"}
    beyond: Schema = {"$ref": "#/$defs/beyond"}
    of_role = _any_of(test, {"type": "object", "additionalProperties": beyond})
    words = {
        "all": _list(_CONDITION),
        "any": _list(_CONDITION),
        "not": _any_of(_CONDITION, _list(_CONDITION)),
        **dict.fromkeys(sorted(ROLES), of_role),
    }
    return _object(words, rest=test)
