"""
What is held against its rows as text is what would be found in order by its values.

`verify` takes plain entries without making values of them.  Whatever is done to books, it
finds with and without that the same.
"""

import json
from contextlib import suppress
from datetime import timedelta

import pytest
from attrs import evolve
from hypothesis import example, given, settings
from hypothesis import strategies as st

import timebank
from timebank import operations as ops
from timebank.entries import Entry, Recorded
from timebank.model import AMOUNT_MAX, Posting
from timebank.proof.outlines import PLAIN, Outlines
from timebank.proof.verify import verify
from timebank.recalling import KEPT_MAX
from timebank.storage.protocol import StoredEntry, StoredPosting
from timebank.testing import append_to, needs_to_append
from timebank.testing.races import POLICY

from .asks import STORIES, tell
from .desk import SECOND, START, Calendar, new_bank, with_members
from .test_tampering import mangle, written


@pytest.fixture(scope="module")
def bank():
    """Books in which there is some of everything that can be plain, and much that is not."""
    bank = with_members(new_bank(calendar=Calendar()), "a", "b", "c")
    on = {"on": START}
    bank.adopt(SECOND, on=START, holds_from=START + timedelta(days=1), id="policy-2")
    bank.record_service(
        "a", "care", 180, starts_at=540, id="care", private={"n": "A"}, **on
    )
    bank.record_service("a", "care", 240, recipient="b", event="fair", id="full", **on)
    bank.record_service(
        "b", "errand", 60, recipient="a", facts={"age": 7}, id="errand", **on
    )
    bank.record_mark("a", "meeting", id="mark", **on)
    bank.record_mark("b", "fair", 2, event="spring", evidence="photo", id="fair", **on)
    bank.give(
        "a", "b", unit="credits", amount=30, purpose='帮助 "thanks"', id="gift", **on
    )
    bank.donate("a", unit="credits", amount=30, id="donation", **on)
    bank.order("a", "rice", 1, id="order", **on)
    bank.fulfil("order", 1, id="part", **on)
    bank.give("a", "b", unit="credits", amount=15, id="second", **on)
    bank.reverse("gift", id="back", **on)
    bank.correct(
        "donation", ops.Donate(payer="a", unit="credits", amount=15), id="less", **on
    )
    bank.set_tier("a", "circle", "B", id="tier", **on)
    bank.void("late", id="void", **on)
    bank.record_mark("a", "absence", id="last", **on)
    return bank


class Changed:
    """A view of a ledger in which what is kept is what *change* makes of it."""

    def __init__(self, reading, change):
        self.reading, self.change = reading, change

    def __getattr__(self, name):
        return getattr(self.reading, name)

    def stored(self):
        return iter(self.change(list(self.reading.stored())))


def audited(bank, change=list, *, kept=1):
    """
    Return what is found without and with values.

    Entries are gone through by themselves, so that none goes the other's way.
    """
    with bank.store.reading(bank.ledger) as reading:
        changed = Changed(reading, change)
        return [verify(changed, by_values=by, kept=kept) for by in (False, True)]


def plain(bank):
    with bank.store.reading(bank.ledger) as reading:
        return [stored for stored in reading.stored() if Outlines().outline(stored)]


def test_what_is_in_order_is_found_so_by_both(bank):
    quickly, by_values = audited(bank)

    assert quickly == by_values
    assert quickly.sound


def test_postings_of_no_entry_are_looked_for_only_where_there_are_more_than_of_entries(
    bank,
):
    asked = []

    class Kept:
        def __init__(self, reading, more):
            self.reading, self.more = reading, more

        def __getattr__(self, name):
            return getattr(self.reading, name)

        def caches(self):
            caches = self.reading.caches()
            return evolve(caches, postings=caches.postings + self.more)

        def strays(self):
            asked.append(self.more)
            return [7]

    with bank.store.reading(bank.ledger) as reading:
        sound, stray = (verify(Kept(reading, more)) for more in (0, 1))

    assert asked == [1]
    assert sound.sound
    assert [str(each) for each in stray.faults] == [
        "position 7: law 7: postings are kept and no entry stands there"
    ]


def test_there_is_something_plain_of_every_kind_that_can_be(bank):
    kinds = {stored.kind for stored in plain(bank)}

    # nothing is ever allocated or granted here, and nothing is done at a period's end
    assert kinds == PLAIN.keys() - {"allocation", "grant", "period"}


class Asked:
    """A view of a ledger that remembers which ids were asked for."""

    def __init__(self, reading):
        self.reading, self.ids = reading, set()

    def __getattr__(self, name):
        return getattr(self.reading, name)

    def past(self, needs, until):
        self.ids |= needs.ids
        return self.reading.past(needs, until)


def test_no_values_are_made_of_what_is_plain(bank):
    with bank.store.reading(bank.ledger) as reading:
        asked = Asked(reading)
        verify(asked, kept=1)  # so that each entry is gone through by itself

    # what moves coins, whose limits differ, and what has private details
    assert {stored.id for stored in plain(bank)} & asked.ids == {
        *("errand", "care", "open/a", "open/b", "open/c"),
    }


# ---------------------------------------------------------------- whatever was done to it

FIGURES = st.sampled_from([None, 0, 1, -1, 60, -60, 15, True, 1.0, 60.0, 10**16, 2**53])
TEXTS = st.sampled_from(
    [
        *("", "a", "b", "issuer", "gift", "late", "care", "hours", "credits", "free"),
        *("held", "notes", "waits", "1", "{}", " a", "\ud800"),
        *("2024-03-01", "20240301", "2024-03-02"),
    ]
)
VALUES = FIGURES | TEXTS | st.sampled_from([[], {}, [[]], ["a"]])
PLACE = st.integers(0, 40)


def in_the_body(at, path, value):
    def change(several):
        at_ = at % len(several)
        with suppress(ValueError):  # something else was done to it
            table = json.loads(several[at_].body)
            mangle(table, path, value)
            several[at_] = several[at_]._replace(body=written(table))
        return several

    return change


def around_the_body(at, change_text):
    def change(several):
        at_ = at % len(several)
        several[at_] = several[at_]._replace(body=change_text(several[at_].body))
        return several

    return change


def in_a_column(at, column, value):
    def change(several):
        at_ = at % len(several)
        several[at_] = several[at_]._replace(**{column: value})
        return several

    return change


def in_a_posting(at, line, column, value):
    def legs(postings):
        line_ = line % len(postings)
        changed = postings[line_]._replace(**{column: value})
        return (*postings[:line_], changed, *postings[line_ + 1 :])

    return among_postings(at, legs)


def among_postings(at, legs):
    def change(several):
        moving = [n for n, stored in enumerate(several) if stored.postings]
        at_ = moving[at % len(moving)]
        stored = several[at_]
        several[at_] = stored._replace(postings=tuple(legs(stored.postings)))
        return several

    return change


def missing(at):
    def change(several):
        del several[at % len(several)]
        return several

    return change


def of_another(at, other):
    """One body stands where another was."""

    def change(several):
        at_, other_ = at % len(several), other % len(several)
        several[at_] = several[at_]._replace(body=several[other_].body)
        return several

    return change


WHATEVER = st.one_of(
    st.builds(
        in_the_body, PLACE, st.lists(st.integers(0, 20), min_size=1, max_size=4), VALUES
    ),
    st.builds(
        around_the_body,
        PLACE,
        st.sampled_from(
            [
                lambda body: body + " ",
                lambda body: body + "{}",
                lambda body: f"[{body}]",
                lambda body: body[:-1] + ',"actor":""}',
                lambda body: body.replace('"amount":', '"amount":1,"amount":'),
                lambda body: body.replace("60", "60.0"),
                lambda body: body.replace('"rule"', '"undoes":true,"rule"'),
                lambda body: body.replace('"rule"', '"undoes":false,"rule"'),
                lambda body: body.replace('"rule"', '"bucket":"held","rule"'),
                lambda body: body.replace('"rule"', '"lot":{"id":"gift"},"rule"'),
                lambda body: body.replace('"format"', '"target":"gift","format"'),
            ]
        ),
    ),
    st.builds(
        in_a_column,
        PLACE,
        st.sampled_from(
            sorted({*StoredEntry._fields} - {"position", "body", "postings"})
        ),
        FIGURES | TEXTS,
    ),
    st.builds(
        in_a_posting,
        PLACE,
        PLACE,
        st.sampled_from(StoredPosting._fields),
        FIGURES | TEXTS,
    ),
    st.builds(
        among_postings,
        PLACE,
        st.sampled_from(
            [
                lambda legs: legs[1:],
                lambda legs: legs[:-1],
                lambda legs: (*legs, legs[0]),
                reversed,
                lambda legs: (leg._replace(amount=2 * leg.amount) for leg in legs),
            ]
        ),
    ),
    st.builds(missing, PLACE),
    st.builds(of_another, PLACE, PLACE),
)


@given(WHATEVER)
@example(in_the_body(0, [0, 1], "\ud800"))  # half a character in a policy's text
@settings(deadline=None, max_examples=60)
def test_whatever_is_changed_is_found_by_both(bank, change):
    quickly, by_values = audited(bank, change)
    together = audited(bank, change, kept=KEPT_MAX)

    # what hangs on something told before may be forgotten by then
    assert quickly.faults[:1] == by_values.faults[:1]
    assert together[0] == together[1]


@given(WHATEVER, WHATEVER)
@settings(deadline=None, max_examples=30)
def test_the_first_of_several_changes_is_found_by_both(bank, one, other):
    quickly, by_values = audited(bank, lambda several: other(one(several)))

    assert quickly.faults[:1] == by_values.faults[:1]


@given(STORIES)
@settings(deadline=None, max_examples=15)
def test_whatever_happened_is_found_in_order_by_both(story):
    bank = with_members(new_bank(calendar=Calendar()), "a", "b")
    tell(story, bank)

    quickly, by_values = audited(bank)

    assert quickly == by_values
    assert quickly.sound


def test_a_lot_of_nothing_is_no_lot_and_not_none(bank):
    def change(several):
        # of hours there are no lots
        for place, each in enumerate(several):
            if each.id == "full":
                body = each.body.replace('"rule":"hours"', '"lot":{},"rule":"hours"')
                several[place] = each._replace(body=body)
        return several

    quickly, by_values = audited(bank, change)

    assert quickly == by_values
    assert not quickly.sound


def test_an_id_that_was_asked_about_before_it_came_is_found_by_both():
    bank = timebank.create("memory:", ledger="home", actor="desk")
    bank.adopt(POLICY, on=START)
    for member in ("ada", "bai"):
        bank.open_account(member, on=START)
    bank.record_service("ada", "care", 60, on=START, id="plain")
    bank.reverse("plain", on=START)

    # all in one piece: what undoes it is looked for before it is there
    quickly, by_values = audited(bank, kept=KEPT_MAX)

    assert quickly == by_values
    assert quickly.sound


# ---------------------------------------------------------------- what agrees with itself


@pytest.mark.parametrize(
    ("id", "old", "new"),
    [
        ("gift", "}]", '}]} {"'),
        ("gift", "}", "}"),
        ("full", '"notes"', '"waits"'),
        ("mark", '"amount":1,', '"amount":true,'),
        ("mark", '"amount":1,', '"amount":1.0,'),
        ("part", '"id":"part"', '"id":"second"'),
        ("gift", '"format":1', '"format":2'),
        ("gift", '"actor":"desk"', '"actor":7'),
        ("gift", '"rule":"gift"', '"rule":["gift"]'),
    ],
)
def test_a_body_that_its_rows_do_not_show_to_be_changed(bank, id, old, new):
    def change(several):
        for index, stored in enumerate(several):
            if stored.id == id:
                assert old in stored.body
                body = stored.body.replace(old, new)
                several[index] = stored._replace(body=body + "{}" * (old == new))
        return several

    quickly, by_values = audited(bank, change)

    assert quickly == by_values
    assert not quickly.sound


def kept_without_asking(*entries):
    """Books in which *entries* were written down as nobody would have decided them."""
    bank = with_members(new_bank(calendar=Calendar()), "a", "b")
    bank.record_service("a", "care", 60, on=START, id="care")
    bank.void("late", on=START, id="void")
    bank.close_account("b", cause="leaving", on=START, id="closed")
    policy = bank.policy_on(START).hash
    with bank.store.turn(bank.ledger) as turn:
        written = [evolve(entry, policy=policy) for entry in entries]
        append_to(turn, turn.load(needs_to_append(entries)), written, {})
    return bank


def handed(payer, payee, amount, *, id="gift"):
    legs = [(payer, -amount), (payee, amount)]
    return Entry(
        id=id,
        operation=ops.Grant(payee=payee, unit="credits", amount=amount),
        effective_on=START,
        recorded=Recorded(at=Calendar()(), on=START),
        actor="desk",
        policy="",
        postings=tuple(
            Posting(account=account, unit="credits", amount=parts, rule="grant")
            for account, parts in legs
        ),
    )


@pytest.mark.parametrize(
    ("entry", "law"),
    [
        (handed("a", "issuer", 61), "law 4"),
        (handed("issuer", "a", 541), "law 4"),
        (handed("issuer", "b", 1), "law 4"),
        (handed("issuer", "nobody", 1), "law 4"),
        (handed("issuer", "a", 1, id="late"), "law 5"),
    ],
)
def test_rows_that_agree_with_a_body_which_breaks_a_law(entry, law):
    quickly, by_values = audited(kept_without_asking(entry))

    assert quickly == by_values
    assert any(law in fault for fault in quickly.faults)


@pytest.mark.parametrize(("amount", "sound"), [(540, True), (541, False)])
def test_what_is_held_counts_where_a_cap_is_passed(amount, sound):
    own = handed("a", "a", 10, id="hold")
    given, taken = own.postings
    hold = evolve(own, postings=(given, evolve(taken, bucket="held")))

    quickly, by_values = audited(
        kept_without_asking(hold, handed("issuer", "a", amount))
    )

    assert quickly == by_values
    assert quickly.sound is sound


@pytest.mark.parametrize(("legs", "sound"), [(9, True), (10, False)])
def test_legs_of_an_account_without_a_balance_pass_together_what_one_may_be(
    legs, sound
):
    pool = ops.OpenAccount(account="pot", kind="pool", mode="append")
    opened = evolve(handed("pot", "issuer", 1, id="pot"), operation=pool, postings=())
    # of a unit that the policy does not know, and so has no limit for
    most = handed("pot", "issuer", AMOUNT_MAX)
    several = legs * tuple(evolve(leg, unit="favours") for leg in most.postings)

    quickly, by_values = audited(
        kept_without_asking(opened, evolve(most, postings=several))
    )

    assert quickly == by_values
    assert quickly.sound is sound


def in_both(old, new):
    """Text in the body, and in every column of the rows, is another."""

    def change(stored):
        def other(value):
            return value.replace(old, new) if isinstance(value, str) else value

        postings = tuple(leg._make(map(other, leg)) for leg in stored.postings)
        return stored._make(map(other, stored))._replace(postings=postings)

    return change


def of_nothing(stored):
    """Nothing is moved, and the balances are as they were."""
    issued, got = (leg._replace(amount=0) for leg in stored.postings)
    got = got._replace(free_after=got.free_after - 5)
    body = stored.body.replace('"amount":-5', '"amount":0')
    body = body.replace('{"account":"a","amount":5', '{"account":"a","amount":0')
    return stored._replace(body=body, postings=(issued, got))


def with_fractions(stored):
    legs = tuple(leg._replace(amount=float(leg.amount)) for leg in stored.postings)
    body = stored.body.replace('"amount":-5', '"amount":-5.0')
    body = body.replace('{"account":"a","amount":5', '{"account":"a","amount":5.0')
    return stored._replace(body=body, postings=legs)


def with_day(name):
    """One of the two days is written otherwise, wherever it stands."""

    def change(stored):
        body = stored.body.replace(f'"{name}":"2024-03-01"', f'"{name}":"20240301"')
        stored = stored._replace(body=body, **{name: "20240301"})
        legs = tuple(leg._replace(day=stored.effective_on) for leg in stored.postings)
        return stored._replace(postings=legs)

    return change


def with_rule(rule):
    def change(stored):
        legs = tuple(leg._replace(rule=rule) for leg in stored.postings)
        body = stored.body.replace('"rule":"grant"', f'"rule":"{rule}"')
        return stored._replace(body=body, postings=legs)

    return change


def held_as_it_were(stored):
    """The body has them held, and its rows somewhere else."""
    issued, got = (leg._replace(bucket="other", labels=None) for leg in stored.postings)
    got = got._replace(free_after=got.free_after - 5, held_after=5)
    body = stored.body.replace('"rule"', '"bucket":"held","rule"')
    return stored._replace(body=body, postings=(issued, got))


def with_buckets(bucket):
    def change(stored):
        body = stored.body.replace('"rule"', f'"bucket":"{bucket}","rule"')
        legs = tuple(leg._replace(bucket=bucket) for leg in stored.postings)
        return stored._replace(body=body, postings=legs)

    return change


def with_lot(last, id="hand"):
    def change(stored):
        lot = f'"lot":{{"expires_on":"{last}","id":"{id}"}},"rule"'
        legs = tuple(
            leg._replace(lot=id, lot_expires_on=last) for leg in stored.postings
        )
        body = stored.body.replace('"rule"', lot)
        return stored._replace(body=body, postings=legs)

    return change


@pytest.mark.parametrize(
    "change",
    [
        in_both("hand", " hand"),
        in_both("hand", "hand\ud800"),
        in_both("hand", "ha\\\\nd"),
        in_both("2024-03-01", "20240301"),
        in_both('"2024-03-01"', '"20240301"'),
        in_both("grant", "\ud800"),
        in_both('"desk"', '"\ud800"'),
        in_both('{"amount":5', '{"amount":0'),
        with_buckets("other"),
        with_lot("20300101"),
        with_lot("2030-01-01", "\ud800"),
        with_day("effective_on"),
        with_day("recorded_on"),
        with_rule("\ud800"),
        held_as_it_were,
        of_nothing,
        with_fractions,
    ],
)
def test_rows_that_agree_with_a_body_of_which_no_values_can_be_made(change):
    bank = kept_without_asking(handed("issuer", "a", 5, id="hand"))

    def last_changed(several):
        return [*several[:-1], change(several[-1])]

    quickly, by_values = audited(bank, last_changed)

    assert quickly == by_values
    assert not quickly.sound


def issued_otherwise(column, value):
    """The issuer's leg is another, in its row and in the body; the other one is not."""

    def change(stored):
        issued, got = stored.postings
        issued = issued._replace(**{column: value})
        old, new = (f'"{column}":"{each}"' for each in (getattr(got, column), value))
        body = stored.body.replace(old, new, 1 if column == "rule" else 2)
        if column == "unit":  # the operation says it first
            body = body.replace(new, old, 1)
        return stored._replace(body=body, postings=(issued, got))

    return change


def labelled_as_the_other(stored):
    """The issuer's leg has labels, too, which no measure looks at."""
    issued, got = stored.postings
    return stored._replace(postings=(issued._replace(labels=got.labels), got))


@pytest.mark.parametrize(
    "change",
    [
        issued_otherwise("rule", "issue"),
        issued_otherwise("unit", "favours"),
        labelled_as_the_other,
    ],
)
def test_legs_that_do_not_belong_together(change):
    bank = kept_without_asking(handed("issuer", "a", 5))

    def last_changed(several):
        return [*several[:-1], change(several[-1])]

    quickly, by_values = audited(bank, last_changed)

    assert quickly == by_values
    assert not quickly.sound


@pytest.mark.parametrize("role", ["payer", "payee"])
def test_of_whom_is_named_twice_no_name_is_told_of_its_own_leg(role):
    asked = ops.Give(payer="a", payee="a", unit="credits", amount=5)
    bank = kept_without_asking(evolve(handed("issuer", "a", 5), operation=asked))

    def told(several):
        issued, got = several[-1].postings
        assert got.labels == '{"on":"gift","other":"issuer"}'
        got = got._replace(labels=f'{{"on":"gift","other":"issuer","{role}":"a"}}')
        return [*several[:-1], several[-1]._replace(postings=(issued, got))]

    for change, sound in ((list, True), (told, False)):
        quickly, by_values = audited(bank, change)
        assert quickly == by_values
        assert quickly.sound is sound


def test_what_does_not_sum_to_nothing_is_found_by_both():
    bank = kept_without_asking(handed("issuer", "a", 5))

    def change(several):
        # the issuer keeps no balance, so that nothing but the sum is amiss
        last = several[-1]
        issued, got = last.postings
        postings = (issued._replace(amount=-6), got)
        body = last.body.replace('"amount":-5', '"amount":-6')
        return [*several[:-1], last._replace(body=body, postings=postings)]

    quickly, by_values = audited(bank, change)

    assert quickly == by_values
    assert not quickly.sound


@pytest.mark.parametrize("amount", [60, 540])
def test_what_just_keeps_within_a_limit_is_in_order(amount):
    entry = handed("a", "issuer", 60) if amount == 60 else handed("issuer", "a", 540)

    quickly, by_values = audited(kept_without_asking(entry))

    assert quickly == by_values
    assert quickly.sound
