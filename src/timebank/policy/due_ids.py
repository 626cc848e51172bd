"""
The ids of what falls due: they follow from the books, so that nothing is done twice.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Final

from ..model import ID_LENGTH_MAX, EntryId

_DIGEST: Final = 32
"""Hexadecimal digits that tell ids apart which cannot be written out: 128 bits."""


def due_id(on: date, *parts: str) -> EntryId:
    """
    Return the id of what falls due: ``due/2025-04-01/order/walk-7``.

    Parts that hold a slash, or are too long together, are told apart by a digest of all
    of them; what is in front of it is for people.
    """
    words = ["due", on.isoformat(), *parts]
    written = "/".join(words)
    if len(written) <= ID_LENGTH_MAX and not any("/" in part for part in parts):
        return EntryId(written)
    digest = hashlib.sha256(json.dumps(words).encode()).hexdigest()[:_DIGEST]
    return EntryId(f"{written[: ID_LENGTH_MAX - _DIGEST - 1]}~{digest}")
