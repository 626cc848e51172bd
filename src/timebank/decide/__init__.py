"""
Operation + standing + policy → entry or refusal.

Pure: no clock, no storage, no environment, and it reads only what `policy.needs` named.
`desk` is what every decision shares; each other module decides one kind of operation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from ..entries import Entry, Recorded, Refusal, Request
from ..operations import (
    AdoptPolicy,
    Allocate,
    AmendAccount,
    Apply,
    Assess,
    CancelOrder,
    CloseAccount,
    ConfirmStep,
    Correct,
    Donate,
    EndAssessment,
    EndPeriod,
    ExpireLot,
    FulfilOrder,
    Give,
    Grant,
    NoteRefusal,
    ObjectToStep,
    OpenAccount,
    Operation,
    PlaceOrder,
    PublishRanking,
    RecordMark,
    RecordService,
    Reverse,
    SetTier,
    SettleClaim,
    ShareOut,
    VoidId,
    WithdrawClaim,
)
from ..policy.trace import UNHEARD, Trace
from ..standing import Standing
from .accounts import decide_amend, decide_close, decide_open
from .adoption import decide_adopt
from .assessments import decide_assess, decide_end
from .claims import (
    decide_confirm,
    decide_object,
    decide_settle,
    decide_withdraw,
    put_into_effect,
    put_off,
)
from .days import governing_day, judged_on
from .desk import Desk
from .lots import decide_expire
from .mending import decide_correct, decide_reverse, decide_void
from .movements import decide_movement, decide_order, decide_share_out
from .orders import decide_cancel, decide_fulfil
from .periods import decide_period
from .rankings import decide_ranking
from .tiers import decide_apply, decide_tier

__all__ = ["decide", "governing_day", "judged_on"]


def _decide_nothing(desk: Desk, operation: NoteRefusal) -> None:
    """A refusal is kept as it was decided; there is nothing left to decide."""


_DECIDERS: Final[Mapping[type[Operation], Callable[[Desk, Any], None]]] = {
    OpenAccount: decide_open,
    AmendAccount: decide_amend,
    CloseAccount: decide_close,
    AdoptPolicy: decide_adopt,
    RecordService: decide_movement,
    RecordMark: decide_movement,
    Give: decide_movement,
    Donate: decide_movement,
    Allocate: decide_movement,
    ShareOut: decide_share_out,
    Grant: decide_movement,
    PlaceOrder: decide_order,
    FulfilOrder: decide_fulfil,
    CancelOrder: decide_cancel,
    EndPeriod: decide_period,
    ExpireLot: decide_expire,
    Reverse: decide_reverse,
    Correct: decide_correct,
    VoidId: decide_void,
    SetTier: decide_tier,
    Apply: decide_apply,
    Assess: decide_assess,
    EndAssessment: decide_end,
    PublishRanking: decide_ranking,
    ConfirmStep: decide_confirm,
    ObjectToStep: decide_object,
    WithdrawClaim: decide_withdraw,
    SettleClaim: decide_settle,
    NoteRefusal: _decide_nothing,
}


def decide(
    request: Request,
    standing: Standing,
    recorded: Recorded,
    *,
    commitment: str | None = None,
    trace: Trace = UNHEARD,
) -> Entry | Refusal:
    """
    Decide *request* as things stand.

    Args:
        request: What is asked.
        standing: All that `policy.needs` named, or more.
        recorded: When the bank learned of it.
        commitment: Salted hash of the request's private details.
        trace: Who is told what is looked at, and what comes of it.

    Returns:
        The entry, not yet in the journal, or the refusal with every finding.
    """
    desk = Desk(request=request, standing=standing, recorded=recorded, trace=trace)
    if desk.opens():
        operation = request.operation
        _DECIDERS[type(operation)](desk, operation)
        if desk.settling is None:
            put_off(desk)
        else:
            again = put_into_effect(desk, desk.settling)
            claimed = again.request.operation
            _DECIDERS[type(claimed)](again, claimed)
            desk.draft = again.draft
            desk.findings += again.findings
    return desk.verdict(commitment)
