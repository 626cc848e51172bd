"""
What an operation is about, in a few words, for listings.
"""

from __future__ import annotations

from typing import Final, assert_never

from .. import operations as ops
from ..model import MINUTES_AN_HOUR
from ..names import Names
from ..policy.files import compiled
from ..texts import Text
from .show import word


def about(  # noqa: C901, PLR0911, PLR0912 - one line a kind
    operation: ops.Operation, names: Names
) -> str:
    """Return whom and what *operation* concerns, by the *names* that policies give."""

    def called(place: str) -> str:
        return names.get(place) or place.rpartition(".")[2]

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
            name = compiled(operation.text).policy.called
            return Text(
                "{name}, from {day}",
                "{name}，自 {day} 起",
                name=name,
                day=operation.holds_from,
            )
        case ops.RecordService():
            hours, minutes = divmod(operation.minutes, MINUTES_AN_HOUR)
            length = f"{hours}:{minutes:02}"
            what = called(f"classes.{operation.service_class}")
            return _with(operation.provider, _counted(what, length))
        case ops.RecordMark():
            what = called(f"classes.{operation.mark}")
            return _with(operation.member, _counted(operation.number, what))
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
            what = called(f"items.{operation.item}")
            return _with(operation.payer, _counted(operation.quantity, what))
        case ops.FulfilOrder() | ops.CancelOrder():
            return operation.order
        case ops.EndPeriod():
            return _with(operation.account, called(f"rules.{operation.rule}"))
        case ops.ExpireLot():
            return Text(
                "{account}: {unit} of {lot}",
                "{account}：{lot} 的{unit}",
                account=operation.account,
                unit=called(f"units.{operation.unit}"),
                lot=operation.lot,
            )
        case ops.Reverse():
            return operation.target
        case ops.Correct():
            return _with(operation.target, about(operation.replacement, names))
        case ops.VoidId():
            return operation.voided
        case ops.SetTier():
            ladder = f"ladders.{operation.ladder}"
            to = called(f"{ladder}.levels.{operation.level}")
            return Text(
                "{account}: {action} {what}",
                "{account}：{action} {what}",
                account=operation.account,
                action=_ACTIONS[operation.action],
                what=_counted(called(ladder), to)
                if operation.level
                else called(ladder),
            )
        case ops.Apply() | ops.Assess():
            ladder = f"ladders.{operation.ladder}"
            at = called(f"{ladder}.levels.{operation.level}")
            told = at if operation.level else Text("none", "无")
            return _with(operation.account, _counted(called(ladder), told))
        case ops.PublishRanking():
            return operation.ranking
        case ops.EndAssessment():
            return called(f"ladders.{operation.ladder}")
        case ops.ConfirmStep() | ops.ObjectToStep():
            return _with(operation.claim, operation.step)
        case ops.WithdrawClaim() | ops.SettleClaim():
            return operation.claim
        case ops.NoteRefusal():
            return _with(operation.refused, about(operation.operation, names))
        case _:
            assert_never(operation)


_ACTIONS: Final = {
    ops.TierAction.GRANT: Text("grant", "授予"),
    ops.TierAction.SUSPEND: Text("suspend", "暂停"),
    ops.TierAction.WITHDRAW: Text("withdraw", "取消"),
}


def _counted(first: object, second: object) -> Text:
    return Text("{first} {second}", "{first} {second}", first=first, second=second)


def _with(id: str, what: str) -> Text:
    return Text("{id}: {what}", "{id}：{what}", id=id, what=what)
