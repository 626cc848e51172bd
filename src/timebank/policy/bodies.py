"""
Bodies: whose policy decides an operation, and what is the same for the whole ledger.

A city, its districts and their stations keep one ledger.  The policy adopted for all of it
says which body is below which; a body may have a policy of its own, which decides what is
done for it and for those below it that have none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

from ..adoptions import Adoption, policy_on
from ..model import AccountKind
from ..operations import AdoptPolicy, Operation
from .files import compiled, merged
from .places import at, differing
from .rules import Policy
from .shapes import SHAPES

OF_A_BODY: Final = frozenset(
    on for on, shape in SHAPES.items() if "body" in shape.fields
)
"""What can be done for a body, and so be decided by its policy."""


def body_of(asked: Operation) -> str | None:
    """Return the body that what is *asked* is done for, where it names one."""
    # the body of an adoption is whose policy it is
    return None if type(asked) is AdoptPolicy else getattr(asked, "body", None)


def in_force(
    adoptions: Sequence[Adoption], day: date, body: str | None
) -> Adoption | None:
    """Return the policy in force on *day* for *body*: its own, or the nearest above it."""
    of_all = policy_on(adoptions, day)
    if body is None or of_all is None:
        return of_all
    chain = compiled(of_all.text).chain(body)
    own = (policy_on(adoptions, day, each) for each in chain)
    return next(filter(None, own), of_all)


def of_the_ledger(policy: Policy) -> Iterator[tuple[str, Any]]:
    """
    Yield what cannot differ from body to body, each with its place.

    An account is one account wherever its member serves: its bounds, the facts kept with
    it and the levels it was given are the same everywhere, as are units, the tree of
    bodies, and what is never done for a body, such as what a period or a place in a
    ranking brings to an account.
    """
    yield "bodies", dict(policy.bodies)
    for name, unit in policy.units.items():
        yield f"units.{name}", unit
        for kind in AccountKind:
            yield f"accounts.{kind}.{name}", policy.bounds(kind, name)
    for name, fact in policy.facts.items():
        if fact.kept:
            yield f"facts.{name}", fact
    for name, ladder in policy.ladders.items():
        if ladder.stored:
            yield f"ladders.{name}", ladder
    for name, ranking in policy.rankings.items():
        yield f"rankings.{name}", ranking
    for table in ("rules", "procedures"):
        for name, each in getattr(policy, table).items():
            if not set(each.on) <= OF_A_BODY:
                yield f"{table}.{name}", each


def strays(of_all: Policy, of_body: Policy) -> Iterator[str]:
    """Yield the places in which *of_body* differs and cannot, locked ones among them."""
    ledgers: Mapping[str, Any] = dict(of_the_ledger(of_all))
    own: Mapping[str, Any] = dict(of_the_ledger(of_body))
    shared = of_all.units.keys() & of_body.units.keys()
    for place in dict.fromkeys([*own, *ledgers]):
        table, _, name = place.rpartition(".")
        told = table.startswith("accounts.") and name not in shared  # by its unit
        if own.get(place) != ledgers.get(place) and not told:
            yield place
    if of_all.policy.locks:
        above, below = merged(of_all.text).tables, merged(of_body.text).tables
        for lock in of_all.policy.locks:
            yield from differing(lock, at(above, lock), at(below, lock))
