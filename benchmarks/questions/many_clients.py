"""
How many durable entries per second do 8 and 32 clients get, and if all pay into one pool?

With 8 clients one fsync serves several commits, so the floor should do some six times what one
client does; on two cores the processors are the limit from there on.  A pool whose row is
locked from its lock to its commit takes one entry at a time: with 500 µs in between 2 000 per
second at most, however many clients wait.  A pool that keeps no balance row is not waited for;
then only the head is, for as long as the last inserts and the commit take.
"""

from __future__ import annotations

from typing import Final

from ..catalogue import FLOOR_POSTGRESQL, HORDAK, PGLEDGER, TIMEBANK_POSTGRESQL
from ..model import Goal, Part, Question
from ..results import failures, rate, ratio, read

FEW: Final = 8
MANY: Final = 32
OURS: Final = ("floor", "timebank")


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
        Part(name=hot(clients), act="donate", clients=clients),
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
    subjects=(FLOOR_POSTGRESQL, TIMEBANK_POSTGRESQL, PGLEDGER, HORDAK),
    goals=(
        *(
            Goal(
                text=f"timebank to pgledger, {spread(clients)}",
                value=ratio(
                    rate("timebank", spread(clients)), rate("pgledger", spread(clients))
                ),
                at_least=wanted,
            )
            for clients, wanted in ((FEW, 1.0), (MANY, 0.8))
        ),
        *(
            Goal(
                text=f"timebank with an append pool to pgledger, {clients} clients, hot",
                value=ratio(
                    rate("timebank", append(clients)), rate("pgledger", hot(clients))
                ),
                at_least=2.0,
            )
            for clients in (FEW, MANY)
        ),
        Goal(
            text="32 clients to 8, spread, beside the floor's own",
            value=ratio(
                ratio(rate("timebank", spread(MANY)), rate("timebank", spread(FEW))),
                ratio(rate("floor", spread(MANY)), rate("floor", spread(FEW))),
            ),
            at_least=0.9,
        ),
        Goal(
            text="parts in which timebank failed", value=failures("timebank"), at_most=0
        ),
        Goal(
            text="timebank's round trips, the commit among them",
            value=read("trips", "timebank", spread(FEW)),
            at_most=4,
        ),
    ),
)
