"""
What a cell of a clerk's spreadsheet says, read exactly.

Each function takes a cell and returns its value, or a `Fault`.  Nothing is rounded:
numbers are read through the decimal that the spreadsheet shows, never through a binary
float.  Nothing is guessed either: what can be read in two ways is a fault.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from typing import Final

from ..model import (
    AMOUNT_MAX,
    ID_LENGTH_MAX,
    INVISIBLE,
    AccountId,
    check_seen,
    clean_account_id,
    clean_id,
)
from ..operations import MINUTES_MAX
from .problems import Fault, RowReason

Cell = str | int | float | bool | date | datetime | time | timedelta | None
"""A cell as the file holds it; None where it is blank."""

_TO_THE_MINUTE: Final = timedelta(milliseconds=1)
_COMPUTED: Final = Fraction(1, 10**9)
"""
How far a computed number may lie from a whole one.  Spreadsheets keep fifteen digits, so
that 140 minutes computed as hours are 2.33333333333333 and not 140/60.
"""

_ERRORS: Final = frozenset(
    {"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#SPILL!"}
)
_INVISIBLE: Final = re.compile(f"[{INVISIBLE}]")
_NOTHING: Final = re.compile(rf"[\s{INVISIBLE}]*").fullmatch
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,30}(?:\.[0-9]{1,30})?")
_DIGITS_LOST: Final = re.compile(r"[0-9](?:\.[0-9]+)?[Ee]\+[0-9]+")
_CLOCK: Final = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::00)?")
_CLOCK_SPOKEN: Final = re.compile(r"([0-9]{1,2})[点时](?:([0-9]{1,2})分|(半))?")
_HOURS_CLOCK: Final = re.compile(r"([0-9]{1,4}):([0-5][0-9])(?::00)?")
_DURATION: Final = re.compile(
    r"(?:(?P<hours>[0-9]{1,6}(?:\.[0-9]{1,20})?)\s*(?:个?小时|hours?|hrs?|h))?\s*"
    r"(?:(?P<minutes>[0-9]{1,6})\s*(?:分钟?|minutes?|mins?|m))?",
    re.IGNORECASE,
)
_DATES: Final = tuple(
    re.compile(pattern + r"(?:[ T][0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)?")
    for pattern in (
        r"(?P<y>[0-9]{4})(?P<s>[-/.])(?P<m>[0-9]{1,2})(?P=s)(?P<d>[0-9]{1,2})",
        r"(?P<y>[0-9]{4})\s*年\s*(?P<m>[0-9]{1,2})\s*月\s*(?P<d>[0-9]{1,2})\s*日?",
        r"(?P<y>[0-9]{4})(?P<m>[0-9]{2})(?P<d>[0-9]{2})",
    )
)
_YES: Final = frozenset({"是", "有", "yes", "y", "true", "√", "✓"})
_NO: Final = frozenset({"否", "无", "no", "n", "false", "×", "✗"})


def seen(cell: Cell) -> Cell:
    """Return *cell* without what cannot be seen, which means nothing in any column."""
    return _INVISIBLE.sub("", cell) if isinstance(cell, str) else cell


def is_blank(cell: Cell) -> bool:
    """Whether a cell shows nothing."""
    return cell is None or (isinstance(cell, str) and _NOTHING(cell) is not None)


def shown(cell: Cell) -> str:
    """Return what a cell shows, much as the spreadsheet program shows it."""
    match cell:
        case None:
            text = ""
        case bool():
            text = "TRUE" if cell else "FALSE"
        case float():
            text = str(int(cell)) if cell.is_integer() else str(cell)
        case timedelta():
            text = shown_minutes(cell // timedelta(minutes=1))
        case datetime():
            text = cell.isoformat(" ", "minutes")
        case time():
            text = cell.isoformat("auto" if cell.second else "minutes")
        case _:
            text = str(cell).strip()
    return text


def shown_minutes(minutes: int) -> str:
    """Write *minutes* as hours and minutes, ``2:30``."""
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' * (minutes < 0)}{hours}:{rest:02}"


def plain(cell: Cell) -> str:
    """
    Return a cell's text without blanks at its ends, wide letters and digits narrowed.

    ``２：３０`` becomes ``2:30``: input methods for Chinese write either.
    """
    return unicodedata.normalize("NFKC", shown(cell)).strip()


# ---------------------------------------------------------------- days and times


def day(cell: Cell) -> date | Fault:
    """
    Read a day: a date cell, ``2026-03-05``, ``2026/3/5``, ``2026年3月5日`` or ``20260305``.

    Of a time stamp the day counts.  Days without a century, or with the day first, can be
    read in two ways and are refused.
    """
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    if fault := without_value(cell):
        return fault
    text = plain(cell)
    for pattern in _DATES:
        if found := pattern.fullmatch(text):
            try:
                return date(int(found["y"]), int(found["m"]), int(found["d"]))
            except ValueError:
                break
    numeric = isinstance(cell, int | float) and not isinstance(cell, bool)
    reason = RowReason.DATE_NUMBER if numeric else RowReason.DATE_UNREADABLE
    return Fault(reason=reason, found=text)


def minute_of_day(cell: Cell, *, ends: bool = False) -> int | Fault:
    """
    Read a time of day as the minute it is, 0 (00:00) to 1439 (23:59).

    Args:
        cell: A time cell, ``9:30`` or ``9点30分``.
        ends: Whether it is an end, which may be 1440 (24:00).
    """
    if fault := without_value(cell):
        return fault
    minute = _clock(cell)
    last = MINUTES_MAX if ends else MINUTES_MAX - 1
    if minute is None or not 0 <= minute <= last:
        wanted = f"00:00 – {shown_minutes(last)}"
        return Fault(
            reason=RowReason.CLOCK_UNREADABLE, found=shown(cell), wanted=wanted
        )
    return minute


def _clock(cell: Cell) -> int | None:
    if isinstance(cell, time):
        cell = timedelta(
            hours=cell.hour,
            minutes=cell.minute,
            seconds=cell.second,
            microseconds=cell.microsecond,
        )
    if isinstance(cell, timedelta):
        return _whole_minutes(cell)
    if not isinstance(cell, str):
        return None
    if found := _CLOCK.fullmatch(plain(cell)):
        hours, minutes = int(found[1]), int(found[2])
    elif found := _CLOCK_SPOKEN.fullmatch(plain(cell)):
        hours, minutes = int(found[1]), 30 if found[3] else int(found[2] or 0)
    else:
        return None
    return hours * 60 + minutes if minutes < 60 else None  # noqa: PLR2004 - an hour


def _whole_minutes(length: timedelta) -> int | None:
    """The minutes of a cell; the file keeps days, so they fall just beside the minute."""
    minutes = (length + _TO_THE_MINUTE) // timedelta(minutes=1)
    off = length - timedelta(minutes=minutes)
    return minutes if abs(off) <= _TO_THE_MINUTE else None


def duration(cell: Cell, *, numbers_are_minutes: bool = False) -> int | Fault:
    """
    Read how long something took, in whole minutes, 1 to 1 440.

    Args:
        cell: ``2.5`` (hours), ``1:30``, ``90分钟``, ``2小时30分``, or a time cell.
        numbers_are_minutes: Whether a bare number is minutes, as the heading says.
    """
    if fault := without_value(cell):
        return fault
    minutes = _length(cell, 1 if numbers_are_minutes else 60)
    if isinstance(minutes, RowReason):
        return Fault(reason=minutes, found=shown(cell))
    if minutes < 1:
        return Fault(reason=RowReason.NOT_POSITIVE, found=shown(cell))
    if minutes > MINUTES_MAX:
        return Fault(reason=RowReason.MINUTES_TOO_MANY, found=shown(cell))
    return minutes


def _length(cell: Cell, minutes_in_one: int) -> int | RowReason:
    if isinstance(cell, time | timedelta):
        minutes = _clock(cell) if isinstance(cell, time) else _whole_minutes(cell)
        return RowReason.MINUTES_FRACTION if minutes is None else minutes
    number = _number(cell)
    if number is None and isinstance(cell, str):
        minutes_in_one = 1
        number = _spoken_minutes(plain(cell))
    if number is None:
        return RowReason.DURATION_UNREADABLE
    whole = _whole(number * minutes_in_one, computed=isinstance(cell, float))
    return RowReason.MINUTES_FRACTION if whole is None else whole


def _spoken_minutes(text: str) -> Fraction | None:
    if text.startswith("-"):
        minutes = _spoken_minutes(text[1:])
        return None if minutes is None else -minutes
    if found := _HOURS_CLOCK.fullmatch(text):
        return Fraction(int(found[1]) * 60 + int(found[2]))
    found = _DURATION.fullmatch(text)
    if not found or not (found["hours"] or found["minutes"]):
        return None
    return Fraction(found["hours"] or 0) * 60 + int(found["minutes"] or 0)


# ---------------------------------------------------------------- numbers


def whole(cell: Cell, *, least: int | None = None) -> int | Fault:
    """Read a whole number, at most 10^15 either way, and not below *least*."""
    if fault := without_value(cell):
        return fault
    number = _number(cell)
    if number is None:
        return Fault(reason=RowReason.NUMBER_UNREADABLE, found=shown(cell))
    found = _whole(number, computed=isinstance(cell, float))
    if found is None:
        return Fault(reason=RowReason.NUMBER_FRACTION, found=shown(cell))
    if abs(found) > AMOUNT_MAX:
        return Fault(
            reason=RowReason.NUMBER_TOO_LARGE, found=shown(cell), wanted=str(AMOUNT_MAX)
        )
    if least is not None and found < least:
        return Fault(reason=RowReason.NOT_POSITIVE, found=shown(cell))
    return found


def _number(cell: Cell) -> Fraction | None:
    if isinstance(cell, bool):
        return None
    if isinstance(cell, int):
        return Fraction(cell)
    if isinstance(cell, float):
        try:
            return Fraction(str(cell))
        except ValueError:  # not a number, or infinite
            return None
    if isinstance(cell, str) and _NUMBER.fullmatch(plain(cell)):
        return Fraction(plain(cell))
    return None


def _whole(number: Fraction, *, computed: bool) -> int | None:
    nearest = round(number)
    off = abs(number - nearest)
    return nearest if off == 0 or (computed and off < _COMPUTED) else None


# ---------------------------------------------------------------- words


def account(cell: Cell) -> AccountId | Fault:
    """Read an account's id; a number in its place may have lost digits, and is refused."""
    text = own_id(cell)
    return text if isinstance(text, Fault) else AccountId(text)


_BETWEEN: Final = re.compile(r"[、；;]")


def accounts(cell: Cell) -> tuple[AccountId, ...] | Fault:
    """Read the ids of several accounts, parted by ``、`` or ``;``."""
    text = label(cell)
    if isinstance(text, Fault):
        return text
    found = []
    for each in _BETWEEN.split(text):
        read = account(each.strip())
        if isinstance(read, Fault):
            return read
        found.append(read)
    return tuple(found)


def own_id(cell: Cell) -> str | Fault:
    """Read an id that the clerk chose, which must not be shaped like a person's number."""
    text = label(cell)
    if isinstance(text, Fault):
        return text
    try:
        return clean_account_id(text)
    except ValueError:
        return Fault(reason=RowReason.ID_PERSONAL, found=_shortened(text))


def label(cell: Cell) -> str | Fault:
    """Read an id or a name that programs use: text of at most 100 characters."""
    if fault := without_value(cell):
        return fault
    if not isinstance(cell, str) or _DIGITS_LOST.fullmatch(cell.strip()):
        return Fault(reason=RowReason.ID_NUMBER, found=_shortened(shown(cell)))
    try:
        check_seen(cell)
        return clean_id(cell.strip())
    except ValueError:
        return Fault(
            reason=RowReason.TEXT_MALFORMED,
            found=repr(cell.strip()[:20]),
            wanted=str(ID_LENGTH_MAX),
        )


def word(cell: Cell) -> str | Fault:
    """Read a name of the policy's own, such as a level, which may be a whole number."""
    number = None if isinstance(cell, str) else _number(cell)
    if number is not None and number.denominator == 1:
        return str(number)
    return label(cell)


def _shortened(text: str) -> str:
    """A number without its middle, where it might be a person's."""
    kept = 3
    return text if len(text) < 11 else f"{text[:kept]}…{text[-kept:]}"  # noqa: PLR2004 - a mobile number's length


def yes_no(cell: Cell) -> bool | Fault:
    """Read ``是`` or ``否``, ``yes`` or ``no``, or a ticked box."""
    if fault := without_value(cell):
        return fault
    text = plain(cell).casefold()
    if text in _YES:
        return True
    if text in _NO:
        return False
    return Fault(reason=RowReason.YES_NO_UNREADABLE, found=shown(cell))


def without_value(cell: Cell) -> Fault | None:
    """Return the fault of a cell that shows nothing, an error, or an unsolved formula."""
    if is_blank(cell):
        return Fault(reason=RowReason.CELL_EMPTY)
    if isinstance(cell, str):
        text = cell.strip()
        if text.startswith("="):
            return Fault(reason=RowReason.FORMULA_EMPTY, found=text[:80])
        if text in _ERRORS:
            return Fault(reason=RowReason.FORMULA_ERROR, found=text)
    return None
