"""
The state of an account as columns and back.
"""

from __future__ import annotations

import json
from datetime import date
from functools import lru_cache
from typing import Any

from ..accounts import Account, Tier
from ..model import AccountId, AccountKind, Mode
from ..operations import Facts
from .codec import canonical, structure_facts, unstructure_facts


def encode_account(account: Account) -> dict[str, Any]:
    """Return the columns of an account's state."""
    tiers = [[ladder, *_encode_tier(tier)] for ladder, tier in account.tiers]
    return {
        "account": account.id,
        "kind": account.kind.value,
        "mode": account.mode.value,
        "opened_on": account.opened_on.isoformat(),
        "closed_on": account.closed_on.isoformat() if account.closed_on else None,
        "facts": canonical(unstructure_facts(account.facts)),
        "tiers": canonical(tiers),
    }


def decode_account(row: Any) -> Account:  # noqa: ANN401 - a row with those columns
    """Read an account's state."""
    return Account(
        id=AccountId(row.account),
        kind=AccountKind(row.kind),
        mode=Mode(row.mode),
        opened_on=date.fromisoformat(row.opened_on),
        closed_on=date.fromisoformat(row.closed_on) if row.closed_on else None,
        facts=_decode_facts(row.facts),
        tiers=_decode_tiers(row.tiers),
    )


# most accounts keep the same few, or nothing
@lru_cache(maxsize=4096)
def _decode_facts(text: str) -> Facts:
    return structure_facts(json.loads(text), None)


@lru_cache(maxsize=4096)
def _decode_tiers(text: str) -> tuple[tuple[str, Tier], ...]:
    return tuple(
        (ladder, _decode_tier(columns)) for ladder, *columns in json.loads(text)
    )


def _encode_tier(tier: Tier) -> list[Any]:
    columns = [tier.level, tier.suspended, tier.since.isoformat()]
    if tier.until is None:
        return columns
    before = _encode_tier(tier.before) if tier.before else None
    return [*columns, tier.until.isoformat(), before]


def _decode_tier(columns: list[Any]) -> Tier:
    level, suspended, since, *term = columns
    until, before = term or (None, None)
    return Tier(
        level=level,
        suspended=suspended,
        since=date.fromisoformat(since),
        until=date.fromisoformat(until) if until else None,
        before=_decode_tier(before) if before else None,
    )
