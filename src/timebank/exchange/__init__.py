"""
What comes in from clerks' spreadsheets, and goes back to them.

    sheet = read_sheet("2026-03.xlsx")
    table = read_table(sheet, SERVICES, names=names_of(bank.policies()), actor="desk-1")
    report = import_table(bank, table)
    write_refused("2026-03-refused.xlsx", table, report.refused, text=problem_text)

What a file is, `sheets` tells; what a cell says, `cells`; which column is which,
`headings`, with those of `columns`; what a row asks, `services` and `layouts`; which rows
are records, `tables`.
"""

from __future__ import annotations

from .importing import (
    Books,
    ImportReport,
    NotedRow,
    RefusedRow,
    RowFinding,
    import_table,
)
from .layouts import LAYOUTS, MARKS, MEMBERS, REDEMPTIONS, SERVICES, TIERS
from .names import Names, names_of
from .problems import RowProblem, RowReason
from .reading import Layout
from .refused import write_refused
from .sheets import Line, Lines, Sheet, read_sheet
from .tables import Row, Rows, Skip, SkippedRow, Table, read_table
from .texts import problem_text

__all__ = [
    "LAYOUTS",
    "MARKS",
    "MEMBERS",
    "REDEMPTIONS",
    "SERVICES",
    "TIERS",
    "Books",
    "ImportReport",
    "Layout",
    "Line",
    "Lines",
    "Names",
    "NotedRow",
    "RefusedRow",
    "Row",
    "RowFinding",
    "RowProblem",
    "RowReason",
    "Rows",
    "Sheet",
    "Skip",
    "SkippedRow",
    "Table",
    "import_table",
    "names_of",
    "problem_text",
    "read_sheet",
    "read_table",
    "write_refused",
]
