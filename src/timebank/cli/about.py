"""
What an operation is about, in a few words, for listings.
"""

from __future__ import annotations

from typing import Final, assert_never

from .. import operations as ops
from ..model import MINUTES_AN_HOUR
from ..policy.files import compiled
from ..texts import Text
from .show import word


def about(operation: ops.Operation) -> str:  # noqa: C901, PLR0911, PLR0912 - one line a kind
    """Return whom and what *operation* concerns."""
    match operation:
        case ops.OpenAccount():
            return Text(
                "{account} ({kind})",
                "{account}（{kind}）",
                account=operation.account,
                kind=word(operation.kind),
            )
        case ops.AmendAccount():
            return operation.account
        case ops.CloseAccount():
            return Text(
                "{account} ({cause})",
                "{account}（{cause}）",
                account=operation.account,
                cause=operation.cause,
            )
        case ops.AdoptPolicy():
            name = compiled(operation.text).policy.name
            return Text(
                "{name}, from {day}",
                "{name}，自 {day} 起",
                name=name,
                day=operation.holds_from,
            )
        case ops.RecordService():
            hours, minutes = divmod(operation.minutes, MINUTES_AN_HOUR)
            return (
                f"{operation.provider}: {operation.service_class} {hours}:{minutes:02}"
            )
        case ops.RecordMark():
            return f"{operation.member}: {operation.number} {operation.mark}"
        case ops.Give():
            return Text(
                "{payer} to {payee}",
                "{payer} 至 {payee}",
                payer=operation.payer,
                payee=operation.payee,
            )
        case ops.Donate():
            return operation.payer
        case ops.Allocate() | ops.Grant():
            return operation.payee
        case ops.ShareOut():
            return ", ".join(part.account for part in operation.applicants)
        case ops.PlaceOrder():
            return f"{operation.payer}: {operation.quantity} {operation.item}"
        case ops.FulfilOrder() | ops.CancelOrder():
            return operation.order
        case ops.EndPeriod():
            return f"{operation.account}: {operation.rule}"
        case ops.ExpireLot():
            return f"{operation.account}: {operation.unit} of {operation.lot}"
        case ops.Reverse():
            return operation.target
        case ops.Correct():
            return _with(operation.target, about(operation.replacement))
        case ops.VoidId():
            return operation.voided
        case ops.SetTier():
            to = f" {operation.level}" if operation.level else ""
            return Text(
                "{account}: {action} {ladder}{to}",
                "{account}：{action} {ladder}{to}",
                account=operation.account,
                action=_ACTIONS[operation.action],
                ladder=operation.ladder,
                to=to,
            )
        case ops.Apply() | ops.Assess():
            return Text(
                "{account}: {ladder} {level}",
                "{account}：{ladder} {level}",
                account=operation.account,
                ladder=operation.ladder,
                level=operation.level or Text("none", "无"),
            )
        case ops.PublishRanking():
            return operation.ranking
        case ops.EndAssessment():
            return operation.ladder
        case ops.ConfirmStep() | ops.ObjectToStep():
            return _with(operation.claim, operation.step)
        case ops.WithdrawClaim() | ops.SettleClaim():
            return operation.claim
        case ops.NoteRefusal():
            return _with(operation.refused, about(operation.operation))
        case _:
            assert_never(operation)


_ACTIONS: Final = {
    ops.TierAction.GRANT: Text("grant", "授予"),
    ops.TierAction.SUSPEND: Text("suspend", "暂停"),
    ops.TierAction.WITHDRAW: Text("withdraw", "取消"),
}


def _with(id: str, what: str) -> Text:
    return Text("{id}: {what}", "{id}：{what}", id=id, what=what)
