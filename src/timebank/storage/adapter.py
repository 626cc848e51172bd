"""
What differs between the databases that the SQL store is kept in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from attrs import frozen
from sqlalchemy import Connection

from .hosts import Check
from .known import Known
from .links import Link
from .query import Fetch, Glance, Insertion, Query, Stream

View = TypeVar("View")


class Begun(Protocol):
    """A transaction: committed in the end, or undone after an error, unless a host began it."""

    def __call__(
        self, view: Callable[[Link], View], *, write: bool
    ) -> AbstractContextManager[View]:
        """
        Begin one, or join a host's, and see through it what *view* makes of it.

        Args:
            view: It is a part of the transaction, whatever it raises.
            write: Whether it is for a turn, which writes, or of one moment.
        """
        ...


@frozen(kw_only=True)
class Adapter:
    """
    What differs between databases, as a value.

    Args:
        alone: Whether nobody else can write while a turn goes on, so that no row needs a
            lock of its own.
        commit: What commits a transaction of our own along with what it asks last, where
            that saves a round trip.
        grown: What is asked in a transaction of our own that makes a journal ten times as
            long, so that questions are planned anew.
        fetch: Asks several questions, in as few round trips as it can.
        stream: Asks one question whose answer need not fit into memory.
        glance: Asks them in no transaction, each of the moment at which its turn comes;
            an error of the engine's is turned into ours.
        insert: Writes many rows at once.
        begun: Begins a transaction, or joins a host's; an error of the engine's is turned into ours.
        known: What was learned of ledgers; all is forgotten when connections are let go of,
            which is also when the server was lost.
        let_go: Closes the connections that nobody has now.
        translated: Entered around what a host began; turns the engine's errors into ours.
        missing_guards: Names the guards against changing facts that are not there.
        joinable: Refuses a connection whose transaction somebody else began, if the books
            cannot be kept in it.
        write_first: Makes sure, in a transaction that somebody else began, that what a
            turn relies on holds there.
    """

    alone: bool
    commit: Sequence[Query]
    grown: Sequence[Query]
    fetch: Fetch
    stream: Callable[[Link, Query], Stream]
    glance: Glance
    insert: Insertion
    begun: Begun
    known: Known
    let_go: Callable[[], None]
    translated: Callable[[], AbstractContextManager[None]]
    missing_guards: Callable[[Connection], tuple[str, ...]]
    joinable: Check
    write_first: Callable[[Connection], None]
