"""
The command line: parse, call the bank, print.

Results go to standard output, what went wrong to standard error as one message: what,
where, and what to do.  The exit codes are `timebank.cli.endings.ExitCode`: 0 done,
1 refused by the rules, 2 not understood, 3 an optional package is missing, 4 bad rows in
a file, 5 the books do not verify, 6 the database or a file cannot be used.
"""

from __future__ import annotations

import atexit
import gc
import io
import os
import sys
from collections.abc import Sequence
from typing import Final

from ..texts import Text
from .endings import ExitCode, Stopped
from .spoken import chosen, here, speaking, spoken

GARBAGE_MIN: Final = 200_000
"""
So many objects are made before any are looked through for garbage.

What a command imports stays to its end, 60 000 objects for a balance; to look through them
again and again took an eighth of its time.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """
    Run one command and return its exit code.

    Args:
        argv: What was typed after ``timebank``; what the process was given by default.
    """
    gc.set_threshold(GARBAGE_MIN)
    # else the interpreter looks through all of them again on its way out, several times,
    # which took a fifth of a balance's time: the system takes the memory back at once
    atexit.register(gc.freeze)
    _print_whatever_comes()
    try:
        typed = sys.argv[1:] if argv is None else argv
        language, rest = chosen(typed, os.environ)
    except Stopped as stopped:
        return _failed(stopped)
    with speaking(language):
        return _ended(rest)


def _ended(argv: Sequence[str]) -> int:
    try:
        code = _run(argv)
        sys.stdout.flush()
    except BrokenPipeError:
        # whoever read the output has seen enough; the interpreter must not try again
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.DONE
    except Stopped as stopped:
        return _failed(stopped)
    except (Exception, KeyboardInterrupt) as error:
        from .causes import ending  # noqa: PLC0415 - every error, and mostly there is none

        if (end := ending(error)) is None:
            raise
        return _failed(end)
    return code


def _run(argv: Sequence[str]) -> int:
    from cyclopts import CycloptsError  # noqa: PLC0415 - an extra

    from .app import commands  # noqa: PLC0415 - needs the extra
    from .helping import misunderstood  # noqa: PLC0415 - needs the extra

    for typed in argv:
        if not _is_text(typed):
            raise Stopped(
                Text(
                    "{typed!r} is no text in the encoding of this terminal",
                    "{typed!r} 不是本终端编码的文字",
                    typed=typed,
                )
            )
    try:
        code: int | None = commands(spoken(), argv)(argv)
    except CycloptsError as error:
        raise Stopped(misunderstood(error)) from None
    return code or ExitCode.DONE


def _is_text(typed: str) -> bool:
    """Whether every byte that was typed stood for a character."""
    return not any("\ud800" <= character <= "\udfff" for character in typed)


def _failed(stopped: Stopped) -> int:
    sys.stdout.flush()
    sys.stderr.write(f"timebank: {here(stopped.text)}\n")
    return stopped.code


def _print_whatever_comes() -> None:
    """Never fail because a terminal cannot show a character."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
