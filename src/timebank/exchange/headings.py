"""
Which row of a sheet is its heading, and which column is which.

Clerks put titles above the headings, write them in Chinese or English, in any order, and
add columns of their own.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import cached_property
from itertools import islice
from typing import Final

from attrs import frozen

from ..errors import SheetUnreadable
from ..model import INVISIBLE
from ..texts import Text, joined
from .cells import Cell, is_blank, shown
from .sheets import Line, Sheet

ROWS_ABOVE_MAX: Final = 20
"""The heading must stand within this many rows of the top."""

_FACT: Final = re.compile(r"[a-z_][a-z0-9_]*(?:\.[a-z_][a-z0-9_]*)+")
_DECORATION: Final = re.compile(
    rf"\((?:必填|选填|required|optional)\)|[\s*:{INVISIBLE}]"
)
_LIKENESS_MIN: Final = 0.4


@frozen(kw_only=True)
class Column:
    """
    A column that a layout knows.

    Args:
        name: In English, as programs call it.
        text: In Chinese, as the plan of the sheet has it.
        aliases: Other headings that mean it.
        required: Whether a sheet without it cannot be read.
    """

    name: str
    text: str
    aliases: tuple[str, ...] = ()
    required: bool = False

    @property
    def headings(self) -> tuple[str, ...]:
        """Every heading that means this column."""
        return (self.text, self.name, *self.aliases)


@frozen(kw_only=True)
class Head:
    """
    The heading row of a sheet, understood.

    Args:
        row: Its number.
        headings: Every cell of it, as text, in order.
        places: Column name → where it stands, from 0.
        facts: Fact name (``provider.age``) → where it stands.
        ignored: Headings that nothing reads.
    """

    row: int
    headings: tuple[str, ...]
    places: Mapping[str, int]
    facts: Mapping[str, int]
    ignored: tuple[str, ...]

    def repeats_in(self, line: Line) -> bool:
        """Whether *line* is the heading again, as at the top of a printed page."""
        cells = line.cells
        return all(
            place < len(cells) and heading_key(cells[place]) == key
            for place, key in self._keys
        )

    @cached_property
    def _keys(self) -> tuple[tuple[int, str], ...]:
        """What the headings that are read are compared by, with their places."""
        return tuple((n, heading_key(self.headings[n])) for n in self.places.values())


def heading_key(cell: Cell) -> str:
    """Return what a heading is compared by: no blanks, asterisks, wide or capital letters."""
    narrow = unicodedata.normalize("NFKC", shown(cell)).casefold()
    return _DECORATION.sub("", narrow)


def find_head(
    sheet: Sheet,
    columns: Iterable[Column],
    *,
    either: Iterable[tuple[str, ...]] = (),
    facts: Iterable[str] = (),
) -> Head:
    """
    Return the heading row: of the first twenty, the one with most headings we know.

    Args:
        sheet: Where to look.
        columns: Those of the layout.
        either: Groups of columns, of which one must be there as a whole.
        facts: Names of facts without a dot that may be headings, such as ``relation``.

    Raises:
        SheetUnreadable: If there is none, if a required column is missing (naming the
            heading that comes nearest), or if two headings mean the same column.
    """
    columns, either = tuple(columns), tuple(either)
    fact_named = {heading_key(fact): fact for fact in facts}
    named = {heading_key(text): c.name for c in columns for text in c.headings}
    candidates = [
        line for line in islice(sheet.lines, ROWS_ABOVE_MAX) if _known(line, named) > 0
    ]
    line = max(candidates, key=lambda each: _known(each, named), default=None)
    if line is None:
        wanted = ", ".join(c.text for c in columns if c.required)
        raise SheetUnreadable(
            sheet.path,
            Text(
                "none of its first {rows} rows holds headings; wanted: {wanted}",
                "前 {rows} 行都没有表头；须有：{wanted}",
                rows=ROWS_ABOVE_MAX,
                wanted=wanted,
            ),
        )
    head = _read_head(sheet, line, named, fact_named)
    complaints = [*_missing(head, columns), *_none_of(head, columns, either)]
    if complaints:
        raise SheetUnreadable(
            sheet.path,
            Text(
                "row {row}: {complaints}",
                "第 {row} 行：{complaints}",
                row=head.row,
                complaints=joined(complaints, Text("; ", "；")),
            ),
        )
    return head


def _known(line: Line, named: Mapping[str, str]) -> int:
    return len(
        {named[key] for cell in line.cells if (key := heading_key(cell)) in named}
    )


def _read_head(
    sheet: Sheet, line: Line, named: Mapping[str, str], fact_named: Mapping[str, str]
) -> Head:
    places: dict[str, int] = {}
    fact_places: dict[str, int] = {}
    ignored: list[str] = []
    for place, cell in enumerate(line.cells):
        key = heading_key(cell)
        if key in named:
            into, name = places, named[key]
        elif key in fact_named or _FACT.fullmatch(key):
            into, name = fact_places, fact_named.get(key, key)
        else:
            if not is_blank(cell):
                ignored.append(shown(cell))
            continue
        if name in into:
            raise SheetUnreadable(
                sheet.path,
                Text(
                    "row {row}: {one!r} and {other!r} mean the same column; keep one",
                    "第 {row} 行：{one!r} 与 {other!r} 是同一列；请只留一个",
                    row=line.number,
                    one=shown(line.cells[into[name]]),
                    other=shown(cell),
                ),
            )
        into[name] = place
    return Head(
        row=line.number,
        headings=tuple(shown(cell) for cell in line.cells),
        places=places,
        facts=fact_places,
        ignored=tuple(ignored),
    )


def _missing(head: Head, columns: tuple[Column, ...]) -> Iterator[Text]:
    for column in columns:
        if column.required and column.name not in head.places:
            yield Text(
                "no column {text} ({name}){near}",
                "缺少“{text}”列（{name}）{near}",
                text=column.text,
                name=column.name,
                near=_nearest(head, [column]),
            )


def _none_of(
    head: Head, columns: tuple[Column, ...], either: tuple[tuple[str, ...], ...]
) -> Iterator[Text]:
    if not either or any(set(group) <= set(head.places) for group in either):
        return
    by_name = {column.name: column for column in columns}
    groups = (
        joined((by_name[name].text for name in group), Text(" and ", "和"))
        for group in either
    )
    wanted = [by_name[name] for group in either for name in group]
    yield Text(
        "wanted {groups}{near}",
        "须有 {groups}{near}",
        groups=joined(groups, Text(", or ", "，或 ")),
        near=_nearest(head, wanted),
    )


def _nearest(head: Head, wanted: list[Column]) -> str:
    for text in (text for column in wanted for text in column.headings):
        near = get_close_matches(text, head.ignored, n=1, cutoff=_LIKENESS_MIN)
        if near:
            return Text(
                "; is it {near!r}? then rename that heading to {text}",
                "；是否为 {near!r}？是则请将该表头改为“{text}”",
                near=near[0],
                text=wanted[0].text,
            )
    return ""
