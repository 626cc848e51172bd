"""
How a command ends: exit codes, and what is said on the error stream.

A command that cannot go on raises `Stopped`, or one of the library's own errors; nothing
else turns into a message, so that a bug stays visible.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import IntEnum
from typing import Final

from attrs import define

from .. import errors
from ..messages import finding_told
from ..texts import Text, joined, of_system


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


CODES: Final[Mapping[type[errors.TimebankError], ExitCode]] = {
    errors.Refused: ExitCode.REFUSED,
    errors.BatchRefused: ExitCode.REFUSED,
    errors.PolicyInvalid: ExitCode.REFUSED,
    errors.UnknownEntry: ExitCode.USAGE,
    errors.UnknownAccount: ExitCode.USAGE,
    errors.UnknownUnit: ExitCode.USAGE,
    errors.JournalForked: ExitCode.UNSOUND,
    errors.NotCanonical: ExitCode.USAGE,
    errors.ExtraMissing: ExitCode.EXTRA_MISSING,
    errors.SheetUnreadable: ExitCode.BAD_FILE,
    errors.VerificationFailed: ExitCode.UNSOUND,
    errors.UnbalancedEntry: ExitCode.UNSOUND,
    errors.StorageError: ExitCode.STORAGE,
    errors.Undeclared: ExitCode.BUG,
}
"""For each error and those below it in the tree."""


NEXT_LINE: Final = Text("\n", "\n")
"""What stands between lines of one message."""

NEEDED: Final = frozenset({"cyclopts", "rich"})
"""The packages that the extra ``cli`` brings."""


@define
class Stopped(Exception):
    """The command cannot go on; *text* says what, where, and what to do."""

    text: str
    code: ExitCode = ExitCode.USAGE

    def __str__(self) -> str:
        return self.text


def code_of(error: errors.TimebankError) -> ExitCode:
    """Return the exit code for *error*."""
    return next(code for kind, code in CODES.items() if isinstance(error, kind))


def ending(
    error: errors.TimebankError | OSError | ModuleNotFoundError | KeyboardInterrupt,
) -> Stopped | None:
    """Return what *error* means for the command; None for a bug, which is not hidden."""
    match error:
        case KeyboardInterrupt():
            return Stopped(
                Text(
                    "interrupted; what was recorded stays", "已中断；已登记的予以保留"
                ),
                ExitCode.INTERRUPTED,
            )
        case errors.TimebankError():
            return Stopped(error.text, code_of(error))
        case OSError():
            where = f"{error.filename}: " if error.filename else ""
            what = Text("{w}{e}", "{w}{e}", w=where, e=of_system(error))
            return Stopped(what, ExitCode.STORAGE)
        case ModuleNotFoundError():
            package = (error.name or "").partition(".")[0]
            missing = errors.ExtraMissing("cli", package)
            return ending(missing) if package in NEEDED else None


def refused(error: errors.Refused) -> Stopped:
    """
    Return the end of a command that the rules refused: every reason, in a line each.

    Notes are left out: they tell what would have happened, and nothing did.
    """
    lines = [
        Text(
            "  {f}",
            "  {f}",
            f=finding_told(finding, units=error.units, names=error.names),
        )
        for finding in error.findings
        if finding.refuses
    ]
    first = Text("refused: {id}", "予以退回：{id}", id=error.id)
    return Stopped(joined([first, *lines], NEXT_LINE), ExitCode.REFUSED)


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
