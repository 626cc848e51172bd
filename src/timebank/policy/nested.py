"""
Which tables stand in which, and what one that was read holds.

So that policies can be laid over each other (`merging`), compared (`diff`) and gone
through (`functions`) by their keys, and none of these knows any table by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import NoneType
from typing import Any, get_args, get_origin

import attrs

from . import rules
from .conditions import Condition
from .grammar import unnested
from .keys import GATHERED, is_table, known_keys
from .written import WRITTEN


def table_at(kind: Any, key: str) -> Any | None:  # noqa: ANN401 - a class, or a mapping of them
    """
    Return which kind of table stands at *key* of a table of *kind*.

    *None* where a value does, which is read as a whole: a number, a list, a formula.
    """
    if get_origin(kind) is Mapping:
        inner = get_args(kind)[1]
    elif kind is Condition:
        return None
    else:
        fields = attrs.fields(attrs.resolve_types(kind))
        types = {a.name.rstrip("_"): a.type for a in fields}
        rest = GATHERED.get(kind)
        inner = types.get(key) or (get_args(types[rest])[1] if rest else None)
    several = [each for each in get_args(inner) if each is not NoneType]
    if NoneType in get_args(inner) and len(several) == 1:
        (inner,) = several
    return inner if _is_table(inner) else None


def _is_table(kind: Any) -> bool:  # noqa: ANN401
    if kind is Condition or get_origin(kind) is Mapping:
        return True
    read = [each for each, _ in WRITTEN]
    return attrs.has(kind) and is_table(kind) and kind not in read


@cache
def _tables() -> Mapping[type[Any], tuple[tuple[str, str], ...]]:
    """
    Return every class of the language that is a table, and no value.

    Each with its keys, and with the field that each of them is read into.
    """
    found: dict[type[Any], tuple[tuple[str, str], ...]] = {}
    ahead: list[Any] = [rules.Policy]
    while ahead:
        kind = ahead.pop()
        if get_origin(kind) is Mapping:
            ahead += [t for t in [table_at(kind, "")] if t is not None]
        elif kind not in found and kind is not Condition:
            known = known_keys(kind)
            fields = ((a.name.rstrip("_"), a.name) for a in attrs.fields(kind))
            found[kind] = tuple((key, name) for key, name in fields if key in known)
            keys = [*known, ""]
            ahead += [t for key in keys if (t := table_at(kind, key)) is not None]
    return found


def parts_of(value: Any) -> Mapping[str, Any] | None:  # noqa: ANN401 - any of the language's
    """
    Return what a table of a policy holds, by the file's keys; *None* for a value.

    What the file leaves out is there with its default.
    """
    if isinstance(value, Condition):
        tests = {test.value: test for test in value.tests}
        several = {"all": value.all, "any": value.any, "not": value.negated}
        return {**tests, **{key: those or None for key, those in several.items()}}
    if isinstance(value, Mapping):
        return value
    if (keys := _tables().get(type(value))) is None:
        return None
    parts = {key: getattr(value, name) for key, name in keys}
    rest = GATHERED.get(type(value))
    return parts | getattr(value, rest) if rest else parts


def flattened(kind: Any, table: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: ANN401
    """Return *table*, of *kind*, with one key for what TOML nests in another."""
    return dict(unnested(table)) if kind is Condition else table
