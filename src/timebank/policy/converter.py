"""
From the tables of a file to the classes of `rules`, and what is wrong there, by its place.

Which tables and keys there are is told by the classes; how values are written, by
`written`.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from operator import eq
from typing import Any, Final

import attrs
from cattrs import Converter
from cattrs.errors import (
    BaseValidationError,
    ClassValidationError,
    ForbiddenExtraKeysError,
    IterableValidationError,
)
from cattrs.gen import make_dict_structure_fn, override

from ..texts import Text
from . import ladders, rules
from .figures import written_out
from .hints import Mistake, Several, as_written, each, text_of, unknown_key
from .keys import GATHERED, known_keys
from .written import ANNOTATED, WRITTEN, Reader


def structured(
    tables: Mapping[str, Any], source: Mapping[str, str]
) -> rules.Policy | list[Mistake]:
    """
    Return the policy that *tables* are, or every mistake with its place.

    Args:
        tables: What the file holds.
        source: What the reader adds: the text, and its hash.
    """
    try:
        return written_out(_converter.structure({**tables, **source}, rules.Policy))
    except BaseValidationError as error:
        return list(_places(error, ()))


# ---------------------------------------------------------------- tables

_converter = Converter(forbid_extra_keys=True, detailed_validation=True)


def _structurer(cls: type[Any]) -> Callable[..., Any]:
    renamed: dict[str, Any] = {
        a.name: override(rename=a.name.rstrip("_"))
        for a in attrs.fields(cls)
        if a.name.endswith("_")
    }
    return make_dict_structure_fn(
        cls,
        _converter,
        _cattrs_forbid_extra_keys=True,
        _cattrs_detailed_validation=True,
        **renamed,
    )


def _table(cls: type[Any]) -> Reader:
    structure = _structurer(cls)

    def read(value: Any, kind: Any) -> Any:  # noqa: ANN401
        if not isinstance(value, dict):
            raise TypeError(
                Text(
                    "a table is wanted, found {found}",
                    "须为一个表，现为 {found}",
                    found=as_written(value),
                )
            )
        return structure(value, kind)

    return read


_converter.register_structure_hook_factory(attrs.has, _table)


def _rung(value: object, kind: object) -> ladders.Rung:
    """Read a level; a word is one that asks nothing."""
    if isinstance(value, str):
        return ladders.Rung(name=value)
    rung: ladders.Rung = _table(ladders.Rung)(value, kind)
    return rung


def _gathering(cls: type[Any], rest: str, fits: Callable[[str, Any], bool]) -> Reader:
    """
    Return a reader of *cls* that gathers the file's further keys in its field *rest*.

    A class's own figures stand beside its other keys, as do a kind's bounds by unit; what
    does not fit there is a key misspelt.
    """
    known = known_keys(cls)
    structure = _table(cls)

    def read(value: Any, kind: Any) -> Any:  # noqa: ANN401
        if not isinstance(value, dict):
            return structure(value, kind)
        own = {k: v for k, v in value.items() if k not in known}
        gathered = {k: v for k, v in own.items() if fits(k, v)}
        table = {k: v for k, v in value.items() if k in known} | {rest: gathered}
        unknown = [(k, partial(_refuse, unknown_key(k, known))) for k in own]
        wrong = [(k, refuse) for k, refuse in unknown if k not in gathered]
        return each([("", partial(structure, table, kind)), *wrong])[0]

    return read


def _refuse(text: Text) -> None:
    raise ValueError(text)


def _is_own_figure(key: str, value: object) -> bool:
    """Return whether *key* may be a class's own: a number, and no slip of the pen."""
    slip = difflib.get_close_matches(key, known_keys(rules.ClassRule), cutoff=0.75)
    return isinstance(value, int | str) and not slip


def _is_bounds(_: str, value: object) -> bool:
    return isinstance(value, dict)


_FITS: Final[Mapping[type[Any], Callable[[str, Any], bool]]] = {
    rules.ClassRule: _is_own_figure,
    rules.KindRule: _is_bounds,
}
"""What may be gathered of a table's further keys."""


def _register() -> None:
    for cls, read in WRITTEN:
        _converter.register_structure_hook(cls, read)
    for annotation, read in ANNOTATED:
        _converter.register_structure_hook_func(partial(eq, annotation), read)
    _converter.register_structure_hook(ladders.Rung, _rung)
    for cls, rest in GATHERED.items():
        read = _gathering(cls, rest, _FITS[cls])
        _converter.register_structure_hook(cls, read)


_register()


# ---------------------------------------------------------------- mistakes and places


def _places(error: BaseException, place: tuple[str, ...]) -> Iterator[Mistake]:
    if isinstance(error, ClassValidationError):
        with_notes, without = error.group_exceptions()
        for inner, note in with_notes:
            yield from _places(inner, (*place, str(note.name).rstrip("_")))
        for inner in without:
            yield from _places(inner, place)
    elif isinstance(error, IterableValidationError):
        indexed, without = error.group_exceptions()
        for inner, index in indexed:
            yield from _places(inner, (*place, str(index.index)))
        for inner in without:
            yield from _places(inner, place)
    elif isinstance(error, ForbiddenExtraKeysError):
        for key in sorted(error.extra_fields):
            yield _dotted((*place, key)), unknown_key(key, known_keys(error.cl))
    elif isinstance(error, Several):
        for part, inner in error.found:
            yield from _places(inner, (*place, part) if part else place)
    else:
        yield _dotted(place), _plain(error)


def _dotted(place: tuple[str, ...]) -> str:
    """Return the place as the file has it, without the tables that `_gathering` made."""
    match place:
        case ("accounts", kind, "units", *rest):
            place = ("accounts", kind, *rest)
        case ("classes", name, "attributes", *rest):
            place = ("classes", name, *rest)
    return ".".join(place) or "file"


def _plain(error: BaseException) -> Text:
    if isinstance(error, KeyError):
        return Text("`{key}` is missing", "缺少 `{key}`", key=error.args[0])
    return text_of(error)
