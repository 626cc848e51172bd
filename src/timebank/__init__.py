"""
The books of a time bank (时间银行): an append-only, double-entry ledger of service credits.

Begin with ``docs/tutorial/first-hour.md``.
"""

from __future__ import annotations

from .bank import Bank, create, open  # noqa: A004 - the word the field uses
from .due import TickReport
from .entries import Entry, Outcome, Refusal, Request
from .errors import BatchRefused, JournalForked, PolicyInvalid, Refused, TimebankError
from .model import Finding, Posting, Reason, Unit
from .policy.bundles import bundled
from .policy.diff import Change, changes
from .policy.files import load_policy
from .programmes import programme, programmes
from .proof.verify import Report
from .rehearsal import play_examples
from .standing import Balance
from .storage.protocol import Line
from .view import View

__all__ = [
    "Balance",
    "Bank",
    "BatchRefused",
    "Change",
    "Entry",
    "Finding",
    "JournalForked",
    "Line",
    "Outcome",
    "PolicyInvalid",
    "Posting",
    "Reason",
    "Refusal",
    "Refused",
    "Report",
    "Request",
    "TickReport",
    "TimebankError",
    "Unit",
    "View",
    "bundled",
    "changes",
    "create",
    "load_policy",
    "open",
    "play_examples",
    "programme",
    "programmes",
]
