"""
What an operation is about, in a few words, for listings.
"""

from __future__ import annotations

from typing import assert_never

from .. import operations as ops
from ..model import MINUTES_AN_HOUR
from ..policy.files import compiled


def about(operation: ops.Operation) -> str:  # noqa: C901, PLR0911, PLR0912 - one line a kind
    """Return whom and what *operation* concerns."""
    match operation:
        case ops.OpenAccount():
            return f"{operation.account} ({operation.kind})"
        case ops.AmendAccount():
            return operation.account
        case ops.CloseAccount():
            return f"{operation.account} ({operation.cause})"
        case ops.AdoptPolicy():
            name = compiled(operation.text).policy.name
            return f"{name}, from {operation.holds_from}"
        case ops.RecordService():
            hours, minutes = divmod(operation.minutes, MINUTES_AN_HOUR)
            return (
                f"{operation.provider}: {operation.service_class} {hours}:{minutes:02}"
            )
        case ops.RecordMark():
            return f"{operation.member}: {operation.number} {operation.mark}"
        case ops.Give():
            return f"{operation.payer} to {operation.payee}"
        case ops.Donate():
            return operation.payer
        case ops.Allocate() | ops.Grant():
            return operation.payee
        case ops.PlaceOrder():
            return f"{operation.payer}: {operation.quantity} {operation.item}"
        case ops.FulfilOrder() | ops.CancelOrder():
            return operation.order
        case ops.EndPeriod():
            return f"{operation.account}: {operation.rule}"
        case ops.Reverse():
            return operation.target
        case ops.Correct():
            return f"{operation.target}: {about(operation.replacement)}"
        case ops.VoidId():
            return operation.voided
        case ops.SetTier():
            to = f" {operation.level}" if operation.level else ""
            return f"{operation.account}: {operation.action} {operation.ladder}{to}"
        case ops.Apply():
            return f"{operation.account}: {operation.ladder} {operation.level}"
        case ops.NoteRefusal():
            return f"{operation.refused}: {about(operation.operation)}"
        case _:
            assert_never(operation)
