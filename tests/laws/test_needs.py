"""
A decision reads what `needs` named, and nothing else.

That it never reads more is seen along the bank machine, where everything is decided on a
standing that raises `Undeclared` when asked for more.  Here it is seen that it would: with
any one thing struck out of what is needed, some decision notices.
"""

from datetime import timedelta

import attrs
import pytest

from timebank import operations as ops
from timebank.decide import decide
from timebank.entries import Entry, Refusal
from timebank.errors import Undeclared
from timebank.needed import loaded
from timebank.scope import Needs, union
from timebank.session import Session

from .asks import care
from .desk import SECOND, START, new_bank, with_members


@pytest.fixture
def bank():
    bank = with_members(new_bank(), "a", "b")
    bank.record_service("a", "care", 180, on=START, id="e")
    bank.record_mark("a", "absence", on=START)
    bank.give("a", "b", unit="credits", amount=60, on=START, id="gift")
    bank.order("a", "rice", on=START, id="order")
    return bank


OPERATIONS = {
    "accounts": ops.AmendAccount(account="a", facts={"trusted": True}),
    "series": ops.RecordMark(member="a", mark="absence"),
    "ids": ops.VoidId(voided="late"),
    "threads": ops.Reverse(target="gift"),
    "lots": ops.Give(payer="a", payee="b", unit="credits", amount=15),
    "lot_uses": ops.Reverse(target="e"),
    "shifts": ops.RecordService(
        provider="a", service_class="care", minutes=60, starts_at=540
    ),
    "append_accounts": ops.AdoptPolicy(text=SECOND, holds_from=START),
}
"""For each kind of need, an operation whose decision reads it."""


def needed(bank, reading, request):
    return loaded(reading, [request], bank._now()).scope


def decided(bank, request, change=lambda needs: needs):
    """Decide *request* on what its needs, changed, load."""
    with bank.store.reading(bank.ledger) as reading:
        standing = reading.load(change(needed(bank, reading, request)))
        return decide(request, standing, bank._now())


def without(field, element):
    def strike(needs):
        left = False if element is True else getattr(needs, field) - {element}
        return attrs.evolve(needs, **{field: left})

    return strike


def elements(bank, request, field):
    with bank.store.reading(bank.ledger) as reading:
        found = getattr(needed(bank, reading, request), field)
    return [True] if found is True else sorted(found, key=repr)


@pytest.mark.parametrize("field", OPERATIONS)
def test_what_is_struck_out_of_the_needs_is_missed(bank, field):
    bank.set_tier("a", "circle", "A", on=START)
    request = bank.request(OPERATIONS[field], on=START, id="new")
    assert isinstance(decided(bank, request), Entry | Refusal)

    missed = []
    for element in elements(bank, request, field):
        try:
            decided(bank, request, without(field, element))
        except Undeclared:
            missed.append(element)

    assert missed


def test_what_a_batch_may_do_to_older_lots_is_missed_when_struck_out(bank):
    give = bank.request(OPERATIONS["lots"], on=START, id="new")
    spend = bank.request(
        ops.Donate(payer="b", unit="credits", amount=75), on=START, id="spend"
    )
    undo = bank.request(ops.Reverse(target="new"), on=START, id="undo")

    with bank.store.reading(bank.ledger) as reading:
        needs = loaded(reading, [give, spend, undo], bank._now()).scope
        standing = reading.load(attrs.evolve(needs, uses_of_lots=False))
        session = Session(reading, bank._now(), standing)
        session.decide(give)
        session.decide(spend)
        with pytest.raises(Undeclared):
            session.decide(undo)


def test_every_kind_of_need_is_tried():
    in_a_batch = {"uses_of_lots"}
    before_loading = {"asked"}  # see test_whom.py

    tried = set(OPERATIONS) | in_a_batch | before_loading

    assert tried == {field.name for field in attrs.fields(Needs)}


@pytest.mark.parametrize("field", [field.name for field in attrs.fields(Needs)])
def test_several_need_together_what_each_of_them_needs(field):
    more = isinstance(getattr(Needs(), field), set)
    one, other = (
        Needs(**{field: {each} if more else True}) for each in ("this", "that")
    )

    both = union([one, Needs(), other])

    assert getattr(both, field) == ({"this", "that"} if more else True)
    assert getattr(one, field) == ({"this"} if more else True)


def test_a_history_shortened_by_a_day_is_missed(bank):
    request = bank.request(care("a", 60), on=START, id="new")

    def shorten(needs):
        series = frozenset(
            attrs.evolve(s, first=s.first + timedelta(days=1)) if s.first else s
            for s in needs.series
        )
        return attrs.evolve(needs, series=series)

    with pytest.raises(Undeclared):
        decided(bank, request, shorten)


STARRED = """
language = 1
policy = { name = "Club", source = "made up", status = "pilot", from = 2020-01-01 }
units = { hours = { record = true }, points = {} }
accounts.member.points = { floor = "none" }
classes.care = {}
measures.lately = { sum = "hours", window = "month" }
ladders.star.levels = [{ name = "one", needs = { lately = { min = 1 } } }]
items.meal = { price = 1 }
[rules]
hours = { on = "service", unit = "hours" }
meal = { on = "redeem", unit = "points", requires = { star = { min = "one" } } }
"""


def test_an_order_needs_what_the_policy_it_was_placed_under_asks():
    bank = with_members(new_bank(policy=STARRED), "a")
    bank.record_service("a", "care", 60, on=START)
    bank.order("a", "meal", on=START, id="order")
    unasked = STARRED.replace(', requires = { star = { min = "one" } }', "")
    bank.adopt(unasked, on=START, holds_from=START)

    bank.fulfil("order", on=START)

    assert bank.balance("a", "points").total == -1
