"""
Entries as canonical JSON and back (body, format 1), and commitments to private details.

Canonical JSON is RFC 8785 restricted to what every writer agrees on: objects with ASCII
keys, arrays, strings without lone surrogates, booleans, null, and integers within
±(2^53−1).  Anything else is refused.  A body is written once and never re-serialised.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache, lru_cache
from types import NoneType, UnionType
from typing import Any, Final, TypeVar, get_args

import attrs
from attrs import frozen
from cattrs import Converter
from cattrs.errors import (
    BaseValidationError,
    ForbiddenExtraKeysError,
    StructureHandlerNotFoundError,
)
from cattrs.gen import make_dict_unstructure_fn, override

from ..entries import Entry, Recorded
from ..errors import NotCanonical, UnbalancedEntry
from ..labels import Labels
from ..model import (
    BALANCE_MAX,
    EntryId,
    Finding,
    Lot,
    Posting,
)
from ..operations import TAGS, Facts, FactValue, Operation, Part

_quoted: Final = json.encoder.encode_basestring
T = TypeVar("T")

FORMAT: Final = 1
_JSON: Final = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
)


def canonical(value: Any, place: str = "value") -> str:  # noqa: ANN401 - any JSON value
    """
    Return *value* as canonical JSON.

    Raises:
        NotCanonical: If it lies outside the profile.
    """
    if not _is_within(value):
        _check(value, place)
    return _JSON.encode(value)


def _is_within(value: object) -> bool:
    """
    Return whether *value* lies within the profile, as `_check` finds it.

    It says no place, which `_check` makes up for each of two dozen values in an entry, and
    takes a third of the time.
    """
    if isinstance(value, str):
        return value.isascii() or _is_whole(value)
    if isinstance(value, int):
        return -BALANCE_MAX <= value <= BALANCE_MAX
    if isinstance(value, dict):
        for key, item in value.items():
            if not (isinstance(key, str) and key.isascii() and _is_within(item)):
                return False
        return True
    if isinstance(value, list | tuple):
        return all(map(_is_within, value))
    return value is None


def _is_whole(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _check(value: object, place: str) -> None:
    match value:
        case None | bool():
            return
        case int():
            if abs(value) > BALANCE_MAX:
                raise NotCanonical(place, f"{value} is beyond ±(2^53−1)")
        case str():
            if not value.isascii():
                _check_text(value, place)
        case list() | tuple():
            for index, item in enumerate(value):
                _check(item, f"{place}[{index}]")
        case dict():
            for key, item in value.items():
                if not isinstance(key, str) or not key.isascii():
                    raise NotCanonical(place, f"key {key!r} is not ASCII text")
                _check(item, f"{place}.{key}")
        case _:
            raise NotCanonical(place, f"{type(value).__name__} {value!r}")


def _check_text(text: str, place: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise NotCanonical(
            place, f"a lone surrogate at character {error.start}"
        ) from None


# ---------------------------------------------------------------- entries

_converter: Final = Converter(forbid_extra_keys=True, detailed_validation=False)


def unstructure_facts(facts: Facts) -> list[list[Any]]:
    """Return *facts* as JSON: pairs, because their names need not be ASCII."""
    return [[name, unstructure_fact(value)] for name, value in facts]


def unstructure_fact(value: FactValue) -> Any:  # noqa: ANN401
    """Return what a fact is, as JSON."""
    return {"date": value.isoformat()} if isinstance(value, date) else value


def structure_facts(pairs: Any, _: Any) -> Facts:  # noqa: ANN401
    """Read facts."""
    return tuple((name, structure_fact(value)) for name, value in pairs)


def structure_fact(value: Any) -> FactValue:  # noqa: ANN401
    """Read what a fact is."""
    return date.fromisoformat(value["date"]) if isinstance(value, dict) else value


def _structure_operation(table: Mapping[str, Any], _: Any = None) -> Operation:  # noqa: ANN401
    fields = dict(table)
    operation: Operation = _reader(_TAGGED[fields.pop("type")])(fields)
    return operation


def _unstructure_operation(operation: Operation) -> dict[str, Any]:
    tag = TAGS[type(operation)]
    return {"type": tag, **_writer(_TAGGED[tag])(operation)}


def _is_union_of_operations(kind: Any) -> bool:  # noqa: ANN401
    members = get_args(kind)
    return bool(members) and all(member in TAGS for member in members)


_converter.register_unstructure_hook(date, date.isoformat)
_converter.register_structure_hook(date, lambda text, _: date.fromisoformat(text))
_converter.register_structure_hook_func(lambda kind: kind == Facts, structure_facts)
_converter.register_unstructure_hook_func(lambda kind: kind == Facts, unstructure_facts)
_converter.register_structure_hook_func(_is_union_of_operations, _structure_operation)
_converter.register_unstructure_hook_func(
    _is_union_of_operations, _unstructure_operation
)
_converter.register_structure_hook_func(
    lambda kind: kind == int | str | None, lambda value, _: value
)


# each is made when the first of its kind is read or written: thirty of them take longer
# than a balance
@cache
def _writer(kind: type[Any]) -> Callable[[Any], dict[str, Any]]:
    """Return what makes a table of a value of *kind*, without what has its default."""
    recorded = override(omit=kind is Entry)  # written as two
    return make_dict_unstructure_fn(
        attrs.resolve_types(kind),
        _converter,
        _cattrs_omit_if_default=True,
        recorded=recorded,
    )


@cache
def _reader(kind: type[Any]) -> Callable[[dict[str, Any]], Any]:
    """
    Return what makes a value of *kind* of the table of one, which it uses up.

    What is kept as it is has to be of its kind, and is left to the class: the converter
    would make it of that kind, and take as long as all the rest.
    """
    fields = attrs.fields(attrs.resolve_types(kind))
    as_kept = {
        field.name: _kept_as(field.type) for field in fields if _is_kept(field.type)
    }
    made = {
        field.name: (field.type, _converter.get_structure_hook(field.type))
        for field in fields
        if field.name not in as_kept
    }

    def read(table: dict[str, Any]) -> Any:  # noqa: ANN401 - of that kind
        for name, value in table.items():
            if name in as_kept:
                if type(value) not in as_kept[name]:
                    raise TypeError(f"{name} cannot be {value!r}")
            elif name in made:
                type_, structure = made[name]
                table[name] = structure(value, type_)
        return kind(**table)

    return read


def _kept_as(kind: Any) -> tuple[Any, ...]:  # noqa: ANN401
    """Return the kinds, or the one, that values of *kind* are kept as."""
    kinds = get_args(kind) if isinstance(kind, UnionType) else (kind,)
    return tuple(getattr(each, "__supertype__", each) for each in kinds)


def _is_kept(kind: Any) -> bool:  # noqa: ANN401
    """Return whether JSON keeps all values of *kind* as they are."""
    return {*_kept_as(kind)} <= {str, int, bool, NoneType}


_TAGGED: Final[Mapping[str, Any]] = {tag: kind for kind, tag in TAGS.items()}
_OMITTING: Final = (Lot, Posting, Finding, Part)
_converter.register_unstructure_hook_factory(lambda kind: kind in _OMITTING, _writer)
_UNUSUAL: Final = re.compile(r"(?:\":|[\[,])-?\d+(?:[.eE]|\d{15})")
"""
What looks like a number that canonical JSON has not: a fraction, or a large one.

In a text it may be nothing of the kind; `canonical` looks at the values themselves.  In a
body, which is made of our own names and of values that were checked, nothing else can be
amiss, and looking for this alone takes a fifth of the time.
"""
_MICROSECOND: Final = "%Y-%m-%dT%H:%M:%S.%fZ"
_FIELDS: Final = {
    *(field.name for field in attrs.fields(Entry) if field.name != "recorded"),
    *("recorded_at", "recorded_on"),
}


def encode_entry(entry: Entry) -> str:
    """
    Return *entry* as a body, format 1: canonical JSON without what derives from others.

    Fields that have their default are left out.
    """
    table = _writer(Entry)(entry)
    table["format"] = FORMAT
    table["recorded_at"] = entry.recorded.at.strftime(_MICROSECOND)
    table["recorded_on"] = entry.recorded.on.isoformat()
    body = _JSON.encode(table)
    if _UNUSUAL.search(body) or not _is_whole(body):
        return canonical(table, entry.id)
    return body


def decode_entry(body: str) -> Entry:
    """
    Read a body.

    Raises:
        NotCanonical: If it is of another format, or no body at all.
        UnbalancedEntry: If its postings do not sum to zero.
    """
    return _read_body(body, _structure_entry)


@frozen(kw_only=True)
class Heading:
    """What a body says beside what was asked and what moved, at a fifth of the cost."""

    actor: str
    policy: str
    findings: tuple[Finding, ...]


def decode_heading(body: str) -> Heading:
    """
    Read only the heading of a body.

    Raises:
        NotCanonical: As `decode_entry`, for want of a heading.
    """
    return _read_body(body, _structure_heading)


def _read_body(body: str, structure: Callable[[Mapping[str, Any]], T]) -> T:
    try:
        table = json.loads(body)
    except (ValueError, TypeError, RecursionError) as error:
        raise NotCanonical("body", str(error)) from None
    if not isinstance(table, dict) or table.pop("format", None) != FORMAT:
        raise NotCanonical("format", f"only format {FORMAT} is known")
    if strange := table.keys() - _FIELDS:
        raise NotCanonical("body", f"format {FORMAT} has no {', '.join(strange)}")
    try:
        return structure(table)
    except UnbalancedEntry:
        raise
    except KeyError as error:
        raise NotCanonical("body", f"lacks or does not know {error}") from None
    except _NO_BODY as error:
        raise NotCanonical("body", str(error)) from None


_NO_BODY: Final = (
    *(ArithmeticError, AttributeError, LookupError, TypeError, ValueError),
    *(BaseValidationError, ForbiddenExtraKeysError, StructureHandlerNotFoundError),
    RecursionError,
)
"""What reading a value of the wrong shape ends in, ours or the converter's."""


def _structure_entry(table: Mapping[str, Any]) -> Entry:
    at = datetime.fromisoformat(table["recorded_at"])
    recorded = Recorded(at=at, on=date.fromisoformat(table["recorded_on"]))
    target, commitment = table.get("target"), table.get("commitment")
    return Entry(
        id=table["id"],
        operation=_structure_operation(table["operation"]),
        effective_on=date.fromisoformat(table["effective_on"]),
        recorded=recorded,
        actor=_text(table, "actor"),
        policy=_text(table, "policy"),
        target=None if target is None else EntryId(_text(table, "target")),
        postings=tuple(map(_reader(Posting), table.get("postings", ()))),
        findings=_findings(table),
        commitment=None if commitment is None else _text(table, "commitment"),
    )


def _structure_heading(table: Mapping[str, Any]) -> Heading:
    return Heading(
        actor=_text(table, "actor"),
        policy=_text(table, "policy"),
        findings=_findings(table),
    )


def _findings(table: Mapping[str, Any]) -> tuple[Finding, ...]:
    return tuple(map(_reader(Finding), table.get("findings", ())))


def _text(table: Mapping[str, Any], key: str) -> str:
    value = table[key]
    if not isinstance(value, str):
        raise TypeError(f"{key} is text, found {value!r}")
    return value


def same_request(entry: Entry, operation: Operation, effective_on: date) -> bool:
    """Return whether *entry* came of this very request: same operation, same day."""
    return entry.effective_on == effective_on and encode_operation(
        entry.operation
    ) == encode_operation(operation)


def encode_operation(operation: Operation) -> str:
    """Return *operation* as canonical JSON."""
    return canonical(_unstructure_operation(operation), "operation")


# ---------------------------------------------------------------- labels


@lru_cache(maxsize=4096)
def encode_labels(labels: Labels) -> str:
    """Return *labels* as canonical JSON: what says several things as a list."""
    table: dict[str, list[str]] = {}
    for name, value in labels:
        table.setdefault(name, []).append(_quoted(value))
    # names are ours, and sorted; what they say was checked when it was asked
    said = (f'"{name}":{_one_or_several(each)}' for name, each in table.items())
    return "{" + ",".join(said) + "}"


def _one_or_several(values: list[str]) -> str:
    return values[0] if len(values) == 1 else f"[{','.join(values)}]"


@lru_cache(maxsize=4096)
def decode_labels(text: str) -> Labels:
    """Read labels."""
    return tuple(
        (name, value)
        for name, values in json.loads(text).items()
        for value in ([values] if isinstance(values, str) else values)
    )


# ---------------------------------------------------------------- private details


def commitment(private: Mapping[str, str], salt: bytes) -> str:
    """
    Return the commitment to *private*: SHA-256 of the salt and its canonical JSON.

    The salt is kept with the details and erased with them; without it nobody can tell
    from the entry what they were.
    """
    body = encode_private(private).encode()
    return hashlib.sha256(salt + body).hexdigest()


def encode_private(private: Mapping[str, str]) -> str:
    """Return private details as canonical JSON: pairs, so that names need not be ASCII."""
    return canonical([[name, private[name]] for name in sorted(private)], "private")


def decode_private(body: str) -> dict[str, str]:
    """
    Read private details.

    Raises:
        NotCanonical: If they are none.
    """
    try:
        return dict(json.loads(body))
    except (ValueError, TypeError) as error:
        raise NotCanonical("private", str(error)) from None
