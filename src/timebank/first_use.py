"""
Names that are imported when they are first asked for.

Importing the rules, the audit and what explains takes longer than reading a balance.  A
module that hands out such names imports them for types, and says here where each is from;
whoever uses them writes the module's name before them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def at_first_use(
    module: str, homes: Mapping[str, tuple[str, ...]]
) -> Callable[[str], Any]:
    """
    Return the ``__getattr__`` of *module*, which imports a name when it is asked for.

    Args:
        module: Its name.
        homes: By the part of timebank that they are from, the names it hands out.
    """
    found = {name: home for home, names in homes.items() for name in names}

    def imported(name: str) -> Any:  # noqa: ANN401 - whatever is there
        if name not in found:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        value = getattr(import_module(f"timebank.{found[name]}"), name)
        # from now on it is there, and nobody asks again
        vars(import_module(module))[name] = value
        return value

    return imported
