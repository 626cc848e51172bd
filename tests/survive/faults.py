"""
What every test here shares: its budget, its seed, and what it has to say at the end.

``TIMEBANK_SURVIVE_SECONDS`` sets how long each kind of fault is caused, 20 seconds unless
told; a kind that is caused on two databases shares it among them.
``TIMEBANK_SURVIVE_SEED`` repeats a run whose seed was printed, as far as processes on a
busy machine can be repeated.
"""

import os
import random
import time

SECONDS = float(os.environ.get("TIMEBANK_SURVIVE_SECONDS", "20"))
SEED = int(os.environ.get("TIMEBANK_SURVIVE_SEED", time.time_ns()))
CHAPTER_SECONDS = 10.0
"""After so long a test begins on new books: an audit reads all of them."""


def chapters(share=1.0):
    """
    Yield, until *share* of the budget is spent, a source of chance and how long to go on.

    Every test begins at least one chapter.
    """
    end, number = time.monotonic() + SECONDS * share, 0
    while not number or time.monotonic() < end:
        chance = random.Random(f"{SEED}/{number}")  # noqa: S311 - no secret
        yield chance, max(2.0, min(CHAPTER_SECONDS, end - time.monotonic()))
        number += 1
