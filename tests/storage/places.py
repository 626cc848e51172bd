"""Where stores keep their journals, as `timebank.testing` wants it: one place a store."""

from contextlib import contextmanager
from tempfile import TemporaryDirectory

from timebank.storage.memory import MemoryStore
from timebank.storage.urls import open_store


@contextmanager
def memory():
    store = MemoryStore()
    yield lambda: store


@contextmanager
def sqlite():
    with TemporaryDirectory(prefix="timebank-") as folder:
        yield lambda: open_store(f"sqlite:///{folder}/books.db", create=True)


PLACES = (memory, sqlite)
