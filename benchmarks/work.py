"""
The work that every subject does, so that all do the same.

Members and a pool; an entry of two postings with a key, a day and a description; no member
may come below zero.  Members get `OPENING` first, which no benchmark spends.
"""

from __future__ import annotations

from datetime import date
from typing import Final, NamedTuple

OPENING: Final = 10**7
"""Minutes that every member has to begin with."""

DAY: Final = date(2024, 3, 1)
WORDS: Final = "Helped in the garden"
POOL: Final = "pool:pool"


def member(number: int) -> str:
    """Return a member's account."""
    return f"m{number:06}"


class Gift(NamedTuple):
    """
    One entry that is asked for.

    Args:
        key: Its id.
        payer: Who gives.
        payee: Who is given to.
        amount: Minutes.
    """

    key: str
    payer: str
    payee: str
    amount: int


def gift(number: int, members: int) -> Gift:
    """Return the gift of that number; who gives, and to whom, is spread evenly."""
    payer = (number * 7919) % members
    payee = (payer + 1 + number % (members - 1)) % members
    return Gift(f"gift/{number:09}", member(payer), member(payee), 1 + number % 60)


def donation(number: int, members: int) -> Gift:
    """Return the donation of that number: whoever gives, the pool is given to."""
    return gift(number, members)._replace(key=f"donation/{number:09}", payee=POOL)
