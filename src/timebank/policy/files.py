"""
Policy files: TOML in, a `Policy` out, or every mistake with its place.

What a table may hold is told by the classes in `rules`, and how it is written by
`converter`.
"""

from __future__ import annotations

import copy
import hashlib
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from ..errors import PolicyInvalid
from ..texts import Text
from . import rules
from .checks import misfits, mistakes
from .converter import known_keys, structured
from .hints import Mistake, by_place, unknown_key


def load_policy(text: str, *, name: str = "policy") -> rules.Policy:
    """
    Read a policy and check it.

    Args:
        text: The whole file.
        name: What to call it in an error.

    Raises:
        PolicyInvalid: With every mistake, each with its place.
    """
    policy = _read(text, name)
    if found := mistakes(policy):
        raise PolicyInvalid(name, found)
    return policy


@lru_cache(maxsize=64)
def compiled(text: str) -> rules.Policy:
    """
    Return the policy of *text*, which was checked when it was adopted; read once.

    It is not checked again: a later release may find mistakes that an earlier one let
    pass, and books must open all the same.
    """
    return _read(text, "policy")


def _read(text: str, name: str) -> rules.Policy:
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        why = Text("is not TOML: {error}", "不是 TOML：{error}", error=error)
        raise PolicyInvalid(name, {"file": why}) from None
    misread = list(_own_keys(tables))
    floats = dict(_floats(tables, ()))
    try:
        digest = hashlib.sha256(text.encode()).hexdigest()
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        half = Text(
            "holds half a character, which no file can: write it again",
            "含有半个字符，文件无法保存：请重新输入",
        )
        raise PolicyInvalid(name, {f"line {line}": half}) from None
    source = {"hash": digest, "text": text}
    policy = structured(tables, source)
    if isinstance(policy, rules.Policy) and not (misread or floats):
        return policy
    if not isinstance(policy, rules.Policy):
        misread += [(p, text) for p, text in policy if p not in floats]
    misread += floats.items()
    misread += _beside(misread, tables, source)
    raise PolicyInvalid(name, by_place(misread))


def _beside(
    misread: Iterable[Mistake], tables: Mapping[str, Any], source: Mapping[str, str]
) -> Iterator[Mistake]:
    """
    Find names and types that do not fit in what is left without the parts *misread*.

    So that a misspelt key in one table does not hide a misspelt name in another.  Where
    a part cannot be spared, nothing more is found.
    """
    rest, places = copy.deepcopy(dict(tables)), [place for place, _ in misread]
    for place in places:
        _remove(rest, place.split("."))
    policy = structured(rest, source)
    if not isinstance(policy, rules.Policy):
        return
    # what is defined and only misread is not to be called unknown where it is named
    spared = {place.split(".")[1] for place in places if place.count(".") == 1}
    for place, text in misfits(policy):
        if any(place == p or place.startswith(f"{p}.") for p in places):
            continue
        if not spared & set(re.findall(r"[^\s'.,;:]+", text)):
            yield place, text


def _remove(table: Any, place: Sequence[str]) -> None:  # noqa: ANN401 - parsed TOML
    *path, last = place
    for key in path:
        table = table.get(key) if isinstance(table, dict) else None
    if isinstance(table, dict):
        table.pop(last, None)


def _own_keys(tables: Mapping[str, Any]) -> Iterator[Mistake]:
    """Find top-level keys that the reader itself fills in."""
    for key in ("hash", "text"):
        if key in tables:
            yield key, unknown_key(key, known_keys(rules.Policy))


def _floats(value: Any, place: tuple[str, ...]) -> Iterator[Mistake]:  # noqa: ANN401
    """Find floats wherever they stand; a float has lost digits before it is read."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _floats(inner, (*place, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _floats(inner, (*place, str(index)))
    elif isinstance(value, float):
        yield (
            ".".join(place),
            Text(
                'floats are refused, not rounded: write "{value}"',
                '不接受浮点数，也不取整：请写 "{value}"',
                value=value,
            ),
        )
