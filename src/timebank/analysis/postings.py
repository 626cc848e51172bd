"""
What is told of a posting: itself, its entry, and all that a rule may ask of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from operator import attrgetter
from typing import Final

from attrs import frozen

from ..storage.codec import decode_labels
from ..storage.protocol import StoredPosting
from .columns import OF_ENTRY, POSITION, Column, Table, Type, of_its_entry
from .moment import Kept, Page


@frozen
class Leg:
    """A posting, and what a row of it is made of."""

    kept: Kept
    posting: StoredPosting
    kind: str
    scale: int
    labels: Mapping[str, str | list[str]]


@lru_cache(maxsize=4096)
def _labels(text: str | None) -> Mapping[str, str | list[str]]:
    """Return labels by name; those that may say several things as lists."""
    labels: dict[str, str | list[str]] = {}
    for name, value in decode_labels(text) if text else ():
        if name in SEVERAL:
            labels[name] = [*labels.get(name, ()), value]
        else:
            labels[name] = value
    return labels


def _legs(page: Page) -> Iterator[Leg]:
    kinds, units = page.moment.kinds, page.moment.units
    for kept in page.entries:
        for posting in kept.stored.postings:
            kind, unit = kinds[posting.account], units[posting.unit]
            labels = _labels(posting.labels)
            yield Leg(kept, posting, kind.value, unit.scale, labels)


LABELS: Final[Mapping[str, str]] = {
    "class": "the class of the service or mark",
    "event": "the event it belongs to",
    "body": "the organising body",
    "item": "the item redeemed",
    "evidence": "the evidence that was named",
    "purpose": "the purpose that was named",
    "provider": "who served",
    "organiser": "who organised it",
    "sponsor": "who sponsored it",
    "payer": "who paid",
    "payee": "who was paid",
    "beneficiary": "for whom it was redeemed",
    "merchant": "who delivers",
    "member": "whom an opening, a closing or a period is about",
    "heir": "who inherits",
}
"""Labels that say one thing; a leg has none that would name its own account."""


SEVERAL: Final[Mapping[str, str]] = {
    "recipient": "who was served: one or several",
    "other": "the kinds of the accounts on the other side",
}
"""Labels that may say several things."""


def _label(name: str, text: str, *, type: Type = Type.WORD, of: str = "") -> Column:
    label = of or name
    return Column(
        name=name,
        type=type,
        text=text,
        read=lambda leg: leg.labels.get(label),
        optional=True,
    )


POSTINGS: Final = Table(
    name="postings",
    text="a posting: one leg of an entry",
    columns=(
        of_its_entry(POSITION),
        Column(
            name="line",
            type=Type.WHOLE,
            text="its place within the entry, from 0",
            read=attrgetter("posting.line"),
        ),
        Column(
            name="account",
            type=Type.WORD,
            text="whose credits move",
            read=attrgetter("posting.account"),
        ),
        Column(
            name="account_kind",
            type=Type.WORD,
            text="what that account is: `member`, `pool`, `issuer` …",
            read=attrgetter("kind"),
        ),
        Column(
            name="unit",
            type=Type.WORD,
            text="the unit they are counted in",
            read=attrgetter("posting.unit"),
        ),
        Column(
            name="scale",
            type=Type.WHOLE,
            text="how many parts there are in one of the unit: 60 for hours kept in "
            "minutes",
            read=attrgetter("scale"),
        ),
        Column(
            name="bucket",
            type=Type.WORD,
            text="`free`, or `held` by an order",
            read=attrgetter("posting.bucket"),
        ),
        Column(
            name="amount",
            type=Type.WHOLE,
            text="how many parts came in; below zero, went out",
            read=attrgetter("posting.amount"),
        ),
        Column(
            name="day",
            type=Type.DAY,
            text="the day the posting counts for: of what undoes, cancels or settles "
            "another entry, that one's",
            read=attrgetter("posting.day"),
        ),
        Column(
            name="origin",
            type=Type.WHOLE,
            text="the position of the entry whose day that is",
            read=attrgetter("posting.origin"),
        ),
        Column(
            name="undoes",
            type=Type.TRUTH,
            text="whether it takes back a posting of the entry's target",
            read=lambda leg: bool(leg.posting.undoes),
        ),
        Column(
            name="rule",
            type=Type.WORD,
            text="the policy's rule that asked for it",
            read=lambda leg: leg.posting.rule or None,
            optional=True,
        ),
        Column(
            name="lot",
            type=Type.TEXT,
            text="the id of the entry that made the lot it belongs to",
            read=attrgetter("posting.lot"),
            optional=True,
        ),
        Column(
            name="lot_expires_on",
            type=Type.DAY,
            text="the last day on which that lot can be used",
            read=attrgetter("posting.lot_expires_on"),
            optional=True,
        ),
        Column(
            name="free_after",
            type=Type.WHOLE,
            text="what the account has free after it, in this unit; nothing for "
            "accounts kept without balances",
            read=attrgetter("posting.free_after"),
            optional=True,
        ),
        Column(
            name="held_after",
            type=Type.WHOLE,
            text="what is held of it after it, likewise",
            read=attrgetter("posting.held_after"),
            optional=True,
        ),
        *map(of_its_entry, OF_ENTRY),
        _label(
            "operation",
            "the policy's word for what it counts as: `service`, `gift`, `redeem` …; of "
            "what undoes another, that one's (the label `on`)",
            of="on",
        ),
        *(_label(name, text) for name, text in LABELS.items()),
        Column(
            name="quantity",
            type=Type.WHOLE,
            text="how many pieces were redeemed, where it was more than one",
            read=lambda leg: int(leg.labels.get("quantity", 0)) or None,
            optional=True,
        ),
        *(_label(name, text, type=Type.WORDS) for name, text in SEVERAL.items()),
    ),
    rows=_legs,
)
