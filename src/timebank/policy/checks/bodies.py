"""
The tree of bodies: whether it is one.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...texts import Text
from ..hints import Mistake
from ..rules import Policy
from .values import unfit


def bodies(policy: Policy) -> Iterator[Mistake]:
    """Find names that are none, and bodies that are above themselves."""
    for body, above_it in policy.bodies.items():
        for name in (body, above_it):
            if problem := unfit(name):
                yield f"bodies.{body}", problem
        way = policy.chain(body)
        if policy.bodies.get(way[-1]) == body:
            yield (
                f"bodies.{body}",
                Text(
                    "is above itself: {way}",
                    "不能位于自身之上：{way}",
                    way=" → ".join([*way, body]),
                ),
            )
