"""
Holding what a store loads against the fold of the journal, question by question.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..model import Mode
from ..scope import Needs
from ..shifts import near
from ..standing import Standing


def differences(loaded: Standing, folded: Standing, needs: Needs) -> list[str]:
    """
    Return every answer in which *loaded* differs from *folded*, of what *needs* names.

    Both are asked as a rule would ask them, so the order of lots counts and what lies
    beyond the needs does not.
    """
    both = zip(answers(loaded, needs), answers(folded, needs), strict=True)
    return [
        f"{question}: loaded {found!r}, folded {wanted!r}"
        for (question, found), (_, wanted) in both
        if found != wanted
    ]


def answers(standing: Standing, needs: Needs) -> Iterator[tuple[str, Any]]:
    """Yield everything that may be asked with *needs*, each with the answer."""
    yield "head", standing.head
    yield "policies", list(standing.adoptions)
    if needs.append_accounts:
        kept = standing.accounts.items()
        yield (
            "append accounts",
            {id: account for id, account in kept if account.mode is Mode.APPEND},
        )
    for account in needs.accounts:
        yield f"account {account}", standing.account(account)
        yield f"balances of {account}", dict(standing.balances_of(account))
    for one in needs.series:
        rows = standing.events(one.account, one.unit, one.first, one.last)
        yield f"history {one}", dict(rows)
    for id in needs.ids:
        yield f"entry {id}", standing.find(id)
        yield f"void {id}", standing.is_void(id)
    for id in needs.threads:
        yield f"thread of {id}", standing.thread(id)
        yield f"undoing of {id}", standing.undone_by(id)
        yield f"order {id}", standing.order(id)
    for holder, unit in needs.lots:
        yield f"lots of {holder} in {unit}", standing.lots_of(holder, unit)
    for lot in needs.lot_uses:
        yield f"uses of lot {lot}", standing.users_of(lot)
    for provider, day in needs.shifts:
        shifts = standing.shifts_near(provider, day)
        yield (
            f"services of {provider} around {day}",
            {id: shift for id, shift in shifts if near(shift, day)},
        )
