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

from ..balances import Balance
from ..entries import Entry
from ..model import ISSUER, Bucket, Unit
from ..texts import Text
from ..words import WORDS
from .spoken import here

POSITION: Final = Text("position", "序号")
DAY: Final = Text("day", "日期")
KIND: Final = Text("kind", "种类")
ENTRY: Final = Text("entry", "记录编号")
UNIT: Final = Text("unit", "单位")
FREE: Final = Text("free", "可用")
HELD: Final = Text("held", "冻结")
"""Headings of columns."""

BETWEEN: Final = "   "
"""What stands between two columns."""

ROWS_FOLDED_MAX: Final = 1_000
"""Longer tables are not folded to the terminal's width: that takes a millisecond a row."""

WHAT_WIDTH: Final = 15
"""Cells that the words before a count take."""

Json = str | int | bool | None | Sequence["Json"] | Mapping[str, "Json"]
"""What a document may hold; never a float."""


def say(text: str) -> None:
    """Print a line of plain text, in the language spoken here."""
    sys.stdout.write(f"{here(text)}\n")


def word(said: str) -> str:
    """Return a word of the journal or a policy, with what people say for it."""
    return Text(said, WORDS[said].zh) if said in WORDS else said


def document(content: Mapping[str, Json]) -> None:
    """Print a JSON document."""
    sys.stdout.write(json.dumps(content, ensure_ascii=False, indent=2) + "\n")


def counts(found: Mapping[Text, int], *, figures: int) -> None:
    """Print how many there are of what, a line each; *figures* wide."""
    from rich.cells import set_cell_size  # noqa: PLC0415 - slow to import

    for what, count in found.items():
        say(f"  {set_cell_size(here(what), WHAT_WIDTH)}{count:>{figures}}")


def table(
    headings: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    figures: Iterable[str] = (),
) -> None:
    """
    Print a table, in the language spoken here.

    Columns headed by one of *figures* are aligned to the right.  What stands in it is printed as it is, whatever it looks like.
    """
    right = [heading in set(figures) for heading in headings]
    headings = [here(heading) for heading in headings]
    lines = [[here(cell) for cell in row] for row in rows]
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
    from rich.text import Text as RichText  # noqa: PLC0415

    shown = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for heading, to_the_right in zip(headings, right, strict=True):
        side: Literal["left", "right"] = "right" if to_the_right else "left"
        shown.add_column(RichText(heading), justify=side, overflow="fold")
    for row in rows:
        shown.add_row(*(RichText(cell) for cell in row))
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


def amount(parts: int, unit: Unit) -> Text:
    """Write a signed amount with its unit: ``+2:50 hours``."""
    figure = f"{'-' if parts < 0 else '+'}{unit.show(abs(parts))}"
    return Text("{figure} {unit}", "{figure} {unit}", figure=figure, unit=unit.called)


def units_json(units: Mapping[str, Unit]) -> Json:
    """Return the units as every document gives them."""
    return {
        name: {"scale": unit.scale, "record": unit.record}
        for name, unit in units.items()
    }


def balance_json(balance: Balance) -> dict[str, Json]:
    """Return a balance, in parts."""
    return {"free": balance.free, "held": balance.held, "total": balance.total}


def moved(entry: Entry, units: Mapping[str, Unit]) -> list[Text]:
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
        Text(
            "{account} {amount}{held}",
            "{account} {amount}{held}",
            account=account,
            amount=amount(parts, units[unit]),
            held=Text(" held", "（冻结）") if bucket is Bucket.HELD else "",
        )
        for (account, unit, bucket), parts in sums.items()
        if parts
    ]
