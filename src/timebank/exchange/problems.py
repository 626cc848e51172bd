"""
What can be wrong with a row of a spreadsheet, as codes and fields.

Only what can be seen in the file itself: whether a member exists, a day lies ahead or two
records overlap is the bank's to say, with a `Finding`.  The texts are in `texts`.
"""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen


class RowReason(StrEnum):
    """Why a row could not be turned into a request."""

    CELL_EMPTY = "cell-empty"
    FORMULA_EMPTY = "formula-empty"
    FORMULA_ERROR = "formula-error"
    DATE_UNREADABLE = "date-unreadable"
    DATE_NUMBER = "date-number"
    CLOCK_UNREADABLE = "clock-unreadable"
    DURATION_UNREADABLE = "duration-unreadable"
    DURATION_MISSING = "duration-missing"
    DURATION_DISAGREES = "duration-disagrees"
    MINUTES_FRACTION = "minutes-fraction"
    MINUTES_TOO_MANY = "minutes-too-many"
    START_MISSING = "start-missing"
    END_MISSING = "end-missing"
    END_BEFORE_START = "end-before-start"
    NUMBER_UNREADABLE = "number-unreadable"
    NUMBER_FRACTION = "number-fraction"
    NUMBER_TOO_LARGE = "number-too-large"
    NOT_POSITIVE = "not-positive"
    YES_NO_UNREADABLE = "yes-no-unreadable"
    TEXT_MALFORMED = "text-malformed"
    ID_NUMBER = "id-number"
    ID_PERSONAL = "id-personal"
    CLASS_UNKNOWN = "class-unknown"
    ITEM_UNKNOWN = "item-unknown"
    NAME_AMBIGUOUS = "name-ambiguous"
    KIND_UNKNOWN = "kind-unknown"
    ROW_TWICE = "row-twice"
    ROW_TWICE_OVER = "row-twice-over"
    """The same again, of what can happen only once."""
    RECORD_ID_TWICE = "record-id-twice"


@frozen(kw_only=True)
class Fault:
    """
    What is wrong with a cell, wherever it stands.

    Args:
        reason: Which kind of fault.
        found: What the cell shows; personal numbers shortened.
        wanted: What would do instead, where that can be told.
    """

    reason: RowReason
    found: str = ""
    wanted: str = ""


@frozen(kw_only=True)
class RowProblem:
    """
    One thing that is wrong with a row.

    Args:
        row: The row's number, as the spreadsheet program shows it.
        column: The heading as it stands in the file; the layout's own where the file has none.
        reason: Which kind of fault.
        found: What the cell shows; for a repeated row, the number of the first.
        wanted: What would do instead, where that can be told.
    """

    row: int
    column: str
    reason: RowReason
    found: str = ""
    wanted: str = ""
