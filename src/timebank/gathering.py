"""
Calls of threads that meet, done together.

A turn at a ledger costs much the same for one call and for a few: the locks, the round
trips, and a disk that is waited for.  Whoever finds nobody at work does its own call at
once, and waits for nothing.  Whoever comes meanwhile queues, and when that is done one of
them does all that have queued by then.  Where several were answered together, the next
round waits for them to come again, as long as they do; and no thread works for others
longer than one round of them.
"""

from __future__ import annotations

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

PAUSE_SECONDS: Final = 0.0002
"""
How long it may take until the next of those comes who were answered a moment ago.

A thread that is woken asks again within 100 µs, if it asks again at once.  A round of
several takes some milliseconds, of which one pause more or less is a tenth.
"""

HELD_UP_SECONDS: Final = 0.2
"""
How often whoever waits looks whether it was answered by itself.

Whoever was to wake it may be held up: by a signal's handler, which may wait for it.
"""

A = TypeVar("A")
B = TypeVar("B")


@define(eq=False)
class _Call(Generic[A, B]):
    """
    What one thread asks, until it has its answer.

    Args:
        asked: It.
        thread: Who asks.
        woken: Let go of when there is nothing more to wait for, where it has to wait.
        taken: The calls that this one does, itself among them, if it leads.
        after: The calls that are woken once it has left.
        is_over: Whether those who did it have done so, even where it has no answer.
        has_left: Whether its thread waits for nothing any more.
        answers: The one answer, when it is there.
    """

    asked: A
    thread: int
    woken: Lock | None = None
    taken: Sequence[_Call[A, B]] = ()
    after: Sequence[_Call[A, B]] = ()
    is_over: bool = False
    has_left: bool = False
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
    _together: int = field(default=1, init=False)
    _asking: set[int] = field(factory=set, init=False)

    def __attrs_post_init__(self) -> None:
        """Have a child that is forked wait for none of the threads it does not have."""
        forks.watch(self)

    def before_fork(self) -> None:
        """Nothing: what is asked in this process is answered in it."""

    def after_fork(self) -> None:
        """Forget who leads and who waits."""
        self._guard, self._waiting = Lock(), []
        self._leader, self._together, self._asking = None, 1, set()

    def ask(self, asked: A, work: Callable[[Sequence[A]], Sequence[B]]) -> B:
        """
        Return what *work* answers to *asked*, done alone or with what others ask.

        Args:
            asked: One call.
            work: Does several in order, all or none of them, and answers each.  If it
                raises for several, each is done once more by its own thread and alone,
                so that what is wrong with one is told to nobody else.
        """
        thread = get_ident()
        if thread in self._asking:
            # asked by the work itself, or by a signal's handler: whoever waits for what
            # its own thread has begun waits for ever
            return work([asked])[0]
        call: _Call[A, B] = _Call(asked, thread)
        try:
            self._asking.add(thread)
            with self._guard:
                if self._leader is None:
                    self._leader = call
                if self._leader is call and self._together == 1:
                    # where nobody leads nobody waits
                    call.taken = (call,)
                else:
                    self._queue(call)
            if not call.taken:
                self._take_up(call)
            if call.taken:
                self._do(call, work)
            self._leave(call)
        except BaseException:
            self._leave(call)
            raise
        return call.answers[0] if call.answers else work([asked])[0]

    def _queue(self, call: _Call[A, B]) -> None:
        """Have *call* wait; if it leads, or is the last one waited for, the leader does not."""
        call.woken = Lock()
        call.woken.acquire()
        self._waiting.append(call)
        if self._leader is not None and (
            self._leader is call or len(self._waiting) >= self._together
        ):
            self._leader.wake()

    def _take_up(self, call: _Call[A, B]) -> None:
        """Wait until others have done *call*, or it leads; then take up what has queued."""
        if call.woken is None:
            return
        while not (call.woken.acquire(timeout=HELD_UP_SECONDS) or call.is_over):
            pass
        with self._guard:
            leads = self._leader is call
        if not leads:
            return
        come = 0
        while come < len(self._waiting) < self._together:
            # who was answered a moment ago comes again once it gets the interpreter; a
            # round of some and a round of all others would take turns
            come = len(self._waiting)
            call.woken.acquire(timeout=PAUSE_SECONDS)
        with self._guard:
            queue = self._waiting
            call.taken, self._waiting = queue[:TOGETHER_MAX], queue[TOGETHER_MAX:]
        self._together = len(call.taken)

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
        """
        End what *call* has begun: wake the next of those it was done with, and who leads.

        Each wakes the next: woken all at once they would wait for the interpreter, and
        for one another, once more.
        """
        with self._guard:
            call.has_left = True
            for each in call.taken:
                each.is_over = True
            if call in self._waiting:
                self._waiting.remove(call)
            after = call.after or call.taken[1:]
            for place, each in enumerate(after, start=1):
                if not each.has_left:
                    each.after = after[place:]
                    each.wake()
                    break
            # they would keep one another until garbage is looked for
            call.taken = call.after = ()
            if self._leader is call:
                following = self._waiting[0] if self._waiting else None
                if following is not None:
                    following.wake()
                self._leader = following
        # last: who is interrupted by one who asks, too, holds nothing by now
        self._asking.discard(call.thread)
