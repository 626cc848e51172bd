"""
What is done again where something came in between: turns, and the making of ledgers.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from functools import wraps
from typing import Final, ParamSpec, TypeVar

from .errors import StorageError

PAUSE_SECONDS_MIN: Final = 0.01
"""The longest pause before the second try; it doubles from try to try."""
PAUSE_SECONDS_MAX: Final = 0.2
"""The longest pause between two tries."""

P = ParamSpec("P")
T = TypeVar("T")


def again(work: Callable[P, T]) -> Callable[P, T]:
    """
    Return what does *work*, and all of it again where something came in between.

    Raises:
        StorageError: If it did, as often as its `tries_max`.
    """

    @wraps(work)
    def until_done(*args: P.args, **kwargs: P.kwargs) -> T:
        attempt = 1
        while True:
            try:
                return work(*args, **kwargs)
            except StorageError as error:
                if attempt >= error.tries_max:
                    raise
            # those who were turned away together do not come back together
            longest = min(PAUSE_SECONDS_MAX, PAUSE_SECONDS_MIN * 2 ** (attempt - 1))
            time.sleep(random.uniform(0, longest))  # noqa: S311 - no secret
            attempt += 1

    return until_done
