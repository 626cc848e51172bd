"""
The journal as tables, for those who ask questions of the whole of it.

    tables = frames(bank)
    polars.from_arrow(tables.postings)

    write_parquet(bank, "export")

Which tables there are, and what their columns say, tells `tables`; what moment they are of,
`moment`; how they are handed over, `arrow` and `parquet`.
"""

from __future__ import annotations

from .arrow import Frame, Frames, frames
from .parquet import Written, write_parquet
from .tables import TABLES

__all__ = ["TABLES", "Frame", "Frames", "Written", "frames", "write_parquet"]
