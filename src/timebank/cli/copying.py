"""
Taking a ledger to another database.
"""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from ..errors import BadUrl, SchemaUnknown
from ..storage.urls import open_store
from . import show
from .access import LedgerTyped, only, url_of
from .endings import ExitCode, Stopped
from .progress import progress

if TYPE_CHECKING:
    from ..copying import Copied
    from ..storage.protocol import Store

PLACE = "a file, or a URL such as postgresql://HOST/DATABASE."


def copy(
    from_: Annotated[str, Parameter(name="FROM", help=f"Where the ledger is: {PLACE}")],
    to: Annotated[str, Parameter(name="TO", help=f"Where it is to be: {PLACE}")],
    /,
    *,
    ledger: LedgerTyped = None,
    create: Annotated[
        bool,
        Parameter(help="Make the database, and our tables in it, where TO has none."),
    ] = False,
    json: Annotated[bool, Parameter(help="Print one JSON document.")] = False,
) -> int:
    """
    Copy a ledger to another database, and compare the two.

    Others may go on writing: it copies what is there when it begins. Made
    again, it goes on where it was interrupted, or copies what came since.
    A ledger of that name that is not its copy is left as it is. Ends with 5
    if the two differ or the copy is not sound.

    --json prints {ledger, head, entries, postings, details, erased, sound,
    faults}; entries to erased count what was done this time.
    """
    from ..copying import copy_ledger  # noqa: PLC0415 - only this command copies

    source_url, target_url = url_of(from_, "FROM"), url_of(to, "TO")
    if _file(source_url) == _file(target_url):
        raise Stopped("FROM and TO are one database: name another")
    with closing(open_store(source_url)) as source:
        name = ledger or only(source.ledgers(), "FROM")
        source.settings(name)  # what is not there is told before anything is made
        with closing(_opened(target_url, create=create)) as target:
            begun = time.monotonic()
            with progress(name) as told:
                copied = copy_ledger(source, target, name, progress=told)
            seconds = time.monotonic() - begun
    if json:
        show.document(
            {
                "ledger": name,
                "head": copied.report.entries,
                "entries": copied.entries,
                "postings": copied.postings,
                "details": copied.details,
                "erased": copied.erased,
                "sound": not copied.faults,
                "faults": list(copied.faults),
            }
        )
    else:
        _tell(copied, seconds)
    if copied.faults:
        end = "do not use this copy; `timebank verify` says whether FROM is sound"
        lines = [*copied.faults, end]
        raise Stopped("\n".join(lines), ExitCode.UNSOUND)
    return ExitCode.DONE


def _file(url: str) -> str:
    """Return what tells one place from another, as far as a URL does."""
    prefix, _, path = url.partition(":///")
    return str(Path(path).resolve()) if prefix == "sqlite" else url


def _opened(url: str, *, create: bool) -> Store:
    try:
        return open_store(url, create=create)
    except (BadUrl, SchemaUnknown) as error:
        nothing_yet = (
            error.found is None
            if isinstance(error, SchemaUnknown)
            else url.startswith("sqlite:")
        )
        if create or not nothing_yet:
            raise
        raise Stopped(
            f"TO: {error}\nWhere there are no books yet, --create makes a place for them.",
            ExitCode.STORAGE,
        ) from error


def _tell(copied: Copied, seconds: float) -> None:
    show.say(f"copied: ledger {copied.ledger}, in {seconds:.1f} s")
    counts = {
        "entries copied": copied.entries,
        "postings": copied.postings,
        "private details": copied.details,
        "erased since": copied.erased,
    }
    for what, count in counts.items():
        show.say(f"  {what:<15}{count:>9}")
    if not copied.faults:
        show.say(
            f"the same and sound: {copied.report.entries} entries, "
            f"{copied.report.postings} postings"
        )
