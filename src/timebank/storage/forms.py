"""
How values stand in a body: each kind as canonical JSON, and back.

The form of a kind follows from what its fields are annotated with.  Values are checked by
their classes, when they are made and when they are read; here only what kind of value
stands where.

A table is written as text at once, in the order of its keys.  To make a table of an entry,
have the encoder sort it, and look through what came of it for what canonical JSON has not,
takes twice as long; that clearer way is what tests hold this one to.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from functools import cache, lru_cache
from operator import attrgetter
from types import NoneType
from typing import Any, Final, NamedTuple, get_args, get_origin

import attrs

from ..model import BALANCE_MAX
from ..operations import TAGS, Facts, FactValue, Operation

quoted: Final = json.encoder.encode_basestring
"""Returns a text as JSON; a lone surrogate, which has no bytes, stays what it is."""


class Form(NamedTuple):
    """
    How values of one kind stand in a body.

    Args:
        write: Returns one as canonical JSON.
        read: Makes one of what JSON says, or raises what Python does for a wrong kind.
        kept: The type of JSON's whose values are such values already.
    """

    write: Callable[[Any], str]
    read: Callable[[Any], Any]
    kept: type | None = None


class Column(NamedTuple):
    """
    A key of a table and what stands there.

    Args:
        key: What it is called.
        at: Where the value is found.
        form: How it stands there.
        default: What is left out.
    """

    key: str
    at: str
    form: Form
    default: object = attrs.NOTHING


# ---------------------------------------------------------------- single values


def _read_only(*kinds: type) -> Callable[[Any], Any]:
    """Return what lets values of *kinds* through as they are, and nothing else."""

    def read(value: Any) -> Any:  # noqa: ANN401 - any JSON value
        if type(value) not in kinds:
            raise TypeError(f"{value!r} cannot stand there")
        return value

    return read


def _write_number(value: object) -> str:
    if type(value) is not int or not -BALANCE_MAX <= value <= BALANCE_MAX:
        raise TypeError(f"{value!r} is no whole number within ±(2^53−1)")
    return str(value)


def _write_scalar(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return quoted(value)
        case _:
            return _write_number(value)


# a batch has few days, and a day is like no other value
@lru_cache(maxsize=256)
def _write_day(value: object) -> str:
    if type(value) is not date:  # a moment is one in Python, and would not be read
        raise TypeError(f"{value!r} is no date")
    return f'"{value.isoformat()}"'


def plain_fact(value: FactValue) -> Any:  # noqa: ANN401 - any JSON value
    """Return what a fact is, as JSON has it."""
    return {"date": value.isoformat()} if isinstance(value, date) else value


def read_fact(value: Any) -> FactValue:  # noqa: ANN401 - any JSON value
    """Read what a fact is."""
    return date.fromisoformat(value["date"]) if isinstance(value, dict) else value


def _write_facts(facts: Facts) -> str:
    # pairs, because names need not be ASCII
    return f"[{','.join([_write_pair(*pair) for pair in facts])}]"


def _write_pair(name: str, value: FactValue) -> str:
    if isinstance(value, date):
        return f'[{quoted(name)},{{"date":{_write_day(value)}}}]'
    return f"[{quoted(name)},{_write_scalar(value)}]"


def _read_facts(pairs: Any) -> Facts:  # noqa: ANN401 - any JSON value
    return tuple([(name, read_fact(value)) for name, value in pairs])


_SINGLE: Final[Mapping[Any, Form]] = {
    str: Form(quoted, _read_only(str), str),
    int: Form(_write_number, _read_only(int), int),
    bool: Form(_write_scalar, _read_only(bool), bool),
    date: Form(_write_day, date.fromisoformat),
    Facts: Form(_write_facts, _read_facts),
    int | str | None: Form(_write_scalar, _read_only(int, str, NoneType), str),
}


# ---------------------------------------------------------------- of several


@cache
def form_of(kind: Any) -> Form:  # noqa: ANN401 - any annotation
    """
    Return the form of values of *kind*.

    Each is made when the first such value is read or written: all of them take longer than
    reading a balance does.
    """
    kind = getattr(kind, "__supertype__", kind)
    if kind in _SINGLE:
        return _SINGLE[kind]
    of = get_args(kind)
    if get_origin(kind) is tuple:
        return several(form_of(of[0]))
    if of and all(each in TAGS for each in of):
        return OPERATION
    if NoneType in of:
        (some,) = (each for each in of if each is not NoneType)
        return _perhaps(form_of(some))
    if issubclass(kind, StrEnum):
        return Form(quoted, {each.value: each for each in kind}.__getitem__)
    return _table(kind)


def several(form: Form) -> Form:
    """Return the form of a tuple of values of *form*."""
    write, read = form.write, form.read

    def write_all(values: Sequence[Any]) -> str:
        return f"[{','.join([write(each) for each in values])}]"

    def read_all(values: Any) -> tuple[Any, ...]:  # noqa: ANN401 - any JSON value
        return tuple([read(each) for each in values])

    return Form(write_all, read_all)


def _perhaps(form: Form) -> Form:
    """Return the form of values of *form*, or none: that is the default, and left out."""
    write, read, kept = form
    return Form(write, lambda value: None if value is None else read(value), kept)


def _columns(kind: Any) -> list[Column]:  # noqa: ANN401 - an attrs class
    """Return what stands in the table of a value of *kind*: its fields."""
    return [
        Column(field.name, field.name, form_of(field.type), field.default)
        for field in attrs.fields(attrs.resolve_types(kind))
    ]


def _writing(table: Sequence[Column]) -> Callable[[Any], str]:
    """Return what writes *table*, in the order of keys and without what has its default."""
    ordered = sorted(table)
    rows = [
        (f'"{each.key}":', each.default is attrs.NOTHING, each.default, each.form.write)
        for each in ordered
    ]
    # of two or more, as all have: of one it is no tuple
    values = attrgetter(*[each.at for each in ordered])

    def write(value: Any) -> str:  # noqa: ANN401 - of that kind
        said = [
            key + written(each)
            for (key, always, default, written), each in zip(
                rows, values(value), strict=True
            )
            if always or (each is not default and each != default)
        ]
        return f"{{{','.join(said)}}}"

    return write


def _table(kind: Any, *besides: Column) -> Form:  # noqa: ANN401 - an attrs class
    table = _columns(kind)
    kept = {each.key: each.form.kept for each in table}
    reads = {each.key: each.form.read for each in table}

    def read(values: Any) -> Any:  # noqa: ANN401 - any JSON value
        # uses up the table; most values are already what they are to be
        for name, value in values.items():
            if type(value) is not kept.get(name):
                values[name] = reads[name](value)
        return kind(**values)

    return Form(_writing([*table, *besides]), read)


# ---------------------------------------------------------------- operations

_KINDS: Final[Mapping[str, Any]] = {tag: kind for kind, tag in TAGS.items()}
_TYPE: Final = Column(
    "type",
    "__class__",
    Form({kind: quoted(tag) for kind, tag in TAGS.items()}.__getitem__, str),
)


@cache
def _form_called(tag: str) -> Form:
    """Return the form of the operation of that *tag*, which is said beside its fields."""
    return _table(_KINDS[tag], _TYPE)


def _write_operation(operation: Operation) -> str:
    return _form_called(TAGS[type(operation)]).write(operation)


def _read_operation(values: Any) -> Any:  # noqa: ANN401 - any JSON value
    return _form_called(values.pop("type")).read(values)


OPERATION: Final = Form(_write_operation, _read_operation)
"""An operation of any kind."""
