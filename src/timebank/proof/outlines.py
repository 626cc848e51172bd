"""
What a body says of itself, held against its row without making values of it.

A *plain* entry acts on no other, waits for nothing, opens an account or moves credits, and
has no escape in its body.  Here is what can be told of one by itself: that every field
fits, and that every column of its row says the same.  What it moves is `plain`'s.

There is one way to write a body.  So it is not read as JSON: a pattern, made of what an
operation has, finds each value between keys as they have to stand, and a value fits that
is the same text once it was read, made and written again, which texts remembered were.
That takes half of what it takes to read JSON, which would not say how it was written.

Nothing here says what is wrong.  A body that is not plain, or not just as it should be,
has no outline.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Container, Mapping, Sequence
from datetime import date
from enum import StrEnum
from operator import itemgetter
from typing import Any, Final

import attrs
from attrs import define, field, frozen

from ..decide.days import OF_ITS_DAY
from ..labels import WORDS, as_given
from ..model import ENTRY_ID, Effect, Finding, clean_id
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
from ..shifts import MINUTES_A_DAY
from ..storage.codec import FORMAT
from ..storage.forms import Form, form_of, quoted, several
from ..storage.protocol import StoredEntry

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
Said = tuple[str, Callable[[Sequence[str | None]], object]]
"""A text with gaps, and what picks that which fills them."""


@frozen(eq=False)
class Shape:
    """
    What bodies of one operation with the same fields have in common.

    Args:
        checks: The operation's fields, by number: each with values that were found to fit,
            and what finds that out.
        on: The label ``on``.
        labels: The other labels that the operation says, and the number of the field of each.
        who: The fields of those that say who.
        falls_due: Whether limits are asked as of the effective day.
        timed: The fields that say who did it, from when and how long, if it says from when.
        opens: Whether it opens an account.
    """

    checks: tuple[tuple[int, Container[str], Fits], ...]
    on: str
    labels: Mapping[str, int]
    who: tuple[int, ...]
    falls_due: bool
    timed: tuple[int, int, int] | None
    opens: bool
    _patterns: dict[tuple[int | None, str], Said] = field(factory=dict, init=False)

    def pattern(self, own: int | None, others: str) -> Said:
        """
        Return how the labels of a leg are written, and what picks what they say.

        Args:
            own: The field that names the leg's own account, which is not told.
            others: The label ``other``, as it is written.
        """
        found = self._patterns.get((own, others))
        if found is None:
            at = {name: n for name, n in self.labels.items() if n != own}
            told = {name: f'"{name}":%s' for name in at}
            told |= {"on": f'"on":"{self.on}"'} | ({"other": others} if others else {})
            written = ",".join(told[name] for name in sorted(told))
            found = self._patterns[own, others] = (
                f"{{{written}}}",
                picking([at[name] for name in sorted(at)]),
            )
        return found


def picking(places: Sequence[int]) -> Callable[[Sequence[str | None]], object]:
    """Return what picks what stands at *places*, as ``%`` wants it."""
    return itemgetter(*places) if places else lambda _: ()


Outline = tuple[Shape, Sequence[str | None], str, str]
"""
A body that is plain, as far as it says itself: what it has in common with others; the
fields of its operation, as they are written, where *None* is not there; the policy it
names; and what follows, which is what it moves, and when it was recorded.
"""

# ---------------------------------------------------------------- values

Known = tuple[Container[str], Fits]
"""Texts that were found to be as they should, and what finds that out."""


def _known(fits: Callable[[str], object]) -> Known:
    """Return what remembers the texts that *fits* gives back."""
    found: set[str] = set()

    def is_known(text: str) -> bool:
        if text not in found:
            if type(text) is not str or fits(text) != text:
                return False
            if len(found) >= MEMO_MAX:
                found.clear()
            found.add(text)
        return True

    return found, is_known


def _day(text: str) -> str:
    return date.fromisoformat(text).isoformat()


def _actor(text: str) -> str:
    actor = _whole(text)
    if not actor:
        raise ValueError("not plain")
    return quoted(actor)


def _notes(text: str) -> str:
    """Write again findings that only note something."""
    findings = _FINDINGS.read(_whole(text))
    if not findings or any(each.effect is not Effect.NOTES for each in findings):
        raise ValueError("not plain")
    return _FINDINGS.write(findings)


def _again(attribute: Any, form: Form) -> Callable[[str], str]:  # noqa: ANN401 - of any type
    """Return what reads a field's text, makes its value and writes that again."""
    convert, validate = attribute.converter, attribute.validator

    def again(text: str) -> str:
        value = form.read(_whole(text))
        if convert is not None:
            value = convert(value)
        if validate is not None:
            validate(None, attribute, value)
        if value == attribute.default:
            raise ValueError("left out")
        return form.write(value)

    return again


def _whole(text: str) -> Any:  # noqa: ANN401 - any JSON value
    """Read JSON in which there is no half of a character."""
    text.encode()
    return json.loads(text)


_FINDINGS: Final = several(form_of(Finding))

# ---------------------------------------------------------------- patterns

# without escapes, of which there are few: a text ends where the next quote is, and
# nothing that was passed is looked at again (``*+``), which takes a third of the time
_TEXT: Final = '"[^"]*+"'
_BARE: Final = '"([^"]*+)"'
_LIST: Final = r"\[.*?\]"
_WRITTEN: Final[Mapping[Any, str]] = {
    str: _TEXT,
    int: "-?[0-9]++",
    bool: "true|false",
    Facts: _LIST,
}
_FRONT: Final = (
    rf'\{{"actor":({_TEXT}),(?:"commitment":"[0-9a-f]*+",)?"effective_on":{_BARE},'
    rf'(?:"findings":({_LIST}),)?"format":{FORMAT},"id":{_BARE},"operation":\{{'
)
_BACK: Final = rf'\}},"policy":{_BARE}'


@frozen(eq=False)
class _Kind:
    """
    What bodies of one kind of operation have in common.

    Args:
        begins: Matches what they begin with.
        fields: The fields that may be there, in order, each with what finds that it fits.
        kind: The operation.
    """

    begins: Callable[[str], re.Match[str] | None]
    fields: Mapping[str, Known]
    kind: type[Any]
    _shapes: dict[tuple[bool, ...], Shape | None] = field(factory=dict, init=False)

    def shape(self, asked: Sequence[str | None]) -> Shape | None:
        """Return the shape of an operation that says what is *asked*."""
        there = tuple([value is not None for value in asked])
        try:
            return self._shapes[there]
        except KeyError:
            shape = self._shapes[there] = self._shape(there)
            return shape

    def _shape(self, there: Sequence[bool]) -> Shape | None:
        given = {
            name: (at, *known)
            for at, (name, known) in enumerate(self.fields.items())
            if there[at]
        }
        labels = as_given(self.kind, given)
        if labels is None:
            return None
        number = list(self.fields).index
        fields_of = {name: number(at) for name, at, _ in labels}
        if len(fields_of) < len(labels):  # one label says several things
            return None
        return Shape(
            checks=tuple(given.values()),
            on=WORDS[self.kind],
            labels=fields_of,
            who=tuple(number(at) for _, at, who in labels if who),
            falls_due=self.kind in OF_ITS_DAY,
            timed=(number("provider"), number("starts_at"), number("minutes"))
            if "starts_at" in given
            else None,
            opens=self.kind is OpenAccount,
        )


# ---------------------------------------------------------------- outlines


@define
class Outlines:
    """The shapes of bodies that were met, and the texts that were found to fit."""

    _kinds: dict[str, _Kind | None] = field(factory=dict)
    _texts: dict[Any, Known] = field(factory=dict)
    _days: Known = field(factory=lambda: _known(_day))
    _actors: Known = field(factory=lambda: _known(_actor))
    _findings: Known = field(factory=lambda: _known(_notes))

    def outline(self, stored: StoredEntry) -> Outline | None:
        """Return the body of *stored* if it is plain and its row says the same."""
        # taken apart at once: to name one column takes a quarter as long as all of this
        _, own, tag, on, _, recorded_on, target, root, *shift, body, _ = stored
        try:
            kind = self._kind(tag)
            if kind is None or "\\" in body or (begun := kind.begins(body)) is None:
                return None
            actor, day, findings, id, *asked, policy = begun.groups()
            shape = kind.shape(asked)
            if shape is None:
                return None
            for at, known, fits in shape.checks:
                if asked[at] not in known and not fits(asked[at]):
                    return None
            days, is_day = self._days
            actors, is_actor = self._actors
            if (
                own == id == root
                and on == day
                and target is None
                and (day in days or is_day(day))
                and (recorded_on in days or is_day(recorded_on))
                and clean_id(id, ENTRY_ID) == id
                and (actor in actors or is_actor(actor))
                and (findings is None or _fits(findings, self._findings))
                and shift == _shift(shape, asked, day)
            ):
                return shape, asked, policy, body[begun.end() :]
        except OF_NO_OUTLINE:
            pass  # as said of what is not plain
        return None

    def is_day(self, text: str) -> bool:
        """Return whether *text* is a day as it is written everywhere here."""
        return _fits(text, self._days)

    # ------------------------------------------------------------ kinds

    def _kind(self, tag: str) -> _Kind | None:
        try:
            return self._kinds[tag]
        except KeyError:
            kind = self._kinds[tag] = self._made(PLAIN[tag]) if tag in PLAIN else None
            return kind

    def _made(self, kind: type[Any]) -> _Kind | None:
        told, fits = {"type": f'"type":"{TAGS[kind]}"'}, {}
        by_name = attrs.fields_dict(attrs.resolve_types(kind))
        for name in sorted(by_name):
            attribute = by_name[name]
            written = _written(attribute.type)
            needed = attribute.default is attrs.NOTHING
            if written is None:
                if needed:
                    return None
                continue  # where it is there, the pattern matches no more
            value = f'"{name}":({written})'
            value = f"{value}," if name < "type" else f",{value}"
            told[name] = value if needed else f"(?:{value})?"
            fits[name] = self._check(attribute)
        asked = "".join(told[name] for name in sorted(told))
        return _Kind(re.compile(_FRONT + asked + _BACK).match, fits, kind)

    def _check(self, attribute: Any) -> Known:  # noqa: ANN401 - of any type
        """Return what looks at texts of a field, by what its class does with them."""
        form = form_of(attribute.type)
        key = form, attribute.converter, attribute.validator, attribute.default
        if key not in self._texts:
            self._texts[key] = _known(_again(attribute, form))
        return self._texts[key]


def _fits(text: str, known: Known) -> bool:
    return text in known[0] or known[1](text)


def _written(kind: Any) -> str | None:  # noqa: ANN401 - any annotation
    """Return how values of *kind* are written, if that can be told by itself."""
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return _TEXT
    if kind == Facts:
        return _LIST
    kept = form_of(kind).kept
    return None if kept is None else _WRITTEN[kept]


_NO_SHIFT: Final = [None, None, None]


def _shift(shape: Shape, asked: Sequence[str | None], day: str) -> list[Any]:
    """Return who did it, and from when to when, if that is known."""
    if shape.timed is None:
        return _NO_SHIFT
    provider, at, took = (json.loads(asked[each] or "") for each in shape.timed)
    start = date.fromisoformat(day).toordinal() * MINUTES_A_DAY + at
    return [provider, start, start + took]
