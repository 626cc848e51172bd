"""
The books that traders write while something breaks, and the plain model they are held to.

The model is what the traders were told: which id was recorded, and where.  It knows the two
operations they ask for by heart, and adds up for itself.
"""

from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from itertools import chain
from tempfile import TemporaryDirectory

import timebank
from timebank.operations import Give, RecordService
from timebank.testing.races import POLICY

from ..postgres import database
from ..writers import BATCH, MEMBERS, asked, nursery

DAY = date(2024, 3, 1)
DESK = "desk-1"
TRADERS = ("north", "south", "east")


@contextmanager
def sqlite():
    """Yield the URL of a SQLite file that is not there yet."""
    with TemporaryDirectory(prefix="timebank-") as folder:
        yield f"sqlite:///{folder}/books.db"


DATABASES = (sqlite, database)


def make(url):
    """Make the books at *url*: a policy, and four members with nothing."""
    with timebank.create(url, ledger="home", actor=DESK) as bank:
        furnish(bank)


def furnish(bank):
    """Put into empty books what traders need."""
    bank.adopt(POLICY, on=DAY)
    for member in MEMBERS:
        bank.open_account(member, on=DAY)


def open_books(url, **more):
    """Open the books at *url*."""
    return timebank.open(url, ledger="home", actor=DESK, **more)


def while_trading(url, seconds, seed, cause):
    """Call *cause* over and over while traders trade; return what these were told."""
    with nursery() as writers:
        return trading(writers, url, seconds, seed, cause)


def trading(writers, url, seconds, seed, cause, **more):
    """Do the same with these writers, and tell them *more*."""
    with ThreadPoolExecutor(1) as aside:
        done = aside.submit(
            writers.round, url, dict.fromkeys(TRADERS, 0), seconds, seed=seed, **more
        )
        while not done.done():
            cause(done)
        return done.result()


def next_numbers(told):
    """Return where each trader goes on: at the first turn it was told nothing about."""
    last = dict.fromkeys(TRADERS, -1)
    for each in told:
        last[each.writer] = max(last[each.writer], each.number)
    return {name: number + 1 for name, number in last.items()}


def legs(operation):
    """Return the postings that an operation comes to."""
    match operation:
        case RecordService():
            return {("issuer", -1), (operation.provider, 1)}
        case Give():
            amount = operation.amount
            return {(operation.payer, -amount), (operation.payee, amount)}


def amiss(bank, told, seed):
    """Return what is wrong with the books after traders were told *told*; nothing, if all is."""
    entries = list(bank.entries())
    found = defaultdict(list)
    balances, overdrawn = Counter(), []
    for position, entry in entries:
        found[entry.id].append(position)
        for posting in entry.postings:
            balances[posting.account] += posting.amount
        overdrawn += [position for m in MEMBERS if balances[m] < 0]
    by_position = dict(entries)
    wanted, refused = {}, set()
    for each in told:
        operations = asked(seed, each.writer, each.number)
        for id, position in zip(each.ids, each.positions, strict=True):
            if position:
                wanted[id] = position, legs(operations[id])
            else:
                refused.add(id)
    # what was asked for when a trader died may have been recorded, or may not
    open_ids = set(chain(*(asked(seed, *each) for each in next_numbers(told).items())))
    others = {id for id in found if by_position[found[id][0]].actor != DESK}
    batches = Counter(id.rpartition("/")[0] for id in others if id.count("/") > 1)
    wrong = {
        "faults": bank.verify(decide_again=True).faults,
        "gaps": [p for p, _ in entries] != list(range(1, len(entries) + 1)),
        "lost": {id for id in wanted if id not in found},
        "moved": {id for id, (p, _) in wanted.items() if p not in found.get(id, [p])},
        "doubled": {id for id, places in found.items() if len(places) > 1},
        "altered": {
            id
            for id, (position, expected) in wanted.items()
            if position in by_position
            and {(p.account, p.amount) for p in by_position[position].postings}
            != expected
        },
        "uncalled": others - wanted.keys() - open_ids,
        "refused and recorded": refused & found.keys(),
        "torn": {batch for batch, parts in batches.items() if parts != BATCH},
        "overdrawn": overdrawn,
        "balances": {
            member: (bank.balance(member, "points").free, balances[member])
            for member in MEMBERS
            if bank.balance(member, "points").free != balances[member]
        },
    }
    return {name: what for name, what in wrong.items() if what}
