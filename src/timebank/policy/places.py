"""
Places in the tables of a file, such as ``rules.gift.amount``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

NOWHERE: Final = object()
"""What stands where there is nothing."""


def keys_of(tables: Mapping[str, Any], place: str) -> tuple[str, ...]:
    """
    Return the keys that lead to *place*, or none if nothing is there.

    A key may hold dots itself: ``provider.age``, or a sentence.
    """
    for key, inner in tables.items():
        if place == key:
            return (key,)
        if place.startswith(f"{key}.") and isinstance(inner, dict):
            further = keys_of(inner, place.removeprefix(f"{key}."))
            if further:
                return (key, *further)
    return ()


def at(tables: Mapping[str, Any], place: str) -> Any:  # noqa: ANN401 - parsed TOML
    """Return what stands at *place*; `NOWHERE` where nothing does."""
    found: Any = tables if (keys := keys_of(tables, place)) else NOWHERE
    for key in keys:
        found = found[key]
    return found


def without(tables: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    """Return *tables* without what *keys* lead to."""
    first, *rest = keys
    if not rest:
        return {key: value for key, value in tables.items() if key != first}
    return {**tables, first: without(tables[first], tuple(rest))}


def differing(place: str, one: object, other: object) -> Iterator[str]:
    """Yield the places, at or below *place*, where the two differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in dict.fromkeys([*one, *other]):
            yield from differing(
                f"{place}.{key}", one.get(key, NOWHERE), other.get(key, NOWHERE)
            )
    elif one != other or type(one) is not type(other):
        yield place
