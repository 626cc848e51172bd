"""Calls of threads that meet: done together, and each answered as if it had come alone."""

import linecache
import signal
import sys
import threading
import time
from concurrent.futures import Future
from contextlib import contextmanager

import pytest

from timebank import gathering
from timebank.gathering import TOGETHER_MAX, Gathering, _Call

PATIENCE = 20
"""Seconds after which what has not happened never will."""


def until(happened):
    end = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.0005)


def in_a_thread(work, *arguments):
    """Begin *work* in a thread that nobody has to wait for; return what it will come to."""
    found = Future()

    def do():
        try:
            found.set_result(work(*arguments))
        except BaseException as error:  # noqa: BLE001 - told to whoever asks
            found.set_exception(error)

    threading.Thread(target=do, daemon=True).start()
    return found


class Desk:
    """Doubles what it is asked, several at a time, and remembers what came together."""

    def __init__(self, *, held=False):
        self.gathering = Gathering()
        self.rounds = []
        self.threads = []
        self.open = threading.Event()
        if not held:
            self.open.set()

    def work(self, asked):
        self.rounds.append(list(asked))
        self.threads.append(threading.get_ident())
        time.sleep(0)  # as a disk is waited for, which lets the others come
        assert self.open.wait(PATIENCE)
        if "bad" in asked:
            raise ValueError(f"{len(asked)} asked")
        return [2 * each for each in asked]

    def ask(self, asked):
        return self.gathering.ask(asked, self.work)

    @property
    def queued(self):
        return len(self.gathering._waiting)

    @property
    def idle(self):
        return self.gathering._leader is None and not self.gathering._waiting


@contextmanager
def queued(desk, many):
    """Yield what many will be answered, who queued in order behind one who is at work."""
    first = in_a_thread(desk.ask, "first")
    until(lambda: desk.rounds)
    answers = []
    for place, asked in enumerate(many, start=1):
        answers.append(in_a_thread(desk.ask, asked))
        until(lambda place=place: desk.queued == place)
    yield answers
    desk.open.set()
    first.result(PATIENCE)
    until(lambda: all(each.done() for each in answers))


def test_who_meets_nobody_is_served_at_once_and_by_itself():
    desk = Desk()

    assert [desk.ask(number) for number in range(3)] == [0, 2, 4]
    assert desk.rounds == [[0], [1], [2]]
    assert set(desk.threads) == {threading.get_ident()}
    assert desk.idle


def test_who_comes_meanwhile_is_served_together_in_the_order_of_coming():
    desk = Desk(held=True)

    with queued(desk, [3, 1, 2]) as answers:
        pass

    assert [each.result(PATIENCE) for each in answers] == [6, 2, 4]
    assert desk.rounds == [["first"], [3, 1, 2]]
    assert desk.idle


def test_nobody_goes_on_before_its_answer_is_there():
    class Slow(Desk):
        def work(self, asked):
            return (time.sleep(0.01) or each for each in super().work(asked))

    desk = Slow(held=True)

    with queued(desk, [3, 1, 2]) as answers:
        pass

    assert [each.result(PATIENCE) for each in answers] == [6, 2, 4]
    assert desk.rounds == [["first"], [3, 1, 2]]


def test_after_a_round_of_several_the_next_waits_for_as_many(monkeypatch):
    monkeypatch.setattr(gathering, "PAUSE_SECONDS", PATIENCE)
    desk = Desk(held=True)
    with queued(desk, [1, 2]):
        pass

    first = in_a_thread(desk.ask, 3)
    until(lambda: desk.queued == 1)
    second = in_a_thread(desk.ask, 4)

    assert [each.result(PATIENCE / 2) for each in (first, second)] == [6, 8]
    assert desk.rounds[2:] == [[3, 4]]


def test_who_does_not_come_again_is_waited_for_once_and_not_long():
    desk = Desk(held=True)
    with queued(desk, [1, 2]):
        pass

    assert desk.ask(3) == 6
    assert desk.gathering._together == 1, "the next is served at once"


def done_together(many):
    """Return calls that the first of them has done, and the others wait for."""
    calls = [
        _Call(number, thread=number, woken=threading.Lock()) for number in range(many)
    ]
    for call in calls[1:]:
        call.woken.acquire()
    calls[0].taken = calls
    return calls


def awake(calls):
    return [call.asked for call in calls if not call.woken.locked()]


def test_those_who_were_served_together_wake_one_another():
    gathering = Gathering()
    calls = done_together(4)
    found = []

    for call in calls:
        gathering._leave(call)
        found.append(awake(calls))

    assert found == [[0, 1], [0, 1, 2], [0, 1, 2, 3], [0, 1, 2, 3]]


def test_who_waits_no_longer_is_not_left_to_wake_the_others():
    gathering = Gathering()
    calls = done_together(4)

    gathering._leave(calls[1])
    gathering._leave(calls[0])
    gathering._leave(calls[2])

    assert awake(calls) == [0, 2, 3]


def test_so_many_are_served_together_and_no_more(monkeypatch):
    monkeypatch.setattr("timebank.gathering.TOGETHER_MAX", 3)
    desk = Desk(held=True)

    with queued(desk, range(7)) as answers:
        pass

    assert [each.result(PATIENCE) for each in answers] == [0, 2, 4, 6, 8, 10, 12]
    assert desk.rounds[1:] == [[0, 1, 2], [3, 4, 5], [6]]
    assert TOGETHER_MAX >= 64, "as many threads as a worker process has"


def test_what_is_wrong_with_one_is_told_to_nobody_else():
    desk = Desk(held=True)

    with queued(desk, [1, "bad", 2]) as (one, bad, two):
        pass

    assert (one.result(PATIENCE), two.result(PATIENCE)) == (2, 4)
    with pytest.raises(ValueError, match="1 asked"):
        bad.result(PATIENCE)
    assert desk.rounds[1] == [1, "bad", 2]
    assert sorted(map(str, desk.rounds[2:])) == ["['bad']", "[1]", "[2]"]
    assert desk.idle


def test_what_is_wrong_with_one_alone_is_not_tried_twice():
    desk = Desk()

    with pytest.raises(ValueError, match="1 asked"):
        desk.ask("bad")

    assert desk.rounds == [["bad"]]
    assert desk.ask(1) == 2


def test_what_the_work_itself_asks_does_not_wait_for_the_work_to_end():
    one = Gathering()

    def work(asked):
        inner = [one.ask(each - 1, work) for each in asked if each]
        return [sum(inner) + each for each in asked]

    assert in_a_thread(one.ask, 3, work).result(PATIENCE) == 6


# ---------------------------------------------------------------- interrupted


class Interrupted(KeyboardInterrupt):
    """As from somebody who waits no longer."""


def interrupted_at(step, desk, asked):
    """
    Ask *desk*; at that step of what is gathered, raise `Interrupted`.

    Returns:
        Whether there was such a step.
    """
    left, guard = step, desk.gathering._guard

    def trace(frame, event, _):
        nonlocal left
        if frame.f_code.co_filename != gathering.__file__:
            return None
        leaving = linecache.getline(gathering.__file__, frame.f_lineno).lstrip()
        # Python delivers nothing between the end of a block and the release of its lock
        if event == "line" and not (leaving.startswith("with") and guard.locked()):
            left -= 1
            if left == 0:
                raise Interrupted
        return trace

    sys.settrace(trace)
    try:
        desk.ask(asked)
    except Interrupted:
        return True
    finally:
        sys.settrace(None)
    return left <= 0


def round_with_one_interrupted(desk, step, place):
    """Five come one after the other, of whom one is interrupted; the others are answered."""

    def is_there(number):
        waiting = any(call.asked == number for call in desk.gathering._waiting)
        begun = any(number in several for several in desk.rounds)
        return waiting or begun or futures[number].done()

    futures = []
    for number in range(5):
        how = (interrupted_at, step, desk) if number == place else (desk.ask,)
        futures.append(in_a_thread(*how, number))
        until(lambda number=number: is_there(number))
    desk.open.set()
    told = [each.result(PATIENCE) for each in futures]
    return told.pop(place), told


@pytest.mark.parametrize("place", [0, 1, 2], ids=["at work", "leads next", "follows"])
def test_whoever_is_interrupted_wherever_that_is_leaves_nobody_waiting(place):
    step, there_was = 0, True
    while there_was:
        step += 1
        desk = Desk(held=True)

        there_was, told = round_with_one_interrupted(desk, step, place)

        assert told == [2 * n for n in range(5) if n != place], f"step {step}"
        assert desk.idle, f"step {step}"
        assert desk.ask(7) == 14
    assert step > 10


def test_a_call_that_was_interrupted_before_it_had_begun_is_not_made():
    desk = Desk(held=True)
    first = in_a_thread(desk.ask, "first")
    until(lambda: desk.rounds)

    with pytest.raises(Interrupted):
        waiting_until_interrupted(desk)

    desk.open.set()
    first.result(PATIENCE)
    assert desk.rounds == [["first"]]
    assert desk.idle


def signalled_between_two(desk, then):
    """
    Have one be at work, one lead next, and one queue behind this thread once it waits.

    When all have queued and *then* was done, this thread gets a signal.  Returns what the
    three will come to, of which the last is told when there is such a one.
    """
    first = in_a_thread(desk.ask, "first")
    until(lambda: desk.rounds)
    leads = in_a_thread(desk.ask, "leads")
    until(lambda: desk.queued == 1)

    def while_this_one_waits():
        until(lambda: desk.queued == 2)
        last = in_a_thread(desk.ask, "last")
        until(lambda: desk.queued == 3)
        then(first)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGALRM)
        return last

    return first, leads, in_a_thread(while_this_one_waits)


def test_a_call_that_is_interrupted_while_others_do_it_leaves_nobody_waiting():
    class Stepwise(Desk):
        step = threading.Semaphore(0)

        def work(self, asked):
            self.rounds.append(list(asked))
            assert self.step.acquire(timeout=PATIENCE)
            return [2 * each for each in asked]

    desk = Stepwise()

    def come_to_the_second_round(_):
        desk.step.release()
        until(lambda: len(desk.rounds) == 2)

    first, leads, last = signalled_between_two(desk, come_to_the_second_round)
    with interruptible(), pytest.raises(Interrupted):
        desk.ask("this")
    desk.step.release()

    assert desk.rounds[1] == ["leads", "this", "last"]
    answers = [first, leads, last.result(PATIENCE)]
    assert [each.result(PATIENCE) for each in answers] == [
        2 * "first",
        2 * "leads",
        2 * "last",
    ]
    until(lambda: desk.idle)


@contextmanager
def interruptible():
    """Have a signal raise `Interrupted` in the main thread."""

    def interrupt(*_):
        raise Interrupted

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGALRM, before)


def waiting_until_interrupted(desk):
    """Wait in this thread, the main one, for what is at work; be interrupted meanwhile."""
    with interruptible():
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        try:
            desk.ask("never")
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)


def test_who_is_held_up_by_a_handler_that_waits_for_the_others_does_not_hold_them_up():
    class Handled(Desk):
        handling = threading.Event()

        def work(self, asked):
            assert len(asked) == 1 or self.handling.wait(PATIENCE)
            return super().work(asked)

    desk, told = Handled(held=True), []

    def end_the_first_round(first):
        desk.open.set()
        first.result(PATIENCE)

    _, leads, last = signalled_between_two(desk, end_the_first_round)

    def wait_for_the_last(*_):
        desk.handling.set()
        told.append(last.result(PATIENCE).result(PATIENCE / 4))

    before = signal.signal(signal.SIGALRM, wait_for_the_last)
    try:
        assert desk.ask("this") == 2 * "this"
    finally:
        signal.signal(signal.SIGALRM, before)

    assert desk.rounds == [["first"], ["leads", "this", "last"]]
    assert told == [2 * "last"]
    assert leads.result(PATIENCE) == 2 * "leads"
    until(lambda: desk.idle)


def test_a_handler_asks_while_its_own_thread_waits():
    class Handled(Gathering):
        def _take_up(self, call):
            if call.asked == "this":
                told.append(self.ask("handler", desk.work))
            super()._take_up(call)

    desk, told = Desk(held=True), []
    desk.gathering = Handled()

    with queued(desk, ["this"]) as (this,):
        pass

    assert this.result(PATIENCE) == 2 * "this"
    assert told == [2 * "handler"]
    until(lambda: desk.idle)


# ---------------------------------------------------------------- whoever comes first


@pytest.fixture
def hectic():
    """Threads that are changed as often as can be."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def asked_by_many(desk, wrong, *, threads=8, each=60):
    """Have each of many threads ask; return whether all that it was told was its own."""

    def ask(thread):
        own = []
        for number in range(thread * each, (thread + 1) * each):
            asked = "bad" if wrong(number) else number
            try:
                own.append(desk.ask(asked) == 2 * asked)
            except ValueError:
                own.append(asked == "bad")
        return all(own)

    asked = [in_a_thread(ask, thread) for thread in range(threads)]
    return [one.result(PATIENCE) for one in asked]


@pytest.mark.usefixtures("hectic")
def test_many_threads_get_each_its_own_answer_to_what_was_done_once():
    desk = Desk()

    assert asked_by_many(desk, lambda _: False) == [True] * 8
    assert sorted(n for several in desk.rounds for n in several) == list(range(480))
    assert len(desk.rounds) < 480
    assert desk.idle


@pytest.mark.usefixtures("hectic")
def test_many_threads_of_which_some_ask_what_is_wrong_get_each_its_own():
    desk = Desk()

    assert asked_by_many(desk, lambda number: number % 29 == 0) == [True] * 8
    assert desk.idle
