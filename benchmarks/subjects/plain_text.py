"""
Plain-text accounting: beancount, and hledger and ledger where the machine has them.

Each reads the same transactions from a file of its own kind and adds up every account.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Final

from ..model import Place
from ..work import DAY, OPENING, POOL, WORDS, Gift, gift, member


def _transactions(place: Place) -> Iterator[Gift]:
    for number in range(place.members):
        yield Gift(f"opening/{number}", POOL, member(number), OPENING)
    for number in range(place.entries):
        yield gift(number, place.members)


def _account(name: str) -> str:
    return f"Liabilities:{name.replace(':', '-').capitalize()}"


def _beancount(one: Gift) -> str:
    return (
        f'{DAY} * "{WORDS}" ^{one.key.replace("/", "-")}\n'
        f"  {_account(one.payer)}  {-one.amount} MIN\n"
        f"  {_account(one.payee)}  {one.amount} MIN\n"
    )


def _journal(one: Gift) -> str:
    return (
        f"{DAY} ({one.key}) {WORDS}\n"
        f"    {_account(one.payer)}  {-one.amount} MIN\n"
        f"    {_account(one.payee)}  {one.amount} MIN\n"
    )


WRITES: Final[dict[str, Callable[[Gift], str]]] = {
    "beancount": _beancount,
    "hledger": _journal,
    "ledger": _journal,
}


def prepare(place: Place) -> None:
    """Write the file."""
    written = WRITES[place.options["program"]]
    with place.file.open("w", encoding="utf-8") as file:
        if place.options["program"] == "beancount":
            names = [POOL, *map(member, range(place.members))]
            file.writelines(f"{DAY} open {_account(name)}\n" for name in names)
        file.writelines(f"{written(one)}\n" for one in _transactions(place))


class Books:
    """A program."""

    def __init__(self, place: Place) -> None:
        self.place, self.name = place, place.options["program"]
        if self.name == "beancount":
            # without the cache of what it has read, which would be no reading
            self.loader = import_module("beancount.loader")
            self.realization = import_module("beancount.core.realization")
        elif not shutil.which(self.name):
            raise ModuleNotFoundError(self.name)

    def close(self) -> None:
        """Nothing is open between two replays."""

    def replay(self, _: int) -> None:
        """Read the file, and add up every account."""
        if self.name == "beancount":
            self._by_beancount()
        else:
            subprocess.run(  # noqa: S603 - a program that was looked for
                [self.name, "-f", self.place.file, "balance"],
                stdout=subprocess.DEVNULL,
                check=True,
            )

    def _by_beancount(self) -> None:
        text = self.place.file.read_text("utf-8")
        entries, errors, _ = self.loader.load_string(text)
        if errors:
            raise ValueError(errors[0])
        self.realization.realize(entries)
