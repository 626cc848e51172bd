"""
How a command ends: exit codes, and what is said on the error stream.

A command that cannot go on raises `Stopped`, or one of the library's own errors, which
`causes` tells the meaning of.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import Final

from attrs import define

from ..texts import Text


class ExitCode(IntEnum):
    """What a command's end means to whoever called it."""

    DONE = 0
    REFUSED = 1
    """The rules said no, or a policy did not pass its check; nothing was recorded."""
    USAGE = 2
    """The command was not understood, or names something that is not there."""
    EXTRA_MISSING = 3
    """An optional package is not installed; the message has the pip command."""
    BAD_FILE = 4
    """A spreadsheet holds rows that were refused, or cannot be read."""
    UNSOUND = 5
    """The books break a law, or something endangers them."""
    STORAGE = 6
    """The database or a file could not be opened, read or written."""
    BUG = 70
    """A fault in timebank itself."""
    INTERRUPTED = 130
    """Ctrl-C; what was recorded before stays recorded."""


NEXT_LINE: Final = Text("\n", "\n")
"""What stands between lines of one message."""


@define
class Stopped(Exception):
    """The command cannot go on; *text* says what, where, and what to do."""

    text: str
    code: ExitCode = ExitCode.USAGE

    def __str__(self) -> str:
        return self.text


@contextmanager
def understood() -> Iterator[None]:
    """
    Make a mistake of whoever typed of a value that an operation does not take.

    Only building requests belongs inside: elsewhere the same errors would be bugs.
    """
    try:
        yield
    except (TypeError, ValueError) as error:
        raise Stopped(error.args[0] if error.args else str(error)) from error
