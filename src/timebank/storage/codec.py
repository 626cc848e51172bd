"""
Entries as canonical JSON and back (body, format 1), and commitments to private details.

Canonical JSON is RFC 8785 restricted to what every writer agrees on: objects with ASCII
keys, arrays, strings without lone surrogates, booleans, null, and integers within
±(2^53−1).  Anything else is refused.  A body is written once and never re-serialised.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final, TypeVar

from attrs import fields, frozen

from ..entries import Entry, Recorded
from ..errors import NotCanonical, UnbalancedEntry
from ..labels import Labels
from ..model import (
    BALANCE_MAX,
    Bucket,
    EntryId,
    Finding,
    Lot,
    Posting,
)
from ..operations import Operation
from .forms import OPERATION, form_of, quoted

T = TypeVar("T")

FORMAT: Final = 1
_JSON: Final = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
)
_read_json: Final = json.JSONDecoder().decode


def canonical(value: Any, place: str = "value") -> str:  # noqa: ANN401 - any JSON value
    """
    Return *value* as canonical JSON.

    Raises:
        NotCanonical: If it lies outside the profile.
    """
    _check(value, place)
    return _JSON.encode(value)


def _check(value: object, place: str) -> None:
    match value:
        case None | bool():
            return
        case int():
            if abs(value) > BALANCE_MAX:
                raise NotCanonical(place, f"{value} is beyond ±(2^53−1)")
        case str():
            try:
                value.encode()
            except UnicodeEncodeError as error:
                at = f"a lone surrogate at character {error.start}"
                raise NotCanonical(place, at) from None
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


# ---------------------------------------------------------------- entries

_NO_BODY: Final = (
    *(ArithmeticError, AttributeError, LookupError, TypeError, ValueError),
    RecursionError,
)
"""What writing or reading a value of the wrong kind ends in."""

_MOVED: Final = tuple[Posting, ...]
_NOTED: Final = tuple[Finding, ...]
_FREE: Final = Bucket.FREE
_write_day: Final = form_of(date).write
_write_number: Final = form_of(int).write
_FIELDS: Final = {
    *(each.name for each in fields(Entry) if each.name != "recorded"),
    *("recorded_at", "recorded_on"),
}


def _write_entry(entry: Entry) -> str:
    # spelled out, as a leg is: to go through their columns takes twice as long
    recorded = entry.recorded
    # in UTC, which the constructor sees to, and which ends in "+00:00"
    moment = recorded.at.isoformat(timespec="microseconds")[:-6]
    commitment = (
        "" if entry.commitment is None else f'"commitment":{quoted(entry.commitment)},'
    )
    findings = (
        f'"findings":{form_of(_NOTED).write(entry.findings)},' if entry.findings else ""
    )
    legs = ",".join(map(_write_leg, entry.postings))
    postings = f'"postings":[{legs}],' if legs else ""
    target = "" if entry.target is None else f',"target":{quoted(entry.target)}'
    return (
        f'{{"actor":{quoted(entry.actor)},{commitment}'
        f'"effective_on":{_write_day(entry.effective_on)},{findings}'
        f'"format":{FORMAT},"id":{quoted(entry.id)},'
        f'"operation":{OPERATION.write(entry.operation)},'
        f'"policy":{quoted(entry.policy)},{postings}'
        f'"recorded_at":"{moment}Z",'
        f'"recorded_on":{_write_day(recorded.on)}{target}}}'
    )


def _write_leg(leg: Posting) -> str:
    bucket = "" if leg.bucket == _FREE else f'"bucket":{quoted(leg.bucket)},'
    lot = "" if leg.lot is None else f'"lot":{form_of(Lot).write(leg.lot)},'
    rule = "" if leg.rule == "" else f'"rule":{quoted(leg.rule)},'
    undoes = f'"undoes":{form_of(bool).write(leg.undoes)},' if leg.undoes else ""
    return (
        f'{{"account":{quoted(leg.account)},"amount":{_write_number(leg.amount)},'
        f'{bucket}{lot}{rule}{undoes}"unit":{quoted(leg.unit)}}}'
    )


def encode_entry(entry: Entry) -> str:
    """
    Return *entry* as a body, format 1: canonical JSON without what derives from others.

    Fields that have their default are left out.
    """
    return _written(_write_entry, entry, entry.id)


def _written(write: Callable[[T], str], value: T, place: str) -> str:
    try:
        body = write(value)
        if not body.isascii():
            body.encode()  # which no lone surrogate has
    except _NO_BODY as error:
        raise NotCanonical(place, str(error)) from None
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
    """What a body says beside what was asked and what moved, at a third of the cost."""

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
        table = _read_json(body)
    except (ValueError, TypeError, RecursionError) as error:
        raise NotCanonical("body", str(error)) from None
    if not isinstance(table, dict) or table.pop("format", None) != FORMAT:
        raise NotCanonical("format", f"only format {FORMAT} is known")
    if not _FIELDS.issuperset(table):
        strange = sorted(table.keys() - _FIELDS)
        raise NotCanonical("body", f"format {FORMAT} has no {', '.join(strange)}")
    try:
        return structure(table)
    except UnbalancedEntry:
        raise
    except KeyError as error:
        raise NotCanonical("body", f"lacks or does not know {error}") from None
    except _NO_BODY as error:
        raise NotCanonical("body", str(error)) from None


def _structure_entry(table: Mapping[str, Any]) -> Entry:
    target, commitment = table.get("target"), table.get("commitment")
    return Entry(
        id=table["id"],
        operation=OPERATION.read(table["operation"]),
        effective_on=date.fromisoformat(table["effective_on"]),
        recorded=_recorded(table["recorded_at"], table["recorded_on"]),
        actor=_text(table, "actor"),
        policy=_text(table, "policy"),
        target=None if target is None else EntryId(_text(table, "target")),
        postings=form_of(_MOVED).read(table.get("postings", ())),
        findings=_findings(table),
        commitment=None if commitment is None else _text(table, "commitment"),
    )


@lru_cache(maxsize=16)  # all of a batch were recorded at once
def _recorded(at: str, on: str) -> Recorded:
    return Recorded(at=datetime.fromisoformat(at), on=date.fromisoformat(on))


def _structure_heading(table: Mapping[str, Any]) -> Heading:
    return Heading(
        actor=_text(table, "actor"),
        policy=_text(table, "policy"),
        findings=_findings(table),
    )


def _findings(table: Mapping[str, Any]) -> tuple[Finding, ...]:
    noted: tuple[Finding, ...] = ()
    if "findings" in table:
        noted = form_of(_NOTED).read(table["findings"])
    return noted


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
    return _written(OPERATION.write, operation, "operation")


# ---------------------------------------------------------------- labels


@lru_cache(maxsize=4096)
def encode_labels(labels: Labels) -> str:
    """Return *labels* as canonical JSON: what says several things as a list."""
    # names are ours, and sorted; what they say was checked when it was asked
    if len(dict(labels)) == len(labels):  # as nearly always
        said = [f'"{name}":{quoted(value)}' for name, value in labels]
    else:
        table: dict[str, list[str]] = {}
        for name, value in labels:
            table.setdefault(name, []).append(quoted(value))
        said = [
            f'"{name}":{each[0]}' if len(each) == 1 else f'"{name}":[{",".join(each)}]'
            for name, each in table.items()
        ]
    return f"{{{','.join(said)}}}"


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
