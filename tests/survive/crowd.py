"""
Crowds: many threads in many processes that use the same books at once.

Run as a script it forks a process for every order that it reads, each of which does what
its order says and writes down what it was told.  Imported it is the test's end of that.
"""

import json
import logging
import os
import random
import sys
import tempfile
import time
import traceback
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from subprocess import PIPE, Popen

import sqlalchemy as sa
from attrs import evolve
from sqlalchemy.exc import DBAPIError

import timebank
from timebank import Outcome
from timebank.errors import RetryTransaction, StorageError
from timebank.operations import Donate, Give, RecordService, Reverse, VoidId

DAY = date(2024, 3, 1)
LEDGER = "home"
ACCOUNTS = tuple(f"m-{number}" for number in range(8))
POOL = "pool:p"
CORNERS = 100
"""Accounts that are closed one after the other, while others pass credits through them."""

WINDOW_SECONDS = 0.1
"""For so long a crowd meets at the same corner, the same id, the same entry to undo."""

TRIES_MAX = 200
"""How often a host begins a transaction again before its test fails."""

VISITS = "CREATE TABLE visit (id VARCHAR(100) PRIMARY KEY, posts INTEGER NOT NULL)"
LATER = ("40001", "40P01")
"""What a host itself may be told where transactions meet, by its own statement or commit."""

POLICY = """\
language = 1

[policy]
name = "A crowd"
source = "tests/survive"
status = "invented"
from = 2024-01-01

[units]
points = {}

[accounts.member]
points = { floor = 0 }

[accounts.pool]
names = ["p"]
points = { floor = "none" }

[classes.care]

[rules.points]
on = "service"
unit = "points"
amount = [{ of = "time" }, { round = "down", to = 1 }]

[rules.gift]
on = "gift"
unit = "points"

[rules.give_on]
on = "donate"
unit = "points"
to = "pool:p"
"""
IN_LOTS = POLICY.replace("points = {}", "points = { lots = {} }", 1)
STRICTER = (
    POLICY
    + """
[rules.gift.limits.month]
at_most = 40
"""
)
"""It has gifts read what came before, which `POLICY` does not."""


# ---------------------------------------------------------------- in the test


class Crowd:
    """The test's end of the script."""

    def __init__(self, process):
        self.process = process

    def run(self, *orders):
        """
        Carry out *orders* at once, each in a process of its own; return what each was told.

        An order names a function of this file in ``work``.  Whoever ``follow``s goes on
        until all others have ended.
        """
        with tempfile.TemporaryDirectory(prefix="timebank-") as folder:
            order = {"folder": folder, "orders": orders}
            print(json.dumps(order), file=self.process.stdin, flush=True)
            assert self.process.stdout.readline() == "done\n", "the crowd died"
            told = [
                json.loads(Path(folder, str(number)).read_text())
                for number, _ in enumerate(orders)
            ]
        for each in told:
            assert "error" not in each, each["error"]
        return told


@contextmanager
def crowd():
    """Yield a crowd, and send it away."""
    with Popen(
        [sys.executable, __file__], stdin=PIPE, stdout=PIPE, text=True
    ) as process:
        yield Crowd(process)


# ---------------------------------------------------------------- in a process


class Told:
    """What one process was told, to be written down."""

    def __init__(self):
        self.recorded = []
        """[id, position] of every request that was recorded, in order."""
        self.refused = []
        self.abandoned = []
        """Ids of requests in transactions that were rolled back on purpose."""
        self.visits = []
        """Rows of the host's own that were committed."""
        self.seconds = []
        self.wrong = []
        self.counts = Counter()

    def as_json(self):
        waits = sorted(self.seconds)
        figures = {
            "p99": waits[len(waits) * 99 // 100] if waits else 0.0,
            "worst": waits[-1] if waits else 0.0,
        }
        return {**vars(self), "seconds": figures, "counts": dict(self.counts)}

    def take(self, requests, verdicts):
        for request, verdict in zip(requests, verdicts, strict=True):
            if isinstance(verdict, Outcome):
                self.recorded.append([request.id, verdict.position])
            else:
                self.refused.append(request.id)


class Trader:
    """
    One thread that asks for things, by an order.

    Args:
        order: ``ops`` has the odds of what it asks for, ``calls`` how many calls of how
            many requests it makes in one transaction of a host.
        name: Unique among all traders of a run.
        bank: Its own, or one it shares.
        told: Where it writes down what it was told.
    """

    def __init__(self, order, name, bank, told):
        self.order, self.name, self.bank, self.told = order, name, bank, told
        self.chance = random.Random(f"{order['seed']}/{name}")  # noqa: S311 - no secret
        self.number = 0
        self.contest = -1

    def window(self):
        """Return the number of the present window; the same for everybody."""
        return int((time.monotonic() - self.order["begun"]) / WINDOW_SECONDS)

    def next_requests(self):
        """Return what to ask for next, which is one thing as a rule."""
        ops = self.order["ops"]
        (kind,) = self.chance.choices(list(ops), list(ops.values()))
        self.number += 1
        id, window = f"{self.name}/{self.number}", self.window()
        if "contest" in ops and self.contest != window:
            # all at once, as soon as there is a new one
            kind, self.contest = "contest", window
        payer, payee = self.chance.sample(ACCOUNTS, 2)
        gift = Give(
            payer=payer, payee=payee, unit="points", amount=self.chance.randint(1, 5)
        )
        match kind:
            case "give":
                operation = gift
            case "serve":
                operation = RecordService(
                    provider=payer, service_class="care", minutes=60
                )
            case "donate":
                operation = Donate(payer=payer, unit="points", amount=1)
            case "same":  # everybody asks for the very same
                id = f"same/{window}"
                operation = Give(
                    payer=ACCOUNTS[window % 8],
                    payee=ACCOUNTS[(window + 1) % 8],
                    unit="points",
                    amount=1,
                )
            case "contest":  # everybody asks for something else, by one id
                id, operation = f"contest/{window}", VoidId(voided=f"{id} lost")
            case "void":
                kind = self.chance.choice(["same", "contest"])
                operation = VoidId(voided=f"{kind}/{window + 1}")
            case "undo":
                operation = Reverse(target=f"same/{max(0, window - 1)}")
            case "corner":  # there and back, so that it may be closed in between
                corner = f"c-{window % CORNERS}"
                there = evolve(gift, payee=corner, amount=1)
                back = evolve(gift, payer=corner, payee=payer, amount=1)
                return [
                    self.bank.request(each, on=DAY, id=f"{id}/{way}")
                    for way, each in (("there", there), ("back", back))
                ]
        return [self.bank.request(operation, on=DAY, id=id)]

    def next_calls(self):
        """Return the calls of one transaction, each a list of requests."""
        calls, size = self.order["calls"]
        return [
            [
                r
                for _ in range(self.chance.randint(1, size))
                for r in self.next_requests()
            ]
            for _ in range(self.chance.randint(1, calls))
        ]

    # ------------------------------------------------------------ by itself

    def trade(self):
        """Ask in turns of the bank's own."""
        (requests,) = self.next_calls()[:1]
        begun = time.monotonic()
        verdicts = self.patiently(lambda: self.bank.batch(requests, atomic=False))
        self.told.seconds.append(time.monotonic() - begun)
        self.told.take(requests, verdicts)

    def patiently(self, ask):
        """Ask again where the bank itself gave up, and count it."""
        for _ in range(TRIES_MAX):
            try:
                return ask()
            except StorageError as error:
                if not error.retryable:
                    raise
                self.told.counts[type(error).__name__] += 1
        raise AssertionError("never")

    def add_up(self):
        """Read every balance in one view."""
        with self.bank.store.reading(LEDGER) as reading:
            self.check([reading.balance(a, "points").total for a in ACCOUNTS])

    def check(self, balances):
        self.told.counts["reads"] += 1
        if sum(balances) != self.order["total"] or min(balances) < 0:
            self.told.wrong.append(f"{balances} add up to {sum(balances)}")

    # ------------------------------------------------------------ in a host

    def host(self, engine):
        """Record a visit and ask, in one transaction of a host's, until it is committed."""
        calls = self.next_calls()
        visit = f"visit of {self.name}/{self.number}"
        requests = [request for call in calls for request in call]
        begun = time.monotonic()
        for attempt in range(TRIES_MAX):
            # those who met do not come back together
            time.sleep(self.chance.uniform(0, min(0.1, 0.002 * attempt)))
            try:
                with engine.begin() as connection:
                    if self.order.get("looks_first"):
                        connection.execute(sa.text("SELECT * FROM visit LIMIT 1")).all()
                        self.think()
                    if not self.order.get("writes_late"):
                        self.visit(connection, visit, len(requests))
                        self.think()
                    mine = self.bank.within(connection)
                    verdicts = [
                        v for call in calls for v in mine.batch(call, atomic=False)
                    ]
                    if self.order.get("writes_late"):
                        self.visit(connection, visit, len(requests))
                    self.think()
                    self.change_its_mind()
            except Abandoned:
                self.told.abandoned += [request.id for request in requests]
                return
            except RetryTransaction:
                self.told.counts["RetryTransaction"] += 1
            except DBAPIError as error:
                if not met_another(error):
                    raise
                self.told.counts["met another by itself"] += 1
            else:
                self.told.seconds.append(time.monotonic() - begun)
                self.told.visits.append(visit)
                self.told.take(requests, verdicts)
                return
        raise AssertionError(f"{TRIES_MAX} times in vain")

    def visit(self, connection, id, posts):
        """Write a row of the host's own."""
        row = {"id": id, "posts": posts}
        connection.execute(sa.text("INSERT INTO visit VALUES (:id, :posts)"), row)

    def change_its_mind(self):
        """Roll back, now and then."""
        if self.chance.random() < self.order["rollback"]:
            raise Abandoned

    def think(self):
        """Take some time, or none."""
        if self.chance.random() < 0.5:
            time.sleep(self.chance.uniform(0, self.order["think"]))

    def add_up_in_a_host(self, engine):
        """Read every balance in a transaction that is of one moment."""
        try:
            with engine.begin() as connection:
                mine = self.bank.within(connection)
                balances = [mine.balance(a, "points").total for a in ACCOUNTS]
        except (RetryTransaction, DBAPIError) as error:
            if isinstance(error, DBAPIError) and not met_another(error):
                raise
            self.told.counts["reads to be made again"] += 1
        else:
            self.check(balances)


class Abandoned(Exception):
    """What makes a host roll back."""


def met_another(error):
    """Return whether an error says that a host's own statement met another transaction."""
    state = getattr(error.orig, "sqlstate", None)
    return state in LATER or "database is locked" in str(error.orig)


def opened(order):
    return timebank.open(order["url"], ledger=LEDGER, actor=order["name"])


def in_threads(order, work):
    """Run ``work(name, bank, told)`` in every thread until the time is over."""
    threads = order.get("threads", 1)
    all_told = [Told() for _ in range(threads)]
    own = order.get("a bank each")
    banks = [opened(order) for _ in range(threads if own else 1)]

    end = time.monotonic() + order["seconds"]

    def run(number):
        name = f"{order['name']}/{number}"
        trader = Trader(order, name, banks[number % len(banks)], all_told[number])
        while time.monotonic() < end:
            work(trader)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(run, range(threads)))
    for bank in banks:
        bank.close()
    total = all_told[0]
    for each in all_told[1:]:
        for name, value in vars(each).items():
            own = getattr(total, name)
            own.update(value) if isinstance(own, Counter) else own.extend(value)
    return total.as_json()


def trade(order):
    """Ask in turns of the bank's own, and add up now and then."""

    def work(trader):
        if trader.chance.random() < order.get("reads", 0):
            trader.add_up()
        else:
            trader.trade()

    return in_threads(order, work)


def host(order):
    """Ask in transactions of hosts, and add up now and then."""
    options = {"isolation_level": order["isolation"]} if order.get("isolation") else {}
    engine = sa.create_engine(
        order["url"].replace("postgresql://", "postgresql+psycopg://"),
        pool_size=order.get("threads", 1),
        **options,
    )
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _sqlite_as_sqlalchemy_advises)
        sa.event.listen(engine, "begin", lambda c: c.exec_driver_sql("BEGIN"))
    of_one_moment = order.get("isolation") != "READ COMMITTED"

    def work(trader):
        if trader.chance.random() < order.get("reads", 0):
            trader.add_up_in_a_host(engine) if of_one_moment else trader.add_up()
        else:
            trader.host(engine)

    done = in_threads(order, work)
    engine.dispose()
    return done


def _sqlite_as_sqlalchemy_advises(connection, _):
    connection.isolation_level = None


def follow(order):
    """Follow the journal with a cursor of one's own until everybody else has ended."""
    position, last, seen, pulls = 0, None, [], 0
    with opened(order) as bank:
        while True:
            last_look = Path(order["stop"]).exists()
            pulls += 1
            for position, entry in bank.entries(after=position, last=last):  # noqa: B020
                last = entry.id
                seen.append([position, last])
            if last_look:
                return {"seen": seen, "counts": {"pulls": pulls}, "wrong": []}


def adopt(order):
    """Put one policy in force after the other."""
    told, chance = Told(), random.Random(order["seed"])  # noqa: S311 - no secret
    number = 0
    with opened(order) as bank:
        while time.monotonic() < order["begun"] + order["seconds"]:
            number += 1
            text = (POLICY, STRICTER)[number % 2] + f"# {order['name']}/{number}\n"
            request = bank.adopt(text, on=DAY, id=f"{order['name']}/{number}")
            told.recorded.append([request.entry.id, request.position])
            time.sleep(chance.uniform(0, order["think"]))
    return told.as_json()


def close(order):
    """Close one corner after the other, while others pass through it."""
    told = Told()
    with opened(order) as bank:
        trader = Trader(order, order["name"], bank, told)
        last = -1
        while time.monotonic() < order["begun"] + order["seconds"]:
            window = trader.window()
            if window == last or window >= CORNERS:
                time.sleep(0.002)
                continue
            last = window
            time.sleep(trader.chance.uniform(0, WINDOW_SECONDS / 2))
            id = f"close/{order['name']}/{window}"
            closing = timebank.operations.CloseAccount(
                account=f"c-{window}", cause="the end"
            )
            request = bank.request(closing, on=DAY, id=id)
            told.take([request], bank.batch([request], atomic=False))
    return told.as_json()


# ---------------------------------------------------------------- the script


class Log(logging.Handler):
    """Keeps what anybody writes into a host's log, which is nobody's business but its own."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.said = []

    def emit(self, record):
        self.said.append(f"logged: {record.getMessage()}")


def carry_out(order, place):
    """Do what *order* says, and write down what came of it."""
    log = Log()
    logging.getLogger().addHandler(log)
    try:
        done = globals()[order["work"]](order)
        done["wrong"] += log.said
    except BaseException:  # noqa: BLE001 - told to the test, whatever it is
        done = {"error": traceback.format_exc()}
    Path(place).write_text(json.dumps(done))


def serve():
    """Fork a process for every order, and say when all have ended."""
    # what takes long to load is loaded before the forks, and not after each
    import timebank.storage.postgresql  # noqa: PLC0415
    import timebank.storage.sqlite  # noqa: PLC0415

    assert timebank.storage.postgresql
    assert timebank.storage.sqlite
    for line in sys.stdin:
        wanted = json.loads(line)
        stop = os.path.join(wanted["folder"], "stop")  # noqa: PTH118 - it is text
        begun = time.monotonic() + 0.1
        children = {}
        for number, order in enumerate(wanted["orders"]):
            child = os.fork()
            if not child:
                more = {"begun": begun, "stop": stop}
                carry_out(order | more, Path(wanted["folder"], str(number)))
                os._exit(0)
            children[child] = order["work"] != "follow"
        while any(children.values()):
            child, _ = os.wait()
            del children[child]
        Path(stop).touch()
        for _ in range(len(children)):
            os.wait()
        os.write(sys.stdout.fileno(), b"done\n")


if __name__ == "__main__":
    serve()
