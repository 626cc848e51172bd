"""
The state of an account as columns and back.

What was said when it was opened stands without its day, and so does every last day that
there is none of.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, Final

from ..accounts import Account, Fact, Tier
from ..model import AccountId, AccountKind, Mode
from .codec import canonical
from .forms import plain_fact, read_fact

# looked up in a table: to ask the class for its member takes it five calls
_KINDS: Final = {kind.value: kind for kind in AccountKind}
_MODES: Final = {mode.value: mode for mode in Mode}


def encode_account(account: Account) -> tuple[str | None, ...]:
    """Return the columns of an account's state, in the order of their table."""
    return (
        account.id,
        account.kind.value,
        account.mode.value,
        account.opened_on.isoformat(),
        account.closed_on.isoformat() if account.closed_on else None,
        canonical([*_encode_facts(account)]),
        canonical([_encode_tier(tier) for tier in account.tiers]),
    )


def decode_account(row: Sequence[Any]) -> Account:
    """Read an account's state, whose columns come in that order."""
    id, kind, mode, opened_on, closed_on, facts, tiers = row
    return Account(
        id=AccountId(id),
        kind=_KINDS[kind],
        mode=_MODES[mode],
        opened_on=date.fromisoformat(opened_on),
        closed_on=date.fromisoformat(closed_on) if closed_on else None,
        facts=_decode_facts(facts, opened_on),
        tiers=_decode_tiers(tiers),
    )


def _encode_facts(account: Account) -> Iterator[list[Any]]:
    for fact in account.facts:
        pair = [fact.name, plain_fact(fact.value)]
        given = fact.since == account.opened_on
        yield pair if given else [*pair, fact.since.isoformat()]


def _encode_tier(tier: Tier) -> list[Any]:
    columns = [tier.ladder, tier.level, tier.suspended, tier.since.isoformat()]
    return [*columns, tier.until.isoformat()] if tier.until else columns


# most accounts keep the same few, or nothing
@lru_cache(maxsize=4096)
def _decode_facts(text: str, opened_on: str) -> tuple[Fact, ...]:
    return tuple(
        Fact(
            name=name,
            value=read_fact(value),
            since=date.fromisoformat(since[0] if since else opened_on),
        )
        for name, value, *since in json.loads(text)
    )


@lru_cache(maxsize=4096)
def _decode_tiers(text: str) -> tuple[Tier, ...]:
    return tuple(
        Tier(
            ladder=ladder,
            level=level,
            suspended=suspended,
            since=date.fromisoformat(since),
            until=date.fromisoformat(until[0]) if until else None,
        )
        for ladder, level, suspended, since, *until in json.loads(text)
    )
