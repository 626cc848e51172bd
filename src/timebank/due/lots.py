"""
Lots whose last day is over: what is free of them goes where the policy says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date

from ..operations import ExpireLot
from ..policy.days import days_later
from ..standing import Standing
from .things import Due, due_id


def expired_lots(books: Standing, until: date) -> Iterator[Due]:
    """
    Yield the expiry of every lot that has something free and expired before *until*.

    What an order held comes free when it is given back, and falls due then, under a
    further id; so does what an expiry took that was undone.
    """
    before = Counter(
        entry.operation
        for _, entry in books.known.values()
        if isinstance(entry.operation, ExpireLot)
    )
    for (account, unit), lots in sorted(books.lots.items()):
        for lot, balance in lots.items():
            if lot.expires_on is None or lot.expires_on >= until or balance.free <= 0:
                continue
            operation = ExpireLot(account=account, unit=unit, lot=lot.id)
            on, times = days_later(lot.expires_on, 1), before[operation]
            again = [str(times + 1)] if times else []
            id = due_id(on, "lot", unit, lot.id, account, *again)
            yield Due(id=id, operation=operation, on=on)
