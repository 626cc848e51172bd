"""
Lots whose last day is over: what is free of them goes where the policy says.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final, NamedTuple

from ..balances import NO_BALANCE
from ..entries import Entry
from ..model import AccountId, Lot
from ..operations import ExpireLot
from ..policy.days import days_later
from ..policy.files import compiled
from ..standing import Standing
from .things import Due, Watch, next_id


class _Share(NamedTuple):
    """What one account has of a lot."""

    account: AccountId
    unit: str
    lot: Lot


def _touched(_: Standing, entry: Entry) -> Iterator[_Share]:
    for posting in entry.postings:
        if posting.lot is not None:
            yield _Share(posting.account, posting.unit, posting.lot)


def _expired(books: Standing, share: _Share, until: date) -> Due | None:
    """
    Return the expiry of a lot that has something free and expired before *until*.

    What an order held comes free when it is given back, and falls due then, under a
    further id; so does what an expiry took that was undone.
    """
    account, unit, lot = share
    held = books.lots.get((account, unit), {}).get(lot, NO_BALANCE)
    if held.free <= 0:
        return None
    adoption = books.policy_on(until)
    rule = compiled(adoption.text).units.get(unit) if adoption else None
    pauses = rule.lots if rule else None
    last = pauses.last_use(lot.expires_on) if pauses else lot.expires_on
    if last is None or last >= until:
        return None
    on = days_later(last, 1)
    return Due(
        id=next_id(books, on, "lot", unit, lot.id, account),
        operation=ExpireLot(account=account, unit=unit, lot=lot.id),
        on=on,
    )


EXPIRED_LOTS: Final = Watch(touched=_touched, due=_expired)
