"""
Caches held against what the journal makes of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from attrs import frozen

from ..model import START, EntryId, Position
from ..standing import Standing
from ..storage.protocol import Caches
from ..texts import Text

Found = tuple[int, Text]
"""A fault, and the position it is told of."""


@frozen(kw_only=True)
class Made:
    """
    What the journal makes of what is cached.

    Args:
        head: The last position.
        voided: The ids that were voided.
        fold: The standing.
        strays: Positions at which postings are kept and no entry stands.
    """

    head: int
    voided: Mapping[EntryId, Position]
    fold: Standing
    strays: Sequence[Position]


def stale(caches: Caches, made: Made) -> Iterator[Found]:
    """Find where *caches* are not what the journal makes of them, or guards are missing."""
    yield from _of_the_journal(caches, made)
    yield from _of_accounts(caches, made)
    for stray in made.strays:
        yield (
            stray,
            Text(
                "law 7: postings are kept and no entry stands there",
                "定律 7：有各笔而没有记录",
            ),
        )
    for guard in caches.guards:
        yield (
            made.head,
            Text(
                "law 2: the guard {guard!r} is missing",
                "定律 2：缺少防护 {guard!r}",
                guard=guard,
            ),
        )


def _of_the_journal(caches: Caches, made: Made) -> Iterator[Found]:
    if caches.head != made.head:
        yield (
            made.head,
            Text(
                "law 3: the head says {head}",
                "定律 3：账本末尾记为 {head}",
                head=caches.head,
            ),
        )
    if caches.voided != made.voided:
        yield (
            made.head,
            Text(
                "law 7: the ids taken by voids are not those of the journal",
                "定律 7：作废的编号与账本不符",
            ),
        )
    adopted = max((a.position for a in made.fold.adoptions), default=START)
    if caches.policy_position != adopted:
        yield (
            made.head,
            Text(
                "law 7: the last policy is kept as {kept}, is {made}",
                "定律 7：最近的政策记为 {kept}，应为 {made}",
                kept=caches.policy_position,
                made=adopted,
            ),
        )


def _of_accounts(caches: Caches, made: Made) -> Iterator[Found]:
    for id in sorted({*caches.accounts, *made.fold.accounts}):
        kept, folded = caches.accounts.get(id), made.fold.accounts.get(id)
        if kept != folded:
            yield (
                made.head,
                Text(
                    "law 7: account {id!r} is kept as {kept}, is {made}",
                    "定律 7：账户 {id!r} 记为 {kept}，应为 {made}",
                    id=id,
                    kept=kept,
                    made=folded,
                ),
            )
    balances = made.fold.running()
    for key in sorted({*caches.balances, *balances}):
        found, computed = caches.balances.get(key), balances.get(key)
        if found != computed:
            yield (
                made.head,
                Text(
                    "law 7: balance {key} is kept as {kept}, is {made}",
                    "定律 7：余额 {key} 记为 {kept}，应为 {made}",
                    key=key,
                    kept=found,
                    made=computed,
                ),
            )
