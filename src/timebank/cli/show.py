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
from typing import Final

from ..entries import Entry
from ..model import ISSUER, Bucket, Unit
from ..standing import Balance

WIDTH_WITHOUT_TERMINAL: Final = 2_000

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
    from rich import box  # noqa: PLC0415 - slow to import, and only needed here
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    right = set(figures)
    shown = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for heading in headings:
        shown.add_column(
            Text(heading),
            justify="right" if heading in right else "left",
            overflow="fold",
        )
    for row in rows:
        shown.add_row(*(Text(cell) for cell in row))
    if sys.stdout.isatty():
        Console().print(shown)
        return
    console = Console(
        width=WIDTH_WITHOUT_TERMINAL, force_terminal=False, color_system=None
    )
    with console.capture() as printed:
        console.print(shown)
    for line in printed.get().splitlines():
        say(line.rstrip())


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
