"""
What accounts have.
"""

from __future__ import annotations

from typing import Final

from attrs import frozen

from .model import FREE, Posting


@frozen
class Balance:
    """
    What an account has in one unit, in parts: free, and held by orders.
    """

    free: int = 0
    held: int = 0

    @property
    def total(self) -> int:
        """Free and held together; the cap is on this, the credit limit on *free*."""
        return self.free + self.held

    def plus(self, posting: Posting) -> Balance:
        """Return the balance after *posting*."""
        if posting.bucket is FREE:
            return Balance(self.free + posting.amount, self.held)
        return Balance(self.free, self.held + posting.amount)


NO_BALANCE: Final = Balance()
"""What an account has in a unit that never moved."""


Kept = tuple[Balance, int]
"""A running balance: what an account has in a unit, and how many postings came to it."""
NEVER_MOVED: Final[Kept] = NO_BALANCE, 0
"""What an account has kept of a unit that never moved."""
