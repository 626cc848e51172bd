"""
One rule at work: what every step of its movement looks at, and what is left on the way.
"""

from __future__ import annotations

from attrs import define

from ..model import AccountId
from .bounds import Bench
from .case import Case
from .plans import RulePlan
from .rules import Short


@define(kw_only=True)
class Moving:
    """
    One rule at work on one case.

    Args:
        plan: The rule, as it works on the operation.
        case: What it is asked; legs are added to its draft.
        before: The same as gates and amounts see it, before anything has moved.
        bench: What the movement is drafted with.
        whose: Of whom it is asked, where several take part.
    """

    plan: RulePlan
    case: Case
    before: Case
    bench: Bench
    whose: AccountId | None = None

    @property
    def subject(self) -> AccountId:
        """Whose figures limits look at."""
        return self.case.roles[self.case.subject]

    @property
    def takes(self) -> bool:
        """Whether it takes what is there, where there is less than it would move."""
        return self.bench.take or self.plan.rule.short is Short.TAKE
