"""
Calls of threads that meet, done together.

A turn at a ledger costs much the same for one call and for a few: the locks, the round
trips, and a disk that is waited for.  Whoever finds nobody at work does its own call at
once, and waits for nothing.  Whoever comes meanwhile queues, and when that is done one of
them does all that have queued by then.  Nothing is put off to see whether more will come,
and no thread works for others longer than one round of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from threading import Lock, get_ident
from typing import Final, Generic, TypeVar

from attrs import define, field

from . import forks

TOGETHER_MAX: Final = 100
"""
How many calls are done together at most.

A hundred entries share what a turn costs until next to nothing of it falls on each; more
would only make the first of them wait for the last.
"""

A = TypeVar("A")
B = TypeVar("B")


def _locked() -> Lock:
    lock = Lock()
    lock.acquire()
    return lock


@define(eq=False)
class _Call(Generic[A, B]):
    """
    What one thread asks, until it has its answer.

    Args:
        asked: It.
        thread: Who asks.
        woken: Let go of when there is nothing more to wait for, where it has to wait.
        taken: The calls that this one does, itself among them, if it leads.
        answers: The one answer, when it is there.
    """

    asked: A
    thread: int
    woken: Lock | None = None
    taken: Sequence[_Call[A, B]] = ()
    answers: tuple[B, ...] = ()

    def wake(self) -> None:
        """Let its thread go on; twice is as good as once."""
        if self.woken is not None and self.woken.locked():
            self.woken.release()


@define(eq=False)
class Gathering(Generic[A, B]):
    """
    Where calls of one kind meet.

    A thread may be interrupted at any time, so that whatever a call has begun is ended by
    `_leave`, which may be begun again itself; what is done under the guard stands in the
    order in which it can be broken off.
    """

    _guard: Lock = field(factory=Lock, init=False)
    _waiting: list[_Call[A, B]] = field(factory=list, init=False)
    _leader: _Call[A, B] | None = field(default=None, init=False)
    _crowded: bool = field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        """Have a child that is forked wait for none of the threads it does not have."""
        forks.watch(self)

    def before_fork(self) -> None:
        """Nothing: what is asked in this process is answered in it."""

    def after_fork(self) -> None:
        """Forget who leads and who waits."""
        self._guard, self._waiting = Lock(), []
        self._leader, self._crowded = None, False

    def ask(self, asked: A, work: Callable[[Sequence[A]], Sequence[B]]) -> B:
        """
        Return what *work* answers to *asked*, done alone or with what others ask.

        Args:
            asked: One call.
            work: Does several in order, all or none of them, and answers each.  If it
                raises for several, each is done once more by its own thread and alone,
                so that what is wrong with one is told to nobody else.
        """
        leader, thread = self._leader, get_ident()
        if leader is not None and leader.thread == thread:
            # asked by the work itself, which would wait for its own end
            return work([asked])[0]
        call: _Call[A, B] = _Call(asked, thread)
        try:
            with self._guard:
                if self._leader is None:
                    self._leader = call
                if self._leader is call and not self._crowded:
                    # where nobody leads nobody waits
                    call.taken = (call,)
                else:
                    call.woken = None if self._leader is call else _locked()
                    self._waiting.append(call)
            if not call.taken:
                self._take_up(call)
            if call.taken:
                self._do(call, work)
            self._leave(call)
        except BaseException:
            self._leave(call)
            raise
        return call.answers[0] if call.answers else work([asked])[0]

    def _take_up(self, call: _Call[A, B]) -> None:
        """Wait until others have done *call*, or it leads; then take up what has queued."""
        if call.woken is not None:
            call.woken.acquire()
        with self._guard:
            leads = self._leader is call
        if not leads:
            return
        if self._crowded:
            # who was answered a moment ago comes again once it gets the interpreter: a
            # round of one and a round of all others would take turns.  With eight threads
            # there are seven in a round and not four, and a tenth more is done.
            time.sleep(0)
        with self._guard:
            queue = self._waiting
            call.taken, self._waiting = queue[:TOGETHER_MAX], queue[TOGETHER_MAX:]
        self._crowded = len(call.taken) > 1

    def _do(
        self, call: _Call[A, B], work: Callable[[Sequence[A]], Sequence[B]]
    ) -> None:
        """Do what *call* has taken up."""
        if len(call.taken) == 1:
            call.answers = tuple(work([call.asked]))
            return
        try:
            answers = work([each.asked for each in call.taken])
        except Exception:  # noqa: BLE001 - each on its own, which raises what is its own
            return
        for each, answer in zip(call.taken, answers, strict=True):
            each.answers = (answer,)

    def _leave(self, call: _Call[A, B]) -> None:
        """End what *call* has begun: wake those it has taken, and whoever leads next."""
        with self._guard:
            if call in self._waiting:
                self._waiting.remove(call)
            for each in call.taken:
                if each is not call:
                    each.wake()
            # itself among them: it would stay until garbage is looked for
            call.taken = ()
            if self._leader is call:
                following = self._waiting[0] if self._waiting else None
                if following is not None:
                    following.wake()
                self._leader = following
