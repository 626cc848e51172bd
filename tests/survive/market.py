"""
The books that a crowd uses, and what must hold of them afterwards.

What was acknowledged is the model: every process says which id was recorded where, and
this file adds up for itself.
"""

from collections import Counter, defaultdict
from itertools import pairwise

import psycopg
import sqlalchemy as sa
from psycopg import sql

import timebank
from timebank.model import Mode
from timebank.operations import (
    AdoptPolicy,
    CloseAccount,
    Donate,
    Give,
    OpenAccount,
    RecordService,
)
from timebank.policy.files import load_policy
from timebank.storage.postgresql import open_postgresql
from timebank.storage.schema import Profile

from .crowd import ACCOUNTS, CORNERS, DAY, LEDGER, POLICY, POOL, VISITS

DESK = "desk-1"
EACH = 12
"""What every account has when the crowd is let in."""

TOTAL = EACH * len(ACCOUNTS)


def engine_of(url):
    """Return an engine as a platform has it."""
    return sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))


def open_market(
    url, *, policy=POLICY, pool=Mode.STRICT, corners=False, profile=Profile.GUARDED
):
    """Make the books at *url*, and the table of a platform's own beside them."""
    if not url.startswith("sqlite"):
        open_postgresql(url, create=True, profile=profile).close()
    with timebank.create(url, ledger=LEDGER, actor=DESK) as bank:
        from_ = load_policy(policy).policy.from_
        bank.post(AdoptPolicy(text=policy, holds_from=from_), on=DAY, id="adopt")
        opened = [
            OpenAccount(account="issuer", kind="issuer", mode=Mode.APPEND),
            OpenAccount(account=POOL, kind="pool", mode=pool),
            *(OpenAccount(account=account) for account in ACCOUNTS),
        ]
        if corners:
            opened += [OpenAccount(account=f"c-{n}") for n in range(CORNERS)]
        service = {"service_class": "care", "minutes": 60 * EACH}
        asked = [*opened, *(RecordService(provider=a, **service) for a in ACCOUNTS)]
        bank.batch([bank.request(each, on=DAY) for each in asked])
    engine = engine_of(url)
    with engine.begin() as connection:
        connection.execute(sa.text(VISITS))
    engine.dispose()


def look_into(url):
    """Open the books at *url*."""
    return timebank.open(url, ledger=LEDGER, actor=DESK)


def turns_of_others(entries):
    """Return how often one trader's entry follows another's: how mixed the crowd was."""
    names = [entry.actor for _, entry in entries]
    return sum(one != other for one, other in pairwise(names))


def amiss(url, told, *, total=TOTAL):
    """
    Return what is wrong with the books at *url* after a crowd was told *told*.

    Nobody of it was killed, so what is recorded is exactly what was acknowledged.
    """
    with look_into(url) as bank:
        entries = list(bank.entries())
        faults = bank.verify(decide_again=True).faults
        kept = {
            account.id: bank.balance(account.id, "points").free
            for account in bank.accounts()
        }
    balances, below, strangers, outdated = _replayed(entries)
    found = defaultdict(list)
    for position, entry in entries:
        found[entry.id].append(position)
    wanted = defaultdict(set)
    for each in told:
        for id, position in each.get("recorded", ()):
            wanted[id].add(position)
    not_to_be = {
        id
        for each in told
        for id in (*each.get("refused", ()), *each.get("abandoned", ()))
    }
    asked = {entry.id for _, entry in entries if entry.actor != DESK}
    wrong = {
        "faults": faults,
        "seen by them": [text for each in told for text in each["wrong"]],
        "gaps": [p for p, _ in entries] != list(range(1, len(entries) + 1)),
        "doubled": {id for id, places in found.items() if len(places) > 1},
        "lost": wanted.keys() - found.keys(),
        "moved": {id for id, p in wanted.items() if id in found and p != {*found[id]}},
        "not acknowledged": asked - wanted.keys(),
        "won by several": {
            id
            for id, times in Counter(
                id for each in told for id, _ in each.get("recorded", ())
            ).items()
            if times > 1 and not id.startswith("same/")
        },
        "recorded all the same": (not_to_be & found.keys()) - wanted.keys(),
        "below their floor": below,
        "moved after closing": strangers,
        "decided under a policy replaced before": outdated,
        "balances": {a: (k, balances[a]) for a, k in kept.items() if k != balances[a]},
        "total": total is not None and sum(balances[a] for a in ACCOUNTS) - total,
        "visits": _visits(url)
        ^ {visit for each in told for visit in each.get("visits", ())},
        "followed": any(
            each["seen"] != [[p, e.id] for p, e in entries]
            for each in told
            if "seen" in each
        ),
    }
    return {name: what for name, what in wrong.items() if what}


def _replayed(entries):
    """Add up entry by entry; return balances, and three kinds of positions that are wrong."""
    balances, closed, in_force = Counter(), set(), None
    below, strangers, outdated = [], [], []
    for position, entry in entries:
        for posting in entry.postings:
            balances[posting.account] += posting.amount
            if posting.account in closed:
                strangers.append(position)
        members = {p.account for p in entry.postings} - {"issuer", POOL}
        if any(balances[member] < 0 for member in members):
            below.append(position)
        match entry.operation:
            case AdoptPolicy():
                in_force = entry.policy
            case CloseAccount(account=account):
                closed.add(account)
            case Give() | Donate() | RecordService() if entry.policy != in_force:
                outdated.append(position)
    return balances, below, strangers, outdated


def _visits(url):
    engine = engine_of(url)
    with engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT id FROM visit"))
        found = {row.id for row in rows}
    engine.dispose()
    return found


# ---------------------------------------------------------------- the crowd

LEVELS = ("READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE")
PROCESSES = 3

ANYTHING = {
    "give": 5,
    "serve": 2,
    "donate": 1,
    "contest": 1,
    "same": 1,
    "void": 0.3,
    "undo": 1,
}
"""The odds of asking for all that a crowd asks for."""


def set_for_all(url, level, **more):
    """Have every transaction of the database, if it has levels, begin at this *level*."""
    if level is None:
        return
    settings = {
        "default_transaction_isolation": level.lower(),
        # found at once, so that there is time for many
        "deadlock_timeout": "20ms",
        **more,
    }
    with psycopg.connect(url, autocommit=True) as connection:
        for name, value in settings.items():
            statement = sql.SQL("ALTER DATABASE {} SET {} TO {}").format(
                sql.Identifier(connection.info.dbname),
                sql.Identifier(name),
                value,
            )
            connection.execute(statement)


def orders(url, chance, seconds, *, of="trader", processes=PROCESSES, **more):
    """Return an order for each of so many processes."""
    common = {"url": url, "seconds": seconds, "work": "trade", "calls": [1, 1]}
    common |= {"ops": {"give": 1}, "total": TOTAL, "threads": 2}
    common |= {"think": 0.0, "rollback": 0.0}
    return [
        common | {"name": f"{of}-{number}", "seed": chance.random()} | more
        for number in range(processes)
    ]


def counted(told):
    """Return what the processes counted, together."""
    names = {name for each in told for name in each["counts"]}
    return {n: sum(each["counts"].get(n, 0) for each in told) for n in sorted(names)}


def told_of(counts):
    return {name.replace(" ", "_"): count for name, count in counts.items()}


GIVEN_UP = {"StoreBusy", "StoreUnreachable", "Overtaken"}
"""What a bank raises when it has tried often enough, which in a crowd this small it never has."""


def given_up(counts):
    return {name: count for name, count in counts.items() if name in GIVEN_UP}
