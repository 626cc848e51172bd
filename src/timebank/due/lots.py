"""
Lots whose last day is over: what is free of them goes where the policy says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date

from ..operations import ExpireLot
from ..policy.days import days_later
from ..policy.files import compiled
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
    adoption = books.policy_on(until)
    units = compiled(adoption.text).units if adoption else {}
    rules = {name: unit.lots for name, unit in units.items()}
    for (account, unit), lots in sorted(books.lots.items()):
        rule = rules.get(unit)
        for lot, balance in lots.items():
            last = rule.last_use(lot.expires_on) if rule else lot.expires_on
            if last is None or last >= until or balance.free <= 0:
                continue
            operation = ExpireLot(account=account, unit=unit, lot=lot.id)
            on, times = days_later(last, 1), before[operation]
            again = [str(times + 1)] if times else []
            id = due_id(on, "lot", unit, lot.id, account, *again)
            yield Due(id=id, operation=operation, on=on)
