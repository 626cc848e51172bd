"""
The tables as Arrow, for whatever reads its streams: DuckDB, polars, pandas, pyarrow.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from attrs import field, frozen

from ..errors import ExtraMissing
from .columns import Column, Table, Type
from .moment import Moment, Page
from .postings import POSTINGS
from .tables import ACCOUNTS, ENTRIES, FINDINGS

if TYPE_CHECKING:
    import pyarrow as pa

    from ..bank_figures import Figures

FORMAT: Final = 1
"""The version of the tables; one that takes something away or changes it is another."""


def arrow() -> ModuleType:
    """
    Return pyarrow.

    Raises:
        ExtraMissing: If it is not installed.
    """
    try:
        import pyarrow as module  # noqa: ICN001, PLC0415 - an extra
    except ModuleNotFoundError:
        raise ExtraMissing("arrow", "pyarrow") from None
    found: ModuleType = module
    return found


# ---------------------------------------------------------------- types


def _types() -> dict[Type, pa.DataType]:
    pa = arrow()
    return {
        Type.WHOLE: pa.int64(),
        Type.TEXT: pa.string(),
        Type.WORD: pa.dictionary(pa.int32(), pa.string()),
        Type.WORDS: pa.list_(pa.string()),
        Type.DAY: pa.date32(),
        Type.MOMENT: pa.timestamp("us", tz="UTC"),
        Type.TRUTH: pa.bool_(),
    }


def schema_of(table: Table, moment: Moment) -> pa.Schema:
    """Return the schema of *table*, with what it is and what moment it is of."""
    pa, types = arrow(), _types()
    return pa.schema(
        [
            pa.field(
                column.name,
                types[column.type],
                nullable=column.optional,
                metadata={"description": column.text},
            )
            for column in table.columns
        ],
        metadata={"description": table.text, **_about(moment)},
    )


def _about(moment: Moment) -> dict[str, str]:
    units = {
        name: {"record": unit.record, "scale": unit.scale}
        for name, unit in moment.units.items()
    }
    return {
        "timebank.format": str(FORMAT),
        "timebank.version": _version(),
        "timebank.ledger": moment.settings.name,
        "timebank.time_zone": moment.settings.time_zone,
        "timebank.head": str(moment.head),
        "timebank.last": moment.last or "",
        "timebank.units": json.dumps(units, ensure_ascii=False, sort_keys=True),
    }


def _version() -> str:
    try:
        return version("timebank")
    except PackageNotFoundError:
        return ""


# ---------------------------------------------------------------- batches


def batch_of(table: Table, page: Page, schema: pa.Schema) -> pa.RecordBatch:
    """Return the rows that *table* has of *page*."""
    rows = list(table.rows(page))
    arrays = [
        _array(column, rows, schema.field(column.name).type) for column in table.columns
    ]
    return arrow().RecordBatch.from_arrays(arrays, schema=schema)


def _array(column: Column, rows: list[Any], type: pa.DataType) -> pa.Array:
    pa = arrow()
    values = [column.read(row) for row in rows]
    if column.type is Type.DAY:
        return pa.array(values, pa.string()).cast(type)
    return pa.array(values, type)


# ---------------------------------------------------------------- frames


@frozen
class Frame:
    """
    One table of one moment, read from the books whenever somebody asks for it.

    It is handed over by Arrow's C stream (``__arrow_c_stream__``), a page at a time:
    ``polars.from_arrow(frame)``, ``pyarrow.table(frame)``, ``duckdb.sql("FROM frame")``.
    Nothing is open between two pages, and it can be read again.
    """

    table: Table
    moment: Moment = field(repr=False)
    schema: pa.Schema = field(init=False, repr=False, eq=False)

    @schema.default
    def _of_table(self) -> pa.Schema:
        return schema_of(self.table, self.moment)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """
        Yield its rows, a page of the journal at a time.

        Raises:
            JournalForked: If the books are others by now.
            StoreDamaged: If an entry is missing.
            NotCanonical: If one cannot be read.
        """
        pages = [Page(self.moment)] if self.table.whole else self.moment.pages()
        for page in pages:
            yield batch_of(self.table, page, self.schema)

    def reader(self) -> pa.RecordBatchReader:
        """Return what reads it batch by batch, from the beginning."""
        return arrow().RecordBatchReader.from_batches(self.schema, self.batches())

    def __arrow_c_schema__(self) -> object:
        return self.schema.__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self.reader().__arrow_c_stream__(requested_schema)


@frozen(kw_only=True)
class Frames:
    """
    The tables of a ledger, all of one moment.

    Args:
        moment: Which.
        postings: What moved.
        entries: What was recorded.
        findings: What the rules noted, and why they refused.
        accounts: Who there was.
    """

    moment: Moment = field(repr=False)
    postings: Frame
    entries: Frame
    findings: Frame
    accounts: Frame


def frames(bank: Figures) -> Frames:
    """
    Return the journal of *bank* as tables, as it is now.

    Raises:
        ExtraMissing: If pyarrow is not installed.
    """
    moment = Moment.of(bank)
    return Frames(
        moment=moment,
        postings=Frame(POSTINGS, moment),
        entries=Frame(ENTRIES, moment),
        findings=Frame(FINDINGS, moment),
        accounts=Frame(ACCOUNTS, moment),
    )
