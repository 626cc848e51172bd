"""
The rows of a gift, written down by hand: what the floor writes, and big books are filled with.

They are those that timebank writes for the same gift, bodies, labels and all; a test has
`verify` look at books that were filled with them.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from attrs import frozen

from .work import DAY, POOL, WORDS, Gift

ENTRY: Final = (
    "ledger",
    "position",
    "id",
    "kind",
    "effective_on",
    "recorded_at",
    "recorded_on",
    "target",
    "root",
    "provider",
    "starts",
    "ends",
    "body",
)
POSTING: Final = (
    "ledger",
    "position",
    "line",
    "account",
    "unit",
    "bucket",
    "amount",
    "lot",
    "lot_expires_on",
    "rule",
    "undoes",
    "day",
    "origin",
    "seq",
    "free_after",
    "held_after",
    "labels",
)
SHANGHAI: Final = timedelta(hours=8)
LEDGER: Final = 1
"""The number of the only ledger."""

Row = tuple[object, ...]
After = tuple[int, int] | None
"""The balance of an account after a posting, and how many there were; where one is kept."""


@frozen
class Scribe:
    """
    Writes rows.

    Args:
        policy: The hash of the policy that the books were made with.
    """

    policy: str

    def entry(self, position: int, one: Gift) -> Row:
        """Return the row of an entry."""
        now = datetime.now(UTC)
        micros = int(now.timestamp()) * 1_000_000 + now.microsecond
        today = (now + SHANGHAI).date().isoformat()
        body = self.body(one, now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), today)
        return (
            *(LEDGER, position, one.key, _kind(one), DAY.isoformat(), micros, today),
            *(None, one.key, None, None, None, body),
        )

    def body(self, one: Gift, recorded_at: str, recorded_on: str) -> str:
        """Return the body, format 1."""
        rule = _rule(one)
        payee = "" if one.payee == POOL else f'"payee":"{one.payee}",'
        return (
            f'{{"actor":"desk-1","effective_on":"{DAY}","format":1,"id":"{one.key}",'
            f'"operation":{{"amount":{one.amount},{payee}"payer":"{one.payer}",'
            f'"purpose":"{WORDS}","type":"{_kind(one)}","unit":"hours"}},'
            f'"policy":"{self.policy}","postings":['
            f'{{"account":"{one.payer}","amount":{-one.amount},"rule":"{rule}","unit":"hours"}},'
            f'{{"account":"{one.payee}","amount":{one.amount},"rule":"{rule}","unit":"hours"}}],'
            f'"recorded_at":"{recorded_at}","recorded_on":"{recorded_on}"}}'
        )

    def postings(
        self, position: int, one: Gift, payer: After, payee: After
    ) -> tuple[Row, Row]:
        """Return the rows of the two postings."""
        return (
            self._posting(position, 0, one, -one.amount, payer),
            self._posting(position, 1, one, one.amount, payee),
        )

    def _posting(
        self, position: int, line: int, one: Gift, amount: int, after: After
    ) -> Row:
        free, seq = after or (None, None)
        return (
            *(
                LEDGER,
                position,
                line,
                one.payee if line else one.payer,
                "hours",
                "free",
            ),
            *(amount, None, None, _rule(one), 0, DAY.isoformat(), position),
            *(seq, free, None if after is None else 0, labels(one, line)),
        )


def labels(one: Gift, line: int) -> str:
    """Return what one of the two movements was about."""
    pool = one.payee == POOL
    on, other = _rule(one).replace("give", "gift"), "pool" if pool else "member"
    if line:
        return f'{{"on":"{on}","other":"member","payer":"{one.payer}","purpose":"{WORDS}"}}'
    payee = "" if pool else f'"payee":"{one.payee}",'
    return f'{{"on":"{on}","other":"{other}",{payee}"purpose":"{WORDS}"}}'


def _kind(one: Gift) -> str:
    return "donation" if one.payee == POOL else "gift"


def _rule(one: Gift) -> str:
    return "donate" if one.payee == POOL else "give"
