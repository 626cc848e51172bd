"""
Filters: which movements of history are looked at, by their labels.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from attrs import frozen

from ..labels import ROLES

WORDED: Final = ("class", "event", "body", "item", "channel", "evidence", "purpose")
"""Labels that say what something was about."""

TESTED: Final = ("on", "rule", *WORDED, "other")
"""Labels that a filter may test."""

COMPARED: Final = (*WORDED, *sorted(set(ROLES.values())))
"""Labels in which history may be the same as the operation that asks."""


class Side(StrEnum):
    """Whether what came in is looked at, what went out, or the one less the other."""

    IN = "in"
    OUT = "out"
    NET = "net"


@frozen(kw_only=True)
class LabelTest:
    """
    What is asked of one label.

    Args:
        label: Its name.
        is_: What it may say; anything where this is empty.
        is_not: What it may not say.
    """

    label: str
    is_: tuple[str, ...] = ()
    is_not: tuple[str, ...] = ()

    def holds(self, said: Iterable[str]) -> bool:
        """Return whether a label that says all of *said* passes."""
        words = set(said)
        return not (
            words & set(self.is_not) or (self.is_ and not words & set(self.is_))
        )


@frozen
class Filter:
    """Tests of labels that must all hold."""

    tests: tuple[LabelTest, ...] = ()


EVERYTHING: Final = Filter()
