"""
What people type, and what it means: numbers, days, lengths, times of day, ids.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Final

from cyclopts import Parameter, Token
from cyclopts.validators import Number

from ..model import BALANCE_MAX, MINUTES_AN_HOUR, clean_account_id, clean_id, exact
from ..texts import Text
from .helping import Help

# ---------------------------------------------------------------- lengths and times

WHOLE: Final = re.compile(r"-?[0-9]+")
"""A whole number as it is typed."""

_BARE: Final = re.compile(r"-?[0-9]+[./][0-9]+")
_CLOCK: Final = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")


def minutes(text: str) -> int:
    """
    Read a length in whole minutes: ``90``, ``1:30``, ``2 h 50 min``, ``1.5 h``.

    A bare number is minutes; a bare fraction could be either and is refused.

    Raises:
        ValueError: If it is none of these, or falls between two minutes.
    """
    if WHOLE.fullmatch(text.strip()):
        return int(text)
    if _BARE.fullmatch(text.strip()):
        raise ValueError(
            Text(
                "{text!r} could be hours or minutes: write 90, 1:30, 1.5 h or 1 h 30 min",
                "{text!r} 可能是小时，也可能是分钟：请写 90、1:30、1.5 h 或 1 h 30 min",
                text=text,
            )
        )
    length = exact(text) * MINUTES_AN_HOUR
    if length.denominator != 1:
        raise ValueError(
            Text(
                "{text!r} is not a whole number of minutes",
                "{text!r} 不是整数分钟",
                text=text,
            )
        )
    return length.numerator


def minute_of_day(text: str) -> int:
    """
    Read a time of day, ``9:30``, as the minute it is.

    Raises:
        ValueError: If it is no time from 0:00 to 23:59.
    """
    found = _CLOCK.fullmatch(text.strip())
    if not found:
        raise ValueError(
            Text(
                "{text!r} is no time of day such as 9:30 (0:00 to 23:59)",
                "{text!r} 不是时刻，时刻如 9:30（0:00 至 23:59）",
                text=text,
            )
        )
    return int(found[1]) * MINUTES_AN_HOUR + int(found[2])


def whole(text: str) -> int:
    """
    Read a whole number, ``12`` or ``-3``.

    Raises:
        ValueError: If it is anything else; nothing is rounded.
    """
    if not WHOLE.fullmatch(text.strip()):
        raise ValueError(
            Text(
                "{text!r} is no whole number: write it in digits, such as 12",
                "{text!r} 不是整数：请用数字书写，如 12",
                text=text,
            )
        )
    return int(text)


def hundredths(text: str) -> int:
    """
    Read a sum of money, ``12`` or ``12.50``, in whole hundredths.

    Raises:
        ValueError: If it is below nothing, or finer than a hundredth.
    """
    sum_ = exact(text) * 100
    if sum_.denominator != 1 or sum_ < 0:
        raise ValueError(
            Text(
                "{text!r} is no sum of money such as 12 or 12.50",
                "{text!r} 不是金额，金额如 12 或 12.50",
                text=text,
            )
        )
    return sum_.numerator


def day(text: str) -> date:
    """
    Read a day, ``2026-08-31``.

    Raises:
        ValueError: If it is none, or is written in another way.
    """
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(
            Text(
                "{text!r} is no day: write year, month and day, such as 2026-08-31",
                "{text!r} 不是日期：请写年、月、日，如 2026-08-31",
                text=text,
            )
        ) from None


def own_id(text: str) -> str:
    """
    Return *text* if it may enter the journal as somebody's own name for something.

    Raises:
        ValueError: If it is no id, or shaped like an identity-card or mobile number.
    """
    clean = clean_id(text)
    try:
        return clean_account_id(clean)
    except ValueError:
        raise ValueError(
            Text(
                "it is shaped like an identity-card or mobile number, and such numbers "
                "never enter the books: use a number of your own, such as sheet-3/row-41",
                "形似身份证号码或手机号码，此类号码不得进入账本：请使用自编号码，"
                "如 sheet-3/row-41",
            )
        ) from None


def _day(_: object, tokens: Sequence[Token]) -> date:
    return day(tokens[0].value)


def _own_id(_: object, tokens: Sequence[Token]) -> str:
    return own_id(tokens[0].value)


def _whole(_: object, tokens: Sequence[Token]) -> int:
    return whole(tokens[0].value)


def _money(_: object, tokens: Sequence[Token]) -> int:
    return hundredths(tokens[0].value)


def _minutes(_: object, tokens: Sequence[Token]) -> int:
    return minutes(tokens[0].value)


def _minute_of_day(_: object, tokens: Sequence[Token]) -> int:
    return minute_of_day(tokens[0].value)


Day = Annotated[date, Parameter(converter=_day, n_tokens=1, metavar="DATE")]
OwnId = Annotated[str, Parameter(converter=_own_id, n_tokens=1, metavar="ID")]
Whole = Annotated[int, Parameter(converter=_whole, n_tokens=1, metavar="INT")]
Money = Annotated[int, Parameter(converter=_money, n_tokens=1, metavar="MONEY")]
Length = Annotated[
    int,
    Parameter(
        converter=_minutes,
        n_tokens=1,
        metavar="LENGTH",
        help=Help(
            "How long: 90 (minutes), 1:30, 1.5 h or 2 h 50 min.",
            "时长：90（分钟）、1:30、1.5 h 或 2 h 50 min（2小时50分）。",
        ),
    ),
]
PositionTyped = Annotated[Whole, Parameter(validator=Number(gte=0, lte=BALANCE_MAX))]
Limit = Annotated[Whole, Parameter(validator=Number(gte=1, lte=BALANCE_MAX))]
TimeOfDay = Annotated[
    int,
    Parameter(converter=_minute_of_day, n_tokens=1, metavar="TIME"),
]
