"""
Races: many threads, each with a bank of its own, on one place.

Each race opens a place, lets threads loose on it all at once, and asserts what must hold
whoever came first.  They end with the books verified.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from functools import partial
from threading import Barrier, Event
from typing import Final, TypeVar

from ..bank import Bank
from ..entries import Outcome, Refusal, Request
from ..model import Reason
from ..operations import Give
from ..storage.protocol import Settings
from .machine import Connect, Place

DAY: Final = date(2024, 3, 1)
LEDGER: Final = "race"
POLICY: Final = """\
language = 1

[policy]
name = "A race"
source = "timebank.testing"
status = "invented"
from = 2024-01-01

[units]
points = {}

[accounts.member]
points = { floor = 0 }

[classes.care]

[rules.points]
on = "service"
unit = "points"
amount = [{ of = "time" }, { round = "down", to = 1 }]

[rules.gift]
on = "gift"
unit = "points"
"""

THREADS: Final = 4
T = TypeVar("T")


def run_at_once(tasks: Sequence[Callable[[], T]]) -> list[T]:
    """Run every task in a thread of its own, all let go together; return what they do."""
    gate = Barrier(len(tasks))

    def wait_and_run(task: Callable[[], T]) -> T:
        gate.wait()
        return task()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(wait_and_run, tasks))


@contextmanager
def _books(
    place: Place, members: Sequence[str], hours: int = 0
) -> Iterator[Callable[[], Bank]]:
    """Yield a function that opens banks on books with *members*, each with some hours."""
    with place() as connect:
        store = connect()
        settings = Settings(name=LEDGER)
        store.create(settings)
        with Bank(store=store, settings=settings, actor="race") as bank:
            bank.adopt(POLICY, on=DAY)
            for member in members:
                bank.open_account(member, on=DAY)
            for hour in range(hours):
                for member in members:
                    bank.record_service(
                        member, "care", 60, on=DAY, id=f"{member} has {hour}"
                    )
            yield lambda: _bank(connect)


def _bank(connect: Connect) -> Bank:
    store = connect()
    return Bank(store=store, settings=store.settings(LEDGER), actor="race")


def _gift(bank: Bank, payer: str, payee: str, id: str, amount: int = 1) -> Request:
    gift = Give(payer=payer, payee=payee, unit="points", amount=amount)
    return bank.request(gift, on=DAY, id=id)


def _sound(bank: Bank) -> None:
    assert bank.verify(decide_again=True).faults == ()
    positions = [position for position, _ in bank.entries()]
    assert positions == list(range(1, len(positions) + 1)), "law 1: gap-free"


def race_for_positions(place: Place, *, each: int = 15) -> None:
    """
    Many append, one reads the tail: nothing is lost, doubled or missed (laws 1, 3, 6).
    """
    members = [f"member-{number}" for number in range(THREADS)]
    done = Event()
    with _books(place, members) as open_bank:

        def write(member: str) -> list[str]:
            with open_bank() as bank:
                for number in range(each):
                    bank.record_service(
                        member, "care", 60, on=DAY, id=f"{member}/{number}"
                    )
            return [f"{member}/{number}" for number in range(each)]

        def write_all() -> list[str]:
            try:
                written = run_at_once([partial(write, member) for member in members])
                return [id for ids in written for id in ids]
            finally:
                done.set()

        def follow() -> list[str]:
            seen: list[str] = []
            with open_bank() as bank:
                while True:
                    last_look = done.is_set()
                    for position, entry in bank.entries(after=len(seen)):
                        assert position == len(seen) + 1, "law 1: a tail reader"
                        seen.append(entry.id)
                    if last_look:
                        return seen

        written, followed = run_at_once([write_all, follow])
        with open_bank() as bank:
            recorded = [entry.id for _, entry in bank.entries()]
            assert followed == recorded, "law 3: a tail reader missed or reread some"
            services = [
                id for id in recorded if "/" in id and not id.startswith("open")
            ]
            assert Counter(services) == Counter(written), "lost or doubled"
            for member in members:
                assert bank.balance(member, "points").free == each
            _sound(bank)


def race_for_a_balance(place: Place, *, points: int = 10, tries: int = 6) -> None:
    """Many spend one balance: what it holds goes out once, and it never falls below zero."""
    payees = [f"payee-{number}" for number in range(THREADS)]
    with _books(place, ["payer", *payees]) as open_bank:
        with open_bank() as bank:
            bank.record_service("payer", "care", 60 * points, on=DAY, id="earned")

        def spend(payee: str) -> int:
            with open_bank() as bank:
                verdicts = [
                    bank.batch(
                        [_gift(bank, "payer", payee, f"{payee}/{number}")], atomic=False
                    )[0]
                    for number in range(tries)
                ]
            refused = [v for v in verdicts if isinstance(v, Refusal)]
            reasons = {f.reason for v in refused for f in v.findings if f.refuses}
            assert reasons <= {Reason.FLOOR}, reasons
            return tries - len(refused)

        spent = run_at_once([partial(spend, payee) for payee in payees])
        with open_bank() as bank:
            assert sum(spent) == min(points, tries * THREADS)
            assert bank.balance("payer", "points").free == 0
            assert sum(bank.balance(p, "points").free for p in payees) == points
            _sound(bank)


def race_for_an_id(place: Place, *, times: int = 50) -> None:
    """
    One id at once from everywhere, and once more with another request: one effect (law 4).
    """
    with _books(place, ["ada", "bai"], hours=1) as open_bank:

        def post(amount: int) -> Outcome | Refusal:
            with open_bank() as bank:
                gift = _gift(bank, "ada", "bai", "the gift", amount)
                return bank.batch([gift], atomic=False)[0]

        verdicts = run_at_once([partial(post, 1)] * times)
        with open_bank() as bank:
            position = bank.entry("the gift").position
            outcomes = [v for v in verdicts if isinstance(v, Outcome)]
            assert len(outcomes) == times, "a retry was refused"
            assert {outcome.position for outcome in outcomes} == {position}
            assert sum(not outcome.replayed for outcome in outcomes) == 1
            conflict = post(2)
            assert isinstance(conflict, Refusal)
            assert [f.reason for f in conflict.findings] == [Reason.ID_CONFLICT]
            assert bank.balance("bai", "points").free == 1 + 1
            _sound(bank)


def race_of_transfers(place: Place, *, each: int = 12) -> None:
    """
    Transfers between accounts while others add them up: every sum is the whole (law 5).

    After the *bank* test of Jepsen: what one view shows is of one moment.
    """
    members = [f"member-{number}" for number in range(THREADS)]
    hours, done = 3, Event()
    with _books(place, members, hours=hours) as open_bank:

        def transfer(start: int) -> None:
            with open_bank() as bank:
                for number in range(each):
                    payer = members[(start + number) % THREADS]
                    payee = members[(start + 2 * number + 1) % THREADS]
                    if payer != payee:
                        gift = _gift(bank, payer, payee, f"{start}/{number}")
                        bank.batch([gift], atomic=False)

        def transfer_all() -> None:
            try:
                run_at_once([partial(transfer, number) for number in range(THREADS)])
            finally:
                done.set()

        def add_up() -> None:
            with open_bank() as bank:
                while not done.is_set():
                    with bank.store.reading(LEDGER) as reading:
                        caches = reading.caches()
                        total = sum(
                            balance.total
                            for (account, _), (balance, _) in caches.balances.items()
                            if account in members
                        )
                        assert total == hours * THREADS, "a view of two moments"
                        assert caches.head == reading.head

        run_at_once([transfer_all, add_up])
        with open_bank() as bank:
            _sound(bank)


RACES: Final = (
    race_for_positions,
    race_for_a_balance,
    race_for_an_id,
    race_of_transfers,
)
"""Every race, to run one after the other."""
