"""
Why a command cannot go on: what the library's own errors mean for it.

Nothing else turns into a message, so that a bug stays visible.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .. import errors
from ..messages import finding_told
from ..texts import Text, joined, of_system
from .endings import NEXT_LINE, ExitCode, Stopped

CODES: Final[Mapping[type[errors.TimebankError], ExitCode]] = {
    errors.Refused: ExitCode.REFUSED,
    errors.BatchRefused: ExitCode.REFUSED,
    errors.PolicyInvalid: ExitCode.REFUSED,
    errors.UnknownEntry: ExitCode.USAGE,
    errors.UnknownAccount: ExitCode.USAGE,
    errors.UnknownUnit: ExitCode.USAGE,
    errors.UnknownTimeZone: ExitCode.USAGE,
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

NEEDED: Final = frozenset({"cyclopts", "rich"})
"""The packages that the extra ``cli`` brings."""


def code_of(error: errors.TimebankError) -> ExitCode:
    """Return the exit code for *error*."""
    return next(code for kind, code in CODES.items() if isinstance(error, kind))


def ending(error: BaseException) -> Stopped | None:
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
            if error.filename:
                where = Text("{f}: ", "{f}：", f=error.filename)
            elif error.errno in errors.NO_ROOM:
                where = Text("what is to be written: ", "要写出的内容：")
            else:
                where = Text("", "")
            what = Text("{w}{e}", "{w}{e}", w=where, e=of_system(error))
            return Stopped(what, ExitCode.STORAGE)
        case ModuleNotFoundError():
            package = (error.name or "").partition(".")[0]
            missing = errors.ExtraMissing("cli", package)
            return ending(missing) if package in NEEDED else None
        case _:
            return None


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
