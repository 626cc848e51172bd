"""
The tables as Parquet files: for engines that read files, on one machine or on many.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Final

from attrs import define, field, frozen

from ..model import EntryId, Position
from .arrow import arrow, batch_of, schema_of
from .columns import Table
from .moment import Moment, Page
from .tables import TABLES

if TYPE_CHECKING:
    import pyarrow as pa

    from ..bank_figures import Figures

GROUP: Final = 2**17
"""How many rows make a group: what an engine reads at a time, on one of its threads."""

Progress = Callable[[int, int], None]
"""Told how many entries are written, and of how many."""


@frozen(kw_only=True)
class Written:
    """
    What was written.

    Args:
        ledger: The ledger's name.
        head: The position up to which.
        last: The id of the entry that stands there; *None* in an empty ledger.
        rows: How many rows each table has, by name.
        files: The file of each, by name.
    """

    ledger: str
    head: Position
    last: EntryId | None
    rows: Mapping[str, int]
    files: Mapping[str, Path]


def write_parquet(
    bank: Figures,
    folder: Path | str,
    *,
    replace: bool = False,
    progress: Progress = lambda _done, _of: None,
) -> Written:
    """
    Write the journal of *bank*, as it is now, as one Parquet file for each table.

    The same journal makes the same files, to the byte, with the same packages.  A file
    appears when all of them are written.

    Args:
        bank: Whose; others may go on writing.
        folder: Where to; it is made where it is not there.
        replace: Whether files of an earlier export may be replaced.
        progress: Told after each page how far it is.

    Raises:
        ExtraMissing: If pyarrow is not installed.
        FileExistsError: If a file is there and is not to be replaced.
        JournalForked: If the books were replaced while they were read.
        StoreDamaged: If an entry is missing.
        NotCanonical: If one cannot be read.
    """
    parquet, moment = _parquet(), Moment.of(bank)
    files = {table.name: Path(folder) / f"{table.name}.parquet" for table in TABLES}
    if not replace:
        for file in files.values():
            if file.exists():
                raise FileExistsError(
                    errno.EEXIST, os.strerror(errno.EEXIST), str(file)
                )
    Path(folder).mkdir(parents=True, exist_ok=True)
    with _drafts(files) as drafts:
        rows = _written(parquet, moment, drafts, progress)
    return Written(
        ledger=moment.settings.name,
        head=moment.head,
        last=moment.last,
        rows=rows,
        files=files,
    )


def _parquet() -> ModuleType:
    arrow()
    import pyarrow.parquet as module  # noqa: PLC0415 - an extra

    found: ModuleType = module
    return found


@contextmanager
def _drafts(files: Mapping[str, Path]) -> Iterator[Mapping[str, Path]]:
    """Yield a file to write for each of *files*, which it becomes if all goes well."""
    drafts = {name: file.with_suffix(".part") for name, file in files.items()}
    try:
        yield drafts
        for name, draft in drafts.items():
            draft.replace(files[name])
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)


def _written(
    parquet: ModuleType, moment: Moment, files: Mapping[str, Path], progress: Progress
) -> Mapping[str, int]:
    with ExitStack() as stack:
        writers = {}
        for table in TABLES:
            schema = schema_of(table, moment)
            writer = parquet.ParquetWriter(files[table.name], schema)
            writers[table.name] = _Writer(table, schema, stack.enter_context(writer))
        done = 0
        for page in moment.pages():
            for writer in writers.values():
                if not writer.table.whole:
                    writer.take(page)
            done += len(page.entries)
            progress(done, moment.head)
        for writer in writers.values():
            if writer.table.whole:
                writer.take(Page(moment))
            writer.flush()
        return {name: writer.rows for name, writer in writers.items()}


@define
class _Writer:
    """Writes one table, a group at a time."""

    table: Table
    schema: pa.Schema
    file: pa.parquet.ParquetWriter
    rows: int = 0
    _waiting: list[pa.RecordBatch] = field(factory=list)
    _waiting_rows: int = 0

    def take(self, page: Page) -> None:
        """Take in what the table has of *page*."""
        batch = batch_of(self.table, page, self.schema)
        self.rows += batch.num_rows
        self._waiting.append(batch)
        self._waiting_rows += batch.num_rows
        if self._waiting_rows >= GROUP:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        if self._waiting_rows:
            group = arrow().Table.from_batches(self._waiting, self.schema)
            # one dictionary for the group: else its words are written out
            self.file.write_table(group.unify_dictionaries(), self._waiting_rows)
        self._waiting, self._waiting_rows = [], 0
