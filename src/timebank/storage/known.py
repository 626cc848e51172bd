"""
What a store has learned of ledgers, and need not ask for again.
"""

from __future__ import annotations

from collections import defaultdict

from attrs import define, field

from ..adoptions import Adoption

Last = tuple[int, int | None]
"""Where the policy stands that was adopted last, and when it was recorded."""


@define
class Policies:
    """
    The policies of a ledger that were read already.

    Args:
        kept: By the last of them.
        latest: Those that were read last.
        keeping: Whether more are kept: not while a host may still roll back.
    """

    kept: dict[Last, tuple[Adoption, ...]] = field(factory=dict)
    # beside the others: who looked for the last of those would meet another thread's addition
    latest: tuple[Adoption, ...] | None = None
    keeping: bool = True

    def keep(self, last: Last, adopted: tuple[Adoption, ...]) -> None:
        """Remember them up to *last*."""
        if self.keeping:
            self.kept[last] = self.latest = adopted


@define
class Known:
    """
    What a store has learned of ledgers.

    Args:
        numbers: By name.
        policies: By number.
    """

    numbers: dict[str, int] = field(factory=dict)
    policies: defaultdict[int, Policies] = field(factory=lambda: defaultdict(Policies))

    def forget(self) -> None:
        """Forget everything: what answers next may be another server, or a copy."""
        self.numbers.clear()
        self.policies.clear()
