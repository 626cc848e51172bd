"""
Engines made for columns, on a file that is made by hand, and on what timebank hands out.

The one by hand is a Parquet file with just what is asked for; the others are timebank's
export, which has all columns, and its stream.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib import import_module
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

import timebank
from timebank.analysis import frames, write_parquet
from timebank.analysis.parquet import GROUP

from ..model import Place
from ..work import OPENING, POOL, gift, member
from . import ours

SUMS: Final = (
    "SELECT account, unit, sum(amount) AS amount FROM {} GROUP BY account, unit"
)

BY_HAND: Final = "by hand"
STREAM: Final = "stream"

Row = tuple[int, str, int]
"""Where it stands, whose, how many."""


def _rows(place: Place) -> Iterator[Row]:
    for number in range(place.members):
        yield number + 1, POOL, -OPENING
        yield number + 1, member(number), OPENING
    for number in range(place.entries):
        one = gift(number, place.members)
        yield place.members + number + 1, one.payer, -one.amount
        yield place.members + number + 1, one.payee, one.amount


def _file(place: Place) -> str:
    return str(place.folder / "postings.parquet")


def prepare(place: Place) -> None:
    """Make books and export them, or write the file."""
    if place.options["source"] == BY_HAND:
        _by_hand(place)
        return
    ours.prepare(place)
    with _bank(place) as bank:
        write_parquet(bank, place.folder)


def _by_hand(place: Place) -> None:
    positions, accounts, amounts = zip(*_rows(place), strict=True)
    table = pa.table(
        {
            "position": pa.array(positions, pa.int64()),
            "account": pa.array(accounts).dictionary_encode(),
            "unit": pa.array(["hours"] * len(accounts)).dictionary_encode(),
            "amount": pa.array(amounts, pa.int64()),
        }
    )
    # in groups of the same size, or one would have more threads than the other
    pq.write_table(table, _file(place), row_group_size=GROUP)


def _bank(place: Place) -> timebank.Bank:
    return timebank.open(ours.url_of(place), ledger=ours.LEDGER, actor=ours.ACTOR)


class Books:
    """An engine, with nothing in memory yet."""

    def __init__(self, place: Place) -> None:
        self.place, self.file = place, _file(place)
        self._open = ExitStack()
        engine, source = place.options["engine"], place.options["source"]
        self.engine: Any = import_module(engine)
        act = f"_{engine}_stream" if source == STREAM else f"_{engine}"
        self.folded: Callable[[], list[tuple[str, str, int]]] = getattr(self, act)
        if source != BY_HAND:
            self.bank = self._open.enter_context(_bank(place))

    def close(self) -> None:
        """Let go of the books, where there are any."""
        self._open.close()

    def fold(self, _: int) -> list[tuple[str, str, int]]:
        """Add up every account."""
        return self.folded()

    def export(self, _: int) -> None:
        """Write the files anew."""
        write_parquet(self.bank, self.place.folder, replace=True)

    def _duckdb(self) -> list[tuple[str, str, int]]:
        found: list[tuple[str, str, int]]
        found = self.engine.sql(SUMS.format(f"'{self.file}'")).fetchall()
        return found

    def _duckdb_stream(self) -> list[tuple[str, str, int]]:
        with self.engine.connect() as connection:
            connection.register("postings", frames(self.bank).postings)
            found: list[tuple[str, str, int]]
            found = connection.sql(SUMS.format("postings")).fetchall()
            return found

    def _polars(self) -> list[tuple[str, str, int]]:
        return self._summed(self.engine.scan_parquet(self.file))

    def _summed(self, frame: Any) -> list[tuple[str, str, int]]:  # noqa: ANN401
        column = self.engine.col("amount").sum()
        found: list[tuple[str, str, int]]
        found = frame.group_by("account", "unit").agg(column).collect().rows()
        return found
