"""
Terms: until when an order holds what it set aside.
"""

from __future__ import annotations

from datetime import date

from attrs import frozen

from ..entries import Entry
from ..model import Bucket
from .days import stretch_later
from .rules import Policy


@frozen
class Term:
    """The last day on which an order can be fulfilled, and the rule that says so."""

    rule: str
    last: date


def order_term(order: Entry, policy: Policy) -> Term | None:
    """
    Return the term of *order* under *policy*, the one it was placed under.

    It ends as a whole: on the first of the last days that the rules say which hold
    anything for it.  *None*: it holds until it is fulfilled or cancelled.
    """
    terms = [
        Term(name, stretch_later(order.effective_on, hold))
        for name in {p.rule for p in order.own_postings if p.bucket is Bucket.HELD}
        if (hold := policy.rules[name].hold) is not None
    ]
    return min(terms, key=lambda term: (term.last, term.rule), default=None)
