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
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from ..errors import PolicyInvalid
from ..fields import unlike
from ..scope import NO_FUNCTIONS, Functions
from ..texts import Text
from . import rules
from .bundles import Part, heads, kinship, split
from .checks import misfits, mistakes
from .converter import structured
from .functions import functions_lacking
from .hints import Mistake, by_place, unknown_key
from .keys import known_keys
from .merging import Merged
from .places import keys_of

_TEXT: Final = Text(
    "the text of a policy, as Path(FILE).read_text() or timebank.programme(NAME) returns it",
    "规则文件的文字，如 Path(FILE).read_text() 或 timebank.programme(NAME) 所得",
)


def load_policy(
    text: str, *, name: str = "policy", functions: Functions = NO_FUNCTIONS
) -> rules.Policy:
    """
    Read a policy and check it.

    Args:
        text: The whole file, or a bundle.
        name: What to call it in an error.
        functions: What the host gives for the policy to use, by name and version.

    Raises:
        PolicyInvalid: With every mistake, each with its place, and of a bundle its file.
    """
    if not isinstance(text, str):
        raise unlike(text, _TEXT)
    policy, found, layers = _checked(text, name)
    found = (*found, *functions_lacking(policy, functions))
    if found:
        raise _invalid(name, found, layers)
    return policy


@lru_cache(maxsize=32)  # who adopts a policy has looked at it before
def _checked(text: str, name: str) -> tuple[rules.Policy, tuple[Mistake, ...], Merged]:
    """Return what *text* says, and what is wrong with it whatever the host gives."""
    layers = merged(text, name=name)
    policy = _structured(layers, text, name)
    return policy, tuple(mistakes(policy).items()), layers


@lru_cache(maxsize=512)  # a city has many bodies, each with its policies
def compiled(text: str) -> rules.Policy:
    """
    Return the policy of *text*, which was checked when it was adopted; read once.

    It is not checked again: a later release may find mistakes that an earlier one let
    pass, and books must open all the same.
    """
    return _structured(merged(text), text, "policy")


def merged(text: str, *, name: str = "policy") -> Merged:
    """
    Return the tables of *text*, each part laid over those before it, and who said what.

    Args:
        text: The whole file, or a bundle.
        name: What to call it, and in an error.

    Raises:
        PolicyInvalid: If a part is not TOML, or the parts do not hang together.
    """
    parts = split(text, name)
    read, unreadable = [], {}
    for part in parts:
        tables = _tables(part)
        if isinstance(tables, dict):
            read.append((part.name, tables))
        else:
            place, why = tables
            unreadable[place if len(parts) == 1 else f"{part.name}: {place}"] = why
    if unreadable:
        raise PolicyInvalid(name, unreadable)
    layers = Merged(alone=len(parts) == 1)
    layers.mistakes += kinship(parts)
    if layers.mistakes:
        raise _invalid(name, (), layers)
    for file, tables in read:
        if not layers.alone:
            layers.mistakes += ((file, m) for m in _lacking(tables))
        layers.add(file, tables)
    return layers


def _tables(part: Part) -> dict[str, Any] | Mistake:
    """Return what stands in *part*, or why it cannot be read."""
    try:
        part.text.encode()
    except UnicodeEncodeError as error:
        line = part.text.count("\n", 0, error.start) + 1
        half = Text(
            "holds half a character, which no file can: write it again",
            "含有半个字符，文件无法保存：请重新输入",
        )
        return f"line {line}", half
    try:
        tables = tomllib.loads(part.text)
        return _too_deep(tables) or tables
    except RecursionError:
        return "file", _TOO_DEEP
    except tomllib.TOMLDecodeError as error:
        hint = _IN_QUOTES if "immutable namespace" in str(error) else ""
        at = re.search(r"at line (\d+)", str(error))
        if at and _BARE.match(part.text.split("\n")[int(at[1]) - 1]):
            hint = _NAMES_IN_QUOTES
        if not re.search(r"[\n=]", part.text.strip()):
            hint = _NO_NAME
        if part.text.startswith("\ufeff"):
            hint = _MARKED
        why = Text("is not TOML: {e}{hint}", "不是 TOML：{e}{hint}", e=error, hint=hint)
        return "file", why


_BARE: Final = re.compile(r"""[^#"'=]*[^\x00-\x7f]""")
"""A line whose name outside quotes, or the sign after it, is no plain letter."""

_NAMES_IN_QUOTES: Final = Text(
    "; names other than of a to z, digits, - and _ go in plain quotes: "
    '[classes."家务"], "张三" = 1; quotes and signs are " and =, not “ and ＝',
    "；除英文字母、数字、- 和 _ 之外的名称须加半角引号，如 "
    '[classes."家务"]、"张三" = 1；引号和等号须用半角 " 和 =，不用“ 和 ＝',
)

_MARKED: Final = Text(
    "; it begins with a mark that some editors write: read the file as 'utf-8-sig'",
    "；开头有部分编辑器写入的标记：读取文件时编码请用 'utf-8-sig'",
)

_NO_NAME: Final = Text(
    "; the text of a policy is wanted, not its name: what a file holds, or "
    "timebank.programme(NAME)",
    "；须为政策的全文，而非名称：文件的内容，或 timebank.programme(名称)",
)


DEEPEST: Final = 32
"""So many tables and lists may stand within each other in a file."""

_TOO_DEEP: Final = Text(
    "has more than {most} tables and lists within each other: say it with fewer, as by "
    "a name in figures or classes",
    "表和列表的嵌套超过 {most} 层：请减少层次，例如在 figures 或 classes 中命名",
    most=DEEPEST,
)


def _too_deep(tables: dict[str, Any]) -> Mistake | None:
    """Return where more stands within each other than is read, by its first keys."""
    level: list[tuple[str, Any]] = [("", tables)]
    for deep in range(DEEPEST + 1):
        level = [
            (f"{place}.{key}".lstrip(".") if deep < _PLACE else place, inner)
            for place, value in level
            for key, inner in _inside(value)
            if isinstance(inner, dict | list)
        ]
    return next(((place, _TOO_DEEP) for place, _ in level), None)


_PLACE: Final = 3
"""By so many keys a part that is too deep is found: a rule's condition, say."""


def _inside(value: Any) -> Iterable[tuple[Any, Any]]:  # noqa: ANN401 - parsed TOML
    return value.items() if isinstance(value, dict) else enumerate(value)


_IN_QUOTES: Final = Text(
    "; where a role is tested itself, its values go in quotes: "
    'recipient = { known = true }, "recipient.age" = { min = 60 }',
    "；若已判断角色本身，则其各值须加引号："
    'recipient = { known = true }, "recipient.age" = { min = 60 }',
)


def _lacking(tables: Mapping[str, Any]) -> Iterator[Mistake]:
    """Find what every file of a bundle says for itself."""
    if tables.get("language") != rules.LANGUAGE:
        yield (
            "language",
            Text(
                "every file of a bundle says language = {language}",
                "合集中的每个文件都须写明 language = {language}",
                language=rules.LANGUAGE,
            ),
        )
    if not isinstance(heads(tables).get("name"), str):
        yield "policy.name", Text("is missing", "缺少此项")


def _structured(layers: Merged, text: str, name: str) -> rules.Policy:
    tables = layers.tables
    misread = list(_own_keys(tables))
    floats = dict(_floats(tables, ()))
    source = {"hash": hashlib.sha256(text.encode()).hexdigest(), "text": text}
    policy = structured(tables, source)
    if isinstance(policy, rules.Policy) and not (misread or floats or layers.mistakes):
        return policy
    if not isinstance(policy, rules.Policy):
        misread += [(p, text) for p, text in policy if p not in floats]
    misread += floats.items()
    misread += _beside(misread, tables, source)
    raise _invalid(name, misread, layers)


def _invalid(name: str, found: Iterable[Mistake], layers: Merged) -> PolicyInvalid:
    own = [mistake for _, mistake in layers.mistakes]
    texts = by_place([*own, *found])
    if layers.alone:
        return PolicyInvalid(name, texts)
    files = {place: file for file, (place, _) in layers.mistakes}
    said = {place: files.get(place) or layers.file_of(place) for place in texts}
    return PolicyInvalid(name, texts, {p: file for p, file in said.items() if file})


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
        _remove(rest, keys_of(rest, place))
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


def _remove(table: dict[str, Any], keys: tuple[str, ...]) -> None:
    for key in keys[:-1]:
        table = table[key]
    if keys:
        del table[keys[-1]]


def _own_keys(tables: Mapping[str, Any]) -> Iterator[Mistake]:
    """Find top-level keys that the reader itself fills in."""
    for key in ("hash", "text"):
        if key in tables:
            yield key, unknown_key(key, known_keys(rules.Policy))


def _floats(value: object, place: tuple[str, ...]) -> Iterator[Mistake]:
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
