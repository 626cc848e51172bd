"""
One thing that has fallen due.
"""

from __future__ import annotations

from datetime import date

from attrs import frozen

from ..model import EntryId
from ..operations import Operation
from ..policy.due_ids import due_id

__all__ = ["Due", "due_id"]


@frozen(kw_only=True)
class Due:
    """
    One thing that has fallen due.

    Args:
        id: The same whenever and by whomever it is found; see `due_id`.
        operation: What is to be asked.
        on: The day it counts for.
    """

    id: EntryId
    operation: Operation
    on: date
