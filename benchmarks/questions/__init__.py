"""
The questions, in order of their rows in the table of goals.
"""

from __future__ import annotations

from importlib import import_module
from typing import Final

from ..model import Question

NAMES: Final = (
    "one-entry-sqlite",
    "one-entry-postgresql",
    "many-clients",
    "four-processes",
    "batches",
    "importing",
    "replaying",
    "folding",
    "reading",
    "verifying",
    "growing",
    "starting",
)
"""Those that are asked where none is named."""

BY_HAND: Final = ("ten-million-sqlite", "ten-million-postgresql")
"""Those that are asked by name only: their books take an hour, and a disk's worth of room."""

ALL: Final = (*NAMES, *BY_HAND)


def question(name: str) -> Question:
    """
    Return the question *name*.

    Raises:
        KeyError: If there is none.
    """
    if name not in ALL:
        raise KeyError(name)
    module = import_module(f"{__name__}.{name.replace('-', '_')}")
    found: Question = module.QUESTION
    return found


def asks(name: str) -> str:
    """Return what a question asks, and the arithmetic of what to expect."""
    module = import_module(f"{__name__}.{name.replace('-', '_')}")
    return (module.__doc__ or "").strip()
