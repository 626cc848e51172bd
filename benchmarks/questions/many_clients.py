"""
How many durable entries per second do 8 and 32 clients get, and if all pay into one pool?

With 8 clients one fsync serves several commits, so the floor should do some six times what one
client does; on two cores the processors are the limit from there on.  A pool whose row is
locked from its lock to its commit takes one entry at a time: with 500 µs in between 2 000 per
second at most, however many clients wait.  A pool that keeps no balance row is not waited for;
then only the head is, for as long as the last inserts and the commit take.

Positions without gaps are a queue, too: a commit of each entry's own is waited for by all.
*timebank, gathered* has its clients in threads of one process that share a bank, as a web
server's worker has them; what they ask while one turn is under way is decided in the next, and
who was answered in one is waited for by the next, so that a commit is shared by nearly all of
them.  All other clients are processes.  *No rules* is
timebank's own statements with entries written down by hand: what is left where nothing is
decided.
"""

from __future__ import annotations

from typing import Final

from ..catalogue import (
    FLOOR_POSTGRESQL,
    HORDAK,
    PGLEDGER,
    TIMEBANK_GATHERED,
    TIMEBANK_POSTGRESQL,
    UNDECIDED_POSTGRESQL,
)
from ..model import Goal, Part, Question
from ..results import failures, rate, ratio, read

FEW: Final = 8
MANY: Final = 32
GATHERED: Final = TIMEBANK_GATHERED.name
OURS: Final = ("floor", "timebank", GATHERED, UNDECIDED_POSTGRESQL.name)
LIMITED: Final = ("floor", "timebank", GATHERED, PGLEDGER.name, HORDAK.name)
"""Those who know a pool that keeps a balance."""


def spread(clients: int) -> str:
    """Return the name of the part in which members give to members."""
    return f"{clients} clients, spread"


def hot(clients: int) -> str:
    """Return the name of the part in which all give to a pool with a balance."""
    return f"{clients} clients, hot pool"


def append(clients: int) -> str:
    """Return the name of the part in which all give to a pool without one."""
    return f"{clients} clients, hot append pool"


def _parts(clients: int) -> tuple[Part, ...]:
    return (
        Part(name=spread(clients), act="give", clients=clients),
        Part(name=hot(clients), act="donate", clients=clients, subjects=LIMITED),
        Part(
            name=append(clients),
            act="donate",
            clients=clients,
            options={"pool": "append"},
            subjects=OURS,
        ),
    )


QUESTION: Final = Question(
    name="many-clients",
    row=3,
    counted="entries",
    parts=(*_parts(FEW), *_parts(MANY)),
    subjects=(
        FLOOR_POSTGRESQL,
        TIMEBANK_POSTGRESQL,
        TIMEBANK_GATHERED,
        UNDECIDED_POSTGRESQL,
        PGLEDGER,
        HORDAK,
    ),
    goals=(
        *(
            Goal(
                text=f"{GATHERED}, to pgledger, {spread(clients)}",
                value=ratio(
                    rate(GATHERED, spread(clients)), rate("pgledger", spread(clients))
                ),
                at_least=wanted,
            )
            for clients, wanted in ((FEW, 1.0), (MANY, 0.8))
        ),
        *(
            Goal(
                text=f"{GATHERED}, with an append pool to pgledger, {clients} clients, hot",
                value=ratio(
                    rate(GATHERED, append(clients)), rate("pgledger", hot(clients))
                ),
                at_least=2.0,
            )
            for clients in (FEW, MANY)
        ),
        Goal(
            text=f"{GATHERED}, 32 clients to 8, spread, beside the floor's own",
            value=ratio(
                ratio(rate(GATHERED, spread(MANY)), rate(GATHERED, spread(FEW))),
                ratio(rate("floor", spread(MANY)), rate("floor", spread(FEW))),
            ),
            at_least=0.9,
        ),
        *(
            Goal(text=f"parts in which {who} failed", value=failures(who), at_most=0)
            for who in ("timebank", GATHERED)
        ),
        Goal(
            text="timebank's round trips, the commit among them",
            value=read("trips", "timebank", spread(FEW)),
            at_most=4,
        ),
    ),
)
