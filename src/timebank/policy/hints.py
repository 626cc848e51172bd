"""
What is said of a mistake in a policy: its place, what was found, the nearest right word.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterable
from datetime import date
from typing import Final, TypeVar

from ..texts import Text, joined

_T = TypeVar("_T")

Mistake = tuple[str, Text]
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


_AND: Final = Text("; ", "；")
NOTHING: Final = Text("nothing", "无")


def by_place(found: Iterable[Mistake]) -> dict[str, Text]:
    """Join what is wrong at one place, so that nothing hides anything."""
    several: dict[str, list[Text]] = {}
    for place, text in found:
        texts = several.setdefault(place, [])
        if text not in texts:
            texts.append(text)
    return {place: joined(texts, _AND) for place, texts in several.items()}


def text_of(error: BaseException) -> Text:
    """Return what *error* says, in both languages where it was said in both."""
    said = error.args[0] if error.args else str(error)
    return said if isinstance(said, Text) else Text(str(error), str(error))


def as_written(value: object) -> str:
    """Write *value* as the file has it, as far as a message can."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k} = …" for k in value) + " }" if value else "{}"
    return repr(value)


def in_full(value: object) -> str:
    """Write *value* whole, in one line, as the file may have it."""
    if isinstance(value, dict):
        pairs = (f"{_key(k)} = {in_full(v)}" for k, v in value.items())
        return f"{{ {', '.join(pairs)} }}" if value else "{}"
    if isinstance(value, list):
        return f"[{', '.join(in_full(each) for each in value)}]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return as_written(value)


def _key(key: str) -> str:
    plain = all(each.isascii() and (each.isalnum() or each in "_-") for each in key)
    return key if plain and key else json.dumps(key, ensure_ascii=False)


def unknown_key(key: str, known: Iterable[str]) -> Text:
    """Say that no table here has *key*, and which it has."""
    return Text(
        "unknown key `{key}`; {hint}",
        "未知的键 `{key}`；{hint}",
        key=key,
        hint=nearest(key, known),
    )


def unlike(value: object, known: Iterable[str]) -> Text:
    """Say that *value* is none of the words *known*."""
    return Text(
        "{value!r} is not known here; {hint}",
        "此处没有 {value!r}；{hint}",
        value=value,
        hint=nearest(str(value), known),
    )


def nearest(word: str, known: Iterable[str]) -> Text:
    """Suggest the word *known* that is most like *word*, or name them all."""
    words = list(known)
    near = difflib.get_close_matches(word, words, n=1)
    if near:
        return Text("did you mean `{near}`?", "是否指 `{near}`？", near=near[0])
    if not words:
        return Text("there is: none", "目前一个也没有")
    return Text("there is: {words}", "现有：{words}", words=", ".join(words))
