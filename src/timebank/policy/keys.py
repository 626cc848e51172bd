"""
The keys of the language, as its classes tell them.

A class of a table says in its docstring, under ``Args``, what each of its keys is, and in
a last sentence that begins with *By default* what holds without it, where the default
value does not tell that itself.  The reference and the schema for editors are made from
this, so that a key is described once.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, get_args, get_origin

import attrs
from attrs import frozen

from . import rules
from .windows import Window

GATHERED: Final[Mapping[type[Any], str]] = {
    rules.ClassRule: "attributes",
    rules.KindRule: "units",
}
"""Tables whose further keys are gathered in one field, and which that is."""

_INNER: Final[Mapping[type[Any], tuple[str, ...]]] = {
    rules.Policy: ("hash", "text"),
    rules.FactRule: ("choices",),
}
"""Fields that are no keys of a file: the reader fills them in."""


@frozen(kw_only=True)
class Key:
    """
    A key of a table.

    Args:
        name: As a file writes it.
        text: What it is, in Markdown.
        default: What holds without it, in Markdown; *None* where it must be given.
        type: What its value is read as.
    """

    name: str
    text: str
    default: str | None
    type: Any


def keys_of(cls: type[Any]) -> tuple[Key, ...]:
    """Return the keys that a table of *cls* may have, in the order of the class."""
    told = _told(cls)
    return tuple(
        Key(
            name=(name := attribute.name.rstrip("_")),
            text=told.get(name, ("", None))[0],
            default=_default(attribute.default, told.get(name, ("", None))[1]),
            type=attribute.type,
        )
        for attribute in attrs.fields(attrs.resolve_types(cls))
        if attribute.name not in (*_INNER.get(cls, ()), GATHERED.get(cls))
    )


def known_keys(cls: type[Any]) -> list[str]:
    """Return the names of the keys that a table of *cls* may have."""
    return [key.name for key in keys_of(cls)]


def tables() -> Iterator[type[Any]]:
    """Yield the classes of tables that a policy is made of."""
    seen: list[type[Any]] = [rules.Policy]
    for each in seen:
        yield each
        for attribute in attrs.fields(attrs.resolve_types(each)):
            seen += [c for c in _classes_in(attribute.type) if c not in seen]


def _classes_in(type_: Any) -> Iterator[type[Any]]:  # noqa: ANN401
    if get_origin(type_) is not None or get_args(type_):
        for inner in get_args(type_):
            yield from _classes_in(inner)
    elif isinstance(type_, type) and attrs.has(type_) and is_table(type_):
        yield type_


def is_table(cls: type[Any]) -> bool:
    """
    Return whether *cls* is of a table, and not of a value such as a formula or a window.

    The classes of tables take their fields by name only, as a file gives them.
    """
    return all(attribute.kw_only for attribute in attrs.fields(cls))


# ---------------------------------------------------------------- docstrings

_ENTRY: Final = re.compile(r"^    (\w+): (.*?)(?=^    \w|\Z)", re.DOTALL | re.MULTILINE)
_ARGS: Final = re.compile(r"^Args:\n(.*?)(?=^\S|\Z)", re.DOTALL | re.MULTILINE)
_BY_DEFAULT: Final = re.compile(r"^(.*[.…]) By default (.*)\.$")


def _told(cls: type[Any]) -> Mapping[str, tuple[str, str | None]]:
    """Return what the docstring of *cls* says of each key: what it is, and without it."""
    args = _ARGS.search(inspect.getdoc(cls) or "")
    told = {}
    for name, text in _ENTRY.findall(args[1]) if args else ():
        said = " ".join(text.split()).replace("``", "`")
        split = _BY_DEFAULT.match(said)
        what, without = split.groups() if split else (said, None)
        told[name.rstrip("_")] = (_lowered(what.removesuffix(".")), without)
    return told


def _lowered(text: str) -> str:
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def _default(value: object, said: str | None) -> str | None:
    if value is attrs.NOTHING or said is not None:
        return said
    match value:
        case Window():
            value = value.text
        case rules.Excess():
            value = value.kind
        case bool() | int():
            return f"`{str(value).lower()}`"
    return f'`"{value}"`' if isinstance(value, str) else "none"
