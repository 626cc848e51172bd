"""
One rule at work: what every step of its movement looks at, and what is left on the way.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import evolve, field, frozen

from ..model import AccountId, Unit
from .bounds import Bench
from .case import Case
from .rules import Limit, Rule, Short
from .splits import Split


@frozen(kw_only=True)
class Moving:
    """
    One rule at work on one case.

    Args:
        name: The rule, by name.
        rule: What it says.
        case: What it is asked; legs are added to its draft.
        bench: What the movement is drafted with.
        whose: Of whom it is asked, where several take part.
        code: The rule's place in the policy.
        unit: What the rule moves.
    """

    name: str
    rule: Rule
    case: Case
    bench: Bench
    whose: AccountId | None = None
    code: str = field(init=False)
    unit: Unit = field(init=False)

    @code.default
    def _place(self) -> str:
        return f"rules.{self.name}"

    @unit.default
    def _what_moves(self) -> Unit:
        return self.case.policy.unit(self.rule.unit)

    @property
    def subject(self) -> AccountId:
        """Whose figures limits look at."""
        return self.case.roles[self.case.subject]

    @property
    def source(self) -> str:
        """The role or account it comes from."""
        return str(self.rule.source(self.case.shape))

    def limits(self) -> Iterator[tuple[str, str, Limit]]:
        """
        Yield the limits of the rule and then of the item: place, key, and limit.

        An item's count what was redeemed of that item, and nothing else.
        """
        for key, limit in self.rule.limits.items():
            yield f"{self.code}.limits.{key}", key, limit
        if self.case.on == "redeem":
            item = self.case.fields["item"]
            for key, limit in self.case.policy.items[str(item)].limits.items():
                own = evolve(limit, same=(*limit.same, "item"))
                yield f"items.{item}.limits.{key}", key, own

    @property
    def takes(self) -> bool:
        """Whether it takes what is there, where there is less than it would move."""
        return self.bench.take or self.rule.short is Short.TAKE

    @property
    def goals(self) -> Split:
        """The roles or accounts it goes to."""
        return self.rule.goals(self.case.shape)
