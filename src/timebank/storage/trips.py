"""
Round trips to PostgreSQL: what is asked together is sent together, and answered together.

On a connection of our own libpq's pipeline is spoken to as it is: psycopg's sends every
statement by itself and looks for answers in between, which takes the client two thirds of
a posting's time and the server a change of process for each.  A host's connection is set
up as the host likes it, and its driver stays in charge of it.
"""

from __future__ import annotations

import select
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from itertools import count
from typing import Any, Final

from attrs import define, field
from psycopg import AsyncConnection as AsyncDriver
from psycopg import (
    AsyncRawCursor,
    DataError,
    Error,
    OperationalError,
    Pipeline,
    RawCursor,
)
from psycopg import Connection as Driver
from psycopg.abc import PQGen
from psycopg.abc import Transformer as Transforming
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult
from psycopg.waiting import Ready, Wait
from sqlalchemy import create_engine, text

from .. import forks
from .hosts import driver_of
from .links import AtHand, Link
from .query import Query, Rows, Sql, spoken

OWN: Final = "timebank"
"""By what a connection of our own is known in its pool, and where its `Talk` is kept."""

BEGIN: Final = "BEGIN"
BEGIN_TO_READ: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
"""What begins a transaction that sees one moment and changes nothing."""
PLAN_ONCE: Final = (
    "SELECT set_config('plan_cache_mode', 'force_generic_plan', false), "
    "set_config('enable_seqscan', 'off', false)"
)
"""
Has the server plan each statement once.

It would plan those that name any number of keys every time, because a plan for two keys
looks cheaper than one for any number: 300 µs of an entry, a third of what the server does
for it.  And a plan that was made while the books were empty must not read them from end to
end when they no longer are.
"""
PLAN_ONCE_HERE: Final = PLAN_ONCE.replace("false", "true")
"""The same for one transaction only: behind a pooler others have the connection next."""
COMMIT: Final = Query(text("COMMIT"))
"""What makes a transaction of our own true, along with what it asks last."""
PIPELINED: Final = Pipeline.is_supported()
"""Whether the driver's library is new enough to send several questions together."""

# ---------------------------------------------------------------- asking


def in_one_trip(link: Link, queries: Sequence[Query]) -> list[Rows]:
    """
    Ask several questions in one round trip, in order.

    On a connection of our own the transaction is begun on the way.  Where the driver's
    library is too old for this, every question takes a round trip of its own.
    """
    asked = [_said(query) for query in queries]
    lent = link.lent
    talk: Talk | None = lent.info.get(OWN)
    driver = driver_of(lent) if talk is None else talk.driver
    try:
        if talk is not None:
            if PIPELINED:
                return talk.ask(asked)
            talk.begin_if_needed()
        if isinstance(driver, AsyncDriver):
            adapted: Any = lent.dbapi_connection
            answers: list[Rows] = adapted.run_async(partial(_asked_async, asked=asked))
            return answers
        return _asked(driver, asked)
    except Error as error:
        if driver.closed:
            link.invalidate(error)
        raise


def in_no_transaction(at_hand: AtHand, queries: Sequence[Query]) -> list[Rows]:
    """Ask the same over a connection of our own, and begin nothing that has to be ended."""
    asked = [_said(query) for query in queries]
    lent = at_hand.take()
    driver: Any = lent.driver_connection
    try:
        if PIPELINED:
            talk: Talk = lent.info[OWN]
            return talk.ask(asked, begin=False)
        return _asked(driver, asked)
    except BaseException as error:
        if driver.closed:
            lent.invalidate(error)
        raise
    finally:
        at_hand.give_back(lent)


def _asked(driver: Driver, asked: Sequence[Sql]) -> list[Rows]:
    failed: Error | None = None
    try:
        with _pipeline(driver):
            try:
                cursors = [
                    RawCursor(driver).execute(sql, values) for sql, values in asked
                ]
            except Error as error:
                # raised out of the pipeline, it would be written into the host's log
                failed = error
    except Error as error:
        failed = failed or error
    if failed is not None:
        raise failed
    return [cursor.fetchall() if cursor.description else [] for cursor in cursors]


def _pipeline(driver: Driver) -> AbstractContextManager[Any]:
    return driver.pipeline() if PIPELINED else nullcontext()


async def _asked_async(driver: AsyncDriver, asked: Sequence[Sql]) -> list[Rows]:
    """Do what `_asked` does, for a host whose transaction has begun."""
    failed: Error | None = None
    try:
        async with driver.pipeline():
            try:
                cursors = [
                    await AsyncRawCursor(driver).execute(sql, values)
                    for sql, values in asked
                ]
            except Error as error:
                failed = error
    except Error as error:
        failed = failed or error
    if failed is not None:
        raise failed
    return [await cursor.fetchall() if cursor.description else [] for cursor in cursors]


def _keys(keys: Iterable[int | str]) -> str:
    """Return any number of keys as one parameter: what kind they are the statement says."""
    quoted = [str(k).replace("\\", "\\\\").replace('"', '\\"') for k in sorted(keys)]
    return '{"' + '","'.join(quoted) + '"}' if quoted else "{}"


_DIALECT: Final = create_engine(
    "postgresql+psycopg://", paramstyle="numeric_dollar"
).dialect
_said: Final = spoken(_DIALECT, _keys)

# ---------------------------------------------------------------- a connection of our own


Sent = tuple[bytes, bytes | list[bytes | None]]
"""The name of a statement, with its SQL to prepare it or with values to run it."""


@define(eq=False)
class Talk:
    """
    A connection of our own, and what was prepared on it.

    Args:
        driver: The connection; its driver prepares nothing by itself, and begins nothing.
        first: What is asked first in a transaction.
        begin: What begins a transaction.
    """

    driver: Driver
    first: Sequence[str] = ()
    begin: str = BEGIN
    _names: dict[str, bytes] = field(factory=dict, init=False)
    # after an error nobody knows which names were taken
    _numbers: Iterator[int] = field(factory=count, init=False)
    _heard: select.poll = field(factory=select.poll, init=False)
    # what it finds out of types it keeps: one made for each answer finds it out anew
    _values: Transforming = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._heard.register(self.driver.fileno(), select.POLLIN)
        self._values = Transformer(self.driver)
        forks.watch(self)

    def before_fork(self) -> None:
        """Nothing: whoever uses it goes on."""

    def after_fork(self) -> None:
        """Leave the server's session to the parent: nothing that is sent here reaches it."""
        if not self.driver.closed:
            forks.cut(self.driver.fileno())

    def listen(self) -> None:
        """
        Take in what the server has said meanwhile, which is nothing or that it is gone.

        It is heard without a round trip.

        Raises:
            OperationalError: If the connection has ended.
        """
        while self._heard.poll(0):
            self.driver.pgconn.consume_input()

    @property
    def is_idle(self) -> bool:
        """Whether no transaction has begun."""
        return self.driver.pgconn.transaction_status == TransactionStatus.IDLE

    def begin_if_needed(self) -> None:
        """Begin a transaction, unless one has begun."""
        if self.is_idle:
            self.driver.execute(self.begin)

    def ask(self, asked: Sequence[Sql], *, begin: bool = True) -> list[Rows]:
        """Ask several questions in one round trip; begin the transaction if need be."""
        begun: list[Sql] = []
        if begin and self.is_idle:
            begun = [(sql, []) for sql in (self.begin, *self.first)]
        sent: list[Sent] = []
        new: dict[str, bytes] = {}
        for sql, values in [*begun, *asked]:
            name = self._names.get(sql) or new.get(sql)
            if name is None:
                name = new[sql] = b"timebank_%d" % next(self._numbers)
                sent.append((name, sql.encode()))
            sent.append((name, [*map(_written, values)]))
        with self.driver.lock:
            try:
                results = self.driver.wait(_exchange(self.driver.pgconn, sent))
            except BaseException:
                # nobody knows what is still on its way, whoever raised it: what a signal's
                # handler raises while the answers are waited for, `_exchange` never sees
                self.driver.pgconn.finish()
                raise
        answers: list[Rows] = []
        for (_, said), result in zip(sent, results, strict=True):
            if result.status == ExecStatus.FATAL_ERROR:
                raise error_from_result(result)
            if not isinstance(said, bytes):
                self._values.set_pgresult(result)
                answers.append(self._values.load_rows(0, result.ntuples, tuple))
        self._names |= new
        return answers[len(begun) :]


def _exchange(pgconn: PGconn, sent: Sequence[Sent]) -> PQGen[list[PGresult]]:
    """Send everything at once; return a result of each, in order."""
    pgconn.enter_pipeline_mode()
    for name, said in sent:
        if isinstance(said, bytes):
            pgconn.send_prepare(name, said)
        else:
            pgconn.send_query_prepared(name, said)
    pgconn.pipeline_sync()
    while pgconn.flush():
        if (yield Wait.RW) & Ready.R:
            # a server that waits for its answers to be read reads nothing more
            pgconn.consume_input()
    results = yield from _results(pgconn)
    pgconn.exit_pipeline_mode()
    return results


def _results(pgconn: PGconn) -> PQGen[list[PGresult]]:
    """Return the results of everything up to the end of the pipeline."""
    results: list[PGresult] = []
    while True:
        while pgconn.is_busy():
            yield Wait.R
            pgconn.consume_input()
        result = pgconn.get_result()
        if result is None:
            if pgconn.status == ConnStatus.BAD:
                raise OperationalError(pgconn.get_error_message())
        elif result.status == ExecStatus.PIPELINE_SYNC:
            return results
        else:
            results.append(result)


def _written(value: int | str | None) -> bytes | None:
    """Return *value* as the server reads it; what kind it is the statement says."""
    if value is None:
        return None
    written = str(value).encode()
    if b"\0" in written:
        raise DataError("a text of PostgreSQL cannot contain NUL (0x00)")
    return written
