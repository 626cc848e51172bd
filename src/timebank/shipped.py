"""
Policies of real programmes that ship, as they were published.

Each file in ``programmes/`` says its source, its status and what the source is silent on.
"""

from __future__ import annotations

from importlib import resources
from typing import Final

from .policy.bundles import SUFFIX, Part, bundled, names
from .policy.hints import nearest

_FILES: Final = resources.files(__package__) / "programmes"


def programmes() -> tuple[str, ...]:
    """Return the names of the programmes that ship, sorted."""
    files = _FILES.iterdir()
    return tuple(
        sorted(f.name.removesuffix(SUFFIX) for f in files if f.name.endswith(SUFFIX))
    )


def programme(name: str) -> str:
    """
    Return the policy of the programme *name* as it is adopted.

    What its file extends stands before it, as `timebank.bundled()` puts it.

    Raises:
        KeyError: If none of that name ships; the message names the nearest, or all.
    """
    if name not in programmes():
        raise KeyError(f"no programme {name!r}; {nearest(name, programmes())}")
    return bundled(file_of(name), name=name, find=shipped)


def shipped(name: str) -> tuple[str, str] | None:
    """Return the programme that *name* means, and its file: by its own name, or its policy's."""
    for each in programmes():
        text = file_of(each)
        if name in names(Part(each, text)):
            return each, text
    return None


def file_of(name: str) -> str:
    """Return the file of the programme *name* alone, without what it extends."""
    return (_FILES / f"{name}{SUFFIX}").read_text("utf-8")
