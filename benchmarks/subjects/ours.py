"""timebank, as its documentation says to use it: on SQLite, on PostgreSQL, in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import Final

from attrs import evolve

import timebank
from timebank.entries import Entry, Request
from timebank.model import Mode
from timebank.operations import (
    AdoptPolicy,
    Allocate,
    Donate,
    Give,
    OpenAccount,
    RecordService,
)

from ..filling import bytes_per_entry, fill
from ..model import Place
from ..work import DAY, OPENING, POOL, WORDS, Gift, donation, gift, member

LEDGER: Final = "benchmark"
ACTOR: Final = "desk-1"
CHUNK: Final = 1_000
"""How many requests go to the bank in one turn, where there are many."""

POLICY: Final = """\
language = 1

[policy]
name = "A benchmark"
source = "benchmarks"
status = "invented"
from = 2020-01-01

[units]
hours = { scale = 60 }

[accounts.member]
hours = { floor = 0 }

[accounts.pool]
names = ["pool"]
hours = { floor = "none" }

[rules.give]
on = "gift"
unit = "hours"

[rules.donate]
on = "donate"
unit = "hours"
to = "pool:pool"

[rules.opening]
on = "allocate"
unit = "hours"
from = "pool:pool"
"""
OTHER_POLICY: Final = POLICY.replace(
    "hours = { floor = 0 }", f"hours = {{ floor = 0, cap = {2 * OPENING} }}"
)
PROGRAMME: Final = "guangzhou"
"""The real programme whose rules an import is decided under."""


def url_of(place: Place) -> str:
    """Return what `timebank.open` takes."""
    return place.url or f"sqlite:///{place.file}"


def prepare(place: Place) -> None:
    """Make books with members, a pool, and what the place is to hold."""
    with timebank.create(url_of(place), ledger=LEDGER, actor=ACTOR) as bank:
        furnish(bank, place)
    if place.entries:
        fill(place)


def furnish(bank: timebank.Bank, place: Place) -> None:
    """Put into empty books what the work needs."""
    if place.options.get("rules") == "programme":
        bank.adopt(timebank.programme(PROGRAMME), on=DAY)
        _in_batches(bank, (_opening(bank, n) for n in range(place.members)))
        return
    mode = Mode(place.options.get("pool", Mode.STRICT))
    adopted = AdoptPolicy(text=POLICY, holds_from=DAY)
    pool = OpenAccount(account=POOL, kind="pool", mode=mode)
    issuer = OpenAccount(account="issuer", kind="issuer", mode=Mode.APPEND)
    bank.batch([bank.request(each, on=DAY) for each in (adopted, pool, issuer)])
    _in_batches(bank, (_opening(bank, n) for n in range(place.members)))
    _in_batches(bank, (_allocation(bank, n) for n in range(place.members)))


def _in_batches(bank: timebank.Bank, requests: Iterator[Request]) -> None:
    several: list[Request] = []
    for request in requests:
        several.append(request)
        if len(several) == CHUNK:
            bank.batch(several)
            several = []
    bank.batch(several)


def _opening(bank: timebank.Bank, number: int) -> Request:
    id = member(number)
    return bank.request(OpenAccount(account=id), on=DAY, id=f"open/{id}")


def _allocation(bank: timebank.Bank, number: int) -> Request:
    grant = Allocate(payee=member(number), unit="hours", amount=OPENING)
    return bank.request(grant, on=DAY, id=f"opening/{number}")


def _asked(bank: timebank.Bank, one: Gift) -> Request:
    asked: Give | Donate
    if one.payee == POOL:
        asked = Donate(payer=one.payer, unit="hours", amount=one.amount, purpose=WORDS)
    else:
        asked = Give(
            payer=one.payer,
            payee=one.payee,
            unit="hours",
            amount=one.amount,
            purpose=WORDS,
        )
    return bank.request(asked, on=DAY, id=one.key)


def _service(bank: timebank.Bank, number: int, members: int) -> Request:
    served = RecordService(
        provider=member(number % members),
        service_class="care",
        minutes=30 + number % 90,
    )
    day = DAY + timedelta(days=number // members % 365)
    return bank.request(served, on=day, id=f"sheet/{number:09}")


def _otherwise(entry: Entry) -> Request:
    """Ask again what *entry* answered, under rules in which members have a cap, too."""
    asked = entry.operation
    if isinstance(asked, AdoptPolicy):
        asked = evolve(asked, text=OTHER_POLICY)
    return Request(
        id=entry.id,
        operation=asked,
        effective_on=entry.effective_on,
        actor=entry.actor,
    )


class Books:
    """An open bank."""

    def __init__(self, place: Place) -> None:
        self.place, self.members = place, place.members
        self.in_memory = place.options.get("store") == "memory"
        if self.in_memory:
            self.bank = timebank.create("memory:", ledger=LEDGER, actor=ACTOR)
            furnish(self.bank, place)
        else:
            self.bank = timebank.open(url_of(place), ledger=LEDGER, actor=ACTOR)

    def close(self) -> None:
        """Let go of the database."""
        self.bank.close()

    def give(self, number: int) -> None:
        """One durable entry, from one member to another."""
        one = gift(number, self.members)
        self.bank.give(
            one.payer,
            one.payee,
            unit="hours",
            amount=one.amount,
            on=DAY,
            id=one.key,
            purpose=WORDS,
        )

    def donate(self, number: int) -> None:
        """One durable entry, from a member to the pool."""
        one = donation(number, self.members)
        self.bank.donate(
            one.payer,
            unit="hours",
            amount=one.amount,
            on=DAY,
            id=one.key,
            purpose=WORDS,
        )

    def give_many(self, number: int) -> None:
        """As many gifts in one batch as the place says."""
        size = self.place.size
        numbers = range(number * size, (number + 1) * size)
        self.bank.batch([_asked(self.bank, gift(n, self.members)) for n in numbers])

    def load(self, number: int) -> None:
        """Import service records under a real programme's rules."""
        numbers = range(number * self.place.size, (number + 1) * self.place.size)
        _in_batches(self.bank, (_service(self.bank, n, self.members) for n in numbers))

    def balance(self, number: int) -> int:
        """Return a balance of now."""
        return self.bank.balance(gift(number, self.members).payer, "hours").free

    def balance_as_of(self, number: int) -> int:
        """Return a balance as of a position."""
        payer, as_of = gift(number, self.members).payer, 1 + number % self.last
        return self.bank.balance(payer, "hours", as_of=as_of).free

    @property
    def last(self) -> int:
        """A position that is there."""
        return max(1, self.place.entries)

    def statement(self, number: int) -> int:
        """Return how many lines there are on a page of a statement: 50."""
        payer, after = gift(number, self.members).payer, number % self.last
        return len(self.bank.statement(payer, "hours", after=(after, 0), limit=50))

    def fold(self, _: int) -> None:
        """Add up every account in a loop over the journal."""
        sums: Counter[tuple[str, str]] = Counter()
        for _position, entry in self.bank.entries():
            for posting in entry.postings:
                sums[posting.account, posting.unit] += posting.amount
        if sum(sums.values()):
            raise ValueError("the journal does not sum to zero")

    def bytes_per_entry(self) -> int:
        """Return how much room an entry takes."""
        return bytes_per_entry(self.place)

    def verify(self, _: int) -> None:
        """Recompute everything from the journal."""
        self.bank.verify().raise_if_faulty()

    def replay(self, _: int) -> None:
        """Recompute everything, and decide every operation again."""
        self.bank.verify(decide_again=True).raise_if_faulty()

    def replay_otherwise(self, _: int) -> None:
        """Ask all that is in the journal of books in memory, under other rules."""
        with timebank.create("memory:", ledger=LEDGER, actor=ACTOR) as other:
            asked = (_otherwise(entry) for _, entry in self.bank.entries())
            while several := list(islice(asked, CHUNK)):
                other.batch(several, atomic=False)
            if not other.balance(member(0), "hours").free:
                raise ValueError("what was asked again is not in the other books")
