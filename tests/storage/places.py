"""Where stores keep their journals, as `timebank.testing` wants it: one place a store."""

import atexit
from contextlib import contextmanager
from functools import cache
from tempfile import TemporaryDirectory
from urllib.parse import quote

from psycopg.conninfo import conninfo_to_dict

from timebank.storage.memory import MemoryStore
from timebank.storage.postgresql import open_postgresql
from timebank.storage.schema import Profile
from timebank.storage.urls import open_store

from .. import postgres


@contextmanager
def memory():
    store = MemoryStore()
    yield lambda: store


@contextmanager
def sqlite():
    with TemporaryDirectory(prefix="timebank-") as folder:
        yield lambda: open_store(f"sqlite:///{folder}/books.db", create=True)


@contextmanager
def postgresql():
    """As a pilot has it: guarded, and by a role that owns nothing."""
    with postgres.database(_with_tables(Profile.GUARDED)) as url:
        yield lambda: open_store(url)


@contextmanager
def plain():
    """As an engine spread over many machines has it: nothing but tables."""
    with postgres.database(_with_tables(Profile.PLAIN)) as url:
        yield lambda: open_store(url)


@contextmanager
def serializable():
    """Plain, and whoever comes second is turned away, as CockroachDB does it."""
    with postgres.database(_with_tables(Profile.PLAIN)) as url:
        option = quote("-c default_transaction_isolation=serializable")
        yield lambda: open_store(f"{url}{'&' if '?' in url else '?'}options={option}")


@cache
def _with_tables(profile):
    """Return the name of a database that others are copied from."""
    made = postgres.database()
    url = made.__enter__()
    atexit.register(made.__exit__, None, None, None)
    open_postgresql(url, create=True, profile=profile).close()
    return conninfo_to_dict(url)["dbname"]


PLACES = (memory, sqlite, postgresql, plain, serializable)
