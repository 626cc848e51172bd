"""
What an account has and what has moved it, each as the answer to one question.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from attrs import frozen
from sqlalchemy import and_, bindparam, or_, select

from ..balances import Balance
from ..model import BALANCE_MAX, AccountId, Bucket, Position
from . import tables as t
from .loading import TOTAL, Loader
from .protocol import Line
from .query import LEDGER, of

BALANCE_NOW: Final = of(t.balance, "free", "held").where(
    t.balance.c.account == bindparam("account"),
    t.balance.c.unit == bindparam("unit"),
)
BALANCE_AFTER: Final = (
    of(t.posting, "free_after", "held_after")
    .where(
        t.posting.c.account == bindparam("account"),
        t.posting.c.unit == bindparam("unit"),
        t.posting.c.position <= bindparam("as_of"),
    )
    .order_by(t.posting.c.position.desc(), t.posting.c.line.desc())
    .limit(1)
)
SUMS: Final = (
    select(t.posting.c.bucket, TOTAL.label("amount"))
    .where(
        t.posting.c.ledger == LEDGER,
        t.posting.c.account == bindparam("account"),
        t.posting.c.unit == bindparam("unit"),
        t.posting.c.position <= bindparam("as_of"),
        t.posting.c.day <= bindparam("until"),
    )
    .group_by(t.posting.c.bucket)
)
STATEMENT: Final = (
    select(
        t.posting.c.position,
        t.posting.c.line,
        t.entry.c.id,
        t.entry.c.kind,
        t.posting.c.day,
        t.entry.c.recorded_on,
        t.posting.c.amount,
        t.posting.c.bucket,
        t.posting.c.rule,
        t.posting.c.free_after,
        t.posting.c.held_after,
    )
    .join(
        t.entry,
        and_(
            t.entry.c.ledger == t.posting.c.ledger,
            t.entry.c.position == t.posting.c.position,
        ),
    )
    .where(
        t.posting.c.ledger == LEDGER,
        t.posting.c.account == bindparam("account"),
        t.posting.c.unit == bindparam("unit"),
        t.posting.c.position >= bindparam("after"),
        or_(
            t.posting.c.position > bindparam("after"),
            t.posting.c.line > bindparam("after_line"),
        ),
    )
    .order_by(t.posting.c.position, t.posting.c.line)
    .limit(bindparam("at_most"))
)
_BUCKETS: Final = {bucket.value: bucket for bucket in Bucket}


@frozen
class SqlFigures:
    """
    The figures of accounts.

    Args:
        loader: Through which they are asked for, in a transaction or without.
    """

    loader: Loader

    def balance(
        self,
        account: AccountId,
        unit: str,
        *,
        as_of: Position | None = None,
        effective_on: date | None = None,
    ) -> Balance:
        """Return a balance; now and as of a position it is one look into an index."""
        last = BALANCE_MAX if as_of is None else as_of
        if effective_on is None:
            of_account = {"account": account, "unit": unit}
            found = (
                self.loader.rows(BALANCE_NOW, **of_account)
                if as_of is None
                else self.loader.rows(BALANCE_AFTER, **of_account, as_of=last)
            )
            for free, held in found:
                if free is not None:
                    return Balance(free, held)
        # nothing has moved it, or it is kept without balances, or days are asked for
        return self._sum(account, unit, last, effective_on or date.max)

    def _sum(
        self, account: AccountId, unit: str, as_of: int, effective_on: date
    ) -> Balance:
        rows = self.loader.rows(
            SUMS,
            account=account,
            unit=unit,
            as_of=as_of,
            until=effective_on.isoformat(),
        )
        sums = {row[0]: row[1] for row in rows}
        return Balance(sums.get(Bucket.FREE.value, 0), sums.get(Bucket.HELD.value, 0))

    def statement(
        self,
        account: AccountId,
        unit: str,
        *,
        after: tuple[Position, int],
        limit: int | None,
    ) -> list[Line]:
        """Return postings of *account* in *unit*, paged by key."""
        position, line = after
        rows = self.loader.rows(
            STATEMENT,
            account=account,
            unit=unit,
            after=position,
            after_line=line,
            at_most=BALANCE_MAX if limit is None else limit,
        )
        day_of = date.fromisoformat
        return [
            Line(
                position=place,
                line=leg,
                entry=id,
                kind=kind,
                effective_on=day_of(day),
                recorded_on=day_of(recorded_on),
                amount=amount,
                bucket=_BUCKETS[bucket],
                rule=rule,
                balance=None if free is None else Balance(free, held),
            )
            for place, leg, id, kind, day, recorded_on, amount, bucket, rule, free, held in rows
        ]
