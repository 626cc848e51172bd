"""
An amount on its way through limits and caps: to one, or to several who each get a share.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from attrs import evolve, frozen

from ..model import AccountId, Finding, Unit
from .splits import Split, parted


@frozen(kw_only=True)
class Diverted:
    """
    What a limit or cap left no room for, on its way elsewhere.

    Args:
        to: Where it goes.
        rest: How much that is, in the rule's own unit.
        parts: How much arrives, in what it becomes.
        unit: What it becomes.
    """

    to: AccountId
    rest: int
    parts: int
    unit: Unit


@frozen
class Flow:
    """
    An amount on its way through limits and caps.

    Args:
        parts: What may go on.
        diverted: What goes elsewhere.
        findings: What was found so far.
    """

    parts: int
    diverted: tuple[Diverted, ...] = ()
    findings: tuple[Finding, ...] = ()

    def found(self, *findings: Finding) -> Flow:
        """Return the same, with something found that stops nothing."""
        return evolve(self, findings=(*self.findings, *findings))

    def narrowed(
        self, parts: int, finding: Finding, diverted: Iterable[Diverted] = ()
    ) -> Flow:
        """Return what goes on where only *parts* may, and where the rest goes."""
        return Flow(parts, (*self.diverted, *diverted), (*self.findings, finding))


@frozen
class Flows:
    """
    What goes to each of several, or to one.

    Args:
        payees: Whom it goes to.
        goals: Their shares.
        each: What goes to each of them.
    """

    payees: tuple[AccountId, ...]
    goals: Split
    each: tuple[Flow, ...]

    @classmethod
    def of(cls, parts: int, payees: Iterable[AccountId], goals: Split) -> Flows:
        """Return *parts*, divided between *payees* by their shares."""
        return cls(tuple(payees), goals, tuple(map(Flow, goals.parted(parts))))

    @property
    def parts(self) -> int:
        """What may go on in all."""
        return sum(flow.parts for flow in self.each)

    def first(self, whose: AccountId | None) -> AccountId:
        """Return who gets it, or what is *whose*; of several the first."""
        return self.payees[self._places(whose)[0]]

    def narrowed(self, whose: AccountId | None, leave: Callable[[int], Flow]) -> Flows:
        """
        Return what goes on where a figure of *whose* leaves less.

        Of what comes to one among several that is their own share, and the others have
        theirs; what is anybody else's figure bounds all of it together.

        Args:
            whose: The account whose figure it is.
            leave: Returns what goes on of so much, and where the rest goes.
        """
        places = self._places(whose)
        before = [self.each[place].parts for place in places]
        there = sum(before)
        left = leave(there)
        if left == Flow(there):
            return self
        shares = before
        if left.parts != there:
            whole = self.goals.parted(self.parts) == before
            shares = (
                self.goals.parted(left.parts) if whole else parted(left.parts, before)
            )
        each = list(self.each)
        for place, share in zip(places, shares, strict=True):
            flow = each[place]
            each[place] = Flow(share, flow.diverted, flow.findings)
        first = each[places[0]]
        each[places[0]] = Flow(
            first.parts,
            (*first.diverted, *left.diverted),
            (*first.findings, *left.findings),
        )
        return evolve(self, each=tuple(each))

    def _places(self, whose: AccountId | None) -> list[int]:
        own = [n for n, payee in enumerate(self.payees) if payee == whose]
        return own or list(range(len(self.payees)))
