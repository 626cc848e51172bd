"""
Engines made for columns, on a Parquet file that is made by hand: what an export is held to.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ..model import Place
from ..work import gift

SUMS = "SELECT account, unit, sum(amount) AS amount FROM '{}' GROUP BY account, unit"


def _rows(place: Place) -> Iterator[tuple[int, str, int]]:
    for number in range(place.entries):
        one = gift(number, place.members)
        yield number + 1, one.payer, -one.amount
        yield number + 1, one.payee, one.amount


def _file(place: Place) -> str:
    return str(place.folder / "postings.parquet")


def prepare(place: Place) -> None:
    """Write the file."""
    positions, accounts, amounts = zip(*_rows(place), strict=True)
    table = pa.table(
        {
            "position": pa.array(positions, pa.int64()),
            "account": pa.array(accounts).dictionary_encode(),
            "unit": pa.array(["hours"] * len(accounts)).dictionary_encode(),
            "amount": pa.array(amounts, pa.int64()),
        }
    )
    pq.write_table(table, _file(place))


class Books:
    """An engine, with nothing in memory yet."""

    def __init__(self, place: Place) -> None:
        self.file = _file(place)
        self.engine: Any = import_module(place.options["engine"])
        self.folded = getattr(self, f"_by_{place.options['engine']}")

    def close(self) -> None:
        """Nothing is open between two sums."""

    def fold(self, _: int) -> None:
        """Add up every account, from the file."""
        self.folded()

    def _by_duckdb(self) -> None:
        self.engine.sql(SUMS.format(self.file)).fetchall()

    def _by_polars(self) -> None:
        column = self.engine.col("amount").sum()
        frame = self.engine.scan_parquet(self.file)
        frame.group_by("account", "unit").agg(column).collect()
