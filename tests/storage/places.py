"""Where stores keep their journals, as `timebank.testing` wants it: one place a store."""

import atexit
from contextlib import contextmanager
from functools import cache
from tempfile import TemporaryDirectory
from urllib.parse import quote

import psycopg
import pytest
from attrs import evolve
from psycopg.conninfo import conninfo_to_dict

from timebank.storage.memory import MemoryStore
from timebank.storage.postgresql import open_postgresql
from timebank.storage.rights import grants
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
def guarded_url():
    """The URL of a database as a pilot has it, for a role that owns nothing."""
    with _copied(Profile.GUARDED) as url:
        yield url


@contextmanager
def plain_url():
    """The same on an engine spread over many machines: nothing but tables."""
    with _copied(Profile.PLAIN) as url:
        yield url


@contextmanager
def serializable_url():
    """Plain, and whoever comes second is turned away, as CockroachDB does it."""
    with _copied(Profile.PLAIN) as url:
        option = quote("-c default_transaction_isolation=serializable")
        yield f"{url}{'&' if '?' in url else '?'}options={option}"


URLS = {
    "postgresql": guarded_url,
    "plain": plain_url,
    "serializable": serializable_url,
}
"""What banks are opened on where memory and a file are not enough."""


@contextmanager
def postgresql():
    with guarded_url() as url:
        yield lambda: open_store(url)


@contextmanager
def plain():
    with plain_url() as url:
        yield lambda: open_store(url)


@contextmanager
def serializable():
    with serializable_url() as url:
        yield lambda: open_store(url)


@contextmanager
def _copied(profile):
    """Yield the URL of a new database with tables, for the role that has its rights."""
    template, role = _with_tables(profile)
    with postgres.database(template) as superuser:
        yield postgres.named_in(superuser, role=role)


@cache
def _with_tables(profile):
    """Return the name of a database to be copied, and a role with rights and a password."""
    url = _for_good(postgres.database())
    open_postgresql(url, create=True, profile=profile).close()
    role = conninfo_to_dict(_for_good(postgres.role(url)))
    with psycopg.connect(url) as connection:
        for statement in grants(role["user"], home="public"):
            connection.execute(statement)
    return conninfo_to_dict(url)["dbname"], (role["user"], role["password"])


def _for_good(context):
    """Enter *context* until the process ends."""
    found = context.__enter__()
    atexit.register(context.__exit__, None, None, None)
    return found


def linked(adapter, *, write):
    """Begin a transaction, and see the link that it goes through."""
    return adapter.begun(lambda link: link, write=write)


class Watched:
    """A stream that knows whether it was closed."""

    def __init__(self, stream):
        self.stream = stream
        self.closed = False

    def __iter__(self):
        return iter(self.stream)

    def close(self):
        self.closed = True
        self.stream.close()


def watched(store):
    """Return the streams that *store* will begin, as it begins them."""
    streams, stream = [], store.adapter.stream

    def begun(link, query):
        streams.append(Watched(stream(link, query)))
        return streams[-1]

    store.adapter = evolve(store.adapter, stream=begun)
    return streams


PLACES = (memory, sqlite, postgresql, plain, serializable)

EVERYWHERE = [
    # between two edits one PostgreSQL is enough
    pytest.param(
        place,
        id=place.__name__,
        marks=pytest.mark.slow if place in (plain, serializable) else (),
    )
    for place in PLACES
]
"""The same for `parametrize`."""
