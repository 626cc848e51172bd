"""
What a body says of itself, held against its row without making values of it.

A *plain* entry acts on no other, waits for nothing, changes no account and moves credits.
Here is what can be told of one by its own body: that every field fits, and that every
column of its row says the same.  What it moves is `plain`'s.

Nothing here says what is wrong.  A body that is not plain, or not just as it should be,
has no outline.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Mapping
from datetime import UTC, date, datetime, timedelta
from operator import attrgetter, itemgetter
from typing import Any, Final, NamedTuple

import attrs
from attrs import define, field, frozen

from .. import fields
from ..decide.days import OF_ITS_DAY
from ..labels import WORDS, as_given
from ..model import ENTRY_ID, Effect, Reason, clean_id
from ..operations import (
    TAGS,
    Allocate,
    Donate,
    EndPeriod,
    Facts,
    Give,
    Grant,
    PlaceOrder,
    RecordMark,
    RecordService,
)
from ..standing import MINUTES_A_DAY
from ..storage.codec import FORMAT
from ..storage.forms import form_of, quoted
from ..storage.protocol import StoredEntry
from ..storage.rows import EPOCH

PLAIN: Final = {
    TAGS[kind]: kind
    for kind in (
        *(RecordService, RecordMark, Give, Donate, Allocate, Grant),
        *(PlaceOrder, EndPeriod),
    )
}
"""Operations that change nothing but balances, by their tags."""
MEMO_MAX: Final = 10_000
"""How many texts, or days, or shapes are remembered before they are forgotten."""
OF_NO_OUTLINE: Final = (
    *(ArithmeticError, AttributeError, LookupError, TypeError, ValueError),
    *(StopIteration, RecursionError),
)
"""What looking at a body of another shape ends in."""

Fits = Callable[[Any], bool]

_scan: Final = json.JSONDecoder().raw_decode
_NEEDED: Final = frozenset(
    {"actor", "effective_on", "format", "id", "operation", "policy"}
    | {"recorded_at", "recorded_on"}
)
_HEAD: Final = _NEEDED | {"commitment", "findings", "postings"}
_FINDING: Final = frozenset(
    {"account", "code", "effect", "found", "reason", "unit", "wanted"}
)
_REASONS: Final = frozenset(map(str, Reason))
_NOTES: Final = str(Effect.NOTES)
_MICROSECOND: Final = timedelta(microseconds=1)


@frozen(eq=False)
class Shape:
    """
    What bodies of one operation with the same fields have in common.

    Args:
        checks: The operation's fields: each with values that were found to fit, and what
            finds that out.
        on: The label ``on``.
        labels: The other labels that the operation says, and the field of each.
        who: The fields of those that say who.
        falls_due: Whether limits are asked as of the effective day.
        timed: Whether it says at what time of day it began.
    """

    checks: tuple[tuple[str, Container[Any], Fits], ...]
    on: str
    labels: Mapping[str, str]
    who: tuple[str, ...]
    falls_due: bool
    timed: bool
    _patterns: dict[tuple[str | None, str], str] = field(factory=dict, init=False)

    def said(self, asked: Mapping[str, Any]) -> dict[str, str]:
        """Return what is *asked* as the labels say it, by field."""
        return {at: quoted(asked[at]) for at in self.labels.values()}

    def pattern(self, own: str | None, others: str) -> str:
        """
        Return how the labels of a leg are written, around what is said.

        Args:
            own: The field that names the leg's own account, which is not told.
            others: The label ``other``, as it is written.
        """
        found = self._patterns.get((own, others))
        if found is None:
            told = {
                **{name: f'"{name}":%({at})s' for name, at in self.labels.items()},
                "on": f'"on":"{self.on}"',
                "other": others,
            }
            found = ",".join(
                told[name]
                for name in sorted(told)
                if told[name] and not (own and self.labels.get(name) == own)
            )
            found = self._patterns[own, others] = "{" + found + "}"
        return found


class Outline(NamedTuple):
    """A body that is plain, as far as it says itself."""

    shape: Shape
    table: Mapping[str, Any]
    asked: Mapping[str, Any]


Known = tuple[set[str], Fits]
"""Texts that were found to be as they should, and what finds that out."""


def _known(fits: Callable[[str], object]) -> Known:
    """Return what remembers the texts that *fits* gave back as they are."""
    found: set[str] = set()  # of texts alone: 1 and True are the same to a set

    def is_known(text: object) -> bool:
        if type(text) is not str or fits(text) != text:
            return False
        if len(found) >= MEMO_MAX:
            found.clear()
        found.add(text)
        return True

    return found, is_known


_IN_ROW: Final = attrgetter("id", "root", "effective_on", "recorded_on")
_IN_BODY: Final = itemgetter("id", "id", "effective_on", "recorded_on")


def _day(text: str) -> str:
    return date.fromisoformat(text).isoformat()


@define
class Outlines:
    """The shapes of bodies that were met, and the texts that were found to fit."""

    _shapes: dict[tuple[Any, ...], Shape | None] = field(factory=dict)
    _texts: dict[Any, Known] = field(factory=dict)
    _days: Known = field(factory=lambda: _known(_day))

    def outline(self, stored: StoredEntry) -> Outline | None:
        """Return the body of *stored* if it is plain and its row says the same."""
        try:
            return self._outline(stored)
        except OF_NO_OUTLINE:
            return None

    def _outline(self, stored: StoredEntry) -> Outline | None:
        table, end = _scan(stored.body, 0)
        asked = table["operation"]
        shape = self._shape(tuple(table), tuple(asked), stored.kind)
        if shape is None or end != len(stored.body) or asked["type"] != stored.kind:
            return None
        for name, known, fits in shape.checks:
            if asked[name] not in known and not fits(asked[name]):
                return None
        if not (self._heads(stored, table) and _has_shift(stored, shape, asked)):
            return None
        return Outline(shape, table, asked)

    def _heads(self, stored: StoredEntry, table: Mapping[str, Any]) -> bool:
        """Return whether what is said beside the operation fits, and *stored* says it."""
        at = datetime.fromisoformat(table["recorded_at"])
        known, is_day = self._days
        return (
            _IN_ROW(stored) == _IN_BODY(table)
            and stored.target is None
            and (stored.effective_on in known or is_day(stored.effective_on))
            and (stored.recorded_on in known or is_day(stored.recorded_on))
            and at.tzinfo is UTC
            and (at - EPOCH) // _MICROSECOND == stored.recorded_at
            and clean_id(stored.id, ENTRY_ID) == stored.id
            and table["format"] == FORMAT
            and type(table["actor"]) is str
            and table["actor"] != ""
            and ("commitment" not in table or type(table["commitment"]) is str)
            and ("findings" not in table or all(map(_is_note, table["findings"])))
        )

    def is_day(self, text: str) -> bool:
        """Return whether *text* is a day as it is written everywhere here."""
        known, fits = self._days
        return text in known or fits(text)

    # ------------------------------------------------------------ shapes

    def _shape(
        self, head: tuple[str, ...], given: tuple[str, ...], tag: str
    ) -> Shape | None:
        key = head, given, tag
        if key not in self._shapes:
            if len(self._shapes) >= MEMO_MAX:
                self._shapes.clear()
            is_plain = _NEEDED <= {*head} <= _HEAD and tag in PLAIN
            self._shapes[key] = (
                self._of_kind(PLAIN[tag], {*given}) if is_plain else None
            )
        return self._shapes[key]

    def _of_kind(self, kind: type[Any], given: set[str]) -> Shape | None:
        """Return the shape of operations of *kind* that say what is *given*."""
        given = given - {"type"}
        by_name = attrs.fields_dict(attrs.resolve_types(kind))
        needed = {
            name for name, each in by_name.items() if each.default is attrs.NOTHING
        }
        labels = as_given(kind, given)
        if labels is None or not needed <= given <= by_name.keys():
            return None
        checks = []
        for name in given:
            check = self._check(by_name[name])
            if check is None:
                return None
            checks.append((name, *check))
        return Shape(
            checks=tuple(checks),
            on=WORDS[kind],
            labels={name: at for name, at, _ in labels},
            who=tuple(at for _, at, who in labels if who),
            falls_due=kind in OF_ITS_DAY,
            timed="starts_at" in given,
        )

    def _check(self, attribute: Any) -> tuple[Container[Any], Fits] | None:  # noqa: ANN401 - of any type
        """Return what looks at values of a field, by what its class does with them."""
        if attribute.type == Facts:
            return (), _are_facts
        kept = form_of(attribute.type).kept
        if kept is None:
            return None
        if kept is str and attribute.validator is None:
            convert = attribute.converter or str
            return self._texts.setdefault(convert, _known(convert))
        return (), _validated(attribute, kept)


def _validated(attribute: Any, kept: type) -> Fits:  # noqa: ANN401 - of any type
    convert = attribute.converter or (lambda value: value)
    validate = attribute.validator or (lambda *_: None)

    def fits(value: object) -> bool:
        validate(None, attribute, value)
        return type(value) is kept and convert(value) == value

    return fits


def _are_facts(value: object) -> bool:
    fields.facts(form_of(Facts).read(value))
    return True


def _is_note(finding: Mapping[str, Any]) -> bool:
    """Return whether *finding* is one that only notes something."""
    return (
        finding.keys() <= _FINDING
        and type(finding["code"]) is str
        and finding["reason"] in _REASONS
        and finding["effect"] == _NOTES
        and all(
            type(finding.get(name)) in {str, int, type(None)}
            for name in ("wanted", "found")
        )
        and all(
            type(finding.get(name)) in {str, type(None)} for name in ("unit", "account")
        )
    )


def _has_shift(stored: StoredEntry, shape: Shape, asked: Mapping[str, Any]) -> bool:
    """Return whether *stored* says when it took place, if that is known."""
    kept = stored.provider, stored.starts, stored.ends
    if not shape.timed:
        return kept == (None, None, None)
    day = date.fromisoformat(stored.effective_on).toordinal()
    start = day * MINUTES_A_DAY + asked["starts_at"]
    return kept == (asked["provider"], start, start + asked["minutes"])
