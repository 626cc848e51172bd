"""
What is said of a mistake in a policy: its place, what was found, the nearest right word.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, TypeVar

_T = TypeVar("_T")

Mistake = tuple[str, str]
"""A place in the policy, and what is wrong there."""


class Several(Exception):
    """Mistakes in the parts of one value: each with its place within it."""

    def __init__(self, found: list[tuple[str, Exception]]) -> None:
        super().__init__(found)
        self.found = found


def each(parts: Iterable[tuple[str, Callable[[], _T]]]) -> list[_T]:
    """
    Read every part, each under its place.

    Raises:
        Several: With all that cannot be read.
    """
    read: list[_T] = []
    found: list[tuple[str, Exception]] = []
    for place, reader in parts:
        try:
            read.append(reader())
        except (TypeError, ValueError, Several, ExceptionGroup) as error:
            found.append((place, error))
    if found:
        raise Several(found)
    return read


def by_place(found: Iterable[Mistake]) -> dict[str, str]:
    """Join what is wrong at one place, so that nothing hides anything."""
    joined: dict[str, list[str]] = {}
    for place, text in found:
        texts = joined.setdefault(place, [])
        if text not in texts:
            texts.append(text)
    return {place: "; ".join(texts) for place, texts in joined.items()}


def as_written(value: Any) -> str:  # noqa: ANN401
    """Write *value* as the file has it, as far as a message can."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k} = …" for k in value) + " }" if value else "{}"
    return repr(value)


def unknown_key(key: str, known: Iterable[str]) -> str:
    """Say that no table here has *key*, and which it has."""
    return f"unknown key `{key}`; {nearest(key, known)}"


def unlike(value: object, known: Iterable[str]) -> str:
    """Say that *value* is none of the words *known*."""
    return f"{value!r} is not known here; {nearest(str(value), known)}"


def nearest(word: str, known: Iterable[str]) -> str:
    """Suggest the word *known* that is most like *word*, or name them all."""
    words = list(known)
    near = difflib.get_close_matches(word, words, n=1)
    if near:
        return f"did you mean `{near[0]}`?"
    return f"there is: {', '.join(words) or 'none'}"
