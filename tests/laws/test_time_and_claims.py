"""
Claims, ticks, terms, lots and limits by label together, told to banks in two stores.

At every step the two agree; and when all time has passed they agree with what a child
could work out: who confirmed in time, that nothing is held, and nobody barred.
"""

import tempfile
from collections import Counter
from contextlib import ExitStack
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest
from attrs import field, frozen
from hypothesis import given, settings
from hypothesis import strategies as st

import timebank
from timebank.errors import Refused

from ..decide.books import HEAD
from .desk import EPOCH, START, Calendar

POLICY = (
    HEAD
    + """
facts = {}
classes = { care = {}, fair = { counts = "number" }, feast = { counts = "number" } }
items = { rice = { price = 2, limits = { month = { at_most = 6 } } } }

[units]
hours = { scale = 60, record = true }
points = { scale = 4 }
coins = { lots = { expires = { after = "10 days" } } }

[accounts]
member = {}
pool = { names = ["a", "b"] }

[measures]
total = { sum = "hours", window = "month" }
at_fairs = { sum = "coins", side = "in", window = "last 7 days", where = { class = "fair" } }

[rules.hours]
on = "service"
unit = "hours"

[rules.points]
on = "service"
unit = "points"
running = "total"
amount = [{ of = "total" }, { less = 1 }, { round = "down", to = "1/4" }]

[rules.coins]
on = "contribution"
unit = "coins"
limits.week = { at_most = 3, same = "event" }
limits.at_fairs = { at_most = 4, excess = "drop" }

[rules.gift]
on = "gift"
unit = "coins"
requires = { conduct = "clear", payee.conduct = "clear" }

[rules.redeem]
on = "redeem"
unit = "coins"
hold = "5 days"
to = { "pool:a" = "1/3", "pool:b" = "2/3" }

[rules.levy]
on = "period"
every = "month"
unit = "points"
from = "member"
to = "issuer"
amount = 1
short = "take"

[ladders.conduct]
start = "clear"
levels = [{ name = "barred" }, { name = "clear" }]
moves = [{ from = "clear", to = "barred", term = ["3 days", "10 days"] }]

[procedures.checked]
on = "service"
apart = ["submitter", "check"]
steps = [
  { name = "check", by = "team", within = "3 days", else = "void" },
  { name = "notice", for = "2 days" },
]
"""
)
WHO = st.sampled_from("ab")
INDEX = st.integers(0, 5)
ACTOR = st.sampled_from(["tom", "tom", "tess"])
STORIES = st.lists(
    st.one_of(
        st.tuples(
            st.just("serve"), WHO, st.sampled_from([20, 60, 300]), st.integers(0, 9)
        ),
        *[st.tuples(st.just("confirm"), INDEX, ACTOR)] * 2,
        st.tuples(st.just("object"), INDEX, ACTOR),
        st.tuples(st.just("withdraw"), INDEX, st.sampled_from(["desk", "tess"])),
        *[
            st.tuples(
                st.just("mark"),
                WHO,
                st.sampled_from(["fair", "feast"]),
                st.integers(1, 3),
                st.sampled_from(["green", "hall"]),
                st.integers(0, 9),
            )
        ]
        * 2,
        st.tuples(st.just("give"), WHO, WHO, st.integers(1, 3)),
        st.tuples(st.just("order"), WHO, st.integers(1, 2)),
        st.tuples(st.just("fulfil"), INDEX, st.just(1)),
        st.tuples(st.just("cancel"), INDEX),
        st.tuples(st.just("reverse"), INDEX),
        st.tuples(st.just("bar"), WHO, st.integers(1, 12)),
        *[st.tuples(st.just("wait"), st.integers(1, 4))] * 2,
        st.just(("tick",)),
    ),
    min_size=6,
    max_size=16,
)


@frozen
class Claims:
    """What becomes of claims, worked out from the days alone."""

    submitted: dict = field(factory=dict)
    confirmed: dict = field(factory=dict)
    ended: set = field(factory=set)
    served: dict = field(factory=dict)

    def submit(self, id, who, minutes, day):
        self.submitted[id], self.served[id] = day, (who, minutes)

    def confirm(self, id, actor, day):
        """Return whether it may be."""
        started = self.submitted.get(id)
        fits = started and actor != "desk" and id not in self.confirmed
        if fits and id not in self.ended and day <= started + timedelta(days=3):
            self.confirmed[id] = day
            return True
        return False

    def stop(self, id, day):
        """Return whether somebody may still object, or take it back."""
        if id in self.ended or id not in self.submitted:
            return False
        begun = self.confirmed.get(id)
        last = begun or self.submitted[id]
        if day <= last + timedelta(days=2 if begun else 3):
            self.ended.add(id)
            return True
        return False

    def hours(self, who, undone):
        counted = [self.served[id] for id in self.confirmed if id not in self.ended]
        gone = [self.served[id] for id in undone & set(self.served)]
        sums = Counter()
        for member, minutes in counted:
            sums[member] += minutes
        for member, minutes in gone:
            sums[member] -= minutes
        return sums[who]


def opened(url, clock):
    bank = timebank.create(url, ledger="grown", actor="desk", clock=clock)
    bank.adopt(POLICY, on=EPOCH, holds_from=EPOCH, id="policy")
    for who in "ab":
        bank.open_account(who, on=START - timedelta(days=20), id=f"open/{who}")
    return bank


@cache
def empty_file():
    """Return the bytes of a file of new books: making its tables takes longest."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "books.db"
        opened(f"sqlite:///{file}", Calendar()).close()
        return file.read_bytes()


def in_a_file(folder, clock):
    file = Path(folder) / "books.db"
    file.write_bytes(empty_file())
    return timebank.open(f"sqlite:///{file}", ledger="grown", actor="desk", clock=clock)


def ask(bank, id, asked, today):  # noqa: C901 - a line for each
    """Ask for one thing; return what was recorded, or why nothing was."""
    ids = [entry.id for _, entry in bank.entries()]
    claims = [i for i in ids if i.startswith("serve")]
    orders = [i for i in ids if i.startswith("order")]

    def one(several, index):
        return several[-1 - index % len(several)] if several else "nothing"

    try:
        match asked:
            case "serve", who, minutes, back:
                day = today - timedelta(days=back)
                done = bank.record_service(who, "care", minutes, on=day, id=id)
            case "confirm", index, actor:
                target, step = one(claims, index), "check"
                done = bank.confirm(target, step, role="team", id=id, actor=actor)
            case "object", index, actor:
                target = one(claims, index)
                step = next((c.at for c in bank.claims() if c.entry.id == target), "")
                done = bank.object_to(
                    target, step or "check", role="team", id=id, actor=actor
                )
            case "withdraw", index, actor:
                done = bank.withdraw(one(claims, index), id=id, actor=actor)
            case "mark", who, mark, number, event, back:
                day = today - timedelta(days=back)
                done = bank.record_mark(who, mark, number, event=event, on=day, id=id)
            case "give", payer, payee, amount:
                done = bank.give(
                    payer, payee, unit="coins", amount=amount, on=today, id=id
                )
            case "order", payer, pieces:
                done = bank.order(payer, "rice", pieces, on=today, id=id)
            case "fulfil", index, pieces:
                done = bank.fulfil(one(orders, index), pieces, on=today, id=id)
            case "cancel", index:
                done = bank.cancel(one(orders, index), on=today, id=id)
            case "reverse", index:
                done = bank.reverse(one(ids, index), on=today, id=id)
            case "bar", who, days:
                until = today + timedelta(days=days - 1)
                done = bank.set_tier(
                    who, "conduct", "barred", on=today, until=until, id=id
                )
            case _:
                return [outcome.entry for outcome in bank.tick().done]
    except Refused as refused:
        return {(f.code, f.reason) for f in refused.findings}
    else:
        return [done.entry]


def follow(claims, asked, target, today):
    """Tell the plain claims what was asked; return whether it may be, where they know."""
    match asked:
        case "confirm", _, actor:
            return claims.confirm(target, actor, today)
        case "withdraw", _, actor if actor != "desk":
            return False
        case ("object" | "withdraw") as what, *_:
            # what time has decided can be taken back until that is recorded
            return claims.stop(target, today) or (None if what == "withdraw" else False)
    return None


@pytest.mark.slow
@settings(max_examples=25)
@given(STORIES)
def test_two_stores_agree_on_what_time_brings_and_so_does_a_child(story):
    clock, claims, undone = Calendar(), Claims(), set()
    with ExitStack() as places, tempfile.TemporaryDirectory() as folder:
        banks = [
            places.enter_context(opened("memory:", clock)),
            places.enter_context(in_a_file(folder, clock)),
        ]
        last = ("wait", 15), ("tick",), ("wait", 15), ("tick",), ("wait", 1), ("tick",)
        for number, asked in enumerate([*story, *last]):
            today = clock.today
            if asked[0] == "wait":
                clock.turn(asked[1])
                continue
            ours = list(claims.submitted)
            target = (
                ours[-1 - asked[1] % len(ours)]
                if ours
                and asked[0]
                in (
                    "confirm",
                    "object",
                    "withdraw",
                )
                else None
            )
            may = follow(claims, asked, target, today)
            one, other = (
                ask(bank, f"{asked[0]}/{number}", asked, today) for bank in banks
            )
            assert one == other
            assert may is None or may == isinstance(one, list)
            if isinstance(one, list) and asked[0] == "serve":
                claims.submit(one[0].id, asked[1], asked[2], today)
            if isinstance(one, list) and asked[0] == "withdraw":
                claims.ended.add(target)
            if isinstance(one, list) and asked[0] == "reverse":
                undone.add(one[0].operation.target)

        for bank in banks:
            assert bank.verify(decide_again=True).sound
            assert bank.claims() == ()
            for who in "ab":
                assert bank.balance(who, "hours").free == claims.hours(who, undone)
                assert bank.balance(who, "coins").free == 0
                assert bank.balance(who, "coins").held == 0
                assert bank.standing(who).tiers["conduct"] == "clear"
