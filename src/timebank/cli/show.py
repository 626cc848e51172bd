"""
How results look: the one place that renders tables, and the one that renders JSON.

A JSON document is one object with words for keys.  Amounts are whole numbers of parts,
and wherever one stands its unit's name stands near it: ``units`` at the top of the
document gives each unit's ``scale``, the parts in one.  Days are ``YYYY-MM-DD``.

Without a terminal there are no colours, a table is as wide as what it holds, and no line
ends in blanks: what a program or a page reads is the same everywhere.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal

from ..entries import Entry
from ..model import ISSUER, Bucket, Unit
from ..standing import Balance

BETWEEN: Final = "   "
"""What stands between two columns."""

ROWS_FOLDED_MAX: Final = 1_000
"""Longer tables are not folded to the terminal's width: that takes a millisecond a row."""

Json = str | int | bool | None | Sequence["Json"] | Mapping[str, "Json"]
"""What a document may hold; never a float."""


def say(text: str) -> None:
    """Print a line of plain text."""
    sys.stdout.write(f"{text}\n")


def document(content: Mapping[str, Json]) -> None:
    """Print a JSON document."""
    sys.stdout.write(json.dumps(content, ensure_ascii=False, indent=2) + "\n")


def table(
    headings: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    figures: Iterable[str] = (),
) -> None:
    """
    Print a table; columns headed by one of *figures* are aligned to the right.

    What stands in it is printed as it is, whatever it looks like.
    """
    right = [heading in set(figures) for heading in headings]
    lines = list(rows)
    if sys.stdout.isatty() and len(lines) <= ROWS_FOLDED_MAX:
        _folded(headings, lines, right)
    else:
        _as_wide_as_needed(headings, lines, right)


def _folded(
    headings: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[bool]
) -> None:
    """Print a table that fits the terminal."""
    from rich import box  # noqa: PLC0415 - slow to import, and only needed here
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    shown = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for heading, to_the_right in zip(headings, right, strict=True):
        side: Literal["left", "right"] = "right" if to_the_right else "left"
        shown.add_column(Text(heading), justify=side, overflow="fold")
    for row in rows:
        shown.add_row(*(Text(cell) for cell in row))
    Console().print(shown)


def _as_wide_as_needed(
    headings: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[bool]
) -> None:
    """Print a table in plain characters, each row in one line."""
    from rich.cells import cell_len  # noqa: PLC0415 - Chinese characters take two cells

    lines = [headings, *rows]
    widths = [max(map(cell_len, column)) for column in zip(*lines, strict=True)]
    for number, line in enumerate(lines):
        cells = [
            f"{gap}{cell}" if to_the_right else f"{cell}{gap}"
            for cell, width, to_the_right in zip(line, widths, right, strict=True)
            for gap in [" " * (width - cell_len(cell))]
        ]
        say(BETWEEN.join(cells).rstrip())
        if number == 0:
            say("─" * (sum(widths) + len(BETWEEN) * (len(widths) - 1)))


# ---------------------------------------------------------------- amounts


def amount(parts: int, unit: Unit) -> str:
    """Write a signed amount with its unit: ``+2:50 hours``."""
    return f"{'-' if parts < 0 else '+'}{unit.show(abs(parts))} {unit.name}"


def units_json(units: Mapping[str, Unit]) -> Json:
    """Return the units as every document gives them."""
    return {
        name: {"scale": unit.scale, "record": unit.record}
        for name, unit in units.items()
    }


def balance_json(balance: Balance) -> dict[str, Json]:
    """Return a balance, in parts."""
    return {"free": balance.free, "held": balance.held, "total": balance.total}


def moved(entry: Entry, units: Mapping[str, Unit]) -> list[str]:
    """
    Say what an entry moved: ``v-1 +2:50 hours``, one for each account, unit and bucket.

    The issuer's side is left out: it is always what the others' sum leaves.
    """
    sums: dict[tuple[str, str, Bucket], int] = {}
    for posting in entry.postings:
        if posting.account != ISSUER:
            key = posting.account, posting.unit, posting.bucket
            sums[key] = sums.get(key, 0) + posting.amount
    return [
        f"{account} {amount(parts, units[unit])}{' held' * (bucket is Bucket.HELD)}"
        for (account, unit, bucket), parts in sums.items()
        if parts
    ]
