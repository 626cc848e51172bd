"""A ledger copied between stores is the same, however often the copying was interrupted."""

import sqlite3
from contextlib import ExitStack, closing, contextmanager
from datetime import date
from itertools import pairwise

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

import timebank
from timebank.bank import Bank
from timebank.copying import copy_ledger
from timebank.errors import (
    LedgersDiffer,
    NoLedger,
    StoreBusy,
    StoreDamaged,
    VerificationFailed,
)
from timebank.model import EntryId, Position
from timebank.operations import AdoptPolicy, Give, PlaceOrder, RecordService, Reverse
from timebank.standing import Standing
from timebank.storage.appending import append_to, needs_to_append
from timebank.storage.codec import commitment
from timebank.storage.memory import MemoryStore
from timebank.storage.protocol import Private, Settings
from timebank.storage.urls import open_store
from timebank.testing import run_at_once
from timebank.testing.races import POLICY
from timebank.testing.strategies import next_entries, openings, texts

from .storage.places import memory, postgresql, sqlite

DAY = date(2026, 3, 1)
PLACES = (memory, sqlite, postgresql)
MEMBERS = ("ada", "bai", "chen")


class Interrupted(Exception):
    """What stops a copy between two batches."""


@pytest.fixture(params=PLACES, ids=lambda place: place.__name__)
def target(request):
    with request.param() as connect, closing(connect()) as store:
        yield store


def bank_on(store):
    return Bank(store=store, settings=store.settings("home"), actor="desk-1")


def serve(bank, member, id, *, name=None):
    service = RecordService(provider=member, service_class="care", minutes=24 * 60)
    private = {"remark": name} if name else None
    return bank.post(service, on=DAY, id=id, private=private)


def fill(store):
    """Keep books that hold something of everything."""
    store.create(Settings(name="home", time_zone="Europe/Vienna", keep_refusals=True))
    bank = bank_on(store)
    bank.adopt(timebank.programme("guangzhou"), on=DAY, id="adopt")
    for member in MEMBERS:
        names = {"name": f"{member} 陈"}
        bank.open_account(member, on=DAY, private=names, id=f"open/{member}")
    for member in MEMBERS:
        for number in range(6):
            serve(bank, member, f"{member}/{number}", name=f"of {member}")
    bank.post(PlaceOrder(payer="ada", item="rice"), on=DAY, id="order")
    requests = [
        bank.request(operation, on=DAY, id=id)
        for id, operation in {
            "refused": Give(payer="bai", payee="nobody", unit="points", amount=1),
            "given": Give(payer="bai", payee="ada", unit="points", amount=3),
            "undone": Reverse(target="chen/0"),
        }.items()
    ]
    bank.batch(requests, atomic=False)
    bank.void("never", on=DAY)
    bank.erase("open/chen")
    bank.adopt(timebank.programme("guangzhou") + "\n# again\n", on=DAY, id="again")
    return bank


@pytest.fixture
def books():
    """Return the bank of books in memory that hold something of everything."""
    return fill(MemoryStore())


def bodies(store, ledger="home"):
    with store.reading(ledger) as reading:
        return list(reading.bodies())


def kept(store, ledger="home"):
    """Return all that a copy has to have, as values."""
    with store.reading(ledger) as reading:
        caches = reading.caches()
        return (
            list(reading.bodies()),
            list(reading.stored()),
            caches.accounts,
            caches.balances,
            caches.voided,
            dict(reading.privates()),
            store.settings(ledger),
        )


def interrupted_after(batches):
    """Return what stops a copy after so many batches."""
    left = iter(range(batches))

    def tell(_done, _of):
        if next(left, None) in {None, batches - 1}:
            raise Interrupted

    return tell


# ---------------------------------------------------------------- the same


def test_a_copy_is_the_same_and_says_how_much_it_was(books, target):
    copied = copy_ledger(books.store, target, "home", batch=7)

    assert kept(target) == kept(books.store)
    assert copied.faults == ()
    head = len(bodies(books.store))
    assert copied.entries == copied.report.entries == head
    assert copied.postings == copied.report.postings
    assert copied.details == 2 + 18
    assert bank_on(target).verify(decide_again=True).sound


def test_an_issuer_that_keeps_a_balance_keeps_it_in_the_copy(target):
    store = MemoryStore()
    store.create(Settings(name="home"))
    bank = bank_on(store)
    bank.post(AdoptPolicy(text=POLICY, holds_from=DAY), on=DAY)
    bank.open_account("issuer", kind="issuer", mode="strict", on=DAY)
    bank.open_account("ada", on=DAY)
    serve(bank, "ada", "served")

    assert copy_ledger(store, target, "home").faults == ()


def test_books_go_on_in_the_copy(books, target):
    copy_ledger(books.store, target, "home")
    copy = bank_on(target)

    again = serve(copy, "ada", "ada/0", name="of ada")
    serve(copy, "ada", "ada/6")
    copy.post(Reverse(target="ada/6"), on=DAY, id="undo")

    assert again.replayed
    assert copy.verify(decide_again=True).sound


def test_a_ledger_is_copied_into_a_place_that_has_others(books, target):
    target.create(Settings(name="abroad"))

    copy_ledger(books.store, target, "home")

    assert target.ledgers() == ("abroad", "home")
    assert bodies(target, "abroad") == []


def test_an_empty_ledger_is_copied_too(target):
    source = MemoryStore()
    source.create(Settings(name="home", time_zone="Europe/Vienna"))

    copied = copy_ledger(source, target, "home")

    assert (copied.entries, copied.faults) == (0, ())
    assert target.settings("home") == source.settings("home")


@st.composite
def journals(draw):
    """Make entries that may follow each other, some with private details."""
    fold, privates = Standing(), {}
    entries = []
    for number in range(draw(st.integers(0, 12))):
        opening = openings()[number] if number < len(openings()) else None
        entry = opening or draw(next_entries(fold, EntryId(f"entry '{number}'")))
        if draw(st.integers(0, 3)) == 0:
            values = draw(st.dictionaries(texts(8), texts(8), max_size=2))
            private = Private(salt=draw(st.binary(max_size=4)), values=values)
            entry = evolve(entry, commitment=commitment(values, private.salt))
            if draw(st.booleans()):
                privates[entry.id] = private
        fold.apply(entry, Position(number + 1))
        entries.append(entry)
    return entries, privates


@pytest.mark.slow
@pytest.mark.parametrize(
    ("there", "examples"),
    [((sqlite,), 40), ((postgresql, sqlite), 10)],
    ids=["SQLite", "PostgreSQL and SQLite"],
)
def test_a_journal_comes_back_as_it_went(there, examples):
    @settings(max_examples=examples)
    @given(journal=journals(), size=st.integers(1, 9))
    def there_and_back(journal, size):
        entries, privates = journal
        with ExitStack() as stack:
            places = [
                stack.enter_context(closing(stack.enter_context(place())()))
                for place in (memory, *there, memory)
            ]
            places[0].create(Settings(name="home"))
            with places[0].turn("home") as turn:
                append_to(turn, turn.load(needs_to_append(entries)), entries, privates)

            for source, target in pairwise(places):
                copied = copy_ledger(source, target, "home", batch=size)
                assert copied.differences == ()

            assert [kept(place) for place in places] == [kept(places[0])] * len(places)

    there_and_back()


# ---------------------------------------------------------------- going on


@pytest.mark.parametrize("batches", [1, 2, 3])
def test_an_interrupted_copy_goes_on_where_it_stopped(books, target, batches):
    with pytest.raises(Interrupted):
        copy_ledger(
            books.store, target, "home", batch=5, progress=interrupted_after(batches)
        )
    assert len(bodies(target)) == 5 * batches

    copied = copy_ledger(books.store, target, "home", batch=4)

    assert copied.entries == len(bodies(books.store)) - 5 * batches
    assert copied.faults == ()
    assert kept(target) == kept(books.store)


def test_a_copy_made_again_copies_what_came_since(books, target):
    copy_ledger(books.store, target, "home")
    serve(books, "ada", "ada/6", name="late")

    copied = copy_ledger(books.store, target, "home")

    assert (copied.entries, copied.details) == (1, 1)
    assert kept(target) == kept(books.store)


def test_a_copy_that_is_complete_is_left_as_it_is(books, target):
    copy_ledger(books.store, target, "home")

    copied = copy_ledger(books.store, target, "home")

    assert (copied.entries, copied.erased, copied.faults) == (0, 0, ())


def test_what_is_written_while_it_is_copied_comes_with_the_next_copy(tmp_path, target):
    with closing(open_store(f"sqlite:///{tmp_path}/a.db", create=True)) as source:
        bank = fill(source)
        head = len(bodies(source))

        first = copy_ledger(
            source,
            target,
            "home",
            batch=5,
            progress=lambda done, _: serve(bank, "ada", f"meanwhile/{done}"),
        )
        assert (first.entries, first.faults) == (head, ())
        assert len(bodies(target)) == head
        copy_ledger(source, target, "home")

        assert kept(target) == kept(source)


class Unsure:
    """A store that commits, and then says that it was too busy, as a cut connection does."""

    def __init__(self, store):
        self.store = store
        self.turns = 0

    def __getattr__(self, name):
        return getattr(self.store, name)

    @contextmanager
    def turn(self, ledger):
        with self.store.turn(ledger) as turn:
            yield turn
        self.turns += 1
        if self.turns % 2:
            raise StoreBusy(1)


def test_a_batch_whose_outcome_is_not_known_is_copied_once(books, target):
    unsure = Unsure(target)

    copied = copy_ledger(books.store, unsure, "home", batch=5)

    assert copied.faults == ()
    assert kept(target) == kept(books.store)
    assert unsure.turns == 2 * -(-copied.entries // 5)


def test_two_copies_at_once_make_one(tmp_path):
    with (
        closing(open_store(f"sqlite:///{tmp_path}/a.db", create=True)) as source,
        closing(open_store(f"sqlite:///{tmp_path}/b.db", create=True)) as target,
    ):
        fill(source)

        def copy():
            return copy_ledger(source, target, "home", batch=2)

        copies = run_at_once([copy, copy, copy])

        assert [each.faults for each in copies] == [()] * 3
        assert kept(target) == kept(source)


# ---------------------------------------------------------------- forgetting


def test_details_erased_before_a_copy_goes_on_are_erased_in_it(books, target):
    with pytest.raises(Interrupted):
        copy_ledger(
            books.store, target, "home", batch=10, progress=interrupted_after(1)
        )
    assert bank_on(target).private("open/ada") is not None
    books.erase("open/ada")

    copied = copy_ledger(books.store, target, "home")

    assert copied.erased == 1
    assert bank_on(target).private("open/ada") is None
    assert kept(target) == kept(books.store)


def test_details_erased_while_they_are_copied_do_not_live_on(tmp_path, target):
    with closing(open_store(f"sqlite:///{tmp_path}/a.db", create=True)) as source:
        bank = fill(source)

        copied = copy_ledger(
            source,
            target,
            "home",
            batch=5,
            progress=lambda *_: [bank.erase(f"{m}/5") for m in MEMBERS],
        )

        assert copied.erased == 3
        assert copied.faults == ()
        assert kept(target) == kept(source)


def test_details_erased_in_the_copy_stay_erased(books, target):
    copy_ledger(books.store, target, "home")
    bank_on(target).erase("open/ada")

    copied = copy_ledger(books.store, target, "home")

    assert copied.faults == ()
    assert bank_on(target).private("open/ada") is None


# ---------------------------------------------------------------- refusing


def test_a_ledger_that_is_not_there_makes_none(target):
    with pytest.raises(NoLedger):
        copy_ledger(MemoryStore(), target, "home")

    assert target.ledgers() == ()


@pytest.mark.parametrize(
    "other", [{"time_zone": "Asia/Shanghai"}, {"keep_refusals": False}]
)
def test_a_ledger_that_is_set_otherwise_is_left_as_it_is(books, target, other):
    target.create(evolve(books.settings, **other))

    with pytest.raises(LedgersDiffer, match="its time zone is"):
        copy_ledger(books.store, target, "home")

    assert bodies(target) == []


def test_a_ledger_that_holds_something_else_is_left_as_it_is(books, target):
    target.create(books.settings)
    bank = bank_on(target)
    bank.adopt(timebank.programme("guangzhou"), on=DAY, id="adopt")
    before = bodies(target)

    with pytest.raises(LedgersDiffer, match="another entry stands at position 1"):
        copy_ledger(books.store, target, "home")

    assert bodies(target) == before


def test_a_copy_that_went_on_by_itself_is_left_as_it_is(books, target):
    copy_ledger(books.store, target, "home")
    serve(bank_on(target), "ada", "ada/6")
    before = bodies(target)

    with pytest.raises(LedgersDiffer, match="ends at position"):
        copy_ledger(books.store, target, "home")
    serve(books, "ada", "another")
    with pytest.raises(LedgersDiffer, match=f"stands at position {len(before)}"):
        copy_ledger(books.store, target, "home")

    assert bodies(target) == before


def test_somebody_else_who_writes_to_the_target_ends_the_copy(books, target):
    def write(done, _of):
        if done == 20:
            serve(bank_on(target), "ada", "mine")

    with pytest.raises(LedgersDiffer, match="somebody else is writing to it"):
        copy_ledger(books.store, target, "home", batch=10, progress=write)


# ---------------------------------------------------------------- a source that is damaged


@pytest.fixture
def damaged(tmp_path):
    """Return a function that makes books, changes them with SQL, and opens them."""
    with ExitStack() as stack:

        def damage(*statements):
            with closing(
                open_store(f"sqlite:///{tmp_path}/a.db", create=True)
            ) as store:
                fill(store)
            with closing(sqlite3.connect(tmp_path / "a.db")) as raw, raw:
                for statement in statements:
                    raw.execute(statement)
            store = open_store(f"sqlite:///{tmp_path}/a.db")
            return stack.enter_context(closing(store))

        yield damage


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("SET body = body || ' ' WHERE position = 9", "position 9 is not canonical"),
        ("SET body = '{}' WHERE position = 9", "position 9 cannot be read"),
        ("SET position = 99 WHERE position = 9", "position 9 is missing"),
    ],
)
def test_what_cannot_be_written_again_is_not_copied(damaged, target, change, said):
    source = damaged(
        "PRAGMA foreign_keys = OFF",
        "DROP TRIGGER timebank_entry_update",
        f"UPDATE timebank_entry {change}",
    )

    with pytest.raises(StoreDamaged, match=said):
        copy_ledger(source, target, "home", batch=4)

    assert len(bodies(target)) == 8


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("balance SET free = 77 WHERE account = 'ada'", "the balance .*free=77"),
        ("account_state SET opened_on = '2020-01-01' WHERE account = 'ada'", "'ada'"),
    ],
)
def test_a_source_whose_caches_are_wrong_is_told_and_the_copy_is_right(
    damaged, target, change, said
):
    source = damaged(f"UPDATE timebank_{change}")

    copied = copy_ledger(source, target, "home")

    with pytest.raises(VerificationFailed, match=said):
        copied.raise_if_faulty()
    assert copied.report.sound
