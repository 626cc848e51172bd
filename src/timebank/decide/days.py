"""
By which day an operation is decided, and by which day what it moves is judged.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from ..model import EntryId
from ..operations import (
    Assess,
    CancelOrder,
    EndAssessment,
    EndPeriod,
    ExpireLot,
    Operation,
    PlaceOrder,
    PublishRanking,
    RecordMark,
    RecordService,
    SettleClaim,
)
from ..policy.files import compiled
from ..policy.terms import order_term
from ..standing import Standing

_FALLS_DUE: Final = frozenset({EndPeriod, ExpireLot, Assess, EndAssessment})
_BY_ITS_DAY: Final = _FALLS_DUE | {RecordService, RecordMark, PublishRanking}
OF_ITS_DAY: Final = _FALLS_DUE | {SettleClaim}
"""What is always judged by its effective day; `judged_on` says what else may be."""


def governing_day(asked: Operation, effective_on: date, recorded_on: date) -> date:
    """
    Return the day whose policy decides what puts *asked* in place.

    Earning goes by the day of the service, what falls due by the day it falls due,
    everything else by the day it is recorded.
    """
    return effective_on if type(asked) in _BY_ITS_DAY else recorded_on


def judged_on(
    operation: Operation, effective_on: date, recorded_on: date, standing: Standing
) -> date:
    """
    Return the day whose floors, caps and lots hold for what *operation* moves.

    That is the day on which it is recorded; of what time brings the day it fell due, so
    that it does not matter how late somebody lets time pass.  After an order's term it is
    time that cancels it, whoever asks.
    """
    if type(operation) in OF_ITS_DAY or (
        type(operation) is CancelOrder
        and _is_over(operation.order, effective_on, standing)
    ):
        return effective_on
    return recorded_on


def _is_over(order: EntryId, day: date, standing: Standing) -> bool:
    placed = standing.find(order)
    if placed is None:
        return False
    _, entry = placed
    if not entry.policy or not isinstance(entry.asked, PlaceOrder):
        return False  # no order, or one that its own batch has yet to place
    term = order_term(entry, compiled(standing.adopted(entry.policy).text))
    return term is not None and term.last < day
