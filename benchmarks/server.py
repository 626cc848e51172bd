"""
The PostgreSQL server that benchmarks run on: the tests' own, but durable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Final

SETTINGS: Final = {
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    # said, though both are what PostgreSQL comes with: every figure hangs on them
    "fsync": "on",
    "synchronous_commit": "on",
}

Counts = Callable[[], tuple[int, int]]
"""Returns the round trips and the statements so far."""


class Server:
    """
    One server for a run, made when a subject first asks for it.

    Args:
        settings: PostgreSQL's.
    """

    def __init__(self, settings: Mapping[str, str] = SETTINGS) -> None:
        self.settings = settings
        self.made: Any = None

    def _server(self) -> Any:  # noqa: ANN401 - the tests are not typed
        if self.made is None:
            self.made = import_module("tests.postgres").started(**self.settings)
        return self.made

    def new_url(self) -> str:
        """Return the URL of a new database."""
        return str(self._server().new_database())

    def drop(self, url: str) -> None:
        """Drop the database at *url*, and whoever is still in it."""
        self._server().run(f"DROP DATABASE {_name(url)} WITH (FORCE)")

    @contextmanager
    def counting(self, url: str) -> Iterator[tuple[str, Counts]]:
        """Yield *url* as it is through a relay, and what counts there."""
        statements = 0

        def seen(message: Any) -> None:  # noqa: ANN401
            nonlocal statements
            # every statement ends with the server saying that it is complete
            statements += not message.by_client and message.kind == "C"

        proxy = import_module("tests.proxy")
        with proxy.relay(self._server()) as relayed:
            relayed.cut(seen)
            with relayed.round_trips() as trips:
                yield relayed.url(_name(url)), lambda: (trips.count, statements)


def _name(url: str) -> str:
    """Return the name of the database at *url*."""
    return url.partition("?")[0].rpartition("/")[2]
