"""
Who is measured.

Peers come with the extra ``bench``, unless `install` says otherwise.  What each *lacks* is
what the work needs and it has not: a key that is taken once and for ever, a limit that no
member can pass, rules that are data, a journal that only grows.
"""

from __future__ import annotations

from typing import Final

from attrs import evolve

from .model import Database, Subject

BENCH: Final = "not installed: python3 dev.py bench brings it"
NO_KEY: Final = "a key that is taken once"
NO_LIMIT: Final = "a limit"
NO_RULES: Final = "rules"
NO_GUARD: Final = "append-only in the database"
NO_LAW: Final = (NO_RULES, NO_GUARD)

TIMEBANK_SQLITE: Final = Subject(
    name="timebank", module="ours", database=Database.SQLITE
)
TIMEBANK_POSTGRESQL: Final = Subject(
    name="timebank", module="ours", database=Database.POSTGRESQL
)
TIMEBANK_GATHERED: Final = Subject(
    name="timebank, gathered",
    module="ours",
    database=Database.POSTGRESQL,
    options={"clients": "threads"},
)
UNDECIDED_SQLITE: Final = Subject(
    name="timebank, no rules",
    module="ours_undecided",
    database=Database.SQLITE,
    lacks=(NO_LIMIT, NO_RULES),
)
UNDECIDED_POSTGRESQL: Final = evolve(UNDECIDED_SQLITE, database=Database.POSTGRESQL)
TIMEBANK_MEMORY: Final = Subject(
    name="timebank, in memory", module="ours", options={"store": "memory"}
)

FLOOR_SQLITE: Final = Subject(
    name="floor",
    module="floor_sqlite",
    database=Database.SQLITE,
    lacks=(NO_RULES, NO_GUARD),
)
FLOOR_POSTGRESQL: Final = Subject(
    name="floor",
    module="floor_postgresql",
    database=Database.POSTGRESQL,
    lacks=(NO_RULES, NO_GUARD),
)
DECIDED_SQLITE: Final = Subject(
    name="timebank in memory, then the floor",
    module="floor_decided",
    database=Database.SQLITE,
    lacks=(NO_GUARD,),
)
DECIDED_POSTGRESQL: Final = evolve(DECIDED_SQLITE, database=Database.POSTGRESQL)

EVENTS: Final = (NO_RULES, NO_GUARD)
EVENTSOURCING_SQLITE: Final = Subject(
    name="eventsourcing",
    module="eventsourced",
    database=Database.SQLITE,
    install=BENCH,
    lacks=EVENTS,
)
EVENTSOURCING_POSTGRESQL: Final = Subject(
    name="eventsourcing",
    module="eventsourced",
    database=Database.POSTGRESQL,
    install=BENCH,
    lacks=EVENTS,
)
EVENTSOURCING_ONE_SQLITE: Final = Subject(
    name="eventsourcing, one aggregate",
    module="eventsourced",
    database=Database.SQLITE,
    install=BENCH,
    lacks=(NO_LIMIT, "balances", *EVENTS),
    options={"aggregates": "one"},
)
EVENTSOURCING_ONE_POSTGRESQL: Final = Subject(
    name="eventsourcing, one aggregate",
    module="eventsourced",
    database=Database.POSTGRESQL,
    install=BENCH,
    lacks=(NO_LIMIT, "balances", *EVENTS),
    options={"aggregates": "one"},
)
HORDAK: Final = Subject(
    name="django-hordak",
    module="hordak_books",
    database=Database.POSTGRESQL,
    install=BENCH,
    lacks=(NO_KEY, NO_LIMIT, "kept balances", *NO_LAW),
)
PYTHON_ACCOUNTING: Final = Subject(
    name="python-accounting",
    module="accounting_books",
    database=Database.SQLITE,
    install=(
        "not installed: it asks for MariaDB's and PostgreSQL's headers, and on SQLite "
        "needs neither: .venv/bin/pip install --no-deps 'python-accounting==2.0.*'"
    ),
    lacks=(NO_KEY, NO_LIMIT, "kept balances", *NO_LAW),
)
PGLEDGER: Final = Subject(
    name="pgledger",
    module="pgledger_books",
    database=Database.POSTGRESQL,
    install="no clone of it was named: --pgledger PATH",
    lacks=(NO_KEY, *NO_LAW),
)

BEANCOUNT: Final = Subject(
    name="beancount",
    module="plain_text",
    install=BENCH,
    lacks=(NO_KEY, NO_LIMIT, *NO_LAW),
    options={"program": "beancount"},
)
HLEDGER: Final = Subject(
    name="hledger",
    module="plain_text",
    install="not on this machine",
    lacks=(NO_KEY, NO_LIMIT, *NO_LAW),
    options={"program": "hledger"},
)
LEDGER: Final = Subject(
    name="ledger",
    module="plain_text",
    install="not on this machine",
    lacks=(NO_KEY, NO_LIMIT, *NO_LAW),
    options={"program": "ledger"},
)

DUCKDB: Final = Subject(
    name="DuckDB",
    module="columns",
    install=BENCH,
    options={"engine": "duckdb", "source": "by hand"},
)
POLARS: Final = Subject(
    name="polars",
    module="columns",
    install=BENCH,
    options={"engine": "polars", "source": "by hand"},
)


def exported(engine: Subject, source: str) -> Subject:
    """Return *engine* on what timebank hands out: its ``export``, or its ``stream``."""
    return evolve(
        engine,
        name=f"{engine.name}, timebank's {source}",
        database=Database.SQLITE,
        options={**engine.options, "source": source},
    )


BARE: Final = Subject(name="floor", module="commands", options={"who": "bare"})
COMMANDS: Final = Subject(name="timebank", module="commands", options={"who": "own"})
