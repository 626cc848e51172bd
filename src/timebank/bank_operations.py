"""
What can be asked of a bank: one method an operation, its fields as arguments.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from datetime import date

from . import operations as ops
from .entries import Outcome
from .model import AccountKind, Mode


class Operations(ABC):
    """
    The operations that somebody asks for, each by its own method.

    Beside an operation's fields each takes the same three arguments: ``on``, the day the
    fact counts for; ``id``, chosen by the caller from business facts so that a retry is
    safe (one is made where it is left out); and ``actor``, where that is not the bank's
    own.  It returns an `Outcome`, or raises `Refused` with every finding.
    """

    __slots__ = ()

    @abstractmethod
    def post(
        self,
        operation: ops.Operation,
        *,
        on: date,
        id: str | None = None,
        actor: str | None = None,
        private: Mapping[str, str] | None = None,
    ) -> Outcome:
        """Ask for *operation* and record it."""

    @abstractmethod
    def today(self) -> date:
        """Return today in the ledger's time zone."""

    def open_account(
        self,
        account: str,
        *,
        on: date,
        kind: str = AccountKind.MEMBER,
        mode: str = Mode.STRICT,
        facts: Mapping[str, ops.FactValue] | None = None,
        sponsor: str | None = None,
        private: Mapping[str, str] | None = None,
        id: str | None = None,
        actor: str | None = None,
    ) -> Outcome:
        """Open an account; *private* holds what may have to be erased, such as a name."""
        operation = ops.OpenAccount(
            account=account,
            kind=kind,
            mode=mode,
            facts=facts or {},
            sponsor=sponsor,
        )
        return self.post(operation, on=on, id=id, actor=actor, private=private)

    def amend_account(
        self,
        account: str,
        facts: Mapping[str, ops.FactValue],
        *,
        on: date,
        id: str | None = None,
        actor: str | None = None,
    ) -> Outcome:
        """Change facts that the policy keeps with an account."""
        operation = ops.AmendAccount(account=account, facts=facts)
        return self.post(operation, on=on, id=id, actor=actor)

    def close_account(
        self,
        account: str,
        *,
        on: date,
        cause: str,
        facts: Mapping[str, ops.FactValue] | None = None,
        heir: str | None = None,
        id: str | None = None,
        actor: str | None = None,
    ) -> Outcome:
        """Close an account for ever; what it has must have gone somewhere."""
        operation = ops.CloseAccount(
            account=account, cause=cause, facts=facts or {}, heir=heir
        )
        return self.post(operation, on=on, id=id, actor=actor)

    def record_service(
        self,
        provider: str,
        service_class: str,
        minutes: int,
        *,
        on: date,
        recipient: str | None = None,
        organiser: str | None = None,
        starts_at: int | None = None,
        event: str | None = None,
        facts: Mapping[str, ops.FactValue] | None = None,
        sponsor: str | None = None,
        body: str | None = None,
        evidence: str | None = None,
        recipients: Mapping[str, int] | Iterable[ops.Part] = (),
        private: Mapping[str, str] | None = None,
        id: str | None = None,
        actor: str | None = None,
    ) -> Outcome:
        """Record that *provider* served for *minutes*; see `RecordService`."""
        operation = ops.RecordService(
            provider=provider,
            service_class=service_class,
            minutes=minutes,
            recipient=recipient,
            organiser=organiser,
            starts_at=starts_at,
            event=event,
            facts=facts or {},
            sponsor=sponsor,
            body=body,
            evidence=evidence,
            recipients=recipients,
        )
        return self.post(operation, on=on, id=id, actor=actor, private=private)

    def record_mark(
        self,
        member: str,
        mark: str,
        number: int = 1,
        *,
        on: date,
        organiser: str | None = None,
        event: str | None = None,
        facts: Mapping[str, ops.FactValue] | None = None,
        recipient: str | None = None,
        sponsor: str | None = None,
        body: str | None = None,
        evidence: str | None = None,
        recipients: Mapping[str, int] | Iterable[ops.Part] = (),
        id: str | None = None,
        actor: str | None = None,
    ) -> Outcome:
        """Record something counted that is not time; see `RecordMark`."""
        operation = ops.RecordMark(
            member=member,
            mark=mark,
            number=number,
            organiser=organiser,
            event=event,
            facts=facts or {},
            recipient=recipient,
            sponsor=sponsor,
            body=body,
            evidence=evidence,
            recipients=recipients,
        )
        return self.post(operation, on=on, id=id, actor=actor)

    def give(
        self,
        payer: str,
        payee: str,
        *,
        unit: str,
        amount: int,
        on: date,
        facts: Mapping[str, ops.FactValue] | None = None,
        purpose: str | None = None,
        body: str | None = None,
        id: str | None = None,
        actor: str | None = None,
    ) -> Outcome:
        """Give *amount* parts to another account."""
        operation = ops.Give(
            payer=payer,
            payee=payee,
            unit=unit,
            amount=amount,
            facts=facts or {},
            purpose=purpose,
            body=body,
        )
        return self.post(operation, on=on, id=id, actor=actor)

    def donate(
        self,
        payer: str,
        *,
        unit: str,
        amount: int,
        on: date,
        facts: Mapping[str, ops.FactValue] | None = None,
        purpose: str | None = None,
        body: str | None = None,
        id: str | None = None,
        actor: str | None = None,
    ) -> Outcome:
        """Give *amount* parts to the pool that the policy names."""
        operation = ops.Donate(
            payer=payer,
            unit=unit,
            amount=amount,
            facts=facts or {},
            purpose=purpose,
            body=body,
        )
        return self.post(operation, on=on, id=id, actor=actor)

    def allocate(
        self,
        payee: str,
        *,
        unit: str,
        amount: int,
        on: date,
        facts: Mapping[str, ops.FactValue] | None = None,
        purpose: str | None = None,
        body: str | None = None,
        id: str | None = None,
        actor: str | None = None,
    ) -> Outcome:
        """Hand *amount* parts from the policy's pool to *payee*."""
        operation = ops.Allocate(
            payee=payee,
            unit=unit,
            amount=amount,
            facts=facts or {},
            purpose=purpose,
            body=body,
        )
        return self.post(operation, on=on, id=id, actor=actor)

    def share_out(
        self,
        unit: str,
        applicants: Mapping[str, int] | Iterable[ops.Part],
        *,
        on: date,
        facts: Mapping[str, ops.FactValue] | None = None,
        purpose: str | None = None,
        body: str | None = None,
        id: str | None = None,
        actor: str | None = None,
    ) -> Outcome:
        """Hand out from the policy's pool to *applicants*, as far as it goes."""
        operation = ops.ShareOut(
            unit=unit,
            applicants=applicants,
            facts=facts or {},
            purpose=purpose,
            body=body,
        )
        return self.post(operation, on=on, id=id, actor=actor)

    def grant(
        self,
        payee: str,
        *,
        unit: str,
        amount: int,
        on: date,
        facts: Mapping[str, ops.FactValue] | None = None,
        purpose: str | None = None,
        body: str | None = None,
        id: str | None = None,
        actor: str | None = None,
    ) -> Outcome:
        """Hand *amount* parts from the policy's fund to *payee*."""
        operation = ops.Grant(
            payee=payee,
            unit=unit,
            amount=amount,
            facts=facts or {},
            purpose=purpose,
            body=body,
        )
        return self.post(operation, on=on, id=id, actor=actor)

    def order(
        self,
        payer: str,
        item: str,
        quantity: int = 1,
        *,
        on: date,
        beneficiary: str | None = None,
        merchant: str | None = None,
        facts: Mapping[str, ops.FactValue] | None = None,
        cash: int | None = None,
        body: str | None = None,
        payers: Mapping[str, int] | Iterable[ops.Part] = (),
        id: str | None = None,
        actor: str | None = None,
    ) -> Outcome:
        """Set the price of *quantity* of *item* aside, until fulfilled or cancelled."""
        operation = ops.PlaceOrder(
            payer=payer,
            item=item,
            quantity=quantity,
            beneficiary=beneficiary,
            merchant=merchant,
            facts=facts or {},
            cash=cash,
            body=body,
            payers=payers,
        )
        return self.post(operation, on=on, id=id, actor=actor)

    def redeem(
        self,
        payer: str,
        item: str,
        quantity: int = 1,
        *,
        on: date,
        beneficiary: str | None = None,
        merchant: str | None = None,
        facts: Mapping[str, ops.FactValue] | None = None,
        cash: int | None = None,
        body: str | None = None,
        payers: Mapping[str, int] | Iterable[ops.Part] = (),
        id: str | None = None,
        actor: str | None = None,
    ) -> Outcome:
        """Order and hand over in one step."""
        operation = ops.PlaceOrder(
            payer=payer,
            item=item,
            quantity=quantity,
            beneficiary=beneficiary,
            merchant=merchant,
            delivered=True,
            facts=facts or {},
            cash=cash,
            body=body,
            payers=payers,
        )
        return self.post(operation, on=on, id=id, actor=actor)

    def fulfil(
        self,
        order: str,
        quantity: int | None = None,
        *,
        on: date,
        id: str | None = None,
        actor: str | None = None,
    ) -> Outcome:
        """Take what is held for *quantity* pieces of *order*; for all that are left."""
        operation = ops.FulfilOrder(order=order, quantity=quantity)
        return self.post(operation, on=on, id=id, actor=actor)

    def cancel(
        self,
        order: str,
        *,
        on: date,
        facts: Mapping[str, ops.FactValue] | None = None,
        id: str | None = None,
        actor: str | None = None,
    ) -> Outcome:
        """Give back what *order* still holds; what a cancellation costs is taken."""
        operation = ops.CancelOrder(order=order, facts=facts or {})
        return self.post(operation, on=on, id=id, actor=actor)

    def reverse(
        self,
        target: str,
        *,
        on: date,
        authority: str | None = None,
        id: str | None = None,
        actor: str | None = None,
    ) -> Outcome:
        """Undo entry *target*; *authority* names who allowed it against a limit."""
        operation = ops.Reverse(target=target, authority=authority)
        return self.post(operation, on=on, id=id, actor=actor)

    def correct(
        self,
        target: str,
        replacement: ops.Movable,
        *,
        on: date,
        authority: str | None = None,
        id: str | None = None,
        actor: str | None = None,
    ) -> Outcome:
        """Undo entry *target* and put *replacement* in its place, on the day *on*."""
        operation = ops.Correct(
            target=target, replacement=replacement, authority=authority
        )
        return self.post(operation, on=on, id=id, actor=actor)

    def void(
        self, voided: str, *, on: date, id: str | None = None, actor: str | None = None
    ) -> Outcome:
        """Take the id *voided* before its entry arrives, so that it is refused."""
        return self.post(ops.VoidId(voided=voided), on=on, id=id, actor=actor)

    def set_tier(
        self,
        account: str,
        ladder: str,
        level: str | None = None,
        *,
        on: date,
        action: str = ops.TierAction.GRANT,
        until: date | None = None,
        facts: Mapping[str, ops.FactValue] | None = None,
        id: str | None = None,
        actor: str | None = None,
    ) -> Outcome:
        """
        Grant *level* of *ladder*, or suspend or withdraw the one held.

        Where the policy gives the level a term, *until* is the last day on which it holds.
        """
        operation = ops.SetTier(
            account=account,
            ladder=ladder,
            action=action,
            level=level,
            until=until,
            facts=facts or {},
        )
        return self.post(operation, on=on, id=id, actor=actor)

    def apply_for(
        self,
        account: str,
        ladder: str,
        level: str,
        *,
        on: date,
        until: date | None = None,
        facts: Mapping[str, ops.FactValue] | None = None,
        id: str | None = None,
        actor: str | None = None,
    ) -> Outcome:
        """Apply for *level* of *ladder* in the name of *account*."""
        operation = ops.Apply(
            account=account,
            ladder=ladder,
            level=level,
            until=until,
            facts=facts or {},
        )
        return self.post(operation, on=on, id=id, actor=actor)

    def confirm(
        self,
        claim: str,
        step: str,
        *,
        role: str,
        on: date | None = None,
        id: str | None = None,
        actor: str | None = None,
        private: Mapping[str, str] | None = None,
    ) -> Outcome:
        """
        Confirm *step* of a claim, acting as *role*; the last one lets the claim count.

        It counts on the day the bank learns of it, whatever the day *on* (today by
        default).  Who acts is *actor*, and the host vouches that they are what *role* says.
        """
        operation = ops.ConfirmStep(claim=claim, step=step, role=role)
        return self.post(
            operation, on=on or self.today(), id=id, actor=actor, private=private
        )

    def object_to(
        self,
        claim: str,
        step: str,
        *,
        role: str | None = None,
        on: date | None = None,
        id: str | None = None,
        actor: str | None = None,
        private: Mapping[str, str] | None = None,
    ) -> Outcome:
        """Say no to a claim at *step*; the reason is for *private*, see `confirm`."""
        operation = ops.ObjectToStep(claim=claim, step=step, role=role)
        return self.post(
            operation, on=on or self.today(), id=id, actor=actor, private=private
        )

    def withdraw(
        self,
        claim: str,
        *,
        on: date | None = None,
        id: str | None = None,
        actor: str | None = None,
    ) -> Outcome:
        """Take back a claim of one's own that waits."""
        operation = ops.WithdrawClaim(claim=claim)
        return self.post(operation, on=on or self.today(), id=id, actor=actor)

    def settle(
        self,
        claim: str,
        *,
        on: date | None = None,
        id: str | None = None,
        actor: str | None = None,
    ) -> Outcome:
        """Let a claim count, or not, as time has decided by *on*; `tick` does all."""
        operation = ops.SettleClaim(claim=claim)
        return self.post(operation, on=on or self.today(), id=id, actor=actor)
