"""
Processes, from their start to their end: what `import timebank` and its commands take.

The bare ones import what the same command cannot do without, and do nothing.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Final

from ..model import Place
from . import ours

CORE: Final = "import zoneinfo, attrs, cattrs.gen"
# what cyclopts itself imports to print a page; no page needs to know a time zone
HELP: Final = (
    "import attrs, cyclopts, cyclopts.help, docstring_parser; "
    "import rich.console, rich.panel, rich.table"
)
# without a terminal a table needs no more of rich than how wide a character is
BALANCE: Final = (
    "import zoneinfo, attrs, tomllib, fractions, cyclopts, rich.cells; "
    "import sqlite3, sqlalchemy.dialects.sqlite"
)
COMMAND: Final = "import sys; from timebank.cli import main; sys.exit(main())"

BARE: Final = {
    "importing": (CORE,),
    "helping": (HELP,),
    "balance": (BALANCE,),
}
OWN: Final = {
    "importing": ("import timebank",),
    "helping": (COMMAND, "--help"),
    "balance": (COMMAND, "balance", "m000001", "--ledger", ours.LEDGER),
}


def prepare(place: Place) -> None:
    """Make books that a balance is read from."""
    ours.prepare(place)


class Books:
    """Starts processes."""

    def __init__(self, place: Place) -> None:
        self.commands = OWN if place.options["who"] == "own" else BARE
        # compiled once for all, ours as much as others', whatever the caller's Python does
        kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        self.environment = kept | {
            "TIMEBANK_DB": str(place.file),
            "PYTHONPYCACHEPREFIX": str(place.folder / "compiled"),
        }

    def close(self) -> None:
        """Nothing runs between two starts."""

    def importing(self, _: int) -> None:
        """Start Python and import."""
        self._run("importing")

    def helping(self, _: int) -> None:
        """Print the help."""
        self._run("helping")

    def balance(self, _: int) -> None:
        """Print a balance."""
        self._run("balance")

    def _run(self, name: str) -> None:
        code, *arguments = self.commands[name]
        subprocess.run(  # noqa: S603 - our own commands
            [sys.executable, "-c", code, *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            check=True,
        )
