"""
Bundles: a policy that extends others, and all of them, as one text.

The parents stand first, each part behind a line that names it, and the policy itself last.
A policy that extends nothing is a bundle of one, which is its text.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from attrs import frozen

from ..errors import PolicyInvalid
from ..texts import Text
from .hints import Mistake, nearest

SUFFIX: Final = ".toml"
_MARKER: Final = re.compile(r"^#=+ policy: (?P<name>.*?) =+#\r?\n", re.MULTILINE)

Find = Callable[[str], "tuple[str, str] | None"]
"""Returns the file name and text of the policy that a name means, or *None*."""


@frozen
class Part:
    """One file of a bundle: what it is called, and its text."""

    name: str
    text: str


def split(text: str, name: str) -> tuple[Part, ...]:
    """
    Return the parts of *text*, parents first.

    Args:
        text: A bundle, or one file.
        name: What to call it, if it is one file.

    Raises:
        PolicyInvalid: If something stands before the first part.
    """
    before, *rest = _MARKER.split(text)
    if not rest:
        return (Part(name, text),)
    if before.strip():
        why = Text(
            "something stands before the first part of the bundle",
            "合集的第一部分之前另有内容",
        )
        raise PolicyInvalid(name, {"line 1": why})
    return tuple(Part(*pair) for pair in zip(rest[::2], rest[1::2], strict=True))


def joined(parts: Sequence[Part]) -> str:
    """Return *parts* as one text; of a single one, its own."""
    if len(parts) == 1:
        return parts[0].text
    return "".join(
        f"#==== policy: {part.name} ====#\n{part.text.rstrip()}\n" for part in parts
    )


def bundled(text: str, *, name: str, find: Find) -> str:
    """
    Return *text* with all that it extends before it.

    Args:
        text: A policy file, or a bundle.
        name: What it is called.
        find: Finds a policy by what `extends` calls it.

    Raises:
        PolicyInvalid: If one cannot be found, or extends itself.
    """
    parts: list[Part] = []

    def add(text: str, name: str, below: tuple[str, ...]) -> None:
        for part in split(text, name):
            if part in parts:
                continue
            for parent in extended(part.text):
                if any(parent in names(each) for each in parts):
                    continue
                found = find(parent)
                if found is None or found[0] in (*below, part.name):
                    way = " → ".join((*below, part.name, found[0] if found else parent))
                    why = _circle(way) if found else _not_found(parent)
                    raise PolicyInvalid(
                        name, {"policy.extends": why}, {"policy.extends": part.name}
                    )
                add(found[1], found[0], (*below, part.name))
            parts.append(part)

    add(text, name, ())
    return joined(parts)


def _not_found(parent: str) -> Text:
    return Text(
        "there is no policy {parent!r}: neither a file beside this one, by the name of "
        "its policy or its own, nor a programme that ships",
        "找不到政策 {parent!r}：同一目录下没有此名称（政策名或文件名）的文件，"
        "自带的方案中也没有",
        parent=parent,
    )


def _circle(way: str) -> Text:
    return Text("extends itself: {way}", "循环引用自身：{way}", way=way)


def names(part: Part) -> tuple[str, ...]:
    """Return what *part* can be called: by the policy's name, or the file's."""
    own = _head(part.text).get("name")
    return (str(own), part.name, part.name.removesuffix(SUFFIX))


def extended(text: str) -> tuple[str, ...]:
    """Return what the file *text* extends, as far as that can be read."""
    found = _head(text).get("extends", [])
    several = found if isinstance(found, list) else [found]
    return tuple(word for word in several if isinstance(word, str))


@lru_cache(maxsize=64)  # asked of every part, by every part that stands after it
def _head(text: str) -> Mapping[str, Any]:
    try:
        return heads(tomllib.loads(text))
    except tomllib.TOMLDecodeError:
        return {}  # told where the file is read


def kinship(parts: Sequence[Part]) -> Iterator[tuple[str, Mistake]]:
    """
    Find what is wrong with how *parts* hang together, each with the file it is in.

    Every one extends only what stands before it, none is there twice, and none is there
    that nobody extends.
    """
    reached: set[str] = set()
    for part in reversed(parts):
        if part is not parts[-1] and not reached & set(names(part)):
            why = Text("nobody extends it", "没有任何政策引用它")
            yield part.name, ("policy.name", why)
        reached |= set(extended(part.text))
    for index, part in enumerate(parts):
        before = [name for each in parts[:index] for name in names(each)]
        if names(part)[0] in before:
            why = Text(
                "another policy of the bundle is called {name!r}",
                "合集中另有名为 {name!r} 的政策",
                name=names(part)[0],
            )
            yield part.name, ("policy.name", why)
        for parent in extended(part.text):
            if parent not in before:
                why = Text(
                    "{parent!r} does not stand before it in the bundle; {hint}. "
                    "`timebank policy` finds it beside the file, and "
                    "timebank.bundled() where it is told to",
                    "合集中在它之前没有 {parent!r}；{hint}。`timebank policy` "
                    "命令会在同一目录下查找，timebank.bundled() 则按所给方式查找",
                    parent=parent,
                    hint=nearest(parent, _known(parts[:index])),
                )
                yield part.name, ("policy.extends", why)


def _known(parts: Iterable[Part]) -> list[str]:
    return [str(names(part)[0]) for part in parts]


def heads(tables: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a file says of itself; nothing where that is no table."""
    head = tables.get("policy")
    return head if isinstance(head, dict) else {}
