"""
Functions of the host's, which policies use: where the command line finds them.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Annotated

from cyclopts import Group, Parameter

from ..scope import NO_FUNCTIONS, Functions
from ..texts import Text
from .endings import Stopped
from .helping import Help

FunctionsTyped = Annotated[
    str | None,
    Parameter(
        env_var="TIMEBANK_FUNCTIONS",
        group=Group("Books", sort_key=10),
        help=Help(
            "Functions that the policy uses: MODULE:NAME of what maps NAME@VERSION to each.",
            "政策所用的函数：MODULE:NAME，即由“名称@版本”到函数的映射。",
        ),
    ),
]


def functions_at(place: str | None) -> Functions:
    """
    Return the functions at *place*, ``module:NAME``; none where none is said.

    Raises:
        Stopped: If there is no such module, or nothing of that name in it.
    """
    if place is None:
        return NO_FUNCTIONS
    module, _, name = place.partition(":")
    try:
        found = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise Stopped(
            Text(
                "--functions {place}: {error}; say MODULE:NAME, of a module that is "
                "installed or on PYTHONPATH",
                "--functions {place}：{error}；请写 MODULE:NAME，模块须已安装或位于 PYTHONPATH",
                place=place,
                error=error,
            )
        ) from error
    if not isinstance(found, Mapping):
        raise Stopped(
            Text(
                "--functions {place}: is no mapping of NAME@VERSION to functions",
                "--functions {place}：不是由“名称@版本”到函数的映射",
                place=place,
            )
        )
    return found
