"""
A relay between a client and PostgreSQL that cuts connections at chosen messages.

It reads the protocol just well enough to know where a message begins and ends, of what
kind it is, and how often a client had to wait for an answer.
"""

import socket
import struct
import threading
import time
from contextlib import contextmanager, suppress

from attrs import frozen

QUIET_SECONDS = 0.03
"""A client that has sent nothing for so long waits for an answer."""

START_LAST = 80877102
"""The first messages numbered from here are no start: a cancellation, or "may I encrypt?"."""


@frozen(kw_only=True)
class Seen:
    """
    A message that is about to be passed on.

    Args:
        by_client: Whether the client sent it, or the server.
        number: The how manieth it is of its sender's, from 1.
        start: How many bytes its sender had sent before it.
        kind: The letter of its kind; empty for a client's first.
        size: Its bytes in all.
        body: What follows its kind and length.
    """

    by_client: bool
    number: int
    start: int
    kind: str
    size: int
    body: bytes


# Where to cut: each function returns one that is asked about every message, and answers
# how many of its bytes still pass before the connection is cut; None lets it pass.


def at_byte(place, *, by_client=True):
    """Cut after so many bytes of one side, in the middle of a message as a rule."""

    def cut(seen):
        here = seen.by_client == by_client and 0 <= place - seen.start < seen.size
        return place - seen.start if here else None

    return cut


def unanswered(number):
    """Cut when the server has the client's message of that number, and the client no answer."""
    return lambda seen: seen.size if seen.by_client and seen.number == number else None


def between_commit_and_answer():
    """Cut when the server has committed and said so, but the client has not heard it."""
    return lambda seen: (
        0
        if (seen.by_client, seen.kind, seen.body) == (False, "C", b"COMMIT\0")
        else None
    )


class RoundTrips:
    """How often clients have waited for the server since this was made."""

    count = 0


class Relay:
    """
    Passes on what clients and the server say; `relay` opens and closes one.

    `port` is where clients find it; `cuts` is how many connections it has cut.
    """

    def __init__(self, server):
        self.server = server
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.cuts = 0
        self.trips = None
        self._cut = None
        self._lock = threading.Lock()
        self._open = set()
        threading.Thread(target=self._serve, daemon=True).start()

    def url(self, database="postgres", user="postgres"):
        """Return the URL of a database behind the relay."""
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def cut(self, where):
        """Cut the next connection on which *where* finds its place; once."""
        with self._lock:
            self._cut = where

    @contextmanager
    def round_trips(self):
        """Count how often clients wait; answers are held back until they do."""
        self.trips = RoundTrips()
        try:
            yield self.trips
        finally:
            self.trips = None

    def close(self):
        """Close everything."""
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for each in list(self._open):
            _hang_up(each)

    def _serve(self):
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(
                    target=self._connect, args=[client], daemon=True
                ).start()

    def _connect(self, client):
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        server = socket.socket(socket.AF_UNIX)
        pair = {client, server}
        self._open |= pair
        talk = _Talk(client, server)
        with suppress(OSError):
            server.connect(str(self.server.socket))
            threading.Thread(target=self._answers, args=[talk], daemon=True).start()
            for kind, message in _asked(client):
                talk.spoke_at, talk.waits = time.monotonic(), True
                if not self._passed(talk, kind, message, by_client=True):
                    break
        talk.hang_up()
        self._open -= pair

    def _answers(self, talk):
        with suppress(OSError):
            for kind, message in _messages(talk.server):
                if self.trips and talk.waits:
                    while (
                        left := talk.spoke_at + QUIET_SECONDS - time.monotonic()
                    ) > 0:
                        time.sleep(left)
                    talk.waits = False
                    self.trips.count += 1
                if not self._passed(talk, kind, message, by_client=False):
                    break
        talk.hang_up()

    def _passed(self, talk, kind, message, *, by_client):
        seen = talk.note(kind, message, by_client)
        with self._lock:
            if talk.is_cut:
                return False
            passing = self._cut(seen) if self._cut else None
            if passing is not None:
                talk.is_cut, self._cut = True, None
                self.cuts += 1
        target = talk.server if by_client else talk.client
        target.sendall(message[:passing])
        return passing is None


class _Talk:
    """One connection through the relay."""

    def __init__(self, client, server):
        self.client, self.server = client, server
        self.spoke_at, self.waits, self.is_cut = 0.0, False, False
        self._sent = {True: (0, 0), False: (0, 0)}

    def note(self, kind, message, by_client):
        number, start = self._sent[by_client]
        self._sent[by_client] = number + 1, start + len(message)
        return Seen(
            by_client=by_client,
            number=number + 1,
            start=start,
            kind=kind,
            size=len(message),
            body=message[5 if kind else 4 :],
        )

    def hang_up(self):
        _hang_up(self.client)
        _hang_up(self.server)


def _hang_up(end):
    # a thread that waits for this end wakes up by the first, not by the second
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()


def _asked(client):
    """Yield what a client says, from its first message on, which has no letter."""
    while True:
        head = _exactly(client, 4)
        message = head + _exactly(client, struct.unpack("!i", head)[0] - 4)
        (code,) = struct.unpack("!i", message[4:8])
        if code <= START_LAST:
            yield "", message
            break
        client.sendall(b"N")  # nothing is encrypted here
    if code < START_LAST:
        yield from _messages(client)


def _messages(end):
    while True:
        head = _exactly(end, 5)
        kind, size = struct.unpack("!ci", head)
        yield kind.decode(), head + _exactly(end, size - 4)


def _exactly(end, size):
    """Return so many bytes; an end without them is an error, as a cut is."""
    found = bytearray()
    while len(found) < size:
        more = end.recv(size - len(found))
        if not more:
            raise ConnectionError("hung up")
        found += more
    return bytes(found)


@contextmanager
def relay(server):
    """Yield a relay to *server*, a `tests.postgres.Server`."""
    opened = Relay(server)
    try:
        yield opened
    finally:
        opened.close()
