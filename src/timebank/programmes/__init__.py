"""
Policies of real programmes, as they were published.

Each file says its source, its status and what the source is silent on.
"""

from __future__ import annotations

from importlib import resources

SUFFIX = ".toml"


def programmes() -> tuple[str, ...]:
    """Return the names of the programmes that ship, sorted."""
    files = resources.files(__package__).iterdir()
    return tuple(
        sorted(f.name.removesuffix(SUFFIX) for f in files if f.name.endswith(SUFFIX))
    )


def programme(name: str) -> str:
    """
    Return the policy file of the programme *name*, as text.

    Raises:
        KeyError: If none of that name ships; the message lists those that do.
    """
    if name not in programmes():
        raise KeyError(f"no programme {name!r}; there is: {', '.join(programmes())}")
    return (resources.files(__package__) / f"{name}{SUFFIX}").read_text("utf-8")
