"""
One state machine for every store: do the same to a store and to a list, and compare.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final

import pytest
from attrs import evolve
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ..entries import Entry
from ..errors import LedgerExists, NoLedger, Overtaken, StorageError, Undeclared
from ..model import ISSUER, START, AccountId, EntryId, Position, Posting
from ..scope import Needs, Series, union
from ..standing import Standing
from ..storage.appending import append_to, needs_to_append
from ..storage.codec import commitment, encode_entry
from ..storage.protocol import Line, Private, Reading, Settings, Store, Turn
from . import plain
from .comparing import differences
from .journals import Batch, Journal, folded
from .strategies import (
    ACCOUNTS,
    DAYS,
    UNITS,
    needs,
    next_entries,
    openings,
    texts,
)

Connect = Callable[[], Store]
"""Opens one place: the first call finds it empty, later ones what was left there."""

Place = Callable[[], AbstractContextManager[Connect]]
"""Makes a place that is empty, and clears it away."""

LEDGERS: Final = ("home", "abroad")
KEYS: Final = tuple((account, unit) for account in ACCOUNTS for unit in UNITS)


class Abandoned(Exception):
    """What goes wrong in the middle of a turn."""


def append(
    turn: Turn, batch: Batch, also: Needs | None = None, *, last: bool = False
) -> Standing:
    """
    Append *batch* as the bank does, and return the standing that has taken it in.

    Args:
        turn: A turn.
        batch: What to append.
        also: More to load first.
        last: Whether the turn does nothing after it.
    """
    standing = turn.load(union([batch.needs, also or Needs()]))
    head = turn.head
    first = append_to(turn, standing, batch.entries, batch.privates, last=last)
    assert first == head + 1
    return standing


def hold_fold_against_list(journal: Journal) -> None:
    """Fail if the fold of *journal* is not what the plainest reading of it comes to."""
    fold, entries = journal.fold, journal.entries
    strict = plain.strict(entries)
    for account, unit in KEYS:
        assert fold.lots_of(account, unit) == plain.lots(entries, account, unit)
        if account in strict:
            wanted = plain.balance(entries, account, unit)
            assert fold.balance(account, unit) == wanted
            found = dict(fold.events(account, unit, None, None))
            assert found == plain.events(entries, account, unit)
    for entry in entries:
        assert fold.thread(entry.id) == plain.thread(entries, entry.id)
        assert fold.users_of(entry.id) == plain.users(entries, entry.id)


class StoreMachine(RuleBasedStateMachine):
    """
    Do the same things to a store and to a list, and look for a difference.

    It checks laws 1 to 5 of `timebank.storage.protocol.Store`; the races beside it check
    law 6 and, under concurrency, the others.  Law 7 needs a process to kill.

    Args:
        place: Makes an empty place for journals; see `timebank.testing`.
    """

    def __init__(self, place: Place) -> None:
        super().__init__()
        self._place = place()
        self._connect = self._place.__enter__()
        self.store = self._connect()
        self.journals = {name: Journal() for name in LEDGERS}

    # ------------------------------------------------------------ what is appended

    @initialize(data=st.data())
    def make_the_ledgers(self, data: st.DataObject) -> None:
        for name in LEDGERS:
            self.store.create(Settings(name=name, time_zone="Asia/Shanghai"))
        # one begins with its accounts open, so that little is spent on opening them
        entries = openings()
        batch = Batch(entries, needs_to_append(entries), {})
        with self.store.turn(LEDGERS[0]) as turn:
            append(turn, batch)
        self.journals[LEDGERS[0]] = Journal().with_(batch)
        self.append_a_batch(LEDGERS[0], data)

    def _drawn(self, data: st.DataObject, journal: Journal, most: int = 9) -> Batch:
        """Draw entries that may come next in *journal*."""
        fold, drawn = folded(journal.entries), []
        fewest = min(3, most)
        for _ in range(data.draw(st.integers(fewest, most), label="how many")):
            id = EntryId(f"entry '{len(fold.known) + 1}'")
            entry = data.draw(next_entries(fold, id), label="next")
            if data.draw(st.integers(0, 4), label="private") == 0:
                entry = evolve(entry, commitment="to be made")
            fold.apply(entry, Position(fold.head + 1))
            drawn.append(entry)
        return self._committed(data, journal, drawn)

    def _committed(
        self, data: st.DataObject, journal: Journal, drawn: Sequence[Entry]
    ) -> Batch:
        privates, entries = {}, []
        for entry in drawn:
            if entry.commitment:
                values = data.draw(st.dictionaries(texts(8), texts(8), max_size=2))
                private = Private(salt=data.draw(st.binary(max_size=4)), values=values)
                privates[entry.id] = private
                sealed = commitment(private.values, private.salt)
                entries.append(evolve(entry, commitment=sealed))
            else:
                entries.append(entry)
        return Batch(entries, needs_to_append(entries, journal.fold), privates)

    @rule(ledger=st.sampled_from(LEDGERS), data=st.data())
    def append_a_batch(self, ledger: str, data: st.DataObject) -> None:
        journal = self.journals[ledger]
        batch = self._drawn(data, journal)
        then = journal.with_(batch)
        also = data.draw(needs(then.fold), label="also loaded")
        last = data.draw(st.booleans(), label="nothing follows")

        with self.store.turn(ledger) as turn:
            loaded = append(turn, batch, also, last=last)

        self.journals[ledger] = then
        wanted = union([batch.needs, also])
        assert differences(loaded, then.fold, wanted) == [], "law 5, within a turn"
        hold_fold_against_list(then)

    @rule(ledger=st.sampled_from(LEDGERS), data=st.data())
    def append_twice_in_a_turn(self, ledger: str, data: st.DataObject) -> None:
        journal = self.journals[ledger]
        first = self._drawn(data, journal, most=2)
        between = journal.with_(first)
        second = self._drawn(data, between, most=2)
        then = between.with_(second)
        also = data.draw(needs(between.fold), label="loaded in between")

        with self.store.turn(ledger) as turn:
            append(turn, first)
            assert differences(turn.load(also), between.fold, also) == [], "law 5"
            assert list(turn.entries()) == between.placed
            assert dict(turn.privates()) == between.privates
            with self.store.reading(ledger) as reading:
                assert reading.head == len(journal.entries), "law 2"
            append(turn, second)

        self.journals[ledger] = then

    @rule(ledger=st.sampled_from(LEDGERS), data=st.data(), lacks=st.booleans())
    def append_piece_by_piece(
        self, ledger: str, data: st.DataObject, *, lacks: bool
    ) -> None:
        journal = self.journals[ledger]
        batch = self._drawn(data, journal)

        with (
            pytest.raises(Overtaken) if lacks else nullcontext(),
            self.store.turn(ledger) as turn,
        ):
            standing = turn.load(batch.needs)
            first = Position(standing.head + 1)
            taken = [
                standing.apply(entry, Position(place))
                for place, entry in enumerate(batch.entries, start=first)
            ]
            assert turn.append(taken[:1], {}) == first
            # of two that were taken in together nothing may come in between
            assert turn.append(taken[1 + lacks :], batch.privates) == first + 1

        if not lacks:
            self.journals[ledger] = journal.with_(batch)

    @rule(ledger=st.sampled_from(LEDGERS), data=st.data())
    def abandon_a_turn(self, ledger: str, data: st.DataObject) -> None:
        batch = self._drawn(data, self.journals[ledger])

        with pytest.raises(Abandoned), self.store.turn(ledger) as turn:
            append(turn, batch)
            if self.journals[ledger].privates:
                turn.erase(next(iter(self.journals[ledger].privates)))
            raise Abandoned  # law 2; the invariants see whether anything is left

    @rule(ledger=st.sampled_from(LEDGERS), data=st.data())
    def append_an_id_twice(self, ledger: str, data: st.DataObject) -> None:
        journal = self.journals[ledger]
        fresh = self._drawn(data, journal, most=2)
        taken = data.draw(st.sampled_from([*journal.entries, *fresh.entries]))
        again = evolve(
            taken, operation=fresh.entries[-1].operation, postings=(), target=None
        )
        twice = [*fresh.entries, again]

        with pytest.raises(StorageError), self.store.turn(ledger) as turn:  # law 4
            append_to(turn, turn.load(fresh.needs), twice, {})

    @rule(ledger=st.sampled_from(LEDGERS))
    def append_nothing(self, ledger: str) -> None:
        with self.store.turn(ledger) as turn:
            first = turn.append([], {})

        assert first == len(self.journals[ledger].entries) + 1

    @rule(ledger=st.sampled_from(LEDGERS), data=st.data())
    def erase(self, ledger: str, data: st.DataObject) -> None:
        journal = self.journals[ledger]
        id = data.draw(st.sampled_from([*journal.privates, EntryId("no such")]))

        with self.store.turn(ledger) as turn:
            done = turn.erase(id)

        assert done == (id in journal.privates)
        self.journals[ledger] = journal.without_private(id)

    # ------------------------------------------------------------ what is read

    @rule(ledger=st.sampled_from(LEDGERS), data=st.data(), writing=st.booleans())
    def load(self, ledger: str, data: st.DataObject, *, writing: bool) -> None:
        entries, fold = self.journals[ledger].entries, self.journals[ledger].fold
        wanted = data.draw(needs(fold), label="needs")
        until = Position(data.draw(st.integers(0, len(entries)), label="until"))

        begin = self.store.turn if writing else self.store.reading
        with begin(ledger) as reading:
            loaded = reading.load(wanted)
            threads = reading.threads(wanted.threads)
            past = reading.past(wanted, until)

        assert differences(loaded, fold, wanted) == [], "law 5"
        before = folded(entries[:until])
        before.adoptions.clear()
        assert differences(past, before, wanted.beside_accounts) == [], "law 5, of once"
        assert differences(fold.scoped(wanted), fold, wanted) == []
        for id in wanted.threads:
            assert threads.thread(id) == fold.thread(id)
        self._answers_nothing_else(loaded, wanted)

    def _answers_nothing_else(self, loaded: Standing, wanted: Needs) -> None:
        for account, unit in KEYS:
            if account not in wanted.accounts:
                with pytest.raises(Undeclared):
                    loaded.balance(account, unit)
            if (account, unit) not in wanted.lots:
                with pytest.raises(Undeclared):
                    loaded.lots_of(account, unit)
            if not any((s.account, s.unit) == (account, unit) for s in wanted.series):
                with pytest.raises(Undeclared):
                    list(loaded.events(account, unit, DAYS[0], DAYS[0]))

    @rule(ledger=st.sampled_from(LEDGERS), data=st.data())
    def load_everything(self, ledger: str, data: st.DataObject) -> None:
        fold = self.journals[ledger].fold
        first, last = sorted(data.draw(st.tuples(*[st.sampled_from(DAYS)] * 2)))
        wanted = Needs(
            accounts={*ACCOUNTS, ISSUER},
            series={
                Series(account, unit, first, last)
                for account, unit in KEYS
                if account != "fund"
            },
            ids={*fold.known, *fold.voided},
            threads=set(fold.known),
            lots=set(KEYS),
            lot_uses=set(fold.known),
            shifts={(account, day) for account in ACCOUNTS for day in DAYS},
            append_accounts=True,
        )

        with self.store.reading(ledger) as reading:
            loaded = reading.load(wanted)

        assert differences(loaded, fold, wanted) == [], "law 5"

    @rule(ledger=st.sampled_from(LEDGERS), data=st.data())
    def read_a_tail(self, ledger: str, data: st.DataObject) -> None:
        placed = self.journals[ledger].placed
        after = data.draw(st.integers(0, len(placed) + 1), label="after")
        until = data.draw(st.none() | st.integers(0, len(placed) + 1), label="until")

        with self.store.reading(ledger) as reading:
            first = Position(after)
            last = None if until is None else Position(until)
            found = list(reading.entries(after=first, until=last))
            bodies = list(reading.bodies(after=first, until=last))

        assert found == placed[after:until], "laws 1 and 3"
        assert bodies == [(n, encode_entry(e)) for n, e in found]

    @rule(ledger=st.sampled_from(LEDGERS), data=st.data())
    def read_balances(self, ledger: str, data: st.DataObject) -> None:
        journal = self.journals[ledger].entries
        as_of = data.draw(st.none() | st.integers(0, len(journal) + 1), label="as of")
        day = data.draw(st.none() | st.sampled_from(DAYS), label="effective on")
        place = None if as_of is None else Position(as_of)

        with (
            self.store.reading(ledger) as reading,
            self.store.glance(ledger) as glance,
        ):
            for key in (*KEYS, (ISSUER, UNITS[0])):
                wanted = plain.balance(journal, *key, as_of=as_of, effective_on=day)
                for books in (reading, glance):
                    found = books.balance(*key, as_of=place, effective_on=day)
                    assert found == wanted, key

    @rule(ledger=st.sampled_from(LEDGERS), limit=st.integers(1, 4) | st.none())
    def read_statements_by_pages(self, ledger: str, limit: int | None) -> None:
        journal = self.journals[ledger].entries

        with (
            self.store.reading(ledger) as reading,
            self.store.glance(ledger) as glance,
        ):
            for key in (*KEYS, (ISSUER, UNITS[0])):
                wanted = plain.statement(journal, *key)
                assert _by_pages(reading, key, limit) == wanted, key
                page = glance.statement(*key, after=(START, -1), limit=limit)
                assert page == wanted[:limit], key

    @rule(name=st.sampled_from([*LEDGERS, "nowhere"]))
    def make_or_find_a_ledger(self, name: str) -> None:
        if name in LEDGERS:
            with pytest.raises(LedgerExists):
                self.store.create(Settings(name=name, time_zone="Europe/Vienna"))
            assert self.store.settings(name).time_zone == "Asia/Shanghai"
        else:
            with pytest.raises(NoLedger) as caught, self.store.turn(name):
                pass
            assert caught.value.known == tuple(sorted(LEDGERS))

    @rule()
    def close_and_open_again(self) -> None:
        self.store.close()
        self.store = self._connect()

    # ------------------------------------------------------------ what always holds

    def _each(self, look: Callable[[Reading, Journal], None]) -> None:
        for name, journal in self.journals.items():
            with self.store.reading(name) as reading:
                look(reading, journal)

    @invariant()
    def it_holds_what_was_appended_and_nothing_else(self) -> None:
        def look(reading: Reading, journal: Journal) -> None:
            assert list(reading.entries()) == journal.placed, "laws 1 to 3"
            assert reading.head == len(journal.entries)
            assert dict(reading.privates()) == journal.privates
            few = dict(list(journal.privates.items())[:2])
            assert dict(reading.privates((*few, EntryId("no such")))) == few
            for entry in journal.entries:
                assert reading.private(entry.id) == journal.privates.get(entry.id)

        self._each(look)

    @invariant()
    def bodies_are_those_of_the_entries(self) -> None:
        def look(reading: Reading, journal: Journal) -> None:
            wanted = journal.bodies
            assert list(reading.bodies()) == wanted
            stored = list(reading.stored())
            assert [(row.position, row.body) for row in stored] == wanted
            last = Position(max(START, reading.head - 1))
            for after, until in ((START, last), (last, None), (last, reading.head)):
                part = reading.stored(after=after, until=until)
                assert list(part) == stored[after:until]

        self._each(look)

    @invariant()
    def postings_sum_to_zero_and_are_those_of_the_bodies(self) -> None:
        def look(reading: Reading, journal: Journal) -> None:
            wanted = [
                (c.position, *_key(c.posting), c.day.isoformat(), c.counted_at)
                for c in journal.postings
            ]
            rows = [(s.position, p) for s in reading.stored() for p in s.postings]
            assert [
                (n, p.account, p.unit, p.bucket, p.amount, p.lot, p.day, p.origin)
                for n, p in rows
            ] == wanted
            for unit in UNITS:
                assert sum(p.amount for _, p in rows if p.unit == unit) == 0

        self._each(look)

    @invariant()
    def caches_are_what_the_facts_come_to(self) -> None:
        def look(reading: Reading, journal: Journal) -> None:
            caches, fold = reading.caches(), journal.fold
            assert caches.head == len(journal.entries)
            assert dict(caches.balances) == journal.balances
            assert dict(caches.accounts) == fold.accounts
            everybody = sorted(fold.accounts)
            assert [a.id for a in reading.accounts()] == everybody
            some = [*everybody[::2], AccountId("nobody at all")]
            assert [a.id for a in reading.accounts(some)] == everybody[::2]
            assert caches.voided.keys() == fold.voided
            assert list(reading.adoptions()) == fold.adoptions
            assert caches.guards == ()

        self._each(look)

    def teardown(self) -> None:
        self.store.close()
        self._place.__exit__(None, None, None)


def _key(posting: Posting) -> tuple[Any, ...]:
    lot = posting.lot.id if posting.lot else None
    return posting.account, posting.unit, posting.bucket.value, posting.amount, lot


def _by_pages(
    reading: Reading, key: tuple[AccountId, str], limit: int | None
) -> list[Line]:
    lines: list[Line] = []
    after = START, -1
    while page := reading.statement(*key, after=after, limit=limit):
        assert limit is None or len(page) <= limit
        lines += page
        after = page[-1].position, page[-1].line
    return lines
