"""What may be asked, drawn at random: amounts near the limits of `everything.toml`."""

from __future__ import annotations

from datetime import timedelta

import hypothesis.strategies as st

from timebank import operations as ops
from timebank.entries import Outcome

from .desk import START

PEOPLE = st.sampled_from([*"aaaaaa", *"bbbb", "c", "g", "x"])
"""``c`` is opened in the course of the story, ``x`` never."""
SOMEBODY = st.sampled_from([None, *"aaabbb", "c", "x"])
CREDITS = st.sampled_from([15, 30, 60, 100, 180, 240])
COINS = st.integers(1, 5)
BACK = st.sampled_from([0, 0, 0, 1, 3, 6, 8, 20, 40, -1])
ACTORS = st.sampled_from(["desk", *["tom", "tess", "ruth"] * 2])
WAITS = st.lists(st.sampled_from([0, 0, 1, 2, 3, 5]), max_size=5)
"""The days between what is said of a claim."""
AUTHORITY = st.sampled_from([None, None, "the council"])

SERVICES = st.builds(
    ops.RecordService,
    provider=PEOPLE,
    service_class=st.sampled_from(
        ["care", "care", "care", "errand", "night", "escort", "escort"]
    ),
    minutes=st.sampled_from([10, 45, 60, 100, 180, 240, 300]),
    recipient=SOMEBODY,
    starts_at=st.none() | st.sampled_from([540, 600, 1380]),
    facts=st.sampled_from([{}, {"provider.age": 17}, {"provider.age": 18}]),
)
MARKS = st.builds(
    ops.RecordMark,
    member=PEOPLE,
    mark=st.sampled_from(["meeting", "absence", "absence", "training"]),
    number=st.integers(1, 2),
) | st.builds(
    ops.RecordMark,
    member=st.sampled_from("aaabbc"),
    mark=st.sampled_from(["fair", "fair", "feast"]),
    number=st.integers(1, 3),
    event=st.sampled_from(["green", "green", "hall", "hill", None]),
)
GIVER = st.sampled_from([*"aaabbb", "g"])
RECEIVER = st.sampled_from([*"aabbb", "c", "g", "x"])
GIFTS = st.builds(
    ops.Give, payer=GIVER, payee=RECEIVER, unit=st.just("credits"), amount=CREDITS
) | st.builds(
    ops.Give,
    payer=GIVER,
    payee=RECEIVER,
    unit=st.sampled_from([*["coins"] * 3, *["vouchers"] * 3, "hours"]),
    amount=COINS,
)
DONATIONS = st.builds(
    ops.Donate,
    payer=GIVER,
    unit=st.sampled_from([*["credits"] * 5, "coins"]),
    amount=CREDITS,
)
ALLOCATIONS = st.builds(
    ops.Allocate, payee=RECEIVER, unit=st.just("credits"), amount=CREDITS
)
GRANTS = st.builds(ops.Grant, payee=RECEIVER, unit=st.just("coins"), amount=COINS)
ORDERS = st.builds(
    ops.PlaceOrder,
    payer=st.sampled_from(["a", "a", "a", "b", "b", "g"]),
    item=st.sampled_from(["rice", "rice", "outing", "trip", "meal"]),
    quantity=st.integers(1, 5),
    beneficiary=SOMEBODY,
    delivered=st.sampled_from([False, False, True]),
    facts=st.sampled_from(
        [
            {},
            {"relation": "self"},
            {"relation": "child", "beneficiary.age": 69},
            {"relation": "child", "beneficiary.age": 70},
        ]
    ),
)
MOVEMENTS = (SERVICES, MARKS, GIFTS, DONATIONS, ALLOCATIONS, GRANTS, ORDERS)
BY_KIND = {
    ops.RecordService: SERVICES,
    ops.RecordMark: MARKS,
    ops.Give: GIFTS,
    ops.Donate: DONATIONS,
    ops.Allocate: ALLOCATIONS,
    ops.Grant: GRANTS,
    ops.PlaceOrder: ORDERS,
}
TIERS = st.builds(
    lambda account, place, action: ops.SetTier(
        account=account,
        ladder=place[0],
        level=place[1] if action == "grant" else None,
        action=action,
    ),
    account=PEOPLE,
    place=st.sampled_from(
        [
            ("badge", "bronze"),
            ("badge", "silver"),
            ("circle", "A"),
            ("circle", "A"),
            ("circle", "B"),
            ("circle", "C"),
            ("conduct", "barred"),
            ("conduct", "clear"),
            ("star", "one"),
        ]
    ),
    action=st.sampled_from(["grant", "grant", "grant", "suspend", "withdraw"]),
)


CLAIMS = st.one_of(
    st.builds(
        ops.RecordService,
        provider=st.sampled_from("ab"),
        service_class=st.just("escort"),
        minutes=st.sampled_from([60, 240]),
        recipient=st.just("g"),
    ),
    st.builds(
        ops.PlaceOrder,
        payer=st.sampled_from("ab"),
        item=st.just("trip"),
        quantity=st.integers(1, 2),
    ),
    st.builds(
        ops.Give,
        payer=st.sampled_from("ab"),
        payee=st.sampled_from("bag"),
        unit=st.just("credits"),
        amount=st.sampled_from([300, 360]),
    ),
)
"""What has to wait, and mostly may."""


def pauses(day):
    """A pause from *day* on, or nearly as the ladder has it."""
    return st.builds(
        lambda account, days: ops.SetTier(
            account=account,
            ladder="trust",
            level="pause",
            until=None if days is None else day + timedelta(days=days),
        ),
        account=st.sampled_from("aabbx"),
        days=st.sampled_from([None, 1, 2, 2, 5, 9, 10]),
    )


def care(member, minutes):
    return ops.RecordService(provider=member, service_class="care", minutes=minutes)


# ---------------------------------------------------------------- whole stories

_INDEX = st.integers(0, 11)
"""Which of the latest entries something acts on."""

STORIES = st.lists(
    st.tuples(st.one_of(*MOVEMENTS, TIERS), BACK)
    | st.tuples(st.just("earn"), st.sampled_from([60, 180, 240]))
    | st.tuples(st.just("reverse"), _INDEX, AUTHORITY)
    | st.tuples(st.just("fulfil"), _INDEX, st.none() | st.integers(1, 3))
    | st.tuples(st.just("cancel"), _INDEX)
    | st.tuples(st.just("correct"), _INDEX, st.one_of(*MOVEMENTS), AUTHORITY)
    | st.tuples(st.just("wait"), st.sampled_from([1, 9, 30])),
    min_size=4,
    max_size=14,
)
"""What happens at a desk, one thing after the other."""


def beginning(bank):
    """Requests that give two members hours, credits and a star to lose."""
    return [
        bank.request(
            care(member, 180), on=START - timedelta(days=days), id=f"{member}{days}"
        )
        for member in ("a", "b")
        for days in (12, 0)
    ]


def requests_of(story, bank):
    """Yield the requests of a story, one at a time; who acts on an entry sees it there."""
    yield from beginning(bank)
    for number, (what, *details) in enumerate(story):
        today, id = bank.today(), f"s{number}"
        ids = [entry.id for _, entry in bank.entries()]
        match what:
            case "wait":
                bank.clock.turn(details[0])
                continue
            case "earn":
                operation = care("a" if number % 2 else "b", details[0])
            case "reverse":
                operation = ops.Reverse(
                    target=_from_end(ids, details[0]), authority=details[1]
                )
            case "fulfil":
                operation = ops.FulfilOrder(
                    order=_order(bank, details[0]), quantity=details[1]
                )
            case "cancel":
                operation = ops.CancelOrder(order=_order(bank, details[0]))
            case "correct":
                operation = ops.Correct(
                    target=_from_end(ids, details[0]),
                    replacement=details[1],
                    authority=details[2],
                )
            case _:
                yield bank.request(what, on=today - timedelta(days=details[0]), id=id)
                continue
        yield bank.request(operation, on=today, id=id)


def tell(story, bank):
    """Ask everything in *story* of *bank*; return (request, verdict) pairs."""
    return [
        (request, bank.batch([request], atomic=False)[0])
        for request in requests_of(story, bank)
    ]


def accepted(told):
    return [verdict.entry for _, verdict in told if isinstance(verdict, Outcome)]


def _from_end(ids, index):
    return ids[-1 - index % len(ids)]


def _order(bank, index):
    orders = [e.id for _, e in bank.entries() if isinstance(e.asked, ops.PlaceOrder)]
    return _from_end(orders, index) if orders else "nothing"
