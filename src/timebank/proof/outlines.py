"""
What a body says of itself, held against its row without making values of it.

A *plain* entry acts on no other, waits for nothing, and opens an account or moves credits.
Here is what can be told of one by its own body: that every field fits, and that every
column of its row says the same.  What it moves is `plain`'s.

Nothing here says what is wrong.  A body that is not plain, or not just as it should be,
has no outline.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Mapping
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from operator import attrgetter, itemgetter
from typing import Any, Final, NamedTuple

import attrs
from attrs import define, field, frozen

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
    OpenAccount,
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
        *(PlaceOrder, EndPeriod, OpenAccount),
    )
}
"""Operations that change nothing but balances, or open an account, by their tags."""
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
        opens: Whether it opens an account.
    """

    checks: tuple[tuple[str, Container[Any], Fits], ...]
    on: str
    labels: Mapping[str, str]
    who: tuple[str, ...]
    falls_due: bool
    timed: bool
    opens: bool
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


Known = tuple[Container[Any], Fits]
"""Values that were found to be as they should, and what finds that out."""


def _known(kept: type, fits: Callable[[Any], object]) -> Known:
    """Return what remembers the values, of the very type *kept*, that *fits* gives back."""
    found: set[Any] = set()

    def is_known(value: object) -> bool:
        if type(value) is not kept:
            return False
        if value not in found:
            if fits(value) != value:
                return False
            if len(found) >= MEMO_MAX:
                found.clear()
            found.add(value)
        return True

    # 1, 1.0 and true are the same to a set; a text is like nothing else
    return found if kept is str else (), is_known


_IN_ROW: Final = attrgetter("id", "root", "effective_on", "recorded_on")
_IN_BODY: Final = itemgetter("id", "id", "effective_on", "recorded_on")


def _day(text: str) -> str:
    return date.fromisoformat(text).isoformat()


@define
class Outlines:
    """The shapes of bodies that were met, and the texts that were found to fit."""

    _shapes: dict[tuple[Any, ...], Shape | None] = field(factory=dict)
    _texts: dict[Any, Known] = field(factory=dict)
    _days: Known = field(factory=lambda: _known(str, _day))

    def outline(self, stored: StoredEntry) -> Outline | None:
        """Return the body of *stored* if it is plain and its row says the same."""
        try:
            table, end = _scan(stored.body, 0)
            asked, kind = table["operation"], stored.kind
            shape = self._shape(tuple(table), tuple(asked), kind)
            if shape is None or end != len(stored.body) or asked["type"] != kind:
                return None
            for name, known, fits in shape.checks:
                if asked[name] not in known and not fits(asked[name]):
                    return None
            if self._heads(stored, table) and _has_shift(stored, shape, asked):
                return Outline(shape, table, asked)
        except OF_NO_OUTLINE:
            pass  # as said of what is not plain
        return None

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
        fields_of = {name: at for name, at, _ in labels}
        if len(fields_of) < len(labels):  # one label says several things
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
            labels=fields_of,
            who=tuple(at for _, at, who in labels if who),
            falls_due=kind in OF_ITS_DAY,
            timed="starts_at" in given,
            opens=kind is OpenAccount,
        )

    def _check(self, attribute: Any) -> Known | None:  # noqa: ANN401 - of any type
        """Return what looks at values of a field, by what its class does with them."""
        form, convert = form_of(attribute.type), attribute.converter or _as_it_is
        if attribute.type == Facts:
            return (), lambda value: convert(form.read(value)) is not None
        if isinstance(attribute.type, type) and issubclass(attribute.type, StrEnum):
            return (), lambda value: form.read(value) in attribute.type
        if form.kept is None:
            return None
        if attribute.validator is not None:
            return _known(form.kept, _validated(attribute, convert))
        return self._texts.setdefault(convert, _known(form.kept, convert))


def _as_it_is(value: object) -> object:
    return value


def _validated(
    attribute: Any,  # noqa: ANN401 - of any type
    convert: Callable[[Any], object],
) -> Callable[[Any], object]:
    def checked(value: object) -> object:
        attribute.validator(None, attribute, value)
        return convert(value)

    return checked


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
